//! Quotients, remainders, bit masks and choices as affine expressions.

use super::affine::{Purpose, exact_quotient, power_of_two};
use super::condition::{Condition, Value, compare};
use super::retry::Need;
use super::{Lowering, Scope};
use crate::polyhedron::System;
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, Operator, Place};
use loopwright_ir::{Affine, BinaryOperation, CompareOperation, Constraint, ElementType, Variable};

/// How many periods of a parameter a subscript may reach into.
const MOST_PERIODS: i64 = 4;

impl Lowering<'_> {
    /// `left operation right`, where that is affine in the loops around and quotients; `None` where not.
    pub(super) fn operation(
        &mut self,
        operation: BinaryOperation,
        left: &Affine,
        right: &Affine,
        at: (ElementType, Place, Purpose),
        scope: &Scope,
    ) -> Option<Affine> {
        let (element, place, purpose) = at;
        let unsigned = !element.is_signed_integer();
        if purpose == Purpose::Data {
            return None;
        }
        match operation {
            BinaryOperation::Multiply => self.product(left, right),
            BinaryOperation::Divide | BinaryOperation::Remainder => {
                if unsigned {
                    self.require_in_range(left, element, place, scope);
                }
                let quotient = match self.fixed(right).as_constant() {
                    Some(divisor) if divisor > 0 => {
                        self.require_not_negative(left, place, scope);
                        self.quotient(left, divisor, scope)?
                    }
                    Some(_) => return None,
                    None => self.periods(left, right, place, scope)?,
                };
                if operation == BinaryOperation::Divide {
                    return Some(quotient);
                }
                let divisor = self.fixed(right);
                Some(left - &self.product(&quotient, &divisor)?)
            }
            BinaryOperation::ShiftRight => {
                if unsigned {
                    self.require_in_range(left, element, place, scope);
                }
                self.quotient(left, power_of_two(right.as_constant()?)?, scope)
            }
            BinaryOperation::BitwiseAnd => match (left.as_constant(), right.as_constant()) {
                (None, Some(mask)) => self.masked(left, mask, scope),
                (Some(mask), None) => self.masked(right, mask, scope),
                _ => None,
            },
            BinaryOperation::BitwiseOr | BinaryOperation::BitwiseXor => {
                let (value, mask) = match (left.as_constant(), right.as_constant()) {
                    (None, Some(mask)) => (left, mask),
                    (Some(mask), None) => (right, mask),
                    _ => return None,
                };
                let period = mask.checked_add(1).filter(|period| period.count_ones() == 1)?;
                if mask <= 0 {
                    return None;
                }
                let floor = &self.quotient(value, period, scope)? * period;
                // The low bits become ones, or change places around the middle.
                Some(match operation {
                    BinaryOperation::BitwiseOr => &floor + &Affine::constant(mask),
                    _ => &(&(&floor * 2) + &Affine::constant(mask)) - value,
                })
            }
            _ => None,
        }
    }

    /// `value & mask` for a mask of the lowest bits, or of all but those.
    fn masked(&mut self, value: &Affine, mask: i64, scope: &Scope) -> Option<Affine> {
        let period = if mask >= 0 { mask.checked_add(1)? } else { mask.checked_neg()? };
        if period.count_ones() != 1 {
            return None;
        }
        let floor = &self.quotient(value, period, scope)? * period;
        Some(if mask >= 0 { value - &floor } else { floor })
    }

    fn require_not_negative(&mut self, value: &Affine, place: Place, scope: &Scope) {
        if self.ignore_signs == 0 {
            self.require(value.clone(), place, RejectReason::NegativeDivision, scope);
        }
    }

    /// The product of two expressions, one of which is a number, or becomes one when parameters of known value get it.
    pub(super) fn product(&mut self, left: &Affine, right: &Affine) -> Option<Affine> {
        let by = |value: &Affine, factor: &Affine| {
            factor.as_constant().and_then(|factor| super::condition::scaled(value, factor))
        };
        if let Some(product) = by(left, right).or_else(|| by(right, left)) {
            return Some(product);
        }
        for (value, factor) in [(left, right), (right, left)] {
            let is_parameters =
                factor.variables().all(|variable| matches!(variable, Variable::Parameter(_)));
            if is_parameters && let Some(number) = self.valued(factor) {
                return super::condition::scaled(value, number);
            }
        }
        None
    }

    /// The number that an expression of parameters alone is, for their known values, which from then on are the
    /// only ones that the program is for.
    pub(super) fn valued(&mut self, affine: &Affine) -> Option<i64> {
        let mut sum = affine.constant_term();
        let mut used = Vec::new();
        for (variable, coefficient) in affine.terms() {
            let Variable::Parameter(position) = variable else { return None };
            let id = *self.roles.parameters.get(*position as usize)?;
            let value = (self.surroundings.value_of)(id)?;
            used.push((*position, value));
            sum = sum.checked_add(coefficient.checked_mul(value)?)?;
        }
        for (position, value) in used {
            self.fixed.insert(position, value);
        }
        Some(sum)
    }

    /// With the values of the parameters that the program is fixed to.
    fn fixed(&self, affine: &Affine) -> Affine {
        affine.substitute(|variable| match variable {
            Variable::Parameter(position) => match self.fixed.get(&position) {
                Some(value) => Affine::constant(*value),
                None => Affine::variable(variable),
            },
            other => Affine::variable(other),
        })
    }

    /// `floor(dividend / divisor)`; asks for a loop that stands for it where the scope has none.
    pub(super) fn quotient(
        &mut self,
        dividend: &Affine,
        divisor: i64,
        scope: &Scope,
    ) -> Option<Affine> {
        if divisor <= 0 {
            return None;
        }
        if let Some(exact) = exact_quotient(dividend, divisor) {
            return Some(exact);
        }
        // Multiples of the divisor come out.
        let whole = |number: i64| number.div_euclid(divisor);
        let outside = Affine::from_terms(
            dividend.terms().iter().map(|(variable, factor)| (*variable, whole(*factor))),
            whole(dividend.constant_term()),
        );
        let rest = dividend - &(&outside * divisor);
        if rest.as_constant().is_some() {
            return Some(outside);
        }
        let last = Affine::constant(divisor - 1);
        if self.implied(scope, &rest) && self.implied(scope, &(&last - &rest)) {
            return Some(outside);
        }
        let known =
            scope.quotients.iter().find(|known| known.divisor == divisor && known.dividend == rest);
        if let Some(known) = known {
            return Some(&outside + &Affine::variable(Variable::Iterator(known.depth)));
        }
        let parameters = rest.variables().all(|one| matches!(one, Variable::Parameter(_)));
        if parameters && let Some(value) = self.valued(&rest) {
            return Some(&outside + &Affine::constant(value.div_euclid(divisor)));
        }
        self.need = Some(Need::Quotient { dividend: rest, divisor });
        None
    }

    /// The quotient of what lies in one of the first periods of a parameter, which is its number.
    fn periods(
        &mut self,
        dividend: &Affine,
        period: &Affine,
        place: Place,
        scope: &Scope,
    ) -> Option<Affine> {
        if period.variables().any(|variable| !matches!(variable, Variable::Parameter(_))) {
            return None;
        }
        let room = |count: i64| &(&(period * count) - dividend) - &Affine::constant(1);
        for count in 1..=MOST_PERIODS {
            if !self.implied(scope, &room(count)) {
                continue;
            }
            // It is in one of `count` periods; all but the last are tried.
            for number in 1..count {
                if self.implied(scope, &room(number)) {
                    return Some(Affine::constant(number - 1));
                }
                let begun = dividend - &(period * number);
                if !self.implied(scope, &begun) {
                    let inside = Constraint::non_negative(room(number));
                    self.need = Some(Need::Split(Condition::Constraint(inside)));
                    return None;
                }
            }
            self.require_not_negative(dividend, place, scope);
            return Some(Affine::constant(count - 1));
        }
        match self.valued(period) {
            Some(value) if value > 0 => {
                self.require_not_negative(dividend, place, scope);
                self.quotient(dividend, value, scope)
            }
            _ => None,
        }
    }

    /// Whether `affine >= 0` is proved wherever the scope runs.
    pub(super) fn implied(&self, scope: &Scope, affine: &Affine) -> bool {
        if let Some(value) = affine.as_constant() {
            return value >= 0;
        }
        let context = self.context(Vec::new());
        scope
            .pieces
            .iter()
            .all(|piece| System::new(piece.iter().chain(&context)).implies_non_negative(affine))
    }

    /// A value as an affine expression; asks for the scope to be split where it does not decide a choice.
    pub(super) fn resolved(&mut self, value: &Value, scope: &Scope) -> Option<Affine> {
        match value {
            Value::Affine(value) => Some(value.clone()),
            Value::Floor { dividend, divisor } => self.quotient(dividend, *divisor, scope),
            Value::Minimum(left, right) => self.extreme_of(left, right, true, scope),
            Value::Maximum(left, right) => self.extreme_of(left, right, false, scope),
            Value::Choose(condition, then, otherwise) => {
                self.chosen(condition, then, otherwise, scope)
            }
        }
    }

    fn extreme_of(
        &mut self,
        left: &Value,
        right: &Value,
        least: bool,
        scope: &Scope,
    ) -> Option<Affine> {
        let left = self.resolved(left, scope)?;
        let right = self.resolved(right, scope)?;
        if self.implied(scope, &(&right - &left)) {
            return Some(if least { left } else { right });
        }
        if self.implied(scope, &(&left - &right)) {
            return Some(if least { right } else { left });
        }
        let ordered = Constraint::less_or_equal(&left, &right);
        self.need = Some(Need::Split(Condition::Constraint(ordered)));
        None
    }

    fn chosen(
        &mut self,
        condition: &Condition,
        then: &Value,
        otherwise: &Value,
        scope: &Scope,
    ) -> Option<Affine> {
        let context = self.context(Vec::new());
        if super::standing::excluded(&condition.negate(), scope, &context) {
            return self.resolved(then, scope);
        }
        if super::standing::excluded(condition, scope, &context) {
            return self.resolved(otherwise, scope);
        }
        self.need = Some(Need::Split(condition.clone()));
        None
    }

    /// A condition as a number that is 0 or 1.
    pub(super) fn truth_value(
        &mut self,
        expression: &Expression,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Value, Rejection> {
        let condition = self.condition(expression, scope, purpose)?;
        let number = |value| Box::new(Value::Affine(Affine::constant(value)));
        Ok(Value::Choose(condition, number(1), number(0)))
    }

    /// `x % d == 0`, which holds of negative numbers, too, and `x % d != 0`.
    pub(super) fn divisible(
        &mut self,
        operation: CompareOperation,
        left: &Expression,
        right: &Expression,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Option<Condition>, Rejection> {
        let is_zero = |side: &Expression| matches!(side.kind, ExpressionKind::Integer(0));
        let remainder = if is_zero(right) { left } else { right };
        let equality = matches!(operation, CompareOperation::Equal | CompareOperation::NotEqual);
        if !equality || !(is_zero(left) || is_zero(right)) || !is_remainder(remainder) {
            return Ok(None);
        }
        self.ignore_signs += 1;
        let value = self.affine(remainder, scope, purpose);
        self.ignore_signs -= 1;
        let zero = Value::Affine(Affine::constant(0));
        Ok(compare(operation, &Value::Affine(value?), &zero))
    }
}

fn is_remainder(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Convert { operand, .. } | ExpressionKind::Inlined(operand) => {
            is_remainder(operand)
        }
        ExpressionKind::Binary {
            operator: Operator::Arithmetic(BinaryOperation::Remainder),
            left,
            ..
        } => {
            let mut nested = false;
            left.walk(&mut |node| {
                nested |= matches!(
                    node.kind,
                    ExpressionKind::Binary {
                        operator: Operator::Arithmetic(
                            BinaryOperation::Divide | BinaryOperation::Remainder
                        ),
                        ..
                    }
                );
            });
            !nested
        }
        _ => false,
    }
}
