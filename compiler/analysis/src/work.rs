//! How much a program computes and how much memory it has to touch: what a time is divided into.
//!
//! Both follow from the program alone, not from an order of it. Operations are those of each
//! statement's text times the points of its domain; traffic is what any order has to move, each
//! element that is read once and each that is written once, as STREAM counts its arrays.

mod points;
mod traffic;

use loopwright_ir::{BinaryOperation, Expression, MathFunction, Program};
use points::Points;

/// The most loop iterations and elements that are looked at one by one.
const EFFORT: u64 = 400_000_000;

/// What one run of a program does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Additions, subtractions, multiplications, divisions and calls of mathematical functions on
    /// floating-point numbers; a fused multiply-add is two.
    pub floating: u64,
    /// Additions, subtractions, multiplications, divisions, comparisons, minima and maxima of integers
    /// that are elements or computed from them; those of subscripts are not counted.
    pub integer: u64,
    /// Bytes of the different elements that are read.
    pub read_bytes: u64,
    /// Bytes of the different elements that are written.
    pub written_bytes: u64,
    /// Bytes of the different elements that are read or written: the room that they take.
    pub touched_bytes: u64,
}

impl Work {
    /// Counts a program whose parameters are all known. `None` where one is not, where a domain is
    /// unbounded, or where counting would take too long.
    pub fn of(program: &Program) -> Option<Self> {
        let program = program.specialize();
        let mut work = Self::default();
        let mut effort = EFFORT;
        for statement in &program.statements {
            let order: Vec<usize> = (0..statement.iterators.len()).collect();
            let instances = Points::of(&statement.domain, &order)?.count(&mut effort)?;
            let each = operations(&statement.body);
            work.floating = work.floating.checked_add(instances.checked_mul(each.floating)?)?;
            work.integer = work.integer.checked_add(instances.checked_mul(each.integer)?)?;
        }
        for bytes in traffic::of(&program, &mut effort)? {
            work.read_bytes = work.read_bytes.checked_add(bytes.read)?;
            work.written_bytes = work.written_bytes.checked_add(bytes.written)?;
            work.touched_bytes = work.touched_bytes.checked_add(bytes.touched)?;
        }
        Some(work)
    }

    /// The operations to divide by a time: those on floating-point numbers, or where there are none
    /// those on integers.
    pub fn operations(&self) -> u64 {
        if self.floating > 0 { self.floating } else { self.integer }
    }

    /// The bytes that any order has to move.
    pub fn traffic(&self) -> u64 {
        self.read_bytes.saturating_add(self.written_bytes)
    }
}

/// The operations of one evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Operations {
    floating: u64,
    integer: u64,
}

/// Counts an expression as it is written, except that `a < b ? a : b` and its like, which is how C
/// spells a minimum or maximum, is one operation on `a` and `b`.
fn operations(expression: &Expression) -> Operations {
    if let Some((left, right)) = extremum(expression) {
        let (left, right) = (operations(left), operations(right));
        return with(sum([left, right]), expression.element().is_float(), 1);
    }
    let inner = sum(expression.operands().into_iter().map(operations));
    match expression {
        Expression::Binary {
            operation:
                BinaryOperation::Add
                | BinaryOperation::Subtract
                | BinaryOperation::Multiply
                | BinaryOperation::Divide,
            element,
            ..
        } => with(inner, element.is_float(), 1),
        Expression::MultiplyAdd { element, .. } => with(inner, element.is_float(), 2),
        Expression::Compare { operand_element, .. } if !operand_element.is_float() => {
            with(inner, false, 1)
        }
        Expression::Call { function, element, .. } => {
            with(inner, element.is_float(), weight(*function))
        }
        _ => inner,
    }
}

/// How many operations a call is: none where only bits are moved.
fn weight(function: MathFunction) -> u64 {
    match function {
        MathFunction::Absolute
        | MathFunction::CopySign
        | MathFunction::Floor
        | MathFunction::Ceiling
        | MathFunction::Round
        | MathFunction::RoundToEven
        | MathFunction::Truncate => 0,
        MathFunction::FusedMultiplyAdd => 2,
        _ => 1,
    }
}

/// The operands of a choice between the two sides of its own comparison.
fn extremum(expression: &Expression) -> Option<(&Expression, &Expression)> {
    let Expression::Select { condition, then, otherwise, .. } = expression else { return None };
    let Expression::Compare { left, right, .. } = &**condition else { return None };
    let chosen = (left == then && right == otherwise) || (left == otherwise && right == then);
    chosen.then_some((&**left, &**right))
}

fn with(mut operations: Operations, floating: bool, more: u64) -> Operations {
    if floating {
        operations.floating += more;
    } else {
        operations.integer += more;
    }
    operations
}

fn sum(all: impl IntoIterator<Item = Operations>) -> Operations {
    all.into_iter().fold(Operations::default(), |left, right| Operations {
        floating: left.floating + right.floating,
        integer: left.integer + right.integer,
    })
}
