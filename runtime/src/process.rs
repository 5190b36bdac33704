//! Subprocesses that are bounded in time and output: linkers, compilers.
//!
//! Each leads a process group of its own and carries the mark of [`guard`], so that it ends with this program.

use crate::guard;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Bytes of each output stream that are kept; the rest is read and dropped.
const KEPT_OUTPUT: u64 = 1 << 20;

/// The groups whose leaders run or wait to be reaped.
static LIVE: Mutex<Vec<libc::pid_t>> = Mutex::new(Vec::new());

/// Starts a command as the leader of a group of its own, marked as ours. Its end must be told ([`forget`]).
pub fn spawn_group(command: &mut Command) -> io::Result<Child> {
    command.process_group(0);
    // Nobody must look for strays between the start and the entry in the list.
    let mut live = LIVE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if guard::is_ending() {
        return Err(io::Error::other("the program is ending"));
    }
    guard::mark(command);
    let child = command.spawn()?;
    live.push(group(&child));
    Ok(child)
}

/// Takes a child that was reaped, or is about to be, off the list of those that run.
pub fn forget(child: &Child) {
    let mut live = LIVE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let group = group(child);
    live.retain(|other| *other != group);
}

/// Tells which groups run. None starts meanwhile.
pub(crate) fn with_live_groups<T>(look: impl FnOnce(&[libc::pid_t]) -> T) -> T {
    look(&LIVE.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn group(child: &Child) -> libc::pid_t {
    libc::pid_t::try_from(child.id()).unwrap_or(0)
}

/// What a subprocess left behind.
#[derive(Debug)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Why a subprocess gave no output.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// Most often the program is not installed.
    #[error("cannot run `{program}`: {source}")]
    Start { program: String, source: io::Error },
    #[error("`{program}` did not end within {:.1} s", .limit.as_secs_f64())]
    TimedOut { program: String, limit: Duration },
    #[error("lost `{program}` while it ran: {source}")]
    Lost { program: String, source: io::Error },
}

/// Runs a command to its end, without standard input, and gives what it wrote. After `limit` it is
/// killed with all its descendants that stayed in its process group.
pub fn run_bounded(mut command: Command, limit: Duration) -> Result<Output, ProcessError> {
    let deadline = Instant::now() + limit;
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn_group(&mut command)
        .map_err(|source| ProcessError::Start { program: program.clone(), source })?;
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);

    let output = (|| {
        let stdout = received(stdout, deadline)?;
        let stderr = received(stderr, deadline)?;
        Ok(Output { status: wait_until(&mut child, deadline)?, stdout, stderr })
    })();
    if output.is_ok() {
        forget(&child);
    }
    output.map_err(|failure| {
        kill_group(&mut child);
        match failure {
            Failure::TimedOut => ProcessError::TimedOut { program, limit },
            Failure::Lost(source) => ProcessError::Lost { program, source },
        }
    })
}

enum Failure {
    TimedOut,
    Lost(io::Error),
}

/// Reads a stream to its end in a thread of its own, so that no pipe fills up.
fn collect(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        // A stream that breaks off has given what there is; the exit status tells the rest.
        let _ = stream.by_ref().take(KEPT_OUTPUT).read_to_end(&mut kept);
        let _ = io::copy(&mut stream, &mut io::sink());
        let _ = sender.send(kept);
    });
    receiver
}

fn received(stream: Option<Receiver<Vec<u8>>>, deadline: Instant) -> Result<Vec<u8>, Failure> {
    let Some(stream) = stream else { return Ok(Vec::new()) };
    match stream.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(bytes) => Ok(bytes),
        Err(RecvTimeoutError::Timeout) => Err(Failure::TimedOut),
        Err(RecvTimeoutError::Disconnected) => {
            Err(Failure::Lost(io::Error::other("the thread that reads its output ended")))
        }
    }
}

/// Waits for the end of a process whose pipes are closed already, mostly a matter of microseconds.
fn wait_until(child: &mut Child, deadline: Instant) -> Result<ExitStatus, Failure> {
    let mut pause = Duration::from_micros(50);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() >= deadline => return Err(Failure::TimedOut),
            Ok(None) => std::thread::sleep(pause),
            Err(error) => return Err(Failure::Lost(error)),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Kills a child that leads its own process group, with the group, and reaps the child.
///
/// Must not be called for a child that was reaped: its number may be another's by then.
pub fn kill_group(child: &mut Child) {
    if let Ok(group) = libc::pid_t::try_from(child.id()) {
        // SAFETY: sends a signal. The leader is running or waits to be reaped, so that the number is
        // that of its group and no one else's.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
    let _ = child.kill();
    let _ = child.wait();
    forget(child);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_and_status_come_back() {
        let output = run_bounded(shell("echo out; echo err >&2; exit 3"), Duration::from_secs(10))
            .expect("runs");
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(output.stdout, b"out\n");
        assert_eq!(output.stderr, b"err\n");
    }

    #[test]
    fn a_process_that_hangs_is_killed_with_its_children() {
        let start = Instant::now();
        let result = run_bounded(shell("sleep 60 & sleep 60"), Duration::from_millis(100));
        assert!(matches!(result, Err(ProcessError::TimedOut { .. })), "{result:?}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn children_that_keep_the_pipe_open_are_bounded_too() {
        let start = Instant::now();
        let result = run_bounded(shell("sleep 60 &"), Duration::from_millis(100));
        assert!(matches!(result, Err(ProcessError::TimedOut { .. })), "{result:?}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn more_output_than_is_kept_does_not_block() {
        let output =
            run_bounded(shell("head -c 3000000 /dev/zero"), Duration::from_secs(20)).expect("runs");
        assert_eq!(output.stdout.len() as u64, KEPT_OUTPUT);
        assert!(output.status.success());
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run_bounded(Command::new("no-such-program-here"), Duration::from_secs(1))
            .expect_err("does not exist");
        assert!(error.to_string().contains("no-such-program-here"), "{error}");
    }
}
