//! The transformations: one file each, all of them pure rewrites of the schedule tree.
//!
//! A rewrite checks that the step makes sense here (its statement, loops and numbers, and that marks
//! are not nested wrongly); whether the new order respects the dependences is asked afterwards,
//! once for every kind of step ([`apply`](crate::apply)).

mod distribute;
mod interchange;
mod isolate;
mod marks;
mod parallelize;
mod place;
mod tile;
mod unroll_and_jam;
mod vectorize;

use crate::{Cause, Illegal};
use loopwright_ir::{Program, ScheduleTree, Step};

/// The tree after a step, with the structure checked and the dependences not.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    step: &Step,
) -> Result<ScheduleTree, Box<Illegal>> {
    rewrite_or_cause(program, tree, step).map_err(|cause| Illegal::new(step, cause))
}

pub(crate) fn rewrite_or_cause(
    program: &Program,
    tree: &ScheduleTree,
    step: &Step,
) -> Result<ScheduleTree, Cause> {
    let result = match step {
        Step::Interchange { statement, outer, inner } => {
            interchange::rewrite(program, tree, statement, outer, inner)
        }
        Step::Tile { statement, loops, sizes } => {
            tile::rewrite(program, tree, statement, loops, sizes)
        }
        Step::Distribute { statement, loop_name } => {
            distribute::rewrite(program, tree, statement, loop_name)
        }
        Step::Parallelize { statement, loop_name } => {
            parallelize::rewrite(program, tree, statement, loop_name)
        }
        Step::Vectorize { statement, loop_name, width, unroll } => {
            vectorize::rewrite(program, tree, statement, loop_name, *width, *unroll)
        }
        Step::UnrollAndJam { statement, loop_name, factor } => {
            unroll_and_jam::rewrite(program, tree, statement, loop_name, *factor)
        }
        other => todo!("{other}"),
    }?;
    marks::check(&result)?;
    Ok(result)
}
