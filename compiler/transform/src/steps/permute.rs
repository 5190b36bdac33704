//! Puts loops around a statement into another order.
//!
//! `permute(S1, k, i, j)`:
//! ```text
//! for (i = 0; i < N; i++)              for (k = 0; k < N; k++)
//!   for (j = 0; j < N; j++)      →       for (i = 0; i < N; i++)
//!     for (k = 0; k < N; k++)              for (j = 0; j < N; j++)
//!       C[i][j] += A[i][k];                  C[i][j] += A[i][k];
//! ```
//! The named loops share the places that they have among themselves; loops between them keep theirs.
//! What else is inside the outer ones of them is first given loops of its own, before and after;
//! where that is illegal, `sink` or `fuse` may make the nest perfect instead.
//!
//! Legal when no dependence has, after the permutation π, a lexicographically negative distance: for
//! all dependent `s → d`, `π(d - s) ≽ 0`, and equal ones keep their textual order.

use super::isolate::isolate;
use super::place::{Place, replace_loop};
use crate::Cause;
use loopwright_ir::{LoopId, Node, Program, ScheduleTree, TreeLoop};

/// The tree with the loops in the order in which they are named.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loops: &[String],
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let mut wanted = Vec::new();
    for name in loops {
        let id = place.loop_named(name)?.id;
        if wanted.contains(&id) {
            return Err(Cause::RepeatedLoop { name: name.clone() });
        }
        wanted.push(id);
    }
    let present: Vec<LoopId> =
        place.path.iter().map(|known| known.id).filter(|id| wanted.contains(id)).collect();
    let (Some(&outer), Some(&inner)) = (present.first(), present.last()) else {
        return Ok(tree.clone());
    };
    Ok(replace_loop(tree, outer, |node, fresh| {
        isolate(node, inner, place.leaf, fresh).into_nodes(|mut band| {
            let mut heads = Vec::new();
            take_heads(&mut band, &wanted, &mut heads);
            let mut ordered: Vec<Option<TreeLoop>> =
                wanted.iter().map(|id| heads.iter().find(|head| head.id == *id).cloned()).collect();
            ordered.reverse();
            put_heads(&mut band, &present, &mut ordered);
            band
        })
    }))
}

/// Copies the loops of the band that are wanted, without their bodies.
fn take_heads(node: &mut TreeLoop, wanted: &[LoopId], heads: &mut Vec<TreeLoop>) {
    if wanted.contains(&node.id) {
        let body = std::mem::take(&mut node.body);
        heads.push(node.clone());
        node.body = body;
    }
    if heads.len() < wanted.len()
        && let [Node::Loop(inner)] = node.body.as_mut_slice()
    {
        take_heads(inner, wanted, heads);
    }
}

/// Gives the loops of the band that are in `places` the heads, the last one first.
fn put_heads(node: &mut TreeLoop, places: &[LoopId], heads: &mut Vec<Option<TreeLoop>>) {
    if places.contains(&node.id)
        && let Some(Some(mut head)) = heads.pop()
    {
        head.body = std::mem::take(&mut node.body);
        *node = head;
    }
    if !heads.is_empty()
        && let [Node::Loop(inner)] = node.body.as_mut_slice()
    {
        put_heads(inner, places, heads);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, causes, matrix_product};

    #[test]
    fn the_documented_example() {
        assert_eq!(
            after(&matrix_product(), "distribute(S2, j); distribute(S2, i); permute(S2, k, i, j)"),
            "i\n  j\n    S1\nk\n  i\n    j\n      S2\n"
        );
    }

    #[test]
    fn what_is_beside_the_loops_is_distributed() {
        assert_eq!(
            after(&matrix_product(), "permute(S2, k, i)"),
            "i\n  j\n    S1\nk\n  j\n    i\n      S2\n"
        );
        assert_eq!(
            after(&matrix_product(), "permute(S2, k, j)"),
            "i\n  j\n    S1\n  k\n    j\n      S2\n"
        );
    }

    #[test]
    fn the_same_order_changes_nothing_but_the_isolation() {
        assert_eq!(
            after(&matrix_product(), "permute(S1, i, j)"),
            "i\n  j\n    S1\n    k\n      S2\n"
        );
    }

    #[test]
    fn loops_are_named_once() {
        let messages = causes(&matrix_product(), &["permute(S2, i, j, i)", "permute(S2, i, x)"]);
        assert!(messages[0].contains("`i` is named twice"), "{messages:?}");
        assert!(messages[1].contains("there is no loop `x`"), "{messages:?}");
    }
}
