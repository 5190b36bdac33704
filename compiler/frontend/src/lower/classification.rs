//! Infinities, and what kind of number a floating-point value is.

use super::Lowering;
use super::arithmetic::convert;
use super::body::Body;
use crate::reject::Rejection;
use crate::syntax::{Expression, ExpressionKind, ValueType};
use loopwright_ir::{CompareOperation, ElementType, Expression as Value, MathFunction};

/// Whether a call is one of the compiler's own names, as macros have them: `nan("7")` has a payload.
fn is_built_in(call: &Expression) -> bool {
    matches!(&call.kind, ExpressionKind::Call { name, .. } if name.starts_with("__builtin_"))
}

impl Lowering<'_> {
    /// `INFINITY`, `isnan(x)` and their like as comparisons; `None` where a call is none of them.
    pub(super) fn classified(
        &mut self,
        name: &str,
        arguments: &[Expression],
        expression: &Expression,
        body: &mut Body<'_, '_>,
    ) -> Result<Option<Value>, Rejection> {
        let infinity = |element| Value::Float { value: f64::INFINITY, element };
        if let (
            "inf" | "inff" | "huge_val" | "huge_valf",
            [],
            ValueType::Number(element @ (ElementType::F32 | ElementType::F64)),
        ) = (name, arguments, &expression.value_type)
        {
            return Ok(Some(infinity(*element)));
        }
        if let (
            "nan" | "nanf",
            [_],
            ValueType::Number(element @ (ElementType::F32 | ElementType::F64)),
        ) = (name, arguments, &expression.value_type)
            && is_built_in(expression)
        {
            return Ok(Some(Value::not_a_number(*element)));
        }
        if let (
            "lrint" | "llrint" | "lrintf" | "llrintf" | "lround" | "llround" | "lroundf"
            | "llroundf",
            [argument],
        ) = (name, arguments)
        {
            return self.rounded(name, argument, body).map(Some);
        }
        let ([argument], true) = (
            arguments,
            matches!(
                name,
                "isnan"
                    | "isnanf"
                    | "isinf"
                    | "isinff"
                    | "isinf_sign"
                    | "isfinite"
                    | "finite"
                    | "signbit"
                    | "signbitf"
            ),
        ) else {
            return Ok(None);
        };
        let value = self.data(argument, body)?;
        let element = value.element();
        if !element.is_float() {
            return Ok(None);
        }
        let compare = |operation, left: Value, right: Value| Value::Compare {
            operation,
            operand_element: element,
            left: Box::new(left),
            right: Box::new(right),
        };
        let absolute = |value: Value| Value::Call {
            function: MathFunction::Absolute,
            element,
            arguments: vec![value],
        };
        let number = |value| Box::new(Value::Integer { value, element: ElementType::I32 });
        Ok(Some(match name {
            "isnan" | "isnanf" => compare(CompareOperation::NotEqual, value.clone(), value),
            // Of zeros and of what is not a number, too.
            "signbit" | "signbitf" => {
                let constant = |value| Value::Float { value, element };
                let sign = Value::Call {
                    function: MathFunction::CopySign,
                    element,
                    arguments: vec![constant(1.0), value],
                };
                compare(CompareOperation::Less, sign, constant(0.0))
            }
            "isfinite" | "finite" => {
                compare(CompareOperation::Less, absolute(value), infinity(element))
            }
            // The sign of the infinity.
            _ => {
                let above = compare(CompareOperation::Equal, value.clone(), infinity(element));
                let least = Value::Float { value: f64::NEG_INFINITY, element };
                let below = compare(CompareOperation::Equal, value, least);
                let negative = Value::Select {
                    element: ElementType::I32,
                    condition: Box::new(below),
                    then: number(-1),
                    otherwise: number(0),
                };
                Value::Select {
                    element: ElementType::I32,
                    condition: Box::new(above),
                    then: number(1),
                    otherwise: Box::new(negative),
                }
            }
        }))
    }

    /// `lrint(x)` and its like: a rounded number as an integer.
    fn rounded(
        &mut self,
        name: &str,
        argument: &Expression,
        body: &mut Body<'_, '_>,
    ) -> Result<Value, Rejection> {
        let element = if name.ends_with('f') { ElementType::F32 } else { ElementType::F64 };
        let function =
            if name.contains("rint") { MathFunction::RoundToEven } else { MathFunction::Round };
        let arguments = vec![convert(self.data(argument, body)?, element)];
        let operand = Box::new(Value::Call { function, element, arguments });
        Ok(Value::Cast { element: ElementType::I64, operand })
    }
}
