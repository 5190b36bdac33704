//! The versions of one region's loops: for the sizes that the file tells, and for any size.

use super::command_line::Own;
use super::decisions::Key;
use super::report::{Left, RegionReport, VersionReport};
use super::schedules::{self, Choice};
use crate::commands::tune::one_line;
use crate::deadline::Deadline;
use crate::failure::Outcome;
use crate::input::{self, InputFlags};
use crate::tuning::{SearchArguments, Surroundings};
use crate::verification::{answered_by, verify};
use loopwright_codegen::Target;
use loopwright_frontend::{
    AnySize, Check, HostDeclarationKind, Region, Storage, Unit, any_size, estimated_instances,
    run_time_checks,
};
use loopwright_ir::{ArrayKind, Expression, LoopTree, Program, Schedule};
use loopwright_transform::{Applied, Rounding, forward_scalars, lower};
use std::time::{Duration, Instant};

/// What all regions of a file have in common.
pub struct Context<'a> {
    pub own: &'a Own,
    pub target: &'a Target,
    /// What has to be asked of the processor before a version runs.
    pub processor: Option<&'a str>,
    pub fast_math: bool,
    pub is_cxx: bool,
    /// How the file is read, and how schedules are searched for and measured.
    pub flags: InputFlags,
    pub arguments: SearchArguments,
    /// Made when it is first asked for.
    pub surroundings: &'a dyn Fn() -> Outcome<Surroundings>,
}

/// One form of a region's loops.
pub struct Planned {
    pub program: Program,
    pub loops: LoopTree,
    pub checks: Vec<Check>,
}

/// How long dependences may take where sizes are unknown, beside the budget.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the checker may take for one version.
const CHECKING: Duration = Duration::from_millis(1500);

/// So many statements take less time than the threads to start, or than the loops around vectors to be set up.
const WORTH_THREADS: u64 = 30_000;
const WORTH_VECTORS: u64 = 1_000;

/// Sizes that unknown parameters are tried with, the likeliest first.
const LIKELY: [i64; 12] = [1024, 512, 256, 2000, 128, 100, 64, 48, 32, 16, 8, 4];

/// Fewer statements than this are not searched for, where nobody asked for it.
const LEAST_WORK: f64 = 5_000.0;

/// No more iterations than this are likely.
const MOST_ITERATIONS: f64 = 4e9;

/// Finds the versions and says what became of the region.
pub fn planned(
    unit: &Unit,
    region: &Region,
    context: &Context<'_>,
) -> (RegionReport, Vec<Planned>) {
    let mut report = RegionReport {
        function: region.function.clone(),
        line: region.span.line,
        marked: region.marked,
        left: None,
        versions: Vec::new(),
        notes: Vec::new(),
    };
    match versions(unit, region, context, &mut report.notes) {
        Ok(versions) => {
            let (plans, reports): (Vec<_>, Vec<_>) = versions.into_iter().unzip();
            report.versions = reports;
            (report, plans)
        }
        Err(left) => {
            report.left = Some(left);
            (report, Vec::new())
        }
    }
}

type Versions = Vec<(Planned, VersionReport)>;

fn versions(
    unit: &Unit,
    region: &Region,
    context: &Context<'_>,
    notes: &mut Vec<String>,
) -> Result<Versions, Left> {
    let left = |reason: String, help: Option<String>| Left {
        line: region.span.line,
        column: region.span.column,
        reason,
        is_rejection: help.is_some(),
        help,
    };
    let source = region.result.as_ref().map_err(|reject| Left {
        line: reject.span.line,
        column: reject.span.column,
        reason: reject.reason.to_string(),
        help: Some(reject.reason.help().to_owned()),
        is_rejection: true,
    })?;
    if let Some(reason) = hazard(region, source, context) {
        let help = "put the region into a C file".to_owned();
        return Err(left(reason, region.marked.then_some(help)));
    }
    let unvalued = unvalued(source);
    let symbolic = forward_scalars(&unvalued);
    let parametric = !source.parameters.is_empty();
    let any = if parametric { any_size(region, &symbolic) } else { None };
    let special = input::specialized(unit, source);
    let likely = match (&special, &any) {
        (Ok(special), _) => special.clone(),
        (Err(_), Some(any)) => likely(unit, source, any)
            .ok_or_else(|| left("no sizes were found for which it is defined".to_owned(), None))?,
        (Err(failure), None) => {
            let help = failure.report.help().map(|help| help.to_string());
            return Err(left(failure.text(), help));
        }
    };
    let budget = if region.marked {
        context.own.budget
    } else if estimated_instances(&likely, 0) < LEAST_WORK {
        return Err(left("there is too little work in it".to_owned(), None));
    } else if region.depth < 2 {
        // A loop by itself has few orders.
        context.own.budget / 4
    } else {
        context.own.budget
    };
    let name = &source.name;
    let given =
        schedules::of_folder(context.own, &unit.file, name).map_err(|error| left(error, None))?;
    let choices = match given {
        Some(choice) => vec![choice],
        None => choices(unit, region, &likely, special.is_ok(), (context, budget), notes)
            .map_err(|error| left(error, None))?,
    };
    if choices.is_empty() {
        let reason = "nothing is faster than the C compiler's code, as far as is known".to_owned();
        return Err(left(reason, None));
    }
    let maker = Maker { source, context };
    let mut versions = Versions::new();
    if let Ok(special) = &special {
        match maker.for_sizes(special, &choices) {
            Ok(version) => versions.push(version),
            Err(reason) => notes.push(format!("not for the known sizes: {reason}")),
        }
    }
    if let Some(any) = &any {
        // Nothing is lost where the narrower conditions do not hold: the user's text runs.
        let values = likely.parameter_values().unwrap_or_default();
        let any = any.narrowed(&values).unwrap_or_else(|| any.clone());
        let within = |program: &Program| {
            let mut program = program.clone();
            let new = any.context().filter(|one| !program.context.contains(one)).cloned();
            program.context.extend(new.collect::<Vec<_>>());
            program
        };
        match maker.for_any_size(&within(&unvalued), &within(&symbolic), &any, &choices) {
            Ok(version) => versions.push(version),
            Err(reason) => notes.push(format!("not for any size: {reason}")),
        }
    } else if parametric {
        notes.push(
            "not for any size: what must hold cannot be said of the parameters alone".to_owned(),
        );
    }
    if versions.is_empty() {
        return Err(left(std::mem::take(notes).join("; "), None));
    }
    Ok(versions)
}

/// Schedules that nobody named, the best first: of the tuning records, measured now, or predicted.
fn choices(
    unit: &Unit,
    region: &Region,
    program: &Program,
    is_known: bool,
    (context, budget): (&Context<'_>, Duration),
    notes: &mut Vec<String>,
) -> Result<Vec<Choice>, String> {
    let Context { arguments, surroundings, target, fast_math, .. } = context;
    let recorded = schedules::recorded(program, arguments, surroundings)?;
    if !recorded.is_empty() {
        return Ok(recorded);
    }
    if context.own.tune && is_known {
        let key = Key::unbeaten(program, *fast_math);
        let of = (unit, region, program);
        match schedules::measured(of, &context.flags, arguments, surroundings, &key) {
            Ok(measured) => return Ok(measured),
            Err(error) => notes.push(format!("not measured: {error}")),
        }
    }
    let key = Key::predicted(program, target, *fast_math, budget);
    schedules::predicted(program, surroundings, &key, budget)
}

/// What the text may do that its program does not say, where nobody vouches for it or the language is C++.
fn hazard(region: &Region, source: &Program, context: &Context<'_>) -> Option<String> {
    let mut calls = false;
    for statement in &source.statements {
        statement.body.walk(&mut |one| calls |= matches!(one, Expression::Call { .. }));
    }
    if context.is_cxx && calls {
        return Some("functions that it calls may be overloaded in C++".to_owned());
    }
    let host = region.host.as_ref().filter(|_| !region.marked)?;
    // An integer at file scope, or in a structure behind a pointer, may be what another pointer points to.
    let written = source.statements.iter().filter_map(|statement| {
        let array = source.arrays.get(statement.write.array.0)?;
        (array.kind == ArrayKind::Argument && !array.element.is_float()).then_some(array)
    });
    let mut written = written.peekable();
    let first = written.peek()?;
    let parameter = host.declarations.iter().find(|one| {
        let reached = one
            .member
            .as_ref()
            .map_or(one.storage == Storage::File, |member| member.is_behind_pointer());
        one.kind == HostDeclarationKind::Parameter && reached && !one.constant
    })?;
    let (name, place) =
        (parameter.text(), if parameter.member.is_some() { "" } else { " at file scope" });
    Some(format!("`{name}`{place} may be changed through `{}`", first.name))
}

/// The program with no parameter's value known.
fn unvalued(program: &Program) -> Program {
    let mut program = program.clone();
    for parameter in &mut program.parameters {
        parameter.value = None;
    }
    program
}

/// The program for sizes that its user may have in mind: those that are known, and one number for the others.
fn likely(unit: &Unit, source: &Program, any: &AnySize) -> Option<Program> {
    let depth = source.statements.iter().map(|one| one.iterators.len()).max().unwrap_or(0);
    let depth = i32::try_from(depth).unwrap_or(i32::MAX);
    LIKELY.iter().filter(|size| (**size as f64).powi(depth) <= MOST_ITERATIONS).find_map(|size| {
        let mut program = source.clone();
        let known: Vec<_> = program.parameters.iter().map(|parameter| parameter.value).collect();
        let values = any.values(&known, *size)?;
        for (parameter, value) in program.parameters.iter_mut().zip(values) {
            parameter.value = Some(value);
        }
        input::specialized(unit, &program).ok()
    })
}

struct Maker<'a> {
    source: &'a Program,
    context: &'a Context<'a>,
}

impl Maker<'_> {
    fn rounding(&self) -> Rounding {
        if self.context.fast_math { Rounding::Free } else { Rounding::Strict }
    }

    /// For the values that the parameters are known to have.
    fn for_sizes(
        &self,
        special: &Program,
        choices: &[Choice],
    ) -> Result<(Planned, VersionReport), String> {
        let deadline = Deadline::after(self.context.own.budget.max(PATIENCE));
        let mut reason = String::new();
        for choice in choices {
            match schedules::ordered(special, &choice.schedule, self.rounding(), deadline) {
                Ok((program, applied)) => {
                    let checks = run_time_checks(special);
                    let values = special.parameters.iter().filter_map(|parameter| {
                        Some(format!("{} = {}", parameter.name, parameter.value?))
                    });
                    let sizes = values.collect::<Vec<_>>().join(", ");
                    let sizes = if sizes.is_empty() { "fixed sizes".to_owned() } else { sizes };
                    let base = (self.source, special);
                    return self.version(base, program, &applied, choice, (sizes, checks));
                }
                Err(error) => reason = error,
            }
        }
        Err(reason)
    }

    /// For whatever values the parameters have.
    fn for_any_size(
        &self,
        unvalued: &Program,
        symbolic: &Program,
        any: &AnySize,
        choices: &[Choice],
    ) -> Result<(Planned, VersionReport), String> {
        let deadline = Deadline::after(self.context.own.budget.max(PATIENCE));
        let mut found = None;
        let mut reason = "no schedule was found that is legal for all sizes".to_owned();
        for choice in choices {
            if deadline.is_over() {
                break;
            }
            match schedules::ordered(symbolic, &choice.schedule, self.rounding(), deadline) {
                Ok(order) => {
                    found = Some((order, choice));
                    break;
                }
                Err(error) => reason = error,
            }
        }
        let fallback = || {
            let deadline = Deadline::after(PATIENCE);
            let choice = choices.first()?;
            let order = schedules::as_far_as_legal(symbolic, &choice.schedule, deadline)?;
            Some((order, choice))
        };
        let ((program, applied), choice) = found.or_else(fallback).ok_or(reason)?;
        let threads = applied.tree.loops().iter().any(|inner| inner.mark.on_threads());
        let mut checks = any.checks();
        checks.extend(any.worthwhile(if threads { WORTH_THREADS } else { WORTH_VECTORS }));
        let base = (unvalued, symbolic);
        let (planned, report) =
            self.version(base, program, &applied, choice, ("any size".to_owned(), checks))?;
        Ok((planned, report))
    }

    /// Lowers an order and has the loops checked. `source` is the region's own program, `base` what the steps are
    /// about.
    fn version(
        &self,
        (source, base): (&Program, &Program),
        program: Program,
        applied: &Applied,
        choice: &Choice,
        (sizes, mut checks): (String, Vec<Check>),
    ) -> Result<(Planned, VersionReport), String> {
        let loops = lower(&program, &applied.tree).map_err(|error| error.to_string())?;
        let judged = || verify(base, &program, &loops, source, Some(&applied.schedule));
        let verified =
            answered_by(Instant::now() + CHECKING, judged).map_err(|failure| failure.text())?;
        if let Some(level) = self.context.processor {
            checks.insert(
                0,
                Check::Holds {
                    condition: format!("__builtin_cpu_supports(\"{level}\")"),
                    meaning: format!("the processor is one of {level}"),
                },
            );
        }
        let report = VersionReport {
            sizes,
            schedule: schedule_text(&applied.schedule),
            origin: choice.origin.clone(),
            predicted: choice.predicted,
            verdict: verified.verdict(),
            checks: checks.iter().map(ToString::to_string).collect(),
        };
        Ok((Planned { program, loops, checks }, report))
    }
}

fn schedule_text(schedule: &Schedule) -> String {
    one_line(&schedule.to_string())
}
