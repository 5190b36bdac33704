//! Threads: the outermost loop that carries no dependence and has work for all of them.

use super::Ranked;
use super::nest::Nest;
use super::tiles::Tiling;
use crate::{Ground, Machine, Point};
use loopwright_ir::{StatementId, Step};

/// Which loop is shared among threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threads {
    /// None.
    One,
    /// The outermost loop that can be, but for so many that could.
    Outermost { skip: usize },
}

/// Below this many instances a fork of threads costs more than it gives.
const FEW_INSTANCES: f64 = 8_000.0;

/// The choices for a nest.
pub fn choices(nest: &Nest, machine: &Machine) -> Vec<Ranked<Threads>> {
    if machine.threads < 2 || nest.is_parallel() {
        return vec![Ranked::new(Threads::One, 0)];
    }
    let forks: f64 = nest.outer.iter().map(|outer| outer.trips.max(1.0)).product();
    let few = nest.instances / forks < FEW_INSTANCES;
    vec![
        Ranked::new(Threads::Outermost { skip: 0 }, if few { 1 } else { 0 }),
        Ranked::new(Threads::One, if few { 0 } else { 3 }),
        Ranked::new(Threads::Outermost { skip: 1 }, 3),
    ]
}

impl Threads {
    /// Marks the loop; `None` if no loop can be.
    pub fn apply(
        self,
        ground: &Ground<'_>,
        point: &Point,
        statement: StatementId,
        nest: &Nest,
        tiling: &Tiling,
    ) -> Option<Point> {
        let Self::Outermost { skip } = self else { return Some(point.clone()) };
        let name = ground.program.statement(statement).name.clone();
        let path = point.tree.path(statement)?;
        let mut skip = skip;
        for inner in path {
            if trips(&inner.name, nest, tiling) < 2.0 {
                continue;
            }
            let step = Step::Parallelize { statement: name.clone(), loop_name: inner.name.clone() };
            if let Some(next) = ground.apply(point, step) {
                if skip == 0 {
                    return Some(next);
                }
                skip -= 1;
            }
        }
        None
    }
}

/// The trip count of a loop of the tiled nest; a tile loop is named after the loop that it tiles.
fn trips(name: &str, nest: &Nest, tiling: &Tiling) -> f64 {
    let found = nest.outer.iter().find(|outer| outer.name == name);
    if let Some(outer) = found {
        return outer.trips;
    }
    let tiled = nest.band.iter().enumerate().find(|(_, inner)| {
        name.strip_prefix(inner.name.as_str()).is_some_and(|rest| rest.starts_with("_t"))
    });
    match tiled {
        Some((position, inner)) => tiling.trips(position, inner.trips),
        None => nest.band.iter().find(|inner| inner.name == name).map_or(1.0, |inner| inner.trips),
    }
}
