//! How far apart two dependent instances lie along a row of an affine order.

use loopwright_analysis::{ConstraintRow, Polyhedron, Row, within_proofs};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The work for one distance; what is not known by then has no bound.
const PROOFS: u64 = 100_000;

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
