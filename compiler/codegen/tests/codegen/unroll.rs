//! Unrolled loops: remainders, several statements, inner loops, the elements kept in registers.

use crate::build::*;
use crate::gemm::{gemm, inner_product};
use crate::harness::{check, check_native, check_printed_by_gcc};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

fn unroll(factor: u32) -> Mark {
    Mark::Unroll { factor }
}

/// `S1: X[i + 1] = X[i] * 0.5 + X[i + 1]`, `S2: Y[i] = X[i + 1] + i`: each iteration reads the one before.
fn recurrence(size: i64, symbolic: bool) -> (Program, LoopTree, Affine) {
    let mut builder = Builder::new("recurrence", &[("n", size)]);
    let x = builder.array("X", F, vec![plus(p(0), 1)]);
    let y = builder.array("Y", F, vec![plus(p(0), 1)]);
    let next = at(x, vec![plus(i(0), 1)]);
    let body = multiply_add(F, read(0, F), number(0.5, F), read(1, F));
    builder.statement(1, next.clone(), vec![at(x, vec![i(0)]), next.clone()], body);
    let index = cast(F, Expression::Index { value: i(0), element: ElementType::I64 });
    let body = binary(BinaryOperation::Add, F, read(0, F), index);
    builder.statement(1, at(y, vec![i(0)]), vec![next], body);
    let program = if symbolic { builder.program } else { builder.program.specialize() };
    let extent = if symbolic { p(0) } else { c(size) };
    (program, tree(Vec::new()), extent)
}

#[test]
fn remainders_and_several_statements() {
    for symbolic in [true, false] {
        for size in [0, 1, 3, 4, 5, 8, 11] {
            let (program, mut tree, extent) = recurrence(size, symbolic);
            for factor in [0, 1, 2, 4, 1000] {
                let body = vec![instance(0, vec![v(0)]), instance(1, vec![v(0)])];
                tree.roots = vec![count(0, extent.clone(), unroll(factor), body)];
                check_native(&program, &tree);
            }
        }
        let (program, mut tree, extent) = recurrence(11, symbolic);
        let body = vec![instance(0, vec![v(0)]), instance(1, vec![v(0)])];
        tree.roots = vec![count(0, extent, unroll(4), body)];
        check(&program, &tree);
        check_printed_by_gcc(&program, &tree);
    }
}

/// The accumulators stay in registers through all copies, and scalars computed ahead are found.
#[test]
fn the_reduction_of_a_register_tile() {
    for n in [[5, 13, 9], [4, 12, 8], [3, 11, 1], [2, 9, 300]] {
        for element in [F, ElementType::F32, ElementType::I32] {
            let program = gemm(n, element, false);
            for marks in [[SEQUENTIAL, SEQUENTIAL], [jam(4), vector(4, 2)], [vector(4, 1), jam(2)]]
            {
                let mut tree = inner_product(&program, marks[0], marks[1]);
                let LoopTreeNode::For(outer) = &mut tree.roots[0] else { panic!("a loop") };
                let LoopTreeNode::For(middle) = &mut outer.body[0] else { panic!("a loop") };
                let LoopTreeNode::For(inner) = &mut middle.body[1] else { panic!("a loop") };
                inner.mark = unroll(4);
                check_native(&program, &tree);
            }
        }
    }
}

/// Loops inside of an unrolled one, whose bounds depend on it, with marks of their own; and nested
/// unrolled loops, which together are not let grow without limit.
#[test]
fn loops_inside() {
    let mut builder = Builder::new("triangle", &[]);
    let c_ = builder.array("C", F, vec![c(17), c(17)]);
    let a = builder.array("A", F, vec![c(17), c(17)]);
    let target = at(c_, vec![i(0), i(1)]);
    let reads = vec![at(a, vec![i(0), i(2)]), at(a, vec![i(1), i(2)]), target.clone()];
    let body = multiply_add(F, read(0, F), read(1, F), read(2, F));
    builder.statement(3, target, reads, body);
    for marks in [
        [unroll(4), SEQUENTIAL, SEQUENTIAL],
        [unroll(2), unroll(3), unroll(4)],
        [unroll(100), unroll(100), unroll(100)],
        [unroll(4), vector(4, 2), SEQUENTIAL],
        [unroll(3), jam(4), unroll(2)],
        [jam(4), unroll(4), SEQUENTIAL],
        [vector(4, 1), unroll(2), unroll(2)],
        [unroll(2), Mark::Parallel, unroll(2)],
    ] {
        let body = vec![instance(0, vec![v(0), v(1), v(2)])];
        let k = loop_(2, "k", q(c(0)), q(plus(v(1), -1)), marks[2], body);
        let j = loop_(1, "j", q(c(0)), q(v(0)), marks[1], vec![k]);
        check_native(&builder.program, &tree(vec![count(0, c(17), marks[0], vec![j])]));
    }
}
