//! Runs several consecutive iterations of a loop in lock-step: everything inside is done for all of
//! them before the next of what is inside. On an innermost loop it is plain unrolling.
//!
//! `unroll_and_jam(S1, i, 2)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = 0; i + 1 < N; i += 2)
//!   for (j = 0; j < M; j++)      →       for (j = 0; j < M; j++) {
//!     A[i][j] = B[j][i];                   A[i][j] = B[j][i];
//!                                          A[i+1][j] = B[j][i+1];
//!                                        }
//!                                      …and the last i alone when N is odd
//! ```
//! Where the iterations do not have the same inner iterations, what they do not share runs by itself.
//!
//! Legal when for all dependent `s → d` that no outer loop separates, with `0 < i_d - i_s < 2`,
//! `d` does not come before `s` in the order of everything inside of `i`.

use super::marks;
use crate::Cause;
use loopwright_ir::{Mark, Program, ScheduleTree};

/// The most copies; more only spill and grow the code.
const MOST_COPIES: u32 = 64;

/// The tree with the loop marked.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
    factor: u32,
) -> Result<ScheduleTree, Cause> {
    marks::in_range("unroll factor", factor, 2, MOST_COPIES)?;
    marks::set(program, tree, statement, loop_name, Mark::UnrollJam { factor })
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, matrix_product, transpose};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            after(&transpose(), "unroll_and_jam(S1, i, 2)"),
            "i unroll-and-jam 2\n  j\n    S1\n"
        );
    }

    #[test]
    fn several_loops_make_a_register_tile() {
        assert_eq!(
            after(
                &matrix_product(),
                "distribute(S2, j); distribute(S2, i); unroll_and_jam(S2, i, 4); \
                 unroll_and_jam(S2, j, 2)"
            ),
            "i\n  j\n    S1\ni unroll-and-jam 4\n  j unroll-and-jam 2\n    k\n      S2\n"
        );
    }

    #[test]
    fn factors_are_checked() {
        let messages = causes(&transpose(), &["unroll_and_jam(S1, i, 1)"]);
        assert!(messages[0].contains("must be from 2 to 64"));
    }
}
