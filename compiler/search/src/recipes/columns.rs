//! J: columns that are made one by one out of those before, each by loops over its rows, as in orthogonalisations and
//! Householder's reflections.
//!
//! ```c
//! for (k) for (j >= k) for (i) { a[i][j] -= q[i][k - 1] * r; s += q[i][k] * a[i][j]; }   // column j against column k
//! // blocks of columns take blocks of steps, along diagonals; in the blocks behind the diagonal columns are lanes
//! for (w: diagonals of k_t, j_t) for (j_t, parallel) { pack a; for (k) for (j: v vectors) for (i) …; the diagonal block }
//! ```

use super::operand::{Operand, operand};
use super::{Context, finish};
use crate::Draft;
use crate::facts::{AccessFact, LeafFact};
use crate::site::Site;
use crate::sketch::{Hole, Sketch, Values};

/// Vectors along columns that stay in the second-level cache, on threads.
const GAIN: f64 = 12.0;
/// Of the second-level cache, what a block of columns may take.
const SHARE: f64 = 0.55;
/// So many vectors side by side leave registers for what they are multiplied by.
const MOST_VECTORS: u32 = 9;

#[derive(Clone, Debug)]
struct Shape {
    main: String,
    steps: String,
    columns: String,
    lanes: u32,
    threads: bool,
    /// The domain says that a column waits for all before it.
    triangular: bool,
    /// What is walked through in each column, and what in each step.
    blocks: Vec<Operand>,
    steps_operands: Vec<Operand>,
}

/// Proposes the sketch, for a permutable band of steps and columns with loops over rows inside.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let (k, j) = (site.band.start, site.band.start + 1);
    let single = site.leaves.iter().all(|leaf| leaf.path.get(k).is_none_or(|one| one.trips <= 1.0));
    if site.permutable != 2 || site.band.len() != 2 || (site.is_coincident(k) && !single) {
        return Vec::new();
    }
    // The columns' arrays are walked through row by row, along which no vector lies.
    let is_sweep = |leaf: &&LeafFact| {
        let along = |one: &AccessFact| {
            one.is_contiguous(j) && (j + 1..leaf.path.len()).any(|at| one.moves_with(at))
        };
        let rows =
            |one: &AccessFact| leaf.path.len() > j + 1 && one.is_contiguous(leaf.path.len() - 1);
        leaf.write().moves_with(j)
            && leaf.accesses.iter().any(along)
            && !leaf.accesses.iter().any(rows)
    };
    let main = site
        .leaves
        .iter()
        .filter(is_sweep)
        .max_by(|one, other| one.instances.total_cmp(&other.instances));
    let Some(main) = main else { return Vec::new() };
    let total: f64 = site.leaves.iter().map(|leaf| leaf.instances).sum();
    let swept: f64 = site.leaves.iter().filter(is_sweep).map(|leaf| leaf.instances).sum();
    if swept < 0.8 * total {
        return Vec::new();
    }
    let of = |depth: usize| main.path.get(depth).map(|inner| inner.name.clone());
    let (Some(steps), Some(columns)) = (of(k), of(j)) else { return Vec::new() };
    let rows: f64 = main.path.iter().skip(j + 1).map(|inner| inner.trips.max(1.0)).product();
    let program = context.draft.program();
    let is_block = |one: &&AccessFact| one.is_contiguous(j) && one.access.subscripts.len() > 1;
    let is_step = |one: &&AccessFact| {
        !one.moves_with(j) && one.moves_with(k) && one.access.subscripts.len() > 1
    };
    let shape = Shape {
        main: main.name.clone(),
        steps,
        columns,
        lanes: site.lanes(context.machine),
        threads: context.machine.threads > 1 && !site.in_parallel && site.has_work(),
        triangular: main.couples(k, j),
        blocks: main
            .operands()
            .filter(is_block)
            .filter(|one| (j + 1..main.path.len()).any(|at| one.moves_with(at)))
            .map(|one| operand(program, main, one, j))
            .collect(),
        steps_operands: main
            .operands()
            .filter(is_step)
            .map(|one| operand(program, main, one, main.path.len() - 1))
            .collect(),
    };
    if single {
        let first = move |draft: &mut Draft, _: &Values<'_>| {
            behind_the_diagonal(draft, &shape.main, (&shape.steps, &shape.columns), shape.lanes)
        };
        return vec![Sketch::new(("columns", 1.0), Vec::new(), first).covering()];
    }
    let lanes = f64::from(shape.lanes);
    let room = SHARE * context.machine.l2_bytes as f64 / (rows * main.element_bytes() as f64);
    let vectors = ((room / lanes).round() as u32).clamp(2, MOST_VECTORS);
    let groups = (room / lanes / f64::from(vectors)).round().clamp(1.0, 8.0) as u32;
    let holes = vec![
        Hole::new("vectors", vectors, [2, 3, 4, 6, 8, 9, 12]),
        Hole::new("groups", groups, [1, 2, 4]),
        Hole::new("steps", 2, [1, 2, 3, 4]),
        Hole::flag("pack block", true),
        Hole::flag("pack step", true),
        Hole::flag("pipelined", true),
    ];
    // What shares its loops is read once for all.
    let together = main.path.last().is_some_and(|inner| inner.children > 1);
    let gain = if together { 1.5 * GAIN } else { GAIN };
    vec![
        Sketch::new(("columns", gain), holes, move |draft, values| build(&shape, draft, values))
            .covering(),
    ]
}

fn build(shape: &Shape, draft: &mut Draft, values: &Values<'_>) -> Option<()> {
    let (s, k, j) = (shape.main.as_str(), shape.steps.as_str(), shape.columns.as_str());
    let vectors = values.get("vectors").max(1);
    let width = shape.lanes * vectors * values.get("groups").max(1);
    let tiles = draft.tile(s, &[k, j], &[width * values.get("steps").max(1), width])?;
    let [k_t, j_t] = tiles.as_slice() else { return None };
    // In the blocks on the diagonal columns wait for each other.
    let diagonal = match shape.triangular {
        true => Some(draft.split(s, k, &format!("{width}*{j_t}"))?),
        false => None,
    };
    if shape.threads {
        draft.text(&format!("wavefront({s}, {k_t}, {j_t})"))?;
    }
    draft.vectorize(s, j, shape.lanes, vectors)?;
    if let Some(diagonal) = &diagonal {
        behind_the_diagonal(draft, diagonal, (k, j), shape.lanes)?;
    }
    if values.is_set("pack step") {
        let mut next = draft.clone();
        let packed = (|| {
            let block = next.tile(s, &[k], &[width])?.into_iter().next()?;
            shape.steps_operands.iter().try_for_each(|one| one.pack(&mut next, s, &block))
        })();
        if packed.is_some() && next.is_legal() {
            *draft = next;
        }
    }
    if values.is_set("pack block") {
        for block in &shape.blocks {
            if let Some(next) = draft.allowing(&format!("pack({s}, {}, {j_t})", block.array)) {
                *draft = next;
            }
        }
    }
    if shape.threads && values.is_set("pipelined") {
        draft.text(&format!("pipeline({s}, {k_t})"))?;
    }
    Some(())
}

/// Lanes for the columns of a diagonal block that come behind the one that the step ends.
fn behind_the_diagonal(
    draft: &mut Draft,
    piece: &str,
    (k, j): (&str, &str),
    lanes: u32,
) -> Option<()> {
    let mut next = draft.clone();
    let behind = next.split(piece, j, &format!("{k} + 1"));
    let treated = behind.and_then(|behind| next.vectorize(&behind, j, lanes, 4));
    if treated.is_some() && next.is_legal() {
        *draft = next;
        return Some(());
    }
    finish::vectors(draft, piece, lanes)
}
