//! When a search must end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A deadline, and a flag by which another thread (an interrupt handler) ends the search.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    deadline: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl Budget {
    /// No end but the search's own.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Ends after `time` from now.
    pub fn lasting(time: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(time), cancelled: Arc::default() }
    }

    /// Ends at a moment.
    pub fn until(end: Instant) -> Self {
        Self { deadline: Some(end), cancelled: Arc::default() }
    }

    /// The same, cancelled when `flag` becomes true.
    pub fn with_cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancelled = flag;
        self
    }

    /// What is left; `None` without a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Why the search must stop now, if it must.
    pub fn exhausted(&self) -> Option<StopReason> {
        if self.cancelled.load(Ordering::Relaxed) {
            Some(StopReason::Cancelled)
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(StopReason::BudgetEnded)
        } else {
            None
        }
    }

    /// A budget that ends when `share` (from 0 to 1) of what is left of this one is used.
    pub fn share(&self, share: f64) -> Self {
        let deadline = self.remaining().map(|left| Instant::now() + left.mul_f64(share));
        Self { deadline, cancelled: Arc::clone(&self.cancelled) }
    }
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// There was nothing left to try.
    Finished,
    /// The time was used up.
    BudgetEnded,
    /// Somebody asked it to stop.
    Cancelled,
}

impl fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Finished => "finished",
            Self::BudgetEnded => "the budget ended",
            Self::Cancelled => "cancelled",
        })
    }
}
