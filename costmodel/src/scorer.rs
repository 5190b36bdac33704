//! Predicted speedups: by the estimate from first principles, or by a learned model where one is asked for.

use crate::MachineFeatures;
use crate::cost::{Analysis, Rates};
use crate::features::{Features, extract};
use crate::model::{CostModel, ModelError};
use loopwright_ir::{LoopTree, Program};
use std::path::Path;

/// What predicts.
#[derive(Debug)]
pub enum Scorer {
    Learned {
        model: Box<CostModel>,
        /// For what the model cannot predict.
        rates: Option<Rates>,
    },
    /// The estimate, with the machine's rates where they are known.
    Estimate { rates: Option<Rates> },
}

/// Something that a user should be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The names that stand for no model, and for the one that is shipped.
pub const NO_MODEL: &str = "none";
pub const SHIPPED: &str = "shipped";

/// So many trees are worth a thread of their own.
const SHARE: usize = 16;

impl Scorer {
    /// The model at `path`, or the shipped one where that is [`SHIPPED`]. Without one, or with [`NO_MODEL`], it is the
    /// estimate; also, with a warning, when the model cannot be used.
    pub fn load_or_fallback(path: Option<&Path>, rates: Option<Rates>) -> (Self, Option<Warning>) {
        let loaded = match path {
            None => return (Self::Estimate { rates }, None),
            Some(path) if path == Path::new(NO_MODEL) => return (Self::Estimate { rates }, None),
            Some(path) if path == Path::new(SHIPPED) => CostModel::shipped(),
            Some(path) => CostModel::load(path),
        };
        match loaded {
            Ok(model) => (Self::Learned { model: Box::new(model), rates }, None),
            Err(error) => {
                let warning =
                    Warning(format!("{error}; schedules are ranked by an estimate instead"));
                (Self::Estimate { rates }, Some(warning))
            }
        }
    }

    /// The estimate that goes on where this one could not.
    pub fn estimate(&self) -> Self {
        let (Self::Learned { rates, .. } | Self::Estimate { rates }) = self;
        Self::Estimate { rates: *rates }
    }

    /// Predicted speedups over the original tree of its program, in the order of the candidates: above 1 is faster.
    /// Programs are specialised ones; that of the candidates is the original's, or what a schedule made of it.
    pub fn score(
        &self,
        (first, original): (&Program, &LoopTree),
        program: &Program,
        candidates: &[&LoopTree],
        machine: &MachineFeatures,
    ) -> Result<Vec<f64>, ModelError> {
        match self {
            Self::Learned { model, .. } => {
                let original = extract(first, original, machine);
                let features: Vec<Features> =
                    candidates.iter().map(|tree| extract(program, tree, machine)).collect();
                let speedups = model.log_speedups(&original, &features)?;
                Ok(speedups.into_iter().map(|speedup| f64::from(speedup).exp()).collect())
            }
            Self::Estimate { rates } => {
                let rates = rates.unwrap_or_else(|| Rates::usual(machine));
                let base = nanoseconds(first, original, machine, &rates);
                let pairs: Vec<_> = candidates.iter().map(|tree| (program, *tree)).collect();
                let times = estimates(&pairs, machine, &rates);
                Ok(times.into_iter().map(|time| base / time).collect())
            }
        }
    }
}

fn nanoseconds(
    program: &Program,
    tree: &LoopTree,
    machine: &MachineFeatures,
    rates: &Rates,
) -> f64 {
    Analysis::new(program, tree, machine, rates).total().total.max(1.0)
}

/// Estimated nanoseconds of many trees, on all cores where there are enough of them.
pub fn estimates(
    trees: &[(&Program, &LoopTree)],
    machine: &MachineFeatures,
    rates: &Rates,
) -> Vec<f64> {
    let one = |(program, tree): &(&Program, &LoopTree)| nanoseconds(program, tree, machine, rates);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(trees.len() / SHARE);
    if threads <= 1 {
        return trees.iter().map(one).collect();
    }
    let mut times = vec![0.0; trees.len()];
    let part = trees.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for (trees, times) in trees.chunks(part).zip(times.chunks_mut(part)) {
            scope.spawn(move || {
                for (tree, time) in trees.iter().zip(times) {
                    *time = one(tree);
                }
            });
        }
    });
    times
}
