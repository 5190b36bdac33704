//! One worker process: asked in JSON lines, replaced when it dies or hangs.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_fuzz::Tally;
use loopwright_fuzz::checking::Checks;
use loopwright_fuzz::protocol::{Event, Judgement, Request};
use loopwright_fuzz::text::TextTally;
use loopwright_ir::planted::Fault;
use loopwright_runtime::{forget, spawn_group};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a worker may be silent while it compiles a batch, and otherwise. Only time in which it may
/// run counts: one that somebody suspends, alone or with this process, does not hang.
const COMPILE_LIMIT: Duration = Duration::from_secs(180);
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// How long a worker that is not needed any more may take to end by itself.
const PARTING: Duration = Duration::from_millis(500);

/// Silence is counted in these.
const SLICE: Duration = Duration::from_secs(1);

/// Hang up, interrupt, kill and terminate.
const OUTSIDE: [i32; 4] = [1, 2, 9, 15];

/// How a worker is started.
#[derive(Clone, Debug)]
pub struct Settings {
    pub compiler: String,
    pub planted: Option<Fault>,
}

/// A running worker.
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    /// The programs of the batches it was asked for: the first one, and how many.
    pub served: Vec<(u64, u64)>,
}

/// What came of a request.
pub enum Answer {
    Done(Tally),
    Judged(Judgement),
    Checked(Checks),
    Texts(TextTally),
    /// The process is gone; what it said last, and how it ended.
    Died {
        last: Option<Event>,
        reason: String,
        hung: bool,
        /// A signal ended it that no fault in code raises: somebody or the system stopped it.
        outside: bool,
    },
}

impl Process {
    /// Starts a worker: the same executable in another role.
    pub fn start(settings: &Settings) -> Outcome<Self> {
        // On Linux the very file that runs, even if another one has taken its path.
        let own = Path::new("/proc/self/exe");
        let program = if own.exists() {
            own.to_owned()
        } else {
            std::env::current_exe().or_fail(Kind::Environment)?
        };
        let mut command = Command::new(program);
        command.arg("fuzz-worker").arg("--compiler").arg(&settings.compiler);
        if let Some(fault) = settings.planted {
            command.arg("--planted").arg(fault.name());
        }
        // Threads that wait must not take the cores from other workers.
        command.env("OMP_NUM_THREADS", "2").env("KMP_BLOCKTIME", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = spawn_group(&mut command).or_fail(Kind::Environment)?;
        let (sender, lines) = channel();
        let output = child.stdout.take();
        std::thread::spawn(move || {
            for line in output.map(BufReader::new).into_iter().flat_map(BufRead::lines) {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { input: child.stdin.take(), child, lines, served: Vec::new() })
    }

    /// Asks, and passes on what is found until the answer comes. After `Died` the process is useless.
    pub fn ask(&mut self, request: &Request, see: &mut dyn FnMut(Event)) -> Outcome<Answer> {
        let mut line = serde_json::to_vec(request).or_fail(Kind::Other)?;
        line.push(b'\n');
        if let Request::Batch { first, count, .. } = request {
            self.served.push((*first, *count));
        }
        let mut last = None;
        let written = self.input.as_mut().map(|input| input.write_all(&line));
        if !matches!(written, Some(Ok(()))) {
            return Ok(self.died(last, None));
        }
        let mut silent = Duration::ZERO;
        loop {
            let limit =
                if matches!(last, Some(Event::Compiling)) { COMPILE_LIMIT } else { SILENCE_LIMIT };
            let line = match self.lines.recv_timeout(SLICE) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    if !self.is_suspended() {
                        silent += SLICE;
                    }
                    if silent >= limit {
                        return Ok(self.died(last, Some(limit)));
                    }
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(self.died(last, None)),
            };
            silent = Duration::ZERO;
            // What loaded code prints is no event.
            let Ok(event) = serde_json::from_str::<Event>(&line) else { continue };
            match event {
                Event::Done(tally) => return Ok(Answer::Done(tally)),
                Event::Judged(judgement) => return Ok(Answer::Judged(judgement)),
                Event::Checked(checks) => return Ok(Answer::Checked(checks)),
                Event::TextsDone(tally) => return Ok(Answer::Texts(tally)),
                Event::Refused(reason) => return Err(Failure::new(Kind::Environment, reason)),
                found @ (Event::Found(_) | Event::FoundText(_)) => see(found),
                other => last = Some(other),
            }
        }
    }

    /// Whether a signal has stopped the process, by the system's word; no where it has none.
    fn is_suspended(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        // The name before the state is in brackets and may hold anything.
        let state = status.ok().and_then(|text| text.rsplit_once(") ")?.1.chars().next());
        matches!(state, Some('T' | 't'))
    }

    fn died(&mut self, last: Option<Event>, silent: Option<Duration>) -> Answer {
        if let Some(limit) = silent {
            let _ = self.child.kill();
            let _ = self.child.wait();
            let reason = format!("no answer within {} s", limit.as_secs());
            return Answer::Died { last, reason, hung: true, outside: false };
        }
        let _ = self.child.kill();
        let mut outside = false;
        let reason = match self.child.wait() {
            Ok(status) => match status.signal() {
                Some(signal) => {
                    outside = OUTSIDE.contains(&signal);
                    format!("signal {signal}")
                }
                None => format!("exit status {}", status.code().unwrap_or(-1)),
            },
            Err(error) => error.to_string(),
        };
        Answer::Died { last, reason, hung: false, outside }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Without input a worker ends by itself, and removes its files; one that hangs is not waited for.
        self.input = None;
        let deadline = Instant::now() + PARTING;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        forget(&self.child);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspended_worker_is_told_from_one_that_hangs() {
        let child = Command::new("sleep").arg("60").spawn().expect("sleep runs");
        let process = Process { child, input: None, lines: channel().1, served: Vec::new() };
        assert!(!process.is_suspended());
        let id = process.child.id().to_string();
        let sent = Command::new("kill").args(["-STOP", &id]).status().expect("kill runs");
        assert!(sent.success());
        let waited = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            process.is_suspended()
        });
        assert!(waited, "the worker was stopped");
    }
}
