//! C code compiled into shared objects, and the worker's program.

use loopwright_runtime::{EntryPoint, WorkerCommand, compile_c};
use std::path::PathBuf;
use std::time::Duration;

/// The worker that cargo built for these tests.
pub fn command() -> WorkerCommand {
    WorkerCommand::program(env!("CARGO_BIN_EXE_loopwright-worker"))
}

/// A shared object in a folder that goes with it.
pub struct Library {
    folder: tempfile::TempDir,
}

impl Library {
    pub fn compile(source: &str) -> Self {
        Self::compile_with(source, &[])
    }

    /// With further flags.
    pub fn compile_with(source: &str, flags: &[&str]) -> Self {
        let library = Self { folder: tempfile::tempdir().expect("temporary folder") };
        library.build(source, flags);
        library
    }

    /// Writes other code to the same path.
    #[allow(dead_code, reason = "every test file compiles this module for itself")]
    pub fn recompile(&self, source: &str) {
        self.build(source, &[]);
    }

    fn build(&self, source: &str, more: &[&str]) {
        let file = self.folder.path().join("kernel.c");
        std::fs::write(&file, source).expect("written");
        let flags = [&["-O1", "-w", "-shared", "-fPIC"], more].concat();
        compile_c(&file, &flags, "cc", &self.path(), Duration::from_secs(60)).expect("compiles");
    }

    pub fn entry(&self, symbol: &str) -> EntryPoint {
        EntryPoint::new(self.path(), symbol)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("kernel.so")
    }
}
