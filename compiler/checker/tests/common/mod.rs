//! Loop trees for tests: from schedules without any test of legality, and changed by hand.
#![allow(dead_code)]

use loopwright_ir::{
    Affine, For, LoopTree, LoopTreeNode, Node, Pack, Program, Schedule, ScheduleTree, Variable,
};
use loopwright_transform::{lower, rewrite};

/// The loops of the original order.
pub fn original(program: &Program) -> LoopTree {
    lower(program, &ScheduleTree::original(program)).expect("loops")
}

/// The loops after some steps, whether they are legal or not.
pub fn after(program: &Program, steps: &str) -> LoopTree {
    let schedule: Schedule = steps.parse().expect("a schedule");
    let mut tree = ScheduleTree::original(program);
    for step in schedule.steps() {
        tree = rewrite(program, &tree, step).expect("a step");
    }
    lower(program, &tree).expect("loops")
}

/// The loops of a statement alone in the program whose two iterators follow from two loops as
/// `iterators` says, as a skewed or reversed nest has them.
pub fn with_iterators(program: &Program, iterators: [Affine; 2]) -> LoopTree {
    let mut tree = ScheduleTree::original(program);
    fn change(nodes: &mut [Node], iterators: &[Affine; 2]) {
        for node in nodes {
            match node {
                Node::Loop(inner) => change(&mut inner.body, iterators),
                Node::Leaf(leaf) => {
                    for constraint in &mut leaf.constraints {
                        *constraint = constraint.substitute(|variable| match variable {
                            Variable::Loop(id) => iterators[id as usize].clone(),
                            other => Affine::variable(other),
                        });
                    }
                    leaf.iterators = iterators.to_vec();
                }
            }
        }
    }
    change(&mut tree.roots, &iterators);
    lower(program, &tree).expect("loops")
}

/// The variable of a loop, and a parameter.
pub fn variable(id: u32) -> Affine {
    Affine::variable(Variable::Loop(id))
}

pub fn parameter(position: u32) -> Affine {
    Affine::variable(Variable::Parameter(position))
}

/// The tree with the loop of that name, counted from 0 in textual order, changed.
pub fn change_loop(
    tree: &LoopTree,
    name: &str,
    which: usize,
    change: impl FnOnce(&mut For),
) -> LoopTree {
    let mut tree = tree.clone();
    let mut left = which;
    let found = find(&mut tree.roots, name, &mut left).expect("a loop of that name");
    change(found);
    tree
}

/// The tree with a pack node around the body of the first loop of that name.
pub fn wrap_in_pack(
    tree: &LoopTree,
    name: &str,
    make: impl FnOnce(Variable, Vec<LoopTreeNode>) -> Pack,
) -> LoopTree {
    change_loop(tree, name, 0, |inner| {
        let body = std::mem::take(&mut inner.body);
        inner.body = vec![LoopTreeNode::Pack(make(inner.id.variable(), body))];
    })
}

fn find<'a>(nodes: &'a mut [LoopTreeNode], name: &str, left: &mut usize) -> Option<&'a mut For> {
    nodes.iter_mut().find_map(|node| match node {
        LoopTreeNode::For(inner) => {
            if inner.name == name && *left == 0 {
                return Some(inner);
            }
            *left -= usize::from(inner.name == name);
            find(&mut inner.body, name, left)
        }
        LoopTreeNode::If { body, otherwise, .. } => match find(body, name, left) {
            Some(found) => Some(found),
            None => find(otherwise, name, left),
        },
        LoopTreeNode::Pack(pack) => find(&mut pack.body, name, left),
        LoopTreeNode::Statement(_) => None,
    })
}
