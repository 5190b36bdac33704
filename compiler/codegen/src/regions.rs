//! Which nodes run in one parallel region: the parallel loops that are run one after another, and what is
//! between them.
//!
//! Starting and joining threads costs more than a barrier: in `for t { parallel for i …; parallel for j … }` the
//! threads are started once, around the loop over `t`. A stretch of a sequence that begins and ends with parallel
//! loops, or with loops around such, runs so as a whole, the outermost first, unless one of its nodes stands
//! [apart](Part::Apart).

use crate::trip::TripCount;
use loopwright_ir::{For, LoopTreeNode, Mark};

/// What a node is to the region around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Without parallel loops: one thread runs it.
    Serial,
    /// A parallel loop: all threads share its iterations.
    Shared,
    /// A loop or condition around parallel loops, which decides the same in every thread.
    Control,
    /// A node whose parallel loops run in regions of their own: around them is a copy, of which the threads
    /// would need a common one, or a loop whose iterations overlap, or a block of iterations in lock-step.
    Apart,
}

/// Neighbours in a sequence.
pub(crate) struct Stretch<'a> {
    pub nodes: &'a [LoopTreeNode],
    /// Whether they are to run in one region.
    pub together: bool,
}

/// What a node is to a region around it.
pub(crate) fn part_of(node: &LoopTreeNode) -> Part {
    let inside = node.bodies().into_iter().flatten().map(part_of).fold(Part::Serial, join);
    match node {
        LoopTreeNode::For(inner) => match inner.mark_in_effect() {
            Mark::Parallel => Part::Shared,
            Mark::Sequential | Mark::Unroll { .. } => inside,
            Mark::Pipelined | Mark::Doacross => Part::Apart,
            Mark::Vector { .. } | Mark::UnrollJam { .. } => serial_or_apart(inside),
        },
        LoopTreeNode::If { .. } => inside,
        LoopTreeNode::Pack(_) => serial_or_apart(inside),
        LoopTreeNode::Statement(_) => Part::Serial,
    }
}

/// A sequence as stretches that run together and others, in order.
pub(crate) fn stretches(nodes: &[LoopTreeNode]) -> Vec<Stretch<'_>> {
    let mut stretches = Vec::new();
    for run in nodes.chunk_by(|left, right| is_apart(left) == is_apart(right)) {
        let shares = |node: &LoopTreeNode| matches!(part_of(node), Part::Shared | Part::Control);
        let first = run.iter().position(shares);
        let last = run.iter().rposition(shares);
        let (Some(first), Some(last)) = (first, last) else {
            stretches.push(Stretch { nodes: run, together: false });
            continue;
        };
        // What one thread runs before and behind needs no others.
        let (before, rest) = run.split_at(first);
        let (nodes, behind) = rest.split_at(last + 1 - first);
        stretches.push(Stretch { nodes: before, together: false });
        stretches.push(Stretch { nodes, together: runs_several(nodes) });
        stretches.push(Stretch { nodes: behind, together: false });
    }
    stretches
}

/// Whether more than one parallel loop may be run, or one several times.
fn runs_several(nodes: &[LoopTreeNode]) -> bool {
    let mut sharing = nodes.iter().filter(|node| part_of(node) != Part::Serial);
    match (sharing.next(), sharing.next()) {
        (Some(LoopTreeNode::For(only)), None) if only.mark != Mark::Parallel => {
            repeats(only) || runs_several(&only.body)
        }
        (Some(LoopTreeNode::If { body, otherwise, .. }), None) => {
            runs_several(body) || runs_several(otherwise)
        }
        (_, second) => second.is_some(),
    }
}

fn repeats(inner: &For) -> bool {
    TripCount::new(inner).as_constant().is_none_or(|count| count > 1)
}

fn join(left: Part, right: Part) -> Part {
    match (left, right) {
        (Part::Apart, _) | (_, Part::Apart) => Part::Apart,
        (Part::Serial, Part::Serial) => Part::Serial,
        _ => Part::Control,
    }
}

fn serial_or_apart(inside: Part) -> Part {
    if inside == Part::Serial { Part::Serial } else { Part::Apart }
}

fn is_apart(node: &LoopTreeNode) -> bool {
    part_of(node) == Part::Apart
}
