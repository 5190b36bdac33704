//! From a loop tree to its [`Nodes`].

use super::linear::{Condition, Limit, Linear, sum};
use super::nodes::{Group, Kind, Node, Nodes, Storage};
use loopwright_ir::{Access, Affine, Bound, Constraint, LoopTree, LoopTreeNode, Pack, Program};
use loopwright_ir::{StatementId, Variable};

/// Value that stands for a parameter whose value is not known.
const UNKNOWN_PARAMETER: i64 = 1000;

impl<'a> Nodes<'a> {
    /// Looks at a tree of a specialised program.
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

    /// A line for each node, with how deep it stands, and whether it is a loop.
    pub fn lines(program: &Program, tree: &LoopTree) -> Vec<(usize, String)> {
        let names = tree.names(program);
        let mut lines = vec![(0, "all".to_owned())];
        lines_of(&tree.roots, program, &names, 1, &mut lines);
        lines
    }
}

fn lines_of(
    nodes: &[LoopTreeNode],
    program: &Program,
    names: &dyn Fn(Variable) -> String,
    depth: usize,
    lines: &mut Vec<(usize, String)>,
) {
    for node in nodes {
        let line = node.line(program, names);
        match node {
            LoopTreeNode::Pack(pack) => {
                if pack.copy_in {
                    lines.push((depth, format!("{line}: copy in")));
                }
                lines_of(&pack.body, program, names, depth, lines);
                if pack.copy_out {
                    lines.push((depth, format!("{line}: copy out")));
                }
            }
            LoopTreeNode::If { body, otherwise, .. } => {
                for (side, text) in [(body, line), (otherwise, "else".to_owned())] {
                    if !side.is_empty() {
                        lines.push((depth, text));
                        lines_of(side, program, names, depth + 1, lines);
                    }
                }
            }
            LoopTreeNode::For(inner) => {
                lines.push((depth, line));
                lines_of(&inner.body, program, names, depth + 1, lines);
            }
            LoopTreeNode::Statement(_) => lines.push((depth, line)),
        }
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
                let (written, offset) = self.access(
                    instance.statement,
                    &statement.write,
                    true,
                    &iterators,
                    &mut groups,
                );
                if let Some(group) = groups.get_mut(written) {
                    group.written = Some(offset);
                }
                let mut reads = Vec::new();
                for access in &statement.reads {
                    let place =
                        self.access(instance.statement, access, false, &iterators, &mut groups);
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
        let groups =
            vec![box_of(from, origin.to_vec(), outside, !into), box_of(to, zero, buffer, into)];
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
    fn redirected(
        &self,
        array: usize,
        of: Option<(StatementId, &Access, bool)>,
    ) -> Option<&Redirect<'t>> {
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
        let weights =
            self.nodes.storages.get(storage).map_or(&[][..], |one| one.weights.as_slice());
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
