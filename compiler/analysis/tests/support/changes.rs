//! Changes of a tree, legal or not; written for the tests alone, so that they share no code with
//! the transformations.

use super::c;
use loopwright_ir::{Affine, Constraint, LoopId, Mark, Node, ScheduleTree, Variable};

/// Replaces the loop variables in every leaf under `nodes`.
pub fn substitute(nodes: &mut [Node], change: &dyn Fn(Variable) -> Affine) {
    for node in nodes {
        match node {
            Node::Loop(inner) => substitute(&mut inner.body, change),
            Node::Leaf(leaf) => {
                for affine in &mut leaf.iterators {
                    *affine = affine.substitute(change);
                }
                for constraint in &mut leaf.constraints {
                    *constraint = constraint.substitute(change);
                }
            }
        }
    }
}

/// Exchanges the roles of two loop variables everywhere.
pub fn exchange(tree: &mut ScheduleTree, first: LoopId, second: LoopId) {
    substitute(&mut tree.roots, &|variable| {
        Affine::variable(if variable == first.variable() {
            second.variable()
        } else if variable == second.variable() {
            first.variable()
        } else {
            variable
        })
    });
}

/// Runs a loop backwards.
pub fn reverse(tree: &mut ScheduleTree, id: LoopId) {
    substitute(&mut tree.roots, &|variable| {
        let value = Affine::variable(variable);
        if variable == id.variable() { -&value } else { value }
    });
}

/// `inner` becomes `inner - factor * outer`.
pub fn skew(tree: &mut ScheduleTree, outer: LoopId, inner: LoopId, factor: i64) {
    substitute(&mut tree.roots, &|variable| {
        let value = Affine::variable(variable);
        if variable == inner.variable() {
            &value - &(&Affine::variable(outer.variable()) * factor)
        } else {
            value
        }
    });
}

pub fn mark(tree: &mut ScheduleTree, id: LoopId, mark: Mark) {
    tree.loop_mut(id).unwrap().mark = mark;
}

/// Splits a loop into one over tiles, directly around it, and one inside a tile.
pub fn strip_mine(tree: &mut ScheduleTree, id: LoopId, size: i64) -> LoopId {
    let tile = tree.fresh_loop();
    let (point, tile_variable) =
        (Affine::variable(id.variable()), Affine::variable(tile.variable()));
    let start = &tile_variable * size;
    let found = tree.loop_mut(id).unwrap();
    add_constraints(
        &mut found.body,
        &[
            Constraint::less_or_equal(&start, &point),
            Constraint::less_or_equal(&point, &(&start + &c(size - 1))),
        ],
    );
    let mut point_loop = found.clone();
    point_loop.mark = found.mark;
    found.id = tile;
    found.name = format!("{}_t", found.name);
    found.mark = Mark::Sequential;
    found.body = vec![Node::Loop(point_loop)];
    tile
}

fn add_constraints(nodes: &mut [Node], constraints: &[Constraint]) {
    for node in nodes {
        match node {
            Node::Loop(inner) => add_constraints(&mut inner.body, constraints),
            Node::Leaf(leaf) => leaf.constraints.extend_from_slice(constraints),
        }
    }
}
