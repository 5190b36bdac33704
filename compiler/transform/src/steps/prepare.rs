//! The steps that change the program itself, before the others change the order.

use super::divide::divide;
use super::expand::expand;
use super::keep::keep;
use super::place::Place;
use super::regroup::{Cut, regroup};
use crate::{Cause, Illegal};
use loopwright_ir::{Program, Schedule, ScheduleTree, Step};

/// Whether floating-point sums must keep the source's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Every bit as in the source.
    Strict,
    /// Sums may be grouped otherwise (`--fast-math`).
    Free,
}

/// The program that the steps of a schedule are about: with loops divided, reads kept and sums taken
/// apart that it says, and then arrays expanded.
///
/// # Errors
/// [`Illegal`] with the step's number in the schedule and what stands against it.
pub fn prepared(
    program: &Program,
    schedule: &Schedule,
    rounding: Rounding,
) -> Result<Program, Box<Illegal>> {
    Ok(stages(program, schedule, rounding)?.pop().unwrap_or_else(|| program.clone()))
}

/// The programs on the way to the [`prepared`] one: what each step that changes the program makes of the one
/// before, in the order in which they are applied.
///
/// # Errors
/// As for [`prepared`].
pub fn stages(
    program: &Program,
    schedule: &Schedule,
    rounding: Rounding,
) -> Result<Vec<Program>, Box<Illegal>> {
    let mut stages = Vec::new();
    each(program, &mut stages, schedule, |program, step| match step {
        Step::Divide { statement, loop_name, at } => {
            Some(divide(program, statement, loop_name, at))
        }
        Step::Keep { statement, array, subscripts, loop_name } => {
            Some(keep(program, statement, (array, subscripts), loop_name))
        }
        Step::Regroup { statement, loop_name, lanes, chunk } => {
            let cut = Cut { lanes: *lanes, chunk: *chunk };
            Some(regroup(program, statement, loop_name, cut, rounding))
        }
        _ => None,
    })?;
    each(program, &mut stages, schedule, |program, step| match step {
        Step::Expand { statement, array, loop_name } => {
            Some(expand(program, statement, array, loop_name))
        }
        _ => None,
    })?;
    Ok(stages)
}

/// How many statements the steps may make of a program with few.
const MOST_STATEMENTS: usize = 48;

/// Goes on from the last of the `stages`, or from the program where there is none yet.
fn each(
    program: &Program,
    stages: &mut Vec<Program>,
    schedule: &Schedule,
    change: impl Fn(&Program, &Step) -> Option<Result<Program, Cause>>,
) -> Result<(), Box<Illegal>> {
    let most = MOST_STATEMENTS + 4 * stages.last().unwrap_or(program).statements.len();
    for (position, step) in schedule.steps().iter().enumerate() {
        if let Some(result) = change(stages.last().unwrap_or(program), step) {
            let bounded = result.and_then(|changed| {
                let few = changed.statements.len() <= most;
                if few { Ok(changed) } else { Err(Cause::TooMany { what: "statements", most }) }
            });
            stages.push(bounded.map_err(|cause| {
                Box::new(Illegal { number: position + 1, step: step.clone(), cause })
            })?);
        }
    }
    Ok(())
}

/// The tree as it is: the program is one to which the step was applied.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let iterators = &program.statement(place.leaf.statement).iterators;
    if iterators.iter().all(|iterator| iterator.name != loop_name) {
        place.loop_named(loop_name)?;
    }
    Ok(tree.clone())
}
