//! One schedule's label: it is compiled, checked bit for bit and timed, with few runs.

use crate::failure::{Kind, OrFail, Outcome as Result};
use crate::laboratory::Laboratory;
use loopwright_codegen::{ENTRY, Kernel, Options, SymbolNames, host_target};
use loopwright_ir::{LoopTree, Program};
use loopwright_runtime::{EntryPoint, Outcome, TimingOptions, link_shared};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A schedule that is this much slower than the original is not run more than twice …
const HOPELESS: u64 = 20;
/// … unless it is quick all the same, in nanoseconds.
const QUICK: u64 = 3_000_000;

/// What came of one schedule.
#[derive(Clone, Debug)]
pub enum Label {
    /// All its runs, in milliseconds; the results are right.
    Times(Vec<f64>),
    /// It computes something else: a fault of the compiler's.
    Wrong(String),
    /// It could not be compiled or did not run to its end.
    Failed(String),
}

impl Label {
    /// The shortest time in milliseconds.
    pub fn best(&self) -> Option<f64> {
        match self {
            Self::Times(times) => times.iter().copied().min_by(f64::total_cmp),
            Self::Wrong(_) | Self::Failed(_) => None,
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(formatter, "{} runs", times.len()),
            Self::Wrong(found) => write!(formatter, "wrong result: {found}"),
            Self::Failed(reason) => formatter.write_str(reason),
        }
    }
}

/// Schedules of one program as shared objects, in a folder of their own that goes away with this.
pub struct Compiled {
    /// In the order of the trees, or why there is none.
    pub entries: Vec<std::result::Result<EntryPoint, String>>,
    _folder: TempDir,
}

/// Compiles all trees, on all cores, before anything is timed: it would disturb that.
pub fn compile_all(program: &Program, trees: &[&LoopTree]) -> Result<Compiled> {
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let options = Options::new(host_target(), SymbolNames::entry_only());
    let compile = |position: usize, tree: &LoopTree| {
        let kernel = Kernel { program, tree, fallback: None };
        let object = loopwright_codegen::compile(&kernel, &options)
            .map_err(|error| format!("cannot be compiled: {error}"))?
            .object;
        let library = link_shared(&object, folder.path(), &format!("label{position}.so"))
            .map_err(|error| error.to_string())?;
        Ok(EntryPoint::new(library, ENTRY))
    };
    let next = AtomicUsize::new(0);
    let slots: Vec<_> = trees.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let (Some(tree), Some(slot)) = (trees.get(position), slots.get(position)) else {
                return;
            };
            let result = compile(position, tree);
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(result);
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(trees.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let entries = slots
        .into_iter()
        .map(|slot| slot.into_inner().ok().flatten())
        .map(|slot| slot.unwrap_or_else(|| Err("its compilation was cut off".to_owned())))
        .collect();
    Ok(Compiled { entries, _folder: folder })
}

/// Labels schedules in one laboratory.
pub struct Labels<'l, 'p> {
    laboratory: &'l mut Laboratory<'p>,
    options: TimingOptions,
}

impl<'l, 'p> Labels<'l, 'p> {
    /// No schedule is timed for much longer than `budget`, its first run aside.
    pub fn new(laboratory: &'l mut Laboratory<'p>, budget: Duration) -> Self {
        let hopeless = laboratory.original_nanoseconds().saturating_mul(HOPELESS).max(QUICK);
        let options = TimingOptions {
            minimum_runs: 3,
            maximum_runs: 15,
            budget,
            settled_runs: 3,
            run_limit: Duration::from_nanos(hopeless).max(Duration::from_secs(1)),
            give_up_above_ns: Some(hopeless),
            ..TimingOptions::default()
        };
        Self { laboratory, options }
    }

    /// Checks and times one of [`Compiled::entries`].
    pub fn label(&mut self, entry: &std::result::Result<EntryPoint, String>) -> Label {
        let entry = match entry {
            Ok(entry) => entry,
            Err(reason) => return Label::Failed(reason.clone()),
        };
        let first = match self.laboratory.check(entry) {
            Ok(Outcome::Time(timing)) => timing.minimum_ns,
            Ok(Outcome::WrongResult(mismatch)) => return Label::Wrong(mismatch.to_string()),
            Ok(other) => return Label::Failed(other.to_string()),
            Err(error) => return Label::Failed(error.to_string()),
        };
        // The first run is not to be trusted alone: it may be the one that starts the threads.
        let mut runs = vec![first];
        match self.laboratory.time(entry, &self.options) {
            Ok(Outcome::Time(timing)) => runs.extend(timing.runs),
            Ok(other) => return Label::Failed(other.to_string()),
            Err(error) => return Label::Failed(error.to_string()),
        }
        Label::Times(runs.into_iter().map(|nanoseconds| nanoseconds as f64 / 1e6).collect())
    }
}
