//! The parent's side of a worker process.
//!
//! A [`Worker`] is given a [`Setup`] once and then runs entry points in it. The process behind it may die at
//! any call; the handle says so with an [`Outcome`], and starts another process, with the same setup
//! and the same reference, when it is needed next. Dropping the handle kills the process.
//!
//! Libraries may have memory of their own for some of the buffers (`EntryPoint::locator`); code without is checked
//! in guarded memory and timed where the program has its arrays (`Setup::home`).
//!
//! How time is measured stands in [`timing`]; how the process is started in [`connection`].

pub mod command;
mod connection;
mod processes;
pub mod timing;

pub use command::WorkerCommand;
pub use timing::{Comparison, Series, TimingOptions};

use crate::deviation::Deviation;
use crate::memory;
use crate::outcome::{Outcome, Timing};
use crate::protocol::{EntryPoint, Origin, Reply, Request, Setup};
use crate::serve::library::SPINNING;
use crate::serve::mapping::GUARD;
use crate::summary::Summary;
use connection::{Answer, Connection};
use processes::{Processes, Route};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long a process may take to start, fill its buffers and run the setup's initializer, at least.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long the constructors of a library may take.
const LOAD_LIMIT: Duration = Duration::from_secs(30);
/// What the parent waits for beyond a call's limit, which the worker's own timer enforces.
const GRACE: Duration = Duration::from_secs(5);
/// The slowest that buffers are expected to be copied or compared, in bytes a second.
const SLOWEST_COPY: u64 = 200 << 20;
/// The part of the available memory that a worker may use where no limit is given.
const MEMORY_SHARE: (u64, u64) = (9, 10);
/// What a process maps beside its buffers: libraries, and for each hardware thread a stack and an
/// arena of the allocator. It is address space, of which little is ever touched.
const MEMORY_BASE: u64 = 1 << 30;
const MEMORY_BASE_PER_THREAD: u64 = 128 << 20;

/// How a worker's processes are started.
#[derive(Clone, Debug, Default)]
pub struct WorkerOptions {
    pub command: WorkerCommand,
    /// Threads of parallel loops; where `None`, `OMP_NUM_THREADS` of this process or one for each core.
    /// More than one are bound to cores, unless the environment says otherwise (`OMP_PROC_BIND`, …):
    /// workers that run at the same time with several threads each need disjoint affinity masks.
    pub threads: Option<usize>,
    /// Bytes that buffers, their copies and the code's own allocations may take together; where
    /// `None`, nine tenths of what is available when a process starts.
    pub memory_limit: Option<u64>,
    /// How long the constructors of a library may take; half a minute where `None`.
    pub load_limit: Option<Duration>,
    /// When this becomes true, the running call is killed and every request gives
    /// [`WorkerError::Interrupted`].
    pub interrupt: Option<Arc<AtomicBool>>,
    /// How long a process may take to start and be set up, in place of a minute and more.
    pub start_limit: Option<Duration>,
}

/// Why a worker gives no [`Outcome`]: none of this is the candidate's doing.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the arrays need {} for themselves and two copies, but only {} of memory can be had; choose smaller sizes",
            in_units(*.needed), in_units(*.available))]
    TooLarge { needed: u64, available: u64 },
    #[error("cannot start a worker process: {0}")]
    Start(#[source] io::Error),
    #[error("the worker could not prepare the arrays: {0}")]
    Setup(Box<Outcome>),
    #[error("the original program's own run failed: {0}")]
    Original(Box<Outcome>),
    #[error("a check needs a reference: call `set_original` first")]
    NoOriginal,
    #[error("interrupted")]
    Interrupted,
    /// The program that was started is no worker, or one of another version.
    #[error("the worker does not speak the protocol: {0}")]
    Protocol(String),
}

/// The handle of a worker process, which is started when it is needed.
#[derive(Debug)]
pub struct Worker {
    options: WorkerOptions,
    setup: Setup,
    original: Option<(EntryPoint, Duration)>,
    processes: Processes,
    origins: Vec<Origin>,
    summaries: Vec<Summary>,
    other_nans: u64,
    preempted: u64,
}

impl Worker {
    /// Starts a process and sets it up. A setup that does not fit in memory is refused before anything
    /// is allocated.
    pub fn start(options: WorkerOptions, setup: Setup) -> Result<Self, WorkerError> {
        let mut worker = Self {
            options,
            setup,
            original: None,
            processes: Processes::default(),
            origins: Vec::new(),
            summaries: Vec::new(),
            other_nans: 0,
            preempted: 0,
        };
        worker.connect(None)?;
        Ok(worker)
    }

    /// Goes on with another setup, in a process of its own. The original has to be set again.
    pub fn set_up_again(&mut self, setup: Setup) -> Result<(), WorkerError> {
        self.processes.end_all();
        self.original = None;
        self.summaries.clear();
        self.setup = setup;
        self.connect(None)
    }

    /// Runs the original once from the initial contents and keeps its results as what is right. The
    /// timing is that of this first run.
    pub fn set_original(
        &mut self,
        original: &EntryPoint,
        limit: Duration,
    ) -> Result<Timing, WorkerError> {
        self.original = None;
        self.processes.end_apart();
        self.ensure_connected(None)?;
        let timing = self.run_original(None, original, limit)?;
        self.original = Some((original.clone(), limit));
        Ok(timing)
    }

    /// Runs a candidate once from the initial contents and compares all buffers with the original's
    /// results, bit by bit. `Outcome::Time` says that they are equal, and holds this run's time.
    pub fn check(
        &mut self,
        candidate: &EntryPoint,
        limit: Duration,
    ) -> Result<Outcome, WorkerError> {
        if self.original.is_none() {
            return Err(WorkerError::NoOriginal);
        }
        let request = Request::Check { entry: candidate.clone(), limit: microseconds(limit) };
        self.call_for_outcome(candidate, &request, limit)
    }

    /// Runs a candidate once from the initial contents and finds how far its results are from the
    /// original's: one deviation for each buffer that is a result, however large, beside the run's time.
    /// Without a run to its end, or after writes behind a buffer's end, there are none.
    pub fn check_near(
        &mut self,
        candidate: &EntryPoint,
        limit: Duration,
    ) -> Result<(Outcome, Vec<Deviation>), WorkerError> {
        if self.original.is_none() {
            return Err(WorkerError::NoOriginal);
        }
        let request = Request::Deviations { entry: candidate.clone(), limit: microseconds(limit) };
        match self.call(candidate, &request, limit)? {
            Ok(Reply::Deviates { ns, deviations }) => {
                Ok((self.outcome(Reply::Ran { ns, other_nans: 0, preempted: 0 })?, deviations))
            }
            Ok(reply) => Ok((self.outcome(reply)?, Vec::new())),
            Err(outcome) => Ok((outcome, Vec::new())),
        }
    }

    /// Runs an entry point once from the initial contents. `Outcome::Time` holds one run; the results
    /// are not looked at.
    pub fn sample(&mut self, entry: &EntryPoint, limit: Duration) -> Result<Outcome, WorkerError> {
        let request = Request::Sample { entry: entry.clone(), limit: microseconds(limit) };
        self.call_for_outcome(entry, &request, limit)
    }

    /// What every call works on.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Who filled each buffer.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// What the original's run made of each buffer; empty before [`Worker::set_original`].
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// How many elements were NaN with another sign or payload than the original's at the last check
    /// that found the results right.
    pub fn other_nans(&self) -> u64 {
        self.other_nans
    }

    /// How often other work took the processor from the last call of [`Worker::sample`] or [`Worker::check`].
    pub fn preempted(&self) -> u64 {
        self.preempted
    }

    /// Whether the next call finds a process that is set up.
    pub fn is_running(&self) -> bool {
        self.processes.is_running()
    }

    /// How often a process had to be started anew.
    pub fn restarts(&self) -> u64 {
        self.processes.started().saturating_sub(1)
    }

    fn call_for_outcome(
        &mut self,
        entry: &EntryPoint,
        request: &Request,
        limit: Duration,
    ) -> Result<Outcome, WorkerError> {
        match self.call(entry, request, limit)? {
            Ok(reply) => self.outcome(reply),
            Err(outcome) => Ok(outcome),
        }
    }

    /// Has an entry point called, in a process of its own if it needs one.
    fn call(
        &mut self,
        entry: &EntryPoint,
        request: &Request,
        limit: Duration,
    ) -> Result<Result<Reply, Outcome>, WorkerError> {
        loop {
            let route = self.processes.route(entry);
            self.ensure_connected(route)?;
            if let Err(outcome) = self.load(route, entry)? {
                return Ok(Err(outcome));
            }
            if self.processes.switch_to(route) {
                // The other processes' threads come to rest, and this one's wake up untimed.
                std::thread::sleep(SPINNING);
                if let Err(outcome) = self.exchange(route, request, limit)? {
                    return Ok(Err(outcome));
                }
            }
            match self.exchange(route, request, limit)? {
                Ok(Reply::Apart { tainted }) if route.is_none() => {
                    self.processes.set_apart(entry, tainted);
                }
                answer => return Ok(answer),
            }
        }
    }

    /// Has a library loaded that a process has not loaded yet.
    fn load(
        &mut self,
        route: Route,
        entry: &EntryPoint,
    ) -> Result<Result<(), Outcome>, WorkerError> {
        if self.processes.has_loaded(route, entry) {
            return Ok(Ok(()));
        }
        let limit = self.options.load_limit.unwrap_or(LOAD_LIMIT);
        let request = Request::Load { entry: entry.clone(), limit: microseconds(limit) };
        match self.exchange(route, &request, limit)? {
            Ok(Reply::LoadFailed { message }) => Ok(Err(Outcome::LoadFailed(message))),
            Ok(_) => {
                self.processes.set_loaded(route, entry);
                Ok(Ok(()))
            }
            Err(Outcome::TimedOut { limit }) => {
                Ok(Err(Outcome::LoadTimedOut { library: entry.library.clone(), limit }))
            }
            Err(outcome) => Ok(Err(outcome)),
        }
    }

    fn ensure_connected(&mut self, route: Route) -> Result<(), WorkerError> {
        if self.processes.connection(route).is_none() {
            self.connect(route)?;
        }
        Ok(())
    }

    fn connect(&mut self, route: Route) -> Result<(), WorkerError> {
        let memory_limit = self.memory_limit()?;
        let options = &self.options;
        let connection =
            Connection::start(&options.command, options.threads, options.interrupt.clone())
                .map_err(WorkerError::Start)?;
        self.processes.started_one(route, connection);
        let Setup { home, initializer, .. } = &self.setup;
        for entry in home.clone().into_iter().chain(initializer.clone()) {
            if let Err(outcome) = self.load(route, &entry)? {
                self.processes.end(route);
                return Err(WorkerError::Setup(Box::new(outcome)));
            }
        }
        let limit = self.options.start_limit.unwrap_or(START_LIMIT + self.copying());
        let setup = Request::Setup {
            setup: self.setup.clone(),
            memory_limit: memory_limit.saturating_add(self.address_space_beside_buffers()),
            limit: microseconds(limit),
            alone: self.processes.library_of(route),
        };
        match self.exchange(route, &setup, limit)? {
            Ok(Reply::Ready { origins }) => self.origins = origins,
            Ok(reply) => {
                self.processes.end(route);
                return Err(WorkerError::Setup(Box::new(self.outcome(reply)?)));
            }
            Err(outcome) => return Err(WorkerError::Setup(Box::new(outcome))),
        }
        if let Some((original, limit)) = self.original.clone() {
            self.run_original(route, &original, limit)?;
        }
        Ok(())
    }

    fn run_original(
        &mut self,
        route: Route,
        original: &EntryPoint,
        limit: Duration,
    ) -> Result<Timing, WorkerError> {
        let outcome = match self.load(route, original)? {
            Ok(()) => self.reference(route, original, limit)?,
            Err(outcome) => outcome,
        };
        match outcome {
            Outcome::Time(timing) => Ok(timing),
            outcome => {
                // Without its reference the process is of no use.
                self.processes.end(route);
                Err(WorkerError::Original(Box::new(outcome)))
            }
        }
    }

    fn reference(
        &mut self,
        route: Route,
        original: &EntryPoint,
        limit: Duration,
    ) -> Result<Outcome, WorkerError> {
        let request = Request::Reference { entry: original.clone(), limit: microseconds(limit) };
        match self.exchange(route, &request, limit)? {
            Ok(reply) => self.outcome(reply),
            Err(outcome) => Ok(outcome),
        }
    }

    /// The limit for a process that is started now, or why the setup does not fit.
    fn memory_limit(&self) -> Result<u64, WorkerError> {
        let free = memory::available().unwrap_or(u64::MAX);
        let share = free / MEMORY_SHARE.1 * MEMORY_SHARE.0;
        let available = self.options.memory_limit.map_or(share, |limit| limit.min(share));
        let needed = self.setup.bytes_needed().unwrap_or(u64::MAX);
        if needed > available {
            return Err(WorkerError::TooLarge { needed, available });
        }
        Ok(available)
    }

    /// What the process maps beside the buffers' contents, mostly without touching it.
    fn address_space_beside_buffers(&self) -> u64 {
        let hardware = std::thread::available_parallelism().map_or(1, |threads| threads.get());
        let threads = self.options.threads.map_or(hardware, |threads| threads.max(hardware));
        let threads = (threads as u64).saturating_mul(MEMORY_BASE_PER_THREAD);
        // Three copies, each with two guards and at most one more for the rest of a page.
        let guards = (self.setup.buffers.len() as u64).saturating_mul(3 * 3 * GUARD as u64);
        MEMORY_BASE.saturating_add(threads).saturating_add(guards)
    }

    /// The longest that restoring or comparing all buffers should take.
    fn copying(&self) -> Duration {
        Duration::from_secs(self.setup.bytes_needed().unwrap_or(0) / SLOWEST_COPY)
    }

    /// The reply, or the outcome that the process's death is.
    fn exchange(
        &mut self,
        route: Route,
        request: &Request,
        limit: Duration,
    ) -> Result<Result<Reply, Outcome>, WorkerError> {
        let patience = limit + self.copying() + GRACE;
        let Some(connection) = self.processes.connection(route) else {
            return Err(WorkerError::Start(io::Error::from(io::ErrorKind::NotConnected)));
        };
        match connection.exchange(request, limit, patience) {
            Ok(Answer::Reply(reply)) => Ok(Ok(reply)),
            Ok(Answer::Died(outcome)) => {
                self.processes.end(route);
                Ok(Err(outcome))
            }
            Err(error) => {
                self.processes.end(route);
                Err(error)
            }
        }
    }

    fn outcome(&mut self, reply: Reply) -> Result<Outcome, WorkerError> {
        let timed = |ns| {
            Timing::from_runs(vec![ns])
                .map(Outcome::Time)
                .ok_or_else(|| WorkerError::Protocol("a run without a time".to_owned()))
        };
        match reply {
            Reply::Ran { ns, other_nans, preempted } => {
                self.other_nans = other_nans;
                self.preempted = preempted;
                timed(ns)
            }
            Reply::Kept { ns, summaries } => {
                self.summaries = summaries;
                timed(ns)
            }
            Reply::Wrong { mismatch } => Ok(Outcome::WrongResult(mismatch)),
            Reply::LoadFailed { message } => Ok(Outcome::LoadFailed(message)),
            Reply::OutOfMemory => Ok(Outcome::OutOfMemory),
            Reply::Refused { message } => Err(WorkerError::Protocol(message)),
            Reply::Ready { .. } | Reply::Loaded | Reply::Apart { .. } => {
                Err(WorkerError::Protocol("an answer to something else".to_owned()))
            }
            Reply::Deviates { .. } => {
                Err(WorkerError::Protocol("deviations that nobody asked for".to_owned()))
            }
        }
    }
}

fn microseconds(limit: Duration) -> u64 {
    u64::try_from(limit.as_micros()).unwrap_or(u64::MAX)
}

fn in_units(bytes: u64) -> String {
    const GIBIBYTE: u64 = 1 << 30;
    const MEBIBYTE: u64 = 1 << 20;
    match bytes {
        u64::MAX => "more than 16 EiB".to_owned(),
        GIBIBYTE.. => format!("{:.1} GiB", bytes as f64 / GIBIBYTE as f64),
        _ => format!("{:.1} MiB", bytes as f64 / MEBIBYTE as f64),
    }
}
