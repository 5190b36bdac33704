//! Splits off the first iterations of a loop, or the last ones.
//!
//! `peel(S1, j, 2)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = 0; i < N; i++) {
//!   for (j = 0; j < M; j++)      →       for (j = 0; j < min(M, 2); j++)
//!     A[i][j] = B[j][i];                   A[i][j] = B[j][i];
//!                                        for (j = 2; j < M; j++)
//!                                          A[i][j] = B[j][i];
//!                                      }
//! ```
//! With a negative count the last iterations are split off. The first iteration is that of the
//! statement named; it must be one expression in the outer loops. Pieces are named as in `split`.
//!
//! Always legal, as `split` is.

use super::place::Place;
use super::split::split_at;
use crate::Cause;
use crate::bound::single_bound;
use loopwright_ir::{Affine, Program, ScheduleTree};

/// The tree with the loop split after its first iterations or before its last ones.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
    count: i64,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let depth = place.depth(loop_name)?;
    let end = single_bound(program, tree, place.leaf, depth, count >= 0).ok_or_else(|| {
        Cause::NoSingleBound { loop_name: loop_name.to_owned(), statement: statement.to_owned() }
    })?;
    // The last `n` iterations begin behind `end - n`.
    let offset = if count >= 0 { count } else { count.saturating_add(1) };
    split_at(tree, &place, loop_name, &(&end + &Affine::constant(offset)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{loops_after, transpose, triangular_sum};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&transpose(), "peel(S1, j, 2)"),
            "for i = 0 .. N - 1\n  for j = 0 .. min(1, M - 1)\n    S1(i, j)\n  \
             for j = 2 .. M - 1\n    S1(i, j)\n"
        );
    }

    #[test]
    fn the_last_iteration_of_a_triangle() {
        assert_eq!(
            loops_after(&triangular_sum(), "peel(S2, j, -1)"),
            "for i = 0 .. N - 1\n  S1(i)\n  for j = 0 .. i - 2\n    S2(i, j)\n  \
             for j = max(0, i - 1) .. i - 1\n    S2(i, j)\n  S3(i)\n"
        );
    }
}
