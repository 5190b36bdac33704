//! The loops around a statement, and what their marks make of its copies and lanes.

use super::nodes::{Group, Kind, Nodes};
use super::sampling::{Block, Executions};
use crate::MachineFeatures;
use loopwright_ir::Mark;

/// A loop around a statement.
#[derive(Clone, Copy, Debug)]
pub struct Ring {
    pub node: usize,
    pub depth: usize,
    /// Copies of the body that its mark makes.
    pub copies: f64,
    /// Lanes that its mark makes.
    pub lanes: f64,
    /// Runs of a vector over iterations where LLVM makes vectors by itself; 1 elsewhere.
    pub rate: f64,
}

/// The rings around a node, outermost first.
pub fn rings(
    nodes: &Nodes<'_>,
    executions: &[Executions],
    leaf: usize,
    machine: &MachineFeatures,
) -> Vec<Ring> {
    let mut path = Vec::new();
    let mut node = nodes.list.get(leaf).map_or(0, |one| one.parent);
    while node > 0 {
        let Some(one) = nodes.list.get(node) else { break };
        if matches!(one.kind, Kind::Loop { .. }) {
            path.push(node);
        }
        node = one.parent;
    }
    path.reverse();
    let mut rings: Vec<Ring> = Vec::with_capacity(path.len());
    for node in path {
        let (Some(Kind::Loop { depth, .. }), Some(found)) =
            (nodes.list.get(node).map(|one| &one.kind), executions.get(node))
        else {
            continue;
        };
        let block = found.blocks.last().copied().unwrap_or(Block::ONE);
        let Block { lanes, copies } = block;
        rings.push(Ring { node, depth: *depth, copies, lanes, rate: 1.0 });
    }
    let marked = rings.iter().any(|ring| ring.lanes > 1.0);
    if !marked
        && let Some(last) = rings.last_mut()
        && last.copies <= 1.0
    {
        let lanes = automatic(nodes, leaf, last, machine);
        let trips = executions.get(last.node).map_or(&[][..], |one| one.trips.as_slice());
        let total: f64 = trips.iter().sum();
        if lanes > 1.0 && total > lanes {
            let blocks: f64 = trips.iter().map(|trip| (trip / lanes).floor() + trip % lanes).sum();
            last.lanes = lanes;
            last.rate = (blocks / total).min(1.0);
        }
    }
    rings
}

/// The lanes that LLVM gives an innermost loop of which nothing is asked: where all statements write neighbouring
/// elements, read neighbouring or constant ones, and carry no dependence through what is written.
fn automatic(nodes: &Nodes<'_>, leaf: usize, ring: &Ring, machine: &MachineFeatures) -> f64 {
    let Some(node) = nodes.list.get(ring.node) else { return 1.0 };
    let Kind::Loop { mark: Mark::Sequential | Mark::Parallel, .. } = node.kind else { return 1.0 };
    let mut bytes = 8.0;
    for child in &node.children {
        let Some(one) = nodes.list.get(*child) else { continue };
        if !matches!(one.kind, Kind::Statement { .. }) {
            return 1.0;
        }
        let stride = |group: &Group| group.strides.get(ring.depth).copied().unwrap_or(0);
        let plain = one.groups.iter().all(|group| matches!(stride(group), 0 | 1));
        let Some(written) = one.groups.iter().find(|group| group.written.is_some()) else {
            return 1.0;
        };
        if stride(written) != 1 || !plain {
            return 1.0;
        }
        // Of elements of the same array under other subscripts LLVM proves nothing.
        let carried = one.groups.iter().any(|group| {
            let same = group.storage == written.storage && !group.read.is_empty();
            let offset = written.written.unwrap_or(0);
            let other = group.written.is_none();
            same && (other || group.read.iter().any(|read| (1..64).contains(&(offset - read))))
        });
        if carried {
            return 1.0;
        }
        if *child == leaf {
            bytes = nodes.storages.get(written.storage).map_or(8.0, |one| one.element_bytes);
        }
    }
    machine.lanes(bytes)
}
