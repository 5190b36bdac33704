//! The conditions as questions about integer sets: each asks whether a counterexample exists.

pub(crate) mod arithmetic;
pub(crate) mod bounds;
pub(crate) mod copies;
mod elimination;
pub(crate) mod once;
pub(crate) mod order;
mod question;
mod reads;
mod rows;
mod scope;
mod simple;
mod storage;
pub(crate) mod tree;

pub(crate) use question::Questions;
pub(crate) use rows::{Columns, Form, moved_row};
pub(crate) use tree::Tree;

use crate::{Doubt, Refutation};

/// Why a proof ends without a result.
#[derive(Debug)]
pub(crate) enum Stop {
    Refuted(Box<Refutation>),
    Open(Doubt),
}

impl From<Refutation> for Stop {
    fn from(refutation: Refutation) -> Self {
        Self::Refuted(Box::new(refutation))
    }
}

impl From<Doubt> for Stop {
    fn from(doubt: Doubt) -> Self {
        Self::Open(doubt)
    }
}
