//! What is scored and measured.

use crate::Origin;
use loopwright_ir::{LoopTree, Program, Schedule};
use std::sync::Arc;

/// A legal schedule with its loops and its score.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub schedule: Schedule,
    /// The program that the loops are of: the one searched, or what steps of the schedule made of it.
    pub program: Arc<Program>,
    pub loops: Arc<LoopTree>,
    /// How it came about: the structure, and for each nest the recipe with its numbers.
    pub origin: Arc<Origin>,
    /// Predicted speedup over the original; 1 for the original itself.
    pub predicted: f64,
}

/// Why there is nothing to search.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// The original order itself cannot be made into loops.
    #[error("the original order has no loops: {0}")]
    Original(String),
}
