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

use super::isolate::isolate;
use super::place::{Place, replace_loop};
use crate::Cause;
use loopwright_ir::{LoopId, Mark, Node, Program, ScheduleTree, TreeLoop};

/// The tree with the two loops exchanged.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    first: &str,
    second: &str,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let (one, other) = (place.depth(first)?, place.depth(second)?);
    if one == other {
        return Err(Cause::RepeatedLoop { name: first.to_owned() });
    }
    let (outer, inner) = if one < other { (first, second) } else { (second, first) };
    let (outer, inner) = (place.loop_named(outer)?.id, place.loop_named(inner)?.id);
    Ok(replace_loop(tree, outer, |node, fresh| {
        isolate(node, inner, place.statement, fresh).into_nodes(|band| exchange(band, inner))
    }))
}

/// The heads of the band's first loop and of the loop `inner` below it exchanged.
fn exchange(mut band: TreeLoop, inner: LoopId) -> TreeLoop {
    let mut head = Head { id: band.id, name: band.name.clone(), mark: band.mark };
    if swap_into(&mut band.body, inner, &mut head) {
        (band.id, band.name, band.mark) = (head.id, head.name, head.mark);
    }
    band
}

/// What a loop is without its body.
struct Head {
    id: LoopId,
    name: String,
    mark: Mark,
}

fn swap_into(nodes: &mut [Node], target: LoopId, head: &mut Head) -> bool {
    nodes.iter_mut().any(|node| match node {
        Node::Loop(inner) if inner.id == target => {
            std::mem::swap(&mut inner.id, &mut head.id);
            std::mem::swap(&mut inner.name, &mut head.name);
            std::mem::swap(&mut inner.mark, &mut head.mark);
            true
        }
        Node::Loop(inner) => swap_into(&mut inner.body, target, head),
        Node::Leaf(_) => false,
    })
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
