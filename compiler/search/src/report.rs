//! What a search found and how it went.

use crate::{Candidate, Measured, StopReason};
use std::fmt;

/// The result of a search; there is always a best candidate.
#[derive(Clone, Debug)]
pub struct SearchReport {
    /// The choice: the fastest as measured, or the best predicted where nothing was measured.
    pub best: Candidate,
    /// Everything that was measured, in that order; the original is the first.
    pub measured: Vec<Measured>,
    /// The most promising candidates by prediction, best first.
    pub predicted: Vec<Candidate>,
    /// How many schedules were scored.
    pub evaluated: usize,
    /// How many applications of a step were refused as illegal or impossible.
    pub refused: usize,
    /// How many schedules gave loops that had been seen.
    pub deduplicated: usize,
    pub stop: StopReason,
    pub seconds: f64,
}

impl SearchReport {
    /// The measured speedup of the choice over the reference.
    pub fn speedup(&self) -> Option<f64> {
        self.measured
            .iter()
            .filter(|measured| measured.candidate.schedule == self.best.schedule)
            .filter_map(|measured| measured.measurement.speedup())
            .max_by(f64::total_cmp)
    }
}

impl fmt::Display for SearchReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} schedules scored, {} repeated, {} steps refused, {} measured in {:.1} s: {}",
            self.evaluated,
            self.deduplicated,
            self.refused,
            self.measured.len(),
            self.seconds,
            self.stop
        )?;
        if !self.measured.is_empty() {
            writeln!(formatter, "predicted  measured  schedule")?;
        }
        for measured in &self.measured {
            let text = measured.candidate.schedule.to_string().replace('\n', "; ");
            let text = if text.is_empty() { "(the original)" } else { &text };
            let time = match measured.measurement.speedup() {
                Some(speedup) => format!("{speedup:.2}x"),
                None => "failed".to_owned(),
            };
            writeln!(formatter, "{:>8.2}x  {time:>8}  {text}", measured.candidate.predicted)?;
        }
        Ok(())
    }
}
