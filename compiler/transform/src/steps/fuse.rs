//! Makes one loop of two that stand in the same sequence.
//!
//! `fuse(S1, S2, i, 1)`:
//! ```text
//! for (i = 0; i < N; i++)              for (i = 0; i <= N; i++) {
//!   A[i] = B[i];                 →       if (i < N)
//! for (i = 0; i < N; i++)                  A[i] = B[i];
//!   C[i] = A[i];                         if (i > 0)
//!                                          C[i-1] = A[i-1];
//!                                      }
//! ```
//! `i` is a loop around S1; the loop at the same depth around S2 joins it there, wherever in the same
//! sequence it stands, its iterations moved by the shift. Without a shift the least one is taken that
//! is legal (see [`resolve`](crate::resolve)). The bodies follow one another as the loops did. A loop
//! inside that has the joined loop's name takes the name that its own outer loop had.
//!
//! Legal when all dependences between the two bodies, and those with what stood between the loops,
//! keep their order: for `s` in the first body and `d` in the second, `i_d + shift - i_s ≥ 0`, for
//! the other direction `≥ 1`.

use super::place::{Place, contains, disturb, rename_inside, substitute};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Node, Program, ScheduleTree};

/// The tree with the two loops fused.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    other: &str,
    loop_name: &str,
    shift: i64,
) -> Result<ScheduleTree, Cause> {
    let first = Place::find(program, tree, statement)?;
    let second = Place::find(program, tree, other)?;
    let depth = first.depth(loop_name)?;
    let (Some(kept), Some(joined)) = (first.path.get(depth), second.path.get(depth)) else {
        return Err(Cause::NothingToFuse {
            statement: other.to_owned(),
            loop_name: loop_name.to_owned(),
        });
    };
    let outer =
        |place: &Place| place.path.iter().take(depth).map(|known| known.id).collect::<Vec<_>>();
    if kept.id == joined.id {
        return Err(Cause::FusedAlready { loop_name: loop_name.to_owned() });
    }
    if outer(&first) != outer(&second) {
        return Err(Cause::NotSiblings {
            statement: statement.to_owned(),
            other: other.to_owned(),
            loop_name: loop_name.to_owned(),
        });
    }
    let mut result = tree.clone();
    let siblings = match outer(&first).last() {
        Some(parent) => result.loop_mut(*parent).map(|parent| &mut parent.body),
        None => Some(&mut result.roots),
    };
    let Some(siblings) = siblings else { return Ok(tree.clone()) };
    let position = |siblings: &[Node], leaf| siblings.iter().position(|node| contains(node, leaf));
    let (Some(kept_at), Some(joined_at)) =
        (position(siblings, first.leaf), position(siblings, second.leaf))
    else {
        return Ok(tree.clone());
    };
    let Node::Loop(mut moved) = siblings.remove(joined_at) else { return Ok(tree.clone()) };
    let comes_first = joined_at < kept_at;
    let kept_at = if comes_first { kept_at - 1 } else { kept_at };
    let Some(Node::Loop(target)) = siblings.get_mut(kept_at) else { return Ok(tree.clone()) };
    let value = Affine::from_terms([(kept.id.variable(), 1)], -shift);
    substitute(&mut moved.body, joined.id.variable(), &value, &|_| true);
    if planted(Fault::FuseKeepsBounds) {
        let wrong = Affine::from_terms([(kept.id.variable(), 1)], 1);
        disturb(&mut moved.body, kept.id.variable(), &wrong);
    }
    let around = first.path.get(..depth).unwrap_or_default();
    rename_inside(&mut moved.body, &target.name, &joined.name, around);
    for packing in moved.packs {
        if !target.packs.iter().any(|known| known.excludes(&packing)) {
            target.packs.push(packing);
        }
    }
    if comes_first {
        let later = std::mem::replace(&mut target.body, moved.body);
        target.body.extend(later);
    } else {
        target.body.extend(moved.body);
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use crate::testing::{ProgramBuilder, after, causes, jacobi, loops_after, matrix_product};
    use loopwright_ir::Program;

    fn copies() -> Program {
        ProgramBuilder::new("copies", &["N"])
            .array("A", &["N"])
            .array("B", &["N"])
            .array("C", &["N"])
            .build(|body| {
                body.each("i", "0", "N - 1", |body| body.assign("A[i]", &["B[i]"]));
                body.each("i", "0", "N - 1", |body| body.assign("C[i]", &["A[i]"]));
            })
    }

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&copies(), "fuse(S1, S2, i, 1)"),
            "for i = 0 .. N\n  if N >= i + 1\n    S1(i)\n  if i >= 1\n    S2(i - 1)\n"
        );
        assert_eq!(after(&copies(), "fuse(S1, S2, i, 0)"), "i\n  S1\n  S2\n");
        assert_eq!(after(&copies(), "fuse(S2, S1, i, 0)"), "i\n  S1\n  S2\n");
    }

    #[test]
    fn inner_levels_follow_outer_ones() {
        assert_eq!(
            after(&jacobi(), "fuse(S1, S2, i, 1); fuse(S1, S2, j, 1)"),
            "t\n  i\n    j\n      S1\n      S2\n"
        );
    }

    #[test]
    fn what_was_distributed_joins_again() {
        let program = matrix_product();
        let text = "distribute(S2, j); distribute(S2, i); fuse(S1, S2, i, 0); fuse(S1, S2, j, 0)";
        assert_eq!(after(&program, text), after(&program, ""));
    }

    #[test]
    fn loops_that_cannot_join_are_named() {
        let messages =
            causes(&jacobi(), &["fuse(S1, S2, j, 0)", "fuse(S1, S2, t, 0)", "fuse(S1, S2, i)"]);
        assert!(messages[0].contains("do not stand in the same loops"), "{messages:?}");
        assert!(messages[1].contains("is one loop already"), "{messages:?}");
        assert!(messages[2].contains("needs the dependences"), "{messages:?}");
    }
}
