//! Relaxed arithmetic: which instructions say so, and what becomes of sums.

use crate::build::*;
use crate::gemm::{gemm, inner_product};
use crate::harness::{Loaded, fill, options};
use crate::interpret::{Buffers, interpret};
use loopwright_codegen::{Kernel, Options, Target, emit_llvm};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

/// The words of LLVM's text for what is allowed, and for what is never said.
const ALLOWED: [&str; 5] = ["reassoc", "nsz", "arcp", "contract", "afn"];
const NEVER: [&str; 3] = ["nnan", "ninf", " fast "];

fn relaxed(program: &Program) -> Options {
    Options { fast_math: true, ..options(program) }
}

fn for_cpu(program: &Program, cpu: &str) -> Options {
    let target = Target {
        triple: "x86_64-unknown-linux-gnu".to_owned(),
        cpu: cpu.to_owned(),
        features: String::new(),
        vector_bits: None,
    };
    Options { target, ..relaxed(program) }
}

fn llvm(program: &Program, tree: &LoopTree, options: &Options) -> String {
    emit_llvm(&Kernel { program, tree, fallback: None }, options).unwrap()
}

/// `s += A[i] <body> B[i]` in a sequential loop.
fn dot_product(size: i64, element: ElementType) -> (Program, LoopTree) {
    let mut builder = Builder::new("dot", &[]);
    let sum = builder.array("s", element, vec![]);
    let a = builder.array("A", element, vec![c(size)]);
    let b = builder.array("B", element, vec![c(size)]);
    let reads = vec![at(a, vec![i(0)]), at(b, vec![i(0)]), at(sum, vec![])];
    let body = multiply_add(element, read(0, element), read(1, element), read(2, element));
    builder.statement(1, at(sum, vec![]), reads, body);
    let body = vec![instance(0, vec![v(0)])];
    (builder.program, tree(vec![count(0, c(size), SEQUENTIAL, body)]))
}

/// Compares the relaxed native code's results with the oracle's.
fn check_near(program: &Program, tree: &LoopTree, bound: f64) {
    let parameters = program.parameter_values().unwrap();
    let start = fill(program, &parameters);
    let mut expected = start.clone();
    interpret(program, tree, &parameters, &mut expected);
    assert_near(program, &run(program, tree, &relaxed(program), &start), &expected, bound);
}

fn run(program: &Program, tree: &LoopTree, options: &Options, start: &Buffers) -> Buffers {
    let mut buffers = start.clone();
    let kernel = Kernel { program, tree, fallback: None };
    let parameters = program.parameter_values().unwrap();
    Loaded::native_with(&kernel, options).entry(&parameters, &mut buffers);
    buffers
}

/// All elements of all arrays.
fn numbers(program: &Program, buffers: &Buffers) -> Vec<f64> {
    let of = |(array, buffer): (&Array, &Vec<u8>)| -> Vec<f64> {
        let single = |bytes: &[u8]| f64::from(f32::from_le_bytes(bytes.try_into().unwrap()));
        let double = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap());
        match array.element {
            ElementType::F32 => buffer.chunks(4).map(single).collect(),
            _ => buffer.chunks(8).map(double).collect(),
        }
    };
    program.arrays.iter().zip(buffers).flat_map(of).collect()
}

/// Relative to the larger of both; infinities and NaN have to agree.
fn assert_near(program: &Program, found: &Buffers, expected: &Buffers, bound: f64) {
    let pairs = numbers(program, found).into_iter().zip(numbers(program, expected));
    for (found, expected) in pairs {
        let difference = (found - expected).abs() / expected.abs().max(found.abs()).max(1e-300);
        assert!(
            difference <= bound || found == expected || found.is_nan() && expected.is_nan(),
            "{found} in place of {expected}"
        );
    }
}

#[test]
fn only_the_option_relaxes_arithmetic() {
    let program = gemm([5, 13, 9], F, false);
    for marks in [[SEQUENTIAL, SEQUENTIAL], [jam(4), vector(8, 2)]] {
        let tree = inner_product(&program, marks[0], marks[1]);
        let strict = llvm(&program, &tree, &options(&program));
        for word in ALLOWED.iter().chain(&NEVER) {
            assert!(!strict.contains(word), "{word} in\n{strict}");
        }
        let fast = llvm(&program, &tree, &relaxed(&program));
        assert!(ALLOWED.iter().all(|word| fast.contains(word)), "{fast}");
        assert!(!NEVER.iter().any(|word| fast.contains(word)), "{fast}");
    }
}

#[test]
fn results_are_near() {
    for element in [F, ElementType::F32] {
        let bound = if element == F { 1e-11 } else { 1e-3 };
        for n in [[5, 13, 9], [16, 32, 64]] {
            let program = gemm(n, element, false);
            for marks in [[SEQUENTIAL, SEQUENTIAL], [jam(4), vector(8, 2)]] {
                check_near(&program, &inner_product(&program, marks[0], marks[1]), bound);
            }
        }
    }
}

/// `B[i] = f(A[i], A[i])` with as many arguments as the function takes.
fn applied(
    function: MathFunction,
    size: i64,
    element: ElementType,
    mark: Mark,
) -> (Program, LoopTree) {
    let mut builder = Builder::new("applied", &[]);
    let a = builder.array("A", element, vec![c(size)]);
    let b = builder.array("B", element, vec![c(size)]);
    let arguments = vec![read(0, element); function.arity()];
    let body = call(function, element, arguments);
    builder.statement(1, at(b, vec![i(0)]), vec![at(a, vec![i(0)])], body);
    let body = vec![instance(0, vec![v(0)])];
    (builder.program, tree(vec![count(0, c(size), mark, body)]))
}

#[test]
fn functions_of_vectors_are_near_at_every_width() {
    for (position, function) in MathFunction::ALL.into_iter().enumerate() {
        for (element, bound) in [(F, 2e-15), (ElementType::F32, 1e-6)] {
            // A link each: a function of each arity at all widths, the others at one.
            let all = [2, 3, 8, 19];
            let some = [all[position % all.len()]];
            let every = matches!(function, MathFunction::Exponential | MathFunction::Power);
            for width in if every { all.to_vec() } else { some.to_vec() } {
                let (program, tree) = applied(function, 41, element, vector(width, 1));
                let start = fill(&program, &[]);
                let expected = run(&program, &tree, &options(&program), &start);
                let found = run(&program, &tree, &relaxed(&program), &start);
                assert_near(&program, &found, &expected, bound);
            }
        }
    }
}

#[test]
fn infinities_and_nan_are_honoured() {
    let special = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0, -0.0, -1.0, 1e308, 5e-324];
    let size = i64::try_from(special.len()).unwrap();
    let bytes = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    for function in MathFunction::ALL {
        let (program, tree) = applied(function, size, F, vector(8, 1));
        let start = vec![bytes(&special), bytes(&[0.0; 8])];
        let expected = run(&program, &tree, &options(&program), &start);
        let found = run(&program, &tree, &relaxed(&program), &start);
        assert_near(&program, &found, &expected, 2e-15);
    }
    // A test for NaN is not removed.
    let (mut program, tree) = applied(MathFunction::Exponential, size, F, vector(8, 1));
    let is_number = compare(CompareOperation::Equal, F, read(0, F), read(0, F));
    program.statements[0].body = select(F, is_number, read(0, F), number(7.0, F));
    let found = run(&program, &tree, &relaxed(&program), &vec![bytes(&special), bytes(&[0.0; 8])]);
    assert_eq!(numbers(&program, &found)[10], 7.0);
}

#[test]
fn vectors_call_libmvec_where_there_is_one() {
    let callees = |width, mark: fn(u32, u32) -> Mark, options: &dyn Fn(&Program) -> Options| {
        let (program, tree) = applied(MathFunction::Exponential, 64, F, mark(width, 1));
        llvm(&program, &tree, &options(&program))
    };
    let text = callees(8, vector, &|program| for_cpu(program, "x86-64-v4"));
    assert!(text.contains("call") && text.contains("@_ZGVeN8v_exp(<8 x double>"), "{text}");
    let text = callees(8, vector, &|program| for_cpu(program, "x86-64-v3"));
    // The eight vectors, in two halves each.
    assert_eq!(text.matches("> @_ZGVdN4v_exp(<4 x double> %").count(), 16, "{text}");
    let text = callees(8, vector, &|program| for_cpu(program, "x86-64"));
    assert_eq!(text.matches("> @_ZGVbN2v_exp(<2 x double> %").count(), 32, "{text}");
    // LLVM's own vectoriser knows them, too.
    let text = callees(8, |_, _| SEQUENTIAL, &|program| for_cpu(program, "x86-64-v3"));
    assert!(text.contains("> @_ZGVdN4v_exp(<4 x double> %"), "{text}");
    // Strict code calls libm, and so does code for other systems.
    let text = callees(8, vector, &options);
    assert!(!text.contains("_ZGV") && text.contains("@exp(double"), "{text}");
    let other = |program: &Program| {
        let mut options = for_cpu(program, "x86-64-v3");
        options.target.triple = "x86_64-unknown-linux-musl".to_owned();
        options
    };
    let text = callees(8, vector, &other);
    assert!(!text.contains("_ZGV") && text.contains("@exp(double"), "{text}");
}

#[test]
fn sums_have_several_vector_accumulators() {
    for (cpu, element, lanes) in [
        ("x86-64-v3", F, "<4 x double>"),
        ("x86-64-v3", ElementType::F32, "<8 x float>"),
        ("x86-64-v4", F, " x double>"),
    ] {
        let (program, tree) = dot_product(4000, element);
        let text = llvm(&program, &tree, &for_cpu(&program, cpu));
        let accumulators =
            text.lines().filter(|line| line.contains(" phi ") && line.contains(lanes)).count();
        assert!(accumulators >= 2, "{accumulators} of {lanes} for {cpu} in\n{text}");
        let strict = Options { fast_math: false, ..for_cpu(&program, cpu) };
        let strict = llvm(&program, &tree, &strict);
        assert!(!strict.lines().any(|line| line.contains(" phi ") && line.contains(" x ")));
    }
    for size in [0, 1, 3, 31, 64, 4003] {
        let (program, tree) = dot_product(size, F);
        check_near(&program, &tree, 1e-9);
    }
}
