//! View 4, and the running of view 1: both in one library of one batch.
//!
//! Each pair runs twice, with the arrays at the end of their pages and at the beginning, so that what is read or written
//! beyond them is a fault, and is the pair's that did it. So is what leaves a local copy that was allocated (see
//! [`original`]). An array that the program reads under conditions on data only, none of which holds, is not there at all.

use crate::draw::Drawn;
use crate::failure::{Finding, View};
use crate::subject::Subject;
use crate::views::{is_packed, is_parallel};
use crate::{original, relaxed};
use loopwright_codegen::{Effort, Kernel, Target, emit_batch};
use loopwright_ir::{ArrayId, ElementType};
use loopwright_runtime::process::run_bounded;
use loopwright_runtime::{InsideLibraries, Mismatch, Side, Workspace, compile_c};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long clang and the linker may take for a batch.
const TOOL_LIMIT: Duration = Duration::from_secs(120);

/// Every so many programs get all of LLVM's passes.
const FULL_EVERY: u64 = 8;

/// Every so many parallel pairs run on real threads.
const REAL_EVERY: u64 = 8;

/// Whether the LLVM back end runs local copies.
pub const COPIES_RUN: bool = true;

/// The objects of a batch, and what the compiler refused.
type CompiledPairs = (Vec<PathBuf>, Vec<(u64, Finding)>);

/// A program with its drawn schedules.
pub struct Prepared {
    pub subject: Subject,
    pub drawn: Vec<Drawn>,
}

/// Why a batch has no library.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    #[error("the C texts: {0}")]
    Original(loopwright_runtime::ToolchainError),
    #[error("linking: {0}")]
    Link(String),
    #[error("{0}")]
    Write(#[from] std::io::Error),
}

/// The symbol of a pair's native code.
fn symbol(pair: u64) -> String {
    format!("fuzz_pair_{pair}")
}

/// How hard LLVM works on a program's schedules.
pub fn effort(index: u64) -> Effort {
    if index.is_multiple_of(FULL_EVERY) { Effort::Full } else { Effort::Quick }
}

/// Whether the native view looks at a pair.
pub fn is_run(drawn: &Drawn) -> bool {
    COPIES_RUN || !is_packed(&drawn.loops.roots)
}

/// Compiles the programs' own texts to an object.
pub fn compile_originals(
    subjects: &[&Subject],
    compiler: &str,
    folder: &Path,
) -> Result<PathBuf, NativeError> {
    let (source, object) = (folder.join("original.c"), folder.join("original.o"));
    std::fs::write(&source, original::text(subjects))?;
    let flags = ["-O0", "-ffp-contract=on", "-march=native", "-fPIC", "-c", "-w", "-fno-builtin"];
    compile_c(&source, &flags, compiler, &object, TOOL_LIMIT).map_err(NativeError::Original)?;
    Ok(object)
}

/// Compiles pairs to objects; those that cannot be compiled come back with the reason.
pub fn compile_pairs(
    batch: &[Prepared],
    target: &Target,
    folder: &Path,
) -> Result<CompiledPairs, NativeError> {
    let (mut objects, mut failed) = (Vec::new(), Vec::new());
    for wanted in [Effort::Quick, Effort::Full] {
        let mut kernels: Vec<(Kernel<'_>, String, u64)> = Vec::new();
        for prepared in batch.iter().filter(|it| effort(it.subject.index) == wanted) {
            for drawn in prepared.drawn.iter().filter(|drawn| is_run(drawn)) {
                let program = &drawn.ground(&prepared.subject).program;
                let kernel = Kernel { program, tree: &drawn.loops, fallback: None };
                kernels.push((kernel, symbol(drawn.pair), drawn.pair));
            }
        }
        if kernels.is_empty() {
            continue;
        }
        let all: Vec<_> = kernels.iter().map(|(kernel, name, _)| (*kernel, name.clone())).collect();
        let object = match emit_batch(&all, target, wanted) {
            Ok(object) => object,
            Err(_) => {
                // One of them fails: find out which, and leave those out.
                let mut fine = Vec::new();
                for (kernel, name, pair) in &kernels {
                    match emit_batch(&[(*kernel, name.clone())], target, wanted) {
                        Ok(_) => fine.push((*kernel, name.clone())),
                        Err(error) => failed.push((*pair, Finding::new(View::Compile, error))),
                    }
                }
                emit_batch(&fine, target, wanted)
                    .map_err(|error| NativeError::Link(error.to_string()))?
            }
        };
        let path = folder.join(format!("{wanted:?}.o"));
        std::fs::write(&path, object)?;
        objects.push(path);
    }
    Ok((objects, failed))
}

/// Links objects to a library.
pub fn link(objects: &[PathBuf], library: &Path) -> Result<(), NativeError> {
    let mut command = Command::new("ld");
    command.args(["-shared", "-Bsymbolic", "-z", "noexecstack"]);
    command.args(original::WRAPPED.map(|name| format!("--wrap={name}")));
    command.arg("-o").arg(library).args(objects);
    let output =
        run_bounded(command, TOOL_LIMIT).map_err(|error| NativeError::Link(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(NativeError::Link(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// One program's data: before any run, and after its own text ran.
pub struct Expected {
    initial: Workspace,
    result: Workspace,
    /// For the pairs, with the buffers at either side of their pages.
    live: [Workspace; 2],
}

/// The arrays that no statement accesses in each of its instances.
fn conditional_arrays(subject: &Subject) -> Vec<usize> {
    let program = &subject.synthetic.program;
    let surely = |array| program.statements.iter().any(|one| one.surely_uses(ArrayId(array)));
    (0..program.external_arrays().len()).filter(|array| !surely(*array)).collect()
}

impl Expected {
    /// Runs the program's own text.
    pub fn of(
        subject: &Subject,
        libraries: &mut InsideLibraries,
        library: &Path,
    ) -> Result<Self, Finding> {
        let memory = || Finding::new(View::Compile, "there is no memory for the arrays");
        let buffers = subject.buffers();
        let new = |side| Workspace::new(&buffers, subject.synthetic.seed, side).ok_or_else(memory);
        let initial = new(Side::Last)?;
        let mut result = new(Side::Last)?;
        conditional_arrays(subject).into_iter().for_each(|array| result.hide(array));
        libraries
            .load(library)
            .call_watched(&original::symbol(subject.index), &mut result, &subject.parameters)
            .map_err(|error| Finding::new(View::Compile, error))?;
        let mut live = [new(Side::Last)?, new(Side::First)?];
        for array in result.hidden() {
            live.iter_mut().for_each(|workspace| workspace.hide(array));
        }
        Ok(Self { live, initial, result })
    }

    /// How many arrays are not there.
    pub fn missing(&self) -> usize {
        self.result.hidden().len()
    }

    /// Runs a pair's native code and compares.
    pub fn run(
        &mut self,
        subject: &Subject,
        drawn: &Drawn,
        libraries: &mut InsideLibraries,
        library: &Path,
    ) -> Option<Finding> {
        (0..self.live.len()).find_map(|side| self.run_at(side, subject, drawn, libraries, library))
    }

    /// Runs native code of a pair on the first data, at one side of the pages.
    fn call_at(
        &mut self,
        side: usize,
        symbol: &str,
        subject: &Subject,
        drawn: &Drawn,
        libraries: &mut InsideLibraries,
        library: &Path,
    ) -> Result<Option<Mismatch>, Finding> {
        let Some(live) = self.live.get_mut(side) else { return Ok(None) };
        live.copy_from(&self.initial);
        let mut library = libraries.load(library);
        let mut call = |name: &str, live: &mut Workspace, values: &[i64]| {
            library.call(name, live, values).map_err(|error| Finding::new(View::Compile, error))
        };
        if is_parallel(&drawn.loops.roots) {
            let turn = drawn.pair / crate::SCHEDULES + drawn.pair;
            let threads = 2 + i64::try_from(turn % 3).unwrap_or(0);
            let real = i64::from(turn.is_multiple_of(REAL_EVERY));
            call(original::THREADS, live, &[threads, real])?;
        }
        call(symbol, live, &subject.parameters)?;
        Ok(live.difference(&self.result))
    }

    fn run_at(
        &mut self,
        side: usize,
        subject: &Subject,
        drawn: &Drawn,
        libraries: &mut InsideLibraries,
        library: &Path,
    ) -> Option<Finding> {
        let name = symbol(drawn.pair);
        match self.call_at(side, &name, subject, drawn, libraries, library) {
            Ok(mismatch) => mismatch.map(|mismatch| finding(subject, &mismatch)),
            Err(finding) => Some(finding),
        }
    }

    /// Runs a pair's native code with relaxed arithmetic; a finding where results are further off than
    /// that explains.
    pub fn run_relaxed(
        &mut self,
        subject: &Subject,
        drawn: &Drawn,
        libraries: &mut InsideLibraries,
        library: &Path,
    ) -> Option<Finding> {
        let name = relaxed::symbol(drawn.pair);
        match self.call_at(0, &name, subject, drawn, libraries, library) {
            Err(finding) => return Some(finding),
            Ok(None) => return None,
            Ok(Some(outside @ Mismatch::OutOfBounds { .. })) => {
                return Some(finding(subject, &outside));
            }
            // On other data the text may read what is hidden here.
            Ok(Some(Mismatch::Value { .. })) if self.missing() > 0 => return None,
            Ok(Some(Mismatch::Value { .. })) => {}
        }
        let found = self.live.first()?.values();
        let mut library = libraries.load(library);
        let mut changed = |factor: &mut dyn FnMut(ElementType) -> f64| {
            let live = self.live.get_mut(0)?;
            live.copy_from(&self.initial);
            live.scale(factor);
            let symbol = original::symbol(subject.index);
            library.call(&symbol, live, &subject.parameters).ok()?;
            Some(live.values())
        };
        let (before, right) = (self.initial.values(), self.result.values());
        let differs = relaxed::difference(&before, &right, &found, &mut changed)?;
        let relaxed::Difference { buffer, index, expected, found } = differs;
        let array = array_name(subject, buffer);
        let detail = format!("relaxed: {array}[{index}]: {found} instead of {expected}");
        Some(Finding::new(View::Relaxed, detail))
    }
}

fn array_name(subject: &Subject, buffer: usize) -> &str {
    subject.program.arrays.get(buffer).map_or("?", |array| array.name.as_str())
}

fn finding(subject: &Subject, mismatch: &Mismatch) -> Finding {
    let view = match mismatch {
        Mismatch::Value { .. } => View::Native,
        Mismatch::OutOfBounds { .. } => View::Fence,
    };
    let (Mismatch::Value { buffer, .. } | Mismatch::OutOfBounds { buffer }) = mismatch;
    Finding::new(view, format!("{}: {mismatch}", array_name(subject, *buffer)))
}
