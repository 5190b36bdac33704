//! What a claim about speed is made of: times of runs that alternate, and what was done in them.
//!
//! `bench`, `table` and `polybench --expert` share it.

pub mod alternation;
pub mod competitor;
pub mod object_file;
pub mod peak;
pub mod program;
pub mod rates;
pub mod ratio;
pub mod scheduled;

pub use alternation::{Side, alternate};
pub use rates::Rates;
pub use ratio::Ratio;
pub use scheduled::Scheduled;
