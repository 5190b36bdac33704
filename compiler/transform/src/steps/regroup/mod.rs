//! Takes the sums that a loop carries apart, so that vectors and threads can share them.
//!
//! `regroup(S1, i, 8)`:
//! ```text
//! for (i = 0; i < n; i++)              for (i_lane = 0; i_lane < 8; i_lane++)
//!   s += A[i];                           s_partial[i_lane] = 0;
//!                                →     for (i = 0; 8 * i < n; i++)
//!                                        for (i_lane = 0; i_lane < 8; i_lane++)
//!                                          if (8 * i + i_lane < n)
//!                                            s_partial[i_lane] += A[8 * i + i_lane];
//!                                      for (i_lane = 0; i_lane < 8; i_lane++)
//!                                        s += s_partial[i_lane];
//! ```
//! `regroup(S1, i, 8, 4096)` has as many partial sums for each 4096 iterations, counted by a further loop
//! `i_chunk` around `i`. All sums that the loop carries are taken apart, not only that of the
//! named statement; so are products, minima and maxima.
//!
//! The partial sums are storage of our own like that of `expand`: `pack(S1, s_partial, j)` makes it live for one
//! iteration of a loop. The step changes the program, not the order, and comes before all others.
//!
//! Legal when nothing else touches the elements while the loop runs (`loopwright_analysis`, file
//! `regrouping.rs`). Integers keep their bits; floating-point sums round differently, so that they
//! need [`Rounding::Free`].

mod partial;
mod rewriting;

use super::Rounding;
use super::place::{Place, known_statement};
use crate::Cause;
use loopwright_analysis::{DEFAULT_QUOTA, regrouping};
use loopwright_ir::{Program, ScheduleTree, StatementId, partial_name};
use rewriting::Regroup;

/// The most partial sums of a chunk.
const MOST_LANES: u32 = 1024;

/// How a loop is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub lanes: u32,
    pub chunk: Option<u32>,
}

/// The program with the sums of a loop taken apart.
pub fn regroup(
    program: &Program,
    statement: &str,
    loop_name: &str,
    cut: Cut,
    rounding: Rounding,
) -> Result<Program, Cause> {
    let named = known_statement(program, statement)?;
    cut.check()?;
    if let Some(array) = has_partial_sums(program, named) {
        return Err(Cause::RegroupedAlready { array });
    }
    let found = regrouping(program, named, loop_name, DEFAULT_QUOTA).map_err(Cause::Regrouping)?;
    for sum in &found.sums {
        if rounding == Rounding::Strict && !sum.accumulation.is_exact() {
            let statement = program.statement(sum.statement).name.clone();
            return Err(Cause::Rounds { statement, loop_name: loop_name.to_owned() });
        }
        let array = &program.array(program.statement(sum.statement).write.array).name;
        if program.arrays.iter().any(|known| known.name == partial_name(array)) {
            return Err(Cause::RegroupedAlready { array: array.clone() });
        }
    }
    let taken = |name: &str| name_is_taken(program, named, name);
    let names = Names::new(loop_name, cut, &taken);
    let work = Regroup { program, found: &found, cut, names };
    Ok(work.program(named))
}

fn name_is_taken(program: &Program, statement: StatementId, name: &str) -> bool {
    program.statement(statement).iterators.iter().any(|iterator| iterator.name == name)
}

impl Cut {
    fn check(self) -> Result<(), Cause> {
        let bad = |what, value, least, most| Err(Cause::BadSize { what, value, least, most });
        match self.chunk {
            _ if self.lanes > MOST_LANES => bad("number of sums", self.lanes, 1, MOST_LANES),
            None if self.lanes < 2 => bad("number of sums", self.lanes, 2, MOST_LANES),
            Some(chunk) if chunk < self.lanes || chunk % self.lanes != 0 => {
                Err(Cause::UnevenChunk { chunk, lanes: self.lanes })
            }
            _ => Ok(()),
        }
    }
}

/// The names of the loops that stand for the old one, outermost first; its own name among them.
pub struct Names {
    pub chunk: Option<String>,
    pub group: String,
    pub lane: Option<String>,
}

impl Names {
    fn new(loop_name: &str, cut: Cut, taken: &dyn Fn(&str) -> bool) -> Self {
        let fresh = |suffix: &str| {
            let name = format!("{loop_name}_{suffix}");
            let numbered = (2..).map(|number| format!("{name}{number}"));
            std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name))
        };
        Self {
            chunk: cut.chunk.and_then(|_| fresh("chunk")),
            group: loop_name.to_owned(),
            lane: (cut.lanes > 1).then(|| fresh("lane")).flatten(),
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.chunk.iter().chain([&self.group]).chain(&self.lane)
    }
}

/// The array whose partial sums a statement adds to.
fn has_partial_sums(program: &Program, statement: StatementId) -> Option<String> {
    let storage = program.array(program.statement(statement).write.array);
    let array = &program.array(storage.storage_of()?).name;
    (storage.name == partial_name(array)).then(|| array.clone())
}

/// The tree as it is, if the program is one in which the loop's sums are taken apart.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
    cut: Cut,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let id = place.leaf.statement;
    if has_partial_sums(program, id).is_some() {
        return Ok(tree.clone());
    }
    regroup(program, statement, loop_name, cut, Rounding::Free)?;
    Err(Cause::NotRegrouped { loop_name: loop_name.to_owned() })
}

#[cfg(test)]
mod tests {
    use crate::testing::ProgramBuilder;
    use crate::{Rounding, lower, prepared, replay};
    use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
    use loopwright_ir::verify::verify_program;
    use loopwright_ir::{Program, Schedule};

    /// `for i < M { for j < N s[i] += A[i][j]; }`
    fn rows() -> Program {
        let program = ProgramBuilder::new("rows", &["M", "N"]).value("M", 5).value("N", 100);
        let program = program.array("s", &["M"]).array("A", &["M", "N"]).build(|body| {
            body.each("i", "0", "M - 1", |body| {
                body.each("j", "0", "N - 1", |body| body.assign("s[i]", &["s[i]", "A[i][j]"]));
            });
        });
        program.specialize()
    }

    /// `for i < N { for j <= i y[j] += A[i][j]; z[0] += y[i]; }`, with all bounds known.
    fn triangle() -> Program {
        let program = ProgramBuilder::new("triangle", &["N"]).value("N", 20);
        let program = program.array("y", &["N"]).array("z", &["N"]).array("A", &["N", "N"]);
        let program = program.build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "i", |body| body.assign("y[j]", &["y[j]", "A[i][j]"]));
                body.assign("z[0]", &["z[0]", "A[i][i]"]);
            });
        });
        program.specialize()
    }

    fn outcome(program: &Program, text: &str, rounding: Rounding) -> Result<String, String> {
        let schedule: Schedule = text.parse().expect("a schedule");
        let program =
            prepared(program, &schedule, rounding).map_err(|illegal| illegal.to_string())?;
        verify_program(&program).expect("a well-formed program");
        let dependences = Dependences::compute(&program, DEFAULT_QUOTA).expect("dependences");
        let applied =
            replay(&program, &dependences, &schedule).map_err(|illegal| illegal.to_string())?;
        Ok(lower(&program, &applied.tree).expect("loops").display(&program))
    }

    fn free(program: &Program, text: &str) -> Result<String, String> {
        outcome(program, text, Rounding::Free)
    }

    #[test]
    fn lanes_stand_side_by_side() {
        let loops = free(&rows(), "regroup(S1, j, 8); pack(S2, s_partial, i)").expect("legal");
        let expected = "for i = 0 .. 4\n  pack s_partial[i : 1][0 : 8]\n    for j_lane = 0 .. 7\n      S2(i, j_lane)\n    \
                        for j = 0 .. 12\n      for j_lane = 0 .. min(7, -8*j + 99)\n        S1(i, j, j_lane)\n    \
                        for j_lane = 0 .. 7\n      S3(i, j_lane)\n";
        assert_eq!(loops, expected);
    }

    #[test]
    fn what_was_in_order_runs_in_lanes_and_threads() {
        for text in ["vectorize(S1, j, 4)", "parallelize(S1, j)"] {
            assert!(free(&rows(), text).is_err(), "{text} keeps no order");
        }
        let text = "regroup(S1, j, 8, 32); vectorize(S1, j_lane, 8); parallelize(S1, j_chunk)";
        let loops = free(&rows(), text).expect("legal");
        assert!(loops.contains("parallel for j_chunk = 0 .. 3"), "{loops}");
        let refused = free(&rows(), "regroup(S1, j, 8, 32); parallelize(S1, j)");
        assert!(refused.is_err(), "the groups of a chunk add to the same sums");
        // The sums of the sums stay in order.
        assert!(free(&rows(), "regroup(S1, j, 8); vectorize(S3, j_lane, 8)").is_err());
    }

    #[test]
    fn all_sums_of_the_loop_are_taken_apart() {
        let text = "regroup(S1, i, 1, 5); parallelize(S1, i_chunk); pack(S1, y_partial, i_chunk)";
        let message = free(&triangle(), text).expect_err("what is packed must outlive the loop");
        assert!(message.contains("y_partial"), "{message}");
        let text = "regroup(S1, i, 1, 5); parallelize(S1, i_chunk)";
        let loops = free(&triangle(), text).expect("legal");
        assert!(loops.contains("pack y_partial[0 : 4][0 : 20]"), "{loops}");
        assert!(loops.contains("pack z_partial[0 : 4]"), "{loops}");
        assert!(loops.contains("parallel for i_chunk = 0 .. 3"), "{loops}");
    }

    #[test]
    fn rounding_is_kept_unless_it_is_free() {
        let message = outcome(&rows(), "regroup(S1, j, 8)", Rounding::Strict).expect_err("floats");
        assert!(message.contains("--fast-math"), "{message}");
    }

    #[test]
    fn sums_that_are_read_while_they_grow_are_refused() {
        let program = ProgramBuilder::new("prefix", &["N"]).value("N", 9).array("s", &["N"]);
        let program = program.array("A", &["N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("s[0]", &["s[0]", "A[i]"]);
                body.assign("A[i]", &["s[0]"]);
            });
        });
        let message = free(&program.specialize(), "regroup(S1, i, 4)").expect_err("read");
        assert!(message.contains("S2 may access an element of `s`"), "{message}");
        // Other elements of the same array do not matter.
        let program = ProgramBuilder::new("other", &["N"]).value("N", 9).array("s", &["N"]);
        let program = program.build(|body| {
            body.each("i", "1", "N - 1", |body| body.assign("s[0]", &["s[0]", "s[i]"]));
        });
        let loops = free(&program.specialize(), "regroup(S1, i, 4)").expect("legal");
        assert!(loops.contains("S1(i, i_lane)"), "{loops}");
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (text, wanted) in [
            ("regroup(S9, j, 8)", "there is no statement `S9`"),
            ("regroup(S1, k, 8)", "the source has no loop `k` around S1"),
            ("regroup(S1, i, 8)", "it carries no sum"),
            ("regroup(S1, j, 1)", "must be from 2 to"),
            ("regroup(S1, j, 8, 12)", "no multiple of 8"),
            ("regroup(S1, j, 8); regroup(S1, j, 2)", "taken apart already"),
        ] {
            let message = free(&rows(), text).expect_err("a step to be refused");
            assert!(message.contains(wanted), "{message}");
        }
    }
}
