//! Matrix multiplication under every mark and at awkward sizes.

use crate::build::*;
use crate::harness::{check, check_native};
use loopwright_ir::*;

/// `C *= beta; C += alpha * A * B`, with the parameters' values in place of the parameters unless
/// `symbolic` is set.
pub fn gemm(n: [i64; 3], element: ElementType, symbolic: bool) -> Program {
    let mut builder = Builder::new("gemm", &[("ni", n[0]), ("nj", n[1]), ("nk", n[2])]);
    let matrix = |row, column| vec![p(row), p(column)];
    let c_ = builder.array("C", element, matrix(0, 1));
    let a = builder.array("A", element, matrix(0, 2));
    let b = builder.array("B", element, matrix(2, 1));
    let (alpha, beta) =
        (builder.array("alpha", element, vec![]), builder.array("beta", element, vec![]));
    let target = at(c_, vec![i(0), i(1)]);
    builder.statement(
        2,
        target.clone(),
        vec![target.clone(), at(beta, vec![])],
        binary(BinaryOperation::Multiply, element, read(0, element), read(1, element)),
    );
    let reads =
        vec![at(alpha, vec![]), at(a, vec![i(0), i(2)]), at(b, vec![i(2), i(1)]), target.clone()];
    let scaled = binary(BinaryOperation::Multiply, element, read(0, element), read(1, element));
    let body = if element.is_float() {
        multiply_add(element, scaled, read(2, element), read(3, element))
    } else {
        let product = binary(BinaryOperation::Multiply, element, scaled, read(2, element));
        binary(BinaryOperation::Add, element, read(3, element), product)
    };
    builder.statement(3, target, reads, body);
    if symbolic { builder.program } else { builder.program.specialize() }
}

fn size(program: &Program, dimension: usize) -> Affine {
    // Where the parameters are still mentioned, the trees mention them too.
    let array = &program.arrays[if dimension == 2 { 2 } else { 0 }];
    array.extents[if dimension == 1 { 1 } else { 0 }].clone()
}

/// `for i: for j: { S1; for k: S2 }`.
pub fn inner_product(program: &Program, i_mark: Mark, j_mark: Mark) -> LoopTree {
    tree(vec![count(
        0,
        size(program, 0),
        i_mark,
        vec![count(
            1,
            size(program, 1),
            j_mark,
            vec![
                instance(0, vec![v(0), v(1)]),
                count(2, size(program, 2), SEQUENTIAL, vec![instance(1, vec![v(0), v(1), v(2)])]),
            ],
        )],
    )])
}

/// `for i { for j S1; for k for j S2 }`.
pub fn outer_product(program: &Program, marks: [Mark; 4]) -> LoopTree {
    let first = count(1, size(program, 1), marks[1], vec![instance(0, vec![v(0), v(1)])]);
    let second = count(
        2,
        size(program, 2),
        marks[2],
        vec![count(3, size(program, 1), marks[3], vec![instance(1, vec![v(0), v(3), v(2)])])],
    );
    tree(vec![count(0, size(program, 0), marks[0], vec![first, second])])
}

#[test]
fn sequential() {
    for element in [ElementType::F64, ElementType::F32, ElementType::I32] {
        let program = gemm([5, 7, 6], element, false);
        check(&program, &inner_product(&program, SEQUENTIAL, SEQUENTIAL));
        check(&program, &outer_product(&program, [SEQUENTIAL; 4]));
    }
}

#[test]
fn register_tiles_at_awkward_sizes() {
    for n in [[4, 12, 9], [5, 13, 3], [3, 11, 1], [9, 31, 2], [1, 1, 1], [4, 8, 0], [0, 5, 5]] {
        for element in [ElementType::F64, ElementType::F32, ElementType::I16] {
            let program = gemm(n, element, false);
            check_native(&program, &inner_product(&program, jam(4), vector(4, 3)));
        }
    }
    let program = gemm([6, 26, 5], ElementType::F64, false);
    check(&program, &inner_product(&program, jam(4), vector(4, 3)));
    check_native(&program, &inner_product(&program, vector(8, 1), jam(3)));
    check_native(&program, &inner_product(&program, jam(2), jam(2)));
    check_native(&program, &inner_product(&program, jam(100), vector(16, 100)));
}

#[test]
fn innermost_vectors_and_jammed_outer_loops() {
    for n in [[5, 7, 6], [8, 16, 8], [3, 9, 5]] {
        let program = gemm(n, ElementType::F64, false);
        for (i_mark, k_mark) in
            [(SEQUENTIAL, SEQUENTIAL), (SEQUENTIAL, jam(4)), (jam(2), jam(2)), (jam(3), SEQUENTIAL)]
        {
            let marks = [i_mark, vector(4, 1), k_mark, vector(4, 2)];
            check_native(&program, &outer_product(&program, marks));
        }
    }
}

#[test]
fn symbolic_parameters() {
    let program = gemm([6, 14, 5], ElementType::F64, true);
    check(&program, &inner_product(&program, jam(4), vector(4, 2)));
    check(&program, &inner_product(&program, vector(4, 1), jam(2)));
    check(&program, &outer_product(&program, [Mark::Parallel, vector(4, 1), jam(2), vector(4, 2)]));
}

#[test]
fn parallel_loops() {
    let program = gemm([7, 12, 5], ElementType::F64, false);
    check(&program, &inner_product(&program, Mark::Parallel, vector(4, 3)));
    check_native(&program, &inner_product(&program, SEQUENTIAL, Mark::Parallel));
    check_native(&program, &inner_product(&program, Mark::Parallel, Mark::Parallel));
    check_native(&program, &inner_product(&program, jam(2), Mark::Parallel));
    let program = gemm([1, 12, 5], ElementType::F64, false);
    check_native(&program, &inner_product(&program, Mark::Parallel, vector(4, 3)));
    let program = gemm([0, 12, 5], ElementType::F64, false);
    check_native(&program, &inner_product(&program, Mark::Parallel, vector(4, 3)));
}
