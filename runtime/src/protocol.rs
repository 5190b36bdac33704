//! What parent and worker say to each other: one JSON value a line, requests one way, replies the other.
//!
//! The worker answers every request with exactly one reply, or dies. A line is at most
//! [`MAXIMUM_LINE`] bytes, so that neither side can be made to fill its memory by the other.

use crate::{Deviation, Mismatch};
use loopwright_ir::ElementType;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The longest line that either side accepts, in bytes.
pub const MAXIMUM_LINE: usize = 16 << 20;

/// A function in a shared object: `void symbol(void **buffers, const int64_t *parameters)`.
///
/// A worker never unloads a library, and the system's loader tells libraries apart by their path:
/// give every candidate a path of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EntryPoint {
    pub library: PathBuf,
    pub symbol: String,
}

/// What a buffer holds before a run, unless the setup's initializer changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    Zero,
    /// Values that follow from the seed alone: floating point uniform in [0.5, 1.5), so that sums,
    /// products and quotients stay well conditioned; integers uniform in 0..=15.
    Pseudorandom {
        seed: u64,
    },
}

/// One array of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffer {
    pub element: ElementType,
    /// How many elements.
    pub count: u64,
    pub contents: Contents,
    /// Whether what a run leaves in it is a result. Scratch space is not compared.
    pub compared: bool,
}

/// What the worker prepares once: the arguments of every call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    pub buffers: Vec<Buffer>,
    pub parameters: Vec<i64>,
    /// Called once, after the buffers were filled, to give them the program's own initial values.
    pub initializer: Option<EntryPoint>,
}

impl Setup {
    /// Bytes of all buffers; `None` where that overflows.
    pub fn bytes(&self) -> Option<u64> {
        self.buffers.iter().try_fold(0_u64, |sum, buffer| {
            sum.checked_add(buffer.count.checked_mul(buffer.element.bytes())?)
        })
    }

    /// Bytes that a worker needs: the buffers that code works on, their initial contents, and the
    /// original's results.
    pub fn bytes_needed(&self) -> Option<u64> {
        self.bytes()?.checked_mul(3)
    }
}

/// What the parent asks. Limits are microseconds for one call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Comes first and once. `memory_limit` is in bytes, on top of what the worker has mapped already.
    Setup { setup: Setup, memory_limit: u64, limit: u64 },
    /// Run once from the initial contents and keep the results as what is right.
    Reference { entry: EntryPoint, limit: u64 },
    /// Run once from the initial contents and compare with the reference.
    Check { entry: EntryPoint, limit: u64 },
    /// Run once from the initial contents and say how far the results are from the reference.
    Deviations { entry: EntryPoint, limit: u64 },
    /// Run once from the initial contents.
    Sample { entry: EntryPoint, limit: u64 },
}

/// What the worker answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// The setup is done.
    Ready,
    /// The call took so many nanoseconds.
    Ran {
        ns: u64,
    },
    /// The call ended, with other results than the reference.
    Wrong {
        mismatch: Mismatch,
    },
    /// The call ended; one deviation for each buffer that is a result.
    Deviates {
        ns: u64,
        deviations: Vec<Deviation>,
    },
    LoadFailed {
        message: String,
    },
    OutOfMemory,
    /// The request makes no sense now (a check without a reference, a second setup).
    Refused {
        message: String,
    },
}
