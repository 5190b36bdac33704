//! What a claim about speed is made of: times of runs that alternate, and what was done in them.
//!
//! `bench` and `polybench --expert` share it.

pub mod rates;
pub mod ratio;

pub use rates::Rates;
pub use ratio::Ratio;
