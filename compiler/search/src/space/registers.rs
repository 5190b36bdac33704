//! Register tiles: the vector loop, how many vectors of it, and a loop that is unrolled and jammed.
//!
//! With a reduction innermost, `jam × vectors` accumulators stay in registers while it runs; one
//! vector of one operand and a broadcast of the other are needed beside them. So the product is kept
//! below the machine's number of vector registers.

use super::nest::Nest;
use super::order::Order;
use super::{Ranked, apply_all};
use crate::{Ground, Machine, Point};
use loopwright_ir::Step;

/// Marks of the innermost loops; positions are of the old band.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RegisterTile {
    pub vector: Option<VectorLoop>,
    pub jam: Option<JammedLoop>,
}

/// The loop whose iterations are lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VectorLoop {
    pub position: usize,
    pub width: u32,
    /// Vectors at a time.
    pub unroll: u32,
}

/// The loop of which several iterations run in lock-step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JammedLoop {
    pub position: usize,
    pub factor: u32,
}

/// The register tiles worth trying under an order.
pub fn tiles(nest: &Nest, order: &Order, machine: &Machine) -> Vec<Ranked<RegisterTile>> {
    let sums = order
        .innermost()
        .and_then(|position| nest.band.get(position))
        .is_some_and(|inner| inner.reduces);
    let registers = machine.vector_registers();
    let jam_loops = jam_choices(nest, order);
    let lanes = machine.lanes(nest.element_bytes);
    let mut result = Vec::new();
    let trips = |position: usize| nest.band.get(position).map_or(1.0, |inner| inner.trips);
    let mut add = |unroll: u32, jam: Option<(usize, u32)>, rank: u32| {
        let vector = match order.vector {
            Some(position) if lanes > 1 => Some(VectorLoop { position, width: lanes, unroll }),
            Some(_) => return,
            None => None,
        };
        let short = vector
            .is_some_and(|vector| trips(vector.position) < f64::from(vector.width * vector.unroll));
        let few = jam.is_some_and(|(position, factor)| trips(position) < f64::from(factor));
        if short || few {
            return;
        }
        let jam = jam.map(|(position, factor)| JammedLoop { position, factor });
        result.push(Ranked::new(RegisterTile { vector, jam }, rank));
    };
    let menu: &[(u32, u32, u32)] = match (order.vector, sums) {
        // Vectors, jam factor (1 for none), rank.
        (Some(_), true) if registers >= 32 => &[
            (3, 8, 0),
            (4, 6, 0),
            (2, 8, 1),
            (3, 4, 1),
            (4, 4, 1),
            (2, 4, 2),
            (4, 1, 2),
            (2, 1, 3),
        ],
        (Some(_), true) => &[
            (3, 4, 0),
            (2, 4, 1),
            (2, 6, 1),
            (4, 2, 1),
            (1, 8, 2),
            (4, 1, 2),
            (8, 1, 2),
            (2, 1, 3),
        ],
        (Some(_), false) => {
            &[(1, 1, 1), (2, 1, 0), (4, 1, 1), (1, 2, 1), (2, 2, 1), (1, 4, 1), (2, 4, 2)]
        }
        (None, true) => &[(1, 4, 0), (1, 8, 1), (1, 2, 2), (1, 1, 1)],
        (None, false) => &[(1, 1, 0), (1, 2, 2), (1, 4, 2)],
    };
    for (unroll, factor, rank) in menu {
        if *factor == 1 {
            add(*unroll, None, *rank);
            continue;
        }
        for (preference, position) in jam_loops.iter().enumerate() {
            let late = u32::try_from(preference).unwrap_or(8);
            add(*unroll, Some((*position, *factor)), rank + late);
        }
    }
    result
}

/// Loops outside the innermost, other than the vector, whose iterations share what they read; the
/// best first.
fn jam_choices(nest: &Nest, order: &Order) -> Vec<usize> {
    let count = order.positions.len().saturating_sub(1);
    let mut choices: Vec<(usize, usize)> = order
        .positions
        .iter()
        .take(count)
        .enumerate()
        .filter(|(_, position)| order.vector != Some(**position))
        .filter(|(_, position)| nest.band.get(**position).is_some_and(|inner| !inner.reduces))
        .map(|(place, position)| (place, *position))
        .collect();
    let reused = |position: usize| nest.band.get(position).map_or(0, |inner| inner.reused);
    choices.sort_by_key(|(place, position)| std::cmp::Reverse((reused(*position), *place)));
    choices.truncate(2);
    choices.into_iter().map(|(_, position)| position).collect()
}

impl RegisterTile {
    /// Whether the marks are legal before tiling; tiling does not make them so.
    pub fn is_possible(
        &self,
        ground: &Ground<'_>,
        point: &Point,
        statement: &str,
        loops: &[String],
    ) -> bool {
        let Some(vector) = self.vector else { return true };
        let Some(loop_name) = loops.get(vector.position) else { return false };
        let step = Step::Vectorize {
            statement: statement.to_owned(),
            loop_name: loop_name.clone(),
            width: vector.width,
            unroll: 1,
        };
        ground.apply(point, step).is_some()
    }

    /// Sets the marks.
    pub fn apply(
        &self,
        ground: &Ground<'_>,
        point: &Point,
        statement: &str,
        loops: &[String],
    ) -> Option<Point> {
        let mut steps = Vec::new();
        if let Some(vector) = self.vector {
            steps.push(Step::Vectorize {
                statement: statement.to_owned(),
                loop_name: loops.get(vector.position)?.clone(),
                width: vector.width,
                unroll: vector.unroll,
            });
        }
        if let Some(jam) = self.jam {
            steps.push(Step::UnrollAndJam {
                statement: statement.to_owned(),
                loop_name: loops.get(jam.position)?.clone(),
                factor: jam.factor,
            });
        }
        apply_all(ground, point, steps)
    }
}
