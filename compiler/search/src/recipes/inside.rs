//! C, further in: the numbers of what [`sink`](super::sink) makes.

use super::Context;
use super::map::{FEW_INSTANCES, is_flat};
use super::sink::Sunk;
use crate::site::Site;
use crate::sketch::{Hole, Sketch, balanced};

/// Blocks of lanes with the lanes innermost, for the loop of the band at a depth.
pub fn propose(
    context: &Context<'_>,
    site: &Site,
    lanes: usize,
    contiguous: bool,
) -> Option<Sketch> {
    let leaf = site.leaves.first()?;
    let trips = |depth: usize| leaf.path.get(depth).map_or(1.0, |inner| inner.trips);
    let (threads, width) = (f64::from(context.machine.threads.max(1)), site.lanes(context.machine));
    if width < 2 {
        return None;
    }
    let use_threads = !site.in_parallel
        && context.machine.threads > 1
        && site.instances_inside(site.band.start) >= FEW_INSTANCES;
    let mut outer = (site.band.start..lanes).filter(|depth| site.is_coincident(*depth));
    let shared = outer.find(|depth| trips(*depth) >= threads);
    let shape = Sunk::new(context, site, lanes, shared)?;
    // Side by side, lanes hide what divisions and roots take; where sums and choices are made in several nests inside,
    // one vector of each stays in a register.
    let most = if is_flat(site) { 4 } else { 1 };
    let vectors = ((trips(lanes) / f64::from(width)) as u32).clamp(1, most);
    let rule = match (use_threads, shared) {
        (false, _) => 0,
        (true, Some(_)) => 1,
        (true, None) => 2,
    };
    // Where sums run along the lanes, each thread's part is one block: rows are long, and several at once load and
    // store the sums once.
    let streams = shape.has_sums() && trips(lanes) >= 64.0 * threads;
    let vectors = if streams { 1 } else { vectors };
    let part = balanced(trips(lanes), threads, width);
    let blocks = [1, 2, 4, 8, 16, 32].map(|times| times * width).into_iter().chain([part]);
    let block = if streams { part } else { vectors * width };
    let mut holes = vec![
        Hole::new("vectors", vectors, [1, 2, 4, 8]),
        Hole::new("lane block", block, blocks),
        Hole::new("threads", rule, if site.in_parallel { vec![0] } else { vec![0, 1, 2] }),
        Hole::new(
            "turned",
            u32::from(shape.reused && shape.turns()),
            if shape.turns() { vec![0, 1] } else { vec![0] },
        ),
    ];
    if shape.has_sums() {
        holes.push(Hole::new("rows", if streams { 16 } else { 1 }, [1, 4, 8, 16, 32]));
        holes.push(Hole::new("strip", 8 * width, [4, 8, 16, 32].map(|times| times * width)));
    }
    let gain = 2.5 * if rule > 0 { threads } else { 1.0 };
    let gain = if contiguous || shape.turns() { gain } else { gain / 3.0 };
    let sketch = Sketch::new(("lanes inside", gain), holes, move |draft, values| {
        let (block, vectors) = (values.get("lane block"), values.get("vectors").max(1));
        let (rows, strip) = (values.get("rows"), values.get("strip"));
        let lanes = (block, vectors, values.get("threads"), values.is_set("turned"));
        shape.build(draft, lanes, (rows, strip))
    });
    Some(sketch.covering())
}
