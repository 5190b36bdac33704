//! Which loops of a tree may run their iterations in any order, and which nests may be permuted
//! and tiled.

use crate::dependences::Dependences;
use crate::legality::{ORDER_QUOTA, likeness};
use crate::ordering::{OrderedPair, Place, Places};
use crate::{AccessPosition, Dependence, DependenceId, DependenceKind};
use loopwright_ir::{ArrayId, LoopId, PackedReads, Program, ScheduleTree};
use std::collections::{HashMap, HashSet};

/// The dependences that a loop carries: between different iterations of it in the same iteration of
/// the loops around it. What cannot be decided within the quota counts as carried.
pub fn carried_by(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    loop_id: LoopId,
) -> Vec<DependenceId> {
    Search::new(program, dependences, tree).carried(loop_id).collect()
}

/// Whether a loop carries no dependence, so that its iterations may run in any order or at once.
pub fn coincident(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    loop_id: LoopId,
) -> bool {
    let search = Search::new(program, dependences, tree);
    let mut seen = HashSet::new();
    search
        .pairs()
        .filter(|(dependence, pair)| seen.insert(likeness(dependence, *pair)))
        .all(|(dependence, pair)| !search.is_carried(dependence, pair, loop_id))
}

/// Whether a value of an array that one iteration of a loop writes may be read in another one, in the same
/// iteration of the loops around it.
pub(crate) fn passes_values(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    loop_id: LoopId,
    array: ArrayId,
) -> bool {
    let search = Search::new(program, dependences, tree);
    // Not only the distinct ones: the same pairs may be listed under another array.
    let flows = dependences.all().iter().filter(|dependence| {
        dependence.array == array && dependence.kind == DependenceKind::ReadAfterWrite
    });
    flows
        .flat_map(|dependence| search.places.pairs(dependence).map(move |pair| (dependence, pair)))
        .any(|(dependence, pair)| search.is_carried(dependence, pair, loop_id))
}

/// Whether some reads of a statement may read what the same iteration of a loop wrote before.
pub(crate) fn flows_within(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    loop_id: LoopId,
    array: ArrayId,
    reads: &PackedReads,
) -> bool {
    let search = Search::new(program, dependences, tree);
    // Pairs that several reads share are listed under one of them: all are looked at.
    let flows = dependences.all().iter().filter(|dependence| {
        dependence.array == array
            && dependence.destination == reads.statement
            && dependence.source_access == AccessPosition::Write
    });
    flows
        .flat_map(|dependence| search.places.pairs(dependence).map(move |pair| (dependence, pair)))
        .any(|(dependence, pair)| search.is_within(dependence, pair, loop_id, reads))
}

/// Whether nested loops, outermost first, form a permutable band: no dependence that the loops
/// around the band leave open goes backwards in any of them. Such loops may be put in any order and
/// tiled. Of a dependence between statements that only some of the loops surround, these count.
pub fn permutable_band(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    loops: &[LoopId],
) -> bool {
    let Some(&outermost) = loops.first() else {
        return true;
    };
    let search = Search::new(program, dependences, tree);
    let mut seen = HashSet::new();
    let mut different = search.pairs().filter(|(one, pair)| seen.insert(likeness(one, *pair)));
    different.all(|(dependence, pair)| {
        // What cannot be expressed is not known to be harmless.
        let Some(mut pair) = OrderedPair::new(program, pair, dependence) else {
            return false;
        };
        let Some(first) = depth_of(&pair, outermost) else {
            return true;
        };
        if !search.equal_outside(&mut pair, first) {
            return true;
        }
        loops.iter().all(|&id| match depth_of(&pair, id) {
            None => true,
            Some(depth) => !search.possible(&mut pair, depth, -1),
        })
    })
}

struct Search<'p> {
    program: &'p Program,
    dependences: &'p Dependences,
    places: Places<'p>,
}

/// The depth of a loop that surrounds both leaves.
fn depth_of(pair: &OrderedPair<'_, '_>, id: LoopId) -> Option<usize> {
    pair.source.path.iter().take(pair.common).position(|inner| inner.id == id)
}

impl<'p> Search<'p> {
    fn new(program: &'p Program, dependences: &'p Dependences, tree: &'p ScheduleTree) -> Self {
        Self { program, dependences, places: Places::new(program, tree) }
    }

    /// Each dependence between each two pieces of its statements.
    fn pairs(&self) -> impl Iterator<Item = (&'p Dependence, [&Place<'p>; 2])> {
        self.dependences.distinct().flat_map(|dependence| {
            self.places.pairs(dependence).map(move |pair| (dependence, pair))
        })
    }

    fn carried(&self, id: LoopId) -> impl Iterator<Item = DependenceId> + '_ {
        let mut known = HashMap::new();
        self.pairs()
            .filter(move |(dependence, pair)| {
                *known
                    .entry(likeness(dependence, *pair))
                    .or_insert_with(|| self.is_carried(dependence, *pair, id))
            })
            .map(|(dependence, _)| dependence.id)
    }

    /// Whether a loop may carry a dependence between two pieces.
    fn is_carried(&self, dependence: &Dependence, pair: [&Place<'p>; 2], id: LoopId) -> bool {
        if !pair.iter().all(|place| place.path.iter().any(|inner| inner.id == id)) {
            return false;
        }
        // What cannot be expressed is not known to be harmless.
        let Some(mut pair) = OrderedPair::new(self.program, pair, dependence) else {
            return true;
        };
        let Some(depth) = depth_of(&pair, id) else {
            return false;
        };
        self.equal_outside(&mut pair, depth)
            && (self.possible(&mut pair, depth, 1) || self.possible(&mut pair, depth, -1))
    }

    /// Whether the pieces may write an element and then read it by `reads` in one iteration of the loop.
    fn is_within(
        &self,
        dependence: &Dependence,
        pair: [&Place<'p>; 2],
        id: LoopId,
        reads: &PackedReads,
    ) -> bool {
        // What cannot be expressed is not known to be harmless.
        let Some(mut pair) = OrderedPair::new(self.program, pair, dependence) else {
            return true;
        };
        let Some(depth) = depth_of(&pair, id) else {
            return false;
        };
        let Some(written) = dependence.source_access.of(self.program, dependence.source) else {
            return true;
        };
        for (left, right) in written.subscripts.iter().zip(&reads.subscripts) {
            match pair.equal(left, right) {
                Some(row) => pair.system.rows.push(row),
                None => return true,
            }
        }
        self.equal_outside(&mut pair, depth + 1)
            && pair.system.is_empty(self.dependences.quota().min(ORDER_QUOTA)) != Ok(true)
    }

    /// Restricts the pair to equal iterations of the loops outside `depth`; false when that is known
    /// to leave nothing.
    fn equal_outside(&self, pair: &mut OrderedPair<'_, '_>, depth: usize) -> bool {
        for outer in 0..depth {
            match pair.constant_difference(outer) {
                Some(0) => {}
                Some(_) => return false,
                None => {
                    let row = pair.difference(outer, 1, 0, true);
                    pair.system.rows.push(row);
                }
            }
        }
        true
    }

    /// Whether the destination may be in a later (`sign` 1) or earlier (-1) iteration.
    fn possible(&self, pair: &mut OrderedPair<'_, '_>, depth: usize, sign: i64) -> bool {
        if let Some(value) = pair.constant_difference(depth)
            && value.signum() != sign
        {
            return false;
        }
        let row = pair.difference(depth, sign, -1, false);
        pair.system.rows.push(row);
        let empty = pair.system.is_empty(self.dependences.quota().min(ORDER_QUOTA));
        pair.system.rows.pop();
        empty != Ok(true)
    }
}
