//! What a parent asks of a worker, and what the worker says: one JSON value a line.

use crate::checking::Checks;
use crate::failure::{Failure, Finding};
use crate::tally::Tally;
use crate::text::{Batch, TextFailure, TextTally, TextView};
use loopwright_synth::Reduction;
use serde::{Deserialize, Serialize};

/// What the parent asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// All pairs of the programs from `first` on, less those that are to be left out.
    Batch { seed: u64, first: u64, count: u64, skip: Vec<u64> },
    /// One pair, perhaps of a smaller program and under another schedule.
    Case(Case),
    /// What the independent checker says of all pairs of the programs from `first` on, until `enough` of them
    /// are wrong; `native` says whether only what runs natively tells which are.
    Check { seed: u64, first: u64, count: u64, enough: u64, native: bool },
    /// Regions as C text.
    Texts(Batch),
}

/// A pair, changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub seed: u64,
    pub pair: u64,
    /// What is taken away from the program, one after another.
    pub reductions: Vec<Reduction>,
    /// The schedule's text where it is not the pair's own.
    pub schedule: Option<String>,
    /// The first size of the random data counts only where the native view is wanted.
    pub native: bool,
}

/// What the worker says. Each request ends with `Done`, `Judged` or `Checked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The compiler begins with a program, or with a pair of it.
    Drawing {
        pair: u64,
        schedule: bool,
    },
    /// All native code of the request is about to be compiled.
    Compiling,
    /// A pair's native code is about to run.
    Running {
        pair: u64,
    },
    Found(Failure),
    /// The frontend begins with a region, or a batch that begins with it.
    ReadingText {
        region: u64,
    },
    /// Code of a region is about to run.
    RunningText {
        region: u64,
        view: TextView,
        schedule: String,
    },
    FoundText(TextFailure),
    /// A batch of regions is done.
    TextsDone(TextTally),
    /// A batch is done.
    Done(Tally),
    /// A case is judged.
    Judged(Judgement),
    /// The checker was asked about a batch.
    Checked(Checks),
    /// The request could not be served, for a reason that is not the compiler's.
    Refused(String),
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub finding: Option<Finding>,
    /// Whether the program exists and the schedule is accepted; where not, there is no finding.
    pub valid: bool,
    pub source: String,
    /// The parameters' values, as `p=3 q=4`.
    pub parameters: String,
    /// With all numbers that the dependences decide written out.
    pub schedule: String,
    pub loops: String,
}
