//! Why a step cannot be applied, in words for whoever wrote it.

use loopwright_analysis::{LegalityError, Violation};
use loopwright_ir::Step;
use std::fmt;

/// A step that is refused, and its place in the schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Illegal {
    /// The step's position in its schedule, counted from 1; 0 for a step that stands alone.
    pub number: usize,
    pub step: Step,
    pub cause: Cause,
}

impl Illegal {
    /// The refusal of a step that stands alone.
    pub(crate) fn new(step: &Step, cause: Cause) -> Box<Self> {
        Box::new(Self { number: 0, step: step.clone(), cause })
    }
}

impl fmt::Display for Illegal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number > 0 {
            write!(formatter, "step {}, ", self.number)?;
        }
        write!(formatter, "`{}`: {}", self.step, self.cause)
    }
}

impl std::error::Error for Illegal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Cause {
    /// The step names a statement that the program does not have.
    #[error("there is no statement `{name}`; the statements are {}", known.join(", "))]
    UnknownStatement { name: String, known: Vec<String> },
    /// The step names a loop that is not around its statement.
    #[error(
        "there is no loop `{name}` around {statement}; {}",
        if path.is_empty() { "no loop is around it".to_owned() }
        else { format!("the loops around it are {}, outermost first", path.join(", ")) }
    )]
    UnknownLoop { name: String, statement: String, path: Vec<String> },
    /// The step names one loop twice.
    #[error("the loop `{name}` is named twice; name each loop once")]
    RepeatedLoop { name: String },
    /// The loops of a tile have another loop between them.
    #[error(
        "the loops `{outer}` and `{inner}` are not directly nested: {} between them; tile those as \
         well, or interchange first", match between.as_slice() {
            [one] => format!("`{one}` is"),
            several => format!("{} are", several.join(", ")),
        }
    )]
    NotContiguous { outer: String, inner: String, between: Vec<String> },
    /// A tile has another number of sizes than of loops, or no loop.
    #[error("{loops} loops and {sizes} sizes are given; give one size for each loop")]
    SizesDoNotMatch { loops: usize, sizes: usize },
    /// A number is out of its range.
    #[error("the {what} {value} is out of range; it must be from {least} to {most}")]
    BadSize { what: &'static str, value: u32, least: u32, most: u32 },
    /// The statement is alone in its loop already.
    #[error(
        "{statement} shares the loop `{loop_name}` with nothing, so nothing can be distributed"
    )]
    NothingToDistribute { statement: String, loop_name: String },
    /// A loop can run in one way only.
    #[error(
        "the loop `{loop_name}` is {mark} already; tile it first and mark the tile's other loop"
    )]
    AlreadyMarked { loop_name: String, mark: &'static str },
    /// Threads inside threads.
    #[error(
        "the loop `{inner}` would be parallel inside the parallel loop `{outer}`; only one loop of \
         a nest can be"
    )]
    NestedParallel { outer: String, inner: String },
    /// Vectors inside vectors.
    #[error(
        "the loop `{inner}` would be vectorized inside the vectorized loop `{outer}`; only one loop \
         of a nest can be"
    )]
    NestedVector { outer: String, inner: String },
    /// Threads cannot start in the middle of a vector or of jammed iterations.
    #[error(
        "the parallel loop `{inner}` would be inside the {mark} loop `{outer}`; put the parallel \
         loop outside"
    )]
    ParallelInside { outer: String, mark: &'static str, inner: String },
    /// Two instances that depend on one another would run in the wrong order.
    #[error("{0}")]
    Dependence(Box<Violation>),
    /// Whether the order is legal could not be found out.
    #[error("{0}")]
    NotDecided(LegalityError),
}
