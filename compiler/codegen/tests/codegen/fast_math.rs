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

/// Compares the relaxed native code's results with the oracle's, relative to the larger of both.
fn check_near(program: &Program, tree: &LoopTree, bound: f64) {
    let parameters = program.parameter_values().unwrap();
    let mut found = fill(program, &parameters);
    let mut expected = found.clone();
    interpret(program, tree, &parameters, &mut expected);
    let kernel = Kernel { program, tree, fallback: None };
    Loaded::native_with(&kernel, &relaxed(program)).entry(&parameters, &mut found);
    let numbers = |buffers: &Buffers| -> Vec<f64> {
        let all = program.arrays.iter().zip(buffers);
        all.flat_map(|(array, buffer)| match array.element {
            ElementType::F32 => buffer
                .chunks(4)
                .map(|bytes| f64::from(f32::from_le_bytes(bytes.try_into().unwrap())))
                .collect::<Vec<_>>(),
            _ => buffer
                .chunks(8)
                .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
                .collect(),
        })
        .collect()
    };
    for (found, expected) in numbers(&found).into_iter().zip(numbers(&expected)) {
        let difference = (found - expected).abs() / expected.abs().max(found.abs()).max(1e-300);
        assert!(
            difference <= bound || found.is_nan() && expected.is_nan(),
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
