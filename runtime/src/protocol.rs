//! What parent and worker say to each other: one JSON value a line, requests one way, replies the other.
//!
//! The worker answers every request with exactly one reply, or dies. A line is at most
//! [`MAXIMUM_LINE`] bytes, so that neither side can be made to fill its memory by the other.

use crate::{Deviation, Mismatch, Summary};
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
    /// A function of the same type in the same library, which replaces `buffers[k]` by the address of
    /// the library's own variable for every buffer that the function works on in place. Such a library
    /// has its own memory for them: it is given the initial contents there, and its results are taken from there.
    #[serde(default)]
    pub locator: Option<String>,
}

impl EntryPoint {
    /// A function that works on the buffers that it is given.
    pub fn new(library: impl Into<PathBuf>, symbol: impl Into<String>) -> Self {
        Self { library: library.into(), symbol: symbol.into(), locator: None }
    }

    /// The same with the symbol of a function that says which buffers are the library's own.
    pub fn with_locator(self, locator: Option<String>) -> Self {
        Self { locator, ..self }
    }
}

/// What a buffer holds before a run where the program does not fill it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    Zero,
    /// Values that follow from the seed alone: floating point uniform in [0.5, 1.5), so that sums,
    /// products and quotients stay well conditioned; integers uniform in 0..=15, or among the buffer's
    /// [`values`](Buffer::values).
    Pseudorandom {
        seed: u64,
    },
    /// The same, with twice the order added to the diagonal of the square matrix that the buffer then is:
    /// it is diagonally dominant, so that elimination without pivots and roots of pivots stay finite.
    Dominant {
        seed: u64,
        order: u64,
    },
}

/// One array of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffer {
    pub element: ElementType,
    /// How many elements.
    pub count: u64,
    pub contents: Contents,
    /// Whether what a run leaves in it is a result. Scratch space is not compared.
    pub compared: bool,
    /// The source gives it an initial value, which counts as filled by the program even where it is zero.
    #[serde(default)]
    pub initialised: bool,
    /// The only values that the element type has, where these are not all of its bits' (an enumeration,
    /// `_Bool`).
    #[serde(default)]
    pub values: Option<Vec<i64>>,
    /// Whether `contents` takes the place of what the program fills it with.
    #[serde(default)]
    pub replaced: bool,
    /// Whether the program turns the signs of its NaNs into ordinary values, so that they are compared.
    #[serde(default)]
    pub signed_nan: bool,
}

impl Buffer {
    /// An array that is a result, of which nothing else is known.
    pub fn new(element: ElementType, count: u64, contents: Contents) -> Self {
        Self {
            element,
            count,
            contents,
            compared: true,
            initialised: false,
            values: None,
            replaced: false,
            signed_nan: false,
        }
    }

    /// Its size in bytes; `None` where that overflows.
    pub fn bytes(&self) -> Option<u64> {
        self.count.checked_mul(self.element.bytes())
    }
}

/// Who gave a buffer what it holds before every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The initial value of the variable in the source.
    Source,
    /// The setup's initializer.
    Initializer,
    /// The buffer's [`Contents`].
    Contents,
}

/// What the worker prepares once: the arguments of every call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    pub buffers: Vec<Buffer>,
    pub parameters: Vec<i64>,
    /// Called once to give the buffers the program's own initial values. What it leaves alone, and the
    /// source does not initialise, then gets its [`Contents`].
    pub initializer: Option<EntryPoint>,
    /// Whose locator says where the program has its arrays. There the initializer works, and there code
    /// without a locator of its own is timed; it is checked in memory with guards around every array.
    #[serde(default)]
    pub home: Option<EntryPoint>,
    /// Whether every line of the buffers is flushed out of the caches before each run.
    #[serde(default)]
    pub cold: bool,
}

impl Setup {
    /// Bytes of all buffers; `None` where that overflows.
    pub fn bytes(&self) -> Option<u64> {
        self.buffers.iter().try_fold(0_u64, |sum, buffer| sum.checked_add(buffer.bytes()?))
    }

    /// Bytes that a worker needs: the buffers that code works on, their initial contents, and the
    /// original's results; where the program has variables of its own, these once more and in a second build.
    pub fn bytes_needed(&self) -> Option<u64> {
        self.bytes()?.checked_mul(if self.home.is_some() { 5 } else { 3 })
    }
}

/// What the parent asks. Limits are microseconds for one call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Load a library, if it is not loaded yet: its constructors run. May come before the setup.
    Load { entry: EntryPoint, limit: u64 },
    /// Comes first and once. `memory_limit` is in bytes, on top of what the worker has mapped already. Libraries
    /// that change how the processor computes are only called in a worker that is theirs alone (`alone`).
    Setup { setup: Setup, memory_limit: u64, limit: u64, alone: Option<PathBuf> },
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
    /// The library is loaded, or was.
    Loaded,
    /// The library changes how the processor computes, and needs a worker of its own. Where `tainted`, it
    /// has done so in a call, and its threads may compute differently from now on.
    Apart {
        tainted: bool,
    },
    /// The setup is done: who filled each buffer.
    Ready {
        origins: Vec<Origin>,
    },
    /// The call took so many nanoseconds. `other_nans` elements are NaN as in the reference, with another
    /// sign or payload. Meanwhile other work took the processor from it `preempted` times.
    Ran {
        ns: u64,
        #[serde(default)]
        other_nans: u64,
        #[serde(default)]
        preempted: u64,
    },
    /// The reference's call, and what it made of each buffer.
    Kept {
        ns: u64,
        summaries: Vec<Summary>,
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
