//! `loopwright tune`: the main job, from a C file to faster native code.

mod why;

use crate::arithmetic::Accuracy;
use crate::deadline::Deadline;
use crate::emission::{Emission, Part};
use crate::failure::{Kind, OrFail, Outcome};
use crate::input::{self, Accepted, InputArguments};
use crate::interrupt;
use crate::laboratory::DataReport;
use crate::output::{OutputArguments, Product};
use crate::records::RecordArguments;
use crate::regions::for_each;
use crate::report::{countdown, duration, ratio, short, shortened, table};
use crate::terminal::is_wide;
use crate::tuning::{self, SearchArguments, Surroundings, Tuned};
use crate::verification::{Verified, answered_by, verify};
use clap::Args;
use indicatif::ProgressBar;
use loopwright_codegen::Target;
use loopwright_frontend::{Region, Unit};
use loopwright_ir::{Program, ScheduleTree};
use loopwright_search::{Event, Measured, Measurement, Observer};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Find a fast schedule for each region of a C file, measure it, and write native code.
///
/// Prints the original's time against the tuned one's, what was predicted against what was measured,
/// and the schedule. The first Ctrl-C ends the search with the best so far.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    input: InputArguments,
    #[command(flatten)]
    search: SearchArguments,
    #[command(flatten)]
    records: RecordArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
    /// How many of the measured schedules to list.
    #[arg(long, value_name = "N", default_value_t = 8)]
    list: usize,
    /// Say why: which structures and recipes there were, where numbers come from, what each change gained, what was
    /// tried and lost, and what keeps loops in order.
    #[arg(long)]
    explain: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let mut deadline = Deadline::after(arguments.search.budget);
    let search = SearchArguments { explain: arguments.explain, ..arguments.search.clone() };
    let surroundings = Surroundings::new(&arguments.search, interrupt::flag())?
        .with_records(arguments.records.database());
    let unit = arguments.input.parse()?;
    let mut finished: Vec<(&Region, Tuned)> = Vec::new();
    let mut read: Vec<&Path> = arguments.input.flags.include_files().collect();
    read.extend(arguments.search.model.as_deref());
    arguments.output.prepare(&unit, arguments.json, &read)?;
    let mut left = unit.regions.iter().filter(|region| region.result.is_ok()).count();
    let several = left > 1;
    let writes = !arguments.output.emit.is_empty();
    let regions: Vec<&Region> = unit.regions.iter().collect();
    let done = for_each(&unit, &regions, arguments.json, |region| {
        // The regions that are left share what is left.
        let share = deadline.share(left);
        left = left.saturating_sub(1);
        let program = input::specialized(&unit, region.program)?;
        if !arguments.json {
            print_header(&unit, &program, &surroundings);
        }
        let mut bar = BarObserver::new(arguments);
        let tuned = tuning::tune(
            &unit,
            region.region,
            program,
            &arguments.input.flags,
            &search,
            &surroundings,
            share.less(for_checking(share) + for_writing(share, writes)),
            &mut bar,
        )?;
        bar.finish();
        deadline = deadline.excused(tuned.excused);
        if let Some(reason) = &tuned.given_up {
            eprintln!("note: the source of {} stays as it is: {reason}", tuned.program.name);
        }
        // A refutation ends the command before anything is printed or written: the original stays.
        let best = &tuned.report.best;
        let end = share.excused(tuned.excused).less(for_writing(share, writes));
        // Where nothing was tried there are no loops of ours, and where the source stays they are not used.
        let pointless = tuned.confirmation.source_stays && end.is_over();
        let verified = if tuned.given_up.is_some() || pointless {
            None
        } else {
            let (program, steps) = (&tuned.program, Some(&best.schedule));
            let verify = || verify(program, &best.program, &best.loops, region.program, steps);
            Some(answered_by(end.end(), verify)?)
        };
        let mut document = document(&unit, &tuned);
        document["march"] = json!(arguments.search.march);
        document["cache"] = json!(arguments.search.cache.name());
        if arguments.explain {
            document["why"] = why::json(&tuned.report);
        }
        document["certificate"] = json!(verified.as_ref().map(Verified::json));
        if !arguments.json {
            print_result(arguments, &tuned, verified.as_ref());
            if arguments.explain {
                print!("{}", why::text(&tuned.report));
            }
        }
        let part = (region, several, &surroundings.target);
        write(arguments, &unit, part, &tuned, document.clone())?;
        finished.push((region.region, tuned));
        Ok(document)
    });
    let parts: Vec<Part<'_>> = finished
        .iter()
        .map(|(region, tuned)| Part {
            region,
            scheduled: (!tuned.confirmation.source_stays)
                .then_some((&*tuned.report.best.program, &tuned.report.best.loops)),
            source: &tuned.program,
            generic: None,
            schedule: Some(&tuned.report.best.schedule),
        })
        .collect();
    let whole = Emission {
        unit: &unit,
        parts: &parts,
        settings: &tuning::compiler_settings(&arguments.input.flags, &arguments.search),
        target: &surroundings.target,
        fast_math: arguments.search.arithmetic.fast_math,
    };
    done.conclude(arguments.output.write_whole(&whole))
}

/// What is kept of the time for the checker.
fn for_checking(deadline: Deadline) -> Duration {
    deadline.total().mul_f64(0.05).min(Duration::from_secs(1))
}

/// What is kept of the time for code that is written in the end.
fn for_writing(deadline: Deadline, writes: bool) -> Duration {
    let part = if writes { 0.15 } else { 0.0 };
    deadline.total().mul_f64(part).min(Duration::from_millis(1500))
}

fn print_header(unit: &Unit, program: &Program, surroundings: &Surroundings) {
    let values: Vec<String> = program
        .parameters
        .iter()
        .filter_map(|parameter| Some(format!("{}={}", parameter.name, parameter.value?)))
        .collect();
    println!(
        "{}: {}, {} statement{}{}{}",
        unit.file.display(),
        program.name,
        program.statements.len(),
        if program.statements.len() == 1 { "" } else { "s" },
        if values.is_empty() { "" } else { ", " },
        values.join(" ")
    );
    println!(
        "on {}, {} thread{}, {}-bit vectors\n",
        surroundings.machine.cpu,
        surroundings.threads,
        if surroundings.threads == 1 { "" } else { "s" },
        surroundings.vector_bits
    );
}

/// The schedule's text on one line.
pub fn one_line(text: &str) -> String {
    if text.is_empty() { "(the original order)".to_owned() } else { text.replace('\n', "; ") }
}

/// Why a candidate has no time, with its steps where lines may be long.
fn shortened_reason(reason: &str, steps: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    if is_wide() { format!("{line}: {steps}") } else { shortened(line, short::COLUMNS) }
}

fn print_result(arguments: &Arguments, tuned: &Tuned, verified: Option<&Verified>) {
    let report = &tuned.report;
    let mut measured: Vec<&Measured> = report.measured.iter().collect();
    measured.sort_by(|left, right| {
        let key = |measured: &Measured| measured.measurement.speedup().unwrap_or(0.0);
        key(right).total_cmp(&key(left))
    });
    let rows: Vec<Vec<String>> = measured
        .iter()
        .take(arguments.list)
        .map(|measured| {
            let (speedup, time) = match &measured.measurement {
                Measurement::Time { seconds, .. } => (
                    measured.measurement.speedup().map_or("–".into(), ratio),
                    duration(seconds * 1e9),
                ),
                Measurement::Failed { .. } => ("failed".to_owned(), "–".to_owned()),
            };
            let steps = short::schedule(&measured.candidate.schedule, short::COLUMNS);
            let schedule = match &measured.measurement {
                Measurement::Time { .. } => steps,
                Measurement::Failed { reason } => shortened_reason(reason, &steps),
            };
            vec![ratio(measured.candidate.predicted), speedup, time, schedule]
        })
        .collect();
    if rows.is_empty() {
        println!("predicted {}", ratio(report.best.predicted));
    } else {
        println!("{}", table(&[">predicted", ">measured", ">time", "~schedule"], rows));
    }
    println!(
        "{} schedules scored, {} measured in {:.1} s ({})",
        report.evaluated,
        report.measured.len(),
        report.seconds,
        report.stop
    );
    if let Some(recalled) = &tuned.recalled {
        println!("{recalled}");
    }
    if let Some(first) = tuned.first_measured {
        let mut seconds = tuned.compile_seconds.clone();
        seconds.sort_by(f64::total_cmp);
        let median = seconds.get(seconds.len() / 2).copied().unwrap_or(0.0);
        println!(
            "first candidate measured after {:.2} s; native code of a candidate in {} (median)",
            first.as_secs_f64(),
            duration(median * 1e9)
        );
    }
    println!();
    let SearchArguments { compiler, march, cache, .. } = &arguments.search;
    if let Some(comparison) = &tuned.confirmation.comparison
        && let (Some(original), Some(candidate)) =
            (&comparison.original, comparison.candidate.timing())
    {
        let side = |name: String, timing: &loopwright_runtime::Timing, speedup: String| {
            vec![
                name,
                duration(timing.minimum_ns as f64),
                duration(timing.median_ns as f64),
                timing.runs.len().to_string(),
                speedup,
            ]
        };
        let rows = vec![
            side(format!("original ({compiler} -O3 -march={march})"), original, ratio(1.0)),
            side(
                format!("tuned ({})", tuned.accuracy_text()),
                candidate,
                comparison.speedup().map_or("–".into(), ratio),
            ),
        ];
        let turns = format!("alternating runs, {}", cache.text());
        println!("{}", table(&[&turns, ">minimum", ">median", ">runs", ">speed-up"], rows));
        if let Some(alone) = tuned.confirmation.original_alone {
            println!("(the original takes {} where only it runs)", duration(alone as f64));
        }
    } else if let Some(reason) = &tuned.given_up {
        println!("the source stays as it is: {reason}");
    } else if tuned.confirmation.source_stays {
        println!("nothing was faster than the source as {compiler} -O3 -march={march} compiles it");
    }
    if let Some(data) = &tuned.data {
        println!("{}", data.line());
    }
    match tuned.confirmation.open {
        0 => {}
        1 => println!("one more looked faster in the search, and was not measured again"),
        open => println!("{open} more looked faster in the search, and were not measured again"),
    }
    println!("\nschedule");
    for line in report.best.schedule.to_string().lines() {
        println!("  {line}");
    }
    if report.best.schedule.is_original() {
        println!("  # the original order");
    }
    match verified {
        Some(verified) => println!("\n{verified}\n"),
        None => println!(),
    }
}

fn document(unit: &Unit, tuned: &Tuned) -> serde_json::Value {
    let report = &tuned.report;
    let time = |measurement: &Measurement| match measurement {
        Measurement::Time { seconds, reference } => {
            json!({"seconds": seconds, "original_seconds": reference})
        }
        Measurement::Failed { reason } => json!({"failed": reason}),
    };
    json!({
        "file": unit.file.to_string_lossy(),
        "program": tuned.program.name,
        "parameters": tuned.program.parameters.iter()
            .map(|parameter| (parameter.name.clone(), json!(parameter.value)))
            .collect::<serde_json::Map<_, _>>(),
        "schedule": report.best.schedule.to_string(),
        "predicted_speedup": report.best.predicted,
        "speedup": tuned.speedup(),
        "original_nanoseconds": tuned.times().0,
        "tuned_nanoseconds": tuned.times().1,
        "source_stays": tuned.confirmation.source_stays,
        "given_up": tuned.given_up,
        "recalled": tuned.recalled,
        "original_first_run_seconds": tuned.excused.as_secs_f64(),
        "accuracy": tuned.confirmation.accuracy.as_ref().map(Accuracy::json),
        "data": tuned.data.as_ref().map(DataReport::json),
        "measured": report.measured.iter().map(|measured| json!({
            "schedule": measured.candidate.schedule.to_string(),
            "origin": measured.candidate.origin.to_string(),
            "changed_from": measured.changed_from,
            "predicted_speedup": measured.candidate.predicted,
            "measurement": time(&measured.measurement),
        })).collect::<Vec<_>>(),
        "scored": report.evaluated,
        "seconds": report.seconds,
        "stop": report.stop.to_string(),
        "first_measured_seconds": tuned.first_measured.map(|time| time.as_secs_f64()),
        "compile_seconds": tuned.compile_seconds,
    })
}

fn write(
    arguments: &Arguments,
    unit: &Unit,
    (region, several, target): (&Accepted<'_>, bool, &Target),
    tuned: &Tuned,
    json: serde_json::Value,
) -> Outcome<()> {
    if arguments.output.emit.is_empty() {
        return Ok(());
    }
    let original = ScheduleTree::original(region.program);
    let generic = loopwright_transform::lower(region.program, &original).or_fail(Kind::Other)?;
    let tree = best_tree(tuned)?;
    let settings = tuning::compiler_settings(&arguments.input.flags, &arguments.search);
    let product = Product {
        unit,
        region: region.region,
        settings: &settings,
        source: &tuned.program,
        source_stays: tuned.confirmation.source_stays,
        target,
        fast_math: arguments.search.arithmetic.fast_math,
        generic: (region.program, &generic),
        specialized: (&tuned.report.best.program, &tuned.report.best.loops),
        schedule: Some(&tuned.report.best.schedule),
        tree: &tree,
        json,
    };
    arguments.output.write(&unit.file, several, &product)
}

/// The order that the steps of the best schedule make.
fn best_tree(tuned: &Tuned) -> Outcome<ScheduleTree> {
    let program = &tuned.report.best.program;
    let original = ScheduleTree::original(program);
    let steps = tuned.report.best.schedule.steps().iter();
    let apply = |tree, step| loopwright_transform::rewrite(program, &tree, step);
    steps.into_iter().try_fold(original, apply).or_fail(Kind::Other)
}

/// Shows how much of the budget is gone, and what the search does.
struct BarObserver {
    bar: ProgressBar,
    started: Instant,
}

impl BarObserver {
    fn new(arguments: &Arguments) -> Self {
        let bar = countdown(arguments.search.budget, arguments.json);
        Self { bar, started: Instant::now() }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for BarObserver {
    fn event(&mut self, event: Event<'_>) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.bar.set_position(elapsed.min(self.bar.length().unwrap_or(elapsed)));
        match event {
            Event::Scored { evaluated, best } => self.bar.set_message(format!(
                "{evaluated} schedules scored, best predicted {}",
                ratio(best)
            )),
            Event::Measuring { position, candidate } => self.bar.set_message(format!(
                "measuring schedule {}, predicted {}",
                position,
                ratio(candidate.predicted)
            )),
            Event::Measured { measurement, .. } => {
                if let Some(speedup) = measurement.speedup() {
                    self.bar.set_message(format!("measured {}", ratio(speedup)));
                }
            }
            Event::Refining { .. } => self.bar.set_message("refining the best one"),
        }
    }
}
