//! Threads: how much faster they make a node, and what starting them and waiting for each other takes.

use super::nodes::{Kind, Nodes};
use super::rates::Rates;
use super::sampling::Executions;
use loopwright_ir::Mark;

/// Nanoseconds to take a tile from a counter and to look whether what it needs has ended.
const TAKING: f64 = 120.0;

/// A node's threads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Team {
    /// Threads with work in it.
    pub active: f64,
    /// How many times as fast as one thread they are.
    pub speed: f64,
    /// Nanoseconds that its own mark takes in all.
    pub forks: f64,
    pub waits: f64,
    /// Whether it stands inside of a loop on several threads.
    pub inside: bool,
    /// Whether such loops are inside of it.
    pub around: bool,
    /// For such a loop itself: the threads that share its iterations.
    pub shared: f64,
}

impl Default for Team {
    fn default() -> Self {
        Self {
            active: 1.0,
            speed: 1.0,
            forks: 0.0,
            waits: 0.0,
            inside: false,
            around: false,
            shared: 1.0,
        }
    }
}

/// The outermost loop on threads around a node, itself not counted.
fn around(nodes: &Nodes<'_>, node: usize) -> Option<usize> {
    let mut found = None;
    let mut at = node;
    while at > 0 {
        at = nodes.list.get(at)?.parent;
        if is_on_threads(nodes, at) {
            found = Some(at);
        }
    }
    found
}

fn is_on_threads(nodes: &Nodes<'_>, node: usize) -> bool {
    matches!(
        nodes.list.get(node).map(|one| &one.kind),
        Some(Kind::Loop { mark, .. }) if mark.on_threads()
    )
}

fn mark(nodes: &Nodes<'_>, node: usize) -> Mark {
    match nodes.list.get(node).map(|one| &one.kind) {
        Some(Kind::Loop { mark, .. }) => *mark,
        _ => Mark::Sequential,
    }
}

/// A node's team.
pub fn team(
    nodes: &Nodes<'_>,
    executions: &[Executions],
    node: usize,
    threads: f64,
    rates: &Rates,
) -> Team {
    let mut team = Team::default();
    if threads <= 1.0 {
        return team;
    }
    team.around = nodes.inside(node).skip(1).any(|inside| is_on_threads(nodes, inside));
    if let Some(outer) = around(nodes, node) {
        team.inside = true;
        (team.active, team.speed) = speed(nodes, executions, outer, threads);
        return team;
    }
    let count = executions.get(node).map_or(0.0, |one| one.count);
    match mark(nodes, node) {
        Mark::Parallel => {
            team.around = true;
            (team.shared, _) = speed(nodes, executions, node, threads);
            let parent = nodes.list.get(node).map_or(0, |one| one.parent);
            if mark(nodes, parent) == Mark::Pipelined {
                // One region for all diagonals; each tile is taken by itself.
                let trip = executions.get(node).map_or(1.0, |one| one.trip);
                team.waits = count * trip * TAKING / threads;
            } else if is_followed(nodes, node) {
                team.waits = count * rates.barrier;
            } else {
                team.forks = count * rates.fork;
            }
        }
        Mark::Doacross => {
            team.around = true;
            (team.shared, _) = speed(nodes, executions, node, threads);
            let trip = executions.get(node).map_or(1.0, |one| one.trip);
            team.forks = count * rates.fork;
            team.waits = count * trip * TAKING / threads;
        }
        Mark::Pipelined => team.forks = count * rates.fork,
        _ => {}
    }
    team
}

/// Whether threads go on from the loop to the next one, or to the same one again, within one region.
fn is_followed(nodes: &Nodes<'_>, node: usize) -> bool {
    let mut at = node;
    while at > 0 {
        let Some(parent) = nodes.list.get(at).map(|one| one.parent) else { return false };
        let Some(one) = nodes.list.get(parent) else { return false };
        if matches!(one.kind, Kind::Loop { .. }) {
            return true;
        }
        let sharing = one
            .children
            .iter()
            .filter(|child| nodes.inside(**child).any(|inside| is_on_threads(nodes, inside)));
        if sharing.count() > 1 {
            return true;
        }
        at = parent;
    }
    false
}

/// Threads with work in a loop on threads, and how many times as fast as one they are.
fn speed(nodes: &Nodes<'_>, executions: &[Executions], node: usize, threads: f64) -> (f64, f64) {
    let Some(found) = executions.get(node) else { return (1.0, 1.0) };
    let total: f64 = found.trips.iter().sum();
    if total <= 0.0 {
        return (1.0, 1.0);
    }
    let samples = found.trips.len() as f64;
    let parent = nodes.list.get(node).map_or(0, |one| one.parent);
    let longest: f64 = match mark(nodes, node) {
        // The diagonals overlap: only their number is a limit.
        Mark::Parallel if mark(nodes, parent) == Mark::Pipelined => {
            (total / threads).max(samples).max(1.0) + 0.5 * samples / total.max(1.0)
        }
        Mark::Doacross => 1.1 * total / threads,
        _ => found.trips.iter().map(|trip| (trip / threads).ceil()).sum(),
    };
    let active = (total / samples).clamp(1.0, threads);
    let speed = (total / longest).clamp(1.0, threads);
    (active.max(speed), 0.97 * speed.max(1.0 / 0.97))
}
