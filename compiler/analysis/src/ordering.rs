//! The pairs of a dependence in terms of a schedule tree's loop variables.

use crate::Dependence;
use crate::elimination::charge;
use crate::footprint::subscript_in_loops;
use crate::system::{Echelon, System};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Leaf, Program, ScheduleTree, StatementId, TreeLoop, Variable};
use loopwright_isl::ConstraintRow;
use std::collections::HashMap;

/// Where a piece of a statement stands in a tree.
pub(crate) struct Place<'a> {
    pub path: Vec<&'a TreeLoop>,
    pub leaf: &'a Leaf,
    /// Among all leaves, in textual order.
    pub position: usize,
    /// Places that differ in nothing but their position have the same: the same loops around, and leaves that
    /// make the same of them.
    pub likeness: usize,
}

/// The places of all statements of a tree, one for each piece.
pub(crate) struct Places<'a> {
    by_statement: Vec<Vec<Place<'a>>>,
}

impl<'a> Places<'a> {
    pub fn new(program: &Program, tree: &'a ScheduleTree) -> Self {
        let mut by_statement: Vec<_> = program.statements.iter().map(|_| Vec::new()).collect();
        let mut kinds = HashMap::new();
        for (position, (path, leaf)) in tree.leaves().into_iter().enumerate() {
            let around = path.last().map(|innermost| std::ptr::from_ref::<TreeLoop>(innermost));
            let next = kinds.len();
            let likeness =
                *kinds.entry((around, &leaf.iterators, &leaf.constraints)).or_insert(next);
            if let Some(entry) = by_statement.get_mut(leaf.statement.0) {
                entry.push(Place { path, leaf, position, likeness });
            }
        }
        Self { by_statement }
    }

    /// All of them, by statement.
    pub fn all(&self) -> impl Iterator<Item = &Place<'a>> {
        self.by_statement.iter().flatten()
    }

    pub fn of(&self, statement: StatementId) -> &[Place<'a>] {
        self.by_statement.get(statement.0).map_or(&[], Vec::as_slice)
    }

    /// Every place of a dependence's source with every place of its destination.
    pub fn pairs(&self, dependence: &Dependence) -> impl Iterator<Item = [&Place<'a>; 2]> {
        let destinations = self.of(dependence.destination);
        let pair = move |source| destinations.iter().map(move |destination| [source, destination]);
        let judged = if planted(Fault::FirstPieceOnly) { 1 } else { usize::MAX };
        self.of(dependence.source).iter().take(judged).flat_map(pair)
    }
}

/// A dependence under a tree: a conjunction with the columns parameters, loop variables of the
/// source's leaf, loop variables of the destination's leaf.
pub(crate) struct OrderedPair<'p, 'a> {
    pub source: &'p Place<'a>,
    pub destination: &'p Place<'a>,
    /// How many loops surround both leaves.
    pub common: usize,
    pub parameters: usize,
    pub system: System,
    echelon: Option<Echelon>,
}

impl<'p, 'a> OrderedPair<'p, 'a> {
    /// `None` when a leaf mentions what it may not, or a number overflows.
    pub fn new(
        program: &Program,
        [source, destination]: [&'p Place<'a>; 2],
        dependence: &Dependence,
    ) -> Option<Self> {
        let common = source
            .path
            .iter()
            .zip(&destination.path)
            .take_while(|(left, right)| left.id == right.id)
            .count();
        let parameters = program.parameters.len();
        let mut system = System::new(parameters + source.path.len() + destination.path.len());
        let own = source.leaf.constraints.len() + destination.leaf.constraints.len();
        charge(own + dependence.constraints.len(), system.columns);
        for (place, first) in [(source, parameters), (destination, parameters + source.path.len())]
        {
            for constraint in &place.leaf.constraints {
                system.add(constraint, |variable| column(variable, place, first, parameters))?;
            }
        }
        let mut pair = Self { source, destination, common, parameters, system, echelon: None };
        for row in dependence.constraints.iter() {
            let row = pair.substituted(row)?;
            pair.system.rows.push(row);
        }
        pair.echelon = Echelon::new(&pair.system);
        Some(pair)
    }

    /// A row over iterators and parameters in terms of the loop variables.
    fn substituted(&self, row: &ConstraintRow) -> Option<ConstraintRow> {
        let mut result = ConstraintRow {
            coefficients: vec![0; self.system.columns],
            constant: row.constant,
            equality: row.equality,
        };
        let source = &self.source.leaf.iterators;
        let destination = &self.destination.leaf.iterators;
        let iterators = source.len() + destination.len();
        if row.coefficients.len() != iterators + self.parameters {
            return None;
        }
        for (index, &factor) in row.coefficients.iter().enumerate() {
            if factor == 0 {
                continue;
            }
            let (affine, place, first) = if let Some(affine) = source.get(index) {
                (affine, self.source, self.parameters)
            } else if let Some(affine) = destination.get(index - source.len()) {
                (affine, self.destination, self.parameters + self.source.path.len())
            } else {
                let entry = result.coefficients.get_mut(index - iterators)?;
                *entry = entry.checked_add(factor)?;
                continue;
            };
            add_affine(&mut result, factor, affine, |variable| {
                column(variable, place, first, self.parameters)
            })?;
        }
        Some(result)
    }

    /// That an expression of the source's iterators and one of the destination's are equal.
    pub fn equal(&self, source: &Affine, destination: &Affine) -> Option<ConstraintRow> {
        let mut row = ConstraintRow::zero(vec![0; self.system.columns], 0);
        let sides = [
            (source, self.source, self.parameters, 1),
            (destination, self.destination, self.parameters + self.source.path.len(), -1),
        ];
        for (affine, place, first, factor) in sides {
            let affine = subscript_in_loops(affine, place.leaf);
            add_affine(&mut row, factor, &affine, |variable| {
                column(variable, place, first, self.parameters)
            })?;
        }
        Some(row)
    }

    /// `destination's variable - source's variable` of the common loop at `depth`, times `sign`,
    /// plus `constant`, as a constraint.
    pub fn difference(
        &self,
        depth: usize,
        sign: i64,
        constant: i64,
        equality: bool,
    ) -> ConstraintRow {
        let source = self.parameters + depth;
        let destination = self.parameters + self.source.path.len() + depth;
        if sign > 0 {
            self.system.difference(destination, source, constant, equality)
        } else {
            self.system.difference(source, destination, constant, equality)
        }
    }

    /// That the destination's variable at `depth + 1` is less than the source's at `depth`.
    pub fn behind(&self, depth: usize) -> ConstraintRow {
        let source = self.parameters + depth;
        let destination = self.parameters + self.source.path.len() + depth + 1;
        self.system.difference(source, destination, -1, false)
    }

    /// That difference where it is the same for all pairs.
    pub fn constant_difference(&self, depth: usize) -> Option<i64> {
        self.echelon.as_ref()?.constant(&self.difference(depth, 1, 0, false))
    }
}

pub(crate) fn column(
    variable: Variable,
    place: &Place<'_>,
    first: usize,
    parameters: usize,
) -> Option<usize> {
    match variable {
        Variable::Parameter(position) => {
            let position = position as usize;
            (position < parameters).then_some(position)
        }
        Variable::Loop(id) => {
            place.path.iter().position(|inner| inner.id.0 == id).map(|depth| first + depth)
        }
        Variable::Iterator(_) => None,
    }
}

fn add_affine(
    row: &mut ConstraintRow,
    factor: i64,
    affine: &Affine,
    column_of: impl Fn(Variable) -> Option<usize>,
) -> Option<()> {
    let constant = factor.checked_mul(affine.constant_term())?;
    row.constant = row.constant.checked_add(constant)?;
    for &(variable, coefficient) in affine.terms() {
        let entry = row.coefficients.get_mut(column_of(variable)?)?;
        *entry = entry.checked_add(factor.checked_mul(coefficient)?)?;
    }
    Some(())
}
