//! Finds a fast schedule: a beam over treatments of the program's nests, then measurements.
//!
//! The search knows neither code generation nor the cost model. It proposes schedules
//! ([`space`]), keeps the legal ones, has them scored in batches by a [`Scorer`] and hands the most
//! promising ones to a [`Measurer`]; what is measured decides, what is predicted only orders what is
//! measured. The original order is always among the candidates and measured first, so the result is
//! never slower than the original as measured, and there is a result at every moment: a [`Budget`]
//! that ends or is cancelled stops the search with the best so far.
//!
//! Architecture invariant: without a measurer and a deadline, the result depends on the arguments
//! alone. No I/O; the only clock is the budget's.

mod budget;
mod candidate;
mod machine;
mod measure;
mod observer;
mod report;
pub mod space;
mod strategy;

pub use budget::{Budget, StopReason};
pub use candidate::{Candidate, Ground, Point, SearchError};
pub use machine::Machine;
pub use measure::{Measured, Measurement, Measurer};
pub use observer::{Event, Observer, Silent};
pub use report::SearchReport;
pub use strategy::{Scorer, SearchOptions, search};
