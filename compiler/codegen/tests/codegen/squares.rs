//! Lanes along the rows of a matrix whose columns the loop inside walks: squares transposed in registers.

use crate::build::*;
use crate::harness::{check_native, options};
use loopwright_codegen::{Kernel, emit_llvm};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

fn product(element: ElementType, left: Expression, right: Expression) -> Expression {
    binary(BinaryOperation::Multiply, element, left, right)
}

fn plus_product(element: ElementType, factors: [usize; 2], addend: usize) -> Expression {
    let [left, right] = factors.map(|position| read(position, element));
    if element.is_float() {
        return multiply_add(element, left, right, read(addend, element));
    }
    binary(BinaryOperation::Add, element, read(addend, element), product(element, left, right))
}

/// `S1: y[i] += A[i][j] * x[j]`, `S2: z[i] += B[i][2*j + 1] * A[i][j + 1]`.
fn sums(element: ElementType, [rows, columns]: [i64; 2], symbolic: bool) -> Program {
    let mut builder = Builder::new("sums", &[("m", rows), ("n", columns)]);
    let a = builder.array("A", element, vec![p(0), plus(p(1), 1)]);
    let b = builder.array("B", element, vec![p(0), plus(&p(1) * 2, 1)]);
    let x = builder.array("x", element, vec![p(1)]);
    let y = builder.array("y", element, vec![p(0)]);
    let z = builder.array("z", element, vec![p(0)]);
    let sum = at(y, vec![i(0)]);
    let reads = vec![at(a, vec![i(0), i(1)]), at(x, vec![i(1)]), sum.clone()];
    builder.statement(2, sum, reads, plus_product(element, [0, 1], 2));
    let sum = at(z, vec![i(0)]);
    let wide = at(b, vec![i(0), plus(&i(1) * 2, 1)]);
    let reads = vec![wide, at(a, vec![i(0), plus(i(1), 1)]), sum.clone()];
    builder.statement(2, sum, reads, plus_product(element, [0, 1], 2));
    if symbolic { builder.program } else { builder.program.specialize() }
}

/// `for i: for j: S1; S2`.
fn rows(program: &Program, outer: Mark, inner: Mark) -> LoopTree {
    let [m, n] = [&program.arrays[3], &program.arrays[2]].map(|array| array.extents[0].clone());
    let body = vec![instance(0, vec![v(0), v(1)]), instance(1, vec![v(0), v(1)])];
    tree(vec![count(0, m, outer, vec![count(1, n, inner, body)])])
}

/// How many shuffles there are in the module after the passes.
fn shuffles(program: &Program, tree: &LoopTree) -> usize {
    let kernel = Kernel { program, tree, fallback: None };
    emit_llvm(&kernel, &options(program)).unwrap().matches("shufflevector").count()
}

#[test]
fn every_type_and_width() {
    for element in [F, ElementType::F32, ElementType::I32, ElementType::I16, ElementType::U8] {
        let program = sums(element, [37, 39], false);
        for width in [2, 3, 4, 8, 16, 32] {
            for several in [1, 2] {
                check_native(&program, &rows(&program, vector(width, several), SEQUENTIAL));
            }
        }
    }
}

#[test]
fn remainders_of_rows_and_columns() {
    for symbolic in [false, true] {
        for size in [[0, 5], [5, 0], [3, 9], [4, 4], [8, 3], [9, 8], [23, 17]] {
            let program = sums(F, size, symbolic);
            check_native(&program, &rows(&program, vector(4, 2), SEQUENTIAL));
            check_native(&program, &rows(&program, vector(8, 1), Mark::Unroll { factor: 3 }));
        }
    }
}

/// The matrix's square takes the place of scalar loads; a second contiguous access has its own.
#[test]
fn the_squares_are_there() {
    let program = sums(F, [64, 64], false);
    let squares = shuffles(&program, &rows(&program, vector(4, 1), SEQUENTIAL));
    let single = shuffles(&program, &rows(&program, SEQUENTIAL, SEQUENTIAL));
    assert!(squares >= 2 * 8 && single < 8, "{squares} and {single}");
}

/// `A[i][j + distance] = A[i][j] * x[j] + B[i][j]`: what is stored in the loop must not be loaded ahead.
#[test]
fn elements_that_the_loop_stores_are_not_loaded_ahead() {
    for distance in [0, 1, 3, 8] {
        let mut builder = Builder::new("recurrence", &[]);
        let a = builder.array("A", F, vec![c(19), c(40)]);
        let b = builder.array("B", F, vec![c(19), c(40)]);
        let x = builder.array("x", F, vec![c(40)]);
        let reads = vec![at(a, vec![i(0), i(1)]), at(x, vec![i(1)]), at(b, vec![i(0), i(1)])];
        let target = at(a, vec![i(0), plus(i(1), distance)]);
        builder.statement(2, target, reads, plus_product(F, [0, 1], 2));
        let program = builder.program;
        for mark in [vector(4, 1), vector(4, 2), vector(8, 2)] {
            let body = vec![instance(0, vec![v(0), v(1)])];
            let inner = count(1, c(40 - distance), SEQUENTIAL, body);
            check_native(&program, &tree(vec![count(0, c(19), mark, vec![inner])]));
        }
    }
}

/// `A[i][j] -= A[i][k] * U[k][j]` for `k < j` with the rows in lanes: the written element stays in a
/// register while the others of its row are read, a triangle of them.
#[test]
fn rows_that_are_read_beside_an_element_in_a_register() {
    for marks in [[vector(4, 1), SEQUENTIAL], [vector(8, 1), jam(2)], [SEQUENTIAL, vector(4, 1)]] {
        let mut builder = Builder::new("elimination", &[]);
        let a = builder.array("A", F, vec![c(21), c(30)]);
        let u = builder.array("U", F, vec![c(30), c(30)]);
        let target = at(a, vec![i(0), i(1)]);
        let reads = vec![at(a, vec![i(0), i(2)]), at(u, vec![i(2), i(1)]), target.clone()];
        builder.statement(3, target, reads, plus_product(F, [0, 1], 2));
        let program = builder.program;
        let body = vec![instance(0, vec![v(0), v(1), v(2)])];
        let k = loop_(2, "k", q(c(0)), q(plus(v(1), -1)), SEQUENTIAL, body);
        let tree = tree(vec![count(0, c(21), marks[0], vec![count(1, c(30), marks[1], vec![k])])]);
        check_native(&program, &tree);
    }
}

/// The loop inside runs to the lane's own row, as in a triangular product, and with a scalar that is
/// computed ahead in chunks.
#[test]
fn triangles_and_scalars_computed_ahead() {
    let mut builder = Builder::new("triangle", &[]);
    let l = builder.array("L", F, vec![c(300), c(300)]);
    let x = builder.array("x", F, vec![c(300)]);
    let y = builder.array("y", F, vec![c(300)]);
    let sum = at(y, vec![i(0)]);
    let reads = vec![at(l, vec![i(0), i(1)]), at(x, vec![i(1)]), sum.clone()];
    let scaled = product(F, number(1.5, F), read(1, F));
    builder.statement(2, sum, reads, multiply_add(F, read(0, F), scaled, read(2, F)));
    let program = builder.program;
    for mark in [vector(4, 1), vector(8, 2), vector(8, 4)] {
        let body = vec![instance(0, vec![v(0), v(1)])];
        let j = loop_(1, "j", q(c(0)), q(v(0)), SEQUENTIAL, body);
        check_native(&program, &tree(vec![count(0, c(300), mark, vec![j])]));
    }
}

/// The matrix in a buffer of its own, transposed or not.
#[test]
fn packed_matrices() {
    let program = sums(F, [24, 16], false);
    for order in [[0, 1], [1, 0]] {
        let LoopTree { roots } = rows(&program, vector(8, 2), SEQUENTIAL);
        let box_ = vec![(c(0), c(24)), (c(0), c(17))];
        let packed = ordered(&order, pack(ArrayId(0), box_, [true, false], roots));
        check_native(&program, &tree(vec![packed]));
    }
}
