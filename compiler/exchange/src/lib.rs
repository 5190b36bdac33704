//! Schedules in the languages of others: LOOPerSet's strings and isl's schedule trees.
//!
//! [`looperset`] turns the strings of LOOPerSet and TiraLib into our [`Step`](loopwright_ir::Step)s
//! and back. Each module's text says exactly what a construct means and what cannot be expressed.
//!
//! Nothing here decides legality: what was read is checked like any other schedule.
//!
//! Architecture invariant: this crate does no I/O; what comes from outside is answered by a
//! [`FormatError`], never by a panic.

mod error;
pub mod looperset;

pub use error::FormatError;
pub use looperset::{LooperString, from_looperset, to_looperset};
