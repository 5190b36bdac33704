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
//! Legal when for every parallel loop around and every two of its iterations, neither writes what
//! the other has a copy of (the exact condition stands in `loopwright_analysis`, file `packing.rs`).

use super::place::Place;
use crate::Cause;
use loopwright_analysis::{Footprint, footprint};
use loopwright_ir::{Packing, Program, ScheduleTree};

/// The tree with the copy.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    array: &str,
    loop_name: &str,
    order: &[usize],
) -> Result<ScheduleTree, Cause> {
    put(program, tree, statement, array, loop_name, order, false).map(|(tree, _)| tree)
}

/// The tree with the copy, and the box that it holds.
pub fn put(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    array: &str,
    loop_name: &str,
    order: &[usize],
    register: bool,
) -> Result<(ScheduleTree, Footprint), Cause> {
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
    let array_id = loopwright_ir::ArrayId(position);
    let found = footprint(program, tree, id, array_id).map_err(Cause::Packing)?;
    let mut tree = tree.clone();
    if let Some(target) = tree.loop_mut(id) {
        target.packs.push(Packing { array: array_id, order, register });
    }
    Ok((tree, found))
}

#[cfg(test)]
mod tests {
    use crate::testing::{causes, loops_after, transpose};

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
