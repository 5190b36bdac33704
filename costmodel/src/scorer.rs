//! Predicted speedups from the best model that can be used, and a word when that is not the learned one.

use crate::MachineFeatures;
use crate::analytical::AnalyticalModel;
use crate::features::{Features, extract};
use crate::model::{CostModel, ModelError};
use loopwright_ir::{LoopTree, Program};
use std::path::Path;

/// What predicts.
#[derive(Debug)]
pub enum Scorer {
    Learned(Box<CostModel>),
    /// The estimate from first principles, with the reason why the learned model is not used.
    Analytical {
        why: String,
    },
}

/// Something that a user should be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Scorer {
    /// Loads the model at `path`, or the shipped one without a path. When it cannot be used the
    /// analytical estimate takes its place, and the warning says so.
    pub fn load_or_fallback(path: Option<&Path>) -> (Self, Option<Warning>) {
        let loaded = path.map_or_else(CostModel::shipped, CostModel::load);
        match loaded {
            Ok(model) => (Self::Learned(Box::new(model)), None),
            Err(error) => {
                let why = error.to_string();
                let warning =
                    Warning(format!("{why}; schedules are ranked by an estimate instead"));
                (Self::Analytical { why }, Some(warning))
            }
        }
    }

    /// The analytical estimate by choice.
    pub fn analytical() -> Self {
        Self::Analytical { why: "it was asked for".to_owned() }
    }

    /// Predicted speedups over the original tree, in the order of the candidates: above 1 is faster.
    /// The program is a specialised one.
    pub fn score(
        &self,
        program: &Program,
        original: &LoopTree,
        candidates: &[&LoopTree],
        machine: &MachineFeatures,
    ) -> Result<Vec<f64>, ModelError> {
        match self {
            Self::Learned(model) => {
                let original = extract(program, original, machine);
                let features: Vec<Features> =
                    candidates.iter().map(|tree| extract(program, tree, machine)).collect();
                let speedups = model.log_speedups(&original, &features)?;
                Ok(speedups.into_iter().map(|speedup| f64::from(speedup).exp()).collect())
            }
            Self::Analytical { .. } => {
                let base = AnalyticalModel.seconds(program, original, machine);
                let time = |tree: &&LoopTree| AnalyticalModel.seconds(program, tree, machine);
                Ok(candidates.iter().map(|tree| base / time(tree)).collect())
            }
        }
    }
}
