//! Where the value of a parameter comes from.

use std::fmt;

/// What says the value for which a program is compiled and measured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueOrigin {
    /// The options.
    Given,
    /// The statement or declaration in this line of the file.
    Set { line: u32 },
    /// All calls in the file, of which the first is in this line.
    Call { line: u32 },
    /// The arrays: it is the largest value for which every access stays inside constant extents.
    Extents,
    /// Calls in the file pass these values, each first in its line, and the arrays' extents suggest one of them.
    Chosen { values: Vec<(i64, u32)> },
    /// Calls in the file pass these values, each first in its line, and nothing decides: there is no value.
    Contradicting { values: Vec<(i64, u32)> },
    /// Nothing: there is no value.
    Unknown,
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => write!(formatter, "given"),
            Self::Set { line } => write!(formatter, "set in line {line}"),
            Self::Call { line } => write!(formatter, "passed by the call in line {line}"),
            Self::Extents => {
                write!(formatter, "the largest for which the accesses stay inside the arrays")
            }
            Self::Chosen { values } => {
                write!(formatter, "calls pass {}, and this one fits the arrays", listed(values))
            }
            Self::Contradicting { values } => {
                write!(formatter, "not known: calls pass {}", listed(values))
            }
            Self::Unknown => write!(formatter, "not known"),
        }
    }
}

/// `10 (line 3) and 20 (line 5)`.
fn listed(values: &[(i64, u32)]) -> String {
    let values: Vec<String> =
        values.iter().map(|(value, line)| format!("{value} (line {line})")).collect();
    match values.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => values.join(", "),
    }
}
