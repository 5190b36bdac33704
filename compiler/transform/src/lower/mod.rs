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
pub(crate) mod leaf;
mod separate;
pub(crate) mod space;
#[cfg(test)]
mod tests;

use bounds::LoopBounds;
use leaf::LeafState;
use loopwright_analysis::{
    Footprint, PackingError, Polyhedron, footprint, touching, within_proofs,
};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::verify::InvariantBroken;
use loopwright_ir::{
    Affine, ArrayId, Constraint, For, Instance, LoopId, LoopTree, LoopTreeNode, Mark, Node, Pack,
    PackedReads, Packing, Program, ScheduleTree, TreeLoop, Variable,
};
use space::Space;
use std::collections::HashMap;

/// Why there are no loops for a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// The domain of a statement leaves a loop without a bound.
    #[error(
        "the loop `{loop_name}` around {statement} has no {side} bound; bound it in the source, \
         or give the parameters values"
    )]
    Unbounded { loop_name: String, statement: String, side: &'static str },
    /// The bounds of the loops outgrow every limit.
    #[error(
        "the loops around {statement} have too many bounds to be scanned in a bounded time; use \
         fewer tiles of tiles and skews of skews"
    )]
    TooComplex { statement: String },
    /// A copy of a part of an array has no fixed size.
    #[error("{0}")]
    Packing(PackingError),
    /// The tree is not well formed.
    #[error(transparent)]
    Broken(#[from] InvariantBroken),
}

/// The loops that run the instances of `program` in the order of `tree`.
pub fn lower(program: &Program, tree: &ScheduleTree) -> Result<LoopTree, LowerError> {
    // Legality judges the very same boxes and conditions, so no limit may weaken these here.
    let packs = packs_of(program, tree)?;
    within_proofs(PROOFS, || scan(program, tree, packs)).0
}

/// The work that all proofs of one scan may take; without them bounds and conditions are only not as
/// few as they could be.
const PROOFS: u64 = 2_000_000;

fn scan(program: &Program, tree: &ScheduleTree, packs: Packs) -> Result<LoopTree, LowerError> {
    let space = Space::of(program, tree);
    let context = space.context(program)?;
    let mut leaves = Vec::new();
    for (path, leaf) in tree.leaves() {
        let path: Vec<LoopId> = path.iter().map(|inner| inner.id).collect();
        leaves.push(LeafState::new(program, &space, &context, &path, leaf)?);
    }
    let (path, jammed, known) = (Vec::new(), Vec::new(), HashMap::new());
    let mut scanner = Scanner { program, space, packs, path, jammed, known, awaited: Vec::new() };
    let roots = scanner.sequence(&tree.roots, &mut leaves, &context)?;
    Ok(LoopTree { roots: in_storage(program, &scanner.packs, roots) })
}

/// The loops inside of the storage of all expanded arrays that no loop makes storage for.
fn in_storage(program: &Program, packs: &Packs, mut roots: Vec<LoopTreeNode>) -> Vec<LoopTreeNode> {
    // A loop in which nothing works on the array makes none.
    let packed = |array| packs.values().flatten().any(|one| one.packing.array == array);
    for (position, array) in program.arrays.iter().enumerate().rev() {
        let id = ArrayId(position);
        if array.storage_of().is_some() && !packed(id) {
            roots = vec![LoopTreeNode::Pack(Pack {
                array: id,
                reads: None,
                origin: vec![Affine::constant(0); array.extents.len()],
                extents: array.extents.clone(),
                order: (0..array.extents.len()).collect(),
                register: false,
                copy_in: false,
                copy_out: false,
                body: roots,
            })];
        }
    }
    roots
}

/// The copies that each loop's iterations work on.
type Packs = HashMap<LoopId, Vec<Copying>>;

struct Copying {
    packing: Packing,
    found: Footprint,
    /// Whether the copy is all the storage that the array has.
    transient: bool,
    /// What must hold for the copy to be made: below a parallel loop, copying where nothing works on
    /// the copy would undo what other iterations write.
    needed: Vec<Constraint>,
}

fn packs_of(program: &Program, tree: &ScheduleTree) -> Result<Packs, LowerError> {
    let mut packs = Packs::new();
    for inner in tree.loops() {
        for packing in &inner.packs {
            match footprint(program, tree, inner.id, packing) {
                Ok(found) => {
                    // Nothing is copied where storage begins and ends.
                    let transient = program.is_expanded(packing.array);
                    let needed = if is_below_parallel(tree, inner.id) && !transient {
                        touching(program, tree, inner.id, packing)
                    } else {
                        Vec::new()
                    };
                    let packing = packing.clone();
                    let copying = Copying { packing, found, transient, needed };
                    packs.entry(inner.id).or_default().push(copying);
                }
                // A loop that was distributed keeps its packings in all parts.
                Err(PackingError::NotAccessed { .. }) => {}
                Err(error) => return Err(LowerError::Packing(error)),
            }
        }
    }
    Ok(packs)
}

/// Whether the loop, or one around it, runs on several threads.
fn is_below_parallel(tree: &ScheduleTree, id: LoopId) -> bool {
    tree.leaves().iter().any(|(path, _)| {
        let depth = path.iter().position(|inner| inner.id == id);
        let around = depth.map_or(0, |depth| depth + 1);
        path.iter().take(around).any(|inner| inner.mark.on_threads())
    })
}

/// The walk down the tree.
struct Scanner<'p> {
    program: &'p Program,
    space: Space,
    packs: Packs,
    /// The values of loops around that have one iteration, over the loops that remain.
    known: HashMap<LoopId, Affine>,
    /// The loops around the current place, outermost first.
    path: Vec<LoopId>,
    /// The columns of those among them that are unrolled and jammed.
    jammed: Vec<usize>,
    /// Loops that doacross loops wait in: they stay even where they have one iteration.
    awaited: Vec<LoopId>,
}

impl Scanner<'_> {
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
                            streamed: leaf.streamed,
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
                    if (*previous == conditions || planted(Fault::MergedConditions))
                        && otherwise.is_empty() =>
                {
                    earlier.extend(body);
                }
                _ => result.push(LoopTreeNode::If { conditions, body, otherwise: Vec::new() }),
            }
        }
        Ok(result)
    }

    /// A loop, or only its body where the loop has one iteration and orders nothing. It does order
    /// iterations that run in lock-step, if its one value differs among them, and those of a doacross loop around.
    fn scan_loop(
        &mut self,
        node: &TreeLoop,
        leaves: &mut [LeafState],
        facts: &Polyhedron,
    ) -> Result<Vec<LoopTreeNode>, LowerError> {
        let depth = self.path.len();
        let column = self.space.columns_at(depth);
        let bounds = LoopBounds::hull(&node.name, leaves, facts, column, depth)?;
        if matches!(node.mark, Mark::Sequential | Mark::Unroll { .. })
            && !self.awaited.contains(&node.id)
            && let Some(definition) = bounds.single_value(column)
            && self.jammed.iter().all(|&outer| definition.coefficient(outer) == 0)
            && leaf::substitute(leaves, depth, column, &definition, node.id, &{
                self.space.value(&definition, column, &self.path)
            })
        {
            let value = self.space.value(&definition, column, &self.path);
            if planted(Fault::SingleValue) {
                let next = &Affine::variable(node.id.variable()) + &Affine::constant(1);
                let moved = next.substitute_one(node.id.variable(), &value);
                for leaf in leaves.iter_mut() {
                    for iterator in &mut leaf.iterators {
                        if *iterator == value {
                            *iterator = moved.clone();
                        }
                    }
                }
            }
            self.known.insert(node.id, value);
            self.path.push(node.id);
            let body = self.loop_body(node, leaves, facts);
            self.path.pop();
            self.known.remove(&node.id);
            return body;
        }
        let mut inner_facts = facts.clone();
        bounds.facts(facts).into_iter().for_each(|row| inner_facts.add(row));
        if inner_facts.is_empty() {
            return Ok(Vec::new());
        }
        let (lower, upper) = bounds.render(column, &self.space, &self.path);
        self.path.push(node.id);
        let (outer_jammed, outer_awaited) = (self.jammed.len(), self.awaited.len());
        if let (Mark::Doacross, [Node::Loop(inside)]) = (node.mark, node.body.as_slice()) {
            self.awaited.push(inside.id);
        }
        if matches!(node.mark, Mark::UnrollJam { .. }) {
            self.jammed.push(column);
        }
        let body = self.loop_body(node, leaves, &inner_facts);
        self.jammed.truncate(outer_jammed);
        self.awaited.truncate(outer_awaited);
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

    /// What one iteration runs, inside of its copies.
    fn loop_body(
        &mut self,
        node: &TreeLoop,
        leaves: &mut [LeafState],
        facts: &Polyhedron,
    ) -> Result<Vec<LoopTreeNode>, LowerError> {
        let mut body = self.tiles(node, leaves, facts)?;
        for Copying { packing, found, transient, needed } in
            self.packs.get(&node.id).into_iter().flatten().rev()
        {
            let value = |variable: Variable| match variable {
                Variable::Loop(id) => self
                    .known
                    .get(&LoopId(id))
                    .cloned()
                    .unwrap_or_else(|| Affine::variable(variable)),
                other => Affine::variable(other),
            };
            // Where what is left surely uses nothing of the array, there may be none, and nothing to copy.
            let kept = *transient
                || surely_used(self.program, packing.array, &body)
                || planted(Fault::CopyConditional);
            if body.is_empty() || !kept {
                continue;
            }
            let mut conditions = Vec::new();
            for constraint in needed {
                let constraint = constraint.substitute(value);
                let row = self.space.row(&constraint, &self.path)?;
                if !facts.implies(&row) {
                    conditions.push(constraint);
                }
            }
            let otherwise = if conditions.is_empty() { Vec::new() } else { body.clone() };
            let copied = vec![LoopTreeNode::Pack(Pack {
                array: packing.array,
                reads: packing.reads.as_ref().map(|reads| mixed_up(self.program, packing, reads)),
                origin: found.origin.iter().map(|origin| origin.substitute(value)).collect(),
                extents: found.extents.clone(),
                order: packing.order.clone(),
                register: packing.register,
                // What is written may be a part of the box only; the rest must not be lost.
                copy_in: !(*transient || planted(Fault::NoCopyIn) && found.writes),
                copy_out: !transient && found.writes && !planted(Fault::NoCopyOut),
                body,
            })];
            body = if conditions.is_empty() {
                copied
            } else {
                vec![LoopTreeNode::If { conditions, body: copied, otherwise }]
            };
        }
        Ok(body)
    }

    /// The body of a loop, once without guards for full tiles if those are separated.
    fn tiles(
        &mut self,
        node: &TreeLoop,
        leaves: &mut [LeafState],
        facts: &Polyhedron,
    ) -> Result<Vec<LoopTreeNode>, LowerError> {
        let known = self.space.columns_at(self.path.len());
        let conditions =
            if node.separated { separate::full_tile(leaves, facts, known) } else { Vec::new() };
        if conditions.is_empty() {
            return self.sequence(&node.body, leaves, facts);
        }
        let mut full_facts = facts.clone();
        conditions.iter().for_each(|row| full_facts.add(row.clone()));
        let full = self.sequence(&node.body, &mut leaves.to_vec(), &full_facts)?;
        let mut partial_facts = facts.clone();
        if let [only] = conditions.as_slice() {
            only.negation().into_iter().for_each(|row| partial_facts.add(row));
        }
        let partial = self.sequence(&node.body, leaves, &partial_facts)?;
        if full == partial {
            return Ok(partial);
        }
        let early = Affine::constant(i64::from(planted(Fault::FullTileWrong)));
        let conditions = conditions.iter().map(|row| {
            let mut condition = self.space.constraint(row, &self.path);
            condition.affine = &condition.affine + &early;
            condition
        });
        let conditions = conditions.collect();
        Ok(vec![LoopTreeNode::If { conditions, body: full, otherwise: partial }])
    }
}

/// Whether a statement among the nodes accesses an array whatever the data are.
fn surely_used(program: &Program, array: ArrayId, nodes: &[LoopTreeNode]) -> bool {
    nodes.iter().any(|node| match node {
        LoopTreeNode::Statement(instance) => {
            let statement = program.statements.get(instance.statement.0);
            statement.is_some_and(|statement| statement.surely_uses(array))
        }
        other => other.bodies().into_iter().any(|body| surely_used(program, array, body)),
    })
}

/// The reads that work on a copy; with a planted fault others of the statement that read the array.
fn mixed_up(program: &Program, packing: &Packing, reads: &PackedReads) -> PackedReads {
    let others = program.statements.get(reads.statement.0).map(|statement| &statement.reads);
    let other = others
        .into_iter()
        .flatten()
        .find(|read| read.array == packing.array && !packing.takes(reads.statement, read, false));
    match other.filter(|_| planted(Fault::PackedReadsMixed)) {
        Some(read) => PackedReads { subscripts: read.subscripts.clone(), ..reads.clone() },
        None => reads.clone(),
    }
}

fn leaf_count(node: &Node) -> usize {
    match node {
        Node::Leaf(_) => 1,
        Node::Loop(inner) => inner.body.iter().map(leaf_count).sum(),
    }
}
