//! Splits a loop at a point of its index set: first the iterations below it, then the others.
//!
//! `split(S2, j, 8)`:
//! ```text
//! for (i = 0; i < N; i++) {            for (i = 0; i < N; i++) {
//!   x[i] = b[i];                         x[i] = b[i];
//!   for (j = 0; j < i; j++)      →       for (j = 0; j < min(i, 8); j++)
//!     x[i] -= L[i][j] * x[j];              x[i] -= L[i][j] * x[j];
//!   x[i] /= L[i][i];                     for (j = 8; j < i; j++)
//! }                                        x[i] -= L[i][j] * x[j];
//!                                        x[i] /= L[i][i];
//!                                      }
//! ```
//! The point is an expression over outer loops and parameters. What runs in the second loop are new
//! pieces of the statements inside, named `S2_2`, `S2_3`, …; later steps treat them on their own.
//!
//! Always legal: the pieces are disjoint, together have all instances, and run in the same order. (In
//! a parallel or vector loop there is no order to keep, and in a jammed one it is checked.)

use super::place::{Fresh, Place, constrain, replace_loop, substitute};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Affine, Constraint, NamedAffine, Node, Program, ScheduleTree, StatementId, TreeLoop,
};
use std::collections::HashMap;

/// The tree with the loop split at a point that the step names.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
    at: &NamedAffine,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let at = place.affine(program, place.depth(loop_name)?, at)?;
    split_at(tree, &place, loop_name, &at)
}

/// The tree with the loop split at a point.
pub fn split_at(
    tree: &ScheduleTree,
    place: &Place,
    loop_name: &str,
    at: &Affine,
) -> Result<ScheduleTree, Cause> {
    let id = place.loop_named(loop_name)?.id;
    let variable = Affine::variable(id.variable());
    let mut pieces: HashMap<StatementId, u32> = HashMap::new();
    for (_, leaf) in tree.leaves() {
        let next = pieces.entry(leaf.statement).or_default();
        *next = (*next).max(leaf.piece + 1);
    }
    Ok(replace_loop(tree, id, |node, fresh| {
        let (mut low, mut high) = (node.clone(), node);
        let ends = at + &Affine::constant(i64::from(planted(Fault::PeelCount)));
        constrain(&mut low.body, &Constraint::less(&variable, &ends));
        let begins = at + &Affine::constant(i64::from(planted(Fault::SplitPoint)));
        constrain(&mut high.body, &Constraint::less_or_equal(&begins, &variable));
        number_pieces(&mut high.body, &mut pieces);
        renew_loops(&mut high, fresh);
        vec![Node::Loop(low), Node::Loop(high)]
    }))
}

/// Gives all leaves of some nodes new numbers.
pub fn number_pieces(nodes: &mut [Node], next: &mut HashMap<StatementId, u32>) {
    for node in nodes {
        match node {
            Node::Loop(inner) => number_pieces(&mut inner.body, next),
            Node::Leaf(leaf) => {
                let number = next.entry(leaf.statement).or_default();
                leaf.piece = *number;
                *number += 1;
            }
        }
    }
}

/// Gives a loop and all inside of it new numbers.
pub fn renew_loops(node: &mut TreeLoop, fresh: &mut Fresh) {
    let old = node.id.variable();
    node.id = fresh.loop_id();
    let new = Affine::variable(node.id.variable());
    substitute(&mut node.body, old, &new, &|_| true);
    for child in &mut node.body {
        if let Node::Loop(inner) = child {
            renew_loops(inner, fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{after, loops_after, replayed, transpose, triangular_sum};
    use loopwright_ir::verify::verify_tree;

    #[test]
    fn the_documented_example() {
        assert_eq!(
            loops_after(&triangular_sum(), "split(S2, j, 8)"),
            "for i = 0 .. N - 1\n  S1(i)\n  for j = 0 .. min(7, i - 1)\n    S2(i, j)\n  \
             for j = 8 .. i - 1\n    S2(i, j)\n  S3(i)\n"
        );
    }

    #[test]
    fn pieces_have_names_of_their_own() {
        let program = triangular_sum();
        assert_eq!(
            after(&program, "split(S2, i, N - 4); split(S2_2, j, i - 1); distribute(S2_3, i)"),
            "i\n  S1\n  j\n    S2\n  S3\ni\n  S1_2\n  j\n    S2_2\ni\n  j\n    S2_3\ni\n  S3_2\n"
        );
        verify_tree(&program, &replayed(&program, "split(S1, i, 2); split(S1_2, i, 5)")).unwrap();
    }

    #[test]
    fn a_rectangle_splits_at_a_diagonal() {
        assert_eq!(
            loops_after(&transpose(), "split(S1, j, i)"),
            "for i = 0 .. N - 1\n  for j = 0 .. min(M - 1, i - 1)\n    S1(i, j)\n  \
             for j = i .. M - 1\n    S1(i, j)\n"
        );
    }
}
