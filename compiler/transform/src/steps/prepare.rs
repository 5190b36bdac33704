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
    each(rewritten(program, schedule, rounding)?, schedule, |program, step| match step {
        Step::Expand { statement, array, loop_name } => {
            Some(expand(program, statement, array, loop_name))
        }
        _ => None,
    })
}

/// The program with loops divided, reads kept and sums taken apart that a schedule says, but no array expanded.
///
/// # Errors
/// [`Illegal`] with the step's number in the schedule and what stands against it.
pub fn rewritten(
    program: &Program,
    schedule: &Schedule,
    rounding: Rounding,
) -> Result<Program, Box<Illegal>> {
    each(program.clone(), schedule, |program, step| match step {
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
    })
}

/// How many statements the steps may make of a program with few.
const MOST_STATEMENTS: usize = 48;

fn each(
    mut program: Program,
    schedule: &Schedule,
    change: impl Fn(&Program, &Step) -> Option<Result<Program, Cause>>,
) -> Result<Program, Box<Illegal>> {
    let most = MOST_STATEMENTS + 4 * program.statements.len();
    for (position, step) in schedule.steps().iter().enumerate() {
        if let Some(result) = change(&program, step) {
            let bounded = result.and_then(|changed| {
                let few = changed.statements.len() <= most;
                if few { Ok(changed) } else { Err(Cause::TooMany { what: "statements", most }) }
            });
            program = bounded.map_err(|cause| {
                Box::new(Illegal { number: position + 1, step: step.clone(), cause })
            })?;
        }
    }
    Ok(program)
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
