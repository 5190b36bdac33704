//! Small kernels, each with a shape of dependences that the others lack.

use super::{at, c, i, leaf, looped, p, program, range, statement};
use loopwright_ir::Program;

/// `C[i][j] *= beta; C[i][j] += A[i][k] * B[k][j]`
pub fn gemm() -> Program {
    let n = || [range(0, c(0), p(0)), range(1, c(0), p(0))];
    program(
        "gemm",
        &[("N", 4)],
        &[("C", 2), ("A", 2), ("B", 2)],
        vec![
            statement("S1", &["i", "j"], n(), at(0, &[i(0), i(1)]), vec![at(0, &[i(0), i(1)])]),
            statement(
                "S2",
                &["i", "k", "j"],
                n().into_iter().chain([range(2, c(0), p(0))]),
                at(0, &[i(0), i(2)]),
                vec![at(0, &[i(0), i(2)]), at(1, &[i(0), i(1)]), at(2, &[i(1), i(2)])],
            ),
        ],
        vec![looped(
            "i",
            vec![looped("j", vec![leaf(0)]), looped("k", vec![looped("j", vec![leaf(1)])])],
        )],
    )
}

/// Two sweeps in time over a square.
pub fn jacobi() -> Program {
    let domain = || {
        let inside = |depth| range(depth, c(1), &p(1) - &c(1));
        [range(0, c(0), p(0)), inside(1), inside(2)]
    };
    let sweep = |name, target, source| {
        let (row, column) = (i(1), i(2));
        statement(
            name,
            &["t", "i", "j"],
            domain(),
            at(target, &[row.clone(), column.clone()]),
            vec![
                at(source, &[row.clone(), column.clone()]),
                at(source, &[row.clone(), &column - &c(1)]),
                at(source, &[row.clone(), &column + &c(1)]),
                at(source, &[&row - &c(1), column.clone()]),
                at(source, &[&row + &c(1), column.clone()]),
            ],
        )
    };
    let nest = |position| looped("i", vec![looped("j", vec![leaf(position)])]);
    program(
        "jacobi",
        &[("T", 2), ("N", 5)],
        &[("A", 2), ("B", 2)],
        vec![sweep("S1", 1, 0), sweep("S2", 0, 1)],
        vec![looped("t", vec![nest(0), nest(1)])],
    )
}

/// `x[i] = b[i]; x[i] -= L[i][j] * x[j] (j < i); x[i] /= L[i][i]`
pub fn triangular_solve() -> Program {
    let outer = || range(0, c(0), p(0));
    program(
        "trisolv",
        &[("N", 4)],
        &[("x", 1), ("L", 2), ("b", 1)],
        vec![
            statement("S1", &["i"], [outer()], at(0, &[i(0)]), vec![at(2, &[i(0)])]),
            statement(
                "S2",
                &["i", "j"],
                [outer(), range(1, c(0), i(0))],
                at(0, &[i(0)]),
                vec![at(0, &[i(0)]), at(1, &[i(0), i(1)]), at(0, &[i(1)])],
            ),
            statement(
                "S3",
                &["i"],
                [outer()],
                at(0, &[i(0)]),
                vec![at(0, &[i(0)]), at(1, &[i(0), i(0)])],
            ),
        ],
        vec![looped("i", vec![leaf(0), looped("j", vec![leaf(1)]), leaf(2)])],
    )
}

/// `A[i][j] = A[i - 1][j + shift] + A[i][j - 1]`: a wavefront; with `shift` 1 not even tileable.
pub fn wavefront(shift: i64) -> Program {
    let inside = |depth| range(depth, c(1), &p(0) - &c(1));
    program(
        "wavefront",
        &[("N", 6)],
        &[("A", 2)],
        vec![statement(
            "S1",
            &["i", "j"],
            [inside(0), inside(1)],
            at(0, &[i(0), i(1)]),
            vec![at(0, &[&i(0) - &c(1), &i(1) + &c(shift)]), at(0, &[i(0), &i(1) - &c(1)])],
        )],
        vec![looped("i", vec![looped("j", vec![leaf(0)])])],
    )
}

/// `s += A[2 * i][j]; A[2 * i + 1][j] = s`: a scalar, and elements that never meet.
pub fn strided() -> Program {
    let domain = || [range(0, c(0), p(0)), range(1, c(0), p(0))];
    let even = at(1, &[&i(0) * 2, i(1)]);
    let odd = at(1, &[&(&i(0) * 2) + &c(1), i(1)]);
    program(
        "strided",
        &[("N", 3)],
        &[("s", 0), ("A", 2)],
        vec![
            statement("S1", &["i", "j"], domain(), at(0, &[]), vec![at(0, &[]), even]),
            statement("S2", &["i", "j"], domain(), odd, vec![at(0, &[])]),
        ],
        vec![looped("i", vec![looped("j", vec![leaf(0), leaf(1)])])],
    )
}

/// `A[7 * i + 11 * j] = A[5 * i + 13 * j + 1]`: iterations meet only here and there.
pub fn scattered() -> Program {
    let element = |row: i64, column: i64, shift: i64| {
        at(0, &[&(&(&i(0) * row) + &(&i(1) * column)) + &c(shift)])
    };
    program(
        "scattered",
        &[("N", 6)],
        &[("A", 1)],
        vec![statement(
            "S1",
            &["i", "j"],
            [range(0, c(0), p(0)), range(1, c(0), p(0))],
            element(7, 11, 0),
            vec![element(5, 13, 1)],
        )],
        vec![looped("i", vec![looped("j", vec![leaf(0)])])],
    )
}
