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

/// The point as it is, and with the statement isolated where that changes anything.
pub fn variants(
    ground: &Ground<'_>,
    point: &Point,
    statement: StatementId,
) -> Vec<(Point, Ranked<bool>)> {
    match isolate(ground, point, statement) {
        Some(isolated) => {
            vec![(isolated, Ranked::new(true, 0)), (point.clone(), Ranked::new(false, 1))]
        }
        None => vec![(point.clone(), Ranked::new(false, 0))],
    }
}

/// The statement with loops of its own, from the innermost loop that it shares outwards until a
/// dependence forbids it; `None` if it shares none that could be distributed.
pub fn isolate(ground: &Ground<'_>, point: &Point, statement: StatementId) -> Option<Point> {
    let name = &ground.program.statement(statement).name;
    let path = point.tree.path(statement)?;
    let shared = path.iter().filter(|inner| inner.body.len() > 1);
    let names: Vec<String> = shared.map(|inner| inner.name.clone()).collect();
    let mut isolated = None;
    for loop_name in names.into_iter().rev() {
        let step = Step::Distribute { statement: name.clone(), loop_name };
        let from = isolated.as_ref().unwrap_or(point);
        let Some(next) = ground.apply(from, step) else { break };
        isolated = Some(next);
    }
    isolated
}
