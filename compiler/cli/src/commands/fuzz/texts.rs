//! Random regions of C text: worker processes side by side, each with a batch of regions at a time.

mod planted;
mod reduce;
mod summary;

use super::jobs::in_parallel;
use super::process::{Answer, Process, Settings};
use super::{Arguments, found};
use crate::failure::{Kind, OrFail, Outcome};
use crate::interrupt;
use crate::report::progress;
use indicatif::ProgressBar;
use loopwright_fuzz::protocol::{Event, Request};
use loopwright_fuzz::text::{Batch, Case, TextFailure, TextTally, TextView, region_of};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Regions in a batch.
const BATCH: u64 = 50;

/// A worker process is replaced after so many batches: it never unloads what it ran.
const BATCHES: u64 = 12;

/// More failures than this end a run: the rest would say the same.
const ENOUGH: usize = 100;

/// Every so many batches compare the text with itself, optimised; get all of LLVM's passes; have the printed C compiled by gcc.
const OPTIMISED_EVERY: u64 = 5;
const FULL_EVERY: u64 = 4;
const GCC_EVERY: u64 = 6;

/// What all jobs share.
struct Shared<'a> {
    seed: u64,
    regions: u64,
    until: Option<Instant>,
    settings: Settings,
    next: AtomicU64,
    done: AtomicU64,
    stop: AtomicBool,
    interrupt: Arc<AtomicBool>,
    bar: &'a ProgressBar,
    results: Mutex<Results>,
}

#[derive(Default)]
struct Results {
    tally: TextTally,
    failures: BTreeMap<u64, TextFailure>,
}

/// Looks at the regions and prints what came of it.
pub fn run(arguments: &Arguments, count: u64) -> Outcome<()> {
    if let Some(name) = &arguments.planted {
        return planted::run(arguments, name, count);
    }
    let started = Instant::now();
    let (first, count) = arguments.only.map_or((0, count), |only| (only, 1));
    let bar = progress(count, arguments.json);
    let shared = Shared {
        seed: arguments.seed,
        regions: first + count,
        until: arguments.time.map(|time| started + time),
        settings: Settings { compiler: arguments.compiler.clone(), planted: None },
        next: AtomicU64::new(first),
        done: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        interrupt: interrupt::flag(),
        bar: &bar,
        results: Mutex::new(Results::default()),
    };
    let outcome = in_parallel(arguments.workers(), || shared.job(started));
    bar.finish_and_clear();
    outcome?;
    let seconds = started.elapsed().as_secs_f64();
    let results = shared.results.into_inner().unwrap_or_default();
    let failures: Vec<TextFailure> = results.failures.into_values().collect();
    if arguments.only.is_some() && !arguments.json {
        println!(
            "{}",
            region_of(arguments.seed, &Case { number: first, ..Case::default() }).text()
        );
    }
    let reduced = reduce::all(arguments, &failures)?;
    summary::print(arguments, &results.tally, &failures, &reduced, seconds)?;
    match failures.len() {
        0 => Ok(()),
        count => Err(found(count as u64)),
    }
}

/// A batch of the seed's own regions.
pub fn batch_of(seed: u64, first: u64, count: u64) -> Batch {
    let turn = first / BATCH;
    let levels = ["-O3", "-O2"];
    let level = levels.get(usize::try_from(turn / OPTIMISED_EVERY % 2).unwrap_or(0));
    Batch {
        seed,
        cases: (first..first + count).map(|number| Case { number, ..Case::default() }).collect(),
        optimised: level
            .filter(|_| turn.is_multiple_of(OPTIMISED_EVERY))
            .map(|it| (*it).to_owned()),
        full: turn % FULL_EVERY == 1,
        other_compiler: (turn % GCC_EVERY == 2).then(|| "gcc".to_owned()),
        only: None,
    }
}

impl Shared<'_> {
    fn ended(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.interrupt.load(Ordering::Relaxed)
            || self.until.is_some_and(|until| Instant::now() >= until)
    }

    fn job(&self, started: Instant) -> Outcome<()> {
        let mut process = Process::start(&self.settings)?;
        let mut batches = 0;
        while !self.ended() {
            if batches == BATCHES {
                process = Process::start(&self.settings)?;
                batches = 0;
            }
            batches += 1;
            let first = self.next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= self.regions {
                break;
            }
            let count = BATCH.min(self.regions - first);
            self.look(&mut process, batch_of(self.seed, first, count))?;
            let rate = self.done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
            self.bar.set_message(format!("{rate:.0} regions/s"));
        }
        Ok(())
    }

    /// The regions of a batch, whatever it takes: a region that the process dies of is a failure, and the others are
    /// asked for again.
    fn look(&self, process: &mut Process, mut batch: Batch) -> Outcome<()> {
        while !batch.cases.is_empty() && !self.interrupt.load(Ordering::Relaxed) {
            // What a process that dies has found is found again by the next one.
            let mut failures = Vec::new();
            let request = Request::Texts(batch.clone());
            let answer = process.ask(&request, &mut |event| {
                if let Event::FoundText(failure) = event {
                    failures.push(failure);
                }
            })?;
            let (last, reason, hung, outside) = match answer {
                Answer::Texts(tally) => {
                    failures.into_iter().for_each(|failure| self.keep(failure));
                    self.count(&tally);
                    return Ok(());
                }
                Answer::Done(_) | Answer::Judged(_) | Answer::Checked(_) => return Ok(()),
                Answer::Died { last, reason, hung, outside } => (last, reason, hung, outside),
            };
            *process = Process::start(&self.settings)?;
            if outside {
                continue;
            }
            let view = if hung { TextView::Hang } else { TextView::Crash };
            let (region, during) = match last {
                Some(Event::RunningText { region, view, schedule }) => {
                    (Some(region), format!("{view} {schedule}"))
                }
                Some(Event::ReadingText { region }) => (Some(region), "frontend".to_owned()),
                _ => (None, "code generation".to_owned()),
            };
            // Where nobody knows which region it was, it is looked for among fewer.
            match (region, batch.cases.len()) {
                (Some(region), _) => {
                    self.lost(&batch, region, view, format!("{reason}, in: {during}"));
                    batch.cases.retain(|case| case.number != region);
                }
                (None, 1) => {
                    let region = batch.cases.first().map_or(0, |case| case.number);
                    self.lost(&batch, region, view, format!("{reason}, in: {during}"));
                    return Ok(());
                }
                (None, length) => {
                    let rest = batch.cases.split_off(length / 2);
                    let second = Batch { cases: rest, ..batch.clone() };
                    self.look(process, batch)?;
                    return self.look(process, second);
                }
            }
        }
        Ok(())
    }

    fn lost(&self, batch: &Batch, region: u64, view: TextView, detail: String) {
        let case = batch.cases.iter().find(|case| case.number == region);
        let made =
            region_of(batch.seed, case.unwrap_or(&Case { number: region, ..Case::default() }));
        let parameters: Vec<String> =
            made.parameters.iter().map(|it| format!("{}={}", it.name, it.value)).collect();
        self.keep(TextFailure {
            seed: batch.seed,
            region,
            view,
            detail,
            source: made.text(),
            choices: made.choices,
            parameters: parameters.join(" "),
            schedule: String::new(),
        });
        self.count(&TextTally { regions: 1, failures: 1, ..TextTally::default() });
    }

    fn keep(&self, failure: TextFailure) {
        let Ok(mut results) = self.results.lock() else { return };
        let text = format!("region {}: {}: {}", failure.region, failure.view, failure.detail);
        if results.failures.insert(failure.region, failure).is_none() {
            self.bar.suspend(|| eprintln!("{text}"));
        }
        if results.failures.len() >= ENOUGH {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn count(&self, tally: &TextTally) {
        self.done.fetch_add(tally.regions, Ordering::Relaxed);
        self.bar.inc(tally.regions);
        if let Ok(mut results) = self.results.lock() {
            results.tally.add(tally);
        }
    }
}

/// JSON, printed.
fn print_json(document: &serde_json::Value) -> Outcome<()> {
    println!("{}", serde_json::to_string_pretty(document).or_fail(Kind::Other)?);
    Ok(())
}
