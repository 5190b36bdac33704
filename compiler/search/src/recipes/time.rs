//! E and H: permutable bands whose loops all carry something, as sweeps over time have when an affine order has
//! put them into one band.
//!
//! ```c
//! for (t) for (i) for (j) { S1; S2; }            // dependences go forwards in t, i and j
//! // tiles along diagonals, each diagonal's tiles on threads
//! for (w: diagonals of t_t, i_t) for (i_t, parallel) for (j_t) for (t) for (i) { for (j) S1; for (j) S2; }
//! ```
//! Inside a tile the statements get rows of their own where they may, and rows are vectors. Where a row's own
//! chain forbids that, rows that lean on each other run side by side.

use super::{Context, finish};
use crate::Draft;
use crate::site::Site;
use crate::sketch::{Hole, Sketch, Values};

/// What stays the same whatever the numbers are.
#[derive(Clone, Debug)]
struct Shape {
    pieces: Vec<String>,
    /// The piece with the most instances.
    main: String,
    /// The loops of the band, outermost first.
    band: Vec<String>,
    /// Loops further inside, of the main piece.
    inner: Vec<String>,
    lanes: u32,
    /// Bytes of an element.
    bytes: u32,
    threads: bool,
    /// Statements that get innermost loops of their own, and the pieces whose innermost loop may be a vector.
    apart: Vec<String>,
    vectors: Vec<String>,
    /// Whether that is known.
    looked: bool,
}

/// Proposes sketches, for a band with dependences in its outermost loop.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let heaviest =
        site.leaves.iter().max_by(|one, other| one.instances.total_cmp(&other.instances));
    let Some(leaf) = heaviest else { return Vec::new() };
    let depth = site.permutable.min(3);
    if depth < 2 || site.is_coincident(site.band.start) {
        return Vec::new();
    }
    let start = site.band.start;
    let name = |at: usize| leaf.path.get(at).map_or_else(String::new, |inner| inner.name.clone());
    let trips = |at: usize| leaf.path.get(at).map_or(1.0, |inner| inner.trips);
    let band: Vec<String> = (start..start + depth).map(name).collect();
    let inner: Vec<String> = (start + depth..leaf.path.len()).map(name).collect();
    let mut shape = Shape {
        pieces: site.leaves.iter().map(|leaf| leaf.name.clone()).collect(),
        main: leaf.name.clone(),
        band,
        inner,
        lanes: site.lanes(context.machine),
        bytes: u32::try_from(leaf.element_bytes()).unwrap_or(8),
        threads: context.machine.threads > 1 && !site.in_parallel && site.has_work(),
        apart: Vec::new(),
        vectors: Vec::new(),
        looked: false,
    };
    let sizes = holes(context, site, &shape, &trips);
    look_inside(context.draft, &mut shape, &sizes);
    let holes = holes(context, site, &shape, &trips);
    // Vectors that stay in the caches for many steps, or rows side by side.
    let gain = if shape.is_chained() { 5.0 } else { 7.0 } * if shape.threads { 1.0 } else { 0.6 };
    let plain = shape.clone();
    let sketch =
        Sketch::new(("time tiles", gain), holes, move |draft, values| build(&plain, draft, values));
    vec![sketch.covering()]
}

fn holes(
    context: &Context<'_>,
    site: &Site,
    shape: &Shape,
    trips: &dyn Fn(usize) -> f64,
) -> Vec<Hole> {
    let start = site.band.start;
    let depth = shape.band.len();
    let mut arrays: Vec<_> = site
        .leaves
        .iter()
        .flat_map(|leaf| leaf.accesses.iter().map(|access| (access.array, access.bytes)))
        .collect();
    arrays.sort_unstable();
    arrays.dedup();
    let bytes: f64 = arrays.iter().map(|(_, bytes)| *bytes as f64).sum();
    let row: f64 =
        shape.inner.iter().enumerate().map(|(at, _)| trips(start + depth + at)).product();
    let volume = context.machine.l2_bytes as f64 / 2.0 / bytes.max(1.0) / row.max(1.0);
    // Whole vectors along rows that are cut.
    let vectors = |size: u32| match shape.inner.is_empty() && !shape.is_chained() {
        true => (size / shape.lanes * shape.lanes).max(shape.lanes),
        false => size,
    };
    let limited = |at: usize, size: f64| (size.min(trips(start + at)).max(2.0)) as u32;
    let choices = |at: usize, sizes: &[u32]| -> Vec<u32> {
        sizes.iter().copied().filter(|size| f64::from(*size) <= trips(start + at) * 1.5).collect()
    };
    let times = [4, 8, 16, 24, 32, 48, 64, 100, 128];
    let spaces = [4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 512];
    let mut holes = Vec::new();
    match depth {
        2 => {
            let long = if shape.is_chained() { 32.0 } else { 8.0 };
            let time = limited(0, if row > 8.0 { long } else { 64.0 });
            holes.push(Hole::new("tile 1", time, choices(0, &times)));
            let space = if row > 8.0 { 32.0 } else { (volume / 2.0).min(256.0) };
            holes.push(Hole::new("tile 2", limited(1, space), choices(1, &spaces)));
        }
        _ => {
            let time = limited(0, if row > 8.0 { 8.0 } else { 24.0 });
            let side = limited(1, if row > 8.0 { 16.0 } else { 4.0 * f64::from(time) });
            let last = (volume / f64::from(side + 2 * time)).clamp(4.0, 256.0);
            holes.push(Hole::new("tile 1", time, choices(0, &times)));
            holes.push(Hole::new("tile 2", side, choices(1, &spaces)));
            holes.push(Hole::new("tile 3", vectors(limited(2, last)), choices(2, &spaces)));
        }
    }
    // Where rows are no vectors, several that lean on each other run side by side.
    let chained = shape.is_chained();
    holes.push(Hole::new("lean", u32::from(chained), [0, 1, 2]));
    if depth == 2 && !shape.inner.is_empty() {
        holes.push(Hole::new("lean inside", u32::from(chained), [0, 1, 2]));
    }
    if shape.inner.is_empty() && !chained {
        // Vectors of whole cache lines should not cross them.
        let lines = shape.lanes * shape.bytes >= 64;
        holes.push(Hole::flag("lean by vectors", depth > 2 && lines));
    }
    let rows = match (chained, shape.inner.is_empty()) {
        (true, true) => 16,
        (true, false) => 8,
        (false, true) => 4,
        (false, false) => 2,
    };
    holes.push(Hole::new("rows", rows, [1, 2, 4, 8, 16]));
    holes.push(Hole::flag("space first", depth > 2 && shape.inner.is_empty() && !chained));
    holes.push(Hole::new("vectors", 1, [1, 2, 4]));
    holes.push(Hole::flag("pipelined", true));
    holes
}

impl Shape {
    /// Whether the main piece's rows are chains, so that they are no vectors.
    fn is_chained(&self) -> bool {
        self.looked && !self.vectors.contains(&self.main)
    }
}

/// Finds out which statements may have rows of their own, and which rows may be vectors.
fn look_inside(draft: &Draft, shape: &mut Shape, holes: &[Hole]) {
    let rules: Vec<u32> = holes.iter().map(|hole| hole.rule).collect();
    let sketch = Sketch::new(("", 1.0), holes.to_vec(), |_, _| None);
    let mut tiled = draft.clone();
    let values = sketch.values(&rules);
    if tile(shape, &mut tiled, &values).is_none() || !tiled.is_legal() {
        return;
    }
    for piece in shape.pieces.iter().skip(1) {
        let Some(leaf) = tiled.leaf(piece) else { continue };
        let Some(innermost) = tiled.loops(leaf).last().cloned() else { continue };
        if let Some(next) = tiled.allowing(&format!("distribute({piece}, {innermost})")) {
            tiled = next;
            shape.apart.push(piece.clone());
        }
    }
    for piece in &shape.pieces {
        let innermost = tiled
            .leaf(piece)
            .and_then(|leaf| tiled.tree.path_to(leaf)?.last().map(|inner| inner.id));
        if innermost.is_some_and(|id| tiled.is_coincident(id)) {
            shape.vectors.push(piece.clone());
        }
    }
    shape.looked = true;
}

/// Tiles and the order of the loops inside of a tile.
fn tile(shape: &Shape, draft: &mut Draft, values: &Values<'_>) -> Option<Vec<String>> {
    let s = shape.pieces.first()?.as_str();
    let names: Vec<&str> = shape.band.iter().map(String::as_str).collect();
    let lean = values.get("lean");
    if let ([.., outer, last], 1..) = (names.as_slice(), lean) {
        draft.text(&format!("skew({s}, {outer}, {last}, {lean})"))?;
    }
    if let ([outer, ..], Some(inner), lean @ 1..) =
        (names.as_slice(), shape.inner.first(), values.get("lean inside"))
    {
        draft.text(&format!("skew({}, {outer}, {inner}, {lean})", shape.main))?;
    }
    if values.is_set("lean by vectors")
        && let Some(next) = lean_by_vectors(shape, draft)
    {
        *draft = next;
    }
    let sizes: Vec<u32> = ["tile 1", "tile 2", "tile 3"]
        .iter()
        .take(names.len())
        .map(|name| values.get(name))
        .collect();
    let tiles = draft.tile(s, &names, &sizes)?;
    if values.is_set("space first")
        && let [time, space, rest @ ..] = names.as_slice()
        && !rest.is_empty()
    {
        draft.permute(s, &[&[*space, *time], rest].concat())?;
    }
    Some(tiles)
}

/// Rows that lean with the steps by whole vectors in place of less, and statements behind each other along them by whole
/// or half vectors: then the vectors of a row in all steps begin with a cache line if one does.
fn lean_by_vectors(shape: &Shape, draft: &Draft) -> Option<Draft> {
    let parts = [shape.lanes, shape.lanes / 2, 1];
    parts.into_iter().find_map(|part| leaning(shape, draft, i64::from(part.max(1))))
}

/// The same with statements behind each other by multiples of a number.
fn leaning(shape: &Shape, draft: &Draft, part: i64) -> Option<Draft> {
    let (outer, last) = (shape.band.first()?, shape.band.last()?);
    let mut next = draft.clone();
    let leaves = draft.tree.leaves();
    let missing = |amount: i64, part: i64| (-amount).rem_euclid(part.max(1));
    let mut lean = None;
    let mut band = Vec::new();
    for piece in &shape.pieces {
        let id = draft.leaf(piece)?;
        let (path, leaf) = leaves.iter().find(|(_, leaf)| leaf.id() == id)?;
        let named = |name: &String| path.iter().find(|inner| inner.name == *name);
        let ids = shape.band.iter().map(|name| Some(named(name)?.id));
        band = ids.collect::<Option<Vec<_>>>()?;
        let (steps, row) = (band.first()?.variable(), band.last()?.variable());
        let Some(counted) = leaf.iterators.iter().find(|one| one.coefficient(row) == 1) else {
            continue;
        };
        let own = -counted.coefficient(steps);
        if *lean.get_or_insert(own) != own || counted.terms().len() > 2 {
            return None;
        }
        let behind = missing(-counted.constant_term(), part);
        if behind > 0 {
            next.text(&format!("shift({piece}, {last}, {behind})"))?;
        }
    }
    let more = missing(lean?, i64::from(shape.lanes));
    if more > 0 {
        next.text(&format!("skew({}, {outer}, {last}, {more})", shape.pieces.first()?))?;
    }
    (next.is_legal() && next.is_permutable(&band)).then_some(next)
}

fn build(shape: &Shape, draft: &mut Draft, values: &Values<'_>) -> Option<()> {
    let s = shape.pieces.first()?.as_str();
    let tiles = tile(shape, draft, values)?;
    for piece in &shape.apart {
        let leaf = draft.leaf(piece)?;
        let innermost = draft.loops(leaf).last().cloned()?;
        draft.text(&format!("distribute({piece}, {innermost})"))?;
    }
    if !shape.inner.is_empty() {
        for piece in &shape.vectors {
            finish::straighten(draft, piece);
        }
    }
    let (first, second) = (tiles.first()?, tiles.get(1)?);
    if shape.threads {
        draft.text(&format!("wavefront({s}, {first}, {second})"))?;
    }
    let last = tiles.last()?;
    draft.text(&format!("separate({s}, {last})"))?;
    for piece in &shape.vectors {
        let leaf = draft.leaf(piece)?;
        let innermost = draft.loops(leaf).last().cloned()?;
        draft.vectorize(piece, &innermost, shape.lanes, values.get("vectors").max(1))?;
    }
    let across = match (shape.band.as_slice(), shape.inner.is_empty()) {
        ([_, middle, _, ..], true) => Some(middle),
        ([outer, _], _) if shape.is_chained() => Some(outer),
        ([.., last], false) => Some(last),
        _ => None,
    };
    if let Some(across) = across {
        draft.jam(&shape.main, across, values.get("rows"))?;
    }
    if shape.threads && values.is_set("pipelined") {
        draft.text(&format!("pipeline({s}, {first})"))?;
    }
    Some(())
}
