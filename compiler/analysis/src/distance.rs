//! How far apart the iterations of two loops are that depend on one another.

use crate::dependences::Dependences;
use crate::legality::{ORDER_QUOTA, likeness};
use crate::ordering::{OrderedPair, Place, Places};
use loopwright_ir::{LoopId, Program, ScheduleTree};
use std::collections::HashMap;

/// Beyond this a distance counts as unlimited.
const LARGEST_DISTANCE: i64 = 1 << 40;

/// By how much the iterations of one loop may be moved against those of another one, beside which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShiftRange {
    /// The least shift; `None` if every small one will do.
    pub least: Option<i64>,
    /// The greatest shift; `None` if every large one will do.
    pub most: Option<i64>,
}

/// For which `shift` the iterations `i` of `kept` and `j + shift` for those `j` of `joined` may be run in one loop, as far as the
/// dependences between the two go: with the body of `kept` in front in each iteration if `kept_first`. Both
/// loops stand in the same sequence. `None` where distances have no limit (they may grow with parameters) or cannot be found
/// out.
///
/// For all dependent `s → d` with `s` in `kept` and `d` in `joined` it is `d + shift - s ≥ 0` (or `≥ 1`, where the body of
/// `joined` comes first), and the other way round for `s` in `joined`.
pub fn fusion_shifts(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    [kept, joined]: [LoopId; 2],
    kept_first: bool,
) -> Option<ShiftRange> {
    let places = Places::new(program, tree);
    let depth_of = |place: &Place<'_>, id| place.path.iter().position(|inner| inner.id == id);
    let mut range = ShiftRange { least: None, most: None };
    let mut known = HashMap::new();
    for dependence in dependences.distinct() {
        for pair in places.pairs(dependence) {
            let [source, destination] = pair;
            let forward = depth_of(source, kept).zip(depth_of(destination, joined));
            let backward = depth_of(source, joined).zip(depth_of(destination, kept));
            let Some((depth, _)) = forward.or(backward) else { continue };
            // The most that the source is ahead of the destination, before the shift.
            let ahead = match known.get(&likeness(dependence, pair)) {
                Some(ahead) => *ahead,
                None => {
                    let found = farthest_ahead(
                        &mut OrderedPair::new(program, pair, dependence)?,
                        depth,
                        dependences.quota().min(ORDER_QUOTA),
                    )?;
                    known.insert(likeness(dependence, pair), found);
                    found
                }
            };
            let Some(ahead) = ahead else { continue };
            // Where source and destination are in the same iteration, the order of the bodies decides.
            let apart = ahead + i64::from(kept_first != forward.is_some());
            if forward.is_some() {
                range.least = Some(range.least.map_or(apart, |known| known.max(apart)));
            } else {
                range.most = Some(range.most.map_or(-apart, |known| known.min(-apart)));
            }
        }
    }
    Some(range)
}

/// The greatest `s - d` of the loops at a depth in equal iterations of those outside: `Some(None)` if there is no pair at all,
/// `None` without a limit.
#[expect(clippy::option_option, reason = "no pair and no limit are different answers")]
fn farthest_ahead(pair: &mut OrderedPair<'_, '_>, depth: usize, quota: u64) -> Option<Option<i64>> {
    for outer in 0..depth {
        let row = pair.difference(outer, 1, 0, true);
        pair.system.rows.push(row);
    }
    // Whether the source may be so far ahead; what is not known counts as possible.
    let mut possible = |distance: i64| {
        let row = pair.difference(depth, -1, -distance, false);
        pair.system.rows.push(row);
        let empty = pair.system.is_empty(quota);
        pair.system.rows.pop();
        empty != Ok(true)
    };
    if !possible(-LARGEST_DISTANCE) {
        return Some(None);
    }
    if possible(LARGEST_DISTANCE) {
        return None;
    }
    // Where work is limited, answers need not agree with each other: what was not known before may be known nearer by.
    let (mut within, mut beyond) = if possible(0) { (0, 1) } else { (-1, 0) };
    if within == 0 {
        while possible(beyond) {
            if beyond >= LARGEST_DISTANCE {
                return None;
            }
            (within, beyond) = (beyond, beyond * 2);
        }
    } else {
        while !possible(within) {
            if within <= -LARGEST_DISTANCE {
                return Some(None);
            }
            (within, beyond) = (within * 2, within);
        }
    }
    while within + 1 < beyond {
        let middle = within + (beyond - within) / 2;
        if possible(middle) { within = middle } else { beyond = middle }
    }
    Some(Some(within))
}
