//! Several sides in turn, until the time of each has settled.

use super::program::Program;
use crate::failure::Outcome;
use crate::laboratory::{Laboratory, worker_failure};
use loopwright_runtime::{EntryPoint, Outcome as RunOutcome, Series, Timing, TimingOptions};
use std::time::{Duration, Instant};

/// Something that can be timed.
#[derive(Clone, Debug)]
pub enum Side {
    /// A function on the laboratory's buffers.
    Entry(EntryPoint),
    /// A whole program, which works on data of its own.
    Program(Program),
}

/// Runs all sides once, again and again, so that whatever else the machine does hits them alike. A side
/// whose run fails leaves, with the reason; the others go on.
///
/// # Errors
/// An interrupt, or a worker process that cannot be started.
pub fn alternate(
    laboratory: &mut Laboratory<'_>,
    sides: &[Side],
    budget: Duration,
) -> Outcome<Vec<Result<Timing, String>>> {
    let options =
        TimingOptions { minimum_runs: 5, maximum_runs: 100, budget, ..TimingOptions::default() };
    let mut series: Vec<Result<Series<'_>, String>> =
        sides.iter().map(|_| Ok(Series::new(&options))).collect();
    let start = Instant::now();
    loop {
        for (side, state) in sides.iter().zip(&mut series) {
            let Ok(runs) = state else { continue };
            let found = match side {
                Side::Program(program) => program.run(),
                Side::Entry(entry) => match laboratory.sample(entry).map_err(worker_failure)? {
                    RunOutcome::Time(timing) => Ok(timing.minimum_ns),
                    other => Err(other.to_string()),
                },
            };
            match found {
                Ok(nanoseconds) => runs.push(nanoseconds),
                Err(reason) => *state = Err(reason),
            }
        }
        let mut left = series.iter().flatten();
        let settled = series.iter().flatten().all(Series::is_settled);
        if settled || left.any(|runs| runs.is_over(start.elapsed())) {
            break;
        }
    }
    let finish = |runs: Series<'_>| runs.timing().ok_or_else(|| "it never ran".to_owned());
    Ok(series.into_iter().map(|state| state.and_then(finish)).collect())
}
