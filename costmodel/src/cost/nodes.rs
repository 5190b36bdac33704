//! A loop tree made ready for questions about numbers: every expression over the loops around, by position.
//!
//! Nodes stand in the order of the text, so that what is inside of a node is the range behind it. A condition becomes
//! one node for each of its sides, a pack becomes its copies and its body. Storage is numbered: the program's arrays
//! first, then one buffer for each pack.

use loopwright_ir::{Affine, Bound, Constraint, Expression, LoopTree, LoopTreeNode, Mark, Pack};
use loopwright_ir::{Access, Program, StatementId, Variable};
use std::ops::Range;

/// Value that stands for a parameter whose value is not known.
const UNKNOWN_PARAMETER: i64 = 1000;

/// A sum of loops' variables, each by how many loops are around its own, and a constant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linear {
    pub terms: Vec<(usize, i64)>,
    pub constant: i64,
}

impl Linear {
    /// The value where the variables have these values.
    pub fn at(&self, values: &[i64]) -> i64 {
        self.terms.iter().fold(self.constant, |sum, (depth, factor)| {
            sum.saturating_add(factor.saturating_mul(values.get(*depth).copied().unwrap_or(0)))
        })
    }

    /// The least and the greatest value where each variable lies in its range.
    pub fn range(&self, ranges: &[(i64, i64)]) -> (i64, i64) {
        let mut sum = (self.constant, self.constant);
        for (depth, factor) in &self.terms {
            let (low, high) = ranges.get(*depth).copied().unwrap_or((0, 0));
            let (low, high) = if *factor < 0 { (high, low) } else { (low, high) };
            sum.0 = sum.0.saturating_add(factor.saturating_mul(low));
            sum.1 = sum.1.saturating_add(factor.saturating_mul(high));
        }
        sum
    }

    /// What it grows by with a loop's variable.
    pub fn coefficient(&self, depth: usize) -> i64 {
        self.terms.iter().find(|(known, _)| *known == depth).map_or(0, |(_, factor)| *factor)
    }
}

/// A loop's bound over the loops around it.
#[derive(Clone, Debug)]
pub enum Limit {
    Quotient(Linear, i64),
    Minimum(Vec<Limit>),
    Maximum(Vec<Limit>),
}

impl Limit {
    pub fn at(&self, up: bool, values: &[i64]) -> i64 {
        self.of(up, &|linear| linear.at(values))
    }

    /// Its least value, where the variables lie in ranges.
    pub fn least(&self, up: bool, ranges: &[(i64, i64)]) -> i64 {
        self.of(up, &|linear| linear.range(ranges).0)
    }

    /// Its greatest value.
    pub fn greatest(&self, up: bool, ranges: &[(i64, i64)]) -> i64 {
        self.of(up, &|linear| linear.range(ranges).1)
    }

    fn of(&self, up: bool, value: &dyn Fn(&Linear) -> i64) -> i64 {
        match self {
            Self::Quotient(linear, 1) => value(linear),
            Self::Quotient(linear, divisor) if up => {
                value(linear).saturating_neg().div_euclid(*divisor).saturating_neg()
            }
            Self::Quotient(linear, divisor) => value(linear).div_euclid(*divisor),
            Self::Minimum(parts) => {
                parts.iter().map(|part| part.of(up, value)).min().unwrap_or(0)
            }
            Self::Maximum(parts) => {
                parts.iter().map(|part| part.of(up, value)).max().unwrap_or(0)
            }
        }
    }

    /// How fast it changes with a loop's variable, at most.
    pub fn slope(&self, depth: usize) -> f64 {
        match self {
            Self::Quotient(linear, divisor) => {
                linear.coefficient(depth).unsigned_abs() as f64 / *divisor as f64
            }
            Self::Minimum(parts) | Self::Maximum(parts) => {
                parts.iter().map(|part| part.slope(depth)).fold(0.0, f64::max)
            }
        }
    }
}

/// A condition over the loops around.
#[derive(Clone, Debug)]
pub struct Condition {
    pub linear: Linear,
    pub equality: bool,
}

impl Condition {
    pub fn holds(&self, values: &[i64]) -> bool {
        let value = self.linear.at(values);
        if self.equality { value == 0 } else { value >= 0 }
    }
}

/// Accesses of one statement, or of a copy, to one storage that differ in constants only.
#[derive(Clone, Debug)]
pub struct Group {
    /// Position in [`Nodes::storages`].
    pub storage: usize,
    /// One a dimension; constants are those of the first access.
    pub subscripts: Vec<Linear>,
    /// What the constants of the accesses are beyond that, each dimension's least and greatest.
    pub spread: Vec<(i64, i64)>,
    /// Each distinct access's distance from the first, in elements as they lie in storage.
    pub offsets: Vec<i64>,
    /// The offset that is written.
    pub written: Option<i64>,
    /// The offsets that are read.
    pub read: Vec<i64>,
    /// Elements that each loop's variable moves the address by, by depth.
    pub strides: Vec<i64>,
}

/// An array or a buffer.
#[derive(Clone, Debug)]
pub struct Storage {
    pub element_bytes: f64,
    pub extents: Vec<i64>,
    /// Dimensions from the outermost to the contiguous one.
    pub order: Vec<usize>,
    /// Elements between neighbours in each dimension.
    pub weights: Vec<i64>,
    /// The program's array that it is, or is a copy of.
    pub array: usize,
    /// Whether it is one element in a register.
    pub register: bool,
}

impl Storage {
    fn new(element_bytes: u64, extents: Vec<i64>, order: Vec<usize>, array: usize) -> Self {
        let mut weights = vec![1; extents.len()];
        let mut weight: i64 = 1;
        for dimension in order.iter().rev() {
            if let Some(place) = weights.get_mut(*dimension) {
                *place = weight;
            }
            weight = weight.saturating_mul(extents.get(*dimension).copied().unwrap_or(1).max(1));
        }
        let element_bytes = element_bytes as f64;
        Self { element_bytes, extents, order, weights, array, register: false }
    }

    pub fn bytes(&self) -> f64 {
        self.extents.iter().map(|extent| (*extent).max(1) as f64).product::<f64>() * self.element_bytes
    }
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The whole tree.
    Root,
    Loop { lower: Limit, upper: Limit, mark: Mark, depth: usize, position: usize },
    /// One side of a condition: it runs where all hold, or where one does not.
    Side { conditions: Vec<Condition>, holds: bool },
    Statement { statement: StatementId, iterators: Vec<Linear>, streamed: bool },
    /// A box of an array is copied to a buffer, or back: elements, and whether rows stay rows.
    Copy { elements: f64, row: f64, straight: bool },
}

/// A node with what is inside.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    pub parent: usize,
    /// How many loops are around it.
    pub depth: usize,
    /// The nodes directly inside.
    pub children: Vec<usize>,
    /// Behind the last node inside of it.
    pub end: usize,
    /// Accesses, of statements and copies.
    pub groups: Vec<Group>,
    /// For each read of the statement, its group and its offset.
    pub reads: Vec<(usize, i64)>,
}

/// The whole tree.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    pub program: &'a Program,
    pub list: Vec<Node>,
    pub storages: Vec<Storage>,
}

impl<'a> Nodes<'a> {
    pub fn new(program: &'a Program, tree: &LoopTree) -> Self {
        let storages = (program.arrays.iter().enumerate())
            .map(|(position, array)| {
                let id = loopwright_ir::ArrayId(position);
                let extents = program
                    .extents(id)
                    .unwrap_or_else(|| vec![UNKNOWN_PARAMETER; array.extents.len()]);
                let order = (0..extents.len()).collect();
                Storage::new(array.element.bytes(), extents, order, position)
            })
            .collect();
        let nodes = Self { program, list: Vec::new(), storages };
        let mut build = Build { nodes, variables: Vec::new(), packs: Vec::new(), loops: 0 };
        let root = build.begin(Kind::Root, 0);
        build.all(&tree.roots, root);
        build.end(root);
        build.nodes
    }

    /// The nodes inside of one, itself first.
    pub fn inside(&self, node: usize) -> Range<usize> {
        node..self.list.get(node).map_or(node, |one| one.end)
    }

    pub fn statement(&self, id: StatementId) -> &Expression {
        &self.program.statement(id).body
    }
}

/// A pack that redirects accesses.
struct Redirect<'t> {
    pack: &'t Pack,
    storage: usize,
    origin: Vec<Linear>,
}

struct Build<'a, 't> {
    nodes: Nodes<'a>,
    /// The loops around, by depth.
    variables: Vec<Variable>,
    packs: Vec<Redirect<'t>>,
    loops: usize,
}

impl<'t> Build<'_, 't> {
    fn begin(&mut self, kind: Kind, parent: usize) -> usize {
        let position = self.nodes.list.len();
        self.nodes.list.push(Node {
            kind,
            parent,
            depth: self.variables.len(),
            children: Vec::new(),
            end: position + 1,
            groups: Vec::new(),
            reads: Vec::new(),
        });
        if position > 0
            && let Some(parent) = self.nodes.list.get_mut(parent)
        {
            parent.children.push(position);
        }
        position
    }

    fn end(&mut self, node: usize) {
        let end = self.nodes.list.len();
        if let Some(node) = self.nodes.list.get_mut(node) {
            node.end = end;
        }
    }

    fn all(&mut self, nodes: &'t [LoopTreeNode], parent: usize) {
        for node in nodes {
            self.node(node, parent);
        }
    }

    fn node(&mut self, node: &'t LoopTreeNode, parent: usize) {
        match node {
            LoopTreeNode::For(inner) => {
                let (lower, upper) = (self.limit(&inner.lower), self.limit(&inner.upper));
                let (mark, depth) = (inner.mark_in_effect(), self.variables.len());
                let position = self.loops;
                self.loops += 1;
                let kind = Kind::Loop { lower, upper, mark, depth, position };
                let place = self.begin(kind, parent);
                self.variables.push(inner.id.variable());
                self.all(&inner.body, place);
                self.variables.pop();
                self.end(place);
            }
            LoopTreeNode::If { conditions, body, otherwise } => {
                let conditions: Vec<Condition> =
                    conditions.iter().map(|condition| self.condition(condition)).collect();
                for (side, holds) in [(body, true), (otherwise, false)] {
                    if !side.is_empty() {
                        let conditions = conditions.clone();
                        let place = self.begin(Kind::Side { conditions, holds }, parent);
                        self.all(side, place);
                        self.end(place);
                    }
                }
            }
            LoopTreeNode::Pack(pack) => self.pack(pack, parent),
            LoopTreeNode::Statement(instance) => {
                let statement = self.nodes.program.statement(instance.statement);
                let iterators: Vec<Linear> =
                    instance.iterators.iter().map(|value| self.linear(value)).collect();
                let mut groups = Vec::new();
                let (written, offset) =
                    self.access(instance.statement, &statement.write, true, &iterators, &mut groups);
                if let Some(group) = groups.get_mut(written) {
                    group.written = Some(offset);
                }
                let mut reads = Vec::new();
                for access in &statement.reads {
                    let place = self.access(instance.statement, access, false, &iterators, &mut groups);
                    if let Some(group) = groups.get_mut(place.0)
                        && !group.read.contains(&place.1)
                    {
                        group.read.push(place.1);
                    }
                    reads.push(place);
                }
                let streamed = instance.streamed;
                let kind = Kind::Statement { statement: instance.statement, iterators, streamed };
                let place = self.begin(kind, parent);
                if let Some(node) = self.nodes.list.get_mut(place) {
                    node.groups = groups;
                    node.reads = reads;
                }
            }
        }
    }

    fn pack(&mut self, pack: &'t Pack, parent: usize) {
        let program = self.nodes.program;
        let array = program.array(pack.array);
        let origin: Vec<Linear> = pack.origin.iter().map(|value| self.linear(value)).collect();
        let extents: Vec<i64> =
            pack.extents.iter().map(|extent| self.linear(extent).constant.max(1)).collect();
        let storage = self.nodes.storages.len();
        let mut buffer =
            Storage::new(array.element.bytes(), extents.clone(), pack.order.clone(), pack.array.0);
        buffer.register = pack.register;
        self.nodes.storages.push(buffer);
        if pack.copy_in {
            self.copy(pack, &origin, storage, parent, true);
        }
        self.packs.push(Redirect { pack, storage, origin: origin.clone() });
        self.all(&pack.body, parent);
        self.packs.pop();
        if pack.copy_out {
            self.copy(pack, &origin, storage, parent, false);
        }
    }

    /// The elements of a box, read from one storage and written to the other.
    fn copy(&mut self, pack: &Pack, origin: &[Linear], buffer: usize, parent: usize, into: bool) {
        let around = self.redirected(pack.array.0, None).map_or(pack.array.0, |one| one.storage);
        let outside = match &pack.reads {
            Some(_) => pack.array.0,
            None => around,
        };
        let (Some(from), Some(to)) =
            (self.nodes.storages.get(outside), self.nodes.storages.get(buffer))
        else {
            return;
        };
        let box_of = |storage: &Storage, subscripts: Vec<Linear>, at: usize, written: bool| Group {
            storage: at,
            spread: to.extents.iter().map(|extent| (0, extent - 1)).collect(),
            subscripts,
            offsets: vec![0],
            written: written.then_some(0),
            read: if written { Vec::new() } else { vec![0] },
            strides: vec![0; storage.weights.len()],
        };
        let zero = vec![Linear::default(); to.extents.len()];
        let groups = vec![
            box_of(from, origin.to_vec(), outside, !into),
            box_of(to, zero, buffer, into),
        ];
        let elements = to.extents.iter().map(|extent| *extent as f64).product();
        let last = to.order.last().copied();
        let row = last.and_then(|last| to.extents.get(last)).copied().unwrap_or(1) as f64;
        let straight = last == from.order.last().copied();
        let kind = Kind::Copy { elements, row, straight };
        let place = self.begin(kind, parent);
        if let Some(node) = self.nodes.list.get_mut(place) {
            node.groups = groups;
        }
    }

    /// The innermost pack that an access of the array goes to.
    fn redirected(&self, array: usize, of: Option<(StatementId, &Access, bool)>) -> Option<&Redirect<'t>> {
        self.packs.iter().rev().find(|one| match of {
            Some((statement, access, write)) => one.pack.takes(statement, access, write),
            None => one.pack.array.0 == array && one.pack.reads.is_none(),
        })
    }

    /// Puts an access into a group, and says into which and at which offset.
    fn access(
        &self,
        id: StatementId,
        access: &Access,
        write: bool,
        iterators: &[Linear],
        groups: &mut Vec<Group>,
    ) -> (usize, i64) {
        let pack = self.redirected(access.array.0, Some((id, access, write)));
        let storage = pack.map_or(access.array.0, |one| one.storage);
        let subscripts: Vec<Linear> = (access.subscripts.iter().enumerate())
            .map(|(dimension, subscript)| {
                let mut value = self.composed(subscript, iterators);
                if let Some(origin) = pack.and_then(|one| one.origin.get(dimension)) {
                    value = sum(&value, origin, -1);
                }
                value
            })
            .collect();
        let weights = self.nodes.storages.get(storage).map_or(&[][..], |one| one.weights.as_slice());
        let same = groups.iter().position(|group| {
            let terms = group.subscripts.iter().map(|one| &one.terms);
            group.storage == storage && terms.eq(subscripts.iter().map(|one| &one.terms))
        });
        let position = same.unwrap_or_else(|| {
            let strides = (0..self.variables.len())
                .map(|depth| {
                    let moves = subscripts.iter().map(|one| one.coefficient(depth));
                    moves.zip(weights).map(|(move_, weight)| move_.saturating_mul(*weight)).sum()
                })
                .collect();
            groups.push(Group {
                storage,
                spread: vec![(0, 0); subscripts.len()],
                subscripts: subscripts.clone(),
                offsets: Vec::new(),
                written: None,
                read: Vec::new(),
                strides,
            });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(position) else { return (0, 0) };
        let mut offset: i64 = 0;
        for ((one, first), (spread, weight)) in
            subscripts.iter().zip(&group.subscripts).zip(group.spread.iter_mut().zip(weights))
        {
            let distance = one.constant.saturating_sub(first.constant);
            *spread = (spread.0.min(distance), spread.1.max(distance));
            offset = offset.saturating_add(distance.saturating_mul(*weight));
        }
        if !group.offsets.contains(&offset) {
            group.offsets.push(offset);
        }
        (position, offset)
    }

    /// An expression over a statement's iterators as one over the loops around.
    fn composed(&self, affine: &Affine, iterators: &[Linear]) -> Linear {
        let mut value = Linear { terms: Vec::new(), constant: affine.constant_term() };
        for (variable, factor) in affine.terms() {
            let part = match variable {
                Variable::Iterator(depth) => iterators.get(*depth as usize).cloned(),
                other => Some(self.variable(*other)),
            };
            value = sum(&value, &part.unwrap_or_default(), *factor);
        }
        value
    }

    fn linear(&self, affine: &Affine) -> Linear {
        self.composed(affine, &[])
    }

    fn variable(&self, variable: Variable) -> Linear {
        if let Variable::Parameter(position) = variable {
            let value = self.nodes.program.parameter_value(position).unwrap_or(UNKNOWN_PARAMETER);
            return Linear { terms: Vec::new(), constant: value };
        }
        match self.variables.iter().rposition(|known| *known == variable) {
            Some(depth) => Linear { terms: vec![(depth, 1)], constant: 0 },
            None => Linear::default(),
        }
    }

    fn limit(&self, bound: &Bound) -> Limit {
        let list = |parts: &[Bound]| parts.iter().map(|part| self.limit(part)).collect();
        match bound {
            Bound::Quotient { affine, divisor } => {
                Limit::Quotient(self.linear(affine), (*divisor).max(1))
            }
            Bound::Minimum(parts) => Limit::Minimum(list(parts)),
            Bound::Maximum(parts) => Limit::Maximum(list(parts)),
        }
    }

    fn condition(&self, condition: &Constraint) -> Condition {
        Condition { linear: self.linear(&condition.affine), equality: condition.equality }
    }
}

/// `left + factor * right`.
fn sum(left: &Linear, right: &Linear, factor: i64) -> Linear {
    let mut result = left.clone();
    result.constant = result.constant.saturating_add(factor.saturating_mul(right.constant));
    for (depth, coefficient) in &right.terms {
        let more = factor.saturating_mul(*coefficient);
        match result.terms.iter_mut().find(|(known, _)| known == depth) {
            Some((_, known)) => *known = known.saturating_add(more),
            None => result.terms.push((*depth, more)),
        }
    }
    result.terms.retain(|(_, coefficient)| *coefficient != 0);
    result.terms.sort_unstable();
    result
}
