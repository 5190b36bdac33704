//! Which program a worker process is.

use std::ffi::OsString;
use std::path::PathBuf;

/// The command line of a worker: a program whose named role calls [`crate::worker_main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// The program that is running now, with the argument `worker`.
impl Default for WorkerCommand {
    fn default() -> Self {
        // The link leads to the running program even where its file was replaced by a newer build.
        Self { program: PathBuf::from("/proc/self/exe"), arguments: vec!["worker".into()] }
    }
}

impl WorkerCommand {
    /// A program that is a worker without any argument.
    pub fn program(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: Vec::new() }
    }

    /// For programs that are not the compiler itself, such as tests and examples: the worker that was
    /// built into the folder of the running program or the one above it.
    pub fn beside_current_program() -> Option<Self> {
        let running = std::env::current_exe().ok()?;
        running.ancestors().skip(1).take(2).find_map(|folder| {
            let worker = folder.join("loopwright-worker");
            let compiler = folder.join("loopwright");
            if worker.is_file() {
                Some(Self::program(worker))
            } else if compiler.is_file() {
                Some(Self { program: compiler, arguments: vec!["worker".into()] })
            } else {
                None
            }
        })
    }
}
