//! Lets the iterations of a loop overlap that runs a parallel loop.
//!
//! `pipeline(S1, i)` after `wavefront(S1, i, j)`:
//! ```text
//! for (i = 0; i <= N + M - 2; i++)         // begins as soon as all (v, q), v < i, q <= j, have ended
//!   parallel for (j = …; j <= …; j++)  →   for each (i, j), by the threads in turn
//!     …                                      …
//! ```
//! A thread that has nothing left in one diagonal goes on in the next one, where without it all wait for
//! the last; and there is one parallel region, not one for each iteration.
//!
//! The loop's body must be the parallel loop `p` and nothing else. Legal when of no dependence `s → d` with
//! `w_s < w_d`, in equal iterations of the loops around, `p_s > p_d`. After a `wavefront` that is so by
//! itself: there both distances along the band are at least 0, and `p` is one of them.

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
    marks::set(program, tree, statement, loop_name, Mark::Pipelined)
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, transpose};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            after(&transpose(), "wavefront(S1, i, j); pipeline(S1, i)"),
            "i pipelined\n  j parallel\n    S1\n"
        );
    }

    #[test]
    fn it_needs_one_parallel_loop_and_nothing_else() {
        let messages = causes(
            &transpose(),
            &[
                "pipeline(S1, i)",
                "parallelize(S1, j); pipeline(S1, j)",
                "parallelize(S1, j); pipeline(S1, i); split(S1, j, 4)",
                "tile(S1, i, j, 4, 4); parallelize(S1, j_t); pipeline(S1, i_t); pack(S1, A, i_t)",
            ],
        );
        assert!(messages[0].contains("body of `i` is not one parallel loop"), "{messages:?}");
        assert!(messages[1].contains("`j` is parallel already"), "{messages:?}");
        assert!(messages[2].contains("body of `i` is not one parallel loop"), "{messages:?}");
        assert!(messages[3].contains("body of `i_t` is not one parallel loop"), "{messages:?}");
    }
}
