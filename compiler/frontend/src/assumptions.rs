//! What a region's program relies on beyond what C guarantees.
//!
//! Each was checked for the parameters' known values before the program was given out. For other values the
//! program may mean something else than the source does.

use std::fmt;

/// One fact that the program relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Assumption {
    /// An inequality of iterators and parameters, for all iterations of the place in the source.
    Arithmetic {
        /// As C writes it: `n >= 5`.
        condition: String,
        /// What follows from it: "`/` rounds down".
        consequence: String,
        line: u32,
    },
}

impl fmt::Display for Assumption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arithmetic { condition, consequence, line } => {
                write!(formatter, "`{condition}`, so that {consequence} (line {line})")
            }
        }
    }
}
