//! An independent judge of loop trees, and an interpreter whose values show every lost, doubled or
//! misordered instance.

mod certificate;
mod check;
mod enumeration;
pub mod interpreter;
mod limits;
mod proof;
mod refutation;

pub use certificate::{Certificate, Doubt, Evidence};
pub use check::check;
pub use interpreter::{InterpretError, Memory, Order, run_loops, run_original};
pub use limits::Limits;
pub use refutation::{InstanceWitness, Lost, Refutation};
