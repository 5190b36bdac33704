//! From a schedule tree to loops with bounds: polyhedral scanning.
//!
//! # What is kept
//! Every instance of every leaf runs exactly once, in the tree's order, and nothing else runs.
//!
//! # How
//! A leaf is the polyhedron of its constraints over the parameters and its enclosing loops'
//! variables. Eliminating the variables from the innermost outwards gives, for each depth, what is
//! known of the outer variables alone ([`leaf`]). Going down the tree with the *facts* that hold at
//! each place (the context and the bounds and conditions above), a loop takes as bounds the hull of
//! what its leaves say of its variable, less what the facts imply ([`bounds`]). A loop may therefore
//! cover more than one of its leaves; each constraint of a leaf that the facts do not imply becomes
//! a condition at the outermost place where its variables are known ([`conditions`]). Bounds decide
//! how tight the loops are, conditions decide that they are right: a bound may always be weaker.

mod bounds;
mod conditions;
mod leaf;
pub mod polyhedron;
pub mod row;
mod space;
#[cfg(test)]
mod tests;

use bounds::LoopBounds;
use leaf::LeafState;
use loopwright_ir::verify::InvariantBroken;
use loopwright_ir::{
    For, Instance, LoopId, LoopTree, LoopTreeNode, Mark, Node, Program, ScheduleTree, TreeLoop,
};
use polyhedron::Polyhedron;
use space::Space;

/// Why there are no loops for a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// The domain of a statement leaves a loop without a bound.
    #[error(
        "the loop `{loop_name}` around {statement} has no {side} bound; bound it in the source, \
         or give the parameters values"
    )]
    Unbounded { loop_name: String, statement: String, side: &'static str },
    /// The tree is not well formed.
    #[error(transparent)]
    Broken(#[from] InvariantBroken),
}

/// The loops that run the instances of `program` in the order of `tree`.
pub fn lower(program: &Program, tree: &ScheduleTree) -> Result<LoopTree, LowerError> {
    let space = Space::of(program, tree);
    let context = space.context(program)?;
    let mut leaves = Vec::new();
    for (path, leaf) in tree.leaves() {
        let path: Vec<LoopId> = path.iter().map(|inner| inner.id).collect();
        leaves.push(LeafState::new(program, &space, &context, &path, leaf)?);
    }
    let mut scanner = Scanner { space, path: Vec::new(), jammed: Vec::new() };
    let roots = scanner.sequence(&tree.roots, &mut leaves, &context)?;
    Ok(LoopTree { roots })
}

/// The walk down the tree.
struct Scanner {
    space: Space,
    /// The loops around the current place, outermost first.
    path: Vec<LoopId>,
    /// The columns of those among them that are unrolled and jammed.
    jammed: Vec<usize>,
}

impl Scanner {
    /// The children of one place, of which `leaves` are the leaves in textual order.
    fn sequence(
        &mut self,
        nodes: &[Node],
        mut leaves: &mut [LeafState],
        facts: &Polyhedron,
    ) -> Result<Vec<LoopTreeNode>, LowerError> {
        let mut result: Vec<LoopTreeNode> = Vec::new();
        for node in nodes {
            let (own, rest) = leaves.split_at_mut(leaf_count(node).min(leaves.len()));
            leaves = rest;
            let known = self.space.columns_at(self.path.len());
            let conditions = conditions::common(own, facts, known, self.path.len());
            let mut inner_facts = facts.clone();
            conditions.iter().for_each(|row| inner_facts.add(row.clone()));
            if own.iter().all(|leaf| leaf.never_runs()) || inner_facts.has_contradiction() {
                continue;
            }
            let body = match node {
                Node::Leaf(_) => own
                    .iter()
                    .map(|leaf| {
                        LoopTreeNode::Statement(Instance {
                            statement: leaf.statement,
                            iterators: leaf.iterators.clone(),
                        })
                    })
                    .collect(),
                Node::Loop(inner) => self.scan_loop(inner, own, &inner_facts)?,
            };
            if body.is_empty() {
                continue;
            }
            if conditions.is_empty() {
                result.extend(body);
                continue;
            }
            let conditions: Vec<_> =
                conditions.iter().map(|row| self.space.constraint(row, &self.path)).collect();
            match result.last_mut() {
                Some(LoopTreeNode::If { conditions: previous, body: earlier, otherwise })
                    if *previous == conditions && otherwise.is_empty() =>
                {
                    earlier.extend(body);
                }
                _ => result.push(LoopTreeNode::If { conditions, body, otherwise: Vec::new() }),
            }
        }
        Ok(result)
    }

    /// A loop, or only its body where the loop has one iteration and orders nothing. It does order
    /// iterations that run in lock-step, if its one value differs among them.
    fn scan_loop(
        &mut self,
        node: &TreeLoop,
        leaves: &mut [LeafState],
        facts: &Polyhedron,
    ) -> Result<Vec<LoopTreeNode>, LowerError> {
        let depth = self.path.len();
        let column = self.space.columns_at(depth);
        let bounds = LoopBounds::hull(&node.name, leaves, facts, column, depth)?;
        if node.mark == Mark::Sequential
            && let Some(definition) = bounds.single_value(column)
            && self.jammed.iter().all(|&outer| definition.coefficient(outer) == 0)
            && leaf::substitute(leaves, depth, column, &definition, node.id, &{
                self.space.value(&definition, column, &self.path)
            })
        {
            self.path.push(node.id);
            let body = self.sequence(&node.body, leaves, facts);
            self.path.pop();
            return body;
        }
        let mut inner_facts = facts.clone();
        bounds.facts(facts).into_iter().for_each(|row| inner_facts.add(row));
        if inner_facts.is_empty() {
            return Ok(Vec::new());
        }
        let (lower, upper) = bounds.render(column, &self.space, &self.path);
        self.path.push(node.id);
        let outer_jammed = self.jammed.len();
        if matches!(node.mark, Mark::UnrollJam { .. }) {
            self.jammed.push(column);
        }
        let body = self.sequence(&node.body, leaves, &inner_facts);
        self.jammed.truncate(outer_jammed);
        self.path.pop();
        let body = body?;
        if body.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![LoopTreeNode::For(For {
            id: node.id,
            name: node.name.clone(),
            lower,
            upper,
            mark: node.mark,
            body,
        })])
    }
}

fn leaf_count(node: &Node) -> usize {
    match node {
        Node::Leaf(_) => 1,
        Node::Loop(inner) => inner.body.iter().map(leaf_count).sum(),
    }
}
