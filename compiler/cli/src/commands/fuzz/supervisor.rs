//! Worker processes side by side, each with a batch of programs at a time.
//!
//! A worker that dies or hangs costs the pair that it was about to run, which is a failure; what was
//! left of its batch is asked for again. So is all of it when the worker was stopped from outside,
//! unless that goes on: then the pair may be what uses up the memory.
//!
//! What was found is looked at again, each pair by itself (see [`alone`]), before anybody is blamed.

use super::jobs::in_parallel;
use super::process::{Answer, Process, Settings};
use super::{Arguments, alone, found, reduce, summary};
use crate::failure::Outcome;
use crate::interrupt;
use crate::report::progress;
use indicatif::ProgressBar;
use loopwright_fuzz::protocol::{Case, Event, Request};
use loopwright_fuzz::{Failure, Finding, SCHEDULES, Tally, View};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Programs in a batch.
pub const BATCH: u64 = 24;

/// A worker process is replaced after so many batches: it never unloads what it ran.
const BATCHES: u64 = 16;

/// More failures than this end a run: the rest would say the same.
const ENOUGH: usize = 200;

/// How often a batch is asked for again after its worker was stopped from outside.
const AGAIN: usize = 2;

/// What all jobs share.
struct Shared<'a> {
    seed: u64,
    pairs: u64,
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
    tally: Tally,
    failures: BTreeMap<u64, Failure>,
}

/// Looks at the pairs and prints what came of it.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let started = Instant::now();
    let bar = progress(arguments.pairs, arguments.json);
    let settings = Settings { compiler: arguments.compiler.clone(), planted: None };
    let interrupt = interrupt::flag();
    let shared = Shared {
        seed: arguments.seed,
        pairs: arguments.pairs,
        until: arguments.time.map(|time| started + time),
        settings: settings.clone(),
        next: AtomicU64::new(0),
        done: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        interrupt: Arc::clone(&interrupt),
        bar: &bar,
        results: Mutex::new(Results::default()),
    };
    let outcome = in_parallel(arguments.workers(), || shared.job(started));
    bar.finish_and_clear();
    outcome?;
    let seconds = started.elapsed().as_secs_f64();
    let results = shared.results.into_inner().unwrap_or_default();
    let failures: Vec<Failure> = results.failures.into_values().collect();
    let failures = alone::confirmed(&settings, failures, &interrupt)?;
    let reduced = reduce::all(arguments, &failures)?;
    summary::print(arguments, &results.tally, &failures, &reduced, seconds)?;
    match failures.len() {
        0 => Ok(()),
        count => Err(found(count as u64)),
    }
}

impl Shared<'_> {
    fn ended(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.interrupt.load(Ordering::Relaxed)
            || self.done.load(Ordering::Relaxed) >= self.pairs
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
            // The last batch is no larger than what is left to do.
            let left = self.pairs.saturating_sub(self.done.load(Ordering::Relaxed));
            let count = BATCH.min(left.div_ceil(SCHEDULES - 1).max(1));
            self.range(&mut process, first, count, Vec::new())?;
            let rate = self.done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
            self.bar.set_message(format!("{rate:.0} pairs/s"));
        }
        Ok(())
    }

    /// The programs from `first` on, whatever it takes.
    fn range(
        &self,
        process: &mut Process,
        first: u64,
        count: u64,
        mut skip: Vec<u64>,
    ) -> Outcome<()> {
        let mut stopped = 0;
        loop {
            let request = Request::Batch { seed: self.seed, first, count, skip: skip.clone() };
            let mut served = process.served.clone();
            served.push((first, count));
            let answer = process.ask(&request, &mut |event| {
                if let Event::Found(failure) = event {
                    self.keep(Failure { suspects: served.clone(), ..failure });
                }
            })?;
            let (last, reason, hung) = match answer {
                Answer::Done(tally) => {
                    self.count(&tally);
                    return Ok(());
                }
                Answer::Judged(_) | Answer::Checked(_) | Answer::Texts(_) => return Ok(()),
                Answer::Died { outside: true, .. } if stopped < AGAIN => {
                    if self.interrupt.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    stopped += 1;
                    *process = Process::start(&self.settings)?;
                    continue;
                }
                Answer::Died { last, reason, hung, .. } => (last, reason, hung),
            };
            *process = Process::start(&self.settings)?;
            let view = if hung { View::Hang } else { View::Crash };
            match last {
                Some(Event::Running { pair } | Event::Drawing { pair, schedule: true }) => {
                    self.lost(process, pair, Finding::new(view, reason), served)?;
                    skip.push(pair);
                }
                Some(Event::Drawing { pair, .. }) => {
                    self.lost(process, pair, Finding::new(view, reason), served)?;
                    let program = pair / SCHEDULES;
                    self.range(process, first, program - first, skip.clone())?;
                    let rest = first + count - program - 1;
                    return self.range(process, program + 1, rest, skip);
                }
                // In the compiler of native code: look for the pair among fewer.
                _ if count > 1 => {
                    let half = count / 2;
                    self.range(process, first, half, skip.clone())?;
                    return self.range(process, first + half, count - half, skip);
                }
                _ => return self.one_by_one(process, first, &skip),
            }
        }
    }

    /// The pairs of one program, each by itself.
    fn one_by_one(&self, process: &mut Process, program: u64, skip: &[u64]) -> Outcome<()> {
        for pair in program * SCHEDULES..(program + 1) * SCHEDULES {
            if skip.contains(&pair) {
                continue;
            }
            let case = Case { seed: self.seed, pair, native: true, ..Case::default() };
            match process.ask(&Request::Case(case), &mut |_| {})? {
                Answer::Judged(judgement) => {
                    if let Some(finding) = judgement.finding {
                        self.keep(Failure {
                            seed: self.seed,
                            pair,
                            finding,
                            source: judgement.source,
                            schedule: judgement.schedule,
                            suspects: vec![(program, 1)],
                        });
                    }
                    let pairs = u64::from(judgement.valid);
                    self.count(&Tally { pairs, ..Tally::default() });
                }
                Answer::Done(_) | Answer::Checked(_) | Answer::Texts(_) => {}
                Answer::Died { reason, hung, .. } => {
                    let view = if hung { View::Hang } else { View::Crash };
                    *process = Process::start(&self.settings)?;
                    let served = vec![(program, 1)];
                    self.lost(process, pair, Finding::new(view, reason), served)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps a pair that a process died of, with its text as far as it can be made.
    fn lost(
        &self,
        process: &mut Process,
        pair: u64,
        finding: Finding,
        suspects: Vec<(u64, u64)>,
    ) -> Outcome<()> {
        let case = Case { seed: self.seed, pair, ..Case::default() };
        let (mut source, mut schedule) = (String::new(), String::new());
        match process.ask(&Request::Case(case), &mut |_| {})? {
            Answer::Judged(judgement) => {
                (source, schedule) = (judgement.source, judgement.schedule);
            }
            Answer::Done(_) | Answer::Checked(_) | Answer::Texts(_) => {}
            Answer::Died { .. } => *process = Process::start(&self.settings)?,
        }
        self.keep(Failure { seed: self.seed, pair, finding, source, schedule, suspects });
        Ok(())
    }

    fn keep(&self, failure: Failure) {
        let Ok(mut results) = self.results.lock() else { return };
        let text = format!("pair {}: {}", failure.pair, failure.finding.view);
        if results.failures.insert(failure.pair, failure).is_none() {
            self.bar.suspend(|| eprintln!("{text}"));
        }
        if results.failures.len() >= ENOUGH {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn count(&self, tally: &Tally) {
        self.done.fetch_add(tally.pairs, Ordering::Relaxed);
        self.bar.inc(tally.pairs);
        if let Ok(mut results) = self.results.lock() {
            results.tally.add(tally);
        }
    }
}
