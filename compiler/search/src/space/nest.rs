//! One statement's loops as the space sees them: trip counts, strides, what is reused where.

use loopwright_ir::{
    Access, Affine, Leaf, LoopId, LoopTree, LoopTreeNode, Mark, Node, Program, ScheduleTree,
    StatementId, TreeLoop, Variable,
};
use std::collections::HashMap;

/// Trip counts of the original loops, roughly: at the midpoints of the outer loops.
#[derive(Clone, Debug, Default)]
pub struct Estimates {
    /// By statement and loop name.
    trips: HashMap<(StatementId, String), f64>,
    instances: HashMap<StatementId, f64>,
}

impl Estimates {
    /// From the loops of the original order.
    pub fn of(original: &LoopTree) -> Self {
        let mut estimates = Self::default();
        estimates.walk(&original.roots, &mut Vec::new());
        estimates
    }

    fn walk(&mut self, nodes: &[LoopTreeNode], path: &mut Vec<(Variable, String, f64, f64)>) {
        for node in nodes {
            match node {
                LoopTreeNode::For(inner) => {
                    let middle = |variable: Variable| {
                        path.iter()
                            .find(|outer| outer.0 == variable)
                            .map_or(0, |outer| outer.2 as i64)
                    };
                    let lower = inner.lower.evaluate(true, &middle).unwrap_or(0) as f64;
                    let upper = inner.upper.evaluate(false, &middle).unwrap_or(0) as f64;
                    let trips = (upper - lower + 1.0).max(0.0);
                    let variable = inner.id.variable();
                    path.push((variable, inner.name.clone(), (lower + upper) / 2.0, trips));
                    self.walk(&inner.body, path);
                    path.pop();
                }
                LoopTreeNode::If { body, .. } => self.walk(body, path),
                LoopTreeNode::Pack(pack) => self.walk(&pack.body, path),
                LoopTreeNode::Statement(instance) => {
                    let product: f64 = path.iter().map(|outer| outer.3).product();
                    *self.instances.entry(instance.statement).or_default() += product;
                    for (_, name, _, trips) in path.iter() {
                        self.trips.insert((instance.statement, name.clone()), *trips);
                    }
                }
            }
        }
    }

    /// The trip count of an original loop around a statement; 1 for a loop that is not one.
    pub fn trips(&self, statement: StatementId, loop_name: &str) -> f64 {
        self.trips.get(&(statement, loop_name.to_owned())).copied().unwrap_or(1.0)
    }

    /// How often a statement runs.
    pub fn instances(&self, statement: StatementId) -> f64 {
        self.instances.get(&statement).copied().unwrap_or(1.0)
    }
}

/// One loop of a nest.
#[derive(Clone, Debug)]
pub struct LoopView {
    pub id: LoopId,
    pub name: String,
    pub mark: Mark,
    pub trips: f64,
    /// Accesses that do not move with the loop, that move by one element, and all others.
    pub still: usize,
    pub contiguous: usize,
    pub strided: usize,
    /// No statement inside writes to another place in each iteration: the loop sums up.
    pub reduces: bool,
    /// Reads that do not move with the loop at all, so that a register tile reuses them.
    pub reused: usize,
}

/// A statement with the loops around it.
///
/// The *band* is the longest chain of loops that ends at the statement in which each but the last
/// has nothing else inside; what is further out is *outer*.
#[derive(Clone, Debug)]
pub struct Nest {
    pub statement: StatementId,
    pub outer: Vec<LoopView>,
    pub band: Vec<LoopView>,
    /// Bytes of the largest element type accessed inside the band.
    pub element_bytes: u64,
    /// Bytes of all arrays accessed inside the band.
    pub footprint: f64,
    /// How often the statement runs.
    pub instances: f64,
}

impl Nest {
    /// The nest of a statement in a tree; `None` if the tree has no leaf for it.
    pub fn of(
        program: &Program,
        tree: &ScheduleTree,
        statement: StatementId,
        estimates: &Estimates,
    ) -> Option<Self> {
        let path = tree.path(statement)?;
        let band_length = band_length(&path);
        let top = path.len() - band_length;
        let leaves: Vec<&Leaf> = match path.get(top) {
            Some(outermost) => leaves_below(&outermost.body),
            None => Vec::new(),
        };
        let mut accesses = Vec::new();
        for leaf in leaves {
            let body = program.statement(leaf.statement);
            let renamed = |access: &Access| renamed(access, leaf);
            accesses.push((true, renamed(&body.write)));
            accesses.extend(body.reads.iter().map(|read| (false, renamed(read))));
        }
        let views: Vec<LoopView> = path
            .iter()
            .map(|inner| view(program, inner, estimates.trips(statement, &inner.name), &accesses))
            .collect();
        let (outer, band) = views.split_at(top);
        let mut arrays: Vec<_> = accesses.iter().map(|(_, access)| access.array).collect();
        arrays.sort_unstable();
        arrays.dedup();
        let bytes = |array| program.array(array).element.bytes();
        Some(Self {
            statement,
            outer: outer.to_vec(),
            band: band.to_vec(),
            element_bytes: arrays.iter().map(|array| bytes(*array)).max().unwrap_or(8),
            footprint: arrays
                .iter()
                .map(|array| (program.elements(*array).unwrap_or(0) * bytes(*array)) as f64)
                .sum(),
            instances: estimates.instances(statement),
        })
    }

    /// Whether a loop of the band, or a vector or jammed loop around it, has a mark already.
    pub fn is_treated(&self) -> bool {
        self.band.iter().any(|inner| inner.mark != Mark::Sequential)
            || self
                .outer
                .iter()
                .any(|outer| !matches!(outer.mark, Mark::Sequential | Mark::Parallel))
    }

    /// Whether threads are already used around or in the nest.
    pub fn is_parallel(&self) -> bool {
        self.outer.iter().chain(&self.band).any(|inner| inner.mark == Mark::Parallel)
    }

    /// Whether another nest may be treated in the same way: as many loops, the same roles, trip
    /// counts within a factor of two.
    pub fn resembles(&self, other: &Nest) -> bool {
        self.outer.len() == other.outer.len()
            && self.band.len() == other.band.len()
            && self.element_bytes == other.element_bytes
            && self.band.iter().zip(&other.band).all(|(left, right)| {
                left.reduces == right.reduces
                    && (left.contiguous >= left.strided) == (right.contiguous >= right.strided)
                    && (0.5..=2.0).contains(&(left.trips / right.trips.max(1.0)))
            })
    }
}

/// How many innermost loops of a path form a chain.
fn band_length(path: &[&TreeLoop]) -> usize {
    let mut length = path.len().min(1);
    for outer in path.iter().rev().skip(1) {
        if outer.body.len() != 1 {
            break;
        }
        length += 1;
    }
    length
}

fn leaves_below(nodes: &[Node]) -> Vec<&Leaf> {
    let mut leaves = Vec::new();
    for node in nodes {
        match node {
            Node::Leaf(leaf) => leaves.push(leaf),
            Node::Loop(inner) => leaves.extend(leaves_below(&inner.body)),
        }
    }
    leaves
}

/// The access over loop variables instead of the statement's iterators.
fn renamed(access: &Access, leaf: &Leaf) -> Access {
    let value = |variable: Variable| match variable {
        Variable::Iterator(depth) => {
            leaf.iterators.get(depth as usize).cloned().unwrap_or_default()
        }
        other => Affine::variable(other),
    };
    Access {
        array: access.array,
        subscripts: access.subscripts.iter().map(|affine| affine.substitute(value)).collect(),
    }
}

fn view(program: &Program, inner: &TreeLoop, trips: f64, accesses: &[(bool, Access)]) -> LoopView {
    let variable = inner.id.variable();
    let mut view = LoopView {
        id: inner.id,
        name: inner.name.clone(),
        mark: inner.mark,
        trips,
        still: 0,
        contiguous: 0,
        strided: 0,
        reduces: !accesses.is_empty(),
        reused: 0,
    };
    for (writes, access) in accesses {
        let weight = if *writes { 2 } else { 1 };
        let moves = access.subscripts.iter().any(|subscript| subscript.mentions(variable));
        if *writes && moves {
            view.reduces = false;
        }
        match stride(program, access, variable) {
            Some(0) if !moves => {
                view.still += weight;
                view.reused += usize::from(!writes);
            }
            Some(1) => view.contiguous += weight,
            _ => view.strided += weight,
        }
    }
    view
}

/// By how many elements an access moves when the variable grows by one.
fn stride(program: &Program, access: &Access, variable: Variable) -> Option<i64> {
    let extents = program.extents(access.array)?;
    let mut sum: i64 = 0;
    for (subscript, extent) in access.subscripts.iter().zip(extents) {
        sum = sum.checked_mul(extent)?.checked_add(subscript.coefficient(variable))?;
    }
    Some(sum)
}
