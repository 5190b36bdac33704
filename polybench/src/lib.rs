//! The thirty kernels of PolyBench/C 4.2.1 as data: their C sources, the extents of their arrays at
//! the five dataset sizes, and how many operations they perform.
//!
//! The sources are the project's own, written from the mathematics; they lie beside this crate's
//! `src` in the suite's folders and are embedded here, so that a program can run them without the
//! repository ([`write_sources`]). Names, sizes, element types and initial values are the suite's.
//!
//! What a [`Kernel`] says of its source is checked in this crate's tests against what a C compiler
//! sees, and its operation count against loops that count one by one.
//!
//! Architecture invariant: pure data and formulas. Only [`write_sources`] touches the file system.

mod catalogue;
mod count;
mod examples;
mod experts;
mod kernel;
mod size;
mod sources;

pub use catalogue::{by_name, kernels};
pub use examples::example_schedule;
pub use experts::{expert_schedule, limit};
pub use kernel::{ArrayExtent, Kernel, OperationKind};
pub use size::{Size, UnknownSize};
pub use sources::{HEADER, HEADER_PATH, WriteError, write_sources};
