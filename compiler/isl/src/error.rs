//! Why an operation on sets gave no result.

/// The ways in which isl can fail. None of them ends the process, and the context stays usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IslError {
    /// The quota of [`Context::with_quota`](crate::Context::with_quota) ran out. The question is
    /// open: ask again with a larger quota, or take the conservative answer.
    #[error("the integer set operation needs more steps than its quota allows")]
    Quota,
    /// The arguments do not fit together: a text that does not parse, rows of another length, spaces
    /// that differ, an unbounded optimum, a number beyond 64 bits.
    #[error("invalid integer set operation: {0}")]
    Invalid(String),
    /// isl does not do this for the given arguments.
    #[error("the integer set library does not support this: {0}")]
    Unsupported(String),
    /// No memory was left.
    #[error("out of memory in an integer set operation")]
    OutOfMemory,
    /// A fault inside isl or of ours.
    #[error("internal error of the integer set library: {0}")]
    Internal(String),
}

impl IslError {
    /// isl's parser meets some wrong texts with a failed assertion: to a caller that is one more way
    /// of being invalid.
    pub(crate) fn of_parsing(self) -> Self {
        match self {
            Self::Internal(message) => Self::Invalid(message),
            other => other,
        }
    }
}
