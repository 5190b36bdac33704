//! A coarse estimate of running time that stands among the features; schedules are ranked by [`crate::cost`].
//!
//! For each statement occurrence, in cycles of one thread:
//!
//! - *computing*: executions of the innermost body times the largest of its arithmetic, its loads
//!   and stores, and its chain of dependent operations; plus the entry of every loop;
//! - *memory*: the bytes moved into each cache over the bandwidth of the level that supplies them,
//!   where long strides cost more since they are not prefetched, and memory is shared by all threads;
//! - *parallelism*: the busiest thread's share, plus a constant for each fork.
//!
//! Computing and memory overlap for the most part. Occurrences run one after the other, so their
//! times add up. The constants are those of a current x86 core; only ratios matter to a ranking.

use crate::MachineFeatures;
use crate::profile::OccurrenceProfile;
use crate::profile::access::LINE;

/// Bytes a cycle from the second cache, from the last, and from memory, for one thread.
const BANDWIDTH: [f64; 3] = [32.0, 12.0, 5.0];
/// Bytes a cycle from memory, for all threads together.
const SHARED_BANDWIDTH: f64 = 9.0;
/// Cycles to start and end a parallel loop.
const FORK: f64 = 6000.0;
/// Cycles to enter a loop, and those of a mispredicted exit.
const LOOP_ENTRY: f64 = 2.0;
const MISPREDICTION: f64 = 14.0;
/// Share of the smaller of computing and memory that the larger does not hide.
const NOT_OVERLAPPED: f64 = 0.3;
/// Vector registers before values are spilled.
const REGISTERS: f64 = 16.0;

/// Cycles of one statement occurrence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Estimate {
    /// Arithmetic, instructions and chains on one thread.
    pub computing: f64,
    /// Waiting for each cache's misses on one thread.
    pub memory: [f64; 3],
    /// All together, on the clock of the wall.
    pub total: f64,
}

/// The estimate for one occurrence.
pub fn estimate(profile: &OccurrenceProfile<'_>, machine: &MachineFeatures) -> Estimate {
    let order = &profile.order;
    let share = profile.occurrence.guard_share;
    let bodies = order.bodies() * share;
    let overhead = entries(profile);
    let computing = bodies * body_cycles(profile);
    let memory = memory(profile, machine).map(|cycles| cycles * share);
    let waiting: f64 = memory.iter().sum();
    let thread = computing.max(waiting) + NOT_OVERLAPPED * computing.min(waiting) + overhead;
    let forks = order.parallel.map_or(0.0, |parallel| {
        order.stages.iter().take(parallel).map(|stage| stage.trip.max(1.0)).product::<f64>() * FORK
    });
    Estimate { computing, memory, total: thread * order.imbalance + forks }
}

/// Cycles of one execution of the innermost body, copies that do not fill a block included.
fn body_cycles(profile: &OccurrenceProfile<'_>) -> f64 {
    let body = &profile.body;
    let order = &profile.order;
    let spilled = (body.accumulators + body.registers - REGISTERS).max(0.0);
    let transfers = (body.loads + spilled) / 2.0;
    let stores = body.stores + spilled / 2.0;
    let block = order.jam * order.lanes * order.vectors;
    let full = body.arithmetic_cycles.max(transfers).max(stores).max(body.chain_cycles).max(1.0);
    // Iterations that do not fill a block run one by one.
    let alone = block * (full / block).max(1.0).max(body.chain_cycles);
    let guards = if profile.occurrence.guards > 0 { 1.0 } else { 0.0 };
    full * (1.0 - order.remainder) + alone * order.remainder + guards
}

/// Cycles spent on entering and leaving loops.
fn entries(profile: &OccurrenceProfile<'_>) -> f64 {
    let mut outside = 1.0;
    let mut cycles = 0.0;
    for stage in profile.order.stages.iter().take(profile.order.loops) {
        let level = profile.occurrence.levels.get(stage.level);
        let clipped = level.is_some_and(|level| level.clipped);
        let exit = if stage.trip > 1.0 { MISPREDICTION * (1.0 - 1.0 / stage.trip) } else { 0.0 };
        cycles += outside * (LOOP_ENTRY + exit + if clipped { 2.0 } else { 0.0 });
        outside *= stage.trip.max(1.0);
    }
    // The mispredictions of short inner loops of constant length are learned by the processor.
    cycles * 0.5
}

fn memory(profile: &OccurrenceProfile<'_>, machine: &MachineFeatures) -> [f64; 3] {
    let order = &profile.order;
    let threads = order.active_threads.min(machine.thread_count());
    let from_memory = (SHARED_BANDWIDTH / threads).min(BANDWIDTH[2]);
    let bandwidth = [BANDWIDTH[0], BANDWIDTH[1], from_memory];
    let mut cycles = [0.0; 3];
    for (group, traffic) in profile.groups.iter().zip(&profile.traffic) {
        // What is written also goes back.
        let directions = if group.written.is_some() { 1.5 } else { 1.0 };
        let stride = (0..order.loops)
            .rev()
            .map(|stage| group.stage_stride(order, stage).abs() * group.element_bytes)
            .find(|stride| *stride > 0.0)
            .unwrap_or(0.0);
        let block = (order.lanes * order.vectors * group.element_bytes).max(LINE);
        let scattered = if stride > 4.0 * block { 2.5 } else { 1.0 };
        for ((cycles, traffic), bandwidth) in cycles.iter_mut().zip(traffic).zip(bandwidth) {
            *cycles += traffic * directions * scattered / bandwidth;
        }
    }
    cycles
}
