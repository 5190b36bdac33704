//! D: one pass over a matrix for two uses, of which one sums along its rows and the other along its columns.
//!
//! ```c
//! for (i) for (j) { s[j] += A[i][j] * r[i]; q[i] += A[i][j] * p[j]; }
//! // threads own ranges of columns, one block of rows behind the other; within small blocks each statement by itself
//! for (w: diagonals of i_t, j_t) for (i_t, parallel) for (i_t2) for (j_t2) { S1 along j; S2 along i }
//! ```

use super::{Context, finish};
use crate::Draft;
use crate::site::Site;
use crate::sketch::{Hole, Sketch, Values, balanced};

/// One pass in place of two, in vectors and on threads.
const GAIN: f64 = 10.0;

#[derive(Clone, Debug)]
struct Shape {
    /// Every leaf: its name, and whether it keeps rows (its sums run along columns), columns, or neither.
    leaves: Vec<(String, Kept)>,
    rows: String,
    columns: String,
    lanes: u32,
    threads: u32,
    length: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Rows,
    Columns,
    Other,
}

/// Proposes the sketch, for a permutable band of two loops with a sum along each.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let start = site.band.start;
    if site.permutable != 2 || site.band.len() != 2 || site.in_parallel || site.leaves.len() < 2 {
        return Vec::new();
    }
    let kept: Vec<(String, Kept)> = site
        .leaves
        .iter()
        .map(|leaf| {
            let write = leaf.write();
            let kind = match (write.moves_with(start), write.moves_with(start + 1)) {
                (true, false) if leaf.accumulates() => Kept::Rows,
                (false, true) if leaf.accumulates() => Kept::Columns,
                _ => Kept::Other,
            };
            (leaf.name.clone(), kind)
        })
        .collect();
    let has = |kind: Kept| kept.iter().any(|(_, one)| *one == kind);
    let Some(first) = site.leaves.first() else { return Vec::new() };
    let of = |depth: usize| first.path.get(depth);
    let (Some(rows), Some(columns)) = (of(start), of(start + 1)) else { return Vec::new() };
    if !has(Kept::Rows) || !has(Kept::Columns) || rows.trips < 64.0 || columns.trips < 64.0 {
        return Vec::new();
    }
    let threads = context.machine.threads.max(1);
    let bytes = first.element_bytes() as f64;
    let range = columns.trips / f64::from(threads);
    let block = 0.35 * context.machine.l2_bytes as f64 / (range * bytes);
    let holes = vec![
        Hole::new(
            "row block",
            (block.clamp(16.0, 192.0) as u32).next_multiple_of(32),
            [16, 32, 64, 96, 128, 192],
        ),
        Hole::new("rows", 32, [8, 16, 32]),
        Hole::new("columns", 32, [16, 32, 48, 64, 96]),
        Hole::new("vectors", 2, [1, 2, 4]),
        Hole::flag("pipelined", true),
    ];
    let shape = Shape {
        leaves: kept,
        rows: rows.name.clone(),
        columns: columns.name.clone(),
        lanes: site.lanes(context.machine),
        threads,
        length: columns.trips,
    };
    vec![
        Sketch::new(("one pass", GAIN), holes, move |draft, values| build(&shape, draft, values))
            .covering(),
    ]
}

fn build(shape: &Shape, draft: &mut Draft, values: &Values<'_>) -> Option<()> {
    let (i, j) = (shape.rows.as_str(), shape.columns.as_str());
    let s = shape.leaves.iter().find(|(_, kind)| *kind == Kept::Columns)?.0.as_str();
    let rows = values.get("rows");
    if shape.threads > 1 {
        let range = balanced(shape.length, f64::from(shape.threads), shape.lanes);
        let tiles = draft.tile(s, &[i, j], &[values.get("row block"), range])?;
        draft.text(&format!("wavefront({s}, {}, {})", tiles.first()?, tiles.get(1)?))?;
        if values.is_set("pipelined") {
            draft.text(&format!("pipeline({s}, {})", tiles.first()?))?;
        }
    }
    draft.tile(s, &[i, j], &[rows, values.get("columns")])?;
    for (piece, _) in shape.leaves.iter().filter(|(piece, _)| piece != s) {
        for inner in [j, i] {
            draft.text(&format!("distribute({piece}, {inner})"))?;
        }
    }
    for (piece, kind) in &shape.leaves {
        match kind {
            Kept::Columns => {
                draft.vectorize(piece, j, shape.lanes, 1)?;
                draft.jam(piece, i, rows)?;
            }
            Kept::Rows => draft.vectorize(piece, i, shape.lanes, values.get("vectors"))?,
            Kept::Other => finish::vectors(draft, piece, shape.lanes)?,
        }
    }
    Some(())
}
