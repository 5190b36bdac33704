//! What the search asks of whoever runs candidates.

use crate::Candidate;
use std::time::Duration;

/// What running a candidate gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Measurement {
    /// Seconds of the candidate, and of the reference (always the same one) measured alternately
    /// with it. Candidates are compared by the ratio, which drifts less than times do.
    Time { seconds: f64, reference: f64 },
    /// It did not run, crashed, took too long or computed something else.
    Failed { reason: String },
}

impl Measurement {
    /// How many times faster than the reference; `None` if it failed or a time is no positive number.
    pub fn speedup(&self) -> Option<f64> {
        match self {
            Self::Time { seconds, reference } => {
                Some(reference / seconds).filter(|ratio| ratio.is_finite() && *ratio > 0.0)
            }
            Self::Failed { .. } => None,
        }
    }
}

/// Compiles and runs candidates. The search never sees how.
pub trait Measurer {
    /// Measures one candidate. `best_seconds` is the best time so far, so that hopeless ones can be
    /// cut off; `remaining` is what is left of the budget. `None` says that this was too little.
    fn measure(
        &mut self,
        candidate: &Candidate,
        best_seconds: Option<f64>,
        remaining: Option<Duration>,
    ) -> Option<Measurement>;
}

/// A candidate with what was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    pub candidate: Candidate,
    pub measurement: Measurement,
    /// The position, among all that was measured, of what this is a change of.
    pub changed_from: Option<usize>,
}

impl Measured {
    /// Its time in seconds; `None` if it failed.
    pub fn time(&self) -> Option<f64> {
        match self.measurement {
            Measurement::Time { seconds, .. } => Some(seconds),
            Measurement::Failed { .. } => None,
        }
    }
}
