//! Whether two trees are the same but for the names and numbers of their loops.

use loopwright_ir::{Affine, LoopId, Node, ScheduleTree, TreeLoop, Variable};
use std::collections::HashMap;

/// Whether two trees run the same instances in the same order, because they look the same.
pub fn same_shape(one: &ScheduleTree, other: &ScheduleTree) -> bool {
    Matched::default().nodes(&one.roots, &other.roots)
}

/// The loops of the other tree for those of the one.
#[derive(Default)]
struct Matched(HashMap<LoopId, LoopId>);

impl Matched {
    fn nodes(&mut self, one: &[Node], other: &[Node]) -> bool {
        one.len() == other.len()
            && one.iter().zip(other).all(|pair| match pair {
                (Node::Loop(one), Node::Loop(other)) => self.loops(one, other),
                (Node::Leaf(one), Node::Leaf(other)) => {
                    let affine = |affine: &Affine| self.translated(affine);
                    let constraints: Vec<_> = one
                        .constraints
                        .iter()
                        .map(|one| one.substitute(|variable| self.variable(variable)))
                        .collect();
                    one.id() == other.id()
                        && one.iterators.iter().map(affine).eq(other.iterators.iter().cloned())
                        && constraints.len() == other.constraints.len()
                        && constraints.iter().all(|one| other.constraints.contains(one))
                }
                _ => false,
            })
    }

    fn loops(&mut self, one: &TreeLoop, other: &TreeLoop) -> bool {
        self.0.insert(one.id, other.id);
        self.nodes(&one.body, &other.body)
    }

    fn variable(&self, variable: Variable) -> Affine {
        Affine::variable(match variable {
            Variable::Loop(id) => {
                let id = LoopId(id);
                self.0.get(&id).copied().unwrap_or(id).variable()
            }
            other => other,
        })
    }

    fn translated(&self, affine: &Affine) -> Affine {
        affine.substitute(|variable| self.variable(variable))
    }
}
