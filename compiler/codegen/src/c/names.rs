//! Names in the printed C: the source's own where they are free.

use loopwright_ir::{ArrayId, LoopTree, MathFunction, Program, Variable};
use std::collections::{HashMap, HashSet};

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
}

impl Names {
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
        Self { arrays, parameters, buffers, counters, loops }
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
