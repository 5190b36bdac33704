//! Verdicts on random orders against all dependent instances.

use super::Arguments;
use crate::failure::Outcome;

/// Compares and prints.
pub fn run(_arguments: &Arguments, _count: u64) -> Outcome<()> {
    Ok(())
}
