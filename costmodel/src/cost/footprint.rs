//! What a node touches: boxes of storages, by intervals of the loops inside.
//!
//! With the loops around at a sample's values and those inside in their whole ranges, each subscript has an interval.
//! Tile loops need no rule of their own, since a point loop's range follows from its tile's. A box is no triangle, so it
//! also counts its elements: no more than the statement has instances in it.

use super::linear::Linear;
use super::nodes::{Group, Kind, Nodes, Storage};
use super::sampling::Executions;

/// Bytes of a cache line on every supported machine.
pub const LINE: f64 = 64.0;
/// Samples of a node of which the mean is taken.
const EXAMPLES: usize = 2;
/// From this share of its volume on, a statement's box counts as full: the counts of instances are samples'.
const FULL: f64 = 0.85;
/// Boxes that are kept apart for one storage.
const MOST_BOXES: usize = 4;

/// Bytes of whole lines that an execution of each node touches, by storage.
#[derive(Clone, Debug)]
pub struct Footprints {
    /// One row a node.
    pub bytes: Vec<Vec<f64>>,
}

/// Dimensions in which boxes are looked at; those beyond count as whole.
const DIMENSIONS: usize = 6;

/// A part of a storage.
#[derive(Clone, Copy, Debug)]
struct Part {
    dimensions: usize,
    low: [i64; DIMENSIONS],
    high: [i64; DIMENSIONS],
    /// Elements in it that are touched.
    elements: f64,
    /// The statement's node whose instances they are.
    of: usize,
}

impl Part {
    fn ranges(&self) -> impl Iterator<Item = (i64, i64)> {
        let all = self.low.iter().copied().zip(self.high.iter().copied());
        all.take(self.dimensions)
    }

    fn volume(&self) -> f64 {
        self.ranges().map(|(low, high)| (high - low + 1).max(0) as f64).product()
    }

    fn hull(&self, other: &Part) -> Part {
        let mut hull = *self;
        for (low, more) in hull.low.iter_mut().zip(&other.low) {
            *low = (*low).min(*more);
        }
        for (high, more) in hull.high.iter_mut().zip(&other.high) {
            *high = (*high).max(*more);
        }
        hull
    }

    fn common(&self, other: &Part) -> f64 {
        (self.ranges().zip(other.ranges()))
            .map(|((low, high), (other_low, other_high))| {
                (high.min(other_high) - low.max(other_low) + 1).max(0) as f64
            })
            .product()
    }

    /// Bytes of its lines.
    fn bytes(&self, storage: &Storage) -> f64 {
        let element = storage.element_bytes;
        let Some(last) = storage.order.last() else {
            return LINE.min(self.elements.max(1.0) * LINE);
        };
        let width = |dimension: usize| {
            let (low, high) = (self.low.get(dimension), self.high.get(dimension));
            low.zip(high).map_or(1.0, |(low, high)| (high - low + 1).max(1) as f64)
        };
        let volume = self.volume().max(1.0);
        let density = (self.elements / volume).min(1.0);
        let row = width(*last);
        let rows = volume / row;
        let whole = storage.extents.get(*last).is_some_and(|extent| row >= *extent as f64);
        let pitch = storage.extents.get(*last).map_or(0.0, |extent| *extent as f64 * element);
        let lines = if whole {
            (rows * row * element / LINE).max(1.0)
        } else if pitch % LINE == 0.0 && row * element >= LINE {
            // Each row begins with a line, so it is known which ones the box meets. Less than a line wanders over them.
            let line = |at: i64| (at as f64 * element / LINE).floor();
            let ends = self.low.get(*last).zip(self.high.get(*last));
            rows * ends.map_or(1.0, |(low, high)| line(*high) - line(*low) + 1.0)
        } else {
            rows * (1.0 + (row * element - element) / LINE)
        };
        // Elements that are missing from a triangle are missing in stretches, those of a stride one by one.
        (lines * density.max(element / LINE)).min(self.elements.max(1.0)).max(1.0) * LINE
    }
}

/// All nodes' footprints.
pub fn footprints(nodes: &Nodes<'_>, executions: &[Executions]) -> Footprints {
    let mut bytes = Vec::with_capacity(nodes.list.len());
    let mut walk = Walk {
        nodes,
        executions,
        ranges: Vec::new(),
        parts: vec![Vec::new(); nodes.storages.len()],
    };
    for position in 0..nodes.list.len() {
        let mut row = vec![0.0; nodes.storages.len()];
        if let Some(found) = executions.get(position) {
            let samples = found.samples();
            let count = samples.min(EXAMPLES);
            for example in 0..count {
                // From the inside of the samples' row, not from its ends.
                let at = (2 * example + 1) * samples / (2 * count);
                walk.add(position, found.sample(at), 1.0 / count as f64, &mut row);
            }
        }
        bytes.push(row);
    }
    Footprints { bytes }
}

/// What one execution touches.
struct Walk<'w> {
    nodes: &'w Nodes<'w>,
    executions: &'w [Executions],
    ranges: Vec<(i64, i64)>,
    parts: Vec<Vec<Part>>,
}

impl Walk<'_> {
    /// Adds what one execution touches, times a weight.
    fn add(&mut self, node: usize, sample: &[i64], weight: f64, row: &mut [f64]) {
        let Some(found) = self.executions.get(node) else { return };
        self.parts.iter_mut().for_each(Vec::clear);
        let Self { nodes, executions, ranges, parts } = self;
        ranges.clear();
        ranges.extend(
            sample
                .iter()
                .zip(&found.blocks)
                .map(|(value, block)| (*value, value.saturating_add(block.size() as i64 - 1))),
        );
        let runs = found.count.max(1e-9);
        let mut skip = 0;
        for position in nodes.inside(node) {
            if position < skip {
                continue;
            }
            let (Some(one), Some(inside)) = (nodes.list.get(position), executions.get(position))
            else {
                continue;
            };
            if inside.count <= 0.0 {
                skip = one.end;
                continue;
            }
            match &one.kind {
                Kind::Loop { lower, upper, depth, .. } => {
                    ranges.truncate(*depth);
                    let (low, high) = (lower.least(true, ranges), upper.greatest(false, ranges));
                    ranges.push((low, high.max(low)));
                }
                Kind::Statement { iterators, .. } => {
                    ranges.truncate(one.depth);
                    let wide = |value: &Linear| {
                        let (low, high) = value.range(ranges);
                        high.saturating_sub(low).saturating_add(1).max(1) as f64
                    };
                    let volume: f64 = iterators.iter().map(wide).product();
                    let density = (inside.instances() / runs / volume).min(1.0);
                    for group in &one.groups {
                        let share = match density < FULL {
                            true => density.powf(dimensions(group, iterators)),
                            false => 1.0,
                        };
                        insert(nodes, group, ranges, share, position, parts);
                    }
                }
                Kind::Copy { .. } => {
                    ranges.truncate(one.depth);
                    for group in &one.groups {
                        insert(nodes, group, ranges, 1.0, position, parts);
                    }
                }
                Kind::Root | Kind::Side { .. } => {}
            }
        }
        for ((found, storage), place) in parts.iter().zip(&nodes.storages).zip(row) {
            let bytes: f64 = found.iter().map(|part| part.bytes(storage)).sum();
            *place += weight * bytes.min(storage.bytes().max(LINE) + LINE);
        }
    }
}

/// By which power of the density of a statement's instances an access is thinned: not at all if it follows one
/// iterator, wholly if it follows all of them.
fn dimensions(group: &Group, iterators: &[Linear]) -> f64 {
    let mut followed = 0.0;
    for iterator in iterators {
        let used = iterator.terms.iter().any(|(depth, _)| {
            group.subscripts.iter().any(|subscript| subscript.coefficient(*depth) != 0)
        });
        followed += f64::from(used);
    }
    let all = iterators.len() as f64;
    if all <= 1.0 { 1.0 } else { ((followed - 1.0) / (all - 1.0)).max(0.0) }
}

fn insert(
    nodes: &Nodes<'_>,
    group: &Group,
    ranges: &[(i64, i64)],
    share: f64,
    of: usize,
    parts: &mut [Vec<Part>],
) {
    let (Some(storage), Some(place)) =
        (nodes.storages.get(group.storage), parts.get_mut(group.storage))
    else {
        return;
    };
    if storage.register {
        return;
    }
    let dimensions = storage.extents.len().min(DIMENSIONS);
    let mut part =
        Part { dimensions, low: [0; DIMENSIONS], high: [0; DIMENSIONS], elements: 0.0, of };
    let bounds = part.low.iter_mut().zip(part.high.iter_mut());
    for (((low, high), (subscript, spread)), extent) in
        bounds.zip(group.subscripts.iter().zip(&group.spread)).zip(&storage.extents)
    {
        let (least, greatest) = subscript.range(ranges);
        let last = (extent - 1).max(0);
        *low = least.saturating_add(spread.0).clamp(0, last);
        *high = greatest.saturating_add(spread.1).clamp(0, last);
    }
    // A stride leaves elements out.
    let steps: f64 = group.subscripts.iter().map(|subscript| sparsity(subscript, ranges)).product();
    part.elements = (part.volume() * share * steps).max(1.0);
    join(place, part);
}

/// The share of an interval that an expression takes on: 1 / 2 for `2 * i`.
fn sparsity(subscript: &Linear, ranges: &[(i64, i64)]) -> f64 {
    let mut moving = subscript
        .terms
        .iter()
        .filter(|(depth, _)| ranges.get(*depth).is_some_and(|(low, high)| high > low));
    match (moving.next(), moving.next()) {
        (Some((_, factor)), None) => 1.0 / factor.unsigned_abs().max(1) as f64,
        _ => 1.0,
    }
}

fn join(parts: &mut Vec<Part>, part: Part) {
    let volume = part.volume().max(1.0);
    let found =
        parts.iter().position(|known| known.common(&part) >= 0.5 * known.volume().min(volume));
    let found = found.or((parts.len() >= MOST_BOXES).then_some(parts.len() - 1));
    let Some(known) = found.and_then(|found| parts.get_mut(found)) else {
        parts.push(part);
        return;
    };
    let mut hull = known.hull(&part);
    let (most, least) = (known.elements.max(part.elements), known.elements.min(part.elements));
    // What lies in one only is in both counts once; of what lies in both, one statement's groups touch the same
    // elements for the most part, others may not.
    let common = known.common(&part);
    let outside = (least * (1.0 - common / volume.min(known.volume().max(1.0)))).max(0.0);
    let again = if known.of == part.of { 0.0 } else { 0.5 * (least - outside).max(0.0) };
    let room = hull.volume();
    let dense = known.elements >= 0.95 * known.volume() && part.elements >= 0.95 * volume;
    let again = if dense { 0.0 } else { again };
    hull.elements = (most + outside + again).min(room);
    *known = hull;
}
