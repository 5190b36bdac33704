//! The right-hand sides that sketches are made of, as C text and as expressions.

use loopwright_ir::{
    Access, Affine, ArrayId, BinaryOperation, CompareOperation, ElementType, Expression,
    MathFunction,
};

/// A right-hand side; constants take the type of the assignment.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Read(Access),
    Constant(f64),
    /// The value of an expression of the source's loop variables and parameters.
    Index(Affine),
    Binary(BinaryOperation, Box<Value>, Box<Value>),
    /// The greater of two reads, written as a ternary.
    Maximum(Access, Access),
    /// `tested > limit ? then : otherwise`: of the two only the chosen one is evaluated.
    Choice {
        tested: Access,
        limit: f64,
        arms: Box<[Value; 2]>,
    },
    Call(MathFunction, Box<Value>),
}

impl Value {
    pub(crate) fn read(access: &Access) -> Self {
        Self::Read(access.clone())
    }

    /// Calls `visit` on every access.
    pub(crate) fn visit_reads(&self, visit: &mut dyn FnMut(&Access)) {
        match self {
            Self::Read(access) => visit(access),
            Self::Constant(_) | Self::Index(_) => {}
            Self::Binary(_, left, right) => {
                left.visit_reads(visit);
                right.visit_reads(visit);
            }
            Self::Maximum(first, second) => {
                visit(first);
                visit(second);
            }
            Self::Choice { tested, arms, .. } => {
                visit(tested);
                arms.iter().for_each(|arm| arm.visit_reads(visit));
            }
            Self::Call(_, argument) => argument.visit_reads(visit),
        }
    }

    /// Calls `visit` on every access, for changing it.
    pub(crate) fn visit_reads_mut(&mut self, visit: &mut dyn FnMut(&mut Access)) {
        match self {
            Self::Read(access) => visit(access),
            Self::Constant(_) | Self::Index(_) => {}
            Self::Binary(_, left, right) => {
                left.visit_reads_mut(visit);
                right.visit_reads_mut(visit);
            }
            Self::Maximum(first, second) => {
                visit(first);
                visit(second);
            }
            Self::Choice { tested, arms, .. } => {
                visit(tested);
                arms.iter_mut().for_each(|arm| arm.visit_reads_mut(visit));
            }
            Self::Call(_, argument) => argument.visit_reads_mut(visit),
        }
    }

    /// Calls `visit` on every index, for changing it.
    pub(crate) fn visit_indices(&mut self, visit: &mut dyn FnMut(&mut Affine)) {
        match self {
            Self::Index(affine) => visit(affine),
            Self::Read(_) | Self::Constant(_) | Self::Maximum(..) => {}
            Self::Binary(_, left, right) => {
                left.visit_indices(visit);
                right.visit_indices(visit);
            }
            Self::Choice { arms, .. } => arms.iter_mut().for_each(|arm| arm.visit_indices(visit)),
            Self::Call(_, argument) => argument.visit_indices(visit),
        }
    }

    /// The value with every read of an array replaced by what `change` makes of it.
    pub(crate) fn with_reads_of(self, array: ArrayId, change: &dyn Fn(Value) -> Value) -> Self {
        let inside = |value: Value| value.with_reads_of(array, change);
        match self {
            Self::Read(access) if access.array == array => change(Self::Read(access)),
            Self::Binary(operation, left, right) => {
                Self::Binary(operation, Box::new(inside(*left)), Box::new(inside(*right)))
            }
            Self::Choice { tested, limit, arms } => {
                Self::Choice { tested, limit, arms: Box::new(arms.map(inside)) }
            }
            Self::Call(function, argument) => Self::Call(function, Box::new(inside(*argument))),
            other => other,
        }
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

/// What the types of expressions follow from.
pub(crate) struct Typing<'a> {
    /// The assignment's.
    pub(crate) element: ElementType,
    pub(crate) element_of: &'a dyn Fn(ArrayId) -> ElementType,
    /// From the source's variables to normalised iterators.
    pub(crate) normal: &'a dyn Fn(&Affine) -> Affine,
}

impl Typing<'_> {
    /// The operation in the type to which C converts both operands.
    pub(crate) fn binary(
        &self,
        operation: BinaryOperation,
        left: Expression,
        right: Expression,
    ) -> Expression {
        let element = common(left.element(), right.element());
        let (left, right) = (Box::new(convert(left, element)), Box::new(convert(right, element)));
        Expression::Binary { operation, element, left, right }
    }
}

/// The value converted to a type; constants are converted here.
pub(crate) fn convert(expression: Expression, element: ElementType) -> Expression {
    match expression {
        same if same.element() == element => same,
        Expression::Float { value, .. } if element.is_float() => Expression::Float {
            value: if element == ElementType::F32 { f64::from(value as f32) } else { value },
            element,
        },
        Expression::Integer { value, .. } if element.is_float() => {
            Expression::Float { value: value as f64, element }
        }
        // Constants are small numbers.
        Expression::Integer { value, .. } if value >= 0 || element.is_signed_integer() => {
            Expression::Integer { value, element }
        }
        other => Expression::Cast { element, operand: Box::new(other) },
    }
}

/// C's usual arithmetic conversions.
fn common(left: ElementType, right: ElementType) -> ElementType {
    use ElementType::{F32, F64, I8, I16, I32, U8, U16};
    let promoted = |element| if matches!(element, I8 | I16 | U8 | U16) { I32 } else { element };
    let (left, right) = (promoted(left), promoted(right));
    if [left, right].contains(&F64) {
        return F64;
    }
    if [left, right].contains(&F32) {
        return F32;
    }
    let (small, large) = if left.bytes() <= right.bytes() { (left, right) } else { (right, left) };
    // Of two of one size the unsigned one; otherwise the larger one holds all values of the other.
    if small.bytes() == large.bytes() && large.is_signed_integer() { small } else { large }
}

/// The expression, with the reads appended in the order of evaluation, each access once.
pub(crate) fn body(value: &Value, typing: &Typing<'_>, reads: &mut Vec<Access>) -> Expression {
    match value {
        Value::Read(access) => read(access, typing, reads),
        Value::Constant(number) => constant(*number, typing.element),
        Value::Index(affine) => {
            Expression::Index { value: (typing.normal)(affine), element: ElementType::I32 }
        }
        Value::Binary(operation, left, right) => {
            let left = body(left, typing, reads);
            let right = body(right, typing, reads);
            typing.binary(*operation, left, right)
        }
        Value::Maximum(first, second) => {
            let element =
                common((typing.element_of)(first.array), (typing.element_of)(second.array));
            let mut next = |access| Box::new(convert(read(access, typing, reads), element));
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
        Value::Choice { tested, limit, arms } => {
            let tested = read(tested, typing, reads);
            let limit = constant(*limit, typing.element);
            let operand_element = common(tested.element(), limit.element());
            let arms = arms.each_ref().map(|arm| body(arm, typing, reads));
            let element = common(arms[0].element(), arms[1].element());
            let [then, otherwise] = arms.map(|arm| Box::new(convert(arm, element)));
            Expression::Select {
                element,
                condition: Box::new(Expression::Compare {
                    operation: CompareOperation::Greater,
                    operand_element,
                    left: Box::new(convert(tested, operand_element)),
                    right: Box::new(convert(limit, operand_element)),
                }),
                then,
                otherwise,
            }
        }
        Value::Call(function, argument) => {
            let element = typing.element;
            let argument = convert(body(argument, typing, reads), element);
            Expression::Call { function: *function, element, arguments: vec![argument] }
        }
    }
}

fn read(access: &Access, typing: &Typing<'_>, reads: &mut Vec<Access>) -> Expression {
    let subscripts = access.subscripts.iter().map(typing.normal).collect();
    let normal = Access { array: access.array, subscripts };
    let position = reads.iter().position(|known| *known == normal).unwrap_or_else(|| {
        reads.push(normal);
        reads.len() - 1
    });
    Expression::Read { position, element: (typing.element_of)(access.array) }
}

/// A constant as C types it.
fn constant(number: f64, element: ElementType) -> Expression {
    let value = number.round() as i64;
    match element {
        ElementType::F64 => Expression::Float { value: number, element },
        ElementType::F32 => Expression::Float { value: f64::from(number as f32), element },
        ElementType::I64 => Expression::Integer { value, element },
        _ => Expression::Integer { value, element: ElementType::I32 },
    }
}

/// The C text.
pub(crate) fn text(
    value: &Value,
    element: ElementType,
    access_text: &dyn Fn(&Access) -> String,
    affine_text: &dyn Fn(&Affine) -> String,
) -> String {
    match value {
        Value::Read(access) => access_text(access),
        Value::Constant(number) => match element {
            ElementType::F64 => format!("{number:?}"),
            ElementType::F32 => format!("{:?}f", *number as f32),
            ElementType::I64 => format!("{}L", number.round() as i64),
            _ => format!("{}", number.round() as i64),
        },
        Value::Index(affine) => format!("({})", affine_text(affine)),
        Value::Binary(operation, left, right) => {
            let (sign, binds) = operator(*operation);
            let operand = |inner: &Value, needed: u8| {
                let text = text(inner, element, access_text, affine_text);
                match inner {
                    Value::Binary(operation, ..) if operator(*operation).1 < needed => {
                        format!("({text})")
                    }
                    Value::Maximum(..) | Value::Choice { .. } => format!("({text})"),
                    _ => text,
                }
            };
            format!("{} {sign} {}", operand(left, binds), operand(right, binds + 1))
        }
        Value::Maximum(first, second) => {
            let (first, second) = (access_text(first), access_text(second));
            format!("{first} > {second} ? {first} : {second}")
        }
        Value::Choice { tested, limit, arms } => {
            let [then, otherwise] = arms.each_ref().map(|arm| {
                let text = text(arm, element, access_text, affine_text);
                match arm {
                    Value::Maximum(..) | Value::Choice { .. } => format!("({text})"),
                    _ => text,
                }
            });
            let limit = text(&Value::Constant(*limit), element, access_text, affine_text);
            format!("{} > {limit} ? {then} : {otherwise}", access_text(tested))
        }
        Value::Call(function, argument) => {
            let suffix = if element == ElementType::F32 { "f" } else { "" };
            let argument = text(argument, element, access_text, affine_text);
            format!("{}{suffix}({argument})", function.c_name())
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
