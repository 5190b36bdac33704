//! Repeating calls until the minimum has settled.
//!
//! Every sample is one call from the initial contents, also for kernels of a few microseconds: a
//! second call on changed data would be another computation. The worker copies all buffers before the
//! timed call, which leaves the caches in one state for all candidates: small data is in them, of
//! large data the end. While a call is timed, this process sleeps.
//!
//! The minimum is reported, because noise only ever adds. It has settled when the last
//! `settled_runs` calls lowered it by no more than `settle_ratio`.

use super::{Worker, WorkerError};
use crate::outcome::{Outcome, Timing};
use crate::protocol::EntryPoint;
use std::time::{Duration, Instant};

/// When to stop repeating.
#[derive(Clone, Debug, PartialEq)]
pub struct TimingOptions {
    /// At least so many calls, the budget permitting.
    pub minimum_runs: usize,
    /// At most so many calls.
    pub maximum_runs: usize,
    /// No new call begins after so much time. The first always runs.
    pub budget: Duration,
    /// The minimum counts as unchanged when it falls by no more than this fraction …
    pub settle_ratio: f64,
    /// … for so many calls in a row.
    pub settled_runs: usize,
    /// A single call that takes longer is killed.
    pub run_limit: Duration,
    /// [`Worker::time`] alone: a first call that takes longer than this many nanoseconds stays the
    /// only one, so that hopeless candidates cost little.
    pub give_up_above_ns: Option<u64>,
}

impl Default for TimingOptions {
    fn default() -> Self {
        Self {
            minimum_runs: 5,
            maximum_runs: 200,
            budget: Duration::from_secs(3),
            settle_ratio: 0.01,
            settled_runs: 4,
            run_limit: Duration::from_secs(60),
            give_up_above_ns: None,
        }
    }
}

/// Original and candidate, measured in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What was measured of the original; `None` where the candidate's process died at its first call
    /// and the original's first call had no time yet.
    pub original: Option<Timing>,
    pub candidate: Outcome,
}

impl Comparison {
    /// Original time over candidate time, where both were measured.
    pub fn speedup(&self) -> Option<f64> {
        let original = self.original.as_ref()?.minimum_ns;
        let candidate = self.candidate.timing()?.minimum_ns;
        Some(original as f64 / candidate.max(1) as f64)
    }
}

impl Worker {
    /// Times one entry point. Its results are not looked at: [`Worker::check`] it first.
    pub fn time(
        &mut self,
        entry: &EntryPoint,
        options: &TimingOptions,
    ) -> Result<Outcome, WorkerError> {
        let start = Instant::now();
        let mut series = Series::new(options);
        loop {
            match self.sample(entry, options.run_limit)? {
                Outcome::Time(timing) => series.push(timing.minimum_ns),
                failure => return Ok(failure),
            }
            let hopeless = options.give_up_above_ns.is_some_and(|limit| series.minimum > limit);
            if hopeless || series.is_settled() || series.is_over(start.elapsed()) {
                return series.finish();
            }
        }
    }

    /// Times original and candidate in turn, so that whatever else the machine does hits both alike.
    /// Ends when both have settled.
    pub fn compare(
        &mut self,
        original: &EntryPoint,
        candidate: &EntryPoint,
        options: &TimingOptions,
    ) -> Result<Comparison, WorkerError> {
        let start = Instant::now();
        let mut originals = Series::new(options);
        let mut candidates = Series::new(options);
        loop {
            match self.sample(original, options.run_limit)? {
                Outcome::Time(timing) => originals.push(timing.minimum_ns),
                failure => return Err(WorkerError::Original(Box::new(failure))),
            }
            match self.sample(candidate, options.run_limit)? {
                Outcome::Time(timing) => candidates.push(timing.minimum_ns),
                failure => {
                    let original = Timing::from_runs(originals.runs);
                    return Ok(Comparison { original, candidate: failure });
                }
            }
            let settled = originals.is_settled() && candidates.is_settled();
            if settled || originals.is_over(start.elapsed()) {
                let original = Timing::from_runs(originals.runs);
                return Ok(Comparison { original, candidate: candidates.finish()? });
            }
        }
    }
}

/// The calls so far of one side of a measurement, for those who take turns among more than two.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    options: &'a TimingOptions,
    runs: Vec<u64>,
    minimum: u64,
    /// The minimum when it last fell by more than the ratio.
    level: u64,
    /// Calls since then.
    unchanged: usize,
}

impl<'a> Series<'a> {
    /// Without a call yet.
    pub fn new(options: &'a TimingOptions) -> Self {
        Self { options, runs: Vec::new(), minimum: u64::MAX, level: u64::MAX, unchanged: 0 }
    }

    /// Adds a call's duration in nanoseconds.
    pub fn push(&mut self, ns: u64) {
        self.runs.push(ns);
        self.minimum = self.minimum.min(ns);
        if (ns as f64) < self.level as f64 * (1.0 - self.options.settle_ratio) {
            self.level = ns;
            self.unchanged = 0;
        } else {
            self.unchanged += 1;
        }
    }

    /// Whether further calls are not expected to lower the minimum.
    pub fn is_settled(&self) -> bool {
        self.runs.len() >= self.options.minimum_runs && self.unchanged >= self.options.settled_runs
    }

    /// Whether there may be no further call, so long after the first began.
    pub fn is_over(&self, elapsed: Duration) -> bool {
        self.runs.len() >= self.options.maximum_runs || elapsed >= self.options.budget
    }

    /// The calls' summary; `None` where there was none.
    pub fn timing(self) -> Option<Timing> {
        Timing::from_runs(self.runs)
    }

    fn finish(self) -> Result<Outcome, WorkerError> {
        Timing::from_runs(self.runs)
            .map(Outcome::Time)
            .ok_or_else(|| WorkerError::Protocol("a measurement without a run".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settles_after(
        options: &TimingOptions,
        times: impl IntoIterator<Item = u64>,
    ) -> Option<usize> {
        let mut series = Series::new(options);
        times.into_iter().position(|ns| {
            series.push(ns);
            series.is_settled()
        })
    }

    #[test]
    fn a_series_settles_when_its_minimum_stays() {
        let options = TimingOptions::default();
        assert_eq!(settles_after(&options, [100; 20]), Some(4));
        assert_eq!(settles_after(&options, [100, 90, 80, 70, 70, 70, 70, 70]), Some(7));
        // Falls that are each below the ratio add up: half a percent a call is not settled.
        let falling = (0..20).map(|run| 100_000 - 500 * run);
        assert_eq!(settles_after(&options, falling), None);
        let nearly_flat = (0..20).map(|run| 100_000 - 10 * run);
        assert_eq!(settles_after(&options, nearly_flat), Some(4));
    }

    #[test]
    fn a_series_ends_with_its_budget() {
        let options = TimingOptions { maximum_runs: 3, ..TimingOptions::default() };
        let mut series = Series::new(&options);
        series.push(5);
        assert!(!series.is_over(Duration::ZERO));
        assert!(series.is_over(options.budget));
        series.push(5);
        series.push(5);
        assert!(series.is_over(Duration::ZERO));
    }
}
