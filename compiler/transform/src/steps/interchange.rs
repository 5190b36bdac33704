//! Exchanges two of the loops around a statement.
//!
//! `interchange(S1, i, j)`:
//! ```text
//! for (i = 0; i < N; i++)              for (j = 0; j < M; j++)
//!   for (j = 0; j < M; j++)      →       for (i = 0; i < N; i++)
//!     A[i][j] = B[j][i];                   A[i][j] = B[j][i];
//! ```
//! What else is inside the loops from the outer to the inner one is first given loops of its own,
//! before and after. Loops between the two keep their places; the order of the two names does not
//! matter.
//!
//! Legal when no dependence has, after the exchange, a lexicographically negative distance: for all
//! dependent `s → d`, `(…, j_d - j_s, …, i_d - i_s, …) ≽ 0`, and equal ones keep their textual order.

use super::permute;
use crate::Cause;
use loopwright_ir::{Program, ScheduleTree};

/// The tree with the two loops exchanged.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    first: &str,
    second: &str,
) -> Result<ScheduleTree, Cause> {
    let place = super::place::Place::find(program, tree, statement)?;
    let (outer, inner) =
        if place.depth(first)? <= place.depth(second)? { (first, second) } else { (second, first) };
    permute::rewrite(program, tree, statement, &[inner.to_owned(), outer.to_owned()])
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, transpose, triangular_sum};
    use crate::{Cause, rewrite};

    #[test]
    fn the_documented_example() {
        let program = transpose();
        assert_eq!(after(&program, ""), "i\n  j\n    S1\n");
        assert_eq!(after(&program, "interchange(S1, i, j)"), "j\n  i\n    S1\n");
        assert_eq!(after(&program, "interchange(S1, j, i)"), "j\n  i\n    S1\n");
    }

    #[test]
    fn what_is_beside_the_inner_loop_is_distributed() {
        let program = triangular_sum();
        assert_eq!(after(&program, ""), "i\n  S1\n  j\n    S2\n  S3\n");
        assert_eq!(after(&program, "interchange(S2, i, j)"), "i\n  S1\nj\n  i\n    S2\ni\n  S3\n");
    }

    #[test]
    fn marks_move_with_their_loops() {
        let program = transpose();
        assert_eq!(
            after(&program, "parallelize(S1, j); interchange(S1, i, j)"),
            "j parallel\n  i\n    S1\n"
        );
    }

    #[test]
    fn one_loop_cannot_be_exchanged_with_itself() {
        let program = transpose();
        let step = "interchange(S1, i, i)".parse::<loopwright_ir::Schedule>().unwrap();
        let tree = loopwright_ir::ScheduleTree::original(&program);
        let illegal = rewrite(&program, &tree, &step.steps()[0]).unwrap_err();
        assert_eq!(illegal.cause, Cause::RepeatedLoop { name: "i".to_owned() });
    }
}
