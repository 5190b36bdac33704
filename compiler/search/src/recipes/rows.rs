//! G: rows in order. Each row sums up over what earlier rows have found, and reads its part of a matrix once.
//!
//! ```c
//! for (i) for (j < i) x[i] -= L[i][j] * x[j];   // and what ends row i at j = i
//! // blocks of rows are taken by the threads in turn, each as far as the rows before have come
//! for (i_t, doacross) for (j_t) { the block's rows as lanes; at the end its own triangle, in small squares }
//! ```

use super::{Context, finish};
use crate::Draft;
use crate::site::Site;
use crate::sketch::{Hole, Sketch, Values};

/// Lanes and threads, as far as the memory gives.
const GAIN: f64 = 3.5;

#[derive(Clone, Debug)]
struct Shape {
    main: String,
    rows: String,
    columns: String,
    lanes: u32,
    threads: bool,
}

/// Proposes the sketch, for a permutable band of two loops in which a sum over columns reads what rows have found.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let start = site.band.start;
    if site.permutable != 2 || site.band.len() != 2 || site.in_parallel {
        return Vec::new();
    }
    let sums = |leaf: &&crate::facts::LeafFact| {
        let write = leaf.write();
        leaf.path.len() == start + 2
            && leaf.accumulates()
            && write.moves_with(start)
            && !write.moves_with(start + 1)
            && leaf.operands().any(|one| one.array == write.array && one.moves_with(start + 1))
    };
    let Some(main) = site.leaves.iter().find(sums) else { return Vec::new() };
    let of = |depth: usize| main.path.get(depth).map(|inner| inner.name.clone());
    let (Some(rows), Some(columns)) = (of(start), of(start + 1)) else { return Vec::new() };
    let shape = Shape {
        main: main.name.clone(),
        rows,
        columns,
        lanes: site.lanes(context.machine),
        threads: context.machine.threads > 1 && site.has_work(),
    };
    let lanes = shape.lanes;
    let holes = vec![
        Hole::new("block", 4 * lanes, [2, 4, 8, 16].map(|times| times * lanes)),
        Hole::new("vectors", 2, [1, 2, 4]),
        Hole::flag("threads", shape.threads),
    ];
    vec![
        Sketch::new(("rows in order", GAIN), holes, move |draft, values| {
            build(&shape, draft, values)
        })
        .covering(),
    ]
}

fn build(shape: &Shape, draft: &mut Draft, values: &Values<'_>) -> Option<()> {
    let (s, i, j) = (shape.main.as_str(), shape.rows.as_str(), shape.columns.as_str());
    let size = values.get("block");
    let tiles = draft.tile(s, &[i, j], &[size, size])?;
    let [i_t, j_t] = tiles.as_slice() else { return None };
    let below = draft.split(s, i, &format!("{size}*{j_t} + {size}"))?;
    if values.is_set("threads") {
        draft.text(&format!("doacross({s}, {i_t})"))?;
    }
    draft.vectorize(&below, i, shape.lanes, values.get("vectors"))?;
    // The block's own triangle, in squares of one vector.
    let mut next = draft.clone();
    let squares = (|| {
        let tiles = next.tile(s, &[j, i], &[shape.lanes, shape.lanes])?;
        let [columns, rows] = tiles.as_slice() else { return None };
        let square = next.split(s, rows, &format!("{columns} + 1"))?;
        next.vectorize(&square, i, shape.lanes, 1)?;
        next.is_legal().then_some(())
    })();
    if squares.is_some() {
        *draft = next;
    } else {
        finish::vectors(draft, s, shape.lanes)?;
    }
    Some(())
}
