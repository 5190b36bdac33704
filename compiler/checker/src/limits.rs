//! How much work a check may take.

use std::time::Duration;

/// Bounds on a check. What they leave undecided is enumerated at small sizes, where that is possible,
/// or reported as not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most elementary operations of the integer set library for one question; very roughly ten
    /// million a second.
    pub operations: u64,
    /// The longest that all questions together may take.
    pub time: Duration,
    /// The most instances and iterations, all sizes together, that are enumerated.
    pub enumeration: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { operations: 5_000_000, time: Duration::from_secs(10), enumeration: 2_000_000 }
    }
}
