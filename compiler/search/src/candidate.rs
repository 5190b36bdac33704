//! Points of the space and the only place where steps are applied and lowered.

use crate::Budget;
use loopwright_analysis::Dependences;
use loopwright_ir::{LoopTree, Program, Schedule, Step};
use loopwright_transform::Applied;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A legal schedule with the order that it gives.
pub type Point = Arc<Applied>;

/// A legal schedule with its loops and its score.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub schedule: Schedule,
    pub loops: Arc<LoopTree>,
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

/// The program and what is known of it; applies steps and remembers what came of them.
///
/// It may be shared between threads.
pub struct Ground<'a> {
    pub program: &'a Program,
    dependences: &'a Dependences,
    budget: Budget,
    known: Mutex<HashMap<Schedule, Option<Point>>>,
    illegal: AtomicUsize,
}

impl<'a> Ground<'a> {
    /// Of a specialised program and its dependences.
    pub fn new(program: &'a Program, dependences: &'a Dependences) -> Self {
        let (known, illegal) = (Mutex::default(), AtomicUsize::new(0));
        Self { program, dependences, budget: Budget::unlimited(), known, illegal }
    }

    /// The same, on which no step is taken any more when the budget has ended.
    pub fn with_budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// The original order.
    pub fn original(&self) -> Point {
        Arc::new(Applied::original(self.program))
    }

    /// The point after one more step; `None` if the step does not apply or is illegal, or if no time is left
    /// to find that out.
    pub fn apply(&self, point: &Point, step: Step) -> Option<Point> {
        let schedule = point.schedule.then(step.clone());
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = lock().get(&schedule) {
            return result.clone();
        }
        if self.budget.exhausted().is_some() {
            return None;
        }
        let applied = loopwright_transform::try_apply(self.program, self.dependences, point, &step);
        let result = applied.map(Arc::new);
        if result.is_none() {
            self.illegal.fetch_add(1, Ordering::Relaxed);
        }
        lock().insert(schedule, result.clone());
        result
    }

    /// The point of a whole schedule, from the original order.
    pub fn replay(&self, schedule: &Schedule) -> Option<Point> {
        schedule
            .steps()
            .iter()
            .try_fold(self.original(), |point, step| self.apply(&point, step.clone()))
    }

    /// The loops of a point.
    pub fn lower(&self, point: &Point) -> Option<LoopTree> {
        loopwright_transform::lower(self.program, &point.tree).ok()
    }

    /// How many applications of steps were refused.
    pub fn refused(&self) -> usize {
        self.illegal.load(Ordering::Relaxed)
    }
}
