//! Lets each iteration of a loop work on a copy of what it touches of an array.
//!
//! `pack(S1, B, j_t)` after `tile(S1, i, j, 8, 8)`:
//! ```text
//! for (i_t …)                          for (i_t …)
//!   for (j_t …)                          for (j_t …) {
//!     for (i …)                  →         double copy[8][8];
//!       for (j …)                          copy[0:8][0:8] = B[8*j_t : 8][8*i_t : 8];
//!         A[i][j] = B[j][i];               for (i …)
//!                                            for (j …)
//!                                              A[i][j] = copy[j - 8*j_t][i - 8*i_t];
//!                                        }
//! ```
//! The copy is a box of fixed size. What the iteration writes is copied back at its end. The copy's
//! dimensions are the array's, or in the order that the step gives: `pack(S1, B, j_t, 1, 0)`.
//!
//! With subscripts, as the source writes them, the copy is for the reads of the statement that are written so, and
//! for no other access. `pack(S1, A[j][k], k_t, 1, 0)` and `pack(S1, A[i][k], k_t)`, after tiling, give each
//! of the two its own box, the first one turned around:
//! ```text
//! for (k_t …)                          for (k_t …) {
//!   for (i …)                            double rows[M][8], columns[8][M];
//!     for (j …)                          rows = A[0 : M][8*k_t : 8];
//!       for (k …)                  →     columns = A[0 : M][8*k_t : 8], turned around;
//!         C[i][j] += A[i][k] * A[j][k];  for (i …)
//!                                          for (j …)
//!                                            for (k …)
//!                                              C[i][j] += rows[i][k - 8*k_t] * columns[k - 8*k_t][j];
//!                                      }
//! ```
//! Such a copy is never written, so an iteration must not write an element before it reads it there. An
//! array is packed as a whole or by its reads, not both in nested loops.
//!
//! Legal when for every parallel loop around and every two of its iterations, neither writes what
//! the other has a copy of (the exact condition stands in `loopwright_analysis`, file `packing.rs`).

use super::place::Place;
use crate::Cause;
use loopwright_analysis::{Footprint, PackingError, footprint, mentioned_below};
use loopwright_ir::{
    ArrayId, NamedAffine, PackedReads, Packing, Program, ScheduleTree, StatementId,
};

/// What is packed: an array, or the reads of it with some subscripts.
#[derive(Clone, Copy)]
pub struct Packed<'a> {
    pub array: &'a str,
    /// Empty for all accesses.
    pub subscripts: &'a [NamedAffine],
}

/// The tree with the copy.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    packed: Packed<'_>,
    loop_name: &str,
    order: &[usize],
) -> Result<ScheduleTree, Cause> {
    put(program, tree, statement, packed, loop_name, order, false).map(|(tree, _)| tree)
}

/// The tree with the copy, and the box that it holds; no box, and no copy in the loops, where what is to be packed
/// never runs: a schedule for large sizes remains one for small ones.
pub fn put(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    Packed { array, subscripts }: Packed<'_>,
    loop_name: &str,
    order: &[usize],
    register: bool,
) -> Result<(ScheduleTree, Option<Footprint>), Cause> {
    let place = Place::find(program, tree, statement)?;
    let id = place.loop_named(loop_name)?.id;
    let Some(position) = program.arrays.iter().position(|known| known.name == array) else {
        let known = program.arrays.iter().map(|known| known.name.clone()).collect();
        return Err(Cause::UnknownArray { name: array.to_owned(), known });
    };
    let dimensions = program.arrays.get(position).map_or(0, |known| known.extents.len());
    let order: Vec<usize> =
        if order.is_empty() { (0..dimensions).collect() } else { order.to_vec() };
    if order.len() != dimensions {
        let (array, given) = (array.to_owned(), order.len());
        return Err(Cause::WrongDimensions { array, dimensions, given });
    }
    let array_id = ArrayId(position);
    let reads = match subscripts {
        [] => None,
        _ => Some(reads_of(program, place.leaf.statement, array_id, subscripts)?),
    };
    if reads.is_none() && program.gathers(array_id) {
        return Err(Cause::PackedGather { array: array.to_owned() });
    }
    let packing = Packing { array: array_id, reads, order, register };
    let found = match footprint(program, tree, id, &packing) {
        Ok(found) => Some(found),
        Err(PackingError::NotAccessed { .. }) if mentioned_below(program, tree, id, &packing) => {
            None
        }
        Err(error) => return Err(Cause::Packing(error)),
    };
    let mut tree = tree.clone();
    if let Some(target) = tree.loop_mut(id) {
        target.packs.push(packing);
    }
    Ok((tree, found))
}

/// The reads that are written with these subscripts.
pub(super) fn reads_of(
    program: &Program,
    statement: StatementId,
    array: ArrayId,
    subscripts: &[NamedAffine],
) -> Result<PackedReads, Cause> {
    let name = program.array(array).name.clone();
    if program.is_expanded(array) {
        return Err(Cause::PackedStorage { array: name });
    }
    PackedReads::written(program, statement, array, subscripts).ok_or_else(|| {
        let subscripts = subscripts.iter().map(|subscript| format!("[{subscript}]"));
        let reader = program.statement(statement);
        let known = reader.reads.iter().filter(|read| read.array == array);
        Cause::NotRead {
            statement: reader.name.clone(),
            element: std::iter::once(name).chain(subscripts).collect(),
            known: known
                .map(|read| {
                    let subscripts = read.subscripts.clone();
                    let brackets = PackedReads { statement, subscripts }.brackets(program);
                    format!("{}{brackets}", program.array(array).name)
                })
                .collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::replay;
    use crate::testing::{ProgramBuilder, causes, loops_after, transpose};
    use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
    use loopwright_ir::Program;

    #[test]
    fn the_documented_example() {
        let text = loops_after(&transpose(), "tile(S1, i, j, 8, 8); pack(S1, B, j_t)");
        assert!(text.contains("\n    pack B[8*j_t : 8][8*i_t : 8] in\n      for i = "), "{text}");
    }

    #[test]
    fn what_is_written_is_copied_back_in_the_order_given() {
        let text = loops_after(&transpose(), "tile(S1, i, 8); pack(S1, A, i_t, 1, 0)");
        assert!(text.contains("pack A[8*i_t : 8][0 : M] order(1, 0) in out\n"), "{text}");
    }

    /// `C[i][j] = C[i][j] + A[i][k] * A[j][k]`.
    fn rows_with_rows() -> Program {
        ProgramBuilder::new("rows", &["N", "M"])
            .array("C", &["M", "M"])
            .array("A", &["M", "N"])
            .build(|body| {
                body.each("i", "0", "M - 1", |body| {
                    body.each("j", "0", "M - 1", |body| {
                        body.each("k", "0", "N - 1", |body| {
                            body.assign("C[i][j]", &["C[i][j]", "A[i][k]", "A[j][k]"]);
                        });
                    });
                });
            })
    }

    /// `A[i] = A[i] + A[k]` for all `k` before `i`.
    fn sums_of_prefixes() -> Program {
        ProgramBuilder::new("prefixes", &["N"]).array("A", &["N"]).build(|body| {
            body.each("i", "0", "63", |body| {
                body.each("k", "0", "i - 1", |body| body.assign("A[i]", &["A[i]", "A[k]"]));
            });
        })
    }

    #[test]
    fn two_reads_of_an_array_have_boxes_of_their_own() {
        let text = loops_after(
            &rows_with_rows(),
            "tile(S1, k, 8); permute(S1, k_t, i, j, k); pack(S1, A[j][k], k_t, 1, 0); pack(S1, A[i][k], k_t)",
        );
        let rows = "pack A[i][k] of S1: [0 : M][8*k_t : 8] in\n";
        assert!(text.contains(rows), "{text}");
        assert!(text.contains("pack A[j][k] of S1: [0 : M][8*k_t : 8] order(1, 0) in\n"), "{text}");
    }

    #[test]
    fn only_what_is_read_and_not_packed_already() {
        let prefix = sums_of_prefixes();
        let messages = causes(
            &prefix,
            &[
                "tile(S1, k, 8); pack(S1, A[j], k_t)",
                "pack(S1, A[k], i); pack(S1, A, k)",
                "pack(S1, A, i); pack(S1, A[k], k)",
                "pack(S1, A[k], i); pack(S1, A[k], k)",
            ],
        );
        assert!(messages[0].contains("S1 reads no `A[j]`; it reads A[i], A[k]"), "{messages:?}");
        for message in &messages[1..] {
            assert!(message.contains("is packed already"), "{messages:?}");
        }
    }

    /// `C[i][j] = F[i] != 0 ? A[j][i] : 0`, and perhaps a statement that reads `A` in any case.
    fn behind_flags(read_anyway: bool) -> Program {
        let program = ProgramBuilder::new("flags", &["N"]).array("C", &["N", "N"]);
        program.array("F", &["N"]).array("A", &["N", "N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "N - 1", |body| {
                    body.choose("C[i][j]", "F[i]", "A[j][i]");
                    if read_anyway {
                        body.assign("C[i][j]", &["C[i][j]", "A[0][i]"]);
                    }
                });
            });
        })
    }

    #[test]
    fn what_is_read_under_conditions_only_is_not_copied() {
        let outcome = |program: &Program, text: &str| {
            let schedule = text.parse().expect("a schedule");
            let found = Dependences::compute(program, DEFAULT_QUOTA).expect("dependences");
            replay(program, &found, &schedule).map_err(|illegal| illegal.to_string())
        };
        let schedules = ["pack(S1, A, i, 1, 0)", "promote(S1, A, j)", "pack(S1, A[j][i], i)"];
        for schedule in schedules {
            let message = outcome(&behind_flags(false), schedule).expect_err(schedule);
            assert!(message.contains("only read under conditions on data"), "{message}");
            if !schedule.starts_with("promote") {
                outcome(&behind_flags(true), schedule).expect("A is read in any case");
            }
        }
        // The flags themselves are read in any case.
        outcome(&behind_flags(false), "promote(S1, F, i)").expect("the flags are there");
    }

    /// What fuzzing found (seed 31, pair 5475): `1 ..= N - 1` and `2` with `N >= 2` lie in `1 ..= N`, which is the bound
    /// of neither.
    #[test]
    fn a_box_may_end_behind_all_accesses() {
        let program = ProgramBuilder::new("ends", &["N"]).array("A", &["N + 1"]);
        let program = program.array("B", &["N"]).build(|body| {
            body.each("t", "0", "3", |body| {
                body.each("j", "1", "N - 1", |body| body.assign("A[j]", &["A[j]"]));
                body.each("k", "0", "N - 2", |body| body.assign("B[k]", &["A[2]"]));
            });
        });
        let text = loops_after(&program, "pack(S1, A, t)");
        assert!(text.contains("pack A[1 : N] in out"), "{text}");
    }

    #[test]
    fn boxes_must_have_a_fixed_size() {
        let messages = causes(
            &transpose(),
            &[
                "pack(S1, Q, i)",
                "pack(S1, B, i, 0)",
                "pack(S1, B, i); pack(S1, B, j)",
                "vectorize(S1, j, 4); pack(S1, B, j)",
            ],
        );
        assert!(messages[0].contains("there is no array `Q`"), "{messages:?}");
        assert!(messages[1].contains("has 2 dimensions"), "{messages:?}");
        assert!(messages[2].contains("`B` is packed already"), "{messages:?}");
        assert!(messages[3].contains("a copy for each"), "{messages:?}");
    }
}
