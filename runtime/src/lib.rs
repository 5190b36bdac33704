//! Runs and times native code, outside the process that made it.
//!
//! Generated code may crash, hang, eat memory or be wrong, so it never runs in the compiler. A
//! [`Worker`] is the handle of a child process that holds the buffers, loads shared objects and
//! calls them; whatever happens there comes back as an [`Outcome`]. The child is the same executable
//! in another role ([`worker_main`]); the two speak JSON lines over pipes ([`protocol`]).
//!
//! Everything that is run exports `void SYMBOL(void **buffers, const int64_t *parameters)`: one
//! pointer for each array of the program in the program's order (a scalar is an array of one
//! element), and the values of the parameters in the program's order.
//!
//! - [`worker`]: the parent's side: limits, deadlines, death and restart, timing by alternation;
//! - [`serve`]: the child's side: buffers, loading, one timed call;
//! - [`outcome`]: what can come of running a candidate; [`deviation`]: how far its results are off where
//!   they need not have the same bits; [`summary`]: what a run made of each buffer;
//! - [`machine`], [`noise`]: what the measurements were taken on;
//! - [`inside`], [`pages`]: native code in this very process, for fuzzing;
//! - [`records`]: the tuning database, an append-only file of JSON lines;
//! - [`guard`]: nothing is left behind, however the program ends;
//! - [`process`], [`toolchain`], [`mod@file`]: bounded subprocesses, linking and compiling, files
//!   that appear whole or not at all.
//!
//! Architecture invariant: this crate knows nothing of loops, schedules or cost models.

pub mod deviation;
pub mod file;
pub mod guard;
pub mod inside;
pub mod machine;
pub mod memory;
pub mod noise;
pub mod outcome;
pub mod pages;
pub mod process;
pub mod protocol;
pub mod records;
pub mod serve;
pub mod summary;
pub mod toolchain;
pub mod worker;

pub use deviation::Deviation;
pub use file::{read_bounded, write_atomically};
pub use inside::{InsideLibraries, InsideLibrary, Side, Workspace};
pub use loopwright_ir::ElementType;
pub use machine::Machine;
pub use noise::Noise;
pub use outcome::{Mismatch, Outcome, Timing};
pub use pages::{Address, Border, GuardedPages};
pub use process::{ProcessError, forget, run_bounded, spawn_group};
pub use protocol::{Buffer, Contents, EntryPoint, Origin, Setup};
pub use records::{Database, Record};
pub use serve::{helper_streams, limit_helper, worker_main};
pub use summary::{Aspect, Summary};
pub use toolchain::{ToolchainError, compile_c, link_shared};
pub use worker::{
    Comparison, Series, TimingOptions, Worker, WorkerCommand, WorkerError, WorkerOptions,
};
