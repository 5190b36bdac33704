//! Programs, a scorer and a measurer for the search's tests.

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{LoopTree, LoopTreeNode, Mark, Program};
use loopwright_search::{
    Candidate, Machine, Measurement, Measurer, Scorer, SearchOptions, SearchReport, Silent, search,
};
use loopwright_transform::testing::ProgramBuilder;
use std::time::Duration;

pub const MACHINE: Machine =
    Machine { vector_bits: 256, threads: 2, l1_bytes: 32 << 10, l2_bytes: 512 << 10 };

/// `for i { for j C[i][j] = …; for k for j C[i][j] += A[i][k] * B[k][j]; }`.
pub fn product() -> Program {
    ProgramBuilder::new("product", &["N", "M", "K"])
        .value("N", 1000)
        .value("M", 1100)
        .value("K", 1200)
        .array("C", &["N", "M"])
        .array("A", &["N", "K"])
        .array("B", &["K", "M"])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "M - 1", |body| body.assign("C[i][j]", &["C[i][j]"]));
                body.each("k", "0", "K - 1", |body| {
                    body.each("j", "0", "M - 1", |body| {
                        body.assign("C[i][j]", &["C[i][j]", "A[i][k]", "B[k][j]"]);
                    });
                });
            });
        })
        .specialize()
}

/// Two sweeps over a square, there and back, in each of 20 time steps.
pub fn sweeps() -> Program {
    ProgramBuilder::new("sweeps", &["T", "N"])
        .value("T", 20)
        .value("N", 500)
        .array("A", &["N", "N"])
        .array("B", &["N", "N"])
        .build(|body| {
            body.each("t", "0", "T - 1", |body| {
                for (to, from) in [("B", "A"), ("A", "B")] {
                    body.each("i", "1", "N - 2", |body| {
                        body.each("j", "1", "N - 2", |body| {
                            let near = |place: &str| format!("{from}{place}");
                            let reads = [near("[i][j]"), near("[i - 1][j]"), near("[i][j + 1]")];
                            let reads: Vec<&str> = reads.iter().map(String::as_str).collect();
                            body.assign(&format!("{to}[i][j]"), &reads);
                        });
                    });
                }
            });
        })
        .specialize()
}

/// A Cholesky factorisation, row by row, without its roots.
pub fn factorisation() -> Program {
    ProgramBuilder::new("factorisation", &["N"])
        .value("N", 1000)
        .array("A", &["N", "N"])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "i - 1", |body| {
                    body.each("k", "0", "j - 1", |body| {
                        body.assign("A[i][j]", &["A[i][j]", "A[i][k]", "A[j][k]"]);
                    });
                    body.assign("A[i][j]", &["A[i][j]", "A[j][j]"]);
                });
                body.each("k", "0", "i - 1", |body| {
                    body.assign("A[i][i]", &["A[i][i]", "A[i][k]"]);
                });
                body.assign("A[i][i]", &["A[i][i]"]);
            });
        })
        .specialize()
}

/// A matrix times one vector, and its transpose times another.
pub fn two_products() -> Program {
    ProgramBuilder::new("two_products", &["N", "M"])
        .value("N", 2000)
        .value("M", 1900)
        .array("A", &["N", "M"])
        .array("s", &["M"])
        .array("q", &["N"])
        .array("p", &["M"])
        .array("r", &["N"])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "M - 1", |body| {
                    body.assign("s[j]", &["s[j]", "r[i]", "A[i][j]"]);
                    body.assign("q[i]", &["q[i]", "A[i][j]", "p[j]"]);
                });
            });
        })
        .specialize()
}

/// The second statement of an iteration writes what the first of the next one reads.
pub fn swapped() -> Program {
    ProgramBuilder::new("swapped", &["N"])
        .value("N", 100_000)
        .array("A", &["N"])
        .array("B", &["N"])
        .array("C", &["N"])
        .build(|body| {
            body.each("i", "1", "N - 1", |body| {
                body.assign("A[i]", &["B[i - 1]"]);
                body.assign("B[i]", &["C[i]"]);
            });
        })
        .specialize()
}

/// Shortest paths: in each step, all but one row and one column is free.
pub fn paths() -> Program {
    ProgramBuilder::new("paths", &["N"])
        .value("N", 600)
        .array("P", &["N", "N"])
        .build(|body| {
            body.each("k", "0", "N - 1", |body| {
                body.each("i", "0", "N - 1", |body| {
                    body.each("j", "0", "N - 1", |body| {
                        body.assign("P[i][j]", &["P[i][j]", "P[i][k]", "P[k][j]"]);
                    });
                });
            });
        })
        .specialize()
}

/// A triangular system, solved row by row.
pub fn triangle() -> Program {
    ProgramBuilder::new("triangle", &["N"])
        .value("N", 2000)
        .array("L", &["N", "N"])
        .array("x", &["N"])
        .array("b", &["N"])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("x[i]", &["b[i]"]);
                body.each("j", "0", "i - 1", |body| {
                    body.assign("x[i]", &["x[i]", "L[i][j]", "x[j]"]);
                });
                body.assign("x[i]", &["x[i]", "L[i][i]"]);
            });
        })
        .specialize()
}

/// Three statements of one body that pass a value through a scalar.
pub fn through_a_scalar() -> Program {
    ProgramBuilder::new("through_a_scalar", &["N"])
        .value("N", 900)
        .array("A", &["N", "N"])
        .array("B", &["N", "N"])
        .array("C", &["N", "N"])
        .array("t", &[])
        .build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "N - 1", |body| {
                    body.assign("t", &["A[i][j]", "A[j][i]"]);
                    body.assign("B[i][j]", &["t"]);
                    body.assign("C[i][j]", &["t", "B[i][j]"]);
                });
            });
        })
        .specialize()
}

pub fn dependences(program: &Program) -> Dependences {
    Dependences::compute(program, DEFAULT_QUOTA).expect("the program is well formed")
}

/// Prefers what register tiles, threads and tiles are made of; equal trees score equally.
pub struct Shapely;

impl Scorer for Shapely {
    fn score(&mut self, _: (&Program, &LoopTree), _: &Program, trees: &[&LoopTree]) -> Vec<f64> {
        trees.iter().map(|tree| shape(&tree.roots, 1.0)).collect()
    }
}

fn shape(nodes: &[LoopTreeNode], around: f64) -> f64 {
    let mut sum = 1.0;
    for node in nodes {
        sum += match node {
            LoopTreeNode::For(inner) => {
                let own = match inner.mark {
                    Mark::Parallel => 1.9,
                    Mark::Vector { width, unroll } => {
                        f64::from(width) * (1.0 + 0.3 * f64::from(unroll.min(3)))
                    }
                    Mark::UnrollJam { factor } => 1.0 + 0.2 * f64::from(factor.min(4)),
                    Mark::Sequential | Mark::Pipelined | Mark::Doacross | Mark::Unroll { .. } => {
                        1.02
                    }
                };
                shape(&inner.body, around * own)
            }
            LoopTreeNode::If { body, .. } => shape(body, around * 0.9),
            LoopTreeNode::Pack(pack) => shape(&pack.body, around),
            LoopTreeNode::Statement(_) => around,
        };
    }
    sum
}

/// Seconds are the inverse of the number of steps, so that longer schedules seem faster.
#[derive(Default)]
pub struct Countdown {
    pub measured: Vec<String>,
    pub fail: bool,
    pub delay: Duration,
    /// After so many it says that there is no time for more.
    pub most: Option<usize>,
}

impl Measurer for Countdown {
    fn measure(
        &mut self,
        candidate: &Candidate,
        _best_seconds: Option<f64>,
        _remaining: Option<Duration>,
    ) -> Option<Measurement> {
        if self.most == Some(self.measured.len()) {
            return None;
        }
        self.measured.push(candidate.schedule.to_string());
        std::thread::sleep(self.delay);
        if self.fail && !candidate.schedule.is_original() {
            return Some(Measurement::Failed { reason: "the test says so".to_owned() });
        }
        let seconds = 1.0 / (1.0 + candidate.schedule.steps().len() as f64);
        Some(Measurement::Time { seconds, reference: 1.0 })
    }
}

pub fn run(
    program: &Program,
    options: &SearchOptions,
    measurer: Option<&mut dyn Measurer>,
) -> SearchReport {
    run_for(program, &MACHINE, options, measurer)
}

/// The same for another machine.
pub fn run_for(
    program: &Program,
    machine: &Machine,
    options: &SearchOptions,
    measurer: Option<&mut dyn Measurer>,
) -> SearchReport {
    let dependences = dependences(program);
    search(program, &dependences, &mut Shapely, machine, options, &mut Silent, measurer)
        .expect("the original order has loops")
}
