//! The words for what makes a subscript, bound or condition no affine expression.

use super::affine::Purpose;
use super::{Lowering, base_variable};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, Operator, Prefix, ValueType};
use loopwright_ir::{BinaryOperation, MathFunction};

impl Purpose {
    /// The rejection of an expression by what it is.
    pub(super) fn rejects(self, expression: &Expression) -> Rejection {
        let reason = match &expression.kind {
            ExpressionKind::Call { name, .. } if !is_understood(name) => {
                RejectReason::UnknownFunction { name: name.clone() }
            }
            ExpressionKind::Unsupported(reason) => reason.clone(),
            _ => self.not_affine(&construct_of(expression)),
        };
        Rejection::new(expression.place, reason)
    }

    pub(super) fn not_affine(self, construct: &str) -> RejectReason {
        RejectReason::NonAffine { place: self.name(), construct: construct.to_owned() }
    }

    /// A reason that was worded for another use.
    pub(super) fn reworded(self, reason: RejectReason) -> RejectReason {
        match reason {
            RejectReason::NonAffine { construct, .. } => self.not_affine(&construct),
            other => other,
        }
    }
}

impl Lowering<'_> {
    /// What makes a side of a comparison a floating-point value.
    pub(super) fn float_cause(&self, side: &Expression, purpose: Purpose) -> Option<Rejection> {
        if !is_float(side) {
            return None;
        }
        let mut cause = None;
        side.walk(&mut |node| {
            let found = match &node.kind {
                ExpressionKind::Call { .. } | ExpressionKind::Unsupported(_) => {
                    Some(purpose.rejects(node))
                }
                ExpressionKind::Subscript { .. } => Some(match base_variable(&node.kind) {
                    Some(id) => {
                        let reason = purpose.depends_on_data(self.name(id));
                        Rejection::new(node.place, reason)
                    }
                    None => purpose.rejects(node),
                }),
                ExpressionKind::Variable(id) if is_float(node) => {
                    Some(Rejection::new(node.place, self.why_no_index(*id, purpose)))
                }
                _ => None,
            };
            if cause.is_none() {
                cause = found;
            }
        });
        cause
    }
}

/// Whether the function has a meaning in a statement.
fn is_understood(name: &str) -> bool {
    let plain = name.strip_prefix("__builtin_").unwrap_or(name);
    matches!(plain, "abs" | "labs" | "llabs" | "lrint" | "lrintf" | "lround" | "lroundf")
        || MathFunction::from_c_name(plain).is_some()
}

fn construct_of(expression: &Expression) -> String {
    let text = match &expression.kind {
        ExpressionKind::Float(_) => "a floating-point number",
        ExpressionKind::Call { name, .. } => return format!("a call of `{name}`"),
        ExpressionKind::Conditional { .. } => "a choice with `?:`",
        ExpressionKind::Unary { operator: Prefix::BitwiseNot, .. } => "the bit operation `~`",
        ExpressionKind::Unary { operator: Prefix::LogicalNot, .. } => "a truth value as a number",
        ExpressionKind::Convert { operand, .. } => {
            match (&operand.value_type, &expression.value_type) {
                (ValueType::Number(from), _) if from.is_float() => "a floating-point value",
                (_, ValueType::Number(to)) if to.is_float() => {
                    "a conversion to a floating-point number"
                }
                (ValueType::Address, _) => "an address as a number",
                (_, ValueType::Boolean) => "a conversion to `_Bool`",
                _ => "a conversion",
            }
        }
        ExpressionKind::Binary { operator, left, right } => match operator {
            _ if is_float(left) || is_float(right) => "floating-point arithmetic",
            Operator::Arithmetic(operation) => match operation {
                BinaryOperation::Multiply => "a product of two variables",
                BinaryOperation::Divide => match right.kind {
                    ExpressionKind::Integer(divisor) if divisor > 0 => "a quotient that is rounded",
                    ExpressionKind::Integer(_) => "a division by a number that is not positive",
                    _ => "a division by a variable",
                },
                BinaryOperation::Remainder => "a remainder (`%`)",
                BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => {
                    "a shift that is no product or quotient with a constant"
                }
                BinaryOperation::BitwiseAnd => "the bit operation `&`",
                BinaryOperation::BitwiseOr => "the bit operation `|`",
                BinaryOperation::BitwiseXor => "the bit operation `^`",
                BinaryOperation::Add | BinaryOperation::Subtract => {
                    "a sum of rounded quotients, minima or maxima"
                }
            },
            Operator::Compare(_) => "a comparison of rounded quotients, or one as a number",
            Operator::LogicalAnd | Operator::LogicalOr => "a truth value as a number",
            Operator::Comma => "a comma operator",
        },
        _ => "more than sums and products with constants",
    };
    text.to_owned()
}

fn is_float(expression: &Expression) -> bool {
    matches!(&expression.value_type, ValueType::Number(element) if element.is_float())
}
