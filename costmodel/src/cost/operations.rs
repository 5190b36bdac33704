//! Kinds of operation that differ in cost.

use loopwright_ir::{BinaryOperation, Expression, MathFunction};

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    Multiply,
    MultiplyAdd,
    Divide,
    SquareRoot,
    Call,
    Select,
    Integer,
    Convert,
}

impl Operation {
    /// How many kinds there are.
    pub const COUNT: usize = Self::Convert as usize + 1;

    /// Cycles between independent operations on one register of 256 bits, and from operand to result.
    pub fn cycles(self) -> (f64, f64) {
        match self {
            Self::Add => (0.5, 3.0),
            Self::Multiply => (0.5, 3.0),
            Self::MultiplyAdd => (0.5, 4.0),
            Self::Divide => (5.0, 13.0),
            Self::SquareRoot => (7.0, 20.0),
            Self::Call => (40.0, 50.0),
            Self::Select => (0.7, 2.0),
            Self::Integer => (0.35, 1.0),
            Self::Convert => (0.7, 4.0),
        }
    }
}

/// The kind of an expression's own operation; `None` for what costs nothing.
pub fn kind(expression: &Expression) -> Option<Operation> {
    use Operation::{
        Add, Call, Convert, Divide, Integer, Multiply, MultiplyAdd, Select, SquareRoot,
    };
    Some(match expression {
        Expression::Read { .. }
        | Expression::Integer { .. }
        | Expression::Float { .. }
        | Expression::Index { .. } => return None,
        Expression::Unary { element, .. } if element.is_float() => Add,
        Expression::Unary { .. } => Integer,
        Expression::Binary { operation, element, .. } => match operation {
            BinaryOperation::Divide | BinaryOperation::Remainder => Divide,
            BinaryOperation::Multiply => Multiply,
            BinaryOperation::Add | BinaryOperation::Subtract if element.is_float() => Add,
            _ => Integer,
        },
        Expression::MultiplyAdd { .. } => MultiplyAdd,
        Expression::Compare { .. } | Expression::Select { .. } => Select,
        Expression::Cast { .. } => Convert,
        Expression::Gather { .. } => Select,
        Expression::Call { function, .. } => match function {
            MathFunction::SquareRoot => SquareRoot,
            MathFunction::FusedMultiplyAdd => MultiplyAdd,
            MathFunction::Absolute | MathFunction::CopySign => Add,
            MathFunction::Floor
            | MathFunction::Ceiling
            | MathFunction::Truncate
            | MathFunction::Round
            | MathFunction::RoundToEven
            | MathFunction::Minimum
            | MathFunction::Maximum => Select,
            _ => Call,
        },
    })
}
