//! Runs the iterations of a loop on several threads.
//!
//! `parallelize(S1, i)`:
//! ```text
//!                                      #pragma omp parallel for
//! for (i = 0; i < N; i++)              for (i = 0; i < N; i++)
//!   for (j = 0; j < M; j++)      →       for (j = 0; j < M; j++)
//!     A[i][j] = B[j][i];                   A[i][j] = B[j][i];
//! ```
//! Only one loop of a nest can be parallel, and it cannot be inside a vectorized or jammed one.
//!
//! Legal when the loop is coincident: for all dependent `s → d` that no outer loop separates,
//! `i_d - i_s = 0`.

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
    marks::set(program, tree, statement, loop_name, Mark::Parallel)
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, transpose};

    #[test]
    fn the_documented_example() {
        assert_eq!(after(&transpose(), "parallelize(S1, i)"), "i parallel\n  j\n    S1\n");
    }

    #[test]
    fn parallel_loops_do_not_nest() {
        let messages = causes(
            &transpose(),
            &[
                "parallelize(S1, i); parallelize(S1, j)",
                "parallelize(S1, i); parallelize(S1, i)",
                "vectorize(S1, i, 4); parallelize(S1, j)",
                "unroll_and_jam(S1, i, 4); parallelize(S1, j)",
            ],
        );
        assert!(messages[0].contains("`j` would be parallel inside the parallel loop `i`"));
        assert!(messages[1].contains("`i` is parallel already"));
        assert!(messages[2].contains("`j` would be inside the vectorized loop `i`"));
        assert!(messages[3].contains("`j` would be inside the unrolled and jammed loop `i`"));
    }
}
