//! One process and its pipes: start, exchange with a deadline, death.

use super::{WorkerCommand, WorkerError};
use crate::process::{forget, kill_group, spawn_group};
use crate::protocol::{MAXIMUM_LINE, Reply, Request};
use crate::serve::{self, undefined};
use crate::{Outcome, guard, memory};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a wait looks at the interrupt flag. Rare, for it takes a core from the measurement.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(100);
/// How much of the end of standard error is kept in a message, in bytes.
const KEPT_ERRORS: u64 = 2000;

/// The status with which the system's loader ends a process that calls what it cannot find.
const LOADERS_STATUS: i32 = 127;

/// What a request comes to.
pub enum Answer {
    Reply(Reply),
    Died(Outcome),
}

/// A running process. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Connection {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// An unnamed file that is the process's standard error.
    errors: File,
    pending: Vec<u8>,
    /// The process is dead and waited for: its number may be another's by now.
    reaped: bool,
    /// How many processes the kernel had killed for want of memory when this one started.
    killed_before: Option<u64>,
    interrupt: Option<Arc<AtomicBool>>,
}

/// How a wait for a line can end without one.
enum NoLine {
    Ended,
    DeadlinePassed,
    Interrupted,
    Failed(io::Error),
}

impl Connection {
    /// Starts the process in a process group of its own: Ctrl-C in a terminal reaches the parent only,
    /// which then decides.
    pub fn start(
        command: &WorkerCommand,
        threads: Option<usize>,
        interrupt: Option<Arc<AtomicBool>>,
    ) -> io::Result<Self> {
        let errors = tempfile::tempfile()?;
        let mut process = Command::new(&command.program);
        process
            .args(&command.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors.try_clone()?);
        process.envs(parallel_environment(threads, |name| std::env::var_os(name).is_some()));
        let mut child = spawn_group(&mut process).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", command.program.display()))
        })?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self {
                child,
                input,
                output,
                errors,
                pending: Vec::new(),
                reaped: false,
                killed_before: memory::killed_for_want(),
                interrupt,
            }),
            _ => {
                kill_group(&mut child);
                Err(io::Error::from(io::ErrorKind::BrokenPipe))
            }
        }
    }

    /// Whether the code that it runs has started threads.
    pub fn has_threads(&self) -> bool {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        tasks.map_or(0, Iterator::count) > serve::OWN_THREADS
    }

    /// Sends a request and waits for its reply. `limit` is the call's own, for the message; after
    /// `patience` the process is killed.
    pub fn exchange(
        &mut self,
        request: &Request,
        limit: Duration,
        patience: Duration,
    ) -> Result<Answer, WorkerError> {
        let mut line = serde_json::to_vec(request)
            .map_err(|error| WorkerError::Protocol(error.to_string()))?;
        if line.len() >= MAXIMUM_LINE {
            return Err(WorkerError::Protocol("the request is too long".to_owned()));
        }
        line.push(b'\n');
        // Where the process is gone already, the wait below finds out how.
        let sent = self.input.write_all(&line).and_then(|()| self.input.flush());
        if let Err(error) = sent
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Err(WorkerError::Protocol(error.to_string()));
        }
        match self.line(Instant::now() + patience) {
            Ok(line) => serde_json::from_slice(&line)
                .map(Answer::Reply)
                .map_err(|error| WorkerError::Protocol(error.to_string())),
            Err(NoLine::Ended) => Ok(Answer::Died(self.death(limit))),
            Err(NoLine::DeadlinePassed) => {
                self.kill();
                Ok(Answer::Died(Outcome::TimedOut { limit }))
            }
            Err(NoLine::Interrupted) => {
                self.kill();
                Err(WorkerError::Interrupted)
            }
            Err(NoLine::Failed(error)) => Err(WorkerError::Protocol(error.to_string())),
        }
    }

    fn line(&mut self, deadline: Instant) -> Result<Vec<u8>, NoLine> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let rest = self.pending.split_off(end + 1);
                return Ok(std::mem::replace(&mut self.pending, rest));
            }
            if self.pending.len() > MAXIMUM_LINE {
                return Err(NoLine::Failed(io::Error::other("a reply without an end")));
            }
            self.wait_for_bytes(deadline)?;
            let mut chunk = [0; 4096];
            match self.output.read(&mut chunk) {
                Ok(0) => return Err(NoLine::Ended),
                Ok(length) => self.pending.extend(chunk.iter().take(length)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(NoLine::Failed(error)),
            }
        }
    }

    fn wait_for_bytes(&self, deadline: Instant) -> Result<(), NoLine> {
        loop {
            let mut wait = deadline.saturating_duration_since(Instant::now());
            if let Some(interrupt) = &self.interrupt {
                if interrupt.load(Ordering::SeqCst) {
                    return Err(NoLine::Interrupted);
                }
                wait = wait.min(INTERRUPT_INTERVAL);
            }
            let milliseconds =
                i32::try_from(wait.as_millis()).unwrap_or(i32::MAX).saturating_add(1);
            let mut watched =
                libc::pollfd { fd: self.output.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            // SAFETY: one valid `pollfd`, whose descriptor is open as long as `self`.
            let ready = unsafe { libc::poll(&mut watched, 1, milliseconds) };
            if ready > 0 {
                return Ok(());
            }
            if ready < 0 {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(NoLine::Failed(error));
                }
            } else if Instant::now() >= deadline {
                return Err(NoLine::DeadlinePassed);
            }
        }
    }

    fn kill(&mut self) {
        if !self.reaped {
            kill_group(&mut self.child);
            self.reaped = true;
            guard::kill_strays();
        }
    }

    /// Why the process, whose output has ended, is dead.
    fn death(&mut self, limit: Duration) -> Outcome {
        // Its output may have been closed by the code while it runs on.
        let deadline = Instant::now() + Duration::from_secs(1);
        let status: ExitStatus = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    self.reaped = true;
                    forget(&self.child);
                    guard::kill_strays();
                    break status;
                }
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_micros(200));
                }
                _ => {
                    self.kill();
                    let message = "it closed the worker's pipe".to_owned();
                    return Outcome::Exited { status: -1, message };
                }
            }
        };
        match (status.signal(), status.code()) {
            (Some(libc::SIGALRM), _) => Outcome::TimedOut { limit },
            // The kernel kills for want of memory, and counts that; anybody else may have other reasons.
            (Some(libc::SIGKILL), _) => {
                let counted = memory::killed_for_want();
                if counted > self.killed_before { Outcome::OutOfMemory } else { Outcome::Killed }
            }
            (Some(signal), _) => self.crash(signal),
            (None, code) => self.exit(code.unwrap_or(-1)),
        }
    }

    /// A crash, perhaps of code that uses what is defined nowhere.
    fn crash(&mut self, signal: i32) -> Outcome {
        let errors = self.last_errors();
        let note = errors.lines().rev().find_map(|line| line.strip_prefix(undefined::NOTE));
        let symbols: Vec<String> =
            note.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        if !symbols.is_empty() && [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL].contains(&signal) {
            return Outcome::Undefined { symbols, signal: Some(signal) };
        }
        Outcome::Crashed { signal }
    }

    /// An end by itself. The loader ends a process with a status of its own when a function is called that is
    /// nowhere defined.
    fn exit(&mut self, status: i32) -> Outcome {
        let message = self.last_errors();
        let called = message.lines().rev().find_map(|line| line.rsplit_once("undefined symbol: "));
        if status == LOADERS_STATUS
            && message.contains("symbol lookup error")
            && let Some((_, name)) = called
        {
            let name = name.split([',', ' ']).next().unwrap_or(name).to_owned();
            return Outcome::Undefined { symbols: vec![name], signal: None };
        }
        let without_notes = message.lines().filter(|line| !line.starts_with(undefined::NOTE));
        let message = without_notes.collect::<Vec<_>>().join("\n");
        Outcome::Exited { status, message }
    }

    /// The end of what the process wrote to standard error.
    fn last_errors(&mut self) -> String {
        let mut read = || -> io::Result<Vec<u8>> {
            let length = self.errors.seek(SeekFrom::End(0))?;
            self.errors.seek(SeekFrom::Start(length.saturating_sub(KEPT_ERRORS)))?;
            let mut text = Vec::new();
            Read::by_ref(&mut self.errors).take(KEPT_ERRORS).read_to_end(&mut text)?;
            Ok(text)
        };
        String::from_utf8_lossy(&read().unwrap_or_default()).trim().to_owned()
    }
}

/// The environment that parallel loops run in, beside what the user has set.
///
/// Threads are bound to cores. Unbound, the second of two threads often woke on the core of the first
/// and stayed there, both yielding to each other: a fork and join took 40 µs instead of 2 µs, and a
/// parallel loop of 10 ms gained nothing in half of the processes (two cores, libomp 19). A single thread
/// stays free, for several workers would be bound to the same core. How long idle threads spin
/// (`KMP_BLOCKTIME`) is left at the runtime's 200 ms, which is what users of the code will have.
fn parallel_environment(
    threads: Option<usize>,
    is_set: impl Fn(&str) -> bool,
) -> Vec<(&'static str, String)> {
    let mut variables = Vec::new();
    if let Some(threads) = threads {
        variables.push(("OMP_NUM_THREADS", threads.to_string()));
        variables.push(("OMP_DYNAMIC", "false".to_owned()));
    }
    let users_own = ["OMP_PROC_BIND", "OMP_PLACES", "KMP_AFFINITY", "GOMP_CPU_AFFINITY"];
    if threads != Some(1) && !users_own.into_iter().any(is_set) {
        variables.push(("OMP_PROC_BIND", "true".to_owned()));
    }
    variables
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_bound_unless_there_is_one_or_the_user_decided() {
        let bound = |threads, set: &str| {
            parallel_environment(threads, |name| name == set)
                .iter()
                .any(|(name, _)| *name == "OMP_PROC_BIND")
        };
        assert!(bound(Some(2), "") && bound(None, "") && bound(None, "OMP_NUM_THREADS"));
        assert!(!bound(Some(1), "") && !bound(Some(2), "KMP_AFFINITY"));
    }
}
