//! Integer expressions of variables whose values are known, computed as C does.

use crate::libclang::{Cursor, Literal};
use crate::syntax::ValueType;
use crate::syntax::types::value_type;
use clang_sys::*;
use loopwright_ir::ElementType;

/// Expressions nested deeper than this are not computed.
const MOST_DEPTH: usize = 100;

/// The value; `None` where it is not known or C does not define it.
pub(super) fn integer<'unit>(
    cursor: Cursor<'unit>,
    value_of: &dyn Fn(Cursor<'unit>) -> Option<i64>,
    depth: usize,
) -> Option<i64> {
    if depth > MOST_DEPTH {
        return None;
    }
    let element = match value_type(cursor.type_of()) {
        ValueType::Number(element) if !element.is_float() => Some(element),
        ValueType::Boolean => None,
        _ => return None,
    };
    if let Some(Literal::Integer(value)) = cursor.evaluate() {
        return Some(value);
    }
    let inner = |cursor: Cursor<'unit>| integer(cursor, value_of, depth + 1);
    let fits = |value: i64| match element {
        Some(element) => computed(value, element),
        None => Some(i64::from(value != 0)),
    };
    let children = cursor.children();
    match (cursor.kind(), children.as_slice()) {
        (CXCursor_ParenExpr, [operand]) => inner(*operand),
        (CXCursor_CStyleCastExpr | CXCursor_UnexposedExpr, [.., operand]) => {
            let value = inner(*operand)?;
            Some(match element {
                Some(element) => converted(value, element)?,
                None => i64::from(value != 0),
            })
        }
        (CXCursor_DeclRefExpr, _) => {
            let declaration = cursor.referenced()?;
            match declaration.kind() {
                CXCursor_VarDecl | CXCursor_ParmDecl => value_of(declaration),
                CXCursor_EnumConstantDecl => Some(declaration.enumeration_value()),
                _ => None,
            }
        }
        (CXCursor_UnaryOperator, [operand]) => {
            let value = inner(*operand)?;
            match cursor.unary_operator() {
                CXUnaryOperator_Plus => Some(value),
                CXUnaryOperator_Minus => fits(value.checked_neg()?),
                CXUnaryOperator_Not => fits(!value),
                CXUnaryOperator_LNot => Some(i64::from(value == 0)),
                _ => None,
            }
        }
        (CXCursor_BinaryOperator, [left, right]) => {
            let operator = cursor.binary_operator();
            let left = inner(*left)?;
            match operator {
                CXBinaryOperator_LAnd if left == 0 => return Some(0),
                CXBinaryOperator_LOr if left != 0 => return Some(1),
                _ => {}
            }
            let right = inner(*right)?;
            let truth = |holds: bool| Some(i64::from(holds));
            match operator {
                CXBinaryOperator_Add => fits(left.checked_add(right)?),
                CXBinaryOperator_Sub => fits(left.checked_sub(right)?),
                CXBinaryOperator_Mul => fits(left.checked_mul(right)?),
                CXBinaryOperator_Div => fits(left.checked_div(right)?),
                CXBinaryOperator_Rem => fits(left.checked_rem(right)?),
                CXBinaryOperator_And => fits(left & right),
                CXBinaryOperator_Or => fits(left | right),
                CXBinaryOperator_Xor => fits(left ^ right),
                CXBinaryOperator_Shl => {
                    let amount = u32::try_from(right).ok().filter(|amount| *amount < 31)?;
                    fits(left.checked_mul(1i64 << amount)?)
                }
                CXBinaryOperator_Shr => {
                    let bits = element.map_or(32, |element| 8 * element.bytes() as i64);
                    (0..bits).contains(&right).then(|| left >> right)
                }
                CXBinaryOperator_LT => truth(left < right),
                CXBinaryOperator_GT => truth(left > right),
                CXBinaryOperator_LE => truth(left <= right),
                CXBinaryOperator_GE => truth(left >= right),
                CXBinaryOperator_EQ => truth(left == right),
                CXBinaryOperator_NE => truth(left != right),
                CXBinaryOperator_LAnd | CXBinaryOperator_LOr => truth(right != 0),
                _ => None,
            }
        }
        (CXCursor_ConditionalOperator, [condition, then, otherwise]) => {
            inner(if inner(*condition)? != 0 { *then } else { *otherwise })
        }
        _ => None,
    }
}

/// A result of arithmetic: signed ones must fit, unsigned ones wrap around.
fn computed(value: i64, element: ElementType) -> Option<i64> {
    let wrapped = converted(value, element)?;
    (wrapped == value || !element.is_signed_integer()).then_some(wrapped)
}

/// The conversion to an integer type.
fn converted(value: i64, element: ElementType) -> Option<i64> {
    Some(match element {
        ElementType::I8 => i64::from(value as i8),
        ElementType::I16 => i64::from(value as i16),
        ElementType::I32 => i64::from(value as i32),
        ElementType::I64 => value,
        ElementType::U8 => i64::from(value as u8),
        ElementType::U16 => i64::from(value as u16),
        ElementType::U32 => i64::from(value as u32),
        // Half of these are beyond what is computed with.
        ElementType::U64 => return (value >= 0).then_some(value),
        ElementType::F32 | ElementType::F64 => return None,
    })
}
