//! Our kernels under the conventions of PolyBench/C's published files: a header with the sizes for each, macros
//! around every array, `main` with `int n = N;`, storage allocated in another file.

use std::collections::BTreeSet;
use std::fmt::Write;

/// A kernel's two files.
pub struct Published {
    pub header: String,
    pub source: String,
}

/// The end of every header.
pub const TYPES: &str = include_str!("types.h");

const DATASETS: [&str; 5] = ["MINI", "SMALL", "MEDIUM", "LARGE", "EXTRALARGE"];

/// From one of our files, whose layout is always the same.
pub fn published(name: &str, text: &str) -> Published {
    let sizes = sizes(text);
    let names: BTreeSet<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
    let element = if text.contains("POLYBENCH_DEFAULT_INT") {
        "INT"
    } else if text.contains("POLYBENCH_DEFAULT_FLOAT") {
        "FLOAT"
    } else {
        "DOUBLE"
    };
    Published { header: header(name, &sizes, element), source: source(name, text, &names) }
}

/// The extents' macros with the values of the five datasets.
fn sizes(text: &str) -> Vec<(String, Vec<String>)> {
    let defined = text.lines().filter_map(|line| {
        let (name, values) = line.strip_prefix("#define ")?.split_once(" POLYBENCH_SIZE(")?;
        let values = values.trim_end_matches(')').split(',').map(|value| value.trim().to_owned());
        Some((name.to_owned(), values.collect()))
    });
    defined.collect()
}

fn header(name: &str, sizes: &[(String, Vec<String>)], element: &str) -> String {
    let guard = name.replace('-', "_").to_uppercase();
    let any: Vec<String> =
        DATASETS.iter().map(|dataset| format!("!defined({dataset}_DATASET)")).collect();
    let mut text = format!("#ifndef _{guard}_H\n# define _{guard}_H\n\n");
    let _ = writeln!(text, "# if {}\n#  define LARGE_DATASET\n# endif\n", any.join(" && "));
    let macros: Vec<String> = sizes.iter().map(|(name, _)| format!("!defined({name})")).collect();
    let _ = writeln!(text, "# if {}", macros.join(" && "));
    for (position, dataset) in DATASETS.iter().enumerate() {
        let _ = writeln!(text, "#  ifdef {dataset}_DATASET");
        for (name, values) in sizes {
            let _ = writeln!(text, "#   define {name} {}", values[position]);
        }
        text.push_str("#  endif\n");
    }
    text.push_str("# endif\n\n");
    for (name, _) in sizes {
        let small = name.to_lowercase();
        let _ = writeln!(text, "# define _PB_{name} POLYBENCH_LOOP_BOUND({name},{small})");
    }
    let types = ["INT", "FLOAT", "DOUBLE"].map(|kind| format!("!defined(DATA_TYPE_IS_{kind})"));
    let _ =
        writeln!(text, "\n# if {}\n#  define DATA_TYPE_IS_{element}\n# endif", types.join(" && "));
    text + "\n" + TYPES + "\n#endif\n"
}

fn source(name: &str, text: &str, sizes: &BTreeSet<&str>) -> String {
    let (_, body) = text.split_once("static void init_array").expect("an initialising function");
    let (functions, main) = body.split_once("int main(void)").expect("a main function");
    let before = own_definitions(text);
    let functions = format!("static void init_array{functions}");
    let functions = functions.replace(
        "    polybench_positive_definite(n, A);\n",
        "    /* A times its transpose, by way of a temporary. */\n    \
         int r, s, t;\n    POLYBENCH_2D_ARRAY_DECL(B, DATA_TYPE, N, N, n, n);\n    \
         for (r = 0; r < n; ++r)\n      for (s = 0; s < n; ++s)\n        \
         A[r][s] = s > r ? 0 : s == r ? 1 : (DATA_TYPE)(-s % n) / n + 1;\n    \
         for (r = 0; r < n; ++r)\n      for (s = 0; s < n; ++s)\n        \
         (POLYBENCH_ARRAY(B))[r][s] = 0;\n    \
         for (t = 0; t < n; ++t)\n      for (r = 0; r < n; ++r)\n        \
         for (s = 0; s < n; ++s)\n          (POLYBENCH_ARRAY(B))[r][s] += A[r][t] * A[s][t];\n    \
         for (r = 0; r < n; ++r)\n      for (s = 0; s < n; ++s)\n        \
         A[r][s] = (POLYBENCH_ARRAY(B))[r][s];\n    POLYBENCH_FREE_ARRAY(B);\n",
    );
    let functions = with_bounds(&with_array_macros(&functions, sizes), sizes);
    let main = Main::read(main);
    format!(
        "/* {name}.c: under the conventions of PolyBench/C. */\n\n#include <stdio.h>\n\
         #include <unistd.h>\n#include <string.h>\n#include <math.h>\n\n\
         /* Include polybench common header. */\n#include <polybench.h>\n\n\
         /* Include benchmark-specific header. */\n#include \"{name}.h\"\n\n\
         {before}\n/* Array initialization. */\n{functions}\n{}\n{}",
        main.print_array(),
        main.text(sizes)
    )
}

/// What a kernel defines between its sizes and its functions.
fn own_definitions(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.starts_with("static void init_array"));
    let kept = lines.filter(|line| {
        line.starts_with("typedef") || (line.starts_with("#define") && line.contains('('))
    });
    let kept = kept.filter(|line| !line.contains("POLYBENCH_SIZE"));
    kept.fold(String::new(), |text, line| text + line + "\n")
}

/// `C[NI][NJ]` in the functions' parameters becomes `POLYBENCH_2D(C,NI,NJ,ni,nj)`.
fn with_array_macros(text: &str, sizes: &BTreeSet<&str>) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let start = rest[..at].rfind(|letter: char| !is_part(letter)).map_or(0, |place| place + 1);
        let (extents, length) = extents(&rest[at..]);
        if extents.is_empty() || !extents.iter().all(|extent| sizes.contains(extent)) {
            done.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        }
        let small: Vec<String> = extents.iter().map(|extent| extent.to_lowercase()).collect();
        done.push_str(&rest[..start]);
        let _ = write!(
            done,
            "POLYBENCH_{}D({},{},{})",
            extents.len(),
            &rest[start..at],
            extents.join(","),
            small.join(",")
        );
        rest = &rest[at + length..];
    }
    done + rest
}

/// The texts between successive brackets, and how long they are together.
fn extents(text: &str) -> (Vec<&str>, usize) {
    let (mut found, mut length) = (Vec::new(), 0);
    while let Some(inner) = text[length..].strip_prefix('[') {
        let Some(end) = inner.find(']') else { break };
        found.push(&inner[..end]);
        length += end + 2;
    }
    (found, length)
}

fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Parameters in the region become `_PB_` macros.
fn with_bounds(text: &str, sizes: &BTreeSet<&str>) -> String {
    let (before, rest) = text.split_once("#pragma scop").expect("a region");
    let (region, after) = rest.split_once("#pragma endscop").expect("its end");
    let mut done = format!("{before}#pragma scop");
    let mut word = String::new();
    for letter in region.chars().chain(['\n']) {
        if is_part(letter) {
            word.push(letter);
            continue;
        }
        let large = word.to_uppercase();
        let is_size = word == word.to_lowercase() && sizes.contains(large.as_str());
        if is_size {
            let _ = write!(done, "_PB_{large}");
        } else {
            done.push_str(&word);
        }
        word.clear();
        done.push(letter);
    }
    format!("{}#pragma endscop{after}", done.trim_end_matches('\n').to_owned() + "\n")
}

struct Array {
    element: String,
    name: String,
    extents: Vec<String>,
}

/// What our `main` says.
struct Main {
    scalars: Vec<String>,
    arrays: Vec<Array>,
    initialize: String,
    run: String,
    reported: Vec<String>,
}

impl Main {
    fn read(text: &str) -> Self {
        let mut main = Self {
            scalars: Vec::new(),
            arrays: Vec::new(),
            initialize: String::new(),
            run: String::new(),
            reported: Vec::new(),
        };
        let statements = text.split(';').map(|text| text.trim().trim_start_matches('{').trim());
        for statement in statements {
            if let Some(array) = statement.strip_prefix("POLYBENCH_ARRAY ") {
                main.arrays.push(Array::read("DATA_TYPE", array));
            } else if let Some(array) = statement.strip_prefix("static ") {
                let (element, array) = array.split_once(' ').expect("a type and a name");
                main.arrays.push(Array::read(element, array));
            } else if statement.starts_with("init_array") {
                main.initialize = statement.to_owned();
            } else if let Some(call) = statement.strip_prefix("POLYBENCH_RUN(") {
                main.run = call.strip_suffix(')').expect("a call").to_owned();
            } else if let Some(name) = statement.strip_prefix("POLYBENCH_REPORT(") {
                main.reported.push(name.trim_end_matches(')').to_owned());
            } else if statement.starts_with("DATA_TYPE") {
                main.scalars.push(statement.to_owned());
            }
        }
        main
    }

    fn reported(&self) -> impl Iterator<Item = &Array> {
        self.reported.iter().map(|name| {
            self.arrays.iter().find(|array| array.name == *name).expect("a declared array")
        })
    }

    fn extents_of_reported(&self) -> BTreeSet<String> {
        self.reported().flat_map(|array| array.extents.clone()).collect()
    }

    /// The function that prints the results.
    fn print_array(&self) -> String {
        let mut parameters: Vec<String> = self
            .extents_of_reported()
            .iter()
            .map(|extent| format!("int {}", extent.to_lowercase()))
            .collect();
        parameters.extend(
            self.reported().map(|array| format!("{} {}", array.element, array.parameter())),
        );
        let mut text = format!(
            "/* DCE code. Must scan the entire live-out data. */\nstatic\nvoid print_array({})\n{{\n  \
             int i, j, k;\n\n  (void)i; (void)j; (void)k;\n  POLYBENCH_DUMP_START;\n",
            parameters.join(", ")
        );
        for array in self.reported() {
            let _ = writeln!(text, "  POLYBENCH_DUMP_BEGIN(\"{}\");", array.name);
            let mut element = array.name.clone();
            for (extent, index) in array.extents.iter().zip(["i", "j", "k"]) {
                let bound = extent.to_lowercase();
                let _ = writeln!(text, "  for ({index} = 0; {index} < {bound}; {index}++)");
                let _ = write!(element, "[{index}]");
            }
            let _ = writeln!(
                text,
                "      fprintf(POLYBENCH_DUMP_TARGET, DATA_PRINTF_MODIFIER, {element});"
            );
            let _ = writeln!(text, "  POLYBENCH_DUMP_END(\"{}\");", array.name);
        }
        text + "  POLYBENCH_DUMP_FINISH;\n}\n"
    }

    /// Arguments of a call as `main` passes them: sizes by their variables, arrays by their macros.
    fn call(&self, call: &str, sizes: &BTreeSet<&str>) -> String {
        let (function, arguments) = call.split_once('(').expect("a call");
        let arguments = arguments.trim_end_matches(')').split(',').map(|argument| {
            let argument = argument.trim();
            if sizes.contains(argument) {
                argument.to_lowercase()
            } else if self.arrays.iter().any(|array| array.name == argument) {
                format!("POLYBENCH_ARRAY({argument})")
            } else {
                argument.to_owned()
            }
        });
        format!("{function} ({})", arguments.collect::<Vec<_>>().join(", "))
    }

    fn text(&self, sizes: &BTreeSet<&str>) -> String {
        let mut text =
            "\nint main(int argc, char** argv)\n{\n  /* Retrieve problem size. */\n".to_owned();
        for size in sizes {
            let _ = writeln!(text, "  int {} = {size};", size.to_lowercase());
        }
        text.push_str("\n  /* Variable declaration/allocation. */\n");
        for scalar in &self.scalars {
            let _ = writeln!(text, "  {scalar};");
        }
        for array in &self.arrays {
            let _ = writeln!(text, "  {}", array.declaration());
        }
        let dumped = self.reported().map(|array| format!("POLYBENCH_ARRAY({})", array.name));
        let dumped: Vec<String> = self
            .extents_of_reported()
            .iter()
            .map(|extent| extent.to_lowercase())
            .chain(dumped)
            .collect();
        let freed =
            self.arrays.iter().map(|array| format!("  POLYBENCH_FREE_ARRAY({});\n", array.name));
        let _ = writeln!(
            text,
            "\n  /* Initialize array(s). */\n  {};\n\n  /* Start timer. */\n  polybench_start_instruments;\n\n  \
             /* Run kernel. */\n  {};\n\n  /* Stop and print timer. */\n  polybench_stop_instruments;\n  \
             polybench_print_instruments;\n\n  polybench_prevent_dce(print_array({}));\n\n  \
             /* Be clean. */\n{}\n  return 0;\n}}",
            self.call(&self.initialize, sizes),
            self.call(&self.run, sizes),
            dumped.join(", "),
            freed.collect::<String>()
        );
        text
    }
}

impl Array {
    fn read(element: &str, text: &str) -> Self {
        let at = text.find('[').expect("an extent");
        let (extents, _) = extents(&text[at..]);
        let extents = extents.into_iter().map(str::to_owned).collect();
        Self { element: element.to_owned(), name: text[..at].to_owned(), extents }
    }

    /// The extents' macros, then their parameters.
    fn both(&self) -> String {
        let small = self.extents.iter().map(|extent| extent.to_lowercase());
        self.extents.iter().cloned().chain(small).collect::<Vec<_>>().join(",")
    }

    fn parameter(&self) -> String {
        format!("POLYBENCH_{}D({},{})", self.extents.len(), self.name, self.both())
    }

    fn declaration(&self) -> String {
        let (count, name, element) = (self.extents.len(), &self.name, &self.element);
        format!("POLYBENCH_{count}D_ARRAY_DECL({name},{element},{});", self.both())
    }
}
