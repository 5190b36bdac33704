//! M and C: threads on one loop, lanes on another.
//!
//! Lanes run along the loop that the accesses follow contiguously, where it carries nothing (M); or along another
//! loop that carries nothing while the chain inside stays as it is (C), in which case code generation transposes
//! rows in registers. Threads take the outermost loop that carries nothing, or parts of the lanes' loop.

use super::{Context, inside};
use crate::Draft;
use crate::facts::LeafFact;
use crate::site::Site;
use crate::sketch::{Hole, Sketch, balanced};
use loopwright_ir::LeafId;

/// Below so many instances a fork of threads costs more than it gives.
pub const FEW_INSTANCES: f64 = 6_000.0;

/// Proposes sketches, the likely ones first.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let loops = lane_loops(site);
    // Temporaries with an element for each iteration are a few vectors only where the lanes are innermost.
    let program = context.draft.program();
    let private = site.leaves.iter().flat_map(|leaf| &leaf.accesses);
    let private = private.into_iter().any(|one| program.array(one.array).storage_of().is_some());
    let sketches = loops.iter().take(3).flat_map(|lanes| {
        let (inside, sunk) = (
            sketch(context, site, *lanes),
            inside::propose(context, site, lanes.depth, lanes.contiguous),
        );
        let (first, second) =
            if private || is_flat(site) { (sunk, inside) } else { (inside, sunk) };
        first.into_iter().chain(second)
    });
    let lanes: Vec<Sketch> = sketches.collect();
    let outside = without_lanes(context, site, &[]).filter(|_| !is_flat(site));
    let alone = without_lanes(context, site, &short_loops(site)).map(Sketch::covering);
    // Of several nests inside, each may have lanes of its own, with the threads around all of them; not where each is a
    // chain. What walks in steps of more than one element is left to whoever makes shuffles of that.
    if loops.first().is_some_and(|best| is_flat(site) && steps_over(site, best.depth)) {
        alone.into_iter().chain(lanes).collect()
    } else if private && !has_rows_of_sums(context, site) || is_chain(context, site) {
        lanes.into_iter().chain(outside).chain(alone).collect()
    } else {
        outside.into_iter().chain(lanes).chain(alone).collect()
    }
}

/// Whether each loop around the heaviest leaf inside of those that carry nothing in the band carries something.
fn is_chain(context: &Context<'_>, site: &Site) -> bool {
    let heaviest =
        site.leaves.iter().max_by(|one, other| one.instances.total_cmp(&other.instances));
    let free = site.band.clone().rev().find(|depth| site.is_coincident(*depth));
    heaviest.zip(free).is_some_and(|(leaf, free)| {
        let mut beyond = leaf.path.iter().skip(site.band.end.max(free + 1));
        leaf.path.len() > free + 1 && beyond.all(|one| !context.draft.is_coincident(one.id))
    })
}

/// Whether the heaviest leaf sums up into rows by loops inside of the band, so that it has lanes of its own.
fn has_rows_of_sums(context: &Context<'_>, site: &Site) -> bool {
    let heaviest =
        site.leaves.iter().max_by(|one, other| one.instances.total_cmp(&other.instances));
    heaviest.is_some_and(|leaf| {
        let lanes = |depth: usize| {
            leaf.write().is_contiguous(depth)
                && leaf.path.get(depth).is_some_and(|one| context.draft.is_coincident(one.id))
        };
        leaf.accumulates() && (site.band.end..leaf.path.len()).any(lanes)
    })
}

/// Whether all statements are in all loops of the site.
pub fn is_flat(site: &Site) -> bool {
    site.leaves.iter().all(|leaf| leaf.path.len() == site.band.end)
}

/// Whether most of what is accessed along a loop lies some elements apart.
fn steps_over(site: &Site, depth: usize) -> bool {
    let count = |wanted: &dyn Fn(i64) -> bool| -> f64 {
        let all = site.leaves.iter().flat_map(|leaf| {
            leaf.accesses.iter().map(move |access| (leaf.instances, access.strides.get(depth)))
        });
        all.filter(|(_, stride)| stride.copied().flatten().is_some_and(|one| wanted(one.abs())))
            .map(|(instances, _)| instances)
            .sum()
    };
    count(&|stride| (2..16).contains(&stride)) > count(&|stride| stride == 1)
}

/// How a loop serves as lanes.
#[derive(Clone, Copy, Debug)]
struct Lanes {
    depth: usize,
    /// The statement sums up inside of it.
    sums: bool,
    /// Whether what is written moves by one element.
    contiguous: bool,
}

/// The loops of the band that may be lanes, the best first.
fn lane_loops(site: &Site) -> Vec<Lanes> {
    let mut found: Vec<(i64, Lanes)> = Vec::new();
    let long = |depth: usize| {
        site.leaves.iter().all(|leaf| leaf.path.get(depth).is_some_and(|inner| inner.trips >= 4.0))
    };
    for depth in site.band.clone().filter(|depth| site.is_coincident(*depth) && long(*depth)) {
        let (mut score, mut contiguous) = (0.0, true);
        for leaf in &site.leaves {
            for access in &leaf.accesses {
                let weight = leaf.instances * if access.write { 2.0 } else { 1.0 };
                score += match (access.moves_with(depth), access.is_contiguous(depth)) {
                    (false, _) => 0.5 * weight,
                    (true, true) => 2.0 * weight,
                    (true, false) => -2.0 * weight,
                };
                contiguous &= !access.write || access.is_contiguous(depth);
            }
        }
        let sums = site.leaves.iter().any(|leaf| sums_inside(site, leaf, depth));
        found.push((score as i64, Lanes { depth, sums, contiguous }));
    }
    found.sort_by_key(|(score, lanes)| (std::cmp::Reverse(*score), std::cmp::Reverse(lanes.depth)));
    found.into_iter().map(|(_, lanes)| lanes).collect()
}

/// Whether a loop of a leaf other than the lanes' adds up what is written.
fn sums_inside(site: &Site, leaf: &LeafFact, depth: usize) -> bool {
    (site.band.start..leaf.path.len()).any(|other| {
        other != depth
            && !leaf.write().moves_with(other)
            && leaf.path.get(other).is_some_and(|one| one.trips > 1.0)
    })
}

fn sketch(context: &Context<'_>, site: &Site, lanes: Lanes) -> Option<Sketch> {
    let leaf = site.leaves.first()?;
    let width = site.lanes(context.machine);
    if width < 2 {
        return None;
    }
    let path: Vec<String> = leaf.path.iter().map(|inner| inner.name.clone()).collect();
    let trips = |depth: usize| leaf.path.get(depth).map_or(1.0, |inner| inner.trips);
    let vector = path.get(lanes.depth)?.clone();
    let single = site.single().is_some();
    let outer: Vec<usize> = site
        .band
        .clone()
        .filter(|depth| *depth != lanes.depth && site.is_coincident(*depth))
        .collect();
    let threads = f64::from(context.machine.threads.max(1));
    let shared = outer.iter().copied().find(|depth| trips(*depth) >= threads);
    let length = trips(lanes.depth);
    let use_threads = !site.in_parallel
        && context.machine.threads > 1
        && site.instances_inside(site.band.start) >= FEW_INSTANCES;
    // Loops that end inside of the lanes: the order puts the lanes innermost, or sums inside of them.
    let innermost = single && !lanes.sums;
    // Lanes across rows are transposed in squares, two side by side, of one matrix or of two: each row is a stream from
    // memory. Along rows, sums stay in registers.
    let vectors = match (lanes.sums, crossing(site, lanes.depth)) {
        (true, 1) => 2,
        (true, 2..) => 1,
        (true, 0) => 8,
        (false, _) => match site.leaves.iter().map(|leaf| leaf.accesses.len()).sum() {
            0..=4 => 4,
            5..=9 => 2,
            _ => 1,
        },
    };
    let vectors = vectors.min(((length / f64::from(width)) as u32).max(1));
    let mut holes = vec![Hole::new("vectors", vectors, [1, 2, 4, 8])];
    let whole = f64::from(width) * f64::from(vectors);
    if lanes.sums || !single {
        // Blocks of lanes between which threads divide the work.
        let parts = (length / threads).max(1.0);
        let rule = balanced(length, (length / whole).max(threads).ceil(), width * vectors);
        let choices = [whole, 2.0 * whole, 4.0 * whole, 16.0 * whole, parts];
        let choices = choices.map(|size| (size as u32).max(1).next_multiple_of(width));
        holes.push(Hole::new(
            "lane block",
            if shared.is_some() && use_threads { 0 } else { rule },
            choices.into_iter().chain([0]),
        ));
    } else {
        holes.push(Hole::new("lane block", 0, [0, 128, 256, 512, 1024]));
    }
    let jam = innermost_reuse(site, leaf, lanes.depth).filter(|_| single);
    holes.push(Hole::new("rows", 1, if jam.is_some() { vec![1, 2, 4, 8] } else { vec![1] }));
    // 0: nobody, 1: a loop outside, 2: blocks of lanes.
    let rule = match (use_threads, shared) {
        (false, _) => 0,
        (true, Some(_)) => 1,
        (true, None) => 2,
    };
    holes.push(Hole::new("threads", rule, if site.in_parallel { vec![0] } else { vec![0, 1, 2] }));
    if innermost && !outer.is_empty() && single {
        holes.push(Hole::new(
            "block",
            block_rule(context, site, leaf, lanes.depth),
            [0, 8, 16, 32, 64],
        ));
    }
    let (id, piece, band) = (leaf.id, leaf.name.clone(), site.band.clone());
    let shared_name = shared.and_then(|depth| path.get(depth)).cloned();
    let outer_name = outer.last().and_then(|depth| path.get(*depth)).cloned();
    let used = if rule > 0 { threads } else { 1.0 };
    let gain = if lanes.sums { 2.5 * used } else { 1.2 * used };
    let gain = if lanes.contiguous || lanes.sums { gain } else { gain / 3.0 };
    let recipe = if lanes.contiguous && !lanes.sums { "stream" } else { "lanes" };
    let jam_name = jam.and_then(|depth| path.get(depth)).cloned();
    let found = Sketch::new((recipe, gain), holes, move |draft, values| {
        let s = piece.as_str();
        let names: Vec<&str> = path.get(band.clone())?.iter().map(String::as_str).collect();
        // What stays outside of the lanes, and what sums up inside of them.
        let others = names.iter().copied().filter(|name| *name != vector);
        let (kept, sums): (Vec<&str>, Vec<&str>) = match single && lanes.sums {
            true => others.partition(|name| keeps(draft, id, name)),
            false => (others.collect(), Vec::new()),
        };
        if innermost || !sums.is_empty() {
            draft.permute(s, &[kept.as_slice(), &[vector.as_str()], &sums].concat())?;
        }
        let (block, threads) = (values.get("lane block"), values.get("threads"));
        let mut blocks = None;
        if block > 0 && f64::from(block) < length || threads == 2 {
            let size = if block > 0 { block } else { balanced(length, 4.0, width) };
            blocks = draft.tile(s, &[&vector], &[size])?.into_iter().next();
        }
        if let (Some(name), size @ 1..) = (&outer_name, values.get("block")) {
            // Squares, for arrays that are walked across.
            if blocks.is_none() {
                blocks = draft.tile(s, &[&vector], &[size.max(width)])?.into_iter().next();
            }
            let rows = draft.tile(s, &[name], &[size])?.into_iter().next()?;
            if let Some(blocks) = &blocks {
                draft.permute(s, &[&rows, blocks, name, &vector])?;
            }
            if threads == 1 && shared_name.as_ref() == Some(name) {
                draft.parallelize(s, &rows)?;
            } else if threads == 1 {
                draft.parallelize(s, shared_name.as_ref()?)?;
            }
        } else if threads == 1 {
            draft.parallelize(s, shared_name.as_ref()?)?;
        }
        if threads == 2 {
            let blocks = blocks.as_ref()?;
            if single && !kept.is_empty() {
                draft.permute(
                    s,
                    &[&[blocks.as_str()], kept.as_slice(), &[vector.as_str()], &sums].concat(),
                )?;
            }
            draft.parallelize(s, blocks)?;
        }
        draft.vectorize(s, &vector, width, values.get("vectors").max(1))?;
        if let Some(name) = &jam_name {
            draft.jam(s, name, values.get("rows"))?;
        }
        Some(())
    });
    Some(if single { found } else { found.covering() })
}

/// How many matrices that are read lie across the lanes.
fn crossing(site: &Site, depth: usize) -> usize {
    let operands = site.leaves.iter().flat_map(LeafFact::operands);
    let across = operands.filter(|one| {
        one.moves_with(depth) && !one.is_contiguous(depth) && one.access.subscripts.len() > 1
    });
    let mut arrays: Vec<_> = across.map(|one| one.array).collect();
    arrays.sort_unstable();
    arrays.dedup();
    arrays.len()
}

/// Whether what the leaf writes moves with a loop.
fn keeps(draft: &Draft, id: LeafId, name: &str) -> bool {
    let all = draft.tree.leaves();
    let Some((path, leaf)) = all.iter().find(|(_, leaf)| leaf.id() == id) else { return true };
    let fact = LeafFact::of(draft.program(), path, leaf, &crate::facts::Trips::default());
    fact.depth(name).is_none_or(|depth| fact.write().moves_with(depth))
}

/// A loop outside of the lanes whose neighbouring iterations read the same elements.
fn innermost_reuse(site: &Site, leaf: &LeafFact, lanes: usize) -> Option<usize> {
    let shares = |depth: &usize| {
        let still = leaf.operands().any(|one| !one.moves_with(*depth) && one.moves_with(lanes));
        let neighbours = leaf.operands().any(|one| {
            leaf.operands().any(|other| {
                one.array == other.array
                    && one.access != other.access
                    && one.moves == other.moves
                    && one.moves_with(*depth)
            })
        });
        still || neighbours
    };
    site.band
        .clone()
        .rev()
        .filter(|depth| *depth != lanes && site.is_coincident(*depth))
        .find(shares)
}

/// Whether squares help: something large is walked across by the lanes.
fn block_rule(context: &Context<'_>, site: &Site, leaf: &LeafFact, lanes: usize) -> u32 {
    let across = leaf.accesses.iter().any(|access| {
        access.moves_with(lanes)
            && !access.is_contiguous(lanes)
            && access.size > context.machine.l1_bytes as f64
    });
    let other = site
        .band
        .clone()
        .any(|depth| depth != lanes && leaf.accesses.iter().any(|one| one.is_contiguous(depth)));
    if across && other { 8 } else { 0 }
}

/// Loops of so few iterations may be written out.
const SHORT: f64 = 8.0;

/// The innermost loops that are short: a piece in each, its name and its length.
fn short_loops(site: &Site) -> Vec<(String, String, u32)> {
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for leaf in &site.leaves {
        let inner = leaf.path.iter().skip(site.band.start).rev().find(|inner| inner.trips > 1.0);
        if let Some(inner) = inner.filter(|inner| inner.trips <= SHORT && !seen.contains(&inner.id))
        {
            seen.push(inner.id);
            found.push((leaf.name.clone(), inner.name.clone(), inner.trips as u32));
        }
    }
    found
}

/// Threads alone, and the short loops inside written out: what they choose and divide is known then.
fn without_lanes(
    context: &Context<'_>,
    site: &Site,
    short: &[(String, String, u32)],
) -> Option<Sketch> {
    let leaf = site.leaves.first()?;
    let threads = !site.in_parallel && context.machine.threads > 1;
    let shared = site.band.clone().find(|depth| {
        let long = leaf.path.get(*depth).is_some_and(|inner| inner.trips >= 2.0);
        threads && site.is_coincident(*depth) && long
    });
    if shared.is_none() && (short.is_empty() || threads) {
        return None;
    }
    let name = shared.and_then(|depth| leaf.path.get(depth)).map(|inner| inner.name.clone());
    let (piece, short) = (leaf.name.clone(), short.to_vec());
    let few = site.instances_inside(site.band.start) < FEW_INSTANCES;
    let gain = match (few, shared) {
        (true, Some(_)) => 0.1,
        (_, None) => 1.0,
        (false, Some(_)) => 0.8 * f64::from(context.machine.threads),
    };
    let holes = match short.is_empty() {
        true => Vec::new(),
        false => vec![Hole::flag("short loops", true)],
    };
    Some(Sketch::new(("threads", gain), holes, move |draft, values| {
        if let Some(name) = &name {
            draft.parallelize(&piece, name)?;
        }
        for (piece, inner, length) in short.iter().filter(|_| values.is_set("short loops")) {
            if name.as_ref() != Some(inner) {
                draft.unroll(piece, inner, *length)?;
            }
        }
        Some(())
    }))
}
