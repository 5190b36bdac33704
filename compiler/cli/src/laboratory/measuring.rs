//! A candidate of the search: compiled, checked, and timed as far as that is worth it.

use super::*;

/// A candidate may take so many times the best one's time, and this much more.
const HOPELESS: f64 = 3.0;
const SLACK: Duration = Duration::from_millis(50);

impl Laboratory<'_> {
    fn try_measure(
        &mut self,
        candidate: &Candidate,
        best_seconds: Option<f64>,
        remaining: Option<Duration>,
    ) -> Result<Option<Measurement>, String> {
        let failed = |reason: String| Ok(Some(Measurement::Failed { reason }));
        if !self.can_go_on(remaining) {
            return Ok(None);
        }
        // A long run of the original order is known already.
        if let Some(time) = self.order_nanoseconds.filter(|_| candidate.schedule.is_original())
            && Duration::from_nanos(time) > LONG_RUN
        {
            return Ok(Some(Measurement::Time {
                seconds: time as f64 / 1e9,
                reference: self.original_nanoseconds as f64 / 1e9,
            }));
        }
        let deadline = remaining.map(|left| Instant::now() + left);
        let left = || deadline.map(|end| end.saturating_duration_since(Instant::now()));
        let entry = match self.entry(candidate, left()) {
            Ok(entry) => entry,
            Err(NotCompiled::TooLong(limit)) if limit < CANDIDATE_LIMIT => return Ok(None),
            Err(NotCompiled::Interrupted) => return Ok(None),
            Err(error) => return failed(error.to_string()),
        };
        // Nothing that takes three times as long as the best will be chosen; but to stop it costs a new process,
        // which begins with a run of the original.
        let useful = best_seconds
            .map_or(self.run_limit, |best| {
                Duration::from_secs_f64(HOPELESS * best) + SLACK + self.preparation
            })
            .min(self.run_limit);
        let limit = left().map_or(useful, |left| left.min(useful));
        if limit < LEAST {
            return Ok(None);
        }
        let first = match self.check_within(&entry, limit).map_err(|error| error.to_string())? {
            RunOutcome::Time(timing) => timing.minimum_ns,
            RunOutcome::TimedOut { .. } if limit < useful => return Ok(None),
            other => return failed(other.to_string()),
        };
        if let Some(warning) = self.accuracy.as_ref().and_then(Accuracy::warning) {
            return failed(warning);
        }
        self.first_measured.get_or_insert_with(Instant::now);
        // What is clearly beaten, or runs so long that noise hardly matters, is not run again.
        let beaten = best_seconds.is_some_and(|best| first as f64 > best * 1.5e9);
        let long = Duration::from_nanos(first) > LONG_RUN;
        if beaten || long {
            return Ok(Some(Measurement::Time {
                seconds: first as f64 / 1e9,
                reference: self.original_nanoseconds as f64 / 1e9,
            }));
        }
        let original = Duration::from_nanos(self.original_nanoseconds);
        let options = TimingOptions {
            minimum_runs: 2,
            maximum_runs: 30,
            budget: left().map_or(MEASURING, |left| left.min(MEASURING)),
            run_limit: self.run_limit,
            ..TimingOptions::default()
        };
        let outcome = if original < ALTERNATE_BELOW {
            let comparison = self
                .worker
                .compare(&self.original, &entry, &options)
                .map_err(|error| error.to_string())?;
            if let Some(original) = &comparison.original {
                self.original_nanoseconds = self.original_nanoseconds.min(original.minimum_ns);
            }
            comparison.candidate
        } else {
            self.worker.time(&entry, &options).map_err(|error| error.to_string())?
        };
        match outcome {
            RunOutcome::Time(timing) => Ok(Some(Measurement::Time {
                seconds: timing.minimum_ns.min(first) as f64 / 1e9,
                reference: self.original_nanoseconds as f64 / 1e9,
            })),
            other => failed(other.to_string()),
        }
    }
}

impl Measurer for Laboratory<'_> {
    fn measure(
        &mut self,
        candidate: &Candidate,
        best_seconds: Option<f64>,
        remaining: Option<Duration>,
    ) -> Option<Measurement> {
        self.try_measure(candidate, best_seconds, remaining)
            .unwrap_or_else(|reason| Some(Measurement::Failed { reason }))
    }
}
