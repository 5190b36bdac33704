//! Why a whole file gives no regions.

use crate::reject::SharedSource;
use miette::{Diagnostic, LabeledSpan, SourceCode, SourceSpan};
use std::fmt;
use std::path::PathBuf;

/// A place in a file's text, with the text.
#[derive(Clone, Debug)]
pub struct Located {
    pub(crate) source: Option<SharedSource>,
    pub(crate) span: SourceSpan,
    /// Counts from 1.
    pub line: u32,
    /// Counts from 1.
    pub column: u32,
}

/// Why a file could not be read as C with regions.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrontendError {
    #[error("cannot read `{}`: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: String },
    #[error("libclang, the C parser, cannot be used: {reason}")]
    Libclang { reason: String },
    #[error("libclang could not parse `{}` (its error code is {code})", file.display())]
    Refused { file: PathBuf, code: i32 },
    #[error("a compiler argument or the file's name holds a NUL byte")]
    NulByte,
    #[error("{file}:{line}:{column}: {message}{}", more(*others), file = file.display())]
    Syntax {
        file: PathBuf,
        line: u32,
        column: u32,
        /// The C compiler's own words.
        message: String,
        /// How many more errors it found.
        others: usize,
        at: Box<Located>,
    },
    #[error("{}:{line}: an expression has more than {limit} operators", file.display())]
    EndlessExpression { file: PathBuf, line: usize, limit: usize },
    #[error("`{}` has no region between `#pragma scop` and `#pragma endscop`", file.display())]
    NoRegion { file: PathBuf },
    #[error("{file}:{line}: {problem}", file = file.display(), line = at.line)]
    Pragma { file: PathBuf, problem: PragmaProblem, at: Box<Located> },
    #[error("`{flag}` changes floating-point results in ways that are not reproduced bit by bit")]
    RelaxedFlag { flag: String },
    #[error(
        "the value {value} of the parameter `{name}` is none of its type `{type_spelling}`, which has {least} to {greatest}"
    )]
    ParameterType { name: String, value: i64, type_spelling: String, least: i64, greatest: i64 },
    #[error("no region has a parameter `{name}`; their parameters are: {known}")]
    UnknownParameter { name: String, known: String },
    #[error("no function or region is called `{name}`; the regions are: {known}")]
    UnknownFunction { name: String, known: String },
}

/// How the pragmas do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PragmaProblem {
    #[error("this `#pragma scop` has no `#pragma endscop` after it")]
    Unclosed,
    #[error("this `#pragma endscop` has no `#pragma scop` before it")]
    Unopened,
    #[error("this `#pragma scop` is inside another region")]
    Nested,
    #[error("this region is not in the body of one function")]
    OutsideFunction,
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (and 1 more error)".to_owned(),
        count => format!(" (and {count} more errors)"),
    }
}

impl FrontendError {
    fn located(&self) -> Option<&Located> {
        match self {
            Self::Syntax { at, .. } | Self::Pragma { at, .. } => Some(at),
            _ => None,
        }
    }
}

impl Diagnostic for FrontendError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let text = match self {
            Self::Unreadable { .. } => "check the path, its permissions, and that it is a C file",
            Self::Libclang { .. } => {
                "install libclang 19 (on Debian the package libclang-19-dev), or name its folder in LIBCLANG_PATH"
            }
            Self::Refused { .. } | Self::NulByte => "check the compiler arguments",
            Self::Syntax { .. } => {
                "the file must compile by itself; pass the flags that it needs, such as -I, -D and -include"
            }
            Self::EndlessExpression { .. } => "split it over several statements",
            Self::NoRegion { .. } => {
                "put `#pragma scop` before the loops to be optimised and `#pragma endscop` after them"
            }
            Self::Pragma { .. } => {
                "put one pragma before the loops and one after, in the same block"
            }
            Self::ParameterType { .. } => "give a value that the C function can be called with",
            Self::RelaxedFlag { .. } => {
                "leave the flag out; `--fast-math` lets Loopwright itself regroup floating-point sums, and `--fp-contract` says whether multiply-adds are fused"
            }
            Self::UnknownParameter { .. } | Self::UnknownFunction { .. } => "check the spelling",
        };
        Some(Box::new(text))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.located()?.source.as_deref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let located = self.located()?;
        located.source.as_ref()?;
        let label = LabeledSpan::new_with_span(Some("here".to_owned()), located.span);
        Some(Box::new(std::iter::once(label)))
    }
}
