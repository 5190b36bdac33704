//! Why a schedule cannot be read or written in another language.

use loopwright_ir::verify::InvariantBroken;
use loopwright_isl::IslError;
use loopwright_transform::Illegal;

/// What is wrong with a schedule's text, or with a schedule for which another language has no words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// The text does not follow the grammar.
    #[error("{place}: {message}")]
    Syntax { place: String, message: String },
    /// The text speaks of something that the program does not have.
    #[error("there is no {kind} `{name}`; the program has {}", list(known))]
    Unknown { kind: &'static str, name: String, known: Vec<String> },
    /// A computation has fewer loops than a level says.
    #[error(
        "`{command}`: there is no level L{level} around {statement}; the loops around it are {}, \
         counted from L0",
        list(loops)
    )]
    NoSuchLevel { command: String, level: usize, statement: String, loops: Vec<String> },
    /// A command makes a step that makes no sense there.
    #[error("`{command}` cannot be applied: {illegal}")]
    Refused { command: String, illegal: Box<Illegal> },
    /// The other language, or ours, cannot say this.
    #[error("{what} cannot be expressed: {reason}")]
    NotExpressible { what: String, reason: String },
    /// The instances that a tree orders are not those of the program.
    #[error("the tree does not fit the program: {0}")]
    WrongInstances(String),
    /// A question about integer sets failed.
    #[error("{place}: {error}")]
    Set { place: String, error: IslError },
    /// A fault of ours.
    #[error(transparent)]
    Broken(#[from] InvariantBroken),
}

impl FormatError {
    pub(crate) fn syntax(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Syntax { place: place.into(), message: message.into() }
    }

    pub(crate) fn not_expressible(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::NotExpressible { what: what.into(), reason: reason.into() }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
