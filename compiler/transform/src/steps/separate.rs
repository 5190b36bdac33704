//! Gives the full tiles inside of a loop code without guards.
//!
//! `separate(S1, i_t)` after `tile(S1, i, 4)`:
//! ```text
//! for (i_t = 0; 4*i_t < N; i_t++)      for (i_t = 0; 4*i_t < N; i_t++)
//!   for (i = 4*i_t;              →       if (4*i_t + 3 < N)
//!        i < min(N, 4*i_t + 4); i++)       for (i = 4*i_t; i < 4*i_t + 4; i++)
//!     A[i] = B[i];                           A[i] = B[i];
//!                                        else
//!                                          for (i = 4*i_t; i < N; i++)
//!                                            A[i] = B[i];
//! ```
//! The loop is the innermost tile loop, or any other outside of which nothing more is known of the
//! tile. A tile is full where no constraint of the statements inside but the tile's own cuts it. Marks
//! of the loops inside hold in both.
//!
//! Always legal: it changes no order.

use super::place::Place;
use crate::Cause;
use loopwright_ir::{Program, ScheduleTree};

/// The tree with the loop's tiles separated.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let id = place.loop_named(loop_name)?.id;
    let mut tree = tree.clone();
    if let Some(target) = tree.loop_mut(id) {
        target.separated = true;
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, loops_after, transpose, triangular_sum};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&transpose(), "tile(S1, i, 4); separate(S1, i_t)"),
            "for i_t = 0 .. floord(N - 1, 4)\n  if N >= 4*i_t + 4\n    \
             for i = 4*i_t .. 4*i_t + 3\n      for j = 0 .. M - 1\n        S1(i, j)\n  else\n    \
             for i = 4*i_t .. N - 1\n      for j = 0 .. M - 1\n        S1(i, j)\n"
        );
    }

    #[test]
    fn a_tile_of_a_triangle_is_full_away_from_the_diagonal() {
        let text = loops_after(
            &triangular_sum(),
            "distribute(S2, i); tile(S2, i, j, 8, 8); separate(S2, j_t)",
        );
        let full = text.split("else").next().unwrap_or_default();
        assert!(full.contains("for i = 8*i_t .. 8*i_t + 7"), "{text}");
        assert!(full.contains("for j = 8*j_t .. 8*j_t + 7"), "{text}");
        assert_eq!(after(&triangular_sum(), "separate(S2, j)").matches("separated").count(), 1);
    }

    #[test]
    fn where_every_tile_is_full_nothing_changes() {
        let text = loops_after(&transpose(), "separate(S1, j)");
        assert_eq!(text, loops_after(&transpose(), ""));
    }
}
