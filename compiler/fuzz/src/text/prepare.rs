//! From a region's text to the loops that are compiled: the frontend, the program for its sizes, schedules.

use super::engine::Case;
use super::finding::TextView;
use super::region::Region;
use super::report::Report;
use crate::draw::guarded;
use crate::steps::{Surroundings, random_step};
use crate::subject::mixed;
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_frontend::{FrontendError, Options, Unit};
use loopwright_ir::{LoopTree, Program, Schedule, Step};
use loopwright_transform::{Applied, forward_scalars, lower, try_apply};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// How many random schedules a region gets.
const SCHEDULES: u64 = 2;

/// The most steps of one.
const MOST_STEPS: usize = 5;

/// A region that was accepted, with everything that is compiled of it.
pub struct Prepared {
    pub region: Region,
    /// What the command line would emit it as.
    pub program: Program,
    pub jobs: Vec<Job>,
}

/// Loops that are compiled.
pub struct Job {
    pub view: TextView,
    pub program: Program,
    pub loops: LoopTree,
    pub schedule: Schedule,
    /// Tells it from the region's other jobs.
    pub number: usize,
    /// Whether it is printed as C as well.
    pub printed: bool,
}

/// Reads the batch's text. The values of the parameters come from the options, but where the text tells them.
pub fn parse(file: &Path, regions: &[Region]) -> Result<Unit, FrontendError> {
    let mut parameters: Vec<(String, i64)> = Vec::new();
    for region in regions {
        for parameter in &region.parameters {
            let told = region.called && parameter.place == super::region::Place::Argument;
            if !told {
                parameters.push((parameter.name.clone(), parameter.value));
            }
        }
    }
    loop {
        let options = Options { parameters: parameters.clone(), ..Options::default() };
        match loopwright_frontend::parse(file, &options) {
            // One that the region does not mention.
            Err(FrontendError::UnknownParameter { name, .. }) => {
                let before = parameters.len();
                parameters.retain(|(known, _)| *known != name);
                if parameters.len() == before {
                    return Err(FrontendError::UnknownParameter { name, known: String::new() });
                }
            }
            other => return other,
        }
    }
}

/// What is compiled of an accepted region; `None` where nothing can be, which the report then says.
pub fn prepare(
    region: &Region,
    case: &Case,
    program: &Program,
    only: Option<TextView>,
    report: &mut Report<'_>,
) -> Option<Prepared> {
    let mut jobs = Vec::new();
    let special = special_of(region, program);
    let made = guarded(|| jobs_of(region, case, program, report.seed, only));
    match made {
        Ok(Ok((made, schedules))) => {
            report.tally.schedules += schedules;
            let is_printed = |view: Option<TextView>| view.is_none_or(|it| it == TextView::Printed);
            for mut job in made {
                job.printed &= is_printed(only);
                if job.printed || only != Some(TextView::Printed) {
                    jobs.push(job);
                }
            }
        }
        Ok(Err(reason)) => {
            report.reject(region, &reason);
            return None;
        }
        Err(finding) => {
            report.fail(region, TextView::Panic, finding.detail, "");
            return None;
        }
    }
    Some(Prepared { region: region.clone(), program: special, jobs })
}

/// The program for its sizes, of every second region without the scalars that stand for elements.
fn special_of(region: &Region, program: &Program) -> Program {
    let special = program.specialize();
    if region.number.is_multiple_of(2) { forward_scalars(&special) } else { special }
}

fn jobs_of(
    region: &Region,
    case: &Case,
    program: &Program,
    seed: u64,
    only: Option<TextView>,
) -> Result<(Vec<Job>, u64), String> {
    for parameter in &program.parameters {
        let wanted = region.parameters.iter().find(|known| known.name == parameter.name);
        // A scalar that nothing changes is a parameter, too, whose value only its buffer has.
        let Some(wanted) = wanted else {
            return Err("(a scalar that nothing changes)".to_owned());
        };
        if parameter.value != Some(wanted.value) {
            return Err("(another value was found for a parameter)".to_owned());
        }
    }
    // What a local variable of a generated text holds before the region, no buffer has.
    let known = |name: &str| region.arrays.iter().any(|array| array.name == name);
    let mut arrays = program.external_arrays().iter();
    if region.written.is_none() && arrays.any(|array| array.live_outside && !known(&array.name)) {
        return Err("(a local variable with a value from before the region)".to_owned());
    }
    loopwright_frontend::validate(program).map_err(|reject| reject.to_string())?;
    let special = special_of(region, program);
    let mut jobs = Vec::new();
    let mut add = |view, program: &Program, applied: &Applied, printed| -> Result<(), String> {
        let loops =
            lower(program, &applied.tree).map_err(|error| format!("(lowering: {error})"))?;
        let (program, schedule) = (program.clone(), applied.schedule.clone());
        jobs.push(Job { view, program, loops, schedule, number: jobs.len(), printed });
        Ok(())
    };
    if let Some(text) = &case.schedule {
        let schedule: Schedule = text.parse().map_err(|error| format!("(schedule: {error})"))?;
        let dependences = Dependences::compute(&special, DEFAULT_QUOTA)
            .map_err(|error| format!("(dependences: {error})"))?;
        let mut current = Applied::original(&special);
        for step in schedule.steps() {
            let next = try_apply(&special, &dependences, &current, step);
            current = next.ok_or("(a step of the schedule is refused)")?;
        }
        add(TextView::Scheduled, &special, &current, true)?;
        return Ok((jobs, 1));
    }
    add(
        TextView::Native,
        &special,
        &Applied::original(&special),
        !region.number.is_multiple_of(3),
    )?;
    // With symbols in place of the sizes, the same has to come out for these sizes.
    if region.number.is_multiple_of(3) {
        add(TextView::Native, program, &Applied::original(program), true)?;
    }
    if only == Some(TextView::Native) {
        return Ok((jobs, 0));
    }
    let dependences = Dependences::compute(&special, DEFAULT_QUOTA)
        .map_err(|error| format!("(dependences: {error})"))?;
    let mut schedules = 0;
    for turn in 0..SCHEDULES {
        let mut random = ChaCha8Rng::seed_from_u64(mixed(mixed(seed, region.number), turn));
        let drawn = draw(&special, &dependences, &mut random);
        if drawn.schedule.steps().is_empty() {
            continue;
        }
        // Loops that cannot be made within the bound on their size are none.
        if add(TextView::Scheduled, &special, &drawn, turn == 0).is_ok() {
            schedules += 1;
        }
    }
    Ok((jobs, schedules))
}

/// A random legal schedule.
fn draw(program: &Program, dependences: &Dependences, random: &mut ChaCha8Rng) -> Applied {
    let surroundings = Surroundings::new(program, vec![2, 3, 4, 5, 7, 8, 16]);
    let wanted = random.random_range(1..=MOST_STEPS);
    let mut current = Applied::original(program);
    for _ in 0..3 * wanted {
        if current.schedule.steps().len() >= wanted {
            break;
        }
        let step = random_step(program, &current.tree, &surroundings, random);
        let next = step
            .filter(|step| !step.changes_program())
            .and_then(|step: Step| try_apply(program, dependences, &current, &step));
        if let Some(next) = next
            && next.tree.leaves().len() <= 10
            && next.tree.leaves().iter().all(|(path, _)| path.len() <= 7)
        {
            current = next;
        }
    }
    current
}
