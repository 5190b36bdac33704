//! Why a command ends without its result, and the exit code for each kind.

use miette::{Diagnostic, Report};
use std::fmt;
use std::process::ExitCode;

/// The documented exit codes. 0 is success and 2 is a wrong command line (clap's own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 1: anything that is not below, faults of ours included.
    Other = 1,
    /// 3: the input file is missing, is not C, or has no region that can be represented.
    Input = 3,
    /// 4: a schedule that does not parse, does not fit the program, or is illegal.
    Schedule = 4,
    /// 5: a program that is needed is missing or failed, or the machine is too small.
    Environment = 5,
    /// 6: a check found a wrong result.
    WrongResult = 6,
}

/// An error with its exit code.
#[derive(Debug)]
pub struct Failure {
    pub kind: Kind,
    pub report: Report,
}

/// What a command returns.
pub type Outcome<T> = Result<T, Failure>;

#[derive(Debug)]
struct Message {
    text: String,
    help: Option<String>,
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for Message {}

impl Diagnostic for Message {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

impl Failure {
    /// From plain words.
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, report: Report::new(Message { text: text.into(), help: None }) }
    }

    /// From plain words and advice.
    pub fn with_help(kind: Kind, text: impl Into<String>, help: impl Into<String>) -> Self {
        let message = Message { text: text.into(), help: Some(help.into()) };
        Self { kind, report: Report::new(message) }
    }

    /// From a diagnostic with a place in a source file.
    pub fn diagnostic(kind: Kind, diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { kind, report: Report::new(diagnostic) }
    }

    /// Prints the report on standard error and gives the exit code.
    pub fn print(&self) -> ExitCode {
        eprintln!("{:?}", self.report);
        ExitCode::from(self.kind as u8)
    }
}

/// Turns any error into a failure of a kind.
pub trait OrFail<T> {
    /// The value, or a failure of the kind with the error's text.
    fn or_fail(self, kind: Kind) -> Outcome<T>;
}

impl<T, E: fmt::Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, kind: Kind) -> Outcome<T> {
        self.map_err(|error| Failure::new(kind, error.to_string()))
    }
}
