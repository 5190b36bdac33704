//! Moves a statement, with the loops that it does not share, in front of another one.
//!
//! `reorder(S2, S1)`:
//! ```text
//! for (i = 0; i < N; i++) {            for (i = 0; i < N; i++) {
//!   a[i] = b[i];                         for (j = 0; j < M; j++)
//!   for (j = 0; j < M; j++)      →         c[i][j] = d[j][i];
//!     c[i][j] = d[j][i];                 a[i] = b[i];
//! }                                    }
//! ```
//! In the sequence where the ways to the two statements part, what holds the first comes to stand right in
//! front of what holds the second. With `shift` it rotates a loop, as `rotate` does at once: what was the end of an
//! iteration becomes the beginning of the next one.
//!
//! Legal when no dependence leads from what was passed over to what moved (or back) within one iteration
//! of the loops around: there are no dependent `s → d`, in either direction, that no loop around
//! both separates.

use super::place::{Place, contains};
use crate::Cause;
use loopwright_ir::{Node, Program, ScheduleTree};

/// The tree with the statement in front of the other one.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    other: &str,
) -> Result<ScheduleTree, Cause> {
    let moved = Place::find(program, tree, statement)?;
    let target = Place::find(program, tree, other)?;
    let shared = moved.path.iter().zip(&target.path).take_while(|(left, right)| left == right);
    let parent = shared.last().map(|(common, _)| common.id);
    let mut result = tree.clone();
    let siblings = match parent {
        Some(parent) => result.loop_mut(parent).map(|parent| &mut parent.body),
        None => Some(&mut result.roots),
    };
    let in_front =
        || Cause::AlreadyInFront { statement: statement.to_owned(), other: other.to_owned() };
    let siblings = siblings.ok_or_else(in_front)?;
    let position = |nodes: &[Node], leaf| nodes.iter().position(|node| contains(node, leaf));
    let (Some(from), Some(to)) = (position(siblings, moved.leaf), position(siblings, target.leaf))
    else {
        return Err(in_front());
    };
    if from == to || from + 1 == to {
        return Err(in_front());
    }
    let node = siblings.remove(from);
    let to = if from < to { to - 1 } else { to };
    siblings.insert(to, node);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, loops_after, matrix_product, triangular_sum};

    #[test]
    fn what_holds_a_statement_moves_with_it() {
        let program = triangular_sum();
        let text = "distribute(S1, i); distribute(S3, i); reorder(S3, S2)";
        assert_eq!(after(&program, text), "i\n  S1\ni\n  S3\ni\n  j\n    S2\n");
        let text = "distribute(S1, i); distribute(S3, i); reorder(S2, S1)";
        assert_eq!(after(&program, text), "i\n  j\n    S2\ni\n  S1\ni\n  S3\n");
        let text = "distribute(S1, i); distribute(S3, i); reorder(S1, S3)";
        assert_eq!(after(&program, text), "i\n  j\n    S2\ni\n  S1\ni\n  S3\n");
    }

    #[test]
    fn a_loop_is_rotated_with_a_shift() {
        let text = loops_after(&triangular_sum(), "shift(S3, i, 1); reorder(S3, S1)");
        assert_eq!(
            text,
            "for i = 0 .. N\n  if i >= 1\n    S3(i - 1)\n  if N >= i + 1\n    S1(i)\n    \
             for j = 0 .. i - 1\n      S2(i, j)\n"
        );
    }

    #[test]
    fn a_statement_that_stands_there_has_nothing_to_move_for() {
        let messages =
            causes(&matrix_product(), &["reorder(S1, S2)", "reorder(S1, S1)", "reorder(S3, S1)"]);
        assert!(messages[0].contains("S1 stands right in front of S2"), "{messages:?}");
        assert!(messages[1].contains("S1 stands right in front of S1"), "{messages:?}");
        assert!(messages[2].contains("S3"), "{messages:?}");
    }
}
