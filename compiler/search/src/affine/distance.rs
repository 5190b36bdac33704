//! How far apart two dependent instances lie along a row of an affine order.

use loopwright_analysis::{ConstraintRow, Polyhedron, Row, within_proofs};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The work for one distance; what is not known by then has no bound.
const PROOFS: u64 = 100_000;

/// With more rows than this a projection is given up: each new row is compared with all others.
const MOST_ROWS: usize = 600;

/// The least and the greatest distance; `None` where there is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    pub least: Option<i64>,
    pub greatest: Option<i64>,
}

/// Pairs of instances: the columns are the source's iterators, the destination's, and the parameters.
pub type Pairs = Arc<[ConstraintRow]>;

/// Which pairs, along which coefficients of source and destination.
type Question = (usize, Vec<i64>, Vec<i64>);

/// The distances of pairs of instances, remembered by what they were asked for.
#[derive(Clone)]
pub struct Distances {
    pairs: Vec<Pairs>,
    known: RefCell<HashMap<Question, Distance>>,
}

impl Distances {
    pub fn new(pairs: Vec<Pairs>) -> Self {
        Self { pairs, known: RefCell::default() }
    }

    /// The distance of a dependence along `destination · y - source · x`, without shifts.
    pub fn of(&self, position: usize, source: &[i64], destination: &[i64]) -> Distance {
        let key = (position, source.to_vec(), destination.to_vec());
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let unbounded = Distance { least: None, greatest: None };
        let found = self.pairs.get(position).map_or(unbounded, |pairs| {
            within_proofs(PROOFS, || along(pairs, source, destination)).0
        });
        self.known.borrow_mut().insert(key, found);
        found
    }
}

/// Projects the pairs of instances onto the difference.
fn along(pairs: &[ConstraintRow], source: &[i64], destination: &[i64]) -> Distance {
    let width = pairs.iter().map(|row| row.coefficients.len()).max().unwrap_or(0);
    let width = width.max(source.len() + destination.len());
    let mut coefficients = vec![0; width + 1];
    for (place, value) in coefficients.iter_mut().zip(source) {
        *place = *value;
    }
    for (place, value) in coefficients.iter_mut().skip(source.len()).zip(destination) {
        *place = -*value;
    }
    if let Some(last) = coefficients.last_mut() {
        *last = 1;
    }
    let rows = pairs.iter().map(|row| {
        let mut coefficients = row.coefficients.clone();
        coefficients.resize(width + 1, 0);
        Row { coefficients, constant: row.constant, equality: row.equality }
    });
    let difference = Row { coefficients, constant: 0, equality: true };
    let mut polyhedron = Polyhedron::new(width + 1, rows.chain([difference]));
    for column in 0..width {
        let too_many = |of: &Polyhedron| {
            let growth = of.growth(column).unwrap_or(0);
            of.rows().len().saturating_add_signed(growth) > MOST_ROWS
        };
        if too_many(&polyhedron) {
            polyhedron = polyhedron.without_redundant_rows();
            if too_many(&polyhedron) {
                return Distance { least: None, greatest: None };
            }
        }
        polyhedron = polyhedron.eliminate(column);
        if polyhedron.has_contradiction() {
            return Distance { least: Some(0), greatest: Some(0) };
        }
    }
    let mut distance = Distance { least: None, greatest: None };
    for row in polyhedron.rows() {
        let factor = row.coefficient(width);
        if factor > 0 || (factor != 0 && row.equality) {
            let least = -row.constant.div_euclid(factor.abs()) * factor.signum();
            let least = if factor > 0 { -(row.constant.div_euclid(factor)) } else { least };
            distance.least = Some(distance.least.map_or(least, |known| known.max(least)));
        }
        if factor < 0 || (factor != 0 && row.equality) {
            let greatest = row.constant.div_euclid(-factor);
            distance.greatest =
                Some(distance.greatest.map_or(greatest, |known| known.min(greatest)));
        }
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// Six loops, each from the one around it: the projection of two instances onto a difference has rows without
    /// number, and took minutes.
    #[test]
    fn a_projection_that_outgrows_its_bound_is_given_up() {
        let depth = 6;
        let mut rows = Vec::new();
        let mut at_least = |terms: &[(usize, i64)], constant: i64| {
            let mut coefficients = vec![0; 2 * depth];
            terms.iter().for_each(|(column, value)| coefficients[*column] = *value);
            rows.push(ConstraintRow { coefficients, constant, equality: false });
        };
        for instance in [0, depth] {
            at_least(&[(instance, 1)], 0);
            at_least(&[(instance, -1)], 2);
            for column in instance + 1..instance + depth {
                at_least(&[(column, 1), (column - 1, -1)], 0);
                at_least(&[(column, -1), (column - 1, 1)], 1);
            }
        }
        let sum: Vec<(usize, i64)> =
            (0..2 * depth).map(|column| (column, if column < depth { 1 } else { -1 })).collect();
        at_least(&sum, 0);
        at_least(&sum.iter().map(|(column, value)| (*column, -value)).collect::<Vec<_>>(), 0);
        let distances = Distances::new(vec![rows.into()]);
        let started = Instant::now();
        for at in 0..depth {
            let lean: Vec<i64> = (0..depth).map(|one| i64::from(one <= at)).collect();
            distances.of(0, &lean, &lean);
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
