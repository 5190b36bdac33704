//! What to tell a user about an illegal order: the two instances that would clash.

use crate::ordering::{OrderedPair, Place};
use crate::{Dependence, DependenceId, DependenceKind};
use loopwright_ir::{Access, ArrayId, Program, StatementId, Variable};
use std::fmt;

/// Why the pair is out of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The loop runs the destination's iteration first.
    Reversed { loop_name: String },
    /// All common loops run both in the same iteration, where the destination stands first.
    Position,
    /// The two are different iterations of a parallel loop.
    Parallel { loop_name: String },
    /// The two are in different iterations of a pipelined loop, the source further in the loop inside.
    Pipelined { loop_name: String },
    /// The two are in different iterations of a doacross loop, and the loop inside has not reached the source's.
    Doacross { loop_name: String },
    /// The two are different iterations of a vector loop.
    Vector { loop_name: String },
    /// Both iterations run in one block of a loop that is unrolled and jammed.
    Jammed { loop_name: String, factor: u32 },
}

/// One execution of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceWitness {
    pub statement: StatementId,
    pub statement_name: String,
    /// The source's loop variables with their values, outermost first.
    pub iterators: Vec<(String, i64)>,
}

/// Two instances that must keep their order and do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub dependence: DependenceId,
    pub kind: DependenceKind,
    pub array: ArrayId,
    /// The element that both touch, as `A[1][2]`.
    pub element: String,
    pub source: InstanceWitness,
    pub destination: InstanceWitness,
    /// The values of the parameters for which this happens, of those that matter.
    pub parameters: Vec<(String, i64)>,
    pub reason: Reason,
}

impl Violation {
    /// From a point of the pair's columns. `None` when a value is beyond 64 bits.
    pub(crate) fn at(
        program: &Program,
        dependence: &Dependence,
        pair: &OrderedPair<'_, '_>,
        point: &[i64],
        reason: Reason,
    ) -> Option<Self> {
        let source_first = pair.parameters;
        let destination_first = source_first + pair.source.path.len();
        let mentioned = |position: usize| {
            pair.system
                .rows
                .iter()
                .any(|row| row.coefficients.get(position).is_some_and(|value| *value != 0))
        };
        // Parameters that no constraint mentions may have any value: the known one is the best.
        let parameter = |position: usize| {
            let known = program.parameters.get(position);
            match known.and_then(|parameter| parameter.value) {
                Some(value) if !mentioned(position) => value,
                _ => point.get(position).copied().unwrap_or(0),
            }
        };
        let source = instance(program, pair.source, point, source_first, &parameter)?;
        let destination =
            instance(program, pair.destination, point, destination_first, &parameter)?;
        let access = dependence.source_access.of(program, dependence.source)?;
        let element = element(program, access, &source.1, &parameter)?;
        let parameters = program
            .parameters
            .iter()
            .enumerate()
            .filter(|(position, _)| mentioned(*position))
            .map(|(position, known)| (known.name.clone(), parameter(position)))
            .collect();
        Some(Self {
            dependence: dependence.id,
            kind: dependence.kind,
            array: dependence.array,
            element,
            source: source.0,
            destination: destination.0,
            parameters,
            reason,
        })
    }
}

/// The instance in source terms, and the values of its normalised iterators.
fn instance(
    program: &Program,
    place: &Place<'_>,
    point: &[i64],
    first: usize,
    parameter: &impl Fn(usize) -> i64,
) -> Option<(InstanceWitness, Vec<i64>)> {
    let id = place.leaf.statement;
    let statement = program.statements.get(id.0)?;
    let loop_value = |variable| match variable {
        Variable::Loop(id) => place
            .path
            .iter()
            .position(|inner| inner.id.0 == id)
            .and_then(|depth| point.get(first + depth))
            .copied()
            .unwrap_or(0),
        Variable::Parameter(position) => parameter(position as usize),
        Variable::Iterator(_) => 0,
    };
    let normalised: Option<Vec<_>> =
        place.leaf.iterators.iter().map(|affine| affine.evaluate(loop_value)).collect();
    let normalised = normalised?;
    let iterators: Option<Vec<_>> = statement
        .iterators
        .iter()
        .map(|iterator| {
            let value = iterator
                .source_value
                .evaluate(|variable| iterator_value(variable, &normalised, parameter))?;
            Some((iterator.name.clone(), value))
        })
        .collect();
    let witness = InstanceWitness {
        statement: id,
        statement_name: statement.name.clone(),
        iterators: iterators?,
    };
    Some((witness, normalised))
}

fn iterator_value(
    variable: Variable,
    normalised: &[i64],
    parameter: &impl Fn(usize) -> i64,
) -> i64 {
    match variable {
        Variable::Iterator(depth) => normalised.get(depth as usize).copied().unwrap_or(0),
        Variable::Parameter(position) => parameter(position as usize),
        Variable::Loop(_) => 0,
    }
}

fn element(
    program: &Program,
    access: &Access,
    normalised: &[i64],
    parameter: &impl Fn(usize) -> i64,
) -> Option<String> {
    let mut text = program.arrays.get(access.array.0)?.name.clone();
    for subscript in &access.subscripts {
        let value =
            subscript.evaluate(|variable| iterator_value(variable, normalised, parameter))?;
        text.push_str(&format!("[{value}]"));
    }
    Some(text)
}

fn list(values: &[(String, i64)]) -> String {
    let items: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    items.join(", ")
}

impl fmt::Display for InstanceWitness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({})", self.statement_name, list(&self.iterators))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reversed { loop_name } => write!(
                formatter,
                "the new order of the loop `{loop_name}` would run the second first"
            ),
            Self::Position => {
                formatter.write_str("the new order of the statements would run the second first")
            }
            Self::Parallel { loop_name } => write!(
                formatter,
                "the iterations of the parallel loop `{loop_name}` would run them at the same time"
            ),
            Self::Pipelined { loop_name } => write!(
                formatter,
                "the second one, in a later iteration of the pipelined loop `{loop_name}`, would not wait for the \
                 first"
            ),
            Self::Doacross { loop_name } => write!(
                formatter,
                "the second one, in a later iteration of the doacross loop `{loop_name}`, would not wait for the \
                 first: the loop inside has not reached that iteration's number"
            ),
            Self::Vector { loop_name } => {
                write!(formatter, "the vector loop `{loop_name}` would run them at the same time")
            }
            Self::Jammed { loop_name, factor } => write!(
                formatter,
                "unrolling and jamming `{loop_name}` by {factor} would run the second first"
            ),
        }
    }
}

/// `S1(i=1, j=2) writes A[1][2], which S1(i=2, j=1) reads; the new order … would run the second first`.
impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = match self.kind {
            DependenceKind::ReadAfterWrite => ("writes", "reads"),
            DependenceKind::WriteAfterRead => ("reads", "writes"),
            DependenceKind::WriteAfterWrite => ("writes", "writes too"),
        };
        write!(
            formatter,
            "{} {first} {}, which {} {second}; {}",
            self.source, self.element, self.destination, self.reason
        )?;
        if !self.parameters.is_empty() {
            write!(formatter, " (with {})", list(&self.parameters))?;
        }
        Ok(())
    }
}
