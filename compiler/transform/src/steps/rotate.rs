//! Moves the end of a loop's body into the next iteration.
//!
//! `rotate(S3, i)`:
//! ```text
//! for (i = 0; i < N; i++) {            x[0] = b[0];
//!   x[i] = b[i];                       for (j = 0; j < 0; j++)
//!   for (j = 0; j < i; j++)              x[0] -= L[0][j] * x[j];
//!     x[i] -= L[i][j] * x[j];    →     for (i = 1; i < N; i++) {
//!   x[i] /= L[i][i];                     x[i-1] /= L[i-1][i-1];
//! }                                      x[i] = b[i];
//!                                        for (j = 0; j < i; j++)
//!                                          x[i] -= L[i][j] * x[j];
//!                                      }
//!                                      x[N-1] /= L[N-1][N-1];
//! ```
//! What stands at the end meets what the next iteration begins with, so that the two can be fused. In the
//! sequence inside of the loop in which the ways to its statements part, what holds the statement and all
//! behind it moves to the front, one iteration later.
//!
//! The first iteration, in which nothing has moved in, and what is left behind the last one get loops of their
//! own, where these iterations are one affine expression each; what runs there are new pieces of the statements.
//! Otherwise the loop has one iteration more and conditions.
//!
//! Always legal in a sequential loop whose body is that sequence: the order is the same. Where further loops are around
//! the sequence, it is legal when what moves does not depend on what else those loops run in its iteration, or the other way round.

use super::place::{Fresh, Place, contains, disturb, leaves_below, replace_loop, substitute};
use super::split::{number_pieces, renew_loops};
use crate::Cause;
use crate::bound::{never_runs, single_bound};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Affine, Constraint, LeafId, LoopId, Node, Program, ScheduleTree, StatementId, TreeLoop,
};
use std::collections::{HashMap, HashSet};

/// The tree with the loop rotated.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let depth = place.depth(loop_name)?;
    let id = place.loop_named(loop_name)?.id;
    let nothing = || Cause::NothingToRotate {
        statement: statement.to_owned(),
        loop_name: loop_name.to_owned(),
    };
    let mut rotated = tree.clone();
    let outer = rotated.loop_mut(id).ok_or_else(nothing)?;
    let sequence = sequence(&mut outer.body).ok_or_else(nothing)?;
    let at = sequence.iter().position(|node| contains(node, place.leaf)).unwrap_or(0);
    if at == 0 {
        return Err(nothing());
    }
    let stays = leaves_below(sequence.get(..at).unwrap_or_default());
    let mut moved = sequence.split_off(at);
    let moves = leaves_below(&moved);
    let variable = Affine::variable(id.variable());
    let before = &variable - &Affine::constant(1);
    substitute(&mut moved, id.variable(), &before, &|_| true);
    if planted(Fault::RotateSign) {
        let wrong = &variable + &Affine::constant(2);
        disturb(&mut moved, id.variable(), &wrong);
    }
    sequence.splice(0..0, moved);
    let first = extreme(program, tree, &moves, depth, true);
    let last = extreme(program, tree, &stays, depth, false);
    let mut parts = vec![Vec::new(), Vec::new(), Vec::new()];
    if let Some(first) = &first {
        parts[0].push(Constraint::less_or_equal(&variable, first));
        parts[1].push(Constraint::less(first, &variable));
    }
    if let Some(last) = &last {
        parts[1].push(Constraint::less_or_equal(&variable, last));
        parts[2].push(Constraint::less(last, &variable));
    }
    // Without a bound there is no part beyond it.
    let wanted = [first.is_some(), true, last.is_some()];
    let parts: Vec<Part> = parts
        .into_iter()
        .zip(wanted)
        .enumerate()
        .filter(|(_, (_, wanted))| *wanted)
        .map(|(number, (constraints, _))| Part { main: number == 1, constraints })
        .collect();
    Ok(in_parts(program, &rotated, id, &parts))
}

/// The first iteration of any of the leaves, or the last one, if that is one expression.
fn extreme(
    program: &Program,
    tree: &ScheduleTree,
    leaves: &[LeafId],
    depth: usize,
    first: bool,
) -> Option<Affine> {
    let mut bounds = leaves.iter().map(|leaf| single_bound(program, tree, *leaf, depth, first));
    let start = bounds.next()??;
    bounds.try_fold(start, |known, bound| {
        let bound = bound?;
        let difference = (&bound - &known).as_constant()?;
        Some(if (difference < 0) == first { bound } else { known })
    })
}

/// The first sequence that has several children, down through loops that are alone.
fn sequence(nodes: &mut Vec<Node>) -> Option<&mut Vec<Node>> {
    if nodes.len() > 1 {
        return Some(nodes);
    }
    match nodes.first_mut() {
        Some(Node::Loop(inner)) => sequence(&mut inner.body),
        _ => None,
    }
}

/// Some iterations of a loop.
struct Part {
    /// Whether its leaves keep their numbers.
    main: bool,
    constraints: Vec<Constraint>,
}

/// The tree with a loop for each part in place of a loop, without leaves that certainly never run there.
fn in_parts(program: &Program, tree: &ScheduleTree, id: LoopId, parts: &[Part]) -> ScheduleTree {
    let mut pieces: HashMap<StatementId, u32> = HashMap::new();
    for (_, leaf) in tree.leaves() {
        let next = pieces.entry(leaf.statement).or_default();
        *next = (*next).max(leaf.piece + 1);
    }
    // The leaves of each part; one that runs nowhere stays in the main one.
    let inside: Vec<LeafId> = tree
        .leaves()
        .iter()
        .filter(|(path, _)| path.iter().any(|inner| inner.id == id))
        .map(|(_, leaf)| leaf.id())
        .collect();
    let mut runs: Vec<HashSet<LeafId>> = Vec::new();
    for part in parts {
        let runs_here = |leaf: &&LeafId| !never_runs(program, tree, **leaf, &part.constraints);
        runs.push(inside.iter().filter(runs_here).copied().collect());
    }
    for leaf in &inside {
        if !runs.iter().any(|part| part.contains(leaf))
            && let Some(main) = parts.iter().position(|part| part.main)
            && let Some(main) = runs.get_mut(main)
        {
            main.insert(*leaf);
        }
    }
    replace_loop(tree, id, |node, fresh| {
        let mut kept: HashSet<LeafId> = HashSet::new();
        let main = parts.iter().zip(&runs).find(|(part, _)| part.main);
        kept.extend(main.iter().flat_map(|(_, leaves)| leaves.iter().copied()));
        let mut nodes = Vec::new();
        for (part, leaves) in parts.iter().zip(&runs) {
            if planted(Fault::RotateFirst) && !part.main && nodes.is_empty() {
                continue;
            }
            let Some(mut copy) = restricted(&node, leaves, &part.constraints) else { continue };
            if !part.main {
                let mut again = vec![Node::Loop(copy)];
                renumber(&mut again, &mut kept, &mut pieces, fresh);
                nodes.append(&mut again);
                continue;
            }
            copy.id = id;
            nodes.push(Node::Loop(copy));
        }
        nodes
    })
}

/// Numbers of their own for the loops of a copy, and for its leaves where another part has kept theirs.
fn renumber(
    nodes: &mut [Node],
    kept: &mut HashSet<LeafId>,
    pieces: &mut HashMap<StatementId, u32>,
    fresh: &mut Fresh,
) {
    fn new_pieces(
        nodes: &mut [Node],
        kept: &mut HashSet<LeafId>,
        pieces: &mut HashMap<StatementId, u32>,
    ) {
        for node in nodes {
            match node {
                Node::Loop(inner) => new_pieces(&mut inner.body, kept, pieces),
                Node::Leaf(leaf) if kept.insert(leaf.id()) => {}
                leaf @ Node::Leaf(_) => number_pieces(std::slice::from_mut(leaf), pieces),
            }
        }
    }
    new_pieces(nodes, kept, pieces);
    for node in nodes {
        if let Node::Loop(inner) = node {
            renew_loops(inner, fresh);
        }
    }
}

/// A loop with some of its leaves, under further constraints; `None` if nothing is left.
fn restricted(
    node: &TreeLoop,
    leaves: &HashSet<LeafId>,
    constraints: &[Constraint],
) -> Option<TreeLoop> {
    let mut body = Vec::new();
    for child in &node.body {
        match child {
            Node::Loop(inner) => {
                body.extend(restricted(inner, leaves, constraints).map(Node::Loop));
            }
            Node::Leaf(leaf) if leaves.contains(&leaf.id()) => {
                let mut leaf = leaf.clone();
                leaf.constraints.extend(constraints.iter().cloned());
                body.push(Node::Leaf(leaf));
            }
            Node::Leaf(_) => {}
        }
    }
    (!body.is_empty()).then(|| TreeLoop { body, ..node.clone() })
}

#[cfg(test)]
mod tests {
    use crate::testing::{
        ProgramBuilder, after, causes, loops_after, matrix_product, triangular_sum,
    };
    use crate::{Applied, apply};
    use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
    use loopwright_ir::{Program, Schedule};

    #[test]
    fn the_documented_example() {
        let text = loops_after(&triangular_sum(), "rotate(S3, i)");
        assert_eq!(
            text,
            "for i = 0 .. min(0, N - 1)\n  S1(i)\nfor i = 1 .. N - 1\n  S3(i - 1)\n  S1(i)\n  \
             for j = 0 .. i - 1\n    S2(i, j)\nfor i = max(1, N) .. N\n  S3(i - 1)\n"
        );
        assert_eq!(
            after(&triangular_sum(), "rotate(S3, i)"),
            "i\n  S1_2\ni\n  S3\n  S1\n  j\n    S2\ni\n  S3_2\n"
        );
    }

    #[test]
    fn all_behind_the_statement_moves_with_it() {
        assert_eq!(
            after(&triangular_sum(), "rotate(S2, i)"),
            "i\n  S1_2\ni\n  j\n    S2\n  S3\n  S1\ni\n  j\n    S2_2\n  S3_2\n"
        );
    }

    /// Legal for whole programs, and in each step.
    fn legal(program: &Program, text: &str) -> bool {
        let dependences = Dependences::compute(program, DEFAULT_QUOTA).expect("dependences");
        let schedule: Schedule = text.parse().expect("a schedule");
        let mut applied = Applied::original(program);
        schedule.steps().iter().all(|step| {
            let next = apply(program, &dependences, &applied, step);
            next.is_ok_and(|next| {
                applied = next;
                true
            })
        })
    }

    #[test]
    fn the_order_is_the_same_where_the_body_is_the_sequence() {
        assert!(legal(&triangular_sum(), "rotate(S3, i)"));
        assert!(legal(&triangular_sum(), "rotate(S3, i); rotate(S2, i)"));
        assert!(legal(&triangular_sum(), "rotate(S2, i); rotate(S1, i)"));
        assert!(
            !legal(&triangular_sum(), "shift(S3, i, 1)"),
            "which is why there is a step for it"
        );
    }

    #[test]
    fn deeper_sequences_rotate_where_dependences_allow() {
        // The update of a column, and then its use in the next step.
        let program = ProgramBuilder::new("columns", &["N"]).array("R", &["N", "N"]);
        let program = program.array("A", &["N"]).build(|body| {
            body.each("k", "0", "N - 1", |body| {
                body.each("j", "k", "N - 1", |body| {
                    body.assign("R[k][j]", &["A[j]"]);
                    body.assign("A[j]", &["A[j]", "R[k][j]"]);
                });
            });
        });
        assert_eq!(
            after(&program, "rotate(S2, k)"),
            "k\n  j\n    S1_2\nk\n  j\n    S2\n    S1\nk\n  j\n    S2_2\n"
        );
        assert!(legal(&program, "rotate(S2, k)"));
    }

    #[test]
    fn what_stands_in_front_has_nothing_to_move_for() {
        let messages = causes(
            &matrix_product(),
            &["rotate(S1, i)", "rotate(S2, k)", "rotate(S2, t)", "rotate(S5, i)"],
        );
        assert!(messages[0].contains("S1 stands at the beginning"), "{messages:?}");
        assert!(messages[1].contains("S2 stands at the beginning"), "{messages:?}");
        assert!(messages[2].contains("there is no loop `t`"), "{messages:?}");
        assert!(messages[3].contains("there is no statement `S5`"), "{messages:?}");
    }
}
