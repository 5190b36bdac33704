//! What is wrong with a loop tree, with a witness.

use crate::interpreter::brackets;
use loopwright_ir::{Program, Variable};
use std::fmt;

/// One instance of a statement, in the source's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceWitness {
    pub statement: String,
    /// The source's loop variables with their values.
    pub iterators: Vec<(String, i64)>,
    /// The program's parameters with the values at which this happens; those that nothing depends
    /// on are left out.
    pub parameters: Vec<(String, i64)>,
}

/// The order that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The later instance runs first.
    Reversed,
    /// Nothing orders the two: a parallel, vector or jammed loop runs both.
    Unordered,
}

/// The first condition that was found broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refutation {
    /// The program or tree is not what it must be to have a meaning (C0).
    #[error("the loops are malformed: {0}")]
    Malformed(String),
    /// An instance never runs (C1).
    #[error("{0} never runs")]
    Missing(InstanceWitness),
    /// An instance runs twice (C1).
    #[error("{0} runs more than once")]
    Repeated(InstanceWitness),
    /// What runs is no instance of the program (C1).
    #[error("{0} runs, which the program does not have")]
    Foreign(InstanceWitness),
    /// Two instances that access the same element lose their order (C2).
    #[error("{}", misordered(first, second, array, *lost))]
    Misordered {
        first: Box<InstanceWitness>,
        second: Box<InstanceWitness>,
        array: String,
        lost: Lost,
    },
    /// An access is outside of its array (C3).
    #[error("{instance} accesses {array}{}, which is outside of the array", brackets(subscripts))]
    OutOfBounds { instance: InstanceWitness, array: String, subscripts: Vec<i64> },
    /// An access to a packed array is outside of the box (C4a).
    #[error("{instance} accesses {array}{}, outside of the local copy", brackets(subscripts))]
    OutsideCopy { instance: InstanceWitness, array: String, subscripts: Vec<i64> },
    /// A local copy is used but never filled (C4b).
    #[error("a local copy of {array} is used without having been filled")]
    NotFilled { array: String },
    /// A local copy is changed but never written back (C4c).
    #[error("a local copy of {array} is changed but not written back")]
    NotWrittenBack { array: String },
    /// A local copy for some reads is older than what they read (C4g).
    #[error("a local copy for some reads of {array} is read after the element itself was written")]
    OutdatedCopy { array: String },
    /// A copy is filled with what may not exist (C4h).
    #[error("a local copy of {array} is filled, which is read under conditions on data only")]
    Conditional { array: String },
    /// Two threads use one element, one of them through a local copy (C4d).
    #[error(
        "iterations of the parallel loop {loop_name} interfere through a local copy of {array}"
    )]
    CopyRaces { array: String, loop_name: String },
    /// A local copy inside of a vector or jammed loop (C4e).
    #[error("a local copy of {array} is inside of the loop {loop_name}, which runs in lock-step")]
    CopyInLockstep { array: String, loop_name: String },
    /// A program that was made of another one reads other values.
    #[error("{instance} does not find in {array} what it finds there in the source")]
    OtherValue { instance: InstanceWitness, array: String },
    /// A program that was made of another one leaves other values behind.
    #[error("what {instance} leaves in {array} is not what the source leaves there")]
    OtherResult { instance: InstanceWitness, array: String },
    /// An affine expression does not fit 64 bits (C5).
    #[error("an affine expression does not fit 64 bits")]
    Overflow,
}

impl InstanceWitness {
    /// From the values of a statement's normalised iterators.
    pub(crate) fn new(
        program: &Program,
        statement: usize,
        iterators: &[i64],
        parameters: &[i64],
    ) -> Self {
        let value_of = |variable| match variable {
            Variable::Iterator(depth) => iterators.get(depth as usize).copied().unwrap_or(0),
            Variable::Parameter(at) => parameters.get(at as usize).copied().unwrap_or(0),
            Variable::Loop(_) => 0,
        };
        let used = |position: usize| {
            let is_used = u32::try_from(position).is_ok_and(|at| mentions(program, at));
            is_used || parameters.get(position).is_some_and(|value| *value != 0)
        };
        let names = program.parameters.iter().map(|parameter| parameter.name.clone());
        let parameters = names
            .zip(parameters)
            .enumerate()
            .filter(|(position, _)| used(*position))
            .map(|(_, (name, value))| (name, *value))
            .collect();
        let Some(found) = program.statements.get(statement) else {
            return Self { statement: String::new(), iterators: Vec::new(), parameters };
        };
        let iterators = found
            .iterators
            .iter()
            .zip(iterators)
            .map(|(iterator, value)| {
                let source = iterator.source_value.evaluate(value_of).unwrap_or(*value);
                (iterator.name.clone(), source)
            })
            .collect();
        Self { statement: found.name.clone(), iterators, parameters }
    }
}

/// Whether anything in the domains or extents depends on a parameter.
fn mentions(program: &Program, position: u32) -> bool {
    let variable = Variable::Parameter(position);
    let domains = program.statements.iter().flat_map(|statement| &statement.domain);
    let extents = program.arrays.iter().flat_map(|array| &array.extents);
    domains
        .map(|constraint| &constraint.affine)
        .chain(extents)
        .any(|affine| affine.mentions(variable))
}

fn assignments(pairs: &[(String, i64)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

/// `S1(i = 3, j = 0) with N = 5`.
impl fmt::Display for InstanceWitness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({})", self.statement, assignments(&self.iterators))?;
        if self.parameters.is_empty() {
            return Ok(());
        }
        write!(formatter, " with {}", assignments(&self.parameters))
    }
}

fn misordered(
    first: &InstanceWitness,
    second: &InstanceWitness,
    array: &str,
    lost: Lost,
) -> String {
    let plain = |instance: &InstanceWitness| {
        InstanceWitness { parameters: Vec::new(), ..instance.clone() }.to_string()
    };
    match lost {
        Lost::Reversed => {
            format!(
                "{} must run before {second}, because of {array}, but runs after it",
                plain(first)
            )
        }
        Lost::Unordered => {
            format!(
                "{} must run before {second}, because of {array}, but nothing orders them",
                plain(first)
            )
        }
    }
}
