//! The search's choice, measured again in turn with the original, and one set of figures for the whole report.
//!
//! During a search the original's best time so far falls, and a candidate's few runs lie where the machine
//! happened to be fast or slow: ratios of different moments contradict each other. So what looks fastest is
//! measured again, longer and in turn with the original. What that gives takes the place of the search's
//! figure, and where something else looks faster then, that comes next. In the end all ratios are over the
//! same time of the original.

use crate::arithmetic::Accuracy;
use crate::failure::{Failure, Kind, Outcome};
use crate::laboratory::Laboratory;
use loopwright_ir::Schedule;
use loopwright_runtime::Comparison;
use loopwright_search::{Measured, SearchReport};
use std::time::Duration;

/// How long the first one and the original take turns.
const FIRST: Duration = Duration::from_secs(3);
/// How long each further one does.
const FURTHER: Duration = Duration::from_secs(1);
/// How many are measured again at most.
const MOST: usize = 4;
/// The part by which the original's own best time must be shorter to be worth a word.
const NOTABLE: f64 = 0.9;

/// What stood when measured again.
pub struct Confirmation {
    /// Of the choice; `None` where the source stays, or where an interrupt left no time for it.
    pub comparison: Option<Comparison>,
    pub accuracy: Option<Accuracy>,
    /// Whether nothing was faster than the source as its compiler compiles it.
    pub source_stays: bool,
    /// The original's best time in nanoseconds while only it ran, where it is much shorter than in turns.
    pub original_alone: Option<u64>,
    /// How many looked faster than the choice and were not measured again.
    pub open: usize,
}

impl Confirmation {
    /// Where nothing was measured.
    pub fn unmeasured() -> Self {
        Self {
            comparison: None,
            accuracy: None,
            source_stays: false,
            original_alone: None,
            open: 0,
        }
    }
}

struct Tried {
    schedule: Schedule,
    comparison: Comparison,
    accuracy: Option<Accuracy>,
}

/// Measures again what looks fastest, and makes the report's choice and figures agree with it.
pub fn confirm(
    laboratory: &mut Laboratory<'_>,
    report: &mut SearchReport,
    fast_math: bool,
) -> Outcome<Confirmation> {
    let alone = laboratory.original_nanoseconds();
    let mut tried: Vec<Tried> = Vec::new();
    let mut interrupted = false;
    report.refer_to(seconds(alone));
    while tried.len() < MOST {
        let Some(fastest) = report.fastest().cloned() else { break };
        if known(&tried, &fastest.candidate.schedule)
            || fastest.measurement.speedup().is_none_or(|speedup| speedup < 1.0)
        {
            break;
        }
        let candidate = fastest.candidate;
        let entry = laboratory
            .entry(&candidate, None)
            .map_err(|error| Failure::new(Kind::Other, error.to_string()))?;
        // The last one that was checked need not be this one.
        let checked = fast_math && laboratory.check(&entry).is_ok();
        let accuracy = laboratory.accuracy().filter(|_| checked).cloned();
        let budget = if tried.is_empty() { FIRST } else { FURTHER };
        let Ok(comparison) = laboratory.compare(&entry, budget) else {
            // After an interrupt, or without time for it, there is no second look: the search's own figures
            // stand, unless there was one already.
            interrupted = tried.is_empty();
            break;
        };
        match comparison.candidate.timing() {
            Some(timing) => report.correct(&candidate.schedule, Ok(seconds(timing.minimum_ns))),
            None => report.correct(&candidate.schedule, Err(comparison.candidate.to_string())),
        }
        if let Some(original) = &comparison.original {
            report.refer_to(seconds(original.minimum_ns));
        }
        tried.push(Tried { schedule: candidate.schedule, comparison, accuracy });
    }
    let choice = if interrupted { None } else { best(&mut tried) };
    let Some(choice) = choice else {
        let stays = !interrupted
            || report
                .fastest()
                .is_none_or(|one| one.measurement.speedup().is_none_or(|ratio| ratio < 1.0));
        report.refer_to(seconds(laboratory.original_nanoseconds()));
        if stays {
            report.choose(&Schedule::original());
        } else if let Some(fastest) = report.fastest().cloned() {
            report.choose(&fastest.candidate.schedule);
        }
        let gain = |one: &Measured| one.measurement.speedup().is_some_and(|ratio| ratio >= 1.0);
        let faster = report.measured.iter().filter(|one| stays && gain(one));
        let open = faster.filter(|one| !known(&tried, &one.candidate.schedule)).count();
        return Ok(Confirmation { source_stays: stays, open, ..Confirmation::unmeasured() });
    };
    let original = choice.comparison.original.as_ref().map_or(alone, |timing| timing.minimum_ns);
    report.refer_to(seconds(original));
    report.choose(&choice.schedule);
    let faster = report.faster_than(&choice.schedule);
    let open = faster.filter(|schedule| !known(&tried, schedule)).count();
    Ok(Confirmation {
        comparison: Some(choice.comparison),
        accuracy: choice.accuracy,
        source_stays: false,
        original_alone: Some(alone).filter(|alone| (*alone as f64) < NOTABLE * original as f64),
        open,
    })
}

fn known(tried: &[Tried], schedule: &Schedule) -> bool {
    tried.iter().any(|one| one.schedule == *schedule)
}

/// Takes the one out that gains most over the original beside it, if any gains.
fn best(tried: &mut Vec<Tried>) -> Option<Tried> {
    let gain = |one: &Tried| one.comparison.speedup().unwrap_or(0.0);
    let (position, _) = tried
        .iter()
        .enumerate()
        .filter(|(_, one)| gain(one) >= 1.0)
        .max_by(|(_, one), (_, other)| gain(one).total_cmp(&gain(other)))?;
    Some(tried.swap_remove(position))
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds.max(1) as f64 / 1e9
}
