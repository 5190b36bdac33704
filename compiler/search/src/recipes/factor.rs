//! F: factorisations. One band of three loops in which an update `X[i][j] -= f(X[i][k], X[k][j])` reads what the
//! band wrote before, with everything else of the nest embedded in it.
//!
//! ```c
//! for (i) for (j) for (k < j) A[i][j] -= A[i][k] * A[j][k];   // and S2, S3, … at k = j or i = j
//! // blocks; what lies behind the diagonal block is a matrix product, treated like one
//! for (w: diagonals of i_t, j_t) for (k_t < j_t) { pack; update } { panel and diagonal }
//! ```
//! Tiles of the update are register tiles of a contraction; the panel runs with `k` outside and its rows side by
//! side; blocks follow each other along diagonals, as soon as what they need is there.

use super::operand::{Operand, operand};
use super::{Context, finish};
use crate::Draft;
use crate::facts::LeafFact;
use crate::site::Site;
use crate::sketch::{Hole, Sketch, Values};
use loopwright_ir::{LeafId, Program};

/// Most of a factorisation is a product.
const GAIN: f64 = 20.0;

#[derive(Clone, Debug)]
struct Shape {
    /// The updates, the first one around which all is built.
    updates: Vec<Update>,
    pieces: Vec<String>,
    band: [String; 3],
    lanes: u32,
    threads: bool,
}

#[derive(Clone, Debug)]
struct Update {
    name: String,
    id: LeafId,
    /// The operand that moves with `j` and `k`, columns last.
    panel: Option<Operand>,
}

/// Proposes the sketch, where the band is that of a factorisation.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let start = site.band.start;
    if site.permutable != 3 || (0..3).any(|depth| site.is_coincident(start + depth)) {
        return Vec::new();
    }
    let updates: Vec<&LeafFact> =
        site.leaves.iter().filter(|leaf| is_update(leaf, start)).collect();
    let Some(first) = updates.first() else { return Vec::new() };
    let name = |depth: usize| first.path.get(start + depth).map(|inner| inner.name.clone());
    let (Some(i), Some(j), Some(k)) = (name(0), name(1), name(2)) else { return Vec::new() };
    let lanes = context.machine.lanes(first.element_bytes());
    let program = context.draft.program();
    let update = |leaf: &LeafFact| Update {
        name: leaf.name.clone(),
        id: leaf.id,
        panel: panel(program, leaf, start),
    };
    let shape = Shape {
        updates: updates.iter().map(|leaf| update(leaf)).collect(),
        pieces: site.leaves.iter().map(|leaf| leaf.name.clone()).collect(),
        band: [i, j, k],
        lanes,
        threads: context.machine.threads > 1 && !site.in_parallel && site.has_work(),
    };
    let vectors = if context.machine.vector_bits >= 512 { 3 } else { 2 };
    let rows = if context.machine.vector_bits >= 512 { 8 } else { 4 };
    let panel = vectors * lanes;
    let size = first.path.get(start).map_or(1.0, |inner| 2.0 * inner.trips).max(1.0);
    let tile = panel * ((2.0 * size.sqrt() / f64::from(panel)).round().max(1.0) as u32);
    let choices = [1, 2, 3, 4, 6, 8].map(|times| times * panel);
    let holes = vec![
        Hole::new("block", tile, choices),
        Hole::new("vectors", vectors, [1, 2, 3, 4]),
        Hole::new("rows", rows, [4, 6, 8]),
        Hole::new("unrolled", 4, [1, 2, 4, 8]),
        Hole::flag("pack panel", true),
        Hole::flag("pipelined", true),
    ];
    vec![
        Sketch::new(("factorise", GAIN), holes, move |draft, values| build(&shape, draft, values))
            .covering(),
    ]
}

/// Whether a leaf adds to an element of the two outer loops what it reads along the third.
fn is_update(leaf: &LeafFact, start: usize) -> bool {
    let (i, j, k) = (start, start + 1, start + 2);
    let write = leaf.write();
    leaf.path.len() == start + 3
        && leaf.accumulates()
        && write.moves_with(i)
        && write.moves_with(j)
        && !write.moves_with(k)
        && leaf.operands().any(|one| one.moves_with(k) && !one.moves_with(j))
        && leaf.operands().any(|one| one.moves_with(k) && !one.moves_with(i))
}

/// The operand that moves with the columns and the sum, columns last.
fn panel(program: &Program, leaf: &LeafFact, start: usize) -> Option<Operand> {
    let (i, j) = (start, start + 1);
    let panel = leaf.operands().find(|one| one.moves_with(j) && !one.moves_with(i))?;
    Some(operand(program, leaf, panel, j))
}

fn build(shape: &Shape, draft: &mut Draft, values: &Values<'_>) -> Option<()> {
    let [i, j, k] = shape.band.each_ref().map(String::as_str);
    let first = shape.updates.first()?;
    let s = first.name.as_str();
    let (size, rows) = (values.get("block"), values.get("rows"));
    let tiles = draft.tile(s, &[i, j, k], &[size, size, size])?;
    let [i_t, j_t, k_t] = tiles.as_slice() else { return None };
    // Behind the columns' block, and with several updates behind the rows' block: all is done there.
    let before: Vec<LeafId> = draft.tree.leaves().iter().map(|(_, leaf)| leaf.id()).collect();
    draft.text(&format!("split({s}, {k_t}, {j_t})"))?;
    if shape.updates.len() > 1 {
        // Where the rows' block bounds the sum already, that is no step.
        draft.split(s, k_t, i_t);
    }
    for piece in &shape.pieces {
        if shape.updates.iter().all(|update| update.name != *piece) {
            for inner in [k, j, i] {
                isolate(draft, piece, inner);
            }
        }
    }
    for other in shape.updates.iter().skip(1) {
        for inner in [k, j, i] {
            isolate(draft, &other.name, inner);
        }
    }
    draft.is_legal().then_some(())?;
    // Pieces that are not the blocks of whole updates.
    let rest: Vec<String> = draft
        .tree
        .leaves()
        .iter()
        .map(|(_, leaf)| leaf.id())
        .filter(|id| !before.contains(id))
        .map(|id| id.name(draft.program()))
        .collect();
    panels(shape, draft, &rest, (i, j, k), (j_t, size, rows))?;
    for update in &shape.updates {
        register_tile(draft, update, (i, j, k), shape.lanes, values)?;
    }
    if values.is_set("pack panel") {
        for update in &shape.updates {
            if let Some(panel) = &update.panel {
                panel.pack(draft, &update.name, k_t)?;
            }
        }
    }
    if shape.threads {
        draft.text(&format!("wavefront({s}, {i_t}, {j_t})"))?;
        if values.is_set("pipelined") {
            draft.text(&format!("pipeline({s}, {i_t})"))?;
        }
    }
    Some(())
}

/// Loops of its own for a piece, where that is legal.
fn isolate(draft: &mut Draft, piece: &str, inner: &str) {
    if let Some(next) = draft.allowing(&format!("distribute({piece}, {inner})")) {
        *draft = next;
    }
}

/// The update of a block by blocks before it, as a contraction's register tiles.
fn register_tile(
    draft: &mut Draft,
    update: &Update,
    (i, j, k): (&str, &str, &str),
    lanes: u32,
    values: &Values<'_>,
) -> Option<()> {
    let s = update.name.as_str();
    let (rows, vectors) = (values.get("rows"), values.get("vectors"));
    let leaf = draft.leaf(s)?;
    // Only where it is alone in its loops.
    let alone = draft.tree.path_to(leaf)?.iter().rev().take(3).all(|one| one.body.len() == 1);
    if !alone {
        return finish::vectors(draft, s, lanes);
    }
    draft.tile(s, &[i, j], &[rows, lanes * vectors])?;
    let mut next = draft.clone();
    let marks = (|| {
        next.vectorize(s, j, lanes, vectors)?;
        next.jam(s, i, rows)?;
        next.unroll(s, k, values.get("unrolled"))?;
        next.is_legal().then_some(())
    })();
    match marks {
        Some(()) => *draft = next,
        None => finish::vectors(draft, s, lanes)?,
    }
    Some(())
}

/// What is left: the diagonal block and the panel below it, with the sum's loop outside and columns as lanes.
fn panels(
    shape: &Shape,
    draft: &mut Draft,
    rest: &[String],
    (i, j, k): (&str, &str, &str),
    (j_t, size, rows): (&str, u32, u32),
) -> Option<()> {
    // One piece of each group of leaves that share the innermost loops.
    let mut seen: Vec<loopwright_ir::LoopId> = Vec::new();
    for piece in rest {
        let Some(leaf) = draft.leaf(piece) else { continue };
        let Some(innermost) = draft.tree.path_to(leaf).and_then(|path| Some(path.last()?.id))
        else {
            continue;
        };
        let statement = draft.program().statement(leaf.statement).name.clone();
        let is_update = shape
            .updates
            .iter()
            .any(|update| update.name == statement || update.id.statement == leaf.statement);
        if seen.contains(&innermost) || !is_update {
            continue;
        }
        seen.push(innermost);
        let treated = below(draft, piece, (i, j, k), (j_t, size, rows), shape.lanes)
            .or_else(|| sum_outside(draft, piece, (i, j, k), shape.lanes));
        if let Some(next) = treated {
            *draft = next;
        } else {
            finish::vectors(draft, piece, shape.lanes)?;
        }
    }
    Some(())
}

/// Splits the rows below the diagonal block off, whose blocks of rows are independent of each other.
fn below(
    draft: &Draft,
    piece: &str,
    (i, j, k): (&str, &str, &str),
    (j_t, size, rows): (&str, u32, u32),
    lanes: u32,
) -> Option<Draft> {
    let mut next = draft.clone();
    let low = next.split(piece, i, &format!("{size}*{j_t} + {size}"))?;
    next.permute(piece, &[k, i, j])?;
    let blocks = next.tile(&low, &[i], &[rows])?.into_iter().next()?;
    next.permute(&low, &[&blocks, k, i, j])?;
    let low_rest = next.split(&low, j, &format!("{k} + 1"))?;
    let rest = next.split(piece, j, &format!("{k} + 1"))?;
    next.vectorize(&low_rest, j, lanes, 1)?;
    next.vectorize(&rest, j, lanes, 1)?;
    next.jam(&low_rest, i, rows)?;
    next.is_legal().then_some(next)
}

/// The sum's loop outermost, columns as lanes.
fn sum_outside(
    draft: &Draft,
    piece: &str,
    (i, j, k): (&str, &str, &str),
    lanes: u32,
) -> Option<Draft> {
    for order in [[k, i, j], [j, i, k], [i, k, j]] {
        let mut next = draft.clone();
        if next.permute(piece, &order).is_none() || !next.is_legal() {
            continue;
        }
        let last = order.last()?;
        if next.vectorize(piece, last, lanes, 1).is_some() && next.is_legal() {
            return Some(next);
        }
        // As lanes around the sum.
        let mut next = draft.clone();
        if next.permute(piece, &order).is_some()
            && next.vectorize(piece, order.first()?, lanes, 4).is_some()
            && next.is_legal()
        {
            return Some(next);
        }
    }
    None
}
