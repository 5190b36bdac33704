//! An independent judge of loop trees, and an interpreter whose values show every lost, doubled or
//! misordered instance.

pub mod interpreter;

pub use interpreter::{InterpretError, Memory, Order, run_loops, run_original};
