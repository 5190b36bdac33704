//! Runs several consecutive iterations of a loop in the lanes of vectors.
//!
//! `vectorize(S1, i, 4)`, where `A[i : 4]` are four elements at once:
//! ```text
//! for (j = 0; j < M; j++)              for (j = 0; j < M; j++)
//!   for (i = 0; i < N; i++)      →       for (i = 0; i + 3 < N; i += 4)
//!     A[i][j] = B[j][i];                   A[i : 4][j] = B[j][i : 4];
//!                                        …and what is left of N one by one
//! ```
//! `vectorize(S1, i, 4, 2)` takes two such vectors at a time. Loops may be inside: their iterations
//! then run for all lanes together. Only one loop of a nest can be vectorized.
//!
//! Legal when the loop is coincident: for all dependent `s → d` that no outer loop separates,
//! `i_d - i_s = 0`.

use super::marks;
use crate::Cause;
use loopwright_ir::{Mark, Program, ScheduleTree};

/// The most lanes a vector may have, as wide as a 512-bit vector of bytes.
const MOST_LANES: u32 = 64;
/// The most vectors at a time; more only spill.
const MOST_VECTORS: u32 = 32;

/// The tree with the loop marked.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
    width: u32,
    unroll: u32,
) -> Result<ScheduleTree, Cause> {
    marks::in_range("vector width", width, 2, MOST_LANES)?;
    marks::in_range("number of vectors", unroll, 1, MOST_VECTORS)?;
    marks::set(program, tree, statement, loop_name, Mark::Vector { width, unroll })
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, transpose};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            after(&transpose(), "interchange(S1, i, j); vectorize(S1, i, 4)"),
            "j\n  i vector 4\n    S1\n"
        );
        assert_eq!(after(&transpose(), "vectorize(S1, i, 4, 2)"), "i vector 4 x 2\n  j\n    S1\n");
    }

    #[test]
    fn widths_and_nesting_are_checked() {
        let messages = causes(
            &transpose(),
            &[
                "vectorize(S1, i, 1)",
                "vectorize(S1, i, 4, 100)",
                "vectorize(S1, i, 4); vectorize(S1, j, 4)",
            ],
        );
        assert!(messages[0].contains("the vector width 1 is out of range"));
        assert!(messages[1].contains("the number of vectors 100 is out of range"));
        assert!(messages[2].contains("`j` would be vectorized inside the vectorized loop `i`"));
    }
}
