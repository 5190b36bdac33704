//! The right-hand sides that sketches are made of, as C text and as expressions.

use loopwright_ir::{
    Access, ArrayId, BinaryOperation, CompareOperation, ElementType, Expression, MathFunction,
};

/// A right-hand side; constants take the type of the assignment.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Read(Access),
    Constant(f64),
    Binary(BinaryOperation, Box<Value>, Box<Value>),
    /// The greater of two reads, written as a ternary.
    Maximum(Access, Access),
    Call(MathFunction, Box<Value>),
}

impl Value {
    pub(crate) fn read(access: &Access) -> Self {
        Self::Read(access.clone())
    }

    pub(crate) fn plus(self, other: Value) -> Self {
        Self::Binary(BinaryOperation::Add, Box::new(self), Box::new(other))
    }

    pub(crate) fn minus(self, other: Value) -> Self {
        Self::Binary(BinaryOperation::Subtract, Box::new(self), Box::new(other))
    }

    pub(crate) fn times(self, other: Value) -> Self {
        Self::Binary(BinaryOperation::Multiply, Box::new(self), Box::new(other))
    }

    pub(crate) fn over(self, other: Value) -> Self {
        Self::Binary(BinaryOperation::Divide, Box::new(self), Box::new(other))
    }
}

/// The expression, with the reads appended in the order of evaluation, each access once.
pub(crate) fn body(
    value: &Value,
    element: ElementType,
    element_of: &dyn Fn(ArrayId) -> ElementType,
    reads: &mut Vec<Access>,
) -> Expression {
    match value {
        Value::Read(access) => read(access, element_of, reads),
        Value::Constant(number) => constant(*number, element),
        Value::Binary(operation, left, right) => Expression::Binary {
            operation: *operation,
            element,
            left: Box::new(body(left, element, element_of, reads)),
            right: Box::new(body(right, element, element_of, reads)),
        },
        Value::Maximum(first, second) => {
            let mut next = |access| Box::new(read(access, element_of, reads));
            Expression::Select {
                element,
                condition: Box::new(Expression::Compare {
                    operation: CompareOperation::Greater,
                    operand_element: element,
                    left: next(first),
                    right: next(second),
                }),
                then: next(first),
                otherwise: next(second),
            }
        }
        Value::Call(function, argument) => Expression::Call {
            function: *function,
            element,
            arguments: vec![body(argument, element, element_of, reads)],
        },
    }
}

fn read(
    access: &Access,
    element_of: &dyn Fn(ArrayId) -> ElementType,
    reads: &mut Vec<Access>,
) -> Expression {
    let position = reads.iter().position(|known| known == access).unwrap_or_else(|| {
        reads.push(access.clone());
        reads.len() - 1
    });
    Expression::Read { position, element: element_of(access.array) }
}

fn constant(number: f64, element: ElementType) -> Expression {
    match element {
        ElementType::F64 => Expression::Float { value: number, element },
        ElementType::F32 => Expression::Float { value: f64::from(number as f32), element },
        _ => Expression::Integer { value: number.round() as i64, element },
    }
}

/// The C text.
pub(crate) fn text(
    value: &Value,
    element: ElementType,
    access_text: &dyn Fn(&Access) -> String,
) -> String {
    match value {
        Value::Read(access) => access_text(access),
        Value::Constant(number) => match element {
            ElementType::F64 => format!("{number:?}"),
            ElementType::F32 => format!("{:?}f", *number as f32),
            ElementType::I64 => format!("{}L", number.round() as i64),
            _ => format!("{}", number.round() as i64),
        },
        Value::Binary(operation, left, right) => {
            let (sign, binds) = operator(*operation);
            let operand = |inner: &Value, needed: u8| {
                let text = text(inner, element, access_text);
                match inner {
                    Value::Binary(operation, ..) if operator(*operation).1 < needed => {
                        format!("({text})")
                    }
                    Value::Maximum(..) => format!("({text})"),
                    _ => text,
                }
            };
            format!("{} {sign} {}", operand(left, binds), operand(right, binds + 1))
        }
        Value::Maximum(first, second) => {
            let (first, second) = (access_text(first), access_text(second));
            format!("{first} > {second} ? {first} : {second}")
        }
        Value::Call(function, argument) => {
            let suffix = if element == ElementType::F32 { "f" } else { "" };
            format!("{}{suffix}({})", function.c_name(), text(argument, element, access_text))
        }
    }
}

/// The sign of an operation and how tightly it binds.
fn operator(operation: BinaryOperation) -> (&'static str, u8) {
    match operation {
        BinaryOperation::Subtract => ("-", 1),
        BinaryOperation::Multiply => ("*", 2),
        BinaryOperation::Divide => ("/", 2),
        _ => ("+", 1),
    }
}
