//! Integer expressions as affine functions of iterators and parameters.
//!
//! Signed arithmetic is exact (overflow is undefined in C). Unsigned arithmetic is exact modulo a
//! power of two; wherever a value leaves that arithmetic — a wider type, a comparison, a division —
//! an [`Obligation`] says that it is in the range of its type.

use super::condition::scaled;
use super::obligation::limits;
use super::roles::Role;
use super::{Lowering, Obligation, Scope, base_variable, number};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, Operator, Place, Prefix, ValueType, VariableId};
use loopwright_ir::{Affine, BinaryOperation, ElementType, Variable};

/// Numbers in affine expressions stay below this magnitude, so that sums and products of a few of
/// them cannot overflow.
const MAGNITUDE_LIMIT: i64 = 1 << 32;

/// What an expression is used for, which decides how a rejection is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Subscript,
    Bound,
    Condition,
    /// A statement's value, which needs not be affine: nothing is asked of the scope for it.
    Data,
}

impl Purpose {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Subscript => "subscript",
            Self::Bound => "loop's bound",
            Self::Condition => "condition",
            Self::Data => "value",
        }
    }

    pub(super) fn depends_on_data(self, name: String) -> RejectReason {
        match self {
            Self::Subscript => RejectReason::DataSubscript { name },
            Self::Bound => RejectReason::DataBound { name },
            Self::Condition | Self::Data => RejectReason::DataCondition { name },
        }
    }
}

impl<'a> Lowering<'a> {
    /// The expression as an affine function.
    pub(super) fn affine(
        &mut self,
        expression: &Expression,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<Affine, Rejection> {
        let place = expression.place;
        let not_affine = || purpose.rejects(expression);
        let result = match &expression.kind {
            ExpressionKind::Integer(value)
                if *value < 0 && number(&expression.value_type) == Some(ElementType::U64) =>
            {
                return Err(Rejection::new(place, RejectReason::NumberTooLarge { value: *value }));
            }
            ExpressionKind::Integer(value) => Affine::constant(*value),
            ExpressionKind::Variable(id) => match self.roles.of(*id) {
                Role::Parameter(position) => Affine::variable(Variable::Parameter(position)),
                Role::Iterator => {
                    let active = scope.iterators.iter().find(|active| active.variable == *id);
                    match active {
                        Some(active) => active.source_value.clone(),
                        None => self.standing_affine(*id, place, scope, purpose)?,
                    }
                }
                Role::Alias => self.alias_affine(*id, place, scope, purpose)?,
                Role::Array(_) | Role::None => {
                    return Err(Rejection::new(place, self.why_no_index(*id, purpose)));
                }
            },
            ExpressionKind::Subscript { .. } => {
                return Err(match base_variable(&expression.kind) {
                    Some(id) => Rejection::new(place, purpose.depends_on_data(self.name(id))),
                    None => not_affine(),
                });
            }
            ExpressionKind::Unary { operator: Prefix::Plus, operand }
            | ExpressionKind::Inlined(operand) => self.affine(operand, scope, purpose)?,
            ExpressionKind::Unary { operator: Prefix::Minus, operand } => {
                &self.affine(operand, scope, purpose)? * -1
            }
            ExpressionKind::Binary { operator: Operator::Arithmetic(operation), left, right } => {
                let element = number(&left.value_type).ok_or_else(not_affine)?;
                let left = self.affine(left, scope, purpose)?;
                let right = self.affine(right, scope, purpose)?;
                if *operation == BinaryOperation::Divide && !element.is_signed_integer() {
                    self.require_in_range(&left, element, place, scope);
                }
                match arithmetic(*operation, &left, &right) {
                    Some(value) => value,
                    None => {
                        let at = (element, place, purpose);
                        self.operation(*operation, &left, &right, at, scope)
                            .ok_or_else(not_affine)?
                    }
                }
            }
            ExpressionKind::Conditional { .. }
            | ExpressionKind::Binary {
                operator: Operator::Compare(_) | Operator::LogicalAnd | Operator::LogicalOr,
                ..
            }
            | ExpressionKind::Unary { operator: Prefix::LogicalNot, .. }
                if purpose != Purpose::Data =>
            {
                let value = self.value(expression, scope, purpose)?;
                self.resolved(&value, scope).ok_or_else(not_affine)?
            }
            ExpressionKind::Convert { operand, .. } => {
                let value = self.affine(operand, scope, purpose)?;
                self.converted(&value, operand, expression, scope, purpose)?;
                value
            }
            ExpressionKind::Unsupported(reason) => {
                return Err(Rejection::new(place, reason.clone()));
            }
            ExpressionKind::Assign { .. } | ExpressionKind::Step { .. } => {
                return Err(Rejection::new(place, RejectReason::SideEffect));
            }
            _ => return Err(not_affine()),
        };
        check_magnitude(result, place)
    }

    /// Why a variable that is no parameter cannot be in a subscript, bound or condition.
    pub(super) fn why_no_index(&self, id: VariableId, purpose: Purpose) -> RejectReason {
        let name = self.name(id);
        let Some(variable) = self.variable(id) else {
            return RejectReason::ScalarInIndex { name };
        };
        match &variable.shape {
            Err(reason) => reason.clone(),
            Ok(shape) if !shape.extents.is_empty() => RejectReason::PointerUse,
            Ok(shape) => match shape.element {
                ValueType::Number(element) if element.is_float() => RejectReason::FloatInIndex {
                    place: purpose.name(),
                    name,
                    element: element.c_name(),
                },
                _ if self.roles.written.contains(&id) => RejectReason::ScalarInIndex { name },
                _ => RejectReason::Uninitialized { name },
            },
        }
    }

    /// The obligations of a conversion between integer types.
    pub(super) fn converted(
        &mut self,
        value: &Affine,
        operand: &Expression,
        expression: &Expression,
        scope: &Scope,
        purpose: Purpose,
    ) -> Result<(), Rejection> {
        // A truth value is one of every type.
        if operand.value_type == ValueType::Boolean
            && number(&expression.value_type).is_some_and(|element| !element.is_float())
        {
            return Ok(());
        }
        let (ValueType::Number(from), ValueType::Number(to)) =
            (&operand.value_type, &expression.value_type)
        else {
            return Err(purpose.rejects(expression));
        };
        if from.is_float() || to.is_float() {
            return Err(purpose.rejects(expression));
        }
        if !from.is_signed_integer() && from.bytes() < to.bytes() {
            self.require_in_range(value, *from, expression.place, scope);
        } else if to.is_signed_integer()
            && (from.bytes() > to.bytes() || (from.bytes() == to.bytes() && from != to))
        {
            self.require_in_range(value, *to, expression.place, scope);
        }
        Ok(())
    }

    /// Adds the obligation that a value is one of its type's.
    pub(super) fn require_in_range(
        &mut self,
        value: &Affine,
        element: ElementType,
        place: Place,
        scope: &Scope,
    ) {
        let (least, greatest) = limits(element);
        let reason = RejectReason::WrapAround { element: element.c_name() };
        if let Some(least) = least {
            let above = value.clone().with_constant(value.constant_term() - least);
            self.require(above, place, reason.clone(), scope);
        }
        if let Some(greatest) = greatest {
            let below = &Affine::constant(greatest) - value;
            self.require(below, place, reason, scope);
        }
    }

    /// Adds the obligation `value >= 0` unless it holds by itself.
    pub(super) fn require(
        &mut self,
        value: Affine,
        place: Place,
        reason: RejectReason,
        scope: &Scope,
    ) {
        if value.as_constant().is_some_and(|value| value >= 0) {
            return;
        }
        let names = scope.iterators.iter().map(|active| active.name.clone()).collect();
        let pieces = scope.pieces.clone();
        self.obligations.push(Obligation { pieces, value, place, reason, names });
    }
}

fn arithmetic(operation: BinaryOperation, left: &Affine, right: &Affine) -> Option<Affine> {
    match operation {
        BinaryOperation::Add => Some(left + right),
        BinaryOperation::Subtract => Some(left - right),
        BinaryOperation::Multiply => match (left.as_constant(), right.as_constant()) {
            (_, Some(factor)) => scaled(left, factor),
            (Some(factor), None) => scaled(right, factor),
            (None, None) => None,
        },
        BinaryOperation::ShiftLeft => scaled(left, power_of_two(right.as_constant()?)?),
        BinaryOperation::Divide => exact_quotient(left, right.as_constant()?),
        _ => None,
    }
}

pub(super) fn power_of_two(amount: i64) -> Option<i64> {
    (0..40).contains(&amount).then(|| 1i64 << amount)
}

/// The quotient where it has no remainder whatever the variables are.
pub(super) fn exact_quotient(value: &Affine, divisor: i64) -> Option<Affine> {
    if divisor <= 0 {
        return None;
    }
    let divisible = value.constant_term() % divisor == 0
        && value.terms().iter().all(|term| term.1 % divisor == 0);
    divisible.then(|| {
        let terms = value.terms().iter().map(|&(variable, number)| (variable, number / divisor));
        Affine::from_terms(terms, value.constant_term() / divisor)
    })
}

pub(super) fn check_magnitude(value: Affine, place: Place) -> Result<Affine, Rejection> {
    let numbers = value.terms().iter().map(|term| term.1).chain([value.constant_term()]);
    match numbers.into_iter().find(|number| number.unsigned_abs() > MAGNITUDE_LIMIT as u64) {
        Some(number) => Err(Rejection::new(place, RejectReason::NumberTooLarge { value: number })),
        None => Ok(value),
    }
}
