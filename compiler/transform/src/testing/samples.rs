//! The shapes of loop nests that tests need most.

use super::ProgramBuilder;
use loopwright_ir::Program;

/// `A[i][j] = B[j][i]`: a perfect nest without dependences, `N` by `M`.
pub fn transpose() -> Program {
    ProgramBuilder::new("transpose", &["N", "M"])
        .array("A", &["N", "M"])
        .array("B", &["M", "N"])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "M - 1", |body| body.assign("A[i][j]", &["B[j][i]"]));
            });
        })
}

/// A matrix product whose result is set to zero in the same nest: `S1(i, j)`, `S2(i, j, k)`.
pub fn matrix_product() -> Program {
    ProgramBuilder::new("matrix_product", &["NI", "NJ", "NK"])
        .array("C", &["NI", "NJ"])
        .array("A", &["NI", "NK"])
        .array("B", &["NK", "NJ"])
        .build(|body| {
            body.each("i", "0", "NI - 1", |body| {
                body.each("j", "0", "NJ - 1", |body| {
                    body.assign("C[i][j]", &[]);
                    body.each("k", "0", "NK - 1", |body| {
                        body.assign("C[i][j]", &["C[i][j]", "A[i][k]", "B[k][j]"]);
                    });
                });
            });
        })
}

/// A triangular solve: `S1(i)`, `S2(i, j)` for `j < i`, `S3(i)`.
pub fn triangular_sum() -> Program {
    ProgramBuilder::new("triangular_sum", &["N"])
        .array("x", &["N"])
        .array("b", &["N"])
        .array("L", &["N", "N"])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("x[i]", &["b[i]"]);
                body.each("j", "0", "i - 1", |body| {
                    body.assign("x[i]", &["x[i]", "L[i][j]", "x[j]"]);
                });
                body.assign("x[i]", &["x[i]", "L[i][i]"]);
            });
        })
}

/// Two sweeps over a square in each of `T` time steps.
pub fn jacobi() -> Program {
    ProgramBuilder::new("jacobi", &["T", "N"])
        .array("A", &["N", "N"])
        .array("B", &["N", "N"])
        .build(|body| {
            body.each("t", "0", "T - 1", |body| {
                for (target, source) in [("B", "A"), ("A", "B")] {
                    body.each("i", "1", "N - 2", |body| {
                        body.each("j", "1", "N - 2", |body| {
                            let at = |offset: &str| format!("{source}[i{offset}][j]");
                            let (north, south) = (at("-1"), at("+1"));
                            body.assign(&format!("{target}[i][j]"), &[&at(""), &north, &south]);
                        });
                    });
                }
            });
        })
}

/// An imperfect nest with triangles both ways, a condition and a band of diagonals: four statements.
pub fn imperfect() -> Program {
    ProgramBuilder::new("imperfect", &["N", "M"])
        .array("A", &["N", "M"])
        .array("x", &["N"])
        .array("y", &["M"])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("x[i]", &[]);
                body.each("j", "i", "M - 1", |body| {
                    body.assign("A[i][j]", &["A[i][j]", "x[i]"]);
                    body.when("j >= i + 2", |body| {
                        body.each("k", "0, j - 3", "i, M - 2", |body| {
                            body.assign("A[i][k]", &["A[i][k]", "A[i][j]"]);
                        });
                    });
                });
                body.when("i = 2", |body| body.assign("y[i]", &["x[i]"]));
            });
        })
}

/// The samples by their names.
pub fn all() -> Vec<Program> {
    vec![transpose(), matrix_product(), triangular_sum(), jacobi(), imperfect()]
}
