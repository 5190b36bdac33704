//! C: the user's file with the loops in place of the regions, or behind it where they cannot stand there.

use super::Emission;
use super::in_place::in_place;
use crate::failure::Outcome;
use loopwright_codegen::{COptions, print_c};
use loopwright_frontend::callable_name;
use loopwright_ir::MathFunction;
use std::collections::BTreeSet;
use std::path::Path;

/// Names of the C library and the language that the printed loops use, and that a file's macros may have
/// to stay what they are for.
const LIBRARY: [&str; 12] = [
    "INFINITY",
    "NAN",
    "aligned_alloc",
    "free",
    "abort",
    "omp",
    "int64_t",
    "uintptr_t",
    "size_t",
    "define",
    "include",
    "pragma",
];

/// The whole file as C, for any compiler, to be written to a path.
pub fn c_file(emission: &Emission<'_>, path: &Path) -> Outcome<Vec<u8>> {
    in_place(emission, path).or_else(|reason| {
        eprintln!("{}: the loops stand at the file's end: {reason}", path.display());
        with_loops_behind(emission)
    })
}

/// Weak symbols, so that the file may be linked beside the user's own object.
fn with_loops_behind(emission: &Emission<'_>) -> Outcome<Vec<u8>> {
    let mut text = Vec::new();
    let mut weak: Vec<String> = emission.unit.definitions.clone();
    let parts = emission.parts.iter();
    weak.extend(parts.map(|part| callable_name(emission.unit, &part.source.name)));
    for name in &weak {
        text.extend(format!("#pragma weak {name}\n").into_bytes());
    }
    text.extend(emission.unit_text()?);
    for part in emission.parts {
        let Some((kernel, options)) = emission.kernel(part) else { continue };
        let function = options.names.typed.unwrap_or_default();
        let loops = print_c(&kernel, &COptions { function, openmp: true });
        text.extend(b"\n#line 1 \"loopwright\"\n");
        for name in macro_names(&loops) {
            text.extend(format!("#undef {name}\n").into_bytes());
        }
        text.extend(with_declarations(&loops).into_bytes());
    }
    Ok(text)
}

/// The loops with declarations of the functions that they call in place of the library's headers, which also
/// declare names (`y1`, `gamma`, `div`) that the file may have for variables of its own.
fn with_declarations(loops: &str) -> String {
    let mut declarations = String::new();
    let calls = |name: &str| {
        let mut found = loops.match_indices(name);
        found.any(|(start, _)| {
            let before = loops.get(..start).and_then(|text| text.chars().next_back());
            let after = loops.get(start + name.len()..).and_then(|text| text.chars().next());
            after == Some('(') && !before.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')
        })
    };
    for function in MathFunction::ALL {
        for (suffix, element) in [("", "double"), ("f", "float")] {
            let name = format!("{}{suffix}", function.c_name());
            if calls(&name) {
                let parameters = vec![element; function.arity()].join(", ");
                declarations.push_str(&format!("extern {element} {name}({parameters});\n"));
            }
        }
    }
    for (name, value) in [("NAN", "__builtin_nanf(\"\")"), ("INFINITY", "__builtin_inff()")] {
        if loops.contains(name) {
            declarations.push_str(&format!("#ifndef {name}\n#define {name} {value}\n#endif\n"));
        }
    }
    let memory = "#include <stddef.h>\nextern void *aligned_alloc(size_t, size_t);\n\
                  extern void free(void *);\nextern void abort(void);\n";
    loops.replacen("#include <math.h>\n", &declarations, 1).replacen(
        "#include <stdlib.h>\n",
        memory,
        1,
    )
}

/// The names in a C text that a macro of the file in front of it could change.
fn macro_names(text: &str) -> BTreeSet<&str> {
    // What stands before a comment's beginning, or behind its end.
    let code = text.split("/*").flat_map(|part| part.rsplit("*/").next());
    let lines = code.flat_map(str::lines).filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(|line| {
        line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
    });
    let macros = ["floord", "ceild", "min", "max"];
    words
        .chain(macros)
        .filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter(|word| !LIBRARY.contains(word))
        .collect()
}
