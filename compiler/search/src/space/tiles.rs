//! Tiles of a nest: which loops, which sizes, in which order the tiles run.
//!
//! Sizes come by role. The vector loop's are multiples of what the register tile takes at a time,
//! and so are the jammed loop's, so that full tiles have no remainder; a reduction loop's decide how
//! long the accumulators stay in registers and how much of the operands stays in the caches.

use super::nest::Nest;
use super::order::Order;
use super::registers::RegisterTile;
use super::{Ranked, apply_all};
use crate::{Ground, Machine, Point};
use loopwright_ir::Step;

/// The tiled loops, a chain of the new order, outermost first; none for no tiling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tiling {
    /// Positions in the old band with the sizes.
    pub loops: Vec<(usize, u32)>,
    /// Whether the two innermost tile loops are exchanged.
    pub exchange: bool,
}

/// Sizes before rounding, for one amount of data a tile.
#[derive(Clone, Copy)]
struct Scale {
    vector: u32,
    reduction: u32,
    jammed: u32,
    other: u32,
    rank: u32,
}

const SCALES: [Scale; 5] = [
    Scale { vector: 96, reduction: 128, jammed: 64, other: 32, rank: 0 },
    Scale { vector: 32, reduction: 32, jammed: 16, other: 8, rank: 1 },
    Scale { vector: 512, reduction: 64, jammed: 32, other: 16, rank: 1 },
    Scale { vector: 256, reduction: 256, jammed: 128, other: 64, rank: 1 },
    Scale { vector: 48, reduction: 512, jammed: 64, other: 32, rank: 1 },
];

/// The tilings worth trying under an order and a register tile.
pub fn tilings(
    nest: &Nest,
    order: &Order,
    registers: &RegisterTile,
    machine: &Machine,
) -> Vec<Ranked<Tiling>> {
    let fits = nest.footprint <= machine.l2_bytes as f64;
    let reuses = nest.band.iter().any(|inner| inner.reused > 0) && nest.band.len() > 1;
    let mut result: Vec<Ranked<Tiling>> =
        vec![Ranked::new(Tiling::default(), if fits || !reuses { 0 } else { 1 })];
    let mut add = |tiling: Tiling, rank: u32| {
        if !tiling.loops.is_empty() && !result.iter().any(|other| other.choice == tiling) {
            result.push(Ranked::new(tiling, rank));
        }
    };
    let length = order.positions.len();
    if length < 2 {
        return result;
    }
    let penalty = u32::from(fits) + 2 * u32::from(!reuses);
    for scale in SCALES {
        let rank = scale.rank + penalty;
        let all = sized(nest, &order.positions, registers, scale);
        add(Tiling { loops: all.clone(), exchange: false }, rank);
        if all.len() >= 3 {
            add(Tiling { loops: all, exchange: true }, rank + 1);
        }
        if length > 2 {
            let chain = order.positions.get(length - 2..).unwrap_or_default();
            let last_two = sized(nest, chain, registers, scale);
            add(Tiling { loops: last_two, exchange: false }, rank + 1);
        }
        let last = order.positions.get(length - 1..).unwrap_or_default();
        let innermost = sized(nest, last, registers, scale);
        add(Tiling { loops: innermost, exchange: false }, rank + 2);
    }
    result
}

/// The chain with sizes, without the loops at its ends that one tile covers.
fn sized(
    nest: &Nest,
    chain: &[usize],
    registers: &RegisterTile,
    scale: Scale,
) -> Vec<(usize, u32)> {
    let mut loops: Vec<(usize, u32, bool)> = chain
        .iter()
        .filter_map(|position| {
            let inner = nest.band.get(*position)?;
            let size =
                if let Some(vector) = registers.vector.filter(|one| one.position == *position) {
                    scale.vector.next_multiple_of((vector.width * vector.unroll).max(1))
                } else if let Some(jam) = registers.jam.filter(|one| one.position == *position) {
                    scale.jammed.next_multiple_of(jam.factor.max(1))
                } else if inner.reduces {
                    scale.reduction
                } else {
                    scale.other
                };
            Some((*position, size, f64::from(size) >= inner.trips))
        })
        .collect();
    while loops.last().is_some_and(|last| last.2) {
        loops.pop();
    }
    let covered = loops.iter().take_while(|first| first.2).count();
    loops.drain(..covered);
    loops.into_iter().map(|(position, size, _)| (position, size)).collect()
}

impl Tiling {
    /// Tiles the loops; `loops` names the old band.
    pub fn apply(
        &self,
        ground: &Ground<'_>,
        point: &Point,
        statement: &str,
        loops: &[String],
    ) -> Option<Point> {
        if self.loops.is_empty() {
            return Some(point.clone());
        }
        let names: Option<Vec<String>> =
            self.loops.iter().map(|(position, _)| loops.get(*position).cloned()).collect();
        let names = names?;
        let sizes = self.loops.iter().map(|(_, size)| *size).collect();
        let tiled = ground
            .apply(point, Step::Tile { statement: statement.to_owned(), loops: names, sizes })?;
        if !self.exchange {
            return Some(tiled);
        }
        let path = tiled.tree.path(ground.program.statement_named(statement)?)?;
        // The tile loops are right around the chain of their point loops.
        let innermost = loops.get(self.loops.last()?.0)?;
        let at = path.iter().position(|inner| inner.name == *innermost)?;
        let last = at.checked_sub(self.loops.len())?;
        let step = Step::Interchange {
            statement: statement.to_owned(),
            outer: path.get(last.checked_sub(1)?)?.name.clone(),
            inner: path.get(last)?.name.clone(),
        };
        apply_all(ground, &tiled, [step])
    }

    /// How many tiles a loop of the old band has, for its trip count.
    pub fn trips(&self, position: usize, trips: f64) -> f64 {
        self.loops
            .iter()
            .find(|(tiled, _)| *tiled == position)
            .map_or(trips, |(_, size)| (trips / f64::from(*size)).ceil())
    }
}
