//! Names in the printed C: the source's own where they are free.

use super::in_place::{Place, helper_name};
use loopwright_ir::{Affine, ArrayId, LoopTree, MathFunction, Program, Variable};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Keywords up to C23 and of GNU C.
const KEYWORDS: &str = "
    alignas alignof asm auto bool break case char const constexpr continue default do double else enum extern false
    float for goto if inline int long nullptr register restrict return short signed sizeof static static_assert
    struct switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while";

/// What the text itself uses, and what its headers and the compilers define as macros that stand for values, but for the
/// limits of types, which end in `_MAX` and `_MIN`.
const USED: &str = "
    int64_t uintptr_t size_t floord ceild min max apart free pack_memory pack_bytes main
    INFINITY NAN NULL NFDBITS I linux unix i386 alloca math_errhandling
    WCONTINUED WEXITED WEXITSTATUS WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED WNOHANG WNOWAIT WSTOPPED WSTOPSIG
    WTERMSIG WUNTRACED BIG_ENDIAN LITTLE_ENDIAN PDP_ENDIAN BYTE_ORDER EXIT_FAILURE EXIT_SUCCESS FD_SETSIZE
    FP_FAST_FMA FP_FAST_FMAF FP_ILOGB0 FP_ILOGBNAN FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO
    HUGE_VAL HUGE_VALF HUGE_VALL MATH_ERREXCEPT MATH_ERRNO
    M_1_PI M_2_PI M_2_SQRTPI M_E M_LN10 M_LN2 M_LOG10E M_LOG2E M_PI M_PI_2 M_PI_4 M_SQRT1_2 M_SQRT2";

/// What is written beside the loops.
pub(super) const HELPERS: [&str; 6] = ["floord", "ceild", "min", "max", "apart", "pack_memory"];

/// Whether a name may mean something else than a variable somewhere. With underscores behind it, it does not for long.
fn is_taken(name: &str) -> bool {
    let known = |list: &str| list.split_whitespace().any(|one| one == name);
    name.ends_with("_MAX") || name.ends_with("_MIN") || known(KEYWORDS) || known(USED)
}

/// The names of one program's arrays, parameters and loop variables.
pub(super) struct Names {
    pub arrays: Vec<String>,
    pub parameters: Vec<String>,
    /// The packs' buffers, by array.
    buffers: Vec<String>,
    /// The variables of the loops that copy, by array and dimension.
    counters: Vec<Vec<String>>,
    loops: HashMap<u32, String>,
    shapes: Vec<Shape>,
    /// In the user's own function: the names that a file has.
    place: Option<BTreeSet<String>>,
}

/// What an array's name stands for.
#[derive(Clone, Debug)]
enum Shape {
    /// A pointer to the first element or row.
    Pointer,
    /// The scalar itself.
    Scalar,
    /// A pointer to the first element of a matrix with these extents.
    Flat(Vec<Affine>),
}

impl Names {
    /// Names in the user's own function, which writes arrays as `place` says.
    pub fn in_place(program: &Program, tree: &LoopTree, place: &Place) -> Self {
        let words = place.arrays.iter().filter_map(|array| array.text.as_deref());
        let words = words.flat_map(|text| {
            text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        });
        let mut functions: Vec<String> = words.map(str::to_owned).collect();
        functions.extend(place.macros.iter().cloned());
        functions.extend(HELPERS.map(|name| helper_name(&place.known, name)));
        let mut names = Self::new(program, tree, &functions);
        for (position, array) in program.arrays.iter().enumerate() {
            let of = array.storage_of().map_or(position, |of| of.0);
            let placed = place.arrays.get(of);
            if let Some(text) = placed.and_then(|placed| placed.text.as_ref()) {
                names.arrays[position].clone_from(text);
            }
            let extents = program.arrays.get(of).map_or(&array.extents, |source| &source.extents);
            names.shapes[position] = match placed {
                _ if extents.is_empty() => Shape::Scalar,
                Some(placed) if placed.flat => Shape::Flat(extents.clone()),
                _ => Shape::Pointer,
            };
        }
        names.place = Some(place.known.clone());
        names
    }

    /// Whether the loops stand in the user's own function.
    pub fn is_in_place(&self) -> bool {
        self.place.is_some()
    }

    /// The type of loop variables and sizes.
    pub fn index_type(&self) -> &'static str {
        if self.place.is_some() { "long" } else { "int64_t" }
    }

    /// The name of a macro or function that is written beside the loops.
    pub fn helper(&self, name: &str) -> String {
        self.place.as_ref().map_or_else(|| name.to_owned(), |known| helper_name(known, name))
    }

    /// An array's element.
    pub fn element(&self, array: ArrayId, subscripts: &[Affine]) -> String {
        let name = self.array(array);
        match self.shapes.get(array.0) {
            Some(Shape::Scalar) => name,
            Some(Shape::Flat(extents)) => {
                let mut place = Affine::constant(0);
                for (position, subscript) in subscripts.iter().enumerate() {
                    let extent = extents.get(position).and_then(Affine::as_constant).unwrap_or(1);
                    place = if position == 0 {
                        subscript.clone()
                    } else {
                        &(&place * extent) + subscript
                    };
                }
                format!("{name}[{}]", self.affine(&place))
            }
            _ if subscripts.is_empty() => format!("{name}[0]"),
            _ => {
                subscripts.iter().fold(name, |text, one| text + &format!("[{}]", self.affine(one)))
            }
        }
    }

    /// An array's element at subscripts that are text.
    pub fn element_at(&self, array: ArrayId, subscripts: &[String]) -> String {
        let name = self.array(array);
        if let Some(Shape::Flat(extents)) = self.shapes.get(array.0) {
            let mut text = String::new();
            for (position, subscript) in subscripts.iter().enumerate() {
                let extent = extents.get(position).and_then(Affine::as_constant).unwrap_or(1);
                text = match position {
                    0 => format!("({subscript})"),
                    1 => format!("{text} * {extent}L + ({subscript})"),
                    _ => format!("({text}) * {extent}L + ({subscript})"),
                };
            }
            return format!("{name}[{text}]");
        }
        subscripts.iter().fold(name, |text, one| text + &format!("[{one}]"))
    }

    fn array(&self, array: ArrayId) -> String {
        let name = self.arrays.get(array.0).cloned();
        name.unwrap_or_else(|| format!("array_{}", array.0))
    }

    /// An affine expression of loop variables and parameters, what is added before what is taken away.
    pub fn affine(&self, affine: &Affine) -> String {
        let text = affine.display_with(&|variable| self.variable(variable));
        let leading = affine.terms().first().is_some_and(|(_, coefficient)| *coefficient < 0);
        let added = affine.terms().iter().find(|(_, coefficient)| *coefficient > 0);
        let Some((variable, coefficient)) = added.filter(|_| leading) else { return text };
        let first = Affine::from_terms([(*variable, *coefficient)], 0);
        let rest = affine - &first;
        let name = |variable| self.variable(variable);
        let rest = rest.display_with(&name);
        format!("{} - {}", first.display_with(&name), rest.trim_start_matches('-'))
    }

    /// Names for the program and one of its loop trees. Loops may share a name where they do not
    /// surround each other; arrays and parameters share none.
    pub fn new(program: &Program, tree: &LoopTree, functions: &[String]) -> Self {
        let mut taken: HashSet<String> = functions.iter().cloned().collect();
        for function in MathFunction::ALL {
            taken.insert(function.c_name().to_owned());
            taken.insert(format!("{}f", function.c_name()));
        }
        let mut free = |wanted: &str| {
            let mut name = identifier(wanted);
            while is_taken(&name) || !taken.insert(name.clone()) {
                name.push('_');
            }
            name
        };
        // What has no memory of the caller's goes by the name of the array that it stands for.
        let mut arrays: Vec<String> = Vec::new();
        for array in &program.arrays {
            let of = array.storage_of().and_then(|of| arrays.get(of.0).cloned());
            arrays.push(of.unwrap_or_else(|| free(&array.name)));
        }
        let parameters: Vec<String> =
            program.parameters.iter().map(|parameter| free(&parameter.name)).collect();
        let local = |taken: &HashSet<String>, wanted: String| {
            let mut name = wanted;
            while is_taken(&name) || taken.contains(&name) {
                name.push('_');
            }
            name
        };
        // The counters are in scope where no other loop variable is declared, but bounds that
        // mention those around are read there.
        let loop_names: HashSet<String> =
            tree.loops().into_iter().map(|inner| identifier(&inner.name)).collect();
        let around: HashSet<String> = taken.union(&loop_names).cloned().collect();
        let mut buffers = Vec::new();
        let mut counters = Vec::new();
        for array in &program.arrays {
            let name = identifier(&array.name);
            let mut buffer = local(&around, format!("{name}_pack"));
            while buffers.contains(&buffer) {
                buffer.push('_');
            }
            taken.insert(buffer.clone());
            buffers.push(buffer);
            counters.push(
                (0..array.extents.len())
                    .map(|dimension| local(&around, format!("{name}_{dimension}")))
                    .collect(),
            );
        }
        let loops = tree
            .loops()
            .into_iter()
            .map(|inner| {
                let mut name = identifier(&inner.name);
                while is_taken(&name) || taken.contains(&name) {
                    name.push('_');
                }
                (inner.id.0, name)
            })
            .collect();
        let shapes = vec![Shape::Pointer; arrays.len()];
        Self { arrays, parameters, buffers, counters, loops, shapes, place: None }
    }

    /// The name of an array's buffer in a pack.
    pub fn buffer(&self, array: ArrayId) -> &str {
        self.buffers.get(array.0).map_or("", String::as_str)
    }

    /// The variable that counts along a dimension of an array that is copied.
    pub fn counter(&self, array: ArrayId, dimension: usize) -> String {
        let counters = self.counters.get(array.0).map(Vec::as_slice).unwrap_or_default();
        counters.get(dimension).cloned().unwrap_or_default()
    }

    /// The name of a loop variable or parameter.
    pub fn variable(&self, variable: Variable) -> String {
        let known = match variable {
            Variable::Loop(id) => self.loops.get(&id).cloned(),
            Variable::Parameter(position) => self.parameters.get(position as usize).cloned(),
            Variable::Iterator(_) => None,
        };
        known.unwrap_or_else(|| variable.to_string())
    }
}

/// The text with everything that cannot stand in a C identifier replaced.
fn identifier(text: &str) -> String {
    let mut name: String = text
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '_' })
        .collect();
    // What begins with two underscores, or with one and a capital, belongs to the compiler.
    let own = name.strip_prefix('_').is_some_and(|rest| {
        rest.starts_with(|first: char| first == '_' || first.is_ascii_uppercase())
    });
    if own {
        name.insert(0, 'v');
    }
    if name.chars().next().is_none_or(|letter| letter.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}
