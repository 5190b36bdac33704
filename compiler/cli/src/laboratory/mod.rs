//! Where candidates are compiled, checked and timed: joins code generation and the runtime.
//!
//! The original is the user's own text, compiled by clang; results are compared with it bit for bit, or
//! within a bound where arithmetic is relaxed.
//! Everything temporary lives in one folder that goes away with the laboratory.

mod buffers;
mod data;
mod original;
mod trial;

use crate::arithmetic::Accuracy;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_codegen::{Kernel, Options, SymbolNames, Target, host_target};
use loopwright_frontend::{Region, Unit};
use loopwright_ir::{LoopTree, Program, ScheduleTree};
use loopwright_runtime::{
    Comparison, EntryPoint, Outcome as RunOutcome, TimingOptions, Worker, WorkerError,
    WorkerOptions, link_shared,
};
use loopwright_search::{Candidate, Measurement, Measurer};
use loopwright_transform::lower;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tempfile::TempDir;

use buffers::{Entries, Facts, facts, refuse_too_large, setup};
pub use data::DataReport;
pub use original::{BINDING, CompilerSettings, Optimization};
use trial::{Settled, settle};

/// An original that takes longer than this is not run again beside every candidate, only in the end.
const ALTERNATE_BELOW: Duration = Duration::from_millis(30);

/// How long the original is timed before anything else.
const WARM_UP: Duration = Duration::from_millis(800);

/// How long one run of somebody else's code may take.
const OTHERS_LIMIT: Duration = Duration::from_secs(600);

/// How long a candidate is timed, and the single run from which on one is enough.
const MEASURING: Duration = Duration::from_millis(150);
const LONG_RUN: Duration = Duration::from_millis(500);

/// What a laboratory needs to know.
#[derive(Clone, Default)]
pub struct LaboratoryOptions {
    pub threads: Option<usize>,
    /// Bytes for all buffers and their copies.
    pub memory_limit: Option<u64>,
    pub interrupt: Option<Arc<AtomicBool>>,
    /// The longest that one run of anything may take.
    pub run_limit: Option<Duration>,
    /// What candidates are compiled for; this machine where `None`.
    pub target: Option<Target>,
    /// Whether candidates' results may differ in their last bits.
    pub fast_math: bool,
}

/// The code of a program's own, and what is known of its data.
struct Source<'a> {
    original: EntryPoint,
    /// What results are compared with.
    reference: EntryPoint,
    facts: Vec<Facts>,
    entries: Entries,
    /// What the source calls its initialising function.
    initializer_name: Option<&'a str>,
}

/// One program's buffers in a worker process, its original and its candidates.
pub struct Laboratory<'a> {
    program: &'a Program,
    worker: Worker,
    folder: TempDir,
    target: Target,
    fast_math: bool,
    accuracy: Option<Accuracy>,
    data: DataReport,
    original: EntryPoint,
    original_nanoseconds: u64,
    /// The first run of our own original order.
    order_nanoseconds: Option<u64>,
    run_limit: Duration,
    compiled: usize,
    started: Instant,
    first_measured: Option<Duration>,
    /// Seconds that each candidate took from loop tree to shared object.
    pub compile_seconds: Vec<f64>,
}

impl<'a> Laboratory<'a> {
    /// Compiles the region's own text and runs it once; `program` is the specialised one.
    pub fn of_region(
        unit: &Unit,
        region: &Region,
        program: &'a Program,
        settings: &CompilerSettings,
        options: &LaboratoryOptions,
    ) -> Outcome<Self> {
        let started = Instant::now();
        refuse_too_large(program, options)?;
        let folder = tempfile::tempdir().or_fail(Kind::Environment)?;
        let objects = original::compile(unit, region, program, settings, folder.path())?;
        let reference = objects.reference.clone().unwrap_or_else(|| objects.original.clone());
        let home = objects.original.locator.is_some().then(|| objects.original.clone());
        let source = Source {
            original: objects.original,
            reference,
            facts: facts(region, program),
            initializer_name: objects
                .initializer
                .is_some()
                .then_some(settings.initializer.as_str()),
            entries: Entries { initializer: objects.initializer, home },
        };
        Self::open(program, folder, source, options, started)
    }

    /// The original is a loop tree of ours: for programs that were made without C.
    pub fn of_tree(
        program: &'a Program,
        tree: &LoopTree,
        options: &LaboratoryOptions,
    ) -> Outcome<Self> {
        let started = Instant::now();
        refuse_too_large(program, options)?;
        let folder = tempfile::tempdir().or_fail(Kind::Environment)?;
        let strict = (&target_of(options), false);
        let original =
            compile_tree(program, tree, strict, &folder, "original.so").or_fail(Kind::Other)?;
        let source = Source {
            reference: original.clone(),
            original,
            facts: Vec::new(),
            initializer_name: None,
            entries: Entries::default(),
        };
        Self::open(program, folder, source, options, started)
    }

    fn open(
        program: &'a Program,
        folder: TempDir,
        source: Source<'_>,
        options: &LaboratoryOptions,
        started: Instant,
    ) -> Outcome<Self> {
        let run_limit = options.run_limit.unwrap_or(Duration::from_secs(600));
        let worker_options = WorkerOptions {
            threads: options.threads,
            memory_limit: options.memory_limit,
            interrupt: options.interrupt.clone(),
            ..WorkerOptions::default()
        };
        let Source { original, reference, facts, entries, initializer_name } = source;
        let setup = setup(program, &facts, entries)?;
        let names = (&reference, initializer_name);
        let Settled { mut worker, first, data } =
            settle(program, &setup, names, worker_options, run_limit)?;
        let mut original_nanoseconds = first.minimum_ns;
        // The first run in a process is slow by its page faults and cold caches; where runs are
        // short enough, some more make the mark that candidates are measured against.
        if reference != original || Duration::from_nanos(original_nanoseconds) < WARM_UP {
            let timing = TimingOptions {
                minimum_runs: 1,
                maximum_runs: 6,
                budget: WARM_UP,
                run_limit,
                ..TimingOptions::default()
            };
            match worker.time(&original, &timing).map_err(worker_failure)? {
                RunOutcome::Time(timing) => original_nanoseconds = timing.minimum_ns,
                other => return Err(Failure::new(Kind::Other, format!("the original: {other}"))),
            }
        }
        let candidate_limit = Duration::from_nanos(original_nanoseconds.saturating_mul(10))
            .max(Duration::from_secs(2));
        Ok(Self {
            program,
            worker,
            folder,
            target: target_of(options),
            fast_math: options.fast_math,
            accuracy: None,
            data,
            original,
            original_nanoseconds,
            order_nanoseconds: None,
            run_limit: candidate_limit.min(run_limit),
            compiled: 0,
            started,
            first_measured: None,
            compile_seconds: Vec::new(),
        })
    }

    /// The original's best time so far, in nanoseconds.
    pub fn original_nanoseconds(&self) -> u64 {
        self.original_nanoseconds
    }

    /// What the arrays hold, and whether equal bits say anything; with the NaNs of the last check.
    pub fn data(&self) -> DataReport {
        self.data.clone().with_other_nans(self.worker.other_nans())
    }

    /// Where its files are, which go away with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// From the start of the laboratory to the first candidate with a time.
    pub fn first_measured(&self) -> Option<Duration> {
        self.first_measured
    }

    /// Compiles a loop tree to something that the worker can load.
    pub fn compile(&mut self, tree: &LoopTree) -> Result<EntryPoint, String> {
        self.compile_expanded(self.program, tree)
    }

    /// The same for a tree of the program with some arrays expanded.
    pub fn compile_expanded(
        &mut self,
        program: &Program,
        tree: &LoopTree,
    ) -> Result<EntryPoint, String> {
        self.compiled += 1;
        let start = Instant::now();
        let name = format!("candidate{}.so", self.compiled);
        let how = (&self.target, self.fast_math);
        let entry = compile_tree(program, tree, how, &self.folder, &name)?;
        self.compile_seconds.push(start.elapsed().as_secs_f64());
        Ok(entry)
    }

    /// Compiles and runs the original order as our own code, before anything is searched: what cannot
    /// do that cannot be tuned.
    pub fn try_original_order(&mut self) -> Outcome<()> {
        let tree =
            lower(self.program, &ScheduleTree::original(self.program)).or_fail(Kind::Other)?;
        let entry = self.compile(&tree).map_err(|reason| Failure::new(Kind::Other, reason))?;
        match self.check(&entry).map_err(worker_failure)? {
            RunOutcome::Time(timing) => {
                self.order_nanoseconds = Some(timing.minimum_ns);
                self.first_measured.get_or_insert_with(|| self.started.elapsed());
                Ok(())
            }
            other => Err(Failure::new(
                Kind::WrongResult,
                format!("{}, compiled in its original order: {other}", self.program.name),
            )),
        }
    }

    /// Runs a candidate once and compares its results with the original's, bit for bit. Where arithmetic
    /// is relaxed, any results are right, and [`Self::accuracy`] says how far off they are.
    pub fn check(&mut self, entry: &EntryPoint) -> Result<RunOutcome, WorkerError> {
        if self.fast_math {
            let (outcome, deviations) = self.worker.check_near(entry, self.run_limit)?;
            self.accuracy = Accuracy::of(self.program, &deviations);
            return Ok(outcome);
        }
        self.worker.check(entry, self.run_limit)
    }

    /// How far off the results of the last candidate were that was checked with relaxed arithmetic.
    pub fn accuracy(&self) -> Option<&Accuracy> {
        self.accuracy.as_ref()
    }

    /// Compares the results of code of others bit for bit; it may take as long as it likes.
    pub fn check_other(&mut self, entry: &EntryPoint) -> Result<RunOutcome, WorkerError> {
        self.worker.check(entry, OTHERS_LIMIT)
    }

    /// One run, whose results are not looked at.
    pub fn sample(&mut self, entry: &EntryPoint) -> Result<RunOutcome, WorkerError> {
        self.worker.sample(entry, OTHERS_LIMIT)
    }

    /// All runs of a candidate, in nanoseconds, until its time has settled.
    pub fn time(
        &mut self,
        entry: &EntryPoint,
        options: &TimingOptions,
    ) -> Result<RunOutcome, WorkerError> {
        self.worker.time(entry, options)
    }

    /// Original and candidate in turn, for a claim about speed.
    pub fn compare(&mut self, entry: &EntryPoint, budget: Duration) -> Outcome<Comparison> {
        let options = TimingOptions {
            minimum_runs: 3,
            maximum_runs: 100,
            budget,
            run_limit: self.run_limit,
            ..TimingOptions::default()
        };
        let comparison =
            self.worker.compare(&self.original, entry, &options).map_err(worker_failure)?;
        if let Some(original) = &comparison.original {
            self.original_nanoseconds = self.original_nanoseconds.min(original.minimum_ns);
        }
        Ok(comparison)
    }

    fn try_measure(
        &mut self,
        candidate: &Candidate,
        best_seconds: Option<f64>,
        remaining: Option<Duration>,
    ) -> Result<Measurement, String> {
        let failed = |reason: String| Ok(Measurement::Failed { reason });
        // A long run of the original order is known already.
        if let Some(time) = self.order_nanoseconds.filter(|_| candidate.schedule.is_original())
            && Duration::from_nanos(time) > LONG_RUN
        {
            return Ok(Measurement::Time {
                seconds: time as f64 / 1e9,
                reference: self.original_nanoseconds as f64 / 1e9,
            });
        }
        let entry = self.compile(&candidate.loops)?;
        let first = match self.check(&entry).map_err(|error| error.to_string())? {
            RunOutcome::Time(timing) => timing.minimum_ns,
            other => return failed(other.to_string()),
        };
        if let Some(warning) = self.accuracy.as_ref().and_then(Accuracy::warning) {
            return failed(warning);
        }
        self.first_measured.get_or_insert_with(|| self.started.elapsed());
        // What is clearly beaten, or runs so long that noise hardly matters, is not run again.
        let beaten = best_seconds.is_some_and(|best| first as f64 > best * 1.5e9);
        let long = Duration::from_nanos(first) > LONG_RUN;
        if beaten || long {
            return Ok(Measurement::Time {
                seconds: first as f64 / 1e9,
                reference: self.original_nanoseconds as f64 / 1e9,
            });
        }
        let original = Duration::from_nanos(self.original_nanoseconds);
        let options = TimingOptions {
            minimum_runs: 2,
            maximum_runs: 30,
            budget: MEASURING.min(remaining.unwrap_or(Duration::MAX)),
            run_limit: self.run_limit,
            ..TimingOptions::default()
        };
        let outcome = if original < ALTERNATE_BELOW {
            let comparison = self
                .worker
                .compare(&self.original, &entry, &options)
                .map_err(|error| error.to_string())?;
            if let Some(original) = &comparison.original {
                self.original_nanoseconds = self.original_nanoseconds.min(original.minimum_ns);
            }
            comparison.candidate
        } else {
            self.worker.time(&entry, &options).map_err(|error| error.to_string())?
        };
        match outcome {
            RunOutcome::Time(timing) => Ok(Measurement::Time {
                seconds: timing.minimum_ns.min(first) as f64 / 1e9,
                reference: self.original_nanoseconds as f64 / 1e9,
            }),
            other => failed(other.to_string()),
        }
    }
}

impl Measurer for Laboratory<'_> {
    fn measure(
        &mut self,
        candidate: &Candidate,
        best_seconds: Option<f64>,
        remaining: Option<Duration>,
    ) -> Measurement {
        self.try_measure(candidate, best_seconds, remaining)
            .unwrap_or_else(|reason| Measurement::Failed { reason })
    }
}

fn target_of(options: &LaboratoryOptions) -> Target {
    options.target.clone().unwrap_or_else(host_target)
}

fn compile_tree(
    program: &Program,
    tree: &LoopTree,
    (target, fast_math): (&Target, bool),
    folder: &TempDir,
    name: &str,
) -> Result<EntryPoint, String> {
    let kernel = Kernel { program, tree, fallback: None };
    let options = Options { fast_math, ..Options::new(target.clone(), SymbolNames::entry_only()) };
    let compiled =
        loopwright_codegen::compile(&kernel, &options).map_err(|error| error.to_string())?;
    let object =
        link_shared(&compiled.object, folder.path(), name).map_err(|error| error.to_string())?;
    Ok(EntryPoint::new(object, loopwright_codegen::ENTRY))
}

/// A worker's error as a failure of the command.
pub fn worker_failure(error: WorkerError) -> Failure {
    let kind = match error {
        WorkerError::TooLarge { .. } | WorkerError::Start(_) => Kind::Environment,
        _ => Kind::Other,
    };
    Failure::new(kind, error.to_string())
}
