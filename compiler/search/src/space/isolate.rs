//! Distribution: a statement gets loops of its own, as far outwards as the dependences allow.
//!
//! ```c
//! for (i) { for (j) S1; for (k) for (j) S2; }
//! // isolate S2
//! for (i) for (j) S1;
//! for (i) for (k) for (j) S2;
//! ```

use super::Ranked;
use crate::{Ground, Point};
use loopwright_ir::{StatementId, Step};

/// How many loops are distributed, the innermost shared one first.
pub type Distributions = usize;

/// The point with the statement isolated as far as possible, by the innermost shared loop only, and
/// as it is.
pub fn variants(
    ground: &Ground<'_>,
    point: &Point,
    statement: StatementId,
) -> Vec<(Point, Ranked<Distributions>)> {
    let mut points = vec![point.clone()];
    while let Some(next) = points.last().and_then(|last| distribute(ground, last, statement)) {
        points.push(next);
    }
    let most = points.len() - 1;
    let rank = |count: Distributions| match count {
        count if count == most => Some(0),
        0 | 1 => Some(1),
        _ => None,
    };
    points
        .into_iter()
        .enumerate()
        .rev()
        .filter_map(|(count, point)| Some((point, Ranked::new(count, rank(count)?))))
        .collect()
}

/// The statement isolated by so many distributions; `None` if there are not so many.
pub fn isolate(
    ground: &Ground<'_>,
    point: &Point,
    statement: StatementId,
    count: Distributions,
) -> Option<Point> {
    (0..count).try_fold(point.clone(), |point, _| distribute(ground, &point, statement))
}

/// Distributes the innermost loop that the statement shares, unless a dependence forbids it.
fn distribute(ground: &Ground<'_>, point: &Point, statement: StatementId) -> Option<Point> {
    let path = point.tree.path(statement)?;
    let shared = path.iter().rev().find(|inner| inner.body.len() > 1)?;
    let step = Step::Distribute {
        statement: ground.program.statement(statement).name.clone(),
        loop_name: shared.name.clone(),
    };
    ground.apply(point, step)
}
