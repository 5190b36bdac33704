//! Runs programs and loop trees on values that remember how they came about.
//!
//! The value that an instance writes is a 64-bit mix of the statement's number, its iteration vector
//! and the values that it reads; the first value of an element is a mix of its array and its place.
//! So two runs leave equal memories only if every read saw the same write, whatever the body computes:
//! an instance that runs at the wrong time shows in everything that follows from it. One that is lost
//! or doubled shows in a sum over the instances that ran, even where it changes no value. (Two different histories collide with a probability of about `2^-64` a value.)
//!
//! [`run_original`] runs the order of the source, straight from the statements' domains;
//! [`run_loops`] runs a loop tree and takes its marks at their word (see [`Order`]). Neither uses
//! anything of the transformations, so that each is evidence about the other.

mod copies;
mod error;
mod flat;
mod lanes;
mod loops;
mod machine;
mod memory;
mod order;
mod original;
mod ranges;
mod source;
mod tree;

pub use error::InterpretError;
pub use loops::run_loops;
pub use memory::Memory;
pub use order::Order;
pub use original::run_original;

pub(crate) use error::brackets;
pub(crate) use flat::{Flat, Slots};
pub(crate) use memory::extents_of;
pub(crate) use original::{Event, walk_original};
pub(crate) use source::{Accesses, Touch};
