//! An estimate of running time from first principles: what a scheduled loop tree asks of the machine, loop by loop.
//!
//! - [`nodes`] is the tree made ready for questions, with [`linear`] expressions; [`sampling`] finds out how often everything runs;
//! - [`footprint`] says what each loop touches, [`traffic`] what that moves between the levels of memory;
//! - [`rings`] are the loops around a statement, [`body`] counts its instructions and chains, [`threads`] what threads gain and cost;
//! - [`time`] adds it up with the machine's [`rates`].

pub mod body;
mod build;
pub mod footprint;
pub mod linear;
pub mod nodes;
pub mod operations;
pub mod rates;
pub mod rings;
pub mod sampling;
pub mod threads;
pub mod time;
pub mod traffic;

pub use rates::Rates;
pub use time::{Analysis, Terms};
