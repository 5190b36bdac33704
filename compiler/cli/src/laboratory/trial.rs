//! Contents under which equal bits say something.
//!
//! The reference runs on the program's own contents first. Where that gives nothing to compare with (see
//! [`super::vacuity`]), other contents are tried, the nearest to the program's first. What is timed is timed on
//! the same contents that are compared.

use super::buffers::{with_raised_diagonals, without_zeros};
use super::data::{Contents, DataReport};
use super::vacuity::{Vacuity, vacuity};
use super::worker_failure;
use crate::deadline::Deadline;
use crate::failure::Outcome;
use crate::waiting::Waiting;
use loopwright_ir::Program;
use loopwright_runtime::{EntryPoint, Origin, Setup, Timing, Worker, WorkerError, WorkerOptions};
use std::time::{Duration, Instant};

/// A worker whose contents are settled.
pub struct Settled {
    pub worker: Worker,
    /// The reference's first run on them.
    pub first: Timing,
    pub data: DataReport,
    /// How long the reference's first run took.
    pub excused: Duration,
}

/// Starts a worker, runs the reference, and goes on to other contents as long as nothing is compared.
pub fn settle(
    program: &Program,
    setup: &Setup,
    (reference, initializer): (&EntryPoint, Option<&str>),
    options: WorkerOptions,
    limit: Duration,
    deadline: Option<Deadline>,
) -> Outcome<Settled> {
    let mut own = setup.clone();
    let mut worker = Worker::start(options, own.clone()).map_err(worker_failure)?;
    let waiting = Waiting::begin("the original runs for the first time");
    let began = Instant::now();
    let mut first = match worker.set_original(reference, limit) {
        Err(error) if divided_by_zero(&error) => {
            own = without_zeros(&own);
            worker.set_up_again(own.clone()).map_err(worker_failure)?;
            worker.set_original(reference, limit).map_err(worker_failure)?
        }
        result => result.map_err(worker_failure)?,
    };
    drop(waiting);
    // One run of the original is beside the budget; no others are begun that do not fit into it.
    let excused = began.elapsed();
    let deadline = deadline.map(|deadline| deadline.excused(excused));
    let affordable = deadline.is_none_or(|deadline| deadline.remaining() / 4 > excused);
    let Some(vacuity) = judged(program, &worker) else {
        let filled = (Contents::Program, worker.origins());
        let data = DataReport::new(program, initializer, filled, None, None);
        return Ok(Settled { worker, first, data, excused });
    };
    let (origins, summaries) = (worker.origins().to_vec(), worker.summaries().to_vec());
    // Constants that take the place of other contents may be all that there is to compare.
    let mut fallback = (vacuity == Vacuity::Constant).then(|| (Contents::Program, own.clone()));
    let mut settled = None;
    let others = match affordable {
        true => others(program, &own, &vacuity, &origins),
        false => Vec::new(),
    };
    let stands = others.is_empty();
    for (contents, tried) in others {
        let Some((timing, used)) = try_contents(&mut worker, tried, reference, limit)? else {
            continue;
        };
        match judged(program, &worker) {
            None => {
                settled = Some((contents, timing));
                break;
            }
            Some(Vacuity::Constant) if fallback.is_none() => fallback = Some((contents, used)),
            Some(_) => {}
        }
    }
    let is_comparison = settled.is_some() || fallback.is_some();
    let contents = match settled {
        Some((contents, timing)) => {
            first = timing;
            contents
        }
        // The worker is as it was.
        None if stands => Contents::Program,
        None => {
            let (contents, chosen) = fallback.unwrap_or((Contents::Program, own));
            worker.set_up_again(chosen).map_err(worker_failure)?;
            first = worker.set_original(reference, limit).map_err(worker_failure)?;
            contents
        }
    };
    let nothing = (!is_comparison).then_some(&vacuity);
    let cause = (contents != Contents::Program || !is_comparison).then_some((
        &vacuity,
        origins.as_slice(),
        summaries.as_slice(),
    ));
    let filled = (contents, worker.origins());
    let data = DataReport::new(program, initializer, filled, cause, nothing);
    Ok(Settled { worker, first, data, excused })
}

/// Runs the reference on other contents, and gives those that it ran on in the end; `None` where it does not
/// come to its end on them.
fn try_contents(
    worker: &mut Worker,
    setup: Setup,
    reference: &EntryPoint,
    limit: Duration,
) -> Outcome<Option<(Timing, Setup)>> {
    let mut run = |setup: Setup| {
        worker.set_up_again(setup.clone())?;
        worker.set_original(reference, limit).map(|timing| (timing, setup))
    };
    let result = match run(setup.clone()) {
        Err(error) if divided_by_zero(&error) => run(without_zeros(&setup)),
        result => result,
    };
    match result {
        Ok(ran) => Ok(Some(ran)),
        Err(WorkerError::Original(_)) => Ok(None),
        Err(error) => Err(worker_failure(error)),
    }
}

fn judged(program: &Program, worker: &Worker) -> Option<Vacuity> {
    vacuity(program, &worker.setup().buffers, worker.origins(), worker.summaries())
}

fn divided_by_zero(error: &WorkerError) -> bool {
    matches!(error, WorkerError::Original(outcome) if outcome.is_arithmetic_exception())
}

/// The contents to try, the nearest to the program's first.
fn others(
    program: &Program,
    setup: &Setup,
    vacuity: &Vacuity,
    origins: &[Origin],
) -> Vec<(Contents, Setup)> {
    let mut tried = Vec::new();
    let filled = origins.iter().filter(|origin| **origin != Origin::Contents).count();
    if let Vacuity::Uniform(arrays) = vacuity
        && arrays.len() < filled
    {
        let mut varied = setup.clone();
        for array in arrays {
            if let Some(buffer) = varied.buffers.get_mut(array.0) {
                buffer.replaced = true;
            }
        }
        tried.push((Contents::Varied, varied));
    }
    let mut all = setup.clone();
    all.buffers.iter_mut().for_each(|buffer| buffer.replaced = true);
    let dominant = with_raised_diagonals(program, &all);
    if filled > 0 {
        tried.push((Contents::Pseudorandom, all));
    }
    tried.extend(dominant.map(|dominant| (Contents::Dominant, dominant)));
    tried
}
