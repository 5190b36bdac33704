//! Runs several iterations of a loop without a test between them.
//!
//! `unroll(S1, j, 2)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = 0; i < N; i++) {
//!   for (j = 0; j < M; j++)      →       for (j = 0; j + 1 < M; j += 2) {
//!     A[i][j] = B[j][i];                   A[i][j] = B[j][i];
//!                                          A[i][j+1] = B[j+1][i];
//!                                        }
//!                                        …and the last j alone when M is odd
//!                                      }
//! ```
//!
//! Always legal: the order is that of the loop.

use super::marks;
use crate::Cause;
use loopwright_ir::{Mark, Program, ScheduleTree};

/// The most copies; more only grow the code.
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
    marks::set(program, tree, statement, loop_name, Mark::Unroll { factor })
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, transpose};

    #[test]
    fn the_documented_example() {
        assert_eq!(after(&transpose(), "unroll(S1, j, 2)"), "i\n  j unroll 2\n    S1\n");
    }

    #[test]
    fn factors_are_checked() {
        let messages = causes(&transpose(), &["unroll(S1, j, 1)", "unroll(S1, j, 65)"]);
        assert!(messages.iter().all(|message| message.contains("must be from 2 to 64")));
    }
}
