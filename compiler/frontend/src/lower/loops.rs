//! `for` loops, normalised to count upwards by one.
//!
//! - A step of 1 keeps the source's variable: `i` is the iterator itself.
//! - A step of -1 gives the iterator `-i`, so that any affine bounds stay as they are.
//! - Another step `s` gives `i = start + s * iterator` with `iterator >= 0`.
//!
//! A loop ends at the first value at which its condition fails, so the condition must be one that,
//! once false, stays false while the iterator grows.

use super::affine::Purpose;
use super::condition::{Condition, Value, compare};
use super::leaving::leaves;
use super::roles::Role;
use super::standing::{Counting, Standing};
use super::write_back::changed_in;
use super::{Active, Lowering, Obligation, Scope, element_of};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{
    Expression, ExpressionKind, ForLoop, Operator, Place, Testing, ValueType, VariableId,
};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Affine, BinaryOperation, CompareOperation, Constraint, SourceLoop, SourceNode, Variable,
};

/// Steps beyond this are surely mistakes, and would endanger the arithmetic.
const STEP_LIMIT: i64 = 1 << 31;

impl<'a> Lowering<'a> {
    pub(super) fn for_loop(
        &mut self,
        source: &'a ForLoop,
        place: Place,
        scope: &Scope,
    ) -> Result<Vec<SourceNode>, Rejection> {
        let Some((variable, start)) = &source.start else {
            return Err(Rejection::new(source.header, RejectReason::LoopStart));
        };
        let variable = *variable;
        let element = match self.variable(variable).map(|declared| &declared.shape) {
            Some(Ok(shape)) if shape.extents.is_empty() => match shape.element {
                ValueType::Number(element) if !element.is_float() => element,
                _ => return Err(Rejection::new(source.header, RejectReason::LoopStart)),
            },
            Some(Err(reason)) => return Err(Rejection::new(source.header, reason.clone())),
            _ => return Err(Rejection::new(source.header, RejectReason::LoopStart)),
        };
        let name = self.name(variable);
        if scope.iterators.iter().any(|active| active.variable == variable) {
            return Err(Rejection::new(source.header, RejectReason::IteratorModified { name }));
        }
        let step = step_of(&source.step, variable).ok_or_else(|| {
            Rejection::new(source.step.place, RejectReason::LoopStep { iterator: name.clone() })
        })?;
        let step = if planted(Fault::StepIgnored) { step.signum() } else { step };
        if step == 0 {
            return Err(Rejection::new(source.step.place, RejectReason::ZeroStep));
        }

        let mut first = self.value(start, scope, Purpose::Bound)?;
        if step.abs() != 1 && !matches!(first, Value::Affine(_)) {
            let strided = || Rejection::new(start.place, RejectReason::StridedStart { step });
            first = Value::Affine(self.resolved(&first, scope).ok_or_else(strided)?);
        }
        if !element.is_signed_integer() {
            for leaf in first.leaves() {
                self.require_in_range(leaf, element, start.place, scope);
            }
        }
        let depth = u32::try_from(scope.iterators.len()).unwrap_or(u32::MAX);
        let iterator = Affine::variable(Variable::Iterator(depth));
        let (source_value, from_start) = match (step, &first) {
            (1, _) => {
                let value = Value::Affine(iterator.clone());
                (iterator.clone(), compare(CompareOperation::LessOrEqual, &first, &value))
            }
            (-1, _) => {
                let negated = &iterator * -1;
                let value = Value::Affine(negated.clone());
                let late = planted(Fault::DecreasingStart);
                let start =
                    if late { CompareOperation::Greater } else { CompareOperation::GreaterOrEqual };
                (negated, compare(start, &first, &value))
            }
            (_, Value::Affine(first)) => {
                let not_negative = Constraint::non_negative(iterator.clone());
                (first + &(&iterator * step), Some(Condition::Constraint(not_negative)))
            }
            _ => return Err(Rejection::new(start.place, RejectReason::StridedStart { step })),
        };
        let from_start = match from_start {
            Some(from_start) => from_start,
            None => {
                let rejects = || Purpose::Bound.rejects(start);
                let single = self.resolved(&first, scope).ok_or_else(rejects)?;
                first = Value::Affine(single);
                let value = Value::Affine(source_value.clone());
                let operation = match step {
                    1 => CompareOperation::LessOrEqual,
                    _ => CompareOperation::GreaterOrEqual,
                };
                compare(operation, &first, &value).ok_or_else(rejects)?
            }
        };
        let mut inner = scope.clone();
        inner.iterators.push(Active {
            variable,
            name: unique_loop_name(&name, scope),
            source_value: source_value.clone(),
        });
        let inner = inner.restricted(&from_start, start.place)?;
        let head = Head { step, depth, first, name };
        let checkpoint = self.obligations.len();
        // The condition, too, is evaluated after the body has changed other loops' variables.
        let roles = &self.roles;
        let changed = changed_in(&source.body, &|id| matches!(roles.of(id), Role::Iterator));
        let before = self.standings.clone();
        let advancing = self.recurrences(source, &changed, &inner, scope, &head)?;
        self.forget(&changed);
        for (id, standing) in advancing {
            self.standings.set(id, standing);
        }
        let condition = self.loop_condition(&source.condition, &inner, scope, &head)?;
        if source.testing == Testing::Behind {
            self.require_first(&condition, &head, source.condition.place, scope)?;
        }
        let inner = inner.restricted(&condition, source.condition.place)?;
        if !inner.pieces.is_empty() && !ends(&condition, Variable::Iterator(depth)) {
            let reason = RejectReason::LoopCondition { iterator: head.name.clone() };
            return Err(Rejection::new(source.condition.place, reason));
        }
        self.confine(checkpoint, scope, &inner, &head);
        // What is tested before it steps ends with a value that may be none of the type: `while (i-- > 0)`.
        if source.testing != Testing::BeforeStep {
            self.require_no_wrap(&source_value, step, variable, source.step.place, &inner);
        }

        let body = self.with_quotients(inner.clone(), place, &mut |lowering, inner| {
            lowering.loop_body(&source.body, inner, scope, &head)
        })?;
        let first_iterator = match (step, &head.first) {
            (1, first) => Some(first.clone()),
            (-1, first) => first.times(-1),
            _ => Some(Value::Affine(Affine::constant(0))),
        };
        let counting = Counting {
            variable,
            iterator: Variable::Iterator(depth),
            first: first_iterator.as_ref(),
            source_value: &source_value,
            condition: &condition,
        };
        self.leave_loop(&counting, before, &changed, scope);
        if leaves(&source.body).is_some() {
            self.forget(&changed);
            self.standings.set(variable, Standing::Unknown);
        }
        let wraps = source.testing == Testing::BeforeStep && !element.is_signed_integer();
        if wraps {
            self.standings.set(variable, Standing::Unknown);
        }
        self.last_loops.insert(variable, source.header);
        if body.is_empty() {
            return Ok(Vec::new());
        }
        let name = inner.iterators.last().map(|active| active.name.clone()).unwrap_or_default();
        Ok(vec![SourceNode::Loop(SourceLoop { name, span: self.span(place), body })])
    }

    /// Confines the obligations of the loop's condition, those from `checkpoint` on, to where the
    /// condition is evaluated: at the start, and one step after each iteration.
    fn confine(&mut self, checkpoint: usize, outer: &Scope, inner: &Scope, head: &Head) {
        let Value::Affine(first) = &head.first else {
            return;
        };
        let iterator = Variable::Iterator(head.depth);
        let next = Affine::variable(iterator).with_constant(1);
        let obligations = self.obligations.split_off(checkpoint);
        for obligation in obligations {
            if !obligation.value.mentions(iterator) {
                self.obligations.push(obligation);
                continue;
            }
            let Obligation { value, place, reason, .. } = obligation;
            let at_start = value.substitute_one(iterator, &head.first_iterator(first));
            self.require(at_start, place, reason.clone(), outer);
            let after_step = value.substitute_one(iterator, &next);
            self.require(after_step, place, reason, inner);
        }
    }

    /// The value with which the loop ends must be one of the variable's type, where running over is
    /// not undefined in C.
    fn require_no_wrap(
        &mut self,
        source_value: &Affine,
        step: i64,
        variable: VariableId,
        place: Place,
        inner: &Scope,
    ) {
        use loopwright_ir::ElementType::{I32, I64};
        let Some(element) = self.variable(variable).and_then(element_of) else {
            return;
        };
        if !matches!(element, I32 | I64) {
            let next = source_value.clone().with_constant(source_value.constant_term() + step);
            self.require_in_range(&next, element, place, inner);
        }
    }

    /// The loop's condition at an iteration, given that it held at all before.
    pub(super) fn loop_condition(
        &mut self,
        expression: &Expression,
        inner: &Scope,
        outer: &Scope,
        head: &Head,
    ) -> Result<Condition, Rejection> {
        let place = expression.place;
        match &expression.kind {
            ExpressionKind::Binary { operator: Operator::LogicalAnd, left, right } => {
                Ok(Condition::And(vec![
                    self.loop_condition(left, inner, outer, head)?,
                    self.loop_condition(right, inner, outer, head)?,
                ]))
            }
            ExpressionKind::Inlined(operand) => self.loop_condition(operand, inner, outer, head),
            ExpressionKind::Binary {
                operator: Operator::Compare(CompareOperation::NotEqual),
                left,
                right,
            } => {
                let (left, right) = self.compared(left, right, inner, Purpose::Bound)?;
                self.unequal(&left, &right, place, outer, head)
            }
            _ => {
                let condition = self.condition(expression, inner, Purpose::Bound)?;
                head.monotone(&condition).ok_or_else(|| {
                    Rejection::new(
                        place,
                        RejectReason::LoopCondition { iterator: head.name.clone() },
                    )
                })
            }
        }
    }

    /// `left != right` as the loop's condition: with a step of one it is met exactly, if the loop
    /// begins on the right side of it.
    fn unequal(
        &mut self,
        left: &Value,
        right: &Value,
        place: Place,
        outer: &Scope,
        head: &Head,
    ) -> Result<Condition, Rejection> {
        let not_affine = || {
            let construct = "`!=` with a minimum, maximum or rounded quotient";
            Rejection::new(place, Purpose::Bound.not_affine(construct))
        };
        let (Value::Affine(left), Value::Affine(right), Value::Affine(first)) =
            (left, right, &head.first)
        else {
            return Err(not_affine());
        };
        let iterator = Variable::Iterator(head.depth);
        // Counts up to zero while the loop goes on.
        let difference = match (left - right).coefficient(iterator) {
            1 => left - right,
            -1 => right - left,
            0 => {
                let unequal = compare(
                    CompareOperation::NotEqual,
                    &Value::Affine(left.clone()),
                    &Value::Affine(right.clone()),
                );
                return unequal.ok_or_else(not_affine);
            }
            _ => {
                return Err(Rejection::new(
                    place,
                    RejectReason::UnequalWithStride { iterator: head.name.clone() },
                ));
            }
        };
        let at_start = difference.substitute_one(iterator, &head.first_iterator(first));
        self.require(
            &at_start * -1,
            place,
            RejectReason::LoopCondition { iterator: head.name.clone() },
            outer,
        );
        Ok(Condition::Constraint(Constraint::less(&difference, &Affine::constant(0))))
    }
}

/// What is known of the loop whose condition is read.
pub(super) struct Head {
    pub step: i64,
    pub depth: u32,
    pub first: Value,
    pub name: String,
}

impl Head {
    /// The iterator's value at the loop's start.
    pub(super) fn first_iterator(&self, first: &Affine) -> Affine {
        match self.step {
            1 => first.clone(),
            -1 => first * -1,
            _ => Affine::constant(0),
        }
    }

    /// The condition, if it stays false once it is. In a conjunction, a part that only gets true as
    /// the iterator grows must hold at the start, and then holds throughout.
    fn monotone(&self, condition: &Condition) -> Option<Condition> {
        let iterator = Variable::Iterator(self.depth);
        match condition {
            Condition::Constant(_) => Some(condition.clone()),
            Condition::Constraint(constraint) => {
                let coefficient = constraint.affine.coefficient(iterator);
                if constraint.equality && coefficient != 0 {
                    let at_most = Constraint::non_negative(constraint.affine.clone());
                    let at_least = Constraint::non_negative(&constraint.affine * -1);
                    return Some(Condition::And(vec![
                        self.monotone(&Condition::Constraint(at_most))?,
                        self.monotone(&Condition::Constraint(at_least))?,
                    ]));
                }
                if coefficient <= 0 {
                    return Some(condition.clone());
                }
                let Value::Affine(first) = &self.first else {
                    return None;
                };
                let at_start =
                    constraint.affine.substitute_one(iterator, &self.first_iterator(first));
                Some(Condition::Constraint(Constraint::non_negative(at_start)))
            }
            Condition::And(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(|part| self.monotone(part)).collect();
                parts.map(Condition::And)
            }
            Condition::Or(parts) => {
                let stays_false = |part: &Condition| self.only_gets_false(part);
                parts.iter().all(stays_false).then(|| condition.clone())
            }
        }
    }

    fn only_gets_false(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Constant(_) => true,
            Condition::Constraint(constraint) => {
                let coefficient = constraint.affine.coefficient(Variable::Iterator(self.depth));
                coefficient == 0 || (coefficient < 0 && !constraint.equality)
            }
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().all(|part| self.only_gets_false(part))
            }
        }
    }
}

/// Whether a condition gets false as the iterator grows.
fn ends(condition: &Condition, iterator: Variable) -> bool {
    match condition {
        Condition::Constant(value) => !value,
        Condition::Constraint(constraint) => {
            let coefficient = constraint.affine.coefficient(iterator);
            coefficient < 0 || (constraint.equality && coefficient != 0)
        }
        Condition::And(parts) => parts.iter().any(|part| ends(part, iterator)),
        Condition::Or(parts) => parts.iter().all(|part| ends(part, iterator)),
    }
}

/// The constant that a loop's third clause adds to its variable.
fn step_of(step: &Expression, variable: VariableId) -> Option<i64> {
    let is_variable = |expression: &Expression| mentions_only(expression, variable);
    let amount = match &step.kind {
        ExpressionKind::Step { increment, target, .. } if is_variable(target) => {
            if *increment {
                1
            } else {
                -1
            }
        }
        ExpressionKind::Assign { operation, target, value } if is_variable(target) => {
            match operation {
                Some(BinaryOperation::Add) => constant(value)?,
                Some(BinaryOperation::Subtract) => constant(value)?.checked_neg()?,
                Some(_) => return None,
                None => sum_with(value, variable)?,
            }
        }
        ExpressionKind::Convert { operand, .. } => step_of(operand, variable)?,
        _ => return None,
    };
    (amount.abs() <= STEP_LIMIT).then_some(amount)
}

/// The constant `c` of `variable + c`, `c + variable` or `variable - c`.
fn sum_with(value: &Expression, variable: VariableId) -> Option<i64> {
    match &value.kind {
        ExpressionKind::Convert { operand, .. } => sum_with(operand, variable),
        ExpressionKind::Binary { operator: Operator::Arithmetic(operation), left, right } => {
            match operation {
                BinaryOperation::Add if mentions_only(left, variable) => constant(right),
                BinaryOperation::Add if mentions_only(right, variable) => constant(left),
                BinaryOperation::Subtract if mentions_only(left, variable) => {
                    constant(right)?.checked_neg()
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether the expression is the variable, converted or not.
fn mentions_only(expression: &Expression, variable: VariableId) -> bool {
    match &expression.kind {
        ExpressionKind::Variable(id) => *id == variable,
        ExpressionKind::Convert { operand, .. } => mentions_only(operand, variable),
        _ => false,
    }
}

fn constant(expression: &Expression) -> Option<i64> {
    match &expression.kind {
        ExpressionKind::Integer(value) => Some(*value),
        ExpressionKind::Convert { operand, .. } | ExpressionKind::Inlined(operand) => {
            constant(operand)
        }
        _ => None,
    }
}

/// The loop's name, with a number where a loop around it has the same one.
fn unique_loop_name(name: &str, scope: &Scope) -> String {
    let taken = |candidate: &str| scope.iterators.iter().any(|active| active.name == candidate);
    let mut unique = name.to_owned();
    let mut number = 2;
    while taken(&unique) {
        unique = format!("{name}_{number}");
        number += 1;
    }
    unique
}
