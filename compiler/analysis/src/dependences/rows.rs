//! The rows of a question about two statements' instances: subscripts that are equal, order, distances.

use super::DependenceError;
use crate::Level;
use crate::system::{Echelon, System};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, Variable};
use loopwright_isl::ConstraintRow;

/// Where the variables of the two statements and the parameters stand.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) source: usize,
    pub(super) destination: usize,
    pub(super) parameters: usize,
}

impl Columns {
    pub(super) fn total(self) -> usize {
        self.source + self.destination + self.parameters
    }

    pub(super) fn of(self, variable: Variable, in_destination: bool) -> Option<usize> {
        match variable {
            Variable::Iterator(depth) if in_destination => {
                let depth = depth as usize;
                (depth < self.destination).then_some(self.source + depth)
            }
            Variable::Iterator(depth) => {
                let depth = depth as usize;
                (depth < self.source).then_some(depth)
            }
            Variable::Parameter(position) => {
                let position = position as usize;
                (position < self.parameters).then_some(self.source + self.destination + position)
            }
            Variable::Loop(_) => None,
        }
    }
}

pub(super) fn stray() -> DependenceError {
    DependenceError::Malformed(
        "a domain or subscript mentions what is not an iterator or parameter".to_owned(),
    )
}

/// That a subscript of the source, and `off`, is one of the destination; `None` where it is that anyhow.
pub(super) fn equal_subscripts(
    columns: Columns,
    source: &Affine,
    destination: &Affine,
    off: i64,
) -> Result<Option<ConstraintRow>, DependenceError> {
    let mut row = ConstraintRow::zero(vec![0; columns.total()], 0);
    row.constant = source
        .constant_term()
        .checked_add(off)
        .and_then(|constant| constant.checked_sub(destination.constant_term()))
        .ok_or_else(stray)?;
    for (affine, in_destination, sign) in [(source, false, 1), (destination, true, -1)] {
        for &(variable, coefficient) in affine.terms() {
            let entry = columns
                .of(variable, in_destination)
                .and_then(|column| row.coefficients.get_mut(column))
                .ok_or_else(stray)?;
            *entry = coefficient
                .checked_mul(sign)
                .and_then(|value| entry.checked_add(value))
                .ok_or_else(stray)?;
        }
    }
    let says = row.constant != 0 || row.coefficients.iter().any(|value| *value != 0);
    Ok(says.then_some(row))
}

pub(super) fn add_order(system: &mut System, columns: Columns, level: Level, common: usize) {
    let equal = match level {
        Level::Carried(depth) => depth,
        Level::Independent => common,
    };
    for depth in 0..equal {
        let row = system.difference(columns.source + depth, depth, 0, true);
        system.rows.push(row);
    }
    if let Level::Carried(depth) = level {
        let least = if planted(Fault::DistanceTwo) { -2 } else { -1 };
        let row = system.difference(columns.source + depth, depth, least, false);
        system.rows.push(row);
    }
}

pub(super) fn distances(system: &System, columns: Columns, common: usize) -> Vec<Option<i64>> {
    let echelon = Echelon::new(system);
    (0..common)
        .map(|depth| {
            let row = system.difference(columns.source + depth, depth, 0, false);
            echelon.as_ref()?.constant(&row)
        })
        .collect()
}

/// Sorted and without repetition, so that equal conjunctions look equal.
pub(super) fn canonical(mut rows: Vec<ConstraintRow>) -> Vec<ConstraintRow> {
    for row in &mut rows {
        let first = row.coefficients.iter().find(|value| **value != 0);
        if row.equality && first.is_some_and(|value| *value < 0) {
            for value in row.coefficients.iter_mut().chain([&mut row.constant]) {
                *value = value.saturating_neg();
            }
        }
    }
    rows.sort_unstable_by(|left, right| {
        (&left.coefficients, left.constant, left.equality).cmp(&(
            &right.coefficients,
            right.constant,
            right.equality,
        ))
    });
    rows.dedup();
    rows
}
