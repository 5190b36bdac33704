//! The frontend, the printed C and the emitted function under random C, as text.
//!
//! A *region* is the text of a function with a region and of all that it needs, made of a list of random decisions
//! ([`generate`], [`choices`]). Its user compiles it with clang and calls it: what it leaves in its buffers is
//! right. The same buffers are given to native code in the original order and under random legal schedules, and to
//! the printed C; and the user's file with the region replaced is called for other sizes and on arrays that
//! overlap, too. Buffers lie at the border of pages that nobody may touch, at either end, and all bits are
//! compared.
//!
//! Texts are meant to be well defined, and clang's own checks say whether they are: what is not is not compared.
//! [`engine`] does all of that for a batch of regions with one run of each compiler, [`build`] has the files,
//! [`prepare`] the way from a text to loops, [`running`] the calls on buffers of [`contents`], and [`shrink`] makes what
//! differs small.

mod build;
pub mod choices;
mod contents;
pub mod corpus;
pub mod engine;
mod fallback;
pub mod finding;
mod generate;
mod guard;
mod prepare;
pub mod region;
mod report;
mod running;
pub mod shrink;
mod types;

pub use engine::{Batch, Case, Summary, TextEngine, check, region_of};
pub use finding::{TextFailure, TextTally, TextView};
pub use report::Report;
