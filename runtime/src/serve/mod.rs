//! The worker's side: it holds the buffers, loads shared objects, and runs one call for each request.
//!
//! It trusts nothing that it loads. Before a call it arms a timer whose signal ends the process, so
//! that the limit holds to the microsecond without the parent's help; a thread that waits for the
//! parent's end of the pipe to close ends the process when the parent is gone.

mod affinity;
mod arena;
pub(crate) mod compare;
mod confinement;
pub(crate) mod library;
pub(crate) mod mapping;

use crate::protocol::{EntryPoint, MAXIMUM_LINE, Reply, Request, Setup};
use arena::Arena;
use library::{Entry, Libraries};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
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

struct Server {
    input: BufReader<File>,
    output: File,
    libraries: Libraries,
    arena: Option<Arena>,
    parameters: Vec<i64>,
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
            arena: None,
            parameters: Vec::new(),
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
        match request {
            Request::Setup { setup, memory_limit, limit } => {
                self.set_up(setup, memory_limit, limit)
            }
            Request::Reference { entry, limit } => match self.run(&entry, limit) {
                Ok(ns) => match self.arena.as_mut().map(Arena::keep_reference) {
                    Some(Ok(())) => Reply::Ran { ns },
                    _ => Reply::OutOfMemory,
                },
                Err(reply) => reply,
            },
            Request::Check { entry, limit } => match self.run(&entry, limit) {
                Ok(ns) => match self.arena.as_mut().map(Arena::compare) {
                    Some(Ok(None)) => Reply::Ran { ns },
                    Some(Ok(Some(mismatch))) => Reply::Wrong { mismatch },
                    _ => Reply::Refused { message: "a check needs a reference".to_owned() },
                },
                Err(reply) => reply,
            },
            Request::Deviations { entry, limit } => match self.run(&entry, limit) {
                Ok(ns) => match self.arena.as_mut().map(Arena::deviations) {
                    Some(Ok(Ok(deviations))) => Reply::Deviates { ns, deviations },
                    Some(Ok(Err(mismatch))) => Reply::Wrong { mismatch },
                    _ => Reply::Refused { message: "a check needs a reference".to_owned() },
                },
                Err(reply) => reply,
            },
            Request::Sample { entry, limit } => match self.run(&entry, limit) {
                Ok(ns) => Reply::Ran { ns },
                Err(reply) => reply,
            },
        }
    }

    fn set_up(&mut self, setup: Setup, memory_limit: u64, limit: u64) -> Reply {
        if self.arena.is_some() {
            return Reply::Refused { message: "a worker is set up once".to_owned() };
        }
        confinement::limit_memory(memory_limit);
        let Ok(mut arena) = Arena::new(&setup.buffers) else { return Reply::OutOfMemory };
        self.parameters = setup.parameters;
        if let Some(initializer) = setup.initializer {
            match self.libraries.entry(&initializer) {
                Ok(entry) => {
                    call(entry, &mut arena, &self.parameters, limit);
                }
                Err(message) => return Reply::LoadFailed { message },
            }
        }
        if arena.keep_initial().is_err() {
            return Reply::OutOfMemory;
        }
        self.arena = Some(arena);
        Reply::Ready
    }

    /// One call from the initial contents; its duration in nanoseconds.
    fn run(&mut self, entry: &EntryPoint, limit: u64) -> Result<u64, Reply> {
        let Some(arena) = &mut self.arena else {
            return Err(Reply::Refused { message: "a call needs a setup".to_owned() });
        };
        let load_failed = |message| Reply::LoadFailed { message };
        let waited = self.libraries.quieten(entry).map_err(load_failed)?;
        let entry = self.libraries.entry(entry).map_err(load_failed)?;
        if waited {
            // Its threads and the cores wake up in a run that nobody times.
            arena.restore();
            call(entry, arena, &self.parameters, limit);
        }
        arena.restore();
        Ok(call(entry, arena, &self.parameters, limit))
    }
}

/// Calls the entry point with a limit in microseconds, after which the process dies by SIGALRM.
fn call(entry: Entry, arena: &mut Arena, parameters: &[i64], limit: u64) -> u64 {
    let pointers = arena.pointers();
    confinement::arm_timer(Duration::from_micros(limit.max(1)));
    let start = Instant::now();
    // SAFETY: the loaded code is trusted to follow the documented interface and nothing more: this
    // process holds nothing but the arguments, and is thrown away when the code does harm.
    unsafe { entry(pointers.as_mut_ptr(), parameters.as_ptr()) };
    let duration = start.elapsed();
    confinement::arm_timer(Duration::ZERO);
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
