//! What recipes are triggered by: trip counts, how accesses move along loops, what depends on what.
//!
//! All of it is of a tree as it stands, so that it is true behind any steps. Nothing is known by name.

use crate::Draft;
use loopwright_ir::{
    Access, Affine, ArrayId, Constraint, Leaf, LeafId, LoopId, LoopTree, LoopTreeNode, Program,
    TreeLoop, Variable,
};
use std::collections::HashMap;

/// Trip counts of the loops of a tree, at the midpoints of the loops around.
#[derive(Clone, Debug, Default)]
pub struct Trips(HashMap<LoopId, f64>);

impl Trips {
    pub fn of(loops: &LoopTree) -> Self {
        let mut trips = HashMap::new();
        walk(&loops.roots, &mut HashMap::new(), &mut trips);
        Self(trips)
    }

    /// The trips of one loop; 1 where it has none.
    pub fn get(&self, id: LoopId) -> f64 {
        self.0.get(&id).copied().unwrap_or(1.0)
    }
}

fn walk(
    nodes: &[LoopTreeNode],
    middles: &mut HashMap<Variable, f64>,
    trips: &mut HashMap<LoopId, f64>,
) {
    for node in nodes {
        match node {
            LoopTreeNode::For(inner) => {
                let middle =
                    |variable: Variable| middles.get(&variable).map_or(0, |value| *value as i64);
                let lower = inner.lower.evaluate(true, &middle).unwrap_or(0) as f64;
                let upper = inner.upper.evaluate(false, &middle).unwrap_or(0) as f64;
                let count = (upper - lower + 1.0).max(0.0);
                // Where a loop was written out several times, the longest is the usual one.
                let known = trips.entry(inner.id).or_insert(0.0);
                *known = known.max(count);
                middles.insert(inner.id.variable(), (lower + upper) / 2.0);
                walk(&inner.body, middles, trips);
            }
            LoopTreeNode::If { body, .. } => walk(body, middles, trips),
            LoopTreeNode::Pack(pack) => walk(&pack.body, middles, trips),
            LoopTreeNode::Statement(_) => {}
        }
    }
}

/// One loop around a leaf.
#[derive(Clone, Debug)]
pub struct LoopFact {
    pub id: LoopId,
    pub name: String,
    pub trips: f64,
    /// How many nodes it has inside.
    pub children: usize,
}

/// One access of a leaf.
#[derive(Clone, Debug)]
pub struct AccessFact {
    pub array: ArrayId,
    pub write: bool,
    /// A read of just what the statement writes.
    pub accumulates: bool,
    /// For each loop of the path, by how many elements the access moves; `None` where that is unknown.
    pub strides: Vec<Option<i64>>,
    /// For each loop of the path, whether any subscript mentions it.
    pub moves: Vec<bool>,
    /// For each loop of the path, which dimensions' subscripts mention it.
    pub along: Vec<Vec<bool>>,
    /// Bytes of an element.
    pub bytes: u64,
    /// Bytes of the array.
    pub size: f64,
    /// As the statement has it.
    pub access: Access,
}

impl AccessFact {
    /// Whether it moves by one element with the loop at a depth.
    pub fn is_contiguous(&self, depth: usize) -> bool {
        self.strides.get(depth).is_some_and(|stride| matches!(stride, Some(1 | -1)))
    }

    /// Whether it moves with the loop at a depth.
    pub fn moves_with(&self, depth: usize) -> bool {
        self.moves.get(depth).copied().unwrap_or(false)
    }
}

/// A leaf with the loops around it and what it accesses.
#[derive(Clone, Debug)]
pub struct LeafFact {
    pub id: LeafId,
    /// As steps name it.
    pub name: String,
    pub path: Vec<LoopFact>,
    pub accesses: Vec<AccessFact>,
    /// How often it runs, roughly.
    pub instances: f64,
    /// Pairs of loops of the path that one constraint of the domain couples.
    pub coupled: Vec<(usize, usize)>,
}

impl LeafFact {
    /// Of a leaf in a tree.
    pub fn of(program: &Program, path: &[&TreeLoop], leaf: &Leaf, trips: &Trips) -> Self {
        let statement = program.statement(leaf.statement);
        let loops: Vec<LoopFact> = path
            .iter()
            .map(|inner| LoopFact {
                id: inner.id,
                name: inner.name.clone(),
                trips: trips.get(inner.id),
                children: inner.body.len(),
            })
            .collect();
        let mut accesses = vec![access(program, leaf, &loops, &statement.write, true, false)];
        accesses.extend(
            statement
                .reads
                .iter()
                .map(|read| access(program, leaf, &loops, read, false, *read == statement.write)),
        );
        let instances = (0..loops.len())
            .filter(|depth| !is_determined(&loops, &leaf.constraints, *depth))
            .map(|depth| loops.get(depth).map_or(1.0, |inner| inner.trips.max(0.0)))
            .product();
        let coupled = coupled(&loops, &leaf.constraints);
        Self {
            id: leaf.id(),
            name: leaf.id().name(program),
            path: loops,
            accesses,
            instances,
            coupled,
        }
    }

    /// The depth of a loop by its name.
    pub fn depth(&self, name: &str) -> Option<usize> {
        self.path.iter().position(|inner| inner.name == name)
    }

    pub fn write(&self) -> &AccessFact {
        &self.accesses[0]
    }

    /// What it reads besides what it writes.
    pub fn operands(&self) -> impl Iterator<Item = &AccessFact> {
        self.accesses.iter().skip(1).filter(|access| !access.accumulates)
    }

    /// Whether it reads what it writes.
    pub fn accumulates(&self) -> bool {
        self.accesses.iter().any(|access| access.accumulates)
    }

    /// Bytes of the largest element that it touches.
    pub fn element_bytes(&self) -> u64 {
        self.accesses.iter().map(|access| access.bytes).max().unwrap_or(8)
    }

    /// Whether one constraint couples two loops.
    pub fn couples(&self, one: usize, other: usize) -> bool {
        self.coupled.contains(&(one.min(other), one.max(other)))
    }

    /// Instances times accesses.
    pub fn work(&self) -> f64 {
        self.instances * self.accesses.len() as f64
    }
}

/// All leaves of a draft.
pub fn leaves(draft: &Draft, trips: &Trips) -> Vec<LeafFact> {
    let all = draft.tree.leaves();
    all.iter().map(|(path, leaf)| LeafFact::of(draft.program(), path, leaf, trips)).collect()
}

fn access(
    program: &Program,
    leaf: &Leaf,
    path: &[LoopFact],
    access: &Access,
    write: bool,
    accumulates: bool,
) -> AccessFact {
    let value = |variable: Variable| match variable {
        Variable::Iterator(depth) => {
            leaf.iterators.get(depth as usize).cloned().unwrap_or_default()
        }
        other => Affine::variable(other),
    };
    let subscripts: Vec<Affine> =
        access.subscripts.iter().map(|subscript| subscript.substitute(value)).collect();
    let extents = program.extents(access.array);
    let stride = |variable: Variable| {
        let extents = extents.as_ref()?;
        let mut sum: i64 = 0;
        for (subscript, extent) in subscripts.iter().zip(extents) {
            sum = sum.checked_mul(*extent)?.checked_add(subscript.coefficient(variable))?;
        }
        Some(sum)
    };
    let moves = |variable| subscripts.iter().any(|subscript| subscript.mentions(variable));
    let along = |variable| {
        subscripts.iter().map(|subscript| subscript.mentions(variable)).collect::<Vec<bool>>()
    };
    let bytes = program.array(access.array).element.bytes();
    AccessFact {
        array: access.array,
        write,
        accumulates,
        strides: path.iter().map(|inner| stride(inner.id.variable())).collect(),
        moves: path.iter().map(|inner| moves(inner.id.variable())).collect(),
        along: path.iter().map(|inner| along(inner.id.variable())).collect(),
        bytes,
        size: program.elements(access.array).unwrap_or(0) as f64 * bytes as f64,
        access: access.clone(),
    }
}

/// Whether an equality gives a loop's iteration by those around it.
fn is_determined(path: &[LoopFact], constraints: &[Constraint], depth: usize) -> bool {
    let mentions = |constraint: &Constraint, depth: usize| {
        path.get(depth).is_some_and(|inner| constraint.affine.mentions(inner.id.variable()))
    };
    constraints.iter().any(|constraint| {
        constraint.equality
            && mentions(constraint, depth)
            && !(depth + 1..path.len()).any(|inner| mentions(constraint, inner))
    })
}

/// Whether an inequality is the sum of two others, or of two and something more.
pub fn follows(wanted: &Constraint, constraints: &[Constraint]) -> bool {
    let others: Vec<&Affine> = constraints
        .iter()
        .filter(|one| !one.equality && *one != wanted)
        .map(|one| &one.affine)
        .collect();
    !wanted.equality
        && others.iter().enumerate().any(|(position, one)| {
            let left = &wanted.affine - *one;
            let mut second = others.iter().skip(position + 1);
            second.any(|other| (&left - *other).as_constant().is_some_and(|more| more >= 0))
        })
}

fn coupled(path: &[LoopFact], constraints: &[Constraint]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for constraint in constraints.iter().filter(|one| !follows(one, constraints)) {
        let within: Vec<usize> = (0..path.len())
            .filter(|depth| {
                path.get(*depth)
                    .is_some_and(|inner| constraint.affine.mentions(inner.id.variable()))
            })
            .collect();
        for (position, outer) in within.iter().enumerate() {
            for inner in within.iter().skip(position + 1) {
                if !pairs.contains(&(*outer, *inner)) {
                    pairs.push((*outer, *inner));
                }
            }
        }
    }
    pairs
}

impl LeafFact {
    /// The dimensions of an accessed array whose subscripts move with the loop at a depth.
    pub fn dimensions_with(&self, access: &AccessFact, depth: usize) -> Vec<usize> {
        let row = access.along.get(depth).cloned().unwrap_or_default();
        (0..row.len()).filter(|dimension| row.get(*dimension) == Some(&true)).collect()
    }
}
