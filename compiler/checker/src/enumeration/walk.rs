//! The executions of a loop tree at one size, in the order of the text, each with its loops.

use crate::interpreter::{Flat, InterpretError, Slots};
use loopwright_ir::{LoopTree, LoopTreeNode, Mark, PackedReads, Variable};

/// A loop around an execution: which node it is, how it runs, and its variable's value.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub node: usize,
    pub mark: Mark,
    pub name: String,
    pub id: u32,
    pub value: i64,
}

/// One execution of a statement node.
pub(super) struct Execution {
    pub statement: usize,
    /// The position of the node in the text.
    pub node: usize,
    pub loops: Vec<Step>,
    pub iterators: Vec<i64>,
}

/// One execution of a pack node.
pub(super) struct CopyRun<'t> {
    pub array: usize,
    /// The reads that it is for; `None` for all accesses to the array.
    pub reads: Option<&'t PackedReads>,
    pub loops: Vec<Step>,
    pub origin: Vec<i64>,
    pub extents: Vec<i64>,
    pub copy_in: bool,
    pub copy_out: bool,
    /// The executions inside.
    pub inside: std::ops::Range<usize>,
}

/// All executions at one size.
pub(super) struct Executions<'t> {
    pub statements: Vec<Execution>,
    pub copies: Vec<CopyRun<'t>>,
}

/// Runs through the tree; `left` is the budget, which is taken from.
pub(super) fn executions<'t>(
    tree: &'t LoopTree,
    parameters: &[i64],
    left: &mut u64,
) -> Result<Executions<'t>, InterpretError> {
    let found = Executions { statements: Vec::new(), copies: Vec::new() };
    let mut walk = Walk { parameters, left, loops: Vec::new(), found };
    walk.sequence(&tree.roots, 0)?;
    Ok(walk.found)
}

struct Walk<'a, 't> {
    parameters: &'a [i64],
    left: &'a mut u64,
    loops: Vec<Step>,
    found: Executions<'t>,
}

/// How many nodes there are from here on down, so that each has a number in the order of the text.
fn size(nodes: &[LoopTreeNode]) -> usize {
    nodes.iter().map(|node| 1 + node.bodies().into_iter().map(size).sum::<usize>()).sum()
}

impl<'t> Walk<'_, 't> {
    fn spend(&mut self) -> Result<(), InterpretError> {
        match self.left.checked_sub(1) {
            Some(left) => {
                *self.left = left;
                Ok(())
            }
            None => Err(InterpretError::Budget),
        }
    }

    /// Evaluates with the variables of the loops around.
    fn with<T>(
        &self,
        evaluate: impl FnOnce(&Slots<'_>, &[i64]) -> Result<T, InterpretError>,
    ) -> Result<T, InterpretError> {
        let slot_of = |variable| match variable {
            Variable::Loop(id) => self.loops.iter().rposition(|step| step.id == id),
            _ => None,
        };
        let values: Vec<i64> = self.loops.iter().map(|step| step.value).collect();
        evaluate(&Slots { parameters: self.parameters, slot_of: &slot_of }, &values)
    }

    fn sequence(&mut self, nodes: &'t [LoopTreeNode], first: usize) -> Result<(), InterpretError> {
        let mut number = first;
        for node in nodes {
            self.node(node, number)?;
            number += size(std::slice::from_ref(node));
        }
        Ok(())
    }

    fn node(&mut self, node: &'t LoopTreeNode, number: usize) -> Result<(), InterpretError> {
        let values = |flats: Vec<Flat>, values: &[i64]| {
            flats.iter().map(|flat| flat.value(values)).collect::<Result<Vec<_>, _>>()
        };
        match node {
            LoopTreeNode::Statement(instance) => {
                self.spend()?;
                let iterators =
                    self.with(|slots, point| values(slots.flats(&instance.iterators)?, point))?;
                let (statement, loops) = (instance.statement.0, self.loops.clone());
                let execution = Execution { statement, node: number, loops, iterators };
                self.found.statements.push(execution);
            }
            LoopTreeNode::If { conditions, body, otherwise } => {
                let mut holds = true;
                for condition in conditions {
                    holds &= self.with(|slots, point| slots.test(condition)?.holds(point))?;
                }
                if holds {
                    self.sequence(body, number + 1)?;
                } else {
                    self.sequence(otherwise, number + 1 + size(body))?;
                }
            }
            LoopTreeNode::For(inner) => {
                let (lower, upper) = self.with(|slots, point| {
                    let lower = slots.limit(&inner.lower)?.value(true, point)?;
                    Ok((lower, slots.limit(&inner.upper)?.value(false, point)?))
                })?;
                for value in lower..=upper {
                    self.spend()?;
                    self.loops.push(Step {
                        node: number,
                        mark: inner.mark_in_effect(),
                        name: inner.name.clone(),
                        id: inner.id.0,
                        value,
                    });
                    let result = self.sequence(&inner.body, number + 1);
                    self.loops.pop();
                    result?;
                }
            }
            LoopTreeNode::Pack(pack) => {
                self.spend()?;
                let origin = self.with(|slots, point| values(slots.flats(&pack.origin)?, point))?;
                let extents =
                    self.with(|slots, point| values(slots.flats(&pack.extents)?, point))?;
                let start = self.found.statements.len();
                self.sequence(&pack.body, number + 1)?;
                self.found.copies.push(CopyRun {
                    array: pack.array.0,
                    reads: pack.reads.as_ref(),
                    loops: self.loops.clone(),
                    origin,
                    extents,
                    copy_in: pack.copy_in,
                    copy_out: pack.copy_out,
                    inside: start..self.found.statements.len(),
                });
            }
        }
        Ok(())
    }
}
