//! Where a region's schedule comes from: a folder that the user names, what was measured of the same region on the
//! same machine, the search without measurements.

use super::command_line::Own;
use super::decisions::{Decision, Key};
use crate::cache::Cache;
use crate::deadline::Deadline;
use crate::failure::{Failure, Outcome};
use crate::given::Given;
use crate::input::InputFlags;
use crate::records::{Memory, default_file};
use crate::tuning::{Predictor, SearchArguments, Surroundings, tune};
use loopwright_analysis::{DEFAULT_QUOTA, Dependences, legal, within_effort};
use loopwright_codegen::{MARCHES, Target};
use loopwright_frontend::{Region, Unit};
use loopwright_ir::{Program, Schedule, ScheduleTree};
use loopwright_runtime::Database;
use loopwright_search::{Budget, SearchOptions, Silent, search};
use loopwright_transform::{Applied, Rounding, prepared, resolve, rewrite, try_apply};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A schedule, and who says so.
#[derive(Clone, Debug)]
pub struct Choice {
    pub schedule: Schedule,
    pub origin: String,
    pub predicted: Option<f64>,
}

/// What is predicted to be so little faster is not worth another code than the C compiler's.
const LEAST_GAIN: f64 = 1.05;

/// How many of the best predicted schedules are tried where sizes are unknown.
const TRIED: usize = 8;

/// The work that the verdict on one order may take, in units of some hundred nanoseconds.
const EFFORT: u64 = 6_000_000;

/// The file with a region's schedule in a folder: of the region's name, with the source file's name before it or
/// not.
pub fn of_folder(own: &Own, file: &Path, region: &str) -> Result<Option<Choice>, String> {
    let Some(folder) = &own.schedules else { return Ok(None) };
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let names = [format!("{stem}.{region}.schedule"), format!("{region}.schedule")];
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    let Some(path) = found else { return Ok(None) };
    let wrong = |reason: String| format!("{}: {reason}", path.display());
    match Given::read(&path.to_string_lossy()).map_err(|failure| wrong(failure.text()))? {
        Given::Steps(schedule) => {
            let origin = format!("from {}", path.display());
            Ok(Some(Choice { schedule, origin, predicted: None }))
        }
        _ => Err(wrong("it is no list of steps".to_owned())),
    }
}

/// What was measured of this very program on this machine under the same conditions, the best first.
pub fn recorded(
    program: &Program,
    arguments: &SearchArguments,
    surroundings: &dyn Fn() -> Outcome<Surroundings>,
) -> Result<Vec<Choice>, String> {
    let Some(database) = database().filter(|database| database.path().is_file()) else {
        return Ok(Vec::new());
    };
    let surroundings = surroundings().map_err(|failure| failure.text())?;
    let memory = Memory::recall(&database, program, arguments, &surroundings);
    let exact = memory.seeds.into_iter().take(memory.exact);
    let origin = "tuning records";
    Ok(exact
        .map(|schedule| Choice { schedule, origin: origin.to_owned(), predicted: None })
        .collect())
}

fn database() -> Option<Database> {
    default_file().map(Database::new)
}

/// Measures schedules of a region whose sizes are known. The best is kept among the tuning records; that nothing is
/// faster than the source is kept by the key.
pub fn measured(
    (unit, region, program): (&Unit, &Region, &Program),
    flags: &InputFlags,
    arguments: &SearchArguments,
    surroundings: &dyn Fn() -> Outcome<Surroundings>,
    key: &Key,
) -> Result<Vec<Choice>, String> {
    if key.recall().is_some() {
        return Ok(Vec::new());
    }
    let said = |failure: Failure| failure.text();
    let surroundings = surroundings().map_err(said)?.with_records(database());
    let deadline = Deadline::after(arguments.budget);
    let program = program.clone();
    let tuned = tune(unit, region, program, flags, arguments, &surroundings, deadline, &mut Silent)
        .map_err(said)?;
    if let Some(reason) = tuned.given_up {
        return Err(reason);
    }
    let best = &tuned.report.best;
    if tuned.confirmation.source_stays || best.schedule.is_original() {
        key.keep(std::iter::empty());
        return Ok(Vec::new());
    }
    let ratio = tuned.speedup().map(|ratio| format!(" at {}", crate::report::ratio(ratio)));
    Ok(vec![Choice {
        schedule: best.schedule.clone(),
        origin: format!("measured{}", ratio.unwrap_or_default()),
        predicted: None,
    }])
}

/// The best predicted schedules of a program whose sizes are known, the best first; none where nothing is
/// predicted to be faster than the source.
pub fn predicted(
    program: &Program,
    surroundings: &dyn Fn() -> Outcome<Surroundings>,
    key: &Key,
    budget: Duration,
) -> Result<Vec<Choice>, String> {
    if let Some(decisions) = key.recall() {
        let choice = |decision: Decision| {
            Some(Choice {
                schedule: decision.schedule.parse().ok()?,
                origin: "kept from before".to_owned(),
                predicted: decision.predicted,
            })
        };
        return Ok(decisions.into_iter().filter_map(choice).collect());
    }
    let surroundings = &surroundings().map_err(|failure| failure.text())?;
    let deadline = Deadline::after(budget);
    let dependences = dependences(program, deadline)?;
    let mut predictor = Predictor::new(&surroundings.scorer, surroundings.features());
    let options = SearchOptions {
        measure: Some(TRIED),
        budget: Budget::until(deadline.end())
            .with_cancel(std::sync::Arc::clone(&surroundings.interrupt)),
        ..SearchOptions::default()
    };
    let machine = surroundings.search_machine();
    let report =
        search(program, &dependences, &mut predictor, &machine, &options, &mut Silent, None)
            .map_err(|error| error.to_string())?;
    if surroundings.interrupt.load(Ordering::SeqCst) {
        return Err("interrupted".to_owned());
    }
    let mut choices: Vec<Choice> = Vec::new();
    for candidate in std::iter::once(&report.best).chain(&report.predicted) {
        let known = choices.iter().any(|choice| choice.schedule == candidate.schedule);
        if candidate.predicted >= LEAST_GAIN && !candidate.schedule.is_original() && !known {
            choices.push(Choice {
                schedule: candidate.schedule.clone(),
                origin: "by the model".to_owned(),
                predicted: Some(candidate.predicted),
            });
        }
    }
    key.keep(choices.iter().map(|choice| Decision {
        schedule: choice.schedule.to_string(),
        predicted: choice.predicted,
    }));
    Ok(choices)
}

/// The dependences, within a time.
pub fn dependences(program: &Program, deadline: Deadline) -> Result<Dependences, String> {
    Dependences::compute_until(program, DEFAULT_QUOTA, &|| deadline.is_over())
        .map_err(|error| error.to_string())
}

/// The program that a schedule is about and its order, if that is legal for all sizes that the program knows of.
pub fn ordered(
    program: &Program,
    schedule: &Schedule,
    rounding: Rounding,
    deadline: Deadline,
) -> Result<(Program, Applied), String> {
    let expanded = prepared(program, schedule, rounding).map_err(|error| error.to_string())?;
    let dependences = dependences(&expanded, deadline)?;
    let mut tree = ScheduleTree::original(&expanded);
    let mut steps = Vec::new();
    for step in schedule.steps() {
        let resolved = resolve(&expanded, &dependences, &tree, step)
            .map_err(|_| format!("`{step}` is not possible"))?;
        tree = rewrite(&expanded, &tree, &resolved).map_err(|illegal| illegal.to_string())?;
        steps.push(resolved);
    }
    if !within_effort(EFFORT, || legal(&expanded, &dependences, &tree)) {
        return Err("the schedule was not found to be legal".to_owned());
    }
    Ok((expanded, Applied { schedule: Schedule::from_steps(steps), tree }))
}

/// As much of a schedule as is legal, step by step; `None` where that is nothing.
pub fn as_far_as_legal(
    program: &Program,
    schedule: &Schedule,
    deadline: Deadline,
) -> Option<(Program, Applied)> {
    let dependences = dependences(program, deadline).ok()?;
    let mut current = Applied::original(program);
    for step in schedule.steps() {
        if deadline.is_over() {
            return None;
        }
        current = try_apply(program, &dependences, &current, step).unwrap_or(current);
    }
    (!current.schedule.is_original()).then(|| (program.clone(), current))
}

/// How the search is asked for what it needs of the machine.
pub fn arguments(own: &Own, compiler: &str, target: &Target, fast_math: bool) -> SearchArguments {
    let level = MARCHES.iter().find(|level| **level == target.cpu).copied();
    SearchArguments {
        march: level.unwrap_or("native").to_owned(),
        cache: Cache::Hot,
        budget: own.budget,
        measure: None,
        no_measure: !own.tune,
        seed: 0,
        threads: None,
        model: None::<PathBuf>,
        compiler: compiler.to_owned(),
        arithmetic: crate::arithmetic::ArithmeticArguments { fast_math },
        explain: false,
    }
}
