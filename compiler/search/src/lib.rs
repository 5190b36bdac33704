//! Finds a fast schedule: structures of the program, recipes for its nests, then measurements.
//!
//! The search knows neither code generation nor the cost model. It makes orders of the whole program
//! ([`structure`]), looks in each for nests that a recipe is for ([`recipes`]), and composes what the recipes
//! propose ([`plan`]). A [`Scorer`] predicts, a [`Measurer`] decides. The original order is always among the
//! candidates and measured first, so the result is never slower than the original as measured, and there is a
//! result at every moment: a [`Budget`] that ends or is cancelled stops the search with the best so far.
//!
//! Architecture invariant: without a measurer and a deadline, the result depends on the arguments
//! alone. No I/O; the only clock is the budget's. Nothing is known by its name.

mod affine;
mod budget;
mod candidate;
mod draft;
mod facts;
mod machine;
mod measure;
mod observer;
mod origin;
mod plan;
mod recipes;
mod report;
mod site;
mod sketch;
mod space;
mod story;
mod strategy;
mod structure;

pub use budget::{Budget, StopReason};
pub use candidate::{Candidate, SearchError};
pub use draft::{Base, Draft};
pub use machine::Machine;
pub use measure::{Measured, Measurement, Measurer};
pub use observer::{Event, Observer, Silent};
pub use origin::{Number, Origin, Treatment};
pub use report::SearchReport;
pub use space::{Member, Space};
pub use story::{LoopStory, NestStory, StructureStory};
pub use strategy::{Scorer, SearchOptions, search};
