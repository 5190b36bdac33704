//! The space of schedules: what may be done to one nest, and small changes of a whole schedule.
//!
//! A *nest* is a statement with the loops around it. It is treated by one [`Treatment`], a compound
//! of steps that is worth little in parts: isolation by distribution ([`isolate`]), an order of the
//! loops ([`order`]), tiles ([`tiles`]), threads ([`threads`]) and a register tile ([`registers`]).
//! A treatment speaks of loops by position, so it carries over to a nest of the same form.
//! [`neighbours`] are the small changes that the refinement by measurement tries.
//!
//! Every choice has a *rank*: 0 for what is usually right, more for what is less likely. Ranks order
//! what is tried first where not everything can be, and never exclude anything.

pub mod isolate;
pub mod neighbours;
pub mod nest;
pub mod order;
pub mod registers;
pub mod threads;
pub mod tiles;

use crate::{Ground, Machine, Point};
use loopwright_ir::{StatementId, Step};
use nest::{Estimates, Nest};
use order::Order;
use registers::RegisterTile;
use threads::Threads;
use tiles::Tiling;

/// A choice with its rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked<T> {
    pub choice: T,
    pub rank: u32,
}

impl<T> Ranked<T> {
    fn new(choice: T, rank: u32) -> Self {
        Self { choice, rank }
    }
}

/// Everything that is done to one nest. Loops are positions in the nest's band (see [`Nest`]), as it
/// is before anything is done to it but isolation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Treatment {
    /// How far the statement first gets loops of its own.
    pub isolate: isolate::Distributions,
    pub order: Order,
    pub tiling: Tiling,
    pub threads: Threads,
    pub registers: RegisterTile,
}

/// The treatments of a statement's nest, from the lowest rank to the highest.
pub fn treatments(
    ground: &Ground<'_>,
    point: &Point,
    statement: StatementId,
    estimates: &Estimates,
    machine: &Machine,
) -> Vec<Ranked<Treatment>> {
    let mut all = Vec::new();
    for (isolated, isolate) in isolate::variants(ground, point, statement) {
        let Some(nest) = Nest::of(ground.program, &isolated.tree, statement, estimates) else {
            continue;
        };
        if nest.band.is_empty() || nest.is_treated() {
            continue;
        }
        for order in order::orders(&nest) {
            for registers in registers::tiles(&nest, &order.choice, machine) {
                for tiling in tiles::tilings(&nest, &order.choice, &registers.choice, machine) {
                    for threads in threads::choices(&nest, machine) {
                        let rank =
                            isolate.rank + order.rank + registers.rank + tiling.rank + threads.rank;
                        let treatment = Treatment {
                            isolate: isolate.choice,
                            order: order.choice.clone(),
                            tiling: tiling.choice.clone(),
                            threads: threads.choice,
                            registers: registers.choice.clone(),
                        };
                        all.push(Ranked::new(treatment, rank));
                    }
                }
            }
        }
    }
    all.sort_by_key(|ranked| ranked.rank);
    all
}

/// The point after treating a statement's nest; `None` if a step is illegal or the nest has not the
/// form that the treatment is for.
pub fn treat(
    ground: &Ground<'_>,
    point: &Point,
    statement: StatementId,
    treatment: &Treatment,
    estimates: &Estimates,
) -> Option<Point> {
    let mut point = isolate::isolate(ground, point, statement, treatment.isolate)?;
    let nest = Nest::of(ground.program, &point.tree, statement, estimates)?;
    if nest.band.len() != treatment.order.positions.len() || nest.is_treated() {
        return None;
    }
    let name = ground.program.statement(statement).name.clone();
    let loops: Vec<String> = nest.band.iter().map(|inner| inner.name.clone()).collect();
    point = treatment.order.apply(ground, &point, &name, &loops)?;
    if !treatment.registers.is_possible(ground, &point, &name, &loops) {
        return None;
    }
    point = treatment.tiling.apply(ground, &point, &name, &loops)?;
    point = treatment.threads.apply(ground, &point, statement, &nest, &treatment.tiling)?;
    treatment.registers.apply(ground, &point, &name, &loops)
}

/// Applies several steps, one after the other.
fn apply_all(
    ground: &Ground<'_>,
    point: &Point,
    steps: impl IntoIterator<Item = Step>,
) -> Option<Point> {
    steps.into_iter().try_fold(point.clone(), |point, step| ground.apply(&point, step))
}
