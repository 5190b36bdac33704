//! Schedules in the languages of others: LOOPerSet's strings and isl's schedule trees.
//!
//! [`looperset`] turns the strings of LOOPerSet and TiraLib into our [`Step`](loopwright_ir::Step)s
//! and back; [`isl`] turns our [`ScheduleTree`](loopwright_ir::ScheduleTree)s into isl's schedule
//! trees in YAML and back. [`Form::of`] tells the languages apart. Each module's text says exactly
//! what a construct means and what cannot be expressed.
//!
//! Nothing here decides legality: what was read is checked like any other schedule.
//!
//! Architecture invariant: this crate does no I/O; what comes from outside is answered by a
//! [`FormatError`], never by a panic.

mod error;
mod form;
pub mod isl;
pub mod looperset;

pub use error::FormatError;
pub use form::Form;
pub use isl::{ImportedTree, from_isl, to_isl};
pub use looperset::{LooperString, from_looperset, to_looperset};
