//! Why a command ends without its result, and the exit code for each kind.

use miette::{Diagnostic, Report};
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};

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
    /// The file that it is about, where the report does not point into one.
    file: Option<PathBuf>,
    /// The function whose region it is about.
    region: Option<String>,
    /// Whether more time would have helped.
    late: bool,
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
    /// What it says, without advice.
    pub fn text(&self) -> String {
        self.report.to_string()
    }

    /// From plain words.
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self::diagnostic(kind, Message { text: text.into(), help: None })
    }

    /// From plain words and advice.
    pub fn with_help(kind: Kind, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::diagnostic(kind, Message { text: text.into(), help: Some(help.into()) })
    }

    /// From a diagnostic with a place in a source file.
    pub fn diagnostic(kind: Kind, diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { kind, report: Report::new(diagnostic), file: None, region: None, late: false }
    }

    /// The same, for want of time and nothing else.
    pub fn for_want_of_time(self) -> Self {
        Self { late: true, ..self }
    }

    /// Whether more time would have helped.
    pub fn is_for_want_of_time(&self) -> bool {
        self.late
    }

    /// The same, about a file and a region in it, where it does not say so yet.
    pub fn about(self, file: &Path, region: Option<&str>) -> Self {
        Self {
            file: self.file.or_else(|| Some(file.to_owned())),
            region: self.region.or_else(|| region.map(str::to_owned)),
            ..self
        }
    }

    /// Prints the report on standard error.
    pub fn print(&self) {
        eprintln!("{:?}", self.report);
    }

    /// The same for a machine: the reason, what to do about it, where, and the exit code.
    pub fn document(&self) -> Value {
        let mut causes: Vec<String> = self.report.chain().map(ToString::to_string).collect();
        causes.dedup();
        let place = self.place();
        let place = place.as_ref();
        let file = self.file.as_ref().map(|file| file.to_string_lossy());
        let fields = [
            ("file", place.map(|place| json!(place.file)).or_else(|| Some(json!(file?)))),
            ("region", self.region.as_ref().map(|region| json!(region))),
            ("line", place.map(|place| json!(place.line))),
            ("column", place.map(|place| json!(place.column))),
            ("reason", Some(json!(causes.join(": ")))),
            ("help", self.report.help().map(|help| json!(help.to_string()))),
            ("exit_code", Some(json!(self.kind as u8))),
        ];
        let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(known.collect())
    }

    /// Where the report points to, if it points into a text.
    fn place(&self) -> Option<Place> {
        let source = self.report.source_code()?;
        let label = self.report.labels()?.next()?;
        let found = source.read_span(label.inner(), 0, 0).ok()?;
        Some(Place {
            file: found.name()?.to_owned(),
            line: found.line() + 1,
            column: found.column() + 1,
        })
    }
}

/// Counted from 1.
struct Place {
    file: String,
    line: usize,
    column: usize,
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
