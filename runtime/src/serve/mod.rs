//! The worker's side: it holds the buffers, loads shared objects, and runs one call for each request.
//!
//! It trusts nothing that it loads. Before a call it arms a timer whose signal ends the process, so
//! that the limit holds to the microsecond without the parent's help; a thread that waits for the
//! parent's end of the pipe to close ends the process when the parent is gone.

mod affinity;
mod arena;
pub(crate) mod compare;
mod confinement;
pub(crate) mod contents;
mod floating;
mod flush;
mod helper;
pub(crate) mod library;
pub(crate) mod mapping;
mod places;
mod preparation;
pub(crate) mod undefined;

use crate::protocol::{EntryPoint, MAXIMUM_LINE, Reply, Request, Setup};
use arena::Arena;
use floating::Mode;
pub use helper::{helper_streams, limit_helper};
use library::{Entry, Libraries};
use places::Places;
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Runs the worker's loop until the parent closes the pipe. Never returns.
///
/// Standard output belongs to the protocol: nothing may have been written to it before. What the
/// loaded code prints to it is dropped.
pub fn worker_main() -> ! {
    let status = match Server::start().and_then(|mut server| server.serve()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("worker: {error}");
            1
        }
    };
    confinement::end(status)
}

/// Threads that a worker has by itself: the one that answers, and the one that watches the parent.
pub(crate) const OWN_THREADS: usize = 2;

struct Server {
    input: BufReader<File>,
    output: File,
    libraries: Libraries,
    prepared: Option<Prepared>,
    parameters: Vec<i64>,
    /// How the program itself has the processor compute.
    mode: Mode,
    /// The one library that may change that here.
    alone: Option<PathBuf>,
    /// The program's own libraries.
    own: HashSet<PathBuf>,
    /// How often other work took the processor from the last call.
    preempted: u64,
}

/// A setup that is done.
struct Prepared {
    arena: Arena,
    /// The guarded memory of all buffers.
    guarded: Places,
    /// Where the program has its arrays.
    home: Places,
    /// Whether runs begin with everything in memory.
    cold: bool,
    /// What locators said, by library and symbol.
    located: HashMap<(PathBuf, String), Places>,
}

/// What a call is for, and with it the memory of code that works on what it is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Its results: in memory with guards.
    Results,
    /// Its time: where the program has its arrays.
    Time,
}

impl Server {
    fn start() -> io::Result<Self> {
        let (input, output) = confinement::take_standard_streams()?;
        confinement::end_with_parent(&input)?;
        confinement::restrict();
        Ok(Self {
            input: BufReader::new(input),
            output,
            libraries: Libraries::with_runtimes(),
            prepared: None,
            parameters: Vec::new(),
            mode: Mode::current(),
            alone: None,
            own: HashSet::new(),
            preempted: 0,
        })
    }

    fn serve(&mut self) -> io::Result<()> {
        while let Some(line) = self.line()? {
            let reply = match serde_json::from_slice(&line) {
                Ok(request) => self.answer(request),
                Err(error) => Reply::Refused { message: format!("not a request: {error}") },
            };
            let mut text = serde_json::to_vec(&reply)?;
            text.push(b'\n');
            self.output.write_all(&text)?;
        }
        Ok(())
    }

    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.input.by_ref().take(MAXIMUM_LINE as u64).read_until(b'\n', &mut line)?;
        match line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "a request without an end")),
        }
    }

    fn answer(&mut self, request: Request) -> Reply {
        let result = match request {
            Request::Load { entry, limit } => self.load(&entry, Duration::from_micros(limit)),
            Request::Setup { setup, memory_limit, limit, alone } => {
                self.alone = alone;
                self.set_up(setup, memory_limit, limit)
            }
            Request::Reference { entry, limit } => self.reference(&entry, limit),
            Request::Check { entry, limit } => self.check(&entry, limit),
            Request::Deviations { entry, limit } => self.deviations(&entry, limit),
            Request::Sample { entry, limit } => self
                .run(&entry, limit, Purpose::Time)
                .map(|(ns, _)| Reply::Ran { ns, other_nans: 0, preempted: self.preempted }),
        };
        result.unwrap_or_else(|reply| reply)
    }

    fn load(&mut self, entry: &EntryPoint, limit: Duration) -> Result<Reply, Reply> {
        confinement::within(limit, || self.libraries.entry(entry))
            .map(|_| Reply::Loaded)
            .map_err(|message| Reply::LoadFailed { message })
    }

    fn reference(&mut self, entry: &EntryPoint, limit: u64) -> Result<Reply, Reply> {
        // The program computes as its own code says.
        self.load(entry, Duration::from_micros(limit))?;
        self.mode = self.libraries.mode(&entry.library).unwrap_or(self.mode);
        self.own.insert(entry.library.clone());
        let (ns, places) = self.run(entry, limit, Purpose::Results)?;
        let kept = self.prepared()?.arena.keep_reference(&places);
        let summaries = kept.map_err(|_| Reply::OutOfMemory)?;
        Ok(Reply::Kept { ns, summaries })
    }

    fn check(&mut self, entry: &EntryPoint, limit: u64) -> Result<Reply, Reply> {
        let (ns, places) = self.run(entry, limit, Purpose::Results)?;
        let found = self.prepared()?.arena.compare(&places);
        let found = found.map_err(|_| refused("a check needs a reference"))?;
        Ok(match found.mismatch {
            None => Reply::Ran { ns, other_nans: found.other_nans, preempted: self.preempted },
            Some(mismatch) => Reply::Wrong { mismatch },
        })
    }

    fn deviations(&mut self, entry: &EntryPoint, limit: u64) -> Result<Reply, Reply> {
        let (ns, places) = self.run(entry, limit, Purpose::Results)?;
        let found = self.prepared()?.arena.deviations(&places);
        let found = found.map_err(|_| refused("a check needs a reference"))?;
        Ok(match found {
            Ok(deviations) => Reply::Deviates { ns, deviations },
            Err(mismatch) => Reply::Wrong { mismatch },
        })
    }

    fn prepared(&mut self) -> Result<&mut Prepared, Reply> {
        self.prepared.as_mut().ok_or_else(|| refused("a call needs a setup"))
    }

    fn set_up(&mut self, setup: Setup, memory_limit: u64, limit: u64) -> Result<Reply, Reply> {
        if self.prepared.is_some() {
            return Err(refused("a worker is set up once"));
        }
        confinement::limit_memory(memory_limit);
        let limit = Duration::from_micros(limit);
        let mut arena = Arena::new(&setup.buffers).map_err(|_| Reply::OutOfMemory)?;
        self.parameters = setup.parameters;
        let guarded = Places::of_arena(&mut arena);
        let home = match setup.home.as_ref().or(setup.initializer.as_ref()) {
            Some(entry) => confinement::within(limit, || {
                locate(&mut self.libraries, &mut arena, entry, &self.parameters)
            })?,
            None => guarded.clone(),
        };
        let entry = match &setup.initializer {
            Some(initializer) => Some(
                confinement::within(limit, || self.libraries.entry(initializer))
                    .map_err(|message| Reply::LoadFailed { message })?,
            ),
            None => None,
        };
        for entry in setup.home.iter().chain(&setup.initializer) {
            self.mode = self.libraries.mode(&entry.library).unwrap_or(self.mode);
        }
        let (parameters, mode) = (&self.parameters, &mut self.mode);
        let mut initialize = entry.map(|entry| {
            let home = home.clone();
            // A program may choose its mode where it fills its arrays.
            move || {
                *mode = mode.during(|| run_unmeasured(entry, &mut home.pointers(), parameters)).1
            }
        });
        let initializer = initialize.as_mut().map(|run| run as preparation::Initializer<'_>);
        let origins = preparation::prepare(&mut arena, &home, initializer, limit)
            .map_err(|_| Reply::OutOfMemory)?;
        self.prepared =
            Some(Prepared { arena, guarded, home, cold: setup.cold, located: HashMap::new() });
        Ok(Reply::Ready { origins })
    }

    /// One call from the initial contents: its duration in nanoseconds, and where its results are.
    fn run(
        &mut self,
        entry: &EntryPoint,
        limit: u64,
        purpose: Purpose,
    ) -> Result<(u64, Places), Reply> {
        let prepared = self.prepared.as_mut().ok_or_else(|| refused("a call needs a setup"))?;
        let limit = Duration::from_micros(limit);
        let load_failed = |message| Reply::LoadFailed { message };
        let libraries = &mut self.libraries;
        let places = confinement::within(limit, || {
            prepared.places(libraries, entry, &self.parameters, purpose)
        })?;
        let mode = libraries.mode(&entry.library).unwrap_or(self.mode);
        let may_change =
            self.alone.as_ref() == Some(&entry.library) || self.own.contains(&entry.library);
        if mode != self.mode && !may_change {
            return Err(Reply::Apart { tainted: false });
        }
        let waited = libraries.quieten(entry).map_err(load_failed)?;
        let function = libraries.entry(entry).map_err(load_failed)?;
        if waited {
            // Its threads and the cores wake up in a run that nobody times.
            prepared.arena.restore(&places);
            mode.during(|| call(function, &places, &self.parameters, limit));
        }
        prepared.arena.restore(&places);
        if prepared.cold {
            flush::flush(&places);
        }
        let before = preemptions();
        let (ns, left) = mode.during(|| call(function, &places, &self.parameters, limit));
        self.preempted = preemptions().saturating_sub(before);
        // A run begins as its library's constructors left the processor, whatever the last one did to it.
        if left != mode && !may_change {
            return Err(Reply::Apart { tainted: true });
        }
        Ok((ns, places))
    }
}

impl Prepared {
    /// Where a function has the buffers; loads its library.
    fn places(
        &mut self,
        libraries: &mut Libraries,
        entry: &EntryPoint,
        parameters: &[i64],
        purpose: Purpose,
    ) -> Result<Places, Reply> {
        libraries.entry(entry).map_err(|message| Reply::LoadFailed { message })?;
        let Some(locator) = &entry.locator else {
            let places = if purpose == Purpose::Time { &self.home } else { &self.guarded };
            return Ok(places.clone());
        };
        let key = (entry.library.clone(), locator.clone());
        if let Some(known) = self.located.get(&key) {
            return Ok(known.clone());
        }
        let places = locate(libraries, &mut self.arena, entry, parameters)?;
        self.located.insert(key, places.clone());
        Ok(places)
    }
}

/// Where a library has the buffers, by the word of its locator.
fn locate(
    libraries: &mut Libraries,
    arena: &mut Arena,
    entry: &EntryPoint,
    parameters: &[i64],
) -> Result<Places, Reply> {
    let Some(locator) = &entry.locator else { return Ok(Places::of_arena(arena)) };
    let locator = libraries
        .entry(&EntryPoint::new(&entry.library, locator))
        .map_err(|message| Reply::LoadFailed { message })?;
    let mut found = arena.pointers().to_vec();
    run_unmeasured(locator, &mut found, parameters);
    Ok(Places::located(arena, &found))
}

/// How often the kernel has taken a processor from a thread of this process to give it to other work.
fn preemptions() -> u64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: the kernel writes the whole structure where it answers 0.
    let usage = unsafe {
        match libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) {
            0 => usage.assume_init(),
            _ => return 0,
        }
    };
    u64::try_from(usage.ru_nivcsw).unwrap_or(0)
}

fn refused(message: &str) -> Reply {
    Reply::Refused { message: message.to_owned() }
}

fn run_unmeasured(entry: Entry, pointers: &mut [*mut c_void], parameters: &[i64]) {
    // SAFETY: the loaded code is trusted to follow the documented interface and nothing more: this
    // process holds nothing but the arguments, and is thrown away when the code does harm.
    unsafe { entry(pointers.as_mut_ptr(), parameters.as_ptr()) };
}

/// Calls the entry point with a limit, after which the process dies by SIGALRM; its nanoseconds.
fn call(entry: Entry, places: &Places, parameters: &[i64], limit: Duration) -> u64 {
    let mut pointers = places.pointers();
    let duration = confinement::within(limit, || {
        let start = Instant::now();
        run_unmeasured(entry, &mut pointers, parameters);
        start.elapsed()
    });
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
