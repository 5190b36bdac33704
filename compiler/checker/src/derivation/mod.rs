//! Whether a program that was made of another one gives its results.
//!
//! A loop tree is checked against a program. Where that program is not the source itself, [`check_derivation`]
//! says whether it may stand for it. It is told the two programs and nothing else. What the second one has
//! that the first one has not says which of these definitions is to hold; `≺` is the order of the source, and
//! an access is *another one* where the two programs differ in it.
//!
//! - *Forwarded*: other accesses stand in place of those to some scalars, which nobody sees outside, and
//!   statements that would give an element its own value are gone (`forwarding.rs`).
//! - *Divided*: the statements have several copies, each for some of the instances (`instances.rs`).
//! - *Kept*: statements read copies that further statements make (`keeping.rs`).
//! - *Regrouped*: sums are added up in storage of our own, and then to the total (`regrouping.rs`).
//! - *Expanded*: see [`check_expansion`].

mod forwarding;
mod instances;
mod keeping;
mod operator;
mod order;
mod regrouping;
mod scene;

use crate::proof::Stop;
use crate::{Evidence, Limits, Refutation, check_expansion};
use loopwright_ir::{Access, Array, Program};
use std::fmt;

/// What a program has that the one it was made of has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    Forwarded,
    Divided,
    Kept,
    /// Sums are regrouped: integers, so that no bit can differ.
    Regrouped,
    /// Sums of floating-point numbers are regrouped: that these may be added up in any order is taken as given.
    Reassociated,
    Expanded,
}

/// How a program comes from another one, and how that was established.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// `None` where the programs are equal.
    pub change: Option<Change>,
    pub evidence: Evidence,
}

impl Change {
    /// In a word: the step's name, if a step makes such programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forwarded => "forward",
            Self::Divided => "divide",
            Self::Kept => "keep",
            Self::Regrouped | Self::Reassociated => "regroup",
            Self::Expanded => "expand",
        }
    }

    /// What is taken as given even where the rest is proven.
    pub fn given(self) -> Option<&'static str> {
        match self {
            Self::Reassociated => Some("floating-point sums may be added up in any order"),
            _ => None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Forwarded => "elements in place of scalars",
            Self::Divided => "loops divided",
            Self::Kept => "reads kept",
            Self::Regrouped | Self::Reassociated => "sums regrouped",
            Self::Expanded => "arrays expanded",
        })
    }
}

/// Checks that a program gives the results of the one that it was made of.
///
/// # Errors
/// The first condition that is found broken. What the limits leave open is no error.
pub fn check_derivation(
    before: &Program,
    after: &Program,
    limits: &Limits,
) -> Result<Derivation, Refutation> {
    if before == after {
        return Ok(Derivation { change: None, evidence: Evidence::Proven });
    }
    let change = change(before, after);
    let result = match change {
        Change::Forwarded => forwarding::prove(before, after, limits),
        Change::Divided => instances::prove(before, after, limits),
        Change::Kept => keeping::prove(before, after, limits),
        Change::Regrouped | Change::Reassociated => regrouping::prove(before, after, limits),
        Change::Expanded => {
            let evidence = check_expansion(before, after, limits)?;
            return Ok(Derivation { change: Some(change), evidence });
        }
    };
    let evidence = match result {
        Ok(()) => Evidence::Proven,
        Err(Stop::Refuted(refutation)) => return Err(*refutation),
        Err(Stop::Open(why)) => Evidence::NotDecided { why },
    };
    Ok(Derivation { change: Some(change), evidence })
}

/// Which definition is to hold. A wrong choice refutes what is right, never the other way round.
fn change(before: &Program, after: &Program) -> Change {
    let known = before.arrays.len();
    if after.arrays.len() == known {
        let more = after.statements.len() > before.statements.len();
        return if more { Change::Divided } else { Change::Forwarded };
    }
    let is_new = |access: &Access| access.array.0 >= known;
    let old = || before.statements.iter().zip(&after.statements);
    if old().any(|(one, other)| one.iterators.len() != other.iterators.len()) {
        let floats = after.arrays.iter().skip(known).any(|array: &Array| array.element.is_float());
        return if floats { Change::Reassociated } else { Change::Regrouped };
    }
    if old().any(|(_, other)| is_new(&other.write)) {
        return Change::Expanded;
    }
    Change::Kept
}

fn malformed(change: Change, detail: impl fmt::Display) -> Stop {
    Refutation::Malformed(format!("{change}: {detail}")).into()
}
