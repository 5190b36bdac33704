//! How often each node runs, and examples of the loops' variables when it does.
//!
//! A loop's iterations depend on the loops around it, so that no product of trip counts is right for triangles, last
//! tiles or diagonals. Instead a few *samples* go down the tree: each is an assignment to the loops around a node, and
//! all of a node's samples stand for equally many of its executions. Inside of a loop the samples are spread evenly
//! over all iterations of all samples outside. Where there are no more iterations than samples, every one is taken and
//! the counts are exact.

use super::linear::{Condition, Limit};
use super::nodes::{Kind, Nodes};
use loopwright_ir::Mark;

/// Samples of a node, at most.
const SAMPLES: usize = 20;

/// What is known of a node's executions.
#[derive(Clone, Debug, Default)]
pub struct Executions {
    /// How often it runs in all.
    pub count: f64,
    /// How many samples there are.
    rows: usize,
    /// Their values of the loops around, one sample after the other.
    values: Vec<i64>,
    /// Loops around.
    depth: usize,
    /// For a loop: its mean number of iterations.
    pub trip: f64,
    /// For a loop: each sample's number of iterations.
    pub trips: Vec<f64>,
    /// The block that each loop around, and at last a loop itself, runs in lock-step.
    pub blocks: Vec<Block>,
}

/// Iterations of a loop that run in lock-step, inside of everything deeper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    pub lanes: f64,
    pub copies: f64,
}

impl Block {
    pub const ONE: Self = Self { lanes: 1.0, copies: 1.0 };

    /// What a mark asks for.
    fn of(mark: Mark) -> Self {
        let number = |number: u32| f64::from(number.max(1));
        match mark {
            Mark::Vector { width, unroll } => Self { lanes: number(width), copies: number(unroll) },
            Mark::UnrollJam { factor } => Self { lanes: 1.0, copies: number(factor) },
            _ => Self::ONE,
        }
    }

    /// Iterations in it.
    pub fn size(self) -> f64 {
        self.lanes * self.copies
    }

    /// No longer than a loop.
    fn within(self, trip: f64) -> Self {
        let lanes = self.lanes.min(trip.max(1.0));
        Self { lanes, copies: self.copies.min((trip / lanes).ceil().max(1.0)) }
    }

    /// Runs of a block that so many iterations come to: whole blocks, then single vectors, then one masked vector, or
    /// copies one by one.
    fn runs(self, trip: f64) -> f64 {
        let full = (trip / self.size()).floor();
        let rest = trip - full * self.size();
        if self.lanes <= 1.0 {
            return full + if rest > 0.0 { (1.2 * rest / self.copies).min(1.2) } else { 0.0 };
        }
        let single = (rest / self.lanes).floor();
        let last = if rest - single * self.lanes > 0.0 { 1.4 } else { 0.0 };
        full + (1.1 * single + last) / self.copies
    }
}

impl Executions {
    /// How many samples there are.
    pub fn samples(&self) -> usize {
        self.rows
    }

    /// A sample's values of the loops around.
    pub fn sample(&self, position: usize) -> &[i64] {
        let start = position * self.depth;
        self.values.get(start..start + self.depth).unwrap_or_default()
    }

    /// The samples that fulfil a condition.
    fn retain(&mut self, keep: impl Fn(&[i64]) -> bool) {
        let kept: Vec<usize> = (0..self.rows).filter(|row| keep(self.sample(*row))).collect();
        self.values = kept.iter().flat_map(|row| self.sample(*row).to_vec()).collect();
        self.rows = kept.len();
    }

    /// How often what it holds runs, lanes and copies counted.
    pub fn instances(&self) -> f64 {
        self.count * self.blocks.iter().map(|block| block.size()).product::<f64>()
    }
}

/// All nodes' executions, by position.
pub fn executions(nodes: &Nodes<'_>) -> Vec<Executions> {
    let mut found = vec![Executions::default(); nodes.list.len()];
    if let Some(root) = found.first_mut() {
        root.count = 1.0;
        root.rows = 1;
    }
    for (position, node) in nodes.list.iter().enumerate().skip(1) {
        let Some(parent) = found.get(node.parent) else { continue };
        let mut here = match nodes.list.get(node.parent).map(|one| &one.kind) {
            Some(Kind::Loop { .. }) => iterations(nodes, node.parent, parent),
            _ => Executions {
                count: parent.count,
                rows: parent.rows,
                values: parent.values.clone(),
                depth: parent.depth,
                blocks: parent.blocks.clone(),
                ..Executions::default()
            },
        };
        match &node.kind {
            Kind::Side { conditions, holds } => {
                let before = here.rows;
                let all = |sample: &[i64]| {
                    conditions.iter().all(|condition| condition.holds(sample)) == *holds
                };
                if (0..before).any(|row| all(here.sample(row))) {
                    here.retain(all);
                    here.count *= here.rows as f64 / before as f64;
                } else {
                    // Too rare for the samples to meet it.
                    here.count *= rare(nodes, &found, node.parent, conditions, *holds);
                }
            }
            Kind::Loop { lower, upper, mark, .. } => {
                let plain = |row: usize| {
                    let sample = here.sample(row);
                    let (low, high) = (lower.at(true, sample), upper.at(false, sample));
                    high.saturating_sub(low).saturating_add(1).max(0) as f64
                };
                here.trips = (0..here.rows).map(plain).collect();
                let longest = here.trips.iter().copied().fold(0.0, f64::max);
                let block = Block::of(*mark).within(longest);
                if block.size() > 1.0 {
                    for trip in &mut here.trips {
                        *trip = block.runs(*trip);
                    }
                }
                let apart = uneven(lower, &here.blocks) + uneven(upper, &here.blocks);
                if apart > 0.0 {
                    for trip in &mut here.trips {
                        *trip += apart
                            .min(*trip * here.blocks.iter().map(|one| one.lanes).product::<f64>());
                    }
                }
                here.blocks.push(block);
                let samples = here.trips.len().max(1) as f64;
                here.trip = here.trips.iter().sum::<f64>() / samples;
            }
            _ => {}
        }
        if let Some(place) = found.get_mut(position) {
            *place = here;
        }
    }
    found
}

/// A bound that differs within a block around makes the block's ends run one by one: in runs of the whole block, what
/// that takes at one end.
fn uneven(limit: &Limit, blocks: &[Block]) -> f64 {
    let mut apart = 0.0;
    for (depth, block) in blocks.iter().enumerate().filter(|(_, block)| block.size() > 1.0) {
        apart += 0.75 * block.lanes * limit.slope(depth) * (block.size() - 1.0);
    }
    apart
}

/// The executions of what is directly inside of a loop.
fn iterations(nodes: &Nodes<'_>, position: usize, outside: &Executions) -> Executions {
    let Some(Kind::Loop { lower, depth, .. }) = nodes.list.get(position).map(|one| &one.kind)
    else {
        return Executions::default();
    };
    let total: f64 = outside.trips.iter().sum();
    let count = outside.count * outside.trip;
    if total <= 0.0 {
        return Executions { count: 0.0, ..Executions::default() };
    }
    let wanted = if total <= SAMPLES as f64 { (total as usize).max(1) } else { SAMPLES };
    let stride = total / wanted as f64;
    let exact = wanted as f64 == total;
    let size = outside.blocks.last().map_or(1.0, |block| block.size());
    let mut values = Vec::with_capacity(wanted * (depth + 1));
    let mut rows = 0;
    let (mut before, mut outer) = (0.0, 0);
    for number in 0..wanted {
        // Where samples are fewer than iterations, each stands at another place of its part, so that loops inside
        // of each other are not all taken at their middles.
        let place = if exact { 0.5 } else { spread(number, *depth) };
        let at = (number as f64 + place) * stride;
        while let Some(trip) = outside.trips.get(outer)
            && at >= before + trip
            && outer + 1 < outside.trips.len()
        {
            before += trip;
            outer += 1;
        }
        let sample = outside.sample(outer);
        let low = lower.at(true, sample);
        let trip = outside.trips.get(outer).copied().unwrap_or(1.0);
        let offset = ((at - before).clamp(0.0, (trip - 1.0).max(0.0)).floor() * size) as i64;
        values.extend_from_slice(sample);
        values.push(low.saturating_add(offset));
        rows += 1;
    }
    let (blocks, depth) = (outside.blocks.clone(), depth + 1);
    Executions { count, rows, values, depth, blocks, ..Executions::default() }
}

/// A number from 0 to 1, different for neighbours and for other depths: steps of the golden ratio.
fn spread(number: usize, depth: usize) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    ((number + 1) as f64 * GOLDEN + depth as f64 * 0.37).fract()
}

/// The share of executions in which conditions hold that no sample meets: an equality pins a loop.
fn rare(
    nodes: &Nodes<'_>,
    found: &[Executions],
    parent: usize,
    conditions: &[Condition],
    holds: bool,
) -> f64 {
    if !holds {
        return 0.0;
    }
    let mut share = 1.0;
    for condition in conditions.iter().filter(|condition| condition.equality) {
        let innermost = condition.linear.terms.iter().map(|(depth, _)| *depth).max();
        let mut node = parent;
        while node > 0 {
            let Some(one) = nodes.list.get(node) else { break };
            if let Kind::Loop { depth, .. } = &one.kind
                && Some(*depth) == innermost
            {
                share /= found.get(node).map_or(1.0, |one| one.trip.max(1.0));
                break;
            }
            node = one.parent;
        }
    }
    if share < 1.0 { share } else { 0.5 / SAMPLES as f64 }
}
