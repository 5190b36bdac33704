//! Bounds and conditions: affine expressions, their minima, maxima and quotients, and comparisons.

use super::affine::{Purpose, check_magnitude, exact_quotient, power_of_two};
use super::condition::{Condition, Value, compare};
use super::roles::Role;
use super::{Lowering, Scope, number};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, Operator, Prefix};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, BinaryOperation, CompareOperation, ElementType};

impl<'a> Lowering<'a> {
    /// The expression as a value in a bound or condition, where minima, maxima and divisions by
    /// positive constants are understood too.
    pub(super) fn value(
        &mut self,
        expression: &Expression,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Value, Rejection> {
        let place = expression.place;
        let not_affine = || purpose.rejects(expression);
        match &expression.kind {
            ExpressionKind::Conditional { condition, then, otherwise } => {
                // Each side only has to mean something where it is chosen.
                let checkpoint = self.obligations.len();
                let holds = self.condition(condition, scope, purpose);
                self.obligations.truncate(checkpoint);
                let side = |holds: Condition| scope.restricted(&holds, place).ok();
                let sides = holds
                    .ok()
                    .and_then(|holds| Some((side(holds.clone())?, side(holds.negate())?)));
                self.need = None;
                let (inside, outside) = match &sides {
                    Some((inside, outside)) => (inside, outside),
                    None => (scope, scope),
                };
                let then = self.value(then, inside, purpose)?;
                let otherwise = self.value(otherwise, outside, purpose)?;
                if let Some(extreme) = self.extreme(condition, &then, &otherwise, scope, purpose) {
                    return Ok(extreme);
                }
                let condition = self.condition(condition, scope, purpose)?;
                if then == otherwise {
                    return Ok(then);
                }
                Ok(Value::Choose(condition, Box::new(then), Box::new(otherwise)))
            }
            ExpressionKind::Variable(id) => match self.roles.of(*id) {
                Role::Alias => self.alias_value(*id, place, scope, purpose),
                Role::Iterator if !scope.is_active(*id) => self.standing_value(*id, place, scope),
                _ => Ok(Value::Affine(self.affine(expression, scope, purpose)?)),
            },
            ExpressionKind::Inlined(operand)
            | ExpressionKind::Unary { operator: Prefix::Plus, operand } => {
                self.value(operand, scope, purpose)
            }
            ExpressionKind::Unary { operator: Prefix::Minus, operand } => {
                let value = self.value(operand, scope, purpose)?;
                match value.times(-1) {
                    Some(negated) => Ok(negated),
                    None => Ok(Value::Affine(self.affine(expression, scope, purpose)?)),
                }
            }
            ExpressionKind::Unary { operator: Prefix::LogicalNot, .. }
            | ExpressionKind::Binary {
                operator: Operator::Compare(_) | Operator::LogicalAnd | Operator::LogicalOr,
                ..
            } => self.truth_value(expression, scope, purpose),
            ExpressionKind::Convert { operand, .. } => {
                let value = self.value(operand, scope, purpose)?;
                for leaf in value.leaves() {
                    self.converted(leaf, operand, expression, scope, purpose)?;
                }
                Ok(value)
            }
            ExpressionKind::Binary { operator: Operator::Arithmetic(operation), left, right } => {
                let first = self.value(left, scope, purpose)?;
                let second = self.value(right, scope, purpose)?;
                let element = number(&left.value_type).ok_or_else(not_affine)?;
                let result = self.value_arithmetic(
                    *operation,
                    &first,
                    &second,
                    |lowering, leaf, divides| {
                        if divides && element.is_signed_integer() {
                            lowering.require(
                                leaf.clone(),
                                place,
                                RejectReason::NegativeDivision,
                                scope,
                            );
                        } else if !element.is_signed_integer() {
                            lowering.require_in_range(leaf, element, place, scope);
                        }
                    },
                );
                let Some(result) = result else {
                    return Ok(Value::Affine(self.affine(expression, scope, purpose)?));
                };
                for leaf in result.leaves() {
                    check_magnitude(leaf.clone(), place)?;
                }
                Ok(result)
            }
            _ => Ok(Value::Affine(self.affine(expression, scope, purpose)?)),
        }
    }

    /// Arithmetic on values; `rounded` is told of each dividend, and whether the operation rounds
    /// towards zero (a shift rounds down, and an exact division not at all).
    fn value_arithmetic(
        &mut self,
        operation: BinaryOperation,
        left: &Value,
        right: &Value,
        rounded: impl Fn(&mut Self, &Affine, bool),
    ) -> Option<Value> {
        let constant = |value: &Value| match value {
            Value::Affine(value) => value.as_constant(),
            _ => None,
        };
        match (operation, left, right) {
            (BinaryOperation::Add, value, Value::Affine(addend))
            | (BinaryOperation::Add, Value::Affine(addend), value) => value.plus(addend),
            (BinaryOperation::Subtract, value, Value::Affine(subtrahend)) => {
                value.plus(&(subtrahend * -1))
            }
            (BinaryOperation::Subtract, Value::Affine(minuend), value) => {
                value.times(-1)?.plus(minuend)
            }
            (BinaryOperation::Multiply, value, factor) if constant(factor).is_some() => {
                value.times(constant(factor)?)
            }
            (BinaryOperation::Multiply, factor, value) => value.times(constant(factor)?),
            (BinaryOperation::ShiftLeft, value, amount) => {
                value.times(power_of_two(constant(amount)?)?)
            }
            (BinaryOperation::Divide | BinaryOperation::ShiftRight, value, divisor) => {
                let divides = operation == BinaryOperation::Divide;
                let divisor = match constant(divisor)? {
                    divisor if divides => divisor,
                    amount => power_of_two(amount)?,
                };
                if divisor <= 0 {
                    return None;
                }
                value.map_leaves(&mut |leaf| match leaf {
                    Value::Affine(dividend) => {
                        let exact = exact_quotient(dividend, divisor);
                        rounded(self, dividend, divides && exact.is_none());
                        Some(match exact {
                            Some(quotient) => Value::Affine(quotient),
                            None if planted(Fault::QuotientUp) => {
                                let up = dividend.constant_term() + divisor - 1;
                                Value::Floor {
                                    dividend: dividend.clone().with_constant(up),
                                    divisor,
                                }
                            }
                            None => Value::Floor { dividend: dividend.clone(), divisor },
                        })
                    }
                    Value::Floor { dividend, divisor: inner } => Some(Value::Floor {
                        dividend: dividend.clone(),
                        divisor: inner.checked_mul(divisor)?,
                    }),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// `a < b ? a : b` and its like as a minimum or maximum.
    fn extreme(
        &mut self,
        condition: &Expression,
        then: &Value,
        otherwise: &Value,
        scope: &Scope,
        purpose: Purpose,
    ) -> Option<Value> {
        let ExpressionKind::Binary { operator: Operator::Compare(operation), left, right } =
            &condition.kind
        else {
            return None;
        };
        let checkpoint = self.obligations.len();
        let left_value = self.value(left, scope, purpose).ok();
        let right_value = self.value(right, scope, purpose).ok();
        let signed = number(&left.value_type).is_some_and(ElementType::is_signed_integer);
        let (Some(left), Some(right), true) = (left_value, right_value, signed) else {
            self.obligations.truncate(checkpoint);
            return None;
        };
        let picks_left = left == *then && right == *otherwise;
        let picks_right = left == *otherwise && right == *then;
        let less = match operation {
            CompareOperation::Less | CompareOperation::LessOrEqual => true,
            CompareOperation::Greater | CompareOperation::GreaterOrEqual => false,
            CompareOperation::Equal | CompareOperation::NotEqual => {
                self.obligations.truncate(checkpoint);
                return None;
            }
        };
        if !picks_left && !picks_right {
            self.obligations.truncate(checkpoint);
            return None;
        }
        let (left, right) = (Box::new(left), Box::new(right));
        let less = less || planted(Fault::MaximumAsMinimum);
        Some(if picks_left == less {
            Value::Minimum(left, right)
        } else {
            Value::Maximum(left, right)
        })
    }

    /// The expression as a condition on iterators and parameters.
    pub(super) fn condition(
        &mut self,
        expression: &Expression,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Condition, Rejection> {
        match &expression.kind {
            ExpressionKind::Integer(value) => Ok(Condition::Constant(*value != 0)),
            ExpressionKind::Unary { operator: Prefix::LogicalNot, operand } => {
                Ok(self.condition(operand, scope, purpose)?.negate())
            }
            ExpressionKind::Inlined(operand) => self.condition(operand, scope, purpose),
            ExpressionKind::Convert { operand, .. } if is_truth_value(operand) => {
                self.condition(operand, scope, purpose)
            }
            ExpressionKind::Binary { operator: Operator::LogicalAnd, left, right } => {
                Ok(Condition::And(vec![
                    self.condition(left, scope, purpose)?,
                    self.condition(right, scope, purpose)?,
                ]))
            }
            ExpressionKind::Binary { operator: Operator::LogicalOr, left, right } => {
                let parts = vec![
                    self.condition(left, scope, purpose)?,
                    self.condition(right, scope, purpose)?,
                ];
                let and = planted(Fault::OrAsAnd);
                Ok(if and { Condition::And(parts) } else { Condition::Or(parts) })
            }
            ExpressionKind::Binary {
                operator:
                    Operator::Arithmetic(
                        operation @ (BinaryOperation::BitwiseAnd | BinaryOperation::BitwiseOr),
                    ),
                left,
                right,
            } if is_truth_value(left) && is_truth_value(right) => {
                let parts = vec![
                    self.condition(left, scope, purpose)?,
                    self.condition(right, scope, purpose)?,
                ];
                let and = *operation == BinaryOperation::BitwiseAnd;
                Ok(if and { Condition::And(parts) } else { Condition::Or(parts) })
            }
            ExpressionKind::Binary { operator: Operator::Compare(operation), left, right } => {
                if let Some(condition) = self.divisible(*operation, left, right, scope, purpose)? {
                    return Ok(condition);
                }
                let (mut first, mut second) = self.compared(left, right, scope, purpose)?;
                if compare(*operation, &first, &second).is_none() {
                    let resolve = |lowering: &mut Self, value: &Value| {
                        lowering.resolved(value, scope).map(Value::Affine)
                    };
                    let rejects = || purpose.rejects(expression);
                    first = resolve(self, &first).ok_or_else(rejects)?;
                    second = resolve(self, &second).ok_or_else(rejects)?;
                }
                let operation = match operation {
                    CompareOperation::LessOrEqual if planted(Fault::StrictLoop) => {
                        CompareOperation::Less
                    }
                    CompareOperation::GreaterOrEqual if planted(Fault::StrictLoop) => {
                        CompareOperation::Greater
                    }
                    CompareOperation::Equal if planted(Fault::EqualityAsBound) => {
                        CompareOperation::LessOrEqual
                    }
                    other => *other,
                };
                compare(operation, &first, &second).ok_or_else(|| purpose.rejects(expression))
            }
            _ => {
                let value = self.value(expression, scope, purpose)?;
                if let Some(element) = number(&expression.value_type)
                    && !element.is_signed_integer()
                {
                    for leaf in value.leaves() {
                        self.require_in_range(leaf, element, expression.place, scope);
                    }
                    // One that is in range is not negative.
                    let zero = Value::Affine(Affine::constant(0));
                    return compare(CompareOperation::Greater, &value, &zero)
                        .ok_or_else(|| purpose.rejects(expression));
                }
                compare(CompareOperation::NotEqual, &value, &Value::Affine(Affine::constant(0)))
                    .ok_or_else(|| purpose.rejects(expression))
            }
        }
    }

    /// Both sides of a comparison, with the obligations of an unsigned one.
    pub(super) fn compared(
        &mut self,
        left: &Expression,
        right: &Expression,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<(Value, Value), Rejection> {
        if let Some(cause) =
            [left, right].into_iter().find_map(|side| self.float_cause(side, purpose))
        {
            return Err(cause);
        }
        let first = self.value(left, scope, purpose)?;
        let second = self.value(right, scope, purpose)?;
        for (value, source) in [(&first, left), (&second, right)] {
            match number(&source.value_type) {
                Some(element) if element.is_float() => {
                    return Err(purpose.rejects(source));
                }
                Some(element) if !element.is_signed_integer() => {
                    for leaf in value.leaves() {
                        self.require_in_range(leaf, element, source.place, scope);
                    }
                }
                Some(_) => {}
                None => return Err(purpose.rejects(source)),
            }
        }
        Ok((first, second))
    }
}

/// Whether the expression can only be 0 or 1.
fn is_truth_value(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Unary { operator: Prefix::LogicalNot, .. } => true,
        ExpressionKind::Binary { operator, .. } => {
            matches!(operator, Operator::Compare(_) | Operator::LogicalAnd | Operator::LogicalOr)
        }
        ExpressionKind::Convert { operand, .. } | ExpressionKind::Inlined(operand) => {
            is_truth_value(operand)
        }
        _ => false,
    }
}
