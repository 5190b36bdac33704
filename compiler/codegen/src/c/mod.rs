//! The loop tree as a readable C file.
//!
//! The file compiles by itself. Its results equal the LLVM backend's bit by bit, because contraction is
//! written out as `fma` and forbidden otherwise. Vector and unroll-and-jam loops are plain loops
//! with a comment: how they are blocked is left to the C compiler. Packs and unrolled loops are
//! written out.

mod expression;
mod in_place;
mod loops;
mod names;
mod pack;

use crate::kernel::{Kernel, conflicting_pairs, specialized_parameters, typed_name};
use crate::reads::with_own_arrays;
pub use in_place::{Place, PlacedArray, PlacedLoops, helper_function, helper_name, print_in_place};
use loops::LoopWriter;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Array, ArrayId, Expression, LoopTree, Program};
use names::Names;
use std::fmt::Write as _;

/// How to print C.
#[derive(Clone, Debug)]
pub struct COptions {
    /// The name of the typed function.
    pub function: String,
    /// Whether to print OpenMP's pragmas.
    pub openmp: bool,
}

impl COptions {
    /// `loopwright_<program>`, with OpenMP.
    pub fn new(program: &Program) -> Self {
        Self { function: typed_name(program), openmp: true }
    }
}

/// Clang obeys the standard's pragma; GCC has one of its own.
const UNCONTRACTED: &str = "\
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize(\"fp-contract=off\")
#else
#pragma STDC FP_CONTRACT OFF
#endif

";

const MACROS: &str = "\
#define floord(n, d) ((n) / (d) - ((n) % (d) < 0))
#define ceild(n, d) ((n) / (d) + ((n) % (d) > 0))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
";

/// The same for loops in the user's function, where arguments are long and what is not called is not written.
const FUNCTIONS: [(&str, &str); 5] = [
    ("floord", "static long NAME(long n, long d)\n{\n    return n / d - (n % d < 0);\n}\n"),
    ("ceild", "static long NAME(long n, long d)\n{\n    return n / d + (n % d > 0);\n}\n"),
    ("min", "static long NAME(long a, long b)\n{\n    return a < b ? a : b;\n}\n"),
    ("max", "static long NAME(long a, long b)\n{\n    return a > b ? a : b;\n}\n"),
    (
        "apart",
        "\
/* Whether two pieces of memory have no byte in common. */
static int NAME(const volatile void *one, unsigned long one_bytes, const volatile void *other,
                unsigned long other_bytes)
{
    return (unsigned long)one + one_bytes <= (unsigned long)other ||
           (unsigned long)other + other_bytes <= (unsigned long)one;
}
",
    ),
];

const APART: &str = "\
/* Whether two ranges of memory have no byte in common. */
static int apart(const volatile void *a, int64_t a_bytes, const volatile void *b, int64_t b_bytes) {
  return (uintptr_t)a + (uintptr_t)a_bytes <= (uintptr_t)b ||
         (uintptr_t)b + (uintptr_t)b_bytes <= (uintptr_t)a;
}
";

/// The declaration of the typed function, without a semicolon:
/// `void loopwright_gemm(double (*C)[1100], double *alpha, int64_t ni)`.
///
/// An array with constant inner extents is a pointer to an array, every other one a pointer to its
/// first element, and so is a scalar.
pub fn c_prototype(program: &Program) -> String {
    let tree = LoopTree { roots: Vec::new() };
    prototype(program, &Names::new(program, &tree, &[]), &typed_name(program))
}

fn prototype(program: &Program, names: &Names, function: &str) -> String {
    let arrays = program.external_arrays().iter().zip(&names.arrays).map(|(array, name)| {
        let inner = array.extents.get(1..).unwrap_or_default();
        if inner.iter().all(|extent| extent.as_constant().is_some()) {
            declaration(array, name, "", &|_| String::new())
        } else {
            format!("{} *{name}", spelling(array))
        }
    });
    let parameters = names.parameters.iter().map(|name| format!("int64_t {name}"));
    let all: Vec<_> = arrays.chain(parameters).collect();
    format!("void {function}({})", if all.is_empty() { "void".to_owned() } else { all.join(", ") })
}

fn spelling(array: &Array) -> &'static str {
    array.element.c_name()
}

/// `double (*__restrict A)[20]`, `double *__restrict x`.
fn declaration(
    array: &Array,
    name: &str,
    qualifier: &str,
    parameter: &dyn Fn(loopwright_ir::Variable) -> String,
) -> String {
    let element = spelling(array);
    match array.extents.get(1..) {
        Some(inner) if !inner.is_empty() => {
            let inner: String = inner
                .iter()
                .map(|extent| format!("[{}]", extent.display_with(parameter)))
                .collect();
            format!("{element} (*{qualifier}{name}){inner}")
        }
        _ => format!("{element} *{qualifier}{name}"),
    }
}

/// The whole file.
pub fn print_c(kernel: &Kernel<'_>, options: &COptions) -> String {
    let separate = with_own_arrays(kernel.program, kernel.tree);
    let (program, tree) =
        separate.as_ref().map_or((kernel.program, kernel.tree), |(program, tree)| (program, tree));
    let scheduled = format!("{}_scheduled", options.function);
    let original = format!("{}_original", options.function);
    let functions = [options.function.clone(), scheduled.clone(), original.clone()];
    let names = Names::new(program, tree, &functions);
    let mut text = String::new();
    // Writing to a string cannot fail, so its results are dropped.
    let _ = writeln!(text, "/* {}: scheduled loops. Compile with", program.name);
    text.push_str(" *   -O3 -march=native -fopenmp -lm\n");
    text.push_str(" * Fused multiply-adds are written out, and no others may be made. */\n");
    text.push_str(UNCONTRACTED);
    let (loops, Needs { allocates, measures }) =
        loops_function(program, tree, &names, &scheduled, options, true);
    text.push_str("#include <math.h>\n#include <stdint.h>\n");
    text.push_str(if allocates { "#include <stdlib.h>\n\n" } else { "\n" });
    let truncating = "#define floord(n, d) ((n) / (d))\n#define ceild(n, d) ((n) / (d))\n";
    let wrong = MACROS.lines().skip(2).fold(truncating.to_owned(), |all, one| all + one + "\n");
    text.push_str(if planted(Fault::PrintedFloor) { &wrong } else { MACROS });
    if allocates {
        text.push('\n');
        text.push_str(pack::MEMORY);
    }
    if measures {
        text.push('\n');
        text.push_str(pack::SIZES);
    }
    text.push('\n');
    text.push_str(&loops);
    if let Some((general, tree)) = kernel.fallback {
        let general_names = Names::new(general, tree, &functions);
        let plain = COptions { openmp: false, ..options.clone() };
        text.push('\n');
        text.push_str(&loops_function(general, tree, &general_names, &original, &plain, false).0);
        if !conflicting_pairs(general).is_empty() {
            text.push('\n');
            text.push_str(APART);
        }
    }
    let _ = writeln!(text, "\n{} {{", prototype(program, &names, &options.function));
    if let Some((general, _)) = kernel.fallback {
        let conditions = conditions(kernel, general, &names);
        if !conditions.is_empty() {
            let _ = writeln!(text, "  if (!({})) {{", conditions.join(" &&\n        "));
            let _ = writeln!(text, "    {};", call(general, &names, &original));
            text.push_str("    return;\n  }\n");
        }
    }
    let _ = writeln!(text, "  {};\n}}", call(program, &names, &scheduled));
    text
}

/// Which functions of ours a text calls.
struct Needs {
    allocates: bool,
    measures: bool,
}

/// A function with the parameters before the arrays, so that the arrays' types may mention them, and
/// what it calls.
fn loops_function(
    program: &Program,
    tree: &LoopTree,
    names: &Names,
    function: &str,
    options: &COptions,
    distinct: bool,
) -> (String, Needs) {
    let qualifier = if distinct { "__restrict " } else { "" };
    let parameters = names.parameters.iter().map(|name| format!("int64_t {name}"));
    let arrays = program.external_arrays().iter().zip(&names.arrays).map(|(array, name)| {
        declaration(array, name, qualifier, &|variable| names.variable(variable))
    });
    let all: Vec<_> = parameters.chain(arrays).collect();
    let list = if all.is_empty() { "void".to_owned() } else { all.join(", ") };
    let mut writer = LoopWriter::new(program, names, options.openmp, distinct);
    writer.nodes(&tree.roots, 1, false);
    let attribute = exact_calls(program);
    let text = format!("{attribute}static void {function}({list}) {{\n{}}}\n", writer.text);
    (text, Needs { allocates: writer.allocates, measures: writer.measures })
}

/// Keeps Clang from replacing calls of libm by other formulas, as `pow(x, 2)` by `x * x`.
fn exact_calls(program: &Program) -> String {
    let mut functions = std::collections::BTreeSet::new();
    for statement in &program.statements {
        statement.body.walk(&mut |expression| {
            if let Expression::Call { function, element, .. } = expression
                && !crate::llvm::is_exact(*function)
            {
                let suffix = if element.bytes() == 4 { "f" } else { "" };
                functions.insert(format!("\"{}{suffix}\"", function.c_name()));
            }
        });
    }
    if functions.is_empty() {
        return String::new();
    }
    let list: Vec<_> = functions.into_iter().collect();
    format!("#ifdef __clang__\n__attribute__((no_builtin({})))\n#endif\n", list.join(", "))
}

fn call(program: &Program, names: &Names, function: &str) -> String {
    let parameters = names.parameters.iter().cloned();
    let arrays = program.external_arrays().iter().zip(&names.arrays).map(|(array, name)| {
        if array.extents.len() > 1 { format!("(void *){name}") } else { name.clone() }
    });
    let arguments: Vec<_> = parameters.chain(arrays).collect();
    format!("{function}({})", arguments.join(", "))
}

/// What has to hold for the scheduled loops to be right.
fn conditions(kernel: &Kernel<'_>, general: &Program, names: &Names) -> Vec<String> {
    let mut conditions: Vec<String> = specialized_parameters(kernel)
        .into_iter()
        .filter_map(|(position, value)| {
            Some(format!("{} == {value}", names.parameters.get(position)?))
        })
        .collect();
    let bytes = |array: &Array| {
        let mut product = format!("(int64_t){}", array.element.bytes());
        for extent in &array.extents {
            let extent: &Affine = extent;
            let extent = extent.display_with(&|variable| names.variable(variable));
            let _ = write!(product, " * max({extent}, 0)");
        }
        product
    };
    for (left, right) in conflicting_pairs(general) {
        let name = |array: ArrayId| names.arrays.get(array.0).map_or("0", String::as_str);
        conditions.push(format!(
            "apart({}, {}, {}, {})",
            name(left),
            bytes(general.array(left)),
            name(right),
            bytes(general.array(right))
        ));
    }
    conditions
}
