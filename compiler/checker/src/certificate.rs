//! What a check established, and how.

use std::fmt;

/// Why a question is open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// One question needed more operations than [`Limits::operations`](crate::Limits::operations).
    #[error("a question about integer sets needs more steps than allowed")]
    Operations,
    /// All questions together took longer than [`Limits::time`](crate::Limits::time).
    #[error("the time for the check is over")]
    Time,
    /// A coefficient does not fit 64 bits.
    #[error("a coefficient does not fit 64 bits")]
    Numbers,
    /// The bounds and conditions around a statement distinguish too many cases.
    #[error("the loops distinguish too many cases")]
    Cases,
    /// A parameter or a loop has no known bounds, so that a sum may not fit 64 bits.
    #[error("it depends on parameters whose values are not bounded")]
    Unbounded,
    /// Several statements do the same, so that it is not known which one a copy is of.
    #[error("it cannot be told which of several equal statements one comes from")]
    Ambiguous,
    /// The integer set library failed.
    #[error("integer sets: {0}")]
    Library(String),
}

/// How a condition was established.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// For all values of the parameters that the program allows.
    Proven,
    /// By running through every instance at some values of the parameters.
    Enumerated { sizes: usize, instances: u64 },
    /// Not at all.
    NotDecided { why: Doubt },
}

/// What was established of a loop tree, condition by condition (see the crate's text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub statements: usize,
    /// How many pairs of accesses, by level of the original order, depend on each other; 0 where
    /// they were not counted.
    pub dependences: usize,
    pub accesses: usize,
    /// The pack nodes of the tree.
    pub copies: usize,
    /// C1.
    pub once: Evidence,
    /// C2.
    pub order: Evidence,
    /// C3.
    pub bounds: Evidence,
    /// C4.
    pub transparent: Evidence,
    /// C5.
    pub arithmetic: Evidence,
}

impl Certificate {
    /// How each condition was established, from C1 to C5.
    pub fn evidence(&self) -> [&Evidence; 5] {
        [&self.once, &self.order, &self.bounds, &self.transparent, &self.arithmetic]
    }

    /// Whether every condition is proven for all values of the parameters.
    pub fn is_proven(&self) -> bool {
        self.evidence().into_iter().all(|evidence| *evidence == Evidence::Proven)
    }

    /// The conditions that are left open: why.
    pub fn undecided(&self) -> impl Iterator<Item = &Doubt> {
        self.evidence().into_iter().filter_map(|evidence| match evidence {
            Evidence::NotDecided { why } => Some(why),
            Evidence::Proven | Evidence::Enumerated { .. } => None,
        })
    }

    /// Whether no condition is left open.
    pub fn is_decided(&self) -> bool {
        self.undecided().next().is_none()
    }

    /// What holds of all conditions, in a word or two.
    pub fn verdict(&self) -> &'static str {
        if self.is_proven() {
            "proven"
        } else if self.is_decided() {
            "enumerated"
        } else {
            "not decided"
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven => formatter.write_str("proven"),
            Self::Enumerated { sizes, instances } => {
                write!(formatter, "all {instances} instances at {}", count(*sizes, "size"))
            }
            Self::NotDecided { why } => write!(formatter, "not decided: {why}"),
        }
    }
}

/// As `checked independently: 3 statements each run once (proven), 12 dependences keep their order
/// (proven), 14 accesses in bounds (proven)`.
impl fmt::Display for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statements = match self.statements {
            1 => "1 statement runs each instance once".to_owned(),
            many => format!("{many} statements each run once"),
        };
        let dependences = match (self.dependences, &self.order) {
            (1, _) => "1 dependence keeps its order".to_owned(),
            (many, Evidence::Proven) => format!("{many} dependences keep their order"),
            _ => "dependences keep their order".to_owned(),
        };
        let accesses = count_plural(self.accesses, "access", "accesses");
        write!(
            formatter,
            "checked independently: {statements} ({}), {dependences} ({}), {accesses} in bounds ({})",
            self.once, self.order, self.bounds
        )?;
        if self.copies > 0 {
            let copies = count_plural(self.copies, "local copy", "local copies");
            write!(formatter, ", {copies} transparent ({})", self.transparent)?;
        }
        if self.arithmetic != Evidence::Proven {
            write!(formatter, ", sums in 64 bits ({})", self.arithmetic)?;
        }
        Ok(())
    }
}

fn count(number: usize, what: &str) -> String {
    count_plural(number, what, &format!("{what}s"))
}

fn count_plural(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
