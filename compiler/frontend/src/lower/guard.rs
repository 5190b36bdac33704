//! Statements under conditions on data.
//!
//! `if (b[i] > 0) a[i] += c[i];` runs everywhere: where the condition does not hold, `a[i]` keeps its value. The body is
//! `b[i] > 0 ? a[i] + c[i] : a[i]`, which reads what it may overwrite, so that dependences are exact, and code
//! generation stores nothing where the condition does not hold. What a statement inside declares for itself is
//! zero there instead, since nobody reads it.
//!
//! Two branches that assign the same element under an affine condition of many cases stay one statement in the same way.

use super::arithmetic::truth;
use super::assign::{Assigned, Assignment};
use super::body::Body;
use super::condition::Condition;
use super::retry::Need;
use super::roles::Role;
use super::write_back::changed_in;
use super::{Lowering, Order, Scope, base_variable};
use crate::reject::Rejection;
use crate::syntax::reader::{assigned_once, same};
use crate::syntax::{Expression, ExpressionKind, Statement, VariableId};
use loopwright_ir::{Access, CompareOperation, ElementType, Expression as Value};

/// Cases of an affine condition and its opposite that become statements of their own.
const MOST_CASES: usize = 2;

/// A condition on data around the statement that is being lowered.
#[derive(Clone, Copy)]
pub(super) struct Guard<'a> {
    condition: &'a Expression,
    holds: bool,
}

impl<'a> Lowering<'a> {
    /// Both branches of an `if` whose condition is not affine; `rejection` says why not.
    pub(super) fn guarded(
        &mut self,
        condition: &'a Expression,
        then: &'a Statement,
        otherwise: Option<&'a Statement>,
        scope: &Scope,
        rejection: Rejection,
    ) -> Result<Order, Rejection> {
        let obligations = self.obligations.len();
        let read = self.data(condition, &mut Body::new(scope, &[], &[]));
        self.obligations.truncate(obligations);
        if read.is_err() {
            return Err(rejection);
        }
        let mut order = Vec::new();
        for (branch, holds) in [(Some(then), true), (otherwise, false)] {
            let Some(branch) = branch else { continue };
            self.guards.push(Guard { condition, holds });
            let inside = self.statement(branch, scope);
            self.guards.pop();
            order.extend(inside?);
            // Which of the branches ran is not known behind them.
            let roles = &self.roles;
            let changed = changed_in(branch, &|id| matches!(roles.of(id), Role::Iterator));
            self.forget(&changed);
        }
        Ok(order)
    }

    /// The conditions around as one value that is not zero where all hold. Each is only evaluated where those around
    /// it do.
    pub(super) fn guard_value(
        &mut self,
        body: &mut Body<'_, '_>,
    ) -> Result<Option<Value>, Rejection> {
        let guards = self.guards.clone();
        let mut values = Vec::new();
        for guard in guards {
            let value = self.data(guard.condition, body)?;
            let operation = match guard.holds {
                true => CompareOperation::NotEqual,
                false => CompareOperation::Equal,
            };
            values.push(truth(value, operation));
            body.enter_guard();
        }
        let zero = Value::Integer { value: 0, element: ElementType::I32 };
        let joined = values.into_iter().rev().reduce(|inner, outer| Value::Select {
            element: ElementType::I32,
            condition: Box::new(outer),
            then: Box::new(inner),
            otherwise: Box::new(zero.clone()),
        });
        Ok(joined)
    }

    /// The value of a guarded statement: what the element has where the guard does not hold.
    pub(super) fn under_guard(
        &self,
        guard: Value,
        value: Value,
        write: &Access,
        target: &Expression,
        body: &mut Body<'_, '_>,
    ) -> Value {
        let element = value.element();
        let own = match target.kind {
            ExpressionKind::Variable(id) => {
                self.declared_under.get(&id).is_some_and(|depth| *depth == self.guards.len())
            }
            _ => false,
        };
        let otherwise = match own {
            true if element.is_float() => Value::Float { value: 0.0, element },
            true => Value::Integer { value: 0, element },
            false => body.read(write.clone(), element),
        };
        let (then, otherwise) = (Box::new(value), Box::new(otherwise));
        Value::Select { element, condition: Box::new(guard), then, otherwise }
    }

    /// An `if` with an affine condition of many cases whose branches assign the same element, as one statement; `None`
    /// where it is another, or where dependences would be lost or invented.
    pub(super) fn merged(
        &mut self,
        condition: &'a Expression,
        holds: Result<&Condition, &Need>,
        branches: (&'a Statement, Option<&'a Statement>),
        scope: &Scope,
    ) -> Option<Result<Order, Rejection>> {
        let many = match holds {
            Ok(holds) => {
                let cases = |condition: &Condition| {
                    condition.pieces().map_or(usize::MAX / 2, |it| it.len())
                };
                cases(holds) + cases(&holds.negate()) > MOST_CASES
            }
            Err(Need::Quotient { .. }) => true,
            Err(Need::Split(_)) => false,
        };
        if !many {
            return None;
        }
        let (target, then) = assigned_once(branches.0)?;
        let (other, otherwise) = assigned_once(branches.1?)?;
        let harmless = |value: &Expression| {
            let mut harmless = true;
            value.walk(&mut |node| {
                harmless &= match &node.kind {
                    ExpressionKind::Subscript { .. } => {
                        let unwritten = base_variable(&node.kind)
                            .is_some_and(|id| !self.roles.written.contains(&id));
                        unwritten || same(node, &target)
                    }
                    ExpressionKind::Assign { .. } | ExpressionKind::Step { .. } => false,
                    _ => true,
                };
            });
            harmless
        };
        let root: Option<VariableId> = base_variable(&target.kind);
        let is_element = matches!(target.kind, ExpressionKind::Subscript { .. });
        if !is_element
            || root.is_none()
            || !same(&target, &other)
            || !harmless(&then)
            || !harmless(&otherwise)
        {
            return None;
        }
        let place = branches.0.place;
        let value = Expression {
            value_type: target.value_type.clone(),
            place,
            kind: ExpressionKind::Conditional {
                condition: Box::new(condition.clone()),
                then: Box::new(then),
                otherwise: Box::new(otherwise),
            },
        };
        let value = Assigned::Expression(&value);
        let assignment = Assignment { target: &target, operation: None, value, place };
        Some(self.emit(assignment, scope, &[], &[]))
    }

    /// Whether a condition reads memory, so that it may be a guard.
    pub(super) fn may_guard(&self, condition: &Expression) -> bool {
        let mut plain = true;
        condition.walk(&mut |node| {
            plain &= !matches!(
                node.kind,
                ExpressionKind::Assign { .. }
                    | ExpressionKind::Step { .. }
                    | ExpressionKind::Unsupported(_)
            );
        });
        plain
    }
}
