//! Where candidates are compiled, checked and timed: joins code generation and the runtime.
//!
//! The original is the user's own text, compiled by clang; results are compared with it bit for bit, or
//! within a bound where arithmetic is relaxed.
//! Everything temporary lives in one folder that goes away with the laboratory.

mod buffers;
mod companions;
mod compiling;
mod data;
mod measuring;
mod original;
mod others;
mod trial;
mod vacuity;

use crate::arithmetic::Accuracy;
use crate::deadline::Deadline;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_codegen::{Target, host_target};
use loopwright_frontend::{Region, Unit};
use loopwright_ir::{LoopTree, Program, Schedule, ScheduleTree};
use loopwright_runtime::{
    Comparison, EntryPoint, Outcome as RunOutcome, Setup, TimingOptions, Worker, WorkerError,
    WorkerOptions,
};
use loopwright_search::{Candidate, Measurement, Measurer};
use loopwright_transform::lower;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tempfile::TempDir;

use buffers::{Entries, Facts, facts, refuse_too_large, setup};
pub use compiling::serve as serve_compiler;
use compiling::{Compiler, NotCompiled, compile_tree};
pub use data::DataReport;
pub use original::{BINDING, CompilerSettings, Optimization};
use trial::{Settled, settle};

/// An original that takes longer than this is not run again beside every candidate, only in the end.
const ALTERNATE_BELOW: Duration = Duration::from_millis(30);

/// How long the original is timed before anything else.
const WARM_UP: Duration = Duration::from_millis(800);

/// How long LLVM may take for a tree that somebody asked for, and for one of many candidates.
const COMPILE_LIMIT: Duration = Duration::from_secs(120);
const CANDIDATE_LIMIT: Duration = Duration::from_secs(4);

/// An original that takes longer is not run a second time, as code of ours, before the search.
const LONG_ORIGINAL: Duration = Duration::from_millis(700);

/// How long the constructors of a library may take.
const LOAD_LIMIT: Duration = Duration::from_secs(30);

/// The part of the time that our original order may take to be compiled.
const ORDER_SHARE: f64 = 0.7;

/// No limit is shorter, not even one that has passed.
const LEAST: Duration = Duration::from_millis(1);

/// The file of our original order.
const ORDER: &str = "order.so";

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
    /// Whether the data is put out of the caches before each run.
    pub cold: bool,
    /// When the command has to end, less what the original's first run takes.
    pub deadline: Option<Deadline>,
    /// Our own original order, if it is going to be tried: it is compiled while the C compiler works.
    pub original_order: Option<Arc<LoopTree>>,
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
    fast_math: bool,
    accuracy: Option<Accuracy>,
    data: DataReport,
    compiler: Compiler,
    deadline: Option<Deadline>,
    /// The original order, if it was handed to the compiler.
    order: Option<Arc<LoopTree>>,
    /// What was compiled of the schedules that were measured.
    entries: HashMap<Schedule, EntryPoint>,
    original: EntryPoint,
    original_nanoseconds: u64,
    /// How long a new worker takes until it can measure: the arrays' contents, and the original's run.
    preparation: Duration,
    excused: Duration,
    /// The first run of our own original order.
    order_nanoseconds: Option<u64>,
    run_limit: Duration,
    compiled: usize,
    first_measured: Option<Instant>,
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
        refuse_too_large(program, options)?;
        let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
        // LLVM gets ready, and compiles our original order, while the C compiler is at work.
        let mut compiler = new_compiler(options, &folder);
        let order = options.original_order.clone();
        let begun = match &order {
            Some(tree) => compiler.begin(program, tree, ORDER),
            None => compiler.prepare(program),
        };
        begun.or_fail(Kind::Environment)?;
        let limit = options.deadline.map(Deadline::remaining);
        let objects = original::compile(unit, region, program, settings, folder.path(), limit)?;
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
        Self::open(program, (folder, compiler, order), source, options)
    }

    /// The original is a loop tree of ours: for programs that were made without C.
    pub fn of_tree(
        program: &'a Program,
        tree: &LoopTree,
        options: &LaboratoryOptions,
    ) -> Outcome<Self> {
        refuse_too_large(program, options)?;
        let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
        let strict = (&target_of(options), false);
        let original = compile_tree(program, tree, strict, folder.path(), "original.so")
            .or_fail(Kind::Environment)?;
        let source = Source {
            reference: original.clone(),
            original,
            facts: Vec::new(),
            initializer_name: None,
            entries: Entries::default(),
        };
        let compiler = new_compiler(options, &folder);
        Self::open(program, (folder, compiler, None), source, options)
    }

    fn open(
        program: &'a Program,
        (folder, compiler, order): (TempDir, Compiler, Option<Arc<LoopTree>>),
        source: Source<'_>,
        options: &LaboratoryOptions,
    ) -> Outcome<Self> {
        let run_limit = options.run_limit.unwrap_or(Duration::from_secs(600));
        let worker_options = WorkerOptions {
            threads: options.threads,
            memory_limit: options.memory_limit,
            interrupt: options.interrupt.clone(),
            start_limit: options.deadline.map(|deadline| deadline.remaining().max(LEAST)),
            load_limit: options
                .deadline
                .map(|deadline| deadline.remaining().clamp(LEAST, LOAD_LIMIT)),
            ..WorkerOptions::default()
        };
        let begun = Instant::now();
        let Source { original, reference, facts, entries, initializer_name } = source;
        let setup = Setup { cold: options.cold, ..setup(program, &facts, entries)? };
        let names = (&reference, initializer_name);
        let Settled { mut worker, first, data, excused } =
            settle(program, &setup, names, worker_options, run_limit, options.deadline)?;
        let deadline = options.deadline.map(|deadline| deadline.excused(excused));
        let preparation = begun.elapsed();
        let mut original_nanoseconds = first.minimum_ns;
        let first = Duration::from_nanos(original_nanoseconds);
        // The first run in a process is slow by its page faults and cold caches; where runs are
        // short enough, some more make the mark that candidates are measured against.
        let warm_up = match deadline {
            Some(deadline) => WARM_UP.min(deadline.remaining() / 8),
            None => WARM_UP,
        };
        if first < warm_up || reference != original && deadline.is_none() {
            let timing = TimingOptions {
                minimum_runs: 1,
                maximum_runs: 6,
                budget: warm_up,
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
            fast_math: options.fast_math,
            accuracy: None,
            data,
            compiler,
            deadline,
            order,
            entries: HashMap::new(),
            original,
            original_nanoseconds,
            preparation,
            excused,
            order_nanoseconds: None,
            run_limit: candidate_limit.min(run_limit),
            compiled: 0,
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

    /// When the first candidate had a time.
    pub fn first_measured(&self) -> Option<Instant> {
        self.first_measured
    }

    /// How long the original's first run took, which no deadline counts.
    pub fn excused(&self) -> Duration {
        self.excused
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
        self.compile_within(program, tree, COMPILE_LIMIT).map_err(|error| error.to_string())
    }

    fn compile_within(
        &mut self,
        program: &Program,
        tree: &LoopTree,
        limit: Duration,
    ) -> Result<EntryPoint, NotCompiled> {
        self.compiled += 1;
        let start = Instant::now();
        self.compiler.begin(program, tree, &format!("candidate{}.so", self.compiled))?;
        let entry = self.compiler.finish(limit)?;
        self.compile_seconds.push(start.elapsed().as_secs_f64());
        Ok(entry)
    }

    /// Runs the original order as our own code, before anything is searched. What cannot do that cannot be
    /// tuned: the reason comes back, if it is for want of time.
    pub fn try_original_order(&mut self) -> Outcome<Option<String>> {
        // What takes long is run once. Each candidate is compared with that run in any case.
        if Duration::from_nanos(self.original_nanoseconds) > LONG_ORIGINAL {
            self.order_nanoseconds = Some(self.original_nanoseconds);
            if self.order.take().is_some() {
                // It was begun; nobody waits for it.
                let _ = self.compiler.finish(self.left(COMPILE_LIMIT, ORDER_SHARE));
            }
            return Ok(None);
        }
        let ours = || format!("{}, compiled in its original order", self.program.name);
        let limit = self.left(COMPILE_LIMIT, ORDER_SHARE);
        let compiled = match self.order.take() {
            Some(_) => self.compiler.finish(limit),
            None => {
                let original = ScheduleTree::original(self.program);
                let tree = lower(self.program, &original).or_fail(Kind::Other)?;
                self.compile_within(self.program, &tree, limit)
            }
        };
        let entry = match compiled {
            Ok(entry) => entry,
            Err(error @ NotCompiled::TooLong(_)) => {
                return Ok(Some(format!("{}: {error}", ours())));
            }
            Err(error) => return Err(Failure::new(Kind::Other, error.to_string())),
        };
        match self.check(&entry).map_err(worker_failure)? {
            RunOutcome::Time(timing) => {
                self.order_nanoseconds = Some(timing.minimum_ns);
                self.first_measured.get_or_insert_with(Instant::now);
                self.entries.insert(Schedule::original(), entry);
                Ok(None)
            }
            outcome @ RunOutcome::TimedOut { .. } => Ok(Some(format!("{}: {outcome}", ours()))),
            other => Err(Failure::new(Kind::WrongResult, format!("{}: {other}", ours()))),
        }
    }

    /// A limit, or a share of what is left before the deadline.
    fn left(&self, limit: Duration, share: f64) -> Duration {
        let left = self.deadline.map(|deadline| deadline.remaining().mul_f64(share).max(LEAST));
        left.map_or(limit, |left| left.min(limit))
    }

    /// Whether the deadline leaves time to begin another run: where a process has died, the next one begins
    /// with a run of the original.
    fn can_go_on(&self, remaining: Option<Duration>) -> bool {
        let needed = if self.worker.is_running() { LEAST } else { self.preparation };
        remaining.is_none_or(|left| left > needed)
    }

    /// Runs a candidate once and compares its results with the original's, bit for bit. Where arithmetic
    /// is relaxed, any results are right, and [`Self::accuracy`] says how far off they are.
    pub fn check(&mut self, entry: &EntryPoint) -> Result<RunOutcome, WorkerError> {
        self.check_within(entry, self.left(self.run_limit, 1.0))
    }

    fn check_within(
        &mut self,
        entry: &EntryPoint,
        limit: Duration,
    ) -> Result<RunOutcome, WorkerError> {
        if self.fast_math {
            let (outcome, deviations) = self.worker.check_near(entry, limit)?;
            self.accuracy = Accuracy::of(self.program, &deviations);
            return Ok(outcome);
        }
        self.worker.check(entry, limit)
    }

    /// How far off the results of the last candidate were that was checked with relaxed arithmetic.
    pub fn accuracy(&self) -> Option<&Accuracy> {
        self.accuracy.as_ref()
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
        // Once each, at least, and no further time when that is over.
        let first = Duration::from_nanos(self.original_nanoseconds.saturating_mul(2));
        let left = self.deadline.map(|deadline| deadline.remaining());
        if left.is_some_and(|left| left < first) || !self.can_go_on(left) {
            return Err(Failure::new(
                Kind::Other,
                "no time is left to compare it with the original",
            ));
        }
        let budget = left.map_or(budget, |left| budget.min(left.saturating_sub(first)));
        let options = TimingOptions {
            minimum_runs: 3,
            maximum_runs: 100,
            budget,
            run_limit: self.left(self.run_limit, 1.0).max(first),
            ..TimingOptions::default()
        };
        let comparison =
            self.worker.compare(&self.original, entry, &options).map_err(worker_failure)?;
        if let Some(original) = &comparison.original {
            self.original_nanoseconds = self.original_nanoseconds.min(original.minimum_ns);
        }
        Ok(comparison)
    }

    /// What a candidate was compiled to, or is compiled to now.
    pub fn entry(
        &mut self,
        candidate: &Candidate,
        remaining: Option<Duration>,
    ) -> Result<EntryPoint, NotCompiled> {
        if let Some(entry) = self.entries.get(&candidate.schedule) {
            return Ok(entry.clone());
        }
        let limit = remaining.map_or(CANDIDATE_LIMIT, |left| left.min(CANDIDATE_LIMIT));
        let entry = self.compile_within(&candidate.program, &candidate.loops, limit)?;
        self.entries.insert(candidate.schedule.clone(), entry.clone());
        Ok(entry)
    }
}

fn target_of(options: &LaboratoryOptions) -> Target {
    options.target.clone().unwrap_or_else(host_target)
}

fn new_compiler(options: &LaboratoryOptions, folder: &TempDir) -> Compiler {
    let interrupt = options.interrupt.clone();
    Compiler::new(&target_of(options), options.fast_math, folder.path(), interrupt)
}

/// A worker's error as a failure of the command.
pub fn worker_failure(error: WorkerError) -> Failure {
    if let WorkerError::Original(outcome) | WorkerError::Setup(outcome) = &error
        && let RunOutcome::Undefined { .. } = **outcome
    {
        return Failure::with_help(
            Kind::Input,
            error.to_string(),
            "have the C file that defines it included before the first line: --include FILE.c",
        );
    }
    let kind = match error {
        WorkerError::TooLarge { .. } | WorkerError::Start(_) => Kind::Environment,
        _ => Kind::Other,
    };
    let late = match &error {
        WorkerError::Setup(outcome) | WorkerError::Original(outcome) => {
            matches!(**outcome, RunOutcome::TimedOut { .. } | RunOutcome::LoadTimedOut { .. })
        }
        _ => false,
    };
    let failure = Failure::new(kind, error.to_string());
    if late { failure.for_want_of_time() } else { failure }
}
