//! What is left of a vector loop as one vector of which only some lanes run.

use crate::build::*;
use crate::gemm::{gemm, inner_product};
use crate::harness::{check_native, options};
use loopwright_codegen::{Kernel, Options, Target, emit_llvm};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

/// `B[i] = A[i - 1] <op> A[i + 1]` over arrays that end where the loop ends, so that an access of a
/// lane that does not run would leave them.
fn neighbours(size: i64, element: ElementType, operation: BinaryOperation) -> (Program, LoopTree) {
    let mut builder = Builder::new("neighbours", &[]);
    let a = builder.array("A", element, vec![c(size + 2)]);
    let b = builder.array("B", element, vec![c(size)]);
    let right =
        if operation == BinaryOperation::Divide { integer(3, element) } else { read(1, element) };
    let body = binary(operation, element, read(0, element), right);
    let reads = vec![at(a, vec![i(0)]), at(a, vec![plus(i(0), 2)])];
    builder.statement(1, at(b, vec![i(0)]), reads, body);
    let body = vec![instance(0, vec![v(0)])];
    (builder.program, tree(vec![count(0, c(size), vector(8, 2), body)]))
}

fn text(program: &Program, tree: &LoopTree, cpu: &str) -> String {
    let target = Target {
        triple: "x86_64-unknown-linux-gnu".to_owned(),
        cpu: cpu.to_owned(),
        features: String::new(),
        vector_bits: None,
    };
    let kernel = Kernel { program, tree, fallback: None };
    emit_llvm(&kernel, &Options { target, ..options(program) }).unwrap()
}

#[test]
fn every_remainder_of_every_element() {
    for element in [F, ElementType::F32, ElementType::I8, ElementType::I16, ElementType::I32] {
        for size in [0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 31] {
            let (program, tree) = neighbours(size, element, BinaryOperation::Subtract);
            check_native(&program, &tree);
        }
    }
}

#[test]
fn accumulators_of_the_lanes_that_run() {
    for n in [[5, 13, 9], [4, 12, 8], [3, 11, 1], [2, 9, 300]] {
        let program = gemm(n, F, false);
        for marks in [[SEQUENTIAL, vector(8, 1)], [jam(4), vector(8, 2)], [vector(8, 1), jam(2)]] {
            check_native(&program, &inner_product(&program, marks[0], marks[1]));
        }
    }
}

#[test]
fn masks_are_used_where_the_machine_has_them() {
    let (program, tree) = neighbours(13, F, BinaryOperation::Subtract);
    for (cpu, masked) in [("x86-64-v4", true), ("x86-64-v3", true), ("x86-64", false)] {
        assert_eq!(text(&program, &tree, cpu).contains("llvm.masked.store"), masked, "{cpu}");
    }
}

#[test]
fn a_division_that_could_trap_runs_one_by_one() {
    let (program, tree) = neighbours(13, ElementType::I32, BinaryOperation::Divide);
    assert!(!text(&program, &tree, "x86-64-v4").contains("llvm.masked"));
    check_native(&program, &tree);
}
