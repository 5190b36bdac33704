//! Comparing trees whose loops have other names and numbers.

use loopwright_ir::{
    Affine, Constraint, LoopTreeNode, Node, Program, ScheduleTree, TreeLoop, Variable,
};
use loopwright_transform::lower;
use std::collections::HashMap;

/// The tree with loops numbered and named by their places.
pub fn renamed(tree: &ScheduleTree) -> ScheduleTree {
    let numbers: HashMap<u32, u32> =
        tree.loops().iter().zip(0..).map(|(inner, number)| (inner.id.0, number)).collect();
    fn rename(nodes: &[Node], numbers: &HashMap<u32, u32>) -> Vec<Node> {
        let affine = |affine: &Affine| {
            affine.substitute(|variable| match variable {
                Variable::Loop(id) => Affine::variable(Variable::Loop(numbers[&id])),
                other => Affine::variable(other),
            })
        };
        nodes
            .iter()
            .map(|node| match node {
                Node::Leaf(leaf) => {
                    let mut leaf = leaf.clone();
                    leaf.iterators = leaf.iterators.iter().map(affine).collect();
                    let constraints = leaf.constraints.iter();
                    leaf.constraints = constraints
                        .map(|one| Constraint { affine: affine(&one.affine), ..one.clone() })
                        .collect();
                    Node::Leaf(leaf)
                }
                Node::Loop(inner) => {
                    let number = numbers[&inner.id.0];
                    let body = rename(&inner.body, numbers);
                    Node::Loop(TreeLoop {
                        id: loopwright_ir::LoopId(number),
                        name: format!("c{number}"),
                        body,
                        ..inner.clone()
                    })
                }
            })
            .collect()
    }
    ScheduleTree { roots: rename(&tree.roots, &numbers), next_loop: tree.next_loop }
}

/// The loops of a tree, independent of their names.
pub fn loops(program: &Program, tree: &ScheduleTree) -> String {
    lower(program, &renamed(tree)).unwrap().display(program)
}

/// What the loops run for parameters of 5, 6 and 7: statements and iterators.
pub fn runs(program: &Program, tree: &ScheduleTree) -> Vec<(usize, Vec<i64>)> {
    fn run(
        nodes: &[LoopTreeNode],
        loops: &mut HashMap<u32, i64>,
        result: &mut Vec<(usize, Vec<i64>)>,
    ) {
        for node in nodes {
            let known = loops.clone();
            let value_of = |variable| match variable {
                Variable::Loop(id) => known[&id],
                Variable::Parameter(position) => 5 + i64::from(position),
                Variable::Iterator(_) => panic!("loops mention an iterator"),
            };
            match node {
                LoopTreeNode::For(inner) => {
                    let lower = inner.lower.evaluate(true, &value_of).unwrap();
                    let upper = inner.upper.evaluate(false, &value_of).unwrap();
                    for value in lower..=upper {
                        loops.insert(inner.id.0, value);
                        run(&inner.body, loops, result);
                    }
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let holds = conditions.iter().all(|one| one.holds(value_of) == Some(true));
                    run(if holds { body } else { otherwise }, loops, result);
                }
                LoopTreeNode::Statement(instance) => {
                    let values = instance.iterators.iter().map(|one| one.evaluate(value_of));
                    result.push((instance.statement.0, values.map(Option::unwrap).collect()));
                }
                other => run(other.bodies()[0], loops, result),
            }
        }
    }
    let mut result = Vec::new();
    run(&lower(program, tree).unwrap().roots, &mut HashMap::new(), &mut result);
    result
}
