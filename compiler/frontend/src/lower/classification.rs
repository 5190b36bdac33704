//! Infinities, and what kind of number a floating-point value is.

use super::Lowering;
use super::body::Body;
use crate::reject::Rejection;
use crate::syntax::{Expression, ValueType};
use loopwright_ir::{CompareOperation, ElementType, Expression as Value, MathFunction};

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
        let ([argument], true) = (
            arguments,
            matches!(
                name,
                "isnan" | "isnanf" | "isinf" | "isinff" | "isinf_sign" | "isfinite" | "finite"
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
}
