//! Why a run has no result.

/// The ways in which a run can fail. None of them says that two results differ: that is
/// [`Memory::first_difference`](super::Memory::first_difference).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterpretError {
    /// An access is outside of its array.
    #[error("{statement} accesses {array}{}, which is outside of the array", brackets(subscripts))]
    OutOfBounds { array: String, subscripts: Vec<i64>, statement: String },
    /// An access to a packed array is outside of the box that was copied.
    #[error(
        "{statement} accesses {array}{}, which is outside of the local copy",
        brackets(subscripts)
    )]
    OutsideCopy { array: String, subscripts: Vec<i64>, statement: String },
    /// More instances, iterations or elements than were allowed: take smaller parameter values.
    #[error("the run takes more steps or memory than allowed; use smaller parameter values")]
    Budget,
    /// An affine expression does not fit 64 bits.
    #[error("an affine expression does not fit 64 bits")]
    Overflow,
    /// A statement's domain does not bound one of its iterators.
    #[error("the domain of {statement} does not bound its iterator {iterator}")]
    Unbounded { statement: String, iterator: String },
    /// The loop tree or program is malformed: a fault of what made it.
    #[error("malformed loops: {0}")]
    BadTree(String),
}

/// `[1][2]`.
pub(crate) fn brackets(subscripts: &[i64]) -> String {
    subscripts.iter().map(|subscript| format!("[{subscript}]")).collect()
}
