//! One statement occurrence as a row of numbers, in the order of the names in [`super::layout`].

use super::coarse::Estimate;
use super::layout::{ACCESS_FIELDS, ACCESSES, LEVEL_FIELDS, LEVELS, STATEMENT_FIELDS};
use super::{flag, log, ratio, rounded};
use crate::MachineFeatures;
use crate::profile::OccurrenceProfile;
use crate::profile::access::AccessGroup;
use loopwright_ir::Mark;

/// Appends the row of an occurrence.
pub fn push(
    profile: &OccurrenceProfile<'_>,
    estimate: &Estimate,
    machine: &MachineFeatures,
    row: &mut Vec<f32>,
) {
    let start = row.len();
    statement(profile, estimate, machine, row);
    row.resize(start + STATEMENT_FIELDS.len(), 0.0);
    levels(profile, machine, row);
    accesses(profile, row);
}

/// Times that a parallel loop of the occurrence starts.
pub fn forks(profile: &OccurrenceProfile<'_>) -> f64 {
    profile.order.parallel.map_or(0.0, |parallel| {
        profile.order.stages.iter().take(parallel).map(|stage| stage.trip.max(1.0)).product()
    })
}

fn statement(
    profile: &OccurrenceProfile<'_>,
    estimate: &Estimate,
    machine: &MachineFeatures,
    row: &mut Vec<f32>,
) {
    let order = &profile.order;
    let body = &profile.body;
    let occurrence = &profile.occurrence;
    let element_bytes = profile.groups.first().map_or(8.0, |group| group.element_bytes);
    let instances = profile.instances.max(1e-6);
    row.push(1.0);
    row.push(log(profile.instances));
    row.push(log(order.bodies()));
    row.push(occurrence.levels.len() as f32);
    row.push(log(element_bytes));
    row.push(flag(body.per_instance.iter().take(5).sum::<f64>() > 0.0));
    row.extend(body.per_instance.map(log));
    row.push(log(body.arithmetic_cycles));
    row.push(log(body.loads));
    row.push(log(body.stores));
    row.push(log(body.chain_cycles));
    let throughput = body.arithmetic_cycles.max(body.loads / 2.0).max(body.stores).max(0.5);
    row.push(ratio(body.chain_cycles.max(0.01), throughput));
    row.push(flag(body.reduction));
    row.push(log(body.accumulators));
    row.push(log(body.recurrence_distance));
    row.push(log(body.registers));
    row.push(log((body.accumulators + body.registers - 16.0).max(0.0)));
    row.push(flag(order.lanes > 1.0 && !order.automatic));
    row.push(flag(order.automatic));
    row.push(flag(order.vector_innermost));
    row.push(log(order.lanes));
    row.push(log(order.vectors));
    row.push(ratio(order.lanes, machine.lanes(element_bytes)));
    row.push(log(order.jam));
    row.push(order.jammed as f32);
    row.push(flag(order.blocked));
    row.push(rounded(order.remainder));
    row.push(flag(order.parallel.is_some()));
    let parallel = order.parallel.and_then(|position| occurrence.levels.get(position));
    row.push(parallel.map_or(0.0, |level| log(level.trip)));
    let forks = forks(profile);
    row.push(log(forks));
    row.push(if forks > 0.0 { log(estimate.total / forks) } else { 0.0 });
    row.push(log(order.active_threads - 1.0));
    row.push(rounded((order.imbalance - 1.0).min(4.0)));
    row.push((occurrence.guards as f32).min(8.0));
    row.push(ratio(occurrence.guard_share, 1.0));
    row.push(occurrence.levels.iter().filter(|level| level.clipped).count() as f32);
    row.push(flag(occurrence.levels.last().is_some_and(|level| level.clipped)));
    row.push(ratio(body.arithmetic_cycles.max(0.01) * order.bodies(), instances));
    for cache in 0..3 {
        let bytes: f64 = profile.traffic.iter().filter_map(|traffic| traffic.get(cache)).sum();
        row.push(ratio(bytes.max(1e-3 * instances), instances));
    }
    row.push(ratio(estimate.computing.max(1e-3 * estimate.total), estimate.total));
    let waiting: f64 = estimate.memory.iter().sum();
    row.push(ratio(waiting.max(1e-3 * estimate.total), estimate.total));
    row.push(log(estimate.total));
}

fn levels(profile: &OccurrenceProfile<'_>, machine: &MachineFeatures, row: &mut Vec<f32>) {
    let start = row.len();
    let levels = &profile.occurrence.levels;
    let caches = machine.caches();
    for (slot, position) in (0..levels.len()).rev().enumerate().take(LEVELS) {
        let (Some(level), Some(stage)) = (levels.get(position), profile.order.stages.get(position))
        else {
            continue;
        };
        // The last slot also holds the trips of all loops further out.
        let outside: f64 = if slot + 1 == LEVELS {
            levels.iter().take(position).map(|level| level.trip.max(1.0)).product()
        } else {
            1.0
        };
        row.push(1.0);
        row.push(log(stage.trip * outside));
        row.push(flag(level.mark == Mark::Parallel));
        row.push(flag(level.is_tile));
        row.push(flag(matches!(level.mark, Mark::UnrollJam { .. })));
        row.push(flag(matches!(level.mark, Mark::Vector { .. })));
        row.push(flag(!level.varies_with.is_empty()));
        let bytes = profile.level_bytes.get(position).copied().unwrap_or(0.0);
        row.extend(caches.map(|cache| ratio(bytes, cache)));
        let invariant = profile
            .groups
            .iter()
            .filter(|group| group.stage_stride(&profile.order, position) == 0.0)
            .count();
        row.push(invariant as f32);
    }
    row.resize(start + LEVELS * LEVEL_FIELDS.len(), 0.0);
}

fn accesses(profile: &OccurrenceProfile<'_>, row: &mut Vec<f32>) {
    let start = row.len();
    let mut order: Vec<(&AccessGroup, &[f64; 3])> =
        profile.groups.iter().zip(&profile.traffic).collect();
    // The written group stays first; the sort is stable.
    if let Some(rest) = order.get_mut(1..) {
        rest.sort_by(|left, right| {
            let moved = |traffic: &[f64; 3]| traffic.iter().sum::<f64>();
            moved(right.1).total_cmp(&moved(left.1))
        });
    }
    let instances = profile.instances.max(1e-6);
    for (group, traffic) in order.into_iter().take(ACCESSES) {
        let innermost = profile.order.innermost();
        let stride = innermost.map_or(0.0, |stage| group.stage_stride(&profile.order, stage).abs());
        let next = innermost
            .and_then(|stage| stage.checked_sub(1))
            .map_or(0.0, |stage| group.stage_stride(&profile.order, stage).abs());
        let lane = group.lane_stride(&profile.order).abs();
        row.push(1.0);
        row.push(flag(group.written.is_some()));
        row.push(log(group.reads as f64));
        row.push(log(group.element_bytes));
        row.push(flag(stride == 0.0));
        row.push(flag(stride == 1.0));
        row.push(log(stride));
        row.push(flag(lane == 0.0));
        row.push(flag(lane == 1.0));
        row.push(log(lane));
        row.push(log(next));
        row.push(log(group.array_bytes()));
        row.extend(traffic.map(|bytes| ratio(bytes.max(1e-3 * instances), instances)));
    }
    row.resize(start + ACCESSES * ACCESS_FIELDS.len(), 0.0);
}
