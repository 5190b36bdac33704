//! C's arithmetic on expression trees: conversions, truth values, and operations on constants.

use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    BinaryOperation, CompareOperation, ElementType, Expression as Value, UnaryOperation,
};

/// The C conversion, with constants and affine indices converted at once.
pub(super) fn convert(value: Value, element: ElementType) -> Value {
    use ElementType::{F32, F64};
    let from = value.element();
    if from == element {
        return value;
    }
    match value {
        Value::Integer { value, .. } if element == F64 => {
            Value::Float { value: integer_as_f64(value, from), element }
        }
        Value::Integer { value, .. } if element == F32 => {
            Value::Float { value: f64::from(integer_as_f32(value, from)), element }
        }
        Value::Integer { value, .. } => Value::Integer { value: wrapped(value, element), element },
        Value::Float { value, .. } if element == F32 => {
            Value::Float { value: f64::from(value as f32), element }
        }
        Value::Float { value, .. } if element == F64 => Value::Float { value, element },
        Value::Index { value, .. }
            if from.is_signed_integer()
                && element.is_signed_integer()
                && element.bytes() > from.bytes() =>
        {
            Value::Index { value, element }
        }
        other => Value::Cast { element, operand: Box::new(other) },
    }
}

fn integer_as_f64(value: i64, from: ElementType) -> f64 {
    if from == ElementType::U64 { (value as u64) as f64 } else { value as f64 }
}

fn integer_as_f32(value: i64, from: ElementType) -> f32 {
    if from == ElementType::U64 { (value as u64) as f32 } else { value as f32 }
}

/// The value modulo the type's range; 64-bit unsigned values keep their bits.
fn wrapped(value: i64, element: ElementType) -> i64 {
    match element {
        ElementType::I8 => i64::from(value as i8),
        ElementType::I16 => i64::from(value as i16),
        ElementType::I32 => i64::from(value as i32),
        ElementType::U8 => i64::from(value as u8),
        ElementType::U16 => i64::from(value as u16),
        ElementType::U32 => i64::from(value as u32),
        _ => value,
    }
}

/// The conversion to `_Bool`: whether the value is not zero, as a byte.
pub(super) fn to_boolean(value: Value) -> Value {
    if planted(Fault::BooleanBits) {
        return convert(value, ElementType::U8);
    }
    if value.element() == ElementType::U8
        && let Value::Cast { operand, .. } = &value
        && matches!(**operand, Value::Compare { .. })
    {
        return value;
    }
    convert(truth(value, CompareOperation::NotEqual), ElementType::U8)
}

/// The comparison of a value with zero, for being equal or unequal; a comparison is not compared
/// again for being unequal.
pub(super) fn truth(value: Value, operation: CompareOperation) -> Value {
    if operation == CompareOperation::NotEqual && matches!(value, Value::Compare { .. }) {
        return value;
    }
    if let Value::Integer { value, .. } = value {
        let holds = (value == 0) == (operation == CompareOperation::Equal);
        return Value::Integer { value: i64::from(holds), element: ElementType::I32 };
    }
    let element = value.element();
    let zero = if element.is_float() {
        Value::Float { value: 0.0, element }
    } else {
        Value::Integer { value: 0, element }
    };
    Value::Compare {
        operation,
        operand_element: element,
        left: Box::new(value),
        right: Box::new(zero),
    }
}

pub(super) fn negate(value: Value, element: ElementType) -> Value {
    match value {
        Value::Float { value, element } => Value::Float { value: -value, element },
        other => {
            Value::Unary { operation: UnaryOperation::Negate, element, operand: Box::new(other) }
        }
    }
}

/// `|x|` of an integer.
pub(super) fn absolute(value: Value, element: ElementType) -> Value {
    Value::Select {
        element,
        condition: Box::new(Value::Compare {
            operation: CompareOperation::Less,
            operand_element: element,
            left: Box::new(value.clone()),
            right: Box::new(Value::Integer { value: 0, element }),
        }),
        then: Box::new(negate(value.clone(), element)),
        otherwise: Box::new(value),
    }
}

/// A binary operation, computed at once on what is `constant` in the source: the compiler does so too, and
/// a product that is a constant takes part in no multiply-add.
pub(super) fn arithmetic(
    operation: BinaryOperation,
    element: ElementType,
    left: Value,
    right: Value,
    constant: bool,
) -> Value {
    if let (Value::Float { value: first, .. }, Value::Float { value: second, .. }) = (&left, &right)
        && constant
    {
        let folded = if element == ElementType::F32 {
            let (first, second) = (*first as f32, *second as f32);
            folded(operation, first, second).map(f64::from)
        } else {
            folded(operation, *first, *second)
        };
        if let Some(value) = folded.filter(|value| !value.is_nan()) {
            return Value::Float { value, element };
        }
    }
    Value::Binary { operation, element, left: Box::new(left), right: Box::new(right) }
}

fn folded<T>(operation: BinaryOperation, first: T, second: T) -> Option<T>
where
    T: std::ops::Add<Output = T>
        + std::ops::Sub<Output = T>
        + std::ops::Mul<Output = T>
        + std::ops::Div<Output = T>,
{
    match operation {
        BinaryOperation::Add => Some(first + second),
        BinaryOperation::Subtract => Some(first - second),
        BinaryOperation::Multiply => Some(first * second),
        BinaryOperation::Divide => Some(first / second),
        _ => None,
    }
}

/// C's integer promotion.
pub(crate) fn promoted(element: ElementType) -> ElementType {
    let narrow = !element.is_float() && element.bytes() < 4 && !planted(Fault::PromotionLost);
    if narrow { ElementType::I32 } else { element }
}

/// C's usual arithmetic conversions.
pub(crate) fn common_element(left: ElementType, right: ElementType) -> ElementType {
    use ElementType::{F32, F64};
    if left == F64 || right == F64 {
        return F64;
    }
    if left == F32 || right == F32 {
        return F32;
    }
    let (left, right) = (promoted(left), promoted(right));
    match left.bytes().cmp(&right.bytes()) {
        std::cmp::Ordering::Less => right,
        std::cmp::Ordering::Greater => left,
        std::cmp::Ordering::Equal
            if left.is_signed_integer() != planted(Fault::UnsignedAsSigned) =>
        {
            right
        }
        std::cmp::Ordering::Equal => left,
    }
}
