//! A loop tree as the hardware sees it: for each statement occurrence the order of its stages, the
//! memory it touches and the instructions of its body. Both the features and the analytical
//! estimate read it.

pub mod access;
pub mod body;
pub mod nest;
pub mod order;

use crate::MachineFeatures;
use access::{AccessGroup, LINE};
use body::Body;
use loopwright_ir::{LoopTree, Program};
use nest::Occurrence;
use order::Order;

/// Share of a cache that one loop nest can count on.
const USABLE: f64 = 0.8;

/// One occurrence with all that is known of it.
#[derive(Debug)]
pub struct OccurrenceProfile<'a> {
    pub occurrence: Occurrence<'a>,
    pub order: Order,
    /// The written group first.
    pub groups: Vec<AccessGroup>,
    pub body: Body,
    /// Executions of the statement.
    pub instances: f64,
    /// For each level, bytes that one iteration of its loop touches, all statements in it together.
    pub level_bytes: Vec<f64>,
    /// For each group, bytes that one thread moves into the first, second and last cache.
    pub traffic: Vec<[f64; 3]>,
}

/// A loop tree with its occurrences in textual order.
#[derive(Debug)]
pub struct Profile<'a> {
    pub occurrences: Vec<OccurrenceProfile<'a>>,
    /// Loops in the tree.
    pub loops: usize,
    /// Bytes of all arrays together, at most what is touched.
    pub total_bytes: f64,
}

impl<'a> Profile<'a> {
    /// Analyses a tree of a specialised program. A parameter without a value counts as 1000.
    pub fn new(program: &Program, tree: &'a LoopTree, machine: &MachineFeatures) -> Self {
        let (found, loops) = nest::occurrences(program, tree);
        let mut occurrences: Vec<_> =
            found.into_iter().map(|found| analyse(program, found, machine)).collect();
        let arrays = program.arrays.len();
        // One row a loop, one more for the whole tree.
        let mut touched = vec![vec![0.0_f64; arrays]; loops + 1];
        for occurrence in &occurrences {
            record(occurrence, &mut touched, loops);
        }
        let bytes: Vec<f64> = touched.iter().map(|row| row.iter().sum()).collect();
        let total_bytes = bytes.get(loops).copied().unwrap_or(0.0);
        for occurrence in &mut occurrences {
            let levels = &occurrence.occurrence.levels;
            occurrence.level_bytes =
                levels.iter().map(|level| bytes.get(level.node).copied().unwrap_or(0.0)).collect();
            occurrence.traffic = traffic(occurrence, total_bytes, machine);
        }
        Self { occurrences, loops, total_bytes }
    }
}

fn analyse<'a>(
    program: &Program,
    occurrence: Occurrence<'a>,
    machine: &MachineFeatures,
) -> OccurrenceProfile<'a> {
    let (groups, reads) = access::groups(program, &occurrence);
    let plain = Order::new(&occurrence, machine, 1.0);
    let lanes = automatic_lanes(&plain, &groups, &reads, machine);
    let order = if lanes > 1.0 && plain.lanes <= 1.0 {
        Order::new(&occurrence, machine, lanes)
    } else {
        plain
    };
    let body = body::body(program, &occurrence, &order, &groups, &reads, machine);
    let instances = occurrence.instances();
    OccurrenceProfile {
        occurrence,
        order,
        groups,
        body,
        instances,
        level_bytes: Vec::new(),
        traffic: Vec::new(),
    }
}

/// The width at which compilers vectorise an unmarked innermost loop by themselves: where it writes
/// neighbouring elements, reads neighbouring or constant ones, and carries no dependence through the
/// written array. 1 elsewhere.
fn automatic_lanes(
    order: &Order,
    groups: &[AccessGroup],
    reads: &[(usize, f64)],
    machine: &MachineFeatures,
) -> f64 {
    let (Some(innermost), Some(written)) = (order.innermost(), groups.first()) else { return 1.0 };
    let stride = |group: &AccessGroup| group.stage_stride(order, innermost);
    let contiguous = stride(written) == 1.0
        && groups.iter().all(|group| matches!(stride(group), 0.0 | 1.0))
        && groups.iter().all(|group| group.element_bytes == written.element_bytes);
    let carried = reads.iter().any(|(group, offset)| {
        let same_array = groups.get(*group).is_some_and(|group| group.array == written.array);
        let distance = written.written.unwrap_or(0.0) - offset;
        same_array && (*group != 0 || (distance > 0.0 && distance < 64.0))
    });
    if contiguous && !carried { machine.lanes(written.element_bytes) } else { 1.0 }
}

/// Adds what an occurrence touches in one iteration of each of its loops, and in all.
fn record(profile: &OccurrenceProfile<'_>, touched: &mut [Vec<f64>], whole: usize) {
    let levels = &profile.occurrence.levels;
    let rows = levels.iter().map(|level| level.node).zip(1..).chain([(whole, 0)]);
    for (row, from) in rows {
        let Some(row) = touched.get_mut(row) else { continue };
        for (position, group) in profile.groups.iter().enumerate() {
            let Some(cell) = row.get_mut(group.array) else { continue };
            // Groups of one occurrence touch different parts of the array, occurrences the same.
            let earlier: f64 = profile
                .groups
                .iter()
                .take(position)
                .filter(|other| other.array == group.array)
                .map(|other| other.lines(&profile.order, from) * LINE)
                .sum();
            let bytes = earlier + group.lines(&profile.order, from) * LINE;
            *cell = cell.max(bytes.min(group.array_bytes().max(LINE)));
        }
    }
}

/// Bytes that each group moves into each cache on one thread.
///
/// Let `p` be the outermost loop one iteration of which stays within the cache. Then every reuse
/// carried by `p` hits, and the group is fetched once for each execution of `p`.
fn traffic(
    profile: &OccurrenceProfile<'_>,
    total_bytes: f64,
    machine: &MachineFeatures,
) -> Vec<[f64; 3]> {
    let order = &profile.order;
    let share = [1.0, 1.0, order.active_threads];
    let mut pivots = [None; 3];
    for ((pivot, cache), share) in pivots.iter_mut().zip(machine.caches()).zip(share) {
        let capacity = cache * USABLE / share;
        *pivot = (total_bytes > capacity).then(|| {
            profile
                .level_bytes
                .iter()
                .position(|bytes| *bytes <= capacity)
                .unwrap_or(profile.level_bytes.len().saturating_sub(1))
        });
    }
    profile
        .groups
        .iter()
        .map(|group| {
            pivots.map(|pivot| {
                let Some(pivot) = pivot else { return 0.0 };
                let outside: f64 =
                    order.stages.iter().take(pivot).map(|stage| stage.trip.max(1.0)).product();
                group.lines(order, pivot) * LINE * outside
            })
        })
        .collect()
}
