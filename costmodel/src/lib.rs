//! The learned cost model: which of many schedules of a program will run fastest.
//!
//! - [`cost`] estimates running times from first principles: it ranks what nobody has measured;
//! - [`features`] turns a scheduled loop tree into numbers, through its [`profile`];
//! - [`model`] runs a network that was trained on measured programs, many trees in one call;
//! - [`scorer`] asks one or the other, and says when the network could not be used;
//! - [`dataset`] is the file format of measured programs, [`metrics`] judges predictions.
//!
//! The network predicts the logarithm of a tree's running time; the predicted speedup of a schedule
//! is the difference to the original tree. Training is in `train/`, the shipped network and its card
//! in `model/`.
//!
//! Architecture invariant: nothing here decides whether a schedule is legal. A wrong model costs
//! speed, never correctness.

pub mod cost;
pub mod dataset;
pub mod features;
pub mod machine;
pub mod metrics;
pub mod model;
pub mod profile;
pub mod scorer;

pub use cost::{Rates, Terms};
pub use dataset::{DatasetError, ProgramRecord, ScheduleRecord};
pub use features::{Features, extract, layout::schema_hash};
pub use machine::MachineFeatures;
pub use model::{CostModel, ModelError};
pub use scorer::{Scorer, Warning};
