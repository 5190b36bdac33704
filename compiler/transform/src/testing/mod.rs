//! Programs made by hand, for tests of this and of other crates.
//!
//! Nothing here reads C or runs anything: [`ProgramBuilder`] puts the intermediate representation
//! together from short texts, and [`samples`] has the shapes that tests need most. It panics on a
//! mistake in the text, as tests should.

mod builder;
#[cfg(test)]
mod helpers;
pub mod samples;
#[cfg(test)]
pub(crate) mod scan;

pub use builder::{Body, ProgramBuilder};
#[cfg(test)]
pub(crate) use helpers::{after, causes, loops_after, replayed};
#[cfg(test)]
pub(crate) use samples::{jacobi, matrix_product, transpose, triangular_sum};
