//! How the space is walked: structures, plans of first choices, then measurements.

mod explore;
mod walk;

use crate::draft::Patience;
use crate::observer::{Event, Observer};
use crate::plan::Planner;
use crate::report::SearchReport;
use crate::structure::structures;
use crate::{Base, Budget, Candidate, Machine, Measurer, Origin, SearchError, StopReason};
use loopwright_analysis::Dependences;
use loopwright_ir::{LoopTree, Program, Schedule};
use std::sync::Arc;
use std::time::Instant;

/// Predicts how good schedules are.
pub trait Scorer {
    /// The predicted speedup of each of the trees of `program` over the original order, which is of the program before
    /// any step changed it.
    fn score(
        &mut self,
        original: (&Program, &LoopTree),
        program: &Program,
        trees: &[&LoopTree],
    ) -> Vec<f64>;
}

/// How much is tried.
#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    /// At most so many candidates are measured, the original and the seeds not counted.
    pub measure: Option<usize>,
    /// Orders what looks equally good.
    pub seed: u64,
    pub budget: Budget,
    /// Schedules to begin with, as what was found for the program before.
    pub seeds: Vec<Schedule>,
    /// Whether the report tells what was considered.
    pub explain: bool,
}

/// What of the time may go into proposing when there is also to be measured.
const PROPOSING_SHARE: f64 = 0.3;

/// Searches for a fast schedule of a program whose parameters all have values.
///
/// Without a `measurer` the best predicted schedule is chosen; with one, the fastest as measured, and
/// the original unless something is faster by more than noise.
///
/// # Errors
/// [`SearchError`] if not even the original order can be made into loops. Everything else ends in a
/// report.
pub fn search(
    program: &Program,
    dependences: &Dependences,
    scorer: &mut dyn Scorer,
    machine: &Machine,
    options: &SearchOptions,
    observer: &mut dyn Observer,
    measurer: Option<&mut dyn Measurer>,
) -> Result<SearchReport, SearchError> {
    let started = Instant::now();
    let share = if measurer.is_some() { PROPOSING_SHARE } else { 0.9 };
    let patience = Patience::new(&options.budget, share);
    let base = Arc::new(Base {
        prefix: Vec::new(),
        program: Arc::new(program.clone()),
        dependences: Arc::new(dependences.clone()),
        patience: patience.clone(),
    });
    let origin = base.original();
    let loops = loopwright_transform::lower(program, &origin.tree)
        .map_err(|error| SearchError::Original(error.to_string()))?;
    let original = Candidate {
        schedule: Schedule::original(),
        program: Arc::clone(&base.program),
        loops: Arc::new(loops),
        origin: Arc::new(Origin::named("the source's order")),
        predicted: 1.0,
    };
    let planner = Planner::new(structures(&base, machine));
    patience.all_is_ordered();
    let mut scores = Scores { scorer, original: &original, budget: &options.budget, evaluated: 1 };
    let mut explorer = explore::Explorer::new(&planner, &original, options);
    explorer.begin_with(&base);
    explorer.propose(&mut scores, observer);
    patience.all_is_proposed();
    if let Some(measurer) = measurer {
        explorer.measure_all(measurer, &mut scores, observer);
    }
    let mut report = explorer.finish();
    report.evaluated = scores.evaluated;
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Scores candidates and counts them.
pub struct Scores<'a> {
    scorer: &'a mut dyn Scorer,
    original: &'a Candidate,
    budget: &'a Budget,
    evaluated: usize,
}

/// How many trees are scored between two looks at the clock.
const BATCH: usize = 32;

impl Scores<'_> {
    /// Puts predictions into candidates; what is no positive number counts as hopeless. Where the budget ends,
    /// only the first ones have predictions, but one batch always does.
    pub fn predict(&mut self, candidates: &mut [Candidate]) {
        let mut first = true;
        for batch in candidates.chunks_mut(BATCH) {
            if !first && self.budget.exhausted().is_some() {
                break;
            }
            first = false;
            self.evaluated += batch.len();
            // A batch is of one program as a rule; where it is not, it falls apart.
            for alike in
                batch.chunk_by_mut(|left, right| Arc::ptr_eq(&left.program, &right.program))
            {
                let Some(program) = alike.first().map(|one| Arc::clone(&one.program)) else {
                    continue;
                };
                let trees: Vec<&LoopTree> = alike.iter().map(|one| &*one.loops).collect();
                let scores = self.scorer.score(
                    (&self.original.program, &self.original.loops),
                    &program,
                    &trees,
                );
                for (candidate, score) in alike.iter_mut().zip(scores) {
                    candidate.predicted = if score.is_finite() { score.max(0.0) } else { 0.0 };
                }
            }
        }
    }
}

fn tell_score(observer: &mut dyn Observer, evaluated: usize, best: f64) {
    observer.event(Event::Scored { evaluated, best });
}

/// Why a search of no more ideas ended.
fn ended(budget: &Budget) -> StopReason {
    budget.exhausted().unwrap_or(StopReason::Finished)
}
