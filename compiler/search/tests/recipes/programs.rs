//! Programs of the kinds that recipes are for.

use loopwright_ir::Program;
use loopwright_transform::testing::{Body, ProgramBuilder};

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

/// Forces between all pairs but of bodies on themselves, through a scalar that ends with the loops.
pub fn pairs() -> Program {
    let program = ProgramBuilder::new("pairs", &["N"])
        .value("N", 2000)
        .array("x", &["N"])
        .array("force", &["N", "2"])
        .array("pull", &[])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("force[i][0]", &[]);
                body.assign("force[i][1]", &[]);
                body.each("j", "0", "N - 1", |body| {
                    for (target, sources) in [
                        ("pull", ["x[i]", "x[j]"]),
                        ("force[i][0]", ["force[i][0]", "pull"]),
                        ("force[i][1]", ["force[i][1]", "pull"]),
                    ] {
                        for condition in ["j <= i - 1", "j >= i + 1"] {
                            body.when(condition, |body| body.assign(target, &sources));
                        }
                    }
                });
            });
        });
    local(program, "pull")
}

/// The program with an array that nobody reads afterwards.
fn local(mut program: Program, name: &str) -> Program {
    program
        .arrays
        .iter_mut()
        .filter(|one| one.name == name)
        .for_each(|one| one.live_outside = false);
    program.specialize()
}

/// The nearest of some centres for each point: a sum in a scalar, and a choice.
pub fn nearest() -> Program {
    let program = ProgramBuilder::new("nearest", &["N", "K", "D"])
        .value("N", 20000)
        .value("K", 40)
        .value("D", 12)
        .array("X", &["N", "D"])
        .array("C", &["K", "D"])
        .array("least", &["N"])
        .array("s", &[])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("least[i]", &[]);
                body.each("k", "0", "K - 1", |body| {
                    body.assign("s", &[]);
                    body.each("d", "0", "D - 1", |body| {
                        body.assign("s", &["s", "X[i][d]", "C[k][d]"]);
                    });
                    body.assign("least[i]", &["least[i]", "s"]);
                });
            });
        });
    local(program, "s")
}

/// A wave that reaches three cells far, with a source at one place.
pub fn wide_sweeps() -> Program {
    ProgramBuilder::new("wide_sweeps", &["T", "N"])
        .value("T", 60)
        .value("N", 900)
        .array("A", &["N", "N"])
        .array("B", &["N", "N"])
        .array("p", &["T"])
        .build(|body| {
            body.each("t", "0", "T - 1", |body| {
                body.each("i", "3", "N - 4", |body| {
                    body.each("j", "3", "N - 4", |body| {
                        let near = ["A[i - 3][j]", "A[i + 3][j]", "A[i][j - 3]", "A[i][j + 3]"];
                        body.assign("B[i][j]", &near);
                    });
                });
                body.assign("B[300][400]", &["B[300][400]", "p[t]"]);
                body.each("i", "3", "N - 4", |body| {
                    body.each("j", "3", "N - 4", |body| body.assign("A[i][j]", &["B[i][j]"]));
                });
            });
        })
        .specialize()
}

/// Two sweeps over a box in each time step, there and back.
pub fn boxes() -> Program {
    ProgramBuilder::new("boxes", &["T", "N"])
        .value("T", 100)
        .value("N", 120)
        .array("A", &["N", "N", "N"])
        .array("B", &["N", "N", "N"])
        .build(|body| {
            body.each("t", "0", "T - 1", |body| {
                for (to, from) in [("B", "A"), ("A", "B")] {
                    body.each("i", "1", "N - 2", |body| {
                        body.each("j", "1", "N - 2", |body| {
                            body.each("k", "1", "N - 2", |body| {
                                let near = ["[i - 1][j][k]", "[i + 1][j][k]", "[i][j - 1][k]"];
                                let far = ["[i][j + 1][k]", "[i][j][k - 1]", "[i][j][k + 1]"];
                                let reads: Vec<String> = near
                                    .into_iter()
                                    .chain(far)
                                    .map(|place| format!("{from}{place}"))
                                    .collect();
                                let reads: Vec<&str> = reads.iter().map(String::as_str).collect();
                                body.assign(&format!("{to}[i][j][k]"), &reads);
                            });
                        });
                    });
                }
            });
        })
        .specialize()
}

/// An elimination, row by row: below the diagonal with its divisions, and above it.
pub fn elimination() -> Program {
    ProgramBuilder::new("elimination", &["N"])
        .value("N", 1500)
        .array("M", &["N", "N"])
        .build(|body| {
            body.each("r", "0", "N - 1", |body| {
                body.each("c", "0", "r - 1", |body| {
                    body.each("s", "0", "c - 1", |body| {
                        body.assign("M[r][c]", &["M[r][c]", "M[r][s]", "M[s][c]"]);
                    });
                    body.assign("M[r][c]", &["M[r][c]", "M[c][c]"]);
                });
                body.each("c", "r", "N - 1", |body| {
                    body.each("s", "0", "r - 1", |body| {
                        body.assign("M[r][c]", &["M[r][c]", "M[r][s]", "M[s][c]"]);
                    });
                });
            });
        })
        .specialize()
}

/// A matrix gets an outer product added, and its transpose is multiplied by a vector.
pub fn updated_product() -> Program {
    ProgramBuilder::new("updated_product", &["N"])
        .value("N", 2000)
        .array("A", &["N", "N"])
        .array("p", &["N"])
        .array("q", &["N"])
        .array("x", &["N"])
        .array("y", &["N"])
        .build(|body| {
            body.each("a", "0", "N - 1", |body| {
                body.each("b", "0", "N - 1", |body| {
                    body.assign("A[a][b]", &["A[a][b]", "p[a]", "q[b]"]);
                });
            });
            body.each("a", "0", "N - 1", |body| {
                body.each("b", "0", "N - 1", |body| {
                    body.assign("x[a]", &["x[a]", "A[b][a]", "y[b]"]);
                });
            });
        })
        .specialize()
}

/// Small products, one for each element, with loops of three iterations.
pub fn tiny_products() -> Program {
    ProgramBuilder::new("tiny_products", &["N"])
        .value("N", 50000)
        .array("A", &["N", "3", "3"])
        .array("x", &["N", "3"])
        .array("y", &["N", "3"])
        .build(|body| {
            body.each("n", "0", "N - 1", |body| {
                body.each("i", "0", "2", |body| {
                    body.assign("y[n][i]", &[]);
                    body.each("k", "0", "2", |body| {
                        body.assign("y[n][i]", &["y[n][i]", "A[n][i][k]", "x[n][k]"]);
                    });
                });
            });
        })
        .specialize()
}

/// A recursive filter along rows, forth and back, with the same two scalars in both passes, and their sum.
pub fn filter() -> Program {
    let mut program = ProgramBuilder::new("filter", &["R", "C"])
        .value("R", 800)
        .value("C", 1500)
        .array("in", &["R", "C"])
        .array("f", &["R", "C"])
        .array("b", &["R", "C"])
        .array("out", &["R", "C"])
        .array("p", &[])
        .array("q", &[])
        .build(|body| {
            for (to, at) in [("f", "c"), ("b", "C - 1 - c")] {
                body.each("r", "0", "R - 1", |body| {
                    body.assign("p", &[]);
                    body.assign("q", &[]);
                    body.each("c", "0", "C - 1", |body| {
                        let (target, source) = (format!("{to}[r][{at}]"), format!("in[r][{at}]"));
                        body.assign(&target, &[&source, "p", "q"]);
                        body.assign("q", &["p"]);
                        body.assign("p", &[&target]);
                    });
                });
            }
            body.each("r", "0", "R - 1", |body| {
                body.each("c", "0", "C - 1", |body| {
                    body.assign("out[r][c]", &["f[r][c]", "b[r][c]"]);
                });
            });
        })
        .specialize();
    for name in ["p", "q"] {
        let array = program.arrays.iter_mut().find(|array| array.name == name);
        array.expect("the program has it").live_outside = false;
    }
    program
}

/// A matrix times a vector, and its transpose times the result: in one loop over the rows, or in two.
pub fn normal_equations(together: bool) -> Program {
    ProgramBuilder::new("normal_equations", &["R", "C"])
        .value("R", 1500)
        .value("C", 1700)
        .array("G", &["R", "C"])
        .array("v", &["C"])
        .array("u", &["R"])
        .array("w", &["C"])
        .build(|body| {
            let product = |body: &mut Body<'_>| {
                body.assign("u[a]", &[]);
                body.each("b", "0", "C - 1", |body| {
                    body.assign("u[a]", &["u[a]", "G[a][b]", "v[b]"]);
                });
            };
            let transposed = |body: &mut Body<'_>| {
                body.each("d", "0", "C - 1", |body| {
                    body.assign("w[d]", &["w[d]", "G[a][d]", "u[a]"]);
                });
            };
            if together {
                body.each("a", "0", "R - 1", |body| {
                    product(body);
                    transposed(body);
                });
            } else {
                body.each("a", "0", "R - 1", product);
                body.each("a", "0", "R - 1", transposed);
            }
        })
        .specialize()
}

/// A matrix applied to the last dimension of a tensor, row by row through a row of sums that are weighed.
pub fn weighed_rows() -> Program {
    let mut program = ProgramBuilder::new("weighed_rows", &["A", "B", "C", "D"])
        .value("A", 120)
        .value("B", 130)
        .value("C", 96)
        .value("D", 160)
        .array("T", &["A", "B", "D"])
        .array("M", &["D", "C"])
        .array("U", &["A", "B", "C"])
        .array("g", &["C"])
        .array("row", &["C"])
        .build(|body| {
            body.each("a", "0", "A - 1", |body| {
                body.each("b", "0", "B - 1", |body| {
                    body.each("c", "0", "C - 1", |body| {
                        body.assign("row[c]", &[]);
                        body.each("d", "0", "D - 1", |body| {
                            body.assign("row[c]", &["row[c]", "T[a][b][d]", "M[d][c]"]);
                        });
                    });
                    body.each("c", "0", "C - 1", |body| {
                        body.assign("U[a][b][c]", &["U[a][b][c]", "row[c]", "g[c]"]);
                    });
                });
            });
        })
        .specialize();
    let array = program.arrays.iter_mut().find(|array| array.name == "row");
    array.expect("the program has it").live_outside = false;
    program
}
