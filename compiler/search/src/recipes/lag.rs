//! D, second half: a matrix is read once though its second use needs whole sums of the first one.
//!
//! ```c
//! for (i) { for (j) t[i] += A[i][j] * x[j];  for (j) y[j] += A[i][j] * t[i]; }
//! // threads own ranges of columns; a block of rows passes through them, and goes into y while it is in the caches
//! for (w: blocks of rows) for (j_t, parallel) for (strips of columns) { t of block w - j_t; y of block w - threads }
//! ```

use super::Context;
use crate::Draft;
use crate::facts::{AccessFact, LeafFact};
use crate::site::Site;
use crate::sketch::{Hole, Sketch, Values, balanced};

/// One pass in place of two, in vectors and on threads.
const GAIN: f64 = 10.0;

#[derive(Clone, Debug)]
struct Shape {
    producer: String,
    consumer: String,
    rows: String,
    /// The columns' loops of producer and consumer, and how many columns there are.
    columns: [String; 2],
    length: f64,
    lanes: u32,
    threads: u32,
}

/// Proposes the sketch, for a loop over rows in which one loop sums along a row of a large matrix and a later one adds the
/// row's elements to a vector.
pub fn propose(context: &Context<'_>, site: &Site) -> Vec<Sketch> {
    let (i, j) = (site.band.start, site.band.start + 1);
    if site.band.len() != 1 || site.is_coincident(i) || site.in_parallel {
        return Vec::new();
    }
    let sums = |leaf: &LeafFact, kept: usize, summed: usize| {
        let write = leaf.write();
        leaf.path.len() == j + 1
            && leaf.accumulates()
            && write.moves_with(kept)
            && !write.moves_with(summed)
    };
    let matrix = |leaf: &LeafFact, other: Option<&AccessFact>| {
        let large = |one: &&AccessFact| {
            one.moves_with(i)
                && one.is_contiguous(j)
                && one.size > context.machine.l2_bytes as f64
                && other.is_none_or(|other| one.array == other.array && one.along == other.along)
        };
        leaf.operands().find(large).cloned()
    };
    let trips = |leaf: &LeafFact| leaf.path.get(j).map_or(0.0, |inner| inner.trips);
    let pairs = site.leaves.iter().enumerate().filter(|(_, leaf)| sums(leaf, i, j));
    let found = pairs.filter_map(|(at, producer)| {
        let read = matrix(producer, None)?;
        let consumer = site.leaves.iter().skip(at + 1).find(|leaf| {
            sums(leaf, j, i)
                && matrix(leaf, Some(&read)).is_some()
                && leaf.path.get(j).map(|one| one.id) != producer.path.get(j).map(|one| one.id)
                && (trips(leaf) - trips(producer)).abs() < 1.0
        })?;
        Some((producer, consumer))
    });
    let Some((producer, consumer)) = found.into_iter().next() else { return Vec::new() };
    let name = |leaf: &LeafFact, at: usize| leaf.path.get(at).map(|inner| inner.name.clone());
    let (Some(rows), Some(first), Some(second)) =
        (name(producer, i), name(producer, j), name(consumer, j))
    else {
        return Vec::new();
    };
    let lanes = site.lanes(context.machine);
    let shape = Shape {
        producer: producer.name.clone(),
        consumer: consumer.name.clone(),
        rows,
        columns: [first, second],
        length: trips(producer),
        lanes,
        threads: context.machine.threads.max(1),
    };
    let holes = vec![
        Hole::new("rows", 2 * lanes, [1, 2, 4].map(|times| times * lanes)),
        Hole::new("columns", 4 * lanes, [2, 4, 8, 16].map(|times| times * lanes)),
        Hole::new("vectors", 2, [1, 2, 4]),
    ];
    vec![
        Sketch::new(("lagging sum", GAIN), holes, move |draft, values| {
            build(&shape, draft, values)
        })
        .covering(),
    ]
}

fn build(shape: &Shape, draft: &mut Draft, values: &Values<'_>) -> Option<()> {
    let (p, q, i) = (shape.producer.as_str(), shape.consumer.as_str(), shape.rows.as_str());
    let [first, second] = shape.columns.each_ref().map(String::as_str);
    let (rows, vectors) = (values.get("rows").max(1), values.get("vectors").max(1));
    for piece in [p, q] {
        let leaf = draft.leaf(piece)?;
        let alone = draft.tree.path_to(leaf)?.iter().rev().nth(1)?.body.len() == 1;
        if !alone {
            draft.text(&format!("distribute({piece}, {i})"))?;
        }
    }
    if shape.threads > 1 {
        // A block of rows is whole when the last range of columns has seen it; one step later all have.
        let width = balanced(shape.length, f64::from(shape.threads), shape.lanes);
        let tiles = draft.tile(p, &[i, first], &[rows, width])?;
        draft.tile(q, &[i, second], &[rows, width])?;
        let [blocks, ranges] = tiles.as_slice() else { return None };
        draft.text(&format!("skew({p}, {ranges}, {blocks}, 1)"))?;
        draft.text(&format!("fuse({p}, {q}, {blocks}, {})", shape.threads))?;
        draft.text(&format!("fuse({p}, {q}, {ranges}, 0)"))?;
        draft.parallelize(p, ranges)?;
    } else {
        let blocks = draft.tile(p, &[i], &[rows])?.into_iter().next()?;
        draft.tile(q, &[i], &[rows])?;
        draft.text(&format!("fuse({p}, {q}, {blocks}, 0)"))?;
    }
    // Both take strips of columns in turn, so that one is at work while the other's next strip is on its way.
    let strip = values.get("columns").max(1);
    let mut strips = Vec::new();
    for (piece, columns) in [(p, first), (q, second)] {
        let tiles = draft.tile(piece, &[columns], &[strip])?;
        let name = tiles.into_iter().next()?;
        draft.permute(piece, &[&name, i, columns])?;
        strips.push(name);
    }
    if shape.threads > 1 {
        draft.text(&format!("fuse({p}, {q}, {}, 0)", strips.first()?))?;
    }
    draft.vectorize(p, i, shape.lanes, vectors)?;
    draft.jam(q, i, rows)?;
    draft.vectorize(q, second, shape.lanes, vectors)
}
