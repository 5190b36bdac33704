//! How the space is walked: a beam over nests, then measurements and refinement.

mod beam;
mod groups;
mod measuring;

use crate::observer::{Event, Observer};
use crate::report::SearchReport;
use crate::space::nest::Estimates;
use crate::{Budget, Candidate, Ground, Machine, Measurer, SearchError, StopReason};
use loopwright_analysis::Dependences;
use loopwright_ir::{LoopTree, Program, Schedule};
use std::sync::Arc;
use std::time::Instant;

/// Predicts how good schedules are.
pub trait Scorer {
    /// The predicted speedup over `original` of each of the trees, in one batch.
    fn score(&mut self, program: &Program, original: &LoopTree, trees: &[&LoopTree]) -> Vec<f64>;
}

/// How much is tried.
#[derive(Clone, Debug)]
pub struct SearchOptions {
    /// How many schedules go on after each nest.
    pub beam: usize,
    /// How many candidates are measured before the refinement, the original not counted.
    pub measure: usize,
    /// Orders the choices that look equally good.
    pub seed: u64,
    /// Schedules that were good before, for this program or one like it: those that apply are candidates, measured
    /// behind the original and before all others.
    pub seeds: Vec<Schedule>,
    /// About how many schedules are scored in all.
    pub evaluations: usize,
    /// Threads that apply and lower schedules.
    pub workers: usize,
    pub budget: Budget,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            beam: 4,
            measure: 8,
            seed: 0,
            seeds: Vec::new(),
            evaluations: 1600,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            budget: Budget::unlimited(),
        }
    }
}

/// What is left of a deadline for proposing schedules when they are also measured.
const PROPOSING_SHARE: f64 = 0.35;

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
    let ground = Ground::new(program, dependences).with_budget(options.budget.clone());
    let origin = ground.original();
    let loops = loopwright_transform::lower(program, &origin.tree)
        .map_err(|error| SearchError::Original(error.to_string()))?;
    let estimates = Estimates::of(&loops);
    let original =
        Candidate { schedule: origin.schedule.clone(), loops: Arc::new(loops), predicted: 1.0 };
    let budget = match measurer {
        Some(_) => options.budget.share(PROPOSING_SHARE),
        None => options.budget.clone(),
    };
    let seeds = seeded(&ground, &original, scorer, options);
    let mut beam = beam::Beam::new(&ground, &original, &estimates, machine, options, &budget);
    beam.run(scorer, observer);
    let beam::Found { mut pool, evaluated, deduplicated } = beam.finish();
    pool.extend(seeds.iter().cloned());
    pool.sort_by(|left, right| right.predicted.total_cmp(&left.predicted));
    let predicted: Vec<Candidate> = pool.iter().take(options.measure.max(1)).cloned().collect();
    let mut report = SearchReport {
        best: pool.first().cloned().unwrap_or_else(|| original.clone()),
        measured: Vec::new(),
        predicted,
        evaluated,
        refused: 0,
        deduplicated,
        stop: budget.exhausted().unwrap_or(StopReason::Finished),
        seconds: 0.0,
    };
    if let Some(measurer) = measurer {
        let mut measuring =
            measuring::Measuring::new(&ground, &original, &estimates, options, measurer);
        measuring.run(&seeds, &pool, scorer, observer);
        let (best, measured, scored, stop) = measuring.finish();
        report.best = best;
        report.measured = measured;
        report.evaluated += scored;
        report.stop = stop;
    }
    report.refused = ground.refused();
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// The seeds that apply, in their order, with their scores.
fn seeded(
    ground: &Ground<'_>,
    original: &Candidate,
    scorer: &mut dyn Scorer,
    options: &SearchOptions,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for schedule in &options.seeds {
        let Some(point) = ground.replay(schedule) else { continue };
        let Some(loops) = ground.lower(&point) else { continue };
        let schedule = point.schedule.clone();
        found.push(Candidate { schedule, loops: Arc::new(loops), predicted: 0.0 });
    }
    let trees: Vec<&LoopTree> = found.iter().map(|candidate| &*candidate.loops).collect();
    let scores = score_all(scorer, ground.program, &original.loops, &trees, &options.budget);
    for (candidate, score) in found.iter_mut().zip(scores) {
        candidate.predicted = score;
    }
    found
}

/// How many trees are scored between two looks at the clock.
const BATCH: usize = 32;

/// Scores candidates' loops; a score that is no positive number counts as hopeless. Where the budget ends, only the
/// first ones have scores, but one batch always does: it is what the time before was spent on.
fn score_all(
    scorer: &mut dyn Scorer,
    program: &Program,
    original: &LoopTree,
    trees: &[&LoopTree],
    budget: &Budget,
) -> Vec<f64> {
    let mut scores = Vec::with_capacity(trees.len());
    for batch in trees.chunks(BATCH) {
        if !scores.is_empty() && budget.exhausted().is_some() {
            break;
        }
        let wanted = scores.len() + batch.len();
        scores.extend(scorer.score(program, original, batch));
        scores.resize(wanted, 0.0);
    }
    for score in &mut scores {
        if !score.is_finite() || *score < 0.0 {
            *score = 0.0;
        }
    }
    scores
}

fn tell_score(observer: &mut dyn Observer, evaluated: usize, best: f64) {
    observer.event(Event::Scored { evaluated, best });
}
