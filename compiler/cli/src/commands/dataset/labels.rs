//! One schedule's label: it is compiled, checked bit for bit and timed, cheaply.

use crate::laboratory::Laboratory;
use loopwright_ir::LoopTree;
use loopwright_runtime::{EntryPoint, Outcome, TimingOptions};
use std::time::Duration;

/// A schedule that is this much slower than the original is run once.
const HOPELESS: u64 = 20;

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

/// Labels schedules in one laboratory.
pub struct Labels<'l, 'p> {
    laboratory: &'l mut Laboratory<'p>,
    options: TimingOptions,
}

impl<'l, 'p> Labels<'l, 'p> {
    /// No schedule is timed for much longer than `budget`, its first run aside.
    pub fn new(laboratory: &'l mut Laboratory<'p>, budget: Duration) -> Self {
        let hopeless = laboratory.original_nanoseconds().saturating_mul(HOPELESS);
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

    /// Compiles, checks and times.
    pub fn label(&mut self, tree: &LoopTree) -> Label {
        match self.laboratory.compile(tree) {
            Ok(entry) => self.run(&entry),
            Err(reason) => Label::Failed(format!("cannot be compiled: {reason}")),
        }
    }

    /// The same for what is compiled already; a second call adds to what the first one measured.
    pub fn run(&mut self, entry: &EntryPoint) -> Label {
        let first = match self.laboratory.check(entry) {
            Ok(Outcome::Time(timing)) => timing.minimum_ns,
            Ok(Outcome::WrongResult(mismatch)) => return Label::Wrong(mismatch.to_string()),
            Ok(other) => return Label::Failed(other.to_string()),
            Err(error) => return Label::Failed(error.to_string()),
        };
        let mut runs = vec![first];
        if self.options.give_up_above_ns.is_none_or(|limit| first <= limit) {
            match self.laboratory.time(entry, &self.options) {
                Ok(Outcome::Time(timing)) => runs.extend(timing.runs),
                Ok(other) => return Label::Failed(other.to_string()),
                Err(error) => return Label::Failed(error.to_string()),
            }
        }
        Label::Times(runs.into_iter().map(|nanoseconds| nanoseconds as f64 / 1e6).collect())
    }

    /// Compiles what is to be run more than once.
    pub fn compile(&mut self, tree: &LoopTree) -> Result<EntryPoint, String> {
        self.laboratory.compile(tree)
    }
}
