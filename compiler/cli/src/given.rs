//! The order that a user gives with `--schedule`, in one of three languages.

use crate::commands::tune::one_line;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_analysis::check;
use loopwright_exchange::{Form, from_isl, from_looperset};
use loopwright_ir::{Schedule, ScheduleTree};
use loopwright_runtime::read_bounded;
use loopwright_transform::{Rounding, State};
use std::path::Path;

/// A text, understood as far as that is possible without the program that it is for.
#[derive(Clone, Debug)]
pub enum Given {
    /// Our steps.
    Steps(Schedule),
    /// A string of LOOPerSet.
    Looperset(String),
    /// An isl schedule tree in YAML.
    Tree(String),
}

/// A legal order of a program.
#[derive(Clone, Debug)]
pub struct Order {
    /// The steps that make it, if it was given by steps.
    pub schedule: Option<Schedule>,
    pub tree: ScheduleTree,
    /// The steps, or else the tree as it was given.
    pub text: String,
}

impl Order {
    /// The steps on one line, or what the order was given as.
    pub fn one_line(&self) -> String {
        match &self.schedule {
            Some(schedule) => one_line(&schedule.to_string()),
            None => "an isl schedule tree".to_owned(),
        }
    }
}

/// Whether sums keep the source's order.
pub fn rounding(fast_math: bool) -> Rounding {
    if fast_math { Rounding::Free } else { Rounding::Strict }
}

/// More bytes than any schedule has.
const LONGEST: u64 = 16 << 20;

/// The file that a `--schedule` names, if it names one rather than being a schedule itself.
pub fn schedule_file(text: &str) -> Option<&Path> {
    let file = Path::new(text);
    (!text.contains('\n') && !text.is_empty() && file.exists()).then_some(file)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    let text = format!("cannot read the schedule `{}`: {error}", file.display());
    Failure::new(Kind::Schedule, text).about(file, None)
}

impl Given {
    /// The contents of a file of that name, or else the text itself; its language is told by its look
    /// (see [`Form::of`]).
    pub fn read(text: &str) -> Outcome<Self> {
        let (text, place) = match schedule_file(text) {
            Some(file) => {
                let contents =
                    read_bounded(file, LONGEST).map_err(|error| unreadable(file, &error))?;
                let contents = String::from_utf8(contents).map_err(|_| {
                    unreadable(file, &std::io::Error::other("it is not text in UTF-8"))
                })?;
                (contents, format!("{text}: "))
            }
            None if Form::of(text) == Form::Steps
                && !text.contains('(')
                && !text.trim().is_empty() =>
            {
                return Err(Failure::with_help(
                    Kind::Schedule,
                    format!("there is no schedule file `{text}`"),
                    "give the name of a file, steps such as 'tile(S1, i, j, 32, 32)', a LOOPerSet \
                     string, or an isl schedule tree",
                ));
            }
            None => (text.to_owned(), "the schedule, ".to_owned()),
        };
        match Form::of(&text) {
            Form::Looperset => Ok(Self::Looperset(text)),
            Form::Isl => Ok(Self::Tree(text)),
            Form::Steps => text
                .parse()
                .map(Self::Steps)
                .map_err(|error| Failure::new(Kind::Schedule, format!("{place}{error}"))),
        }
    }

    /// Whether nothing is to be changed.
    pub fn is_original(&self) -> bool {
        matches!(self, Self::Steps(schedule) if schedule.is_original())
    }

    /// The state that the order makes of one, if it keeps every dependence: the program with what the steps change of it, and
    /// its order.
    pub fn apply(&self, start: &State) -> Outcome<(State, Order)> {
        let schedule = match self {
            Self::Steps(schedule) => schedule.clone(),
            Self::Looperset(text) => {
                from_looperset(start.program(), start.tree(), text).or_fail(Kind::Schedule)?
            }
            Self::Tree(text) => {
                let program = start.program();
                let imported = from_isl(program, text).or_fail(Kind::Schedule)?;
                for warning in &imported.warnings {
                    eprintln!("the isl schedule tree: {warning}");
                }
                let dependences = start.dependences().or_fail(Kind::Other)?;
                check(program, dependences, &imported.tree).map_err(|error| {
                    Failure::new(Kind::Schedule, format!("the isl schedule tree: {error}"))
                })?;
                let order =
                    Order { schedule: None, tree: imported.tree.clone(), text: text.clone() };
                return Ok((start.in_order(imported.tree), order));
            }
        };
        let state = start
            .replay(&schedule)
            .map_err(|illegal| Failure::new(Kind::Schedule, illegal.to_string()))?;
        let (schedule, tree) = (state.schedule().clone(), state.tree().clone());
        let text = schedule.to_string();
        Ok((state, Order { schedule: Some(schedule), tree, text }))
    }
}
