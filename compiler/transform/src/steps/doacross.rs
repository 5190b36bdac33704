//! Lets the iterations of a loop overlap of which each needs others one by one.
//!
//! `doacross(S1, i)`:
//! ```text
//! for (i = 0; i < N; i++)              for each i, by the threads in turn
//!   for (j = 0; j < i; j++)      →       for (j = 0; j < i; j++)  // when all iterations of i up to j have ended
//!     x[i] -= L[i][j] * x[j];              x[i] -= L[i][j] * x[j];
//! ```
//! The threads take the iterations in their order from one counter. An iteration `w` runs its inner loop in order,
//! and there `p` begins when all `v <= p`, `v < w`, have ended: what a later row of a triangular solver needs of
//! earlier ones, whose rows it reads from their beginning to their end meanwhile. Of tiles `i_t` and `j_t` of one
//! size the same holds.
//!
//! The loop's body must be one sequential loop `p` and nothing else, without copies around it. Legal when of no
//! dependence `s → d` with `w_s < w_d`, in equal iterations of the loops around, `w_s > p_d`.

use super::marks;
use crate::Cause;
use loopwright_ir::{Mark, Program, ScheduleTree};

/// The tree with the loop marked.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    marks::set(program, tree, statement, loop_name, Mark::Doacross)
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, transpose};

    #[test]
    fn the_loop_is_marked() {
        assert_eq!(after(&transpose(), "doacross(S1, i)"), "i doacross\n  j\n    S1\n");
    }

    #[test]
    fn it_needs_one_sequential_loop_and_nothing_else() {
        let messages = causes(
            &transpose(),
            &[
                "doacross(S1, j)",
                "parallelize(S1, j); doacross(S1, i)",
                "vectorize(S1, j, 4); doacross(S1, i)",
                "doacross(S1, i); split(S1, j, 4)",
                "doacross(S1, i); pack(S1, A, i)",
                "tile(S1, i, j, 4, 4); doacross(S1, i_t); parallelize(S1, i)",
            ],
        );
        for message in &messages[..5] {
            assert!(message.contains("is not one sequential loop"), "{messages:?}");
        }
        assert!(messages[5].contains("`i` would be parallel inside"), "{messages:?}");
    }
}
