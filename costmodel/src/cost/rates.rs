//! How fast a machine is, in the units of the estimate.

use crate::MachineFeatures;
use serde::{Deserialize, Serialize};

/// What a machine does in a nanosecond, and how long it takes for what it cannot do at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Cycles in a nanosecond.
    pub gigahertz: f64,
    /// Cycles that an arithmetic unit's instruction on the widest register takes, over those of one of 256 bits or less:
    /// 2 where wide ones go through in halves.
    pub wide: f64,
    /// Bytes in a nanosecond that one thread moves from the second cache, the last, and memory.
    pub one_thread: [f64; 3],
    /// The same for all threads together.
    pub all_threads: [f64; 3],
    /// Threads that `all_threads` is of.
    pub threads: f64,
    /// Nanoseconds to start and join threads, and to wait for all others in a region.
    pub fork: f64,
    pub barrier: f64,
}

impl Rates {
    /// Those of a current x86 core, for a machine of which nothing was measured.
    pub fn usual(machine: &MachineFeatures) -> Self {
        let threads = machine.thread_count();
        Self {
            gigahertz: 3.4,
            wide: if machine.vector_bits > 256 { 2.0 } else { 1.0 },
            one_thread: [75.0, 38.0, 18.0],
            all_threads: [75.0 * threads, 38.0 * threads, 18.0 + 12.0 * (threads - 1.0).min(3.0)],
            threads,
            fork: 900.0,
            barrier: 450.0,
        }
    }

    /// Bytes in a nanosecond that each of so many threads gets from a level (0 the second cache, 2 memory).
    pub fn bandwidth(&self, level: usize, active: f64) -> f64 {
        let one = self.one_thread.get(level).copied().unwrap_or(1.0);
        let all = self.all_threads.get(level).copied().unwrap_or(1.0);
        if self.threads <= 1.0 || active <= 1.0 {
            return one;
        }
        // Between one thread and all, each gets what is in proportion to how many there are.
        let part = ((active - 1.0) / (self.threads - 1.0)).min(1.0);
        let together = one + (all - one) * part;
        (together / active).min(one)
    }
}
