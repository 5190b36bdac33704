//! What a search tells while it runs.

use crate::{Candidate, Measurement};

/// One piece of news.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many schedules have been scored until now, and the best predicted speedup.
    Scored { evaluated: usize, best: f64 },
    /// A candidate is about to be measured, the `position`th (from 1).
    Measuring { position: usize, candidate: &'a Candidate },
    /// It has been measured.
    Measured { position: usize, candidate: &'a Candidate, measurement: &'a Measurement },
    /// Local refinement begins around the best one.
    Refining { best: &'a Candidate },
}

/// Receives the news; progress bars are made of them.
pub trait Observer {
    fn event(&mut self, event: Event<'_>);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _event: Event<'_>) {}
}
