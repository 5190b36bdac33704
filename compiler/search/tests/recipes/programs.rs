//! Programs of the kinds that recipes are for.

use loopwright_ir::Program;
use loopwright_transform::testing::ProgramBuilder;

/// Vectors that are made orthogonal in place, the numbers that say how kept.
pub fn orthogonalisation() -> Program {
    ProgramBuilder::new("orthogonalisation", &["V", "L"])
        .value("V", 300)
        .value("L", 700)
        .array("W", &["L", "V"])
        .array("c", &["V", "V"])
        .array("d", &["V"])
        .build(|body| {
            body.each("s", "0", "V - 1", |body| {
                body.assign("d[s]", &[]);
                body.each("p", "0", "L - 1", |body| body.assign("d[s]", &["d[s]", "W[p][s]"]));
                body.each("p", "0", "L - 1", |body| body.assign("W[p][s]", &["W[p][s]", "d[s]"]));
                body.each("t", "s + 1", "V - 1", |body| {
                    body.assign("c[s][t]", &[]);
                    body.each("p", "0", "L - 1", |body| {
                        body.assign("c[s][t]", &["c[s][t]", "W[p][s]", "W[p][t]"]);
                    });
                    body.each("p", "0", "L - 1", |body| {
                        body.assign("W[p][t]", &["W[p][t]", "W[p][s]", "c[s][t]"]);
                    });
                });
            });
        })
        .specialize()
}

/// Householder's reflections: the part of each column below the diagonal is one, applied to all columns behind.
pub fn reflections() -> Program {
    ProgramBuilder::new("reflections", &["R", "C"])
        .value("R", 900)
        .value("C", 400)
        .array("H", &["R", "C"])
        .array("g", &["C", "C"])
        .array("e", &["C"])
        .build(|body| {
            body.each("k", "0", "C - 1", |body| {
                body.assign("e[k]", &["H[k][k]"]);
                body.each("i", "k + 1", "R - 1", |body| body.assign("e[k]", &["e[k]", "H[i][k]"]));
                body.assign("H[k][k]", &["H[k][k]", "e[k]"]);
                body.each("l", "k + 1", "C - 1", |body| {
                    body.assign("g[k][l]", &["H[k][k]", "H[k][l]"]);
                    body.each("i", "k + 1", "R - 1", |body| {
                        body.assign("g[k][l]", &["g[k][l]", "H[i][k]", "H[i][l]"]);
                    });
                    body.assign("H[k][l]", &["H[k][l]", "g[k][l]", "e[k]"]);
                    body.each("i", "k + 1", "R - 1", |body| {
                        body.assign("H[i][l]", &["H[i][l]", "H[i][k]", "g[k][l]"]);
                    });
                });
            });
        })
        .specialize()
}
