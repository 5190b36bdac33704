//! The steps that change the program itself, before the others change the order.

use super::expand::expand;
use super::regroup::{Cut, regroup};
use crate::{Cause, Illegal};
use loopwright_ir::{Program, Schedule, Step};

/// Whether floating-point sums must keep the source's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Every bit as in the source.
    Strict,
    /// Sums may be grouped otherwise (`--fast-math`).
    Free,
}

/// The program that the steps of a schedule are about: with all sums taken apart and then all arrays
/// expanded that it says.
///
/// # Errors
/// [`Illegal`] with the step's number in the schedule and what stands against it.
pub fn prepared(
    program: &Program,
    schedule: &Schedule,
    rounding: Rounding,
) -> Result<Program, Box<Illegal>> {
    each(regrouped(program, schedule, rounding)?, schedule, |program, step| match step {
        Step::Expand { statement, array, loop_name } => {
            Some(expand(program, statement, array, loop_name))
        }
        _ => None,
    })
}

/// The program with all sums taken apart that a schedule says, and nothing else.
///
/// # Errors
/// [`Illegal`] with the step's number in the schedule and what stands against it.
pub fn regrouped(
    program: &Program,
    schedule: &Schedule,
    rounding: Rounding,
) -> Result<Program, Box<Illegal>> {
    each(program.clone(), schedule, |program, step| match step {
        Step::Regroup { statement, loop_name, lanes, chunk } => {
            let cut = Cut { lanes: *lanes, chunk: *chunk };
            Some(regroup(program, statement, loop_name, cut, rounding))
        }
        _ => None,
    })
}

fn each(
    mut program: Program,
    schedule: &Schedule,
    change: impl Fn(&Program, &Step) -> Option<Result<Program, Cause>>,
) -> Result<Program, Box<Illegal>> {
    for (position, step) in schedule.steps().iter().enumerate() {
        if let Some(result) = change(&program, step) {
            program = result.map_err(|cause| {
                Box::new(Illegal { number: position + 1, step: step.clone(), cause })
            })?;
        }
    }
    Ok(program)
}
