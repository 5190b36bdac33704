//! What was chosen by prediction alone, timed beside the original for a table.

use super::{SearchArguments, Surroundings, Tuned, compiler_settings, laboratory_options};
use crate::benchmark::Scheduled;
use crate::failure::Outcome;
use crate::given::Given;
use crate::input::InputFlags;
use crate::laboratory::Laboratory;
use crate::target::runnable;
use loopwright_frontend::{Region, Unit};
use std::time::Duration;

/// How long choice and original take turns.
const TURNS: Duration = Duration::from_secs(3);

/// Adds the times to what was tuned without measuring. They are no part of the budget.
pub fn time_choice(
    unit: &Unit,
    region: &Region,
    mut tuned: Tuned,
    flags: &InputFlags,
    arguments: &SearchArguments,
    surroundings: &Surroundings,
) -> Outcome<Tuned> {
    runnable(&arguments.march)?;
    let given = Given::Steps(tuned.report.best.schedule.clone());
    let scheduled = Scheduled::of(&tuned.program, &given, arguments.arithmetic.fast_math)?;
    let settings = compiler_settings(flags, arguments);
    let options = laboratory_options(arguments, surroundings);
    let mut laboratory = Laboratory::of_region(unit, region, &tuned.program, &settings, &options)?;
    let entry = scheduled.compile(&mut laboratory)?;
    tuned.confirmation.accuracy = laboratory.accuracy().cloned();
    tuned.confirmation.comparison = Some(laboratory.compare(&entry, TURNS)?);
    tuned.data = Some(laboratory.data());
    tuned.original_nanoseconds = Some(laboratory.original_nanoseconds());
    Ok(tuned)
}
