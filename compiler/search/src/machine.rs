//! What the space needs to know of the machine.

/// The machine that the schedule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Width of the vector registers that are used, in bits; 0 for a machine without.
    pub vector_bits: u32,
    /// Threads that a parallel loop runs on.
    pub threads: u32,
    /// First-level data cache of one core, in bytes.
    pub l1_bytes: u64,
    /// Second-level cache of one core, in bytes.
    pub l2_bytes: u64,
}

impl Machine {
    /// Elements of the given size in bytes in one vector register, at least 1.
    pub fn lanes(&self, element_bytes: u64) -> u32 {
        let bits = element_bytes.max(1) * 8;
        u32::try_from(u64::from(self.vector_bits) / bits).unwrap_or(1).max(1)
    }

    /// Vector registers: 32 where vectors have 512 bits, otherwise 16, the smallest number on the
    /// machines with vectors of at most 256 bits.
    pub fn vector_registers(&self) -> u32 {
        if self.vector_bits >= 512 { 32 } else { 16 }
    }
}
