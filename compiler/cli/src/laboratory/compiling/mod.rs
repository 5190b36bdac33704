//! Native code for a loop tree within a limit of time and memory.
//!
//! LLVM cannot be interrupted, and may take seconds for loops that look harmless: nests of sixteen, whose bounds
//! depend on each other, for example. So it works in a process of its own, the same executable in another role,
//! which stays for all candidates and is killed when it does not answer in time. A tree and the answer pass
//! through pipes in a fraction of a millisecond.

mod protocol;
mod server;

pub use server::{compile_tree, serve};

use loopwright_codegen::Target;
use loopwright_ir::{LoopTree, Program};
use loopwright_runtime::process::{forget, kill_group, spawn_group};
use loopwright_runtime::{EntryPoint, WorkerCommand};
use protocol::{Asked, Manner, Reply, receive, send};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The hidden subcommand that [`serve`]s.
pub const ROLE: &str = "compile-worker";

/// How often a wait looks at the interrupt flag.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(100);

/// Why there is no native code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCompiled {
    /// The tree is refused, or no process can be had.
    #[error("{0}")]
    Failed(String),
    #[error("LLVM was not done with it after {:.1} s", .0.as_secs_f64())]
    TooLong(Duration),
    #[error("interrupted")]
    Interrupted,
}

/// The handle of the process, which is started when it is needed.
pub struct Compiler {
    manner: Manner,
    folder: PathBuf,
    interrupt: Option<Arc<AtomicBool>>,
    process: Option<Process>,
}

/// A running process. Dropping it kills it.
struct Process {
    child: Child,
    input: ChildStdin,
    replies: Receiver<Reply>,
    /// What the trees are of that it is sent.
    program: Option<Program>,
    /// It works on a tree.
    busy: bool,
}

impl Compiler {
    /// Nothing is started yet. Shared objects will be in `folder`.
    pub fn new(
        target: &Target,
        fast_math: bool,
        folder: &Path,
        interrupt: Option<Arc<AtomicBool>>,
    ) -> Self {
        let manner = Manner {
            triple: target.triple.clone(),
            cpu: target.cpu.clone(),
            features: target.features.clone(),
            vector_bits: target.vector_bits,
            fast_math,
        };
        Self { manner, folder: folder.to_owned(), interrupt, process: None }
    }

    /// Starts the process and tells it of a program, so that it gets ready while something else is done.
    pub fn prepare(&mut self, program: &Program) -> Result<(), NotCompiled> {
        self.tell(program).map(drop).map_err(NotCompiled::Failed)
    }

    /// Hands over a tree. [`Self::finish`] has to be called before the next one.
    pub fn begin(
        &mut self,
        program: &Program,
        tree: &LoopTree,
        name: &str,
    ) -> Result<(), NotCompiled> {
        let folder = self.folder.clone();
        let process = self.tell(program).map_err(NotCompiled::Failed)?;
        let asked = Asked::Compile { tree, folder: &folder, name };
        process.busy = true;
        if let Err(error) = send(&mut process.input, &asked) {
            return Err(NotCompiled::Failed(self.lost(&error)));
        }
        Ok(())
    }

    /// Waits for the tree that was handed over.
    pub fn finish(&mut self, limit: Duration) -> Result<EntryPoint, NotCompiled> {
        let deadline = Instant::now() + limit;
        loop {
            let Some(process) = &mut self.process else {
                return Err(NotCompiled::Failed("nothing was handed over".to_owned()));
            };
            let interrupted =
                self.interrupt.as_ref().is_some_and(|flag| flag.load(Ordering::SeqCst));
            if interrupted {
                self.process = None;
                return Err(NotCompiled::Interrupted);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match process.replies.recv_timeout(left.min(INTERRUPT_INTERVAL)) {
                Ok(reply) => {
                    process.busy = false;
                    let entry = |library| EntryPoint::new(library, loopwright_codegen::ENTRY);
                    return reply.map(entry).map_err(NotCompiled::Failed);
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    self.process = None;
                    return Err(NotCompiled::TooLong(limit));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let gone = io::Error::from(io::ErrorKind::BrokenPipe);
                    return Err(NotCompiled::Failed(self.lost(&gone)));
                }
            }
        }
    }

    /// A running process that knows the program.
    fn tell(&mut self, program: &Program) -> Result<&mut Process, String> {
        let usable = self.process.take().filter(|process| !process.busy);
        let mut process = match usable {
            Some(process) => process,
            None => self.start().map_err(|error| format!("cannot start a compiler: {error}"))?,
        };
        if process.program.as_ref() != Some(program) {
            let sent = send(&mut process.input, &Asked::Program(program));
            process.program = Some(program.clone());
            if let Err(error) = sent {
                self.process = Some(process);
                return Err(self.lost(&error));
            }
        }
        Ok(self.process.insert(process))
    }

    fn start(&self) -> io::Result<Process> {
        let mut command = Command::new(WorkerCommand::default().program);
        command.arg(ROLE).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // A Ctrl-C in a terminal is for the parent, which decides.
        let mut child = spawn_group(&mut command)?;
        let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            kill_group(&mut child);
            return Err(io::Error::from(io::ErrorKind::BrokenPipe));
        };
        let (sender, replies) = channel();
        std::thread::spawn(move || {
            while let Ok(Some(reply)) = receive(&mut output) {
                if sender.send(reply).is_err() {
                    break;
                }
            }
        });
        let told = send(&mut input, &Asked::Manner(&self.manner));
        let process = Process { child, input, replies, program: None, busy: false };
        told.map(|()| process)
    }

    /// What became of a process that does not answer any more.
    fn lost(&mut self, error: &io::Error) -> String {
        let Some(mut process) = self.process.take() else { return error.to_string() };
        // It has closed its pipes, so it has ended or is about to.
        let mut ended = None;
        for _ in 0..100 {
            ended = process.child.try_wait().ok().flatten();
            if ended.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        match ended.and_then(|status| status.signal()) {
            Some(signal) => format!(
                "LLVM ended with signal {signal} on it, perhaps for want of memory (it may have 1.75 GiB)"
            ),
            None => format!("the process that compiles is gone: {error}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that was waited for is not there any more, and its number may be another's.
        if matches!(self.child.try_wait(), Ok(None)) {
            kill_group(&mut self.child);
        }
        forget(&self.child);
    }
}
