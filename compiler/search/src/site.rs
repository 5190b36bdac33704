//! Nests: where recipes are tried.
//!
//! A *band* is a chain of loops each of which has the next one for its whole body. The band with all inside is a
//! [`Site`]; where it ends at several nodes, those are looked at one by one as well.

use crate::facts::{LeafFact, Trips};
use crate::{Draft, Machine};
use loopwright_ir::{LoopId, Mark, Node, TreeLoop};
use std::ops::Range;

/// Nests of more loops than this are left as they are: what recipes ask takes too long.
pub const MOST_LOOPS: usize = 12;
/// Of a band, so many loops are looked at.
const DEEPEST: usize = 6;

/// Below so many instances threads cost more than they give.
const MUCH_WORK: f64 = 40_000.0;

/// A nest that is treated by itself.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its leaves in textual order.
    pub leaves: Vec<LeafFact>,
    /// The depths of the band's loops in the leaves' paths.
    pub band: Range<usize>,
    /// For each loop of the first leaf's path, whether it is of the band and carries no dependence.
    pub coincident: Vec<bool>,
    /// How many of the band's loops, from the outermost on, may be tiled together.
    pub permutable: usize,
    /// Whether threads are at work around it already.
    pub in_parallel: bool,
    /// Instances times accesses.
    pub work: f64,
}

impl Site {
    /// The leaf, if there is just one.
    pub fn single(&self) -> Option<&LeafFact> {
        match self.leaves.as_slice() {
            [leaf] if leaf.path.len() == self.band.end => Some(leaf),
            _ => None,
        }
    }

    /// The names of its leaves.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.leaves.iter().map(|leaf| leaf.name.as_str()).collect();
        names.join(" ")
    }

    /// Whether the loop at a depth is of the band and carries no dependence.
    pub fn is_coincident(&self, depth: usize) -> bool {
        self.coincident.get(depth).copied().unwrap_or(false)
    }

    /// How often what is inside the loops up to a depth runs in one go.
    pub fn instances_inside(&self, depth: usize) -> f64 {
        let inside = |leaf: &LeafFact| -> f64 {
            leaf.path.iter().skip(depth).map(|inner| inner.trips.max(1.0)).product()
        };
        self.leaves.iter().map(inside).sum()
    }

    /// Whether there is enough to do for threads that wait for each other.
    pub fn has_work(&self) -> bool {
        self.instances_inside(self.band.start) >= MUCH_WORK
    }

    /// Lanes of the widest element.
    pub fn lanes(&self, machine: &Machine) -> u32 {
        let bytes = self.leaves.iter().map(LeafFact::element_bytes).max().unwrap_or(8);
        machine.lanes(bytes)
    }
}

/// The sites of a draft, the heaviest first.
pub fn sites(draft: &Draft) -> Vec<Site> {
    let deepest = draft.tree.leaves().iter().map(|(path, _)| path.len()).max().unwrap_or(0);
    if deepest > MOST_LOOPS {
        return Vec::new();
    }
    let Some(loops) = draft.lower() else { return Vec::new() };
    let trips = Trips::of(&loops);
    let mut found = Vec::new();
    let mut path = Vec::new();
    visit(draft, &trips, &draft.tree.roots, &mut path, false, &mut found);
    found.sort_by(|left, right| right.work.total_cmp(&left.work));
    found
}

fn visit<'a>(
    draft: &'a Draft,
    trips: &Trips,
    nodes: &'a [Node],
    path: &mut Vec<&'a TreeLoop>,
    in_parallel: bool,
    found: &mut Vec<Site>,
) {
    for node in nodes {
        let Node::Loop(outermost) = node else { continue };
        let before = path.len();
        let mut inner = outermost;
        path.push(inner);
        while let [Node::Loop(next)] = inner.body.as_slice() {
            inner = next;
            path.push(inner);
        }
        let band = before..path.len();
        let marked = path.iter().any(|known| known.mark != Mark::Sequential);
        let mut coincident = vec![false; path.len()];
        for depth in band.clone().take(DEEPEST) {
            let id = path.get(depth).map(|known| known.id);
            if let (Some(id), Some(place)) = (id, coincident.get_mut(depth)) {
                *place = draft.is_coincident(id);
            }
        }
        let single = matches!(inner.body.as_slice(), [Node::Leaf(_)]);
        let parallel = coincident.iter().any(|one| *one);
        let ids: Vec<LoopId> = path.iter().skip(before).map(|known| known.id).collect();
        let several = (2..=ids.len().min(DEEPEST)).rev().find(|count| {
            !marked && ids.get(..*count).is_some_and(|some| draft.is_permutable(some))
        });
        let permutable = several.unwrap_or(1);
        if !marked {
            let mut leaves = Vec::new();
            collect(draft, trips, &inner.body, path, &mut leaves);
            let work = leaves.iter().map(LeafFact::work).sum();
            let band = band.clone();
            found.push(Site { leaves, band, coincident, permutable, in_parallel, work });
        }
        if !single {
            visit(draft, trips, &inner.body, path, in_parallel || parallel, found);
        }
        path.truncate(before);
    }
}

fn collect<'a>(
    draft: &Draft,
    trips: &Trips,
    nodes: &'a [Node],
    path: &mut Vec<&'a TreeLoop>,
    leaves: &mut Vec<LeafFact>,
) {
    for node in nodes {
        match node {
            Node::Leaf(leaf) => leaves.push(LeafFact::of(draft.program(), path, leaf, trips)),
            Node::Loop(inner) => {
                path.push(inner);
                collect(draft, trips, &inner.body, path, leaves);
                path.pop();
            }
        }
    }
}
