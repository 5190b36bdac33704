//! Orders of a nest's loops: which one is the vector, which is innermost.
//!
//! The loop that most accesses follow contiguously becomes the vector. A nest that sums up has its
//! reduction loops innermost, *inside* the vector loop, so that the sums stay in registers:
//! `(…, i, j vector, k)`. Otherwise the vector loop is innermost.

use super::Ranked;
use super::nest::Nest;
use crate::{Ground, Point};
use loopwright_ir::Step;

/// The band's loops in a new order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// Positions in the old band, outermost first.
    pub positions: Vec<usize>,
    /// The position in the old band of the loop that becomes the vector.
    pub vector: Option<usize>,
}

/// The orders worth trying.
pub fn orders(nest: &Nest) -> Vec<Ranked<Order>> {
    let original: Vec<usize> = (0..nest.band.len()).collect();
    let reductions: Vec<usize> =
        select(nest, |position| nest.band.get(position).is_some_and(|inner| inner.reduces));
    let mut orders: Vec<Ranked<Order>> = Vec::new();
    let mut add = |positions: Vec<usize>, vector, rank| {
        let order = Order { positions, vector };
        if !orders.iter().any(|other| other.choice == order) {
            orders.push(Ranked::new(order, rank));
        }
    };
    for (preference, vector) in vector_choices(nest).into_iter().enumerate() {
        let late = 2 * u32::try_from(preference).unwrap_or(u32::MAX / 4);
        let rest: Vec<usize> =
            original.iter().copied().filter(|position| *position != vector).collect();
        let with_vector_last = [rest.as_slice(), &[vector]].concat();
        if !reductions.is_empty() {
            let outside: Vec<usize> =
                rest.iter().copied().filter(|position| !reductions.contains(position)).collect();
            let positions = [outside.as_slice(), &[vector], &reductions].concat();
            add(positions, Some(vector), late);
        }
        add(with_vector_last, Some(vector), late + if reductions.is_empty() { 0 } else { 1 });
        add(original.clone(), Some(vector), late + 2);
    }
    let outside: Vec<usize> =
        original.iter().copied().filter(|position| !reductions.contains(position)).collect();
    add([outside, reductions].concat(), None, 3);
    add(original, None, 4);
    orders
}

fn select(nest: &Nest, keep: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..nest.band.len()).filter(|position| keep(*position)).collect()
}

/// Loops that could be the vector, the best first: what they access is mostly contiguous or still,
/// and they do not sum up.
fn vector_choices(nest: &Nest) -> Vec<usize> {
    let score = |position: usize| {
        nest.band.get(position).map_or(i64::MIN, |inner| {
            let count = |number: usize| i64::try_from(number).unwrap_or(0);
            2 * count(inner.contiguous) + count(inner.still) - 3 * count(inner.strided)
        })
    };
    let mut choices = select(nest, |position| {
        nest.band.get(position).is_some_and(|inner| {
            !inner.reduces && inner.contiguous > 0 && inner.trips >= 4.0 && score(position) > -4
        })
    });
    choices.sort_by_key(|position| std::cmp::Reverse((score(*position), *position)));
    choices.truncate(2);
    choices
}

impl Order {
    /// Interchanges that bring the loops, named in their old order, into this one.
    pub fn apply(
        &self,
        ground: &Ground<'_>,
        point: &Point,
        statement: &str,
        loops: &[String],
    ) -> Option<Point> {
        let mut current: Vec<usize> = (0..loops.len()).collect();
        let mut point = point.clone();
        for (place, wanted) in self.positions.iter().enumerate() {
            let found = current.iter().position(|position| position == wanted)?;
            // Moved outwards one loop at a time, which keeps the order of the others.
            for at in (place..found).rev() {
                let step = Step::Interchange {
                    statement: statement.to_owned(),
                    outer: loops.get(*current.get(at)?)?.clone(),
                    inner: loops.get(*wanted)?.clone(),
                };
                point = ground.apply(&point, step)?;
                current.swap(at, at + 1);
            }
        }
        Some(point)
    }

    /// The innermost loop's position in the old band.
    pub fn innermost(&self) -> Option<usize> {
        self.positions.last().copied()
    }
}
