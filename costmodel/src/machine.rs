//! The machine as the cost models see it.

use serde::{Deserialize, Serialize};

/// The sizes that decide which schedule is quick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MachineFeatures {
    /// First-level data cache of one core, in bytes.
    pub l1_bytes: u64,
    /// Second-level cache of one core, in bytes.
    pub l2_bytes: u64,
    /// Last-level cache that the cores share, in bytes.
    pub l3_bytes: u64,
    /// Threads that a parallel loop runs on.
    pub threads: u32,
    /// Width of a vector register, in bits.
    pub vector_bits: u32,
}

impl MachineFeatures {
    /// Cache sizes in bytes, nearest first, none below one line.
    pub(crate) fn caches(&self) -> [f64; 3] {
        [self.l1_bytes, self.l2_bytes, self.l3_bytes].map(|bytes| bytes.max(64) as f64)
    }

    /// Threads, at least one.
    pub(crate) fn thread_count(&self) -> f64 {
        f64::from(self.threads.max(1))
    }

    /// Lanes of one register for elements of the given size, at least one.
    pub(crate) fn lanes(&self, element_bytes: f64) -> f64 {
        (f64::from(self.vector_bits) / 8.0 / element_bytes).max(1.0)
    }
}
