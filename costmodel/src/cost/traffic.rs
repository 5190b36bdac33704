//! Bytes that pass between the levels of memory, by reuse distance.
//!
//! A cache keeps what was touched last. Let a node's *working set* be what one execution touches. Then of the data
//! that one iteration of a loop shares with the next, what comes in between is about the body's working set: if that fits
//! into a cache, the loop as a whole fetches what it touches, each line once; if not, every iteration fetches what
//! its body does by itself. Between the two the share that survives falls from one to nothing, since no cache
//! is used to the last line. The children of a sequence share data in the same way.

use super::footprint::Footprints;
use super::nodes::{Kind, Nodes};
use super::sampling::Executions;
use super::threads::Team;

/// The working set, over the cache's size, up to which all of it stays, and from which on nothing does.
const STAYS: f64 = 0.75;
const GONE: f64 = 1.35;

/// Bytes that come into a cache, by node and storage, for the whole run on one thread.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub bytes: Vec<Vec<f64>>,
}

/// The share of data that is still there after so much else was touched.
pub fn survival(working_set: f64, cache: f64) -> f64 {
    let over = working_set / cache.max(1.0);
    ((GONE - over) / (GONE - STAYS)).clamp(0.0, 1.0)
}

/// What comes into a cache of the given size, of each core or shared by all. The data is there from an earlier run as
/// far as it fits.
pub fn traffic(
    nodes: &Nodes<'_>,
    executions: &[Executions],
    footprints: &Footprints,
    teams: &[Team],
    (size, shared): (f64, bool),
) -> Traffic {
    // Inside of a loop on threads each has a cache of its own, or its part of the shared one; outside they have
    // all of them together.
    let cache = |node: usize| {
        let team = teams.get(node).copied().unwrap_or_default();
        let threads = teams.iter().map(|team| team.shared).fold(1.0, f64::max);
        match (shared, team.inside, team.around) {
            (true, true, _) => size / team.active,
            (false, false, true) => size * threads,
            _ => size,
        }
    };
    let storages = nodes.storages.len();
    let mut single = vec![vec![0.0; storages]; nodes.list.len()];
    // Children stand behind their parents.
    for position in (0..nodes.list.len()).rev() {
        let row = once(nodes, executions, footprints, teams, &single, position, &cache);
        if let Some(place) = single.get_mut(position) {
            *place = row;
        }
    }
    let whole: f64 = footprints.bytes.first().map_or(0.0, |row| row.iter().sum());
    let again = 1.0 - survival(whole, cache(0));
    let mut bytes = vec![vec![0.0; storages]; nodes.list.len()];
    if let (Some(place), Some(root)) = (bytes.first_mut(), single.first()) {
        *place = root.iter().map(|bytes| bytes * again).collect();
    }
    // What a node fetches in the whole run is its part of what its parent does.
    for position in 0..nodes.list.len() {
        let Some(node) = nodes.list.get(position) else { continue };
        let parent = bytes.get(position).cloned().unwrap_or_default();
        let mut sums = vec![0.0; storages];
        for child in &node.children {
            let runs = runs(executions, position, *child);
            if let Some(row) = single.get(*child) {
                for (sum, bytes) in sums.iter_mut().zip(row) {
                    *sum += runs * bytes;
                }
            }
        }
        for child in &node.children {
            let runs = runs(executions, position, *child);
            let row = single.get(*child).cloned().unwrap_or_default();
            if let Some(place) = bytes.get_mut(*child) {
                *place = (row.iter().zip(&sums).zip(&parent))
                    .map(
                        |((own, sum), parent)| {
                            if *sum > 0.0 { parent * own * runs / sum } else { 0.0 }
                        },
                    )
                    .collect();
            }
        }
    }
    Traffic { bytes }
}

/// How often a child runs in one execution of its parent.
fn runs(executions: &[Executions], parent: usize, child: usize) -> f64 {
    let count = |node: usize| executions.get(node).map_or(0.0, |one| one.count);
    count(child) / count(parent).max(1e-9)
}

/// What one execution fetches that begins with nothing in the cache.
fn once(
    nodes: &Nodes<'_>,
    executions: &[Executions],
    footprints: &Footprints,
    teams: &[Team],
    single: &[Vec<f64>],
    position: usize,
    size: &dyn Fn(usize) -> f64,
) -> Vec<f64> {
    let cache = size(position);
    let touched = footprints.bytes.get(position).cloned().unwrap_or_default();
    let Some(node) = nodes.list.get(position) else { return touched };
    if node.children.is_empty() {
        return touched;
    }
    let fits = survival(touched.iter().sum(), cache);
    if fits >= 1.0 {
        return touched;
    }
    // The parts one after the other, once.
    let body = sequence(executions, footprints, single, position, node, cache);
    let kept = match &node.kind {
        Kind::Loop { .. } => {
            let trip = executions.get(position).map_or(1.0, |one| one.trip).max(1e-9);
            let inside = body_bytes(footprints, executions, position, node);
            let below = node.children.first().map_or(cache, |child| size(*child));
            let stays = survival(inside.iter().sum(), below);
            let threads = teams.get(position).map_or(1.0, |team| team.shared);
            let rows = body.iter().zip(&touched).zip(&inside);
            rows.map(|((fetched, touched), inside)| {
                let each = trip * fetched;
                // An iteration's own misses beyond its working set are no reuse of the loop's.
                let excess = (fetched - inside).max(0.0) * (trip - 1.0).max(0.0);
                // What all threads read, each of them fetches.
                let touched = touched.max((threads * inside).min(each));
                let shared = (touched + excess).min(each.max(touched));
                stays * shared + (1.0 - stays) * each.max(touched)
            })
            .collect()
        }
        _ => body,
    };
    let rows = kept.iter().zip(&touched);
    rows.map(|(kept, touched)| fits * touched + (1.0 - fits) * kept.max(*touched)).collect()
}

/// What one run of a node's children touches together, by storage.
fn body_bytes(
    footprints: &Footprints,
    executions: &[Executions],
    position: usize,
    node: &super::nodes::Node,
) -> Vec<f64> {
    let trip = executions.get(position).map_or(1.0, |one| one.trip).max(1.0);
    let whole = footprints.bytes.get(position).cloned().unwrap_or_default();
    let mut sums = vec![0.0; whole.len()];
    let mut most = vec![0.0_f64; whole.len()];
    for child in &node.children {
        let share = (runs(executions, position, *child) / trip).min(1.0);
        let Some(row) = footprints.bytes.get(*child) else { continue };
        for ((sum, most), bytes) in sums.iter_mut().zip(&mut most).zip(row) {
            *sum += share * bytes;
            *most = most.max(share * bytes);
        }
    }
    // Children that touch the same storage touch the same part of it as a rule.
    (sums.iter().zip(&most).zip(&whole))
        .map(|((sum, most), whole)| (0.5 * (sum + most)).min(*whole))
        .collect()
}

/// What the children fetch in one run of each, less what an earlier one has left there.
fn sequence(
    executions: &[Executions],
    footprints: &Footprints,
    single: &[Vec<f64>],
    position: usize,
    node: &super::nodes::Node,
    cache: f64,
) -> Vec<f64> {
    let trip = executions.get(position).map_or(1.0, |one| one.trip).max(1.0);
    let per_run = match node.kind {
        Kind::Loop { .. } => trip,
        _ => 1.0,
    };
    let storages = footprints.bytes.first().map_or(0, Vec::len);
    let mut sum = vec![0.0; storages];
    // Of each storage, what was touched since its last use, and how much of it that use touched.
    let mut since = vec![f64::INFINITY; storages];
    let mut had = vec![0.0; storages];
    for child in &node.children {
        let share = (runs(executions, position, *child) / per_run).min(1e12);
        let (Some(fetched), Some(touched)) = (single.get(*child), footprints.bytes.get(*child))
        else {
            continue;
        };
        let whole: f64 = touched.iter().sum();
        for (storage, place) in sum.iter_mut().enumerate() {
            let (fetched, touched): (f64, f64) = (
                fetched.get(storage).copied().unwrap_or(0.0),
                touched.get(storage).copied().unwrap_or(0.0),
            );
            if touched <= 0.0 {
                if let Some(since) = since.get_mut(storage) {
                    *since += whole;
                }
                continue;
            }
            let distance = since.get(storage).copied().unwrap_or(f64::INFINITY) + whole;
            let common = touched.min(had.get(storage).copied().unwrap_or(0.0));
            let saved = survival(distance, cache) * common;
            *place += share * (fetched - saved).max(0.0);
            if let (Some(since), Some(had)) = (since.get_mut(storage), had.get_mut(storage)) {
                // Its last use ends with the child, its first began with it.
                *since = 0.0;
                *had = touched;
            }
        }
    }
    sum
}
