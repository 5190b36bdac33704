//! The transformations of a schedule, and the loops that a schedule means.
//!
//! [`rewrite`] changes a schedule tree by one [`Step`](loopwright_ir::Step), structure only;
//! [`apply`] does so and refuses what breaks a dependence; [`replay`] does it for a whole
//! [`Schedule`](loopwright_ir::Schedule). [`State`] does the same for steps of all kinds, those that change the
//! program among them. [`lower`] scans the tree into a
//! [`LoopTree`](loopwright_ir::LoopTree) with exact bounds and conditions.
//!
//! Architecture invariant: this crate decides no legality of its own (that is
//! `loopwright-analysis`) and calls no isl: lowering a candidate takes well under a millisecond.

mod apply;
mod bound;
mod forward;
mod illegal;
mod lower;
mod resolve;
mod state;
mod steps;
mod suggest;
pub mod testing;

pub use apply::{Applied, Effort, apply, replay, try_apply, try_apply_within};
pub use forward::forward_scalars;
pub use illegal::{Cause, Illegal};
pub use lower::{LowerError, lower};
pub use resolve::resolve;
pub use state::State;
pub use steps::{Description, Rounding, descriptions, prepared, rewrite, stages};
pub use suggest::enabling_steps;
