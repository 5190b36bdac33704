//! Assignments: which element gets which value, and in how many statements.

use super::affine::Purpose;
use super::arithmetic::{arithmetic, common_element, convert, promoted, to_boolean};
use super::body::{Body, Substitution};
use super::condition::Condition;
use super::{Lowering, Scope, base_variable, number};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Expression, ExpressionKind, Operator, Place, ValueType};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, BinaryOperation, ElementType, Expression as Value, Iterator, SourceNode, StatementId,
    contraction,
};

/// What is assigned: the target, how, and what the value is made of.
#[derive(Clone, Copy)]
pub(super) struct Assignment<'e> {
    pub target: &'e Expression,
    pub operation: Option<BinaryOperation>,
    pub value: Assigned<'e>,
    /// The whole statement, for its text.
    pub place: Place,
}

#[derive(Clone, Copy)]
pub(super) enum Assigned<'e> {
    Expression(&'e Expression),
    /// The one of `++` and `--`.
    One,
}

impl<'a> Lowering<'a> {
    /// Writes the assignment out for each outcome of the affine conditions inside its value that
    /// decide which elements are read.
    pub(super) fn split<'e>(
        &mut self,
        assignment: Assignment<'e>,
        scope: &Scope,
        substitutions: &[Substitution<'e>],
        decisions: &mut Vec<(&'e Expression, bool)>,
    ) -> Result<Vec<SourceNode>, Rejection> {
        let undecided = match assignment.value {
            Assigned::Expression(value) => self.undecided(value, scope, decisions),
            Assigned::One => None,
        };
        if let Some((node, condition)) = undecided {
            let mut order = Vec::new();
            for outcome in [true, false] {
                let holds = if outcome { condition.clone() } else { condition.negate() };
                let inside = scope.restricted(&holds, node.place)?;
                if inside.pieces.is_empty() {
                    continue;
                }
                decisions.push((node, outcome));
                let nodes = self.split(assignment, &inside, substitutions, decisions);
                decisions.pop();
                order.extend(nodes?);
            }
            return Ok(order);
        }
        self.emit(assignment, scope, substitutions, decisions)
    }

    /// The first affine condition that chooses between reads and has no outcome yet.
    fn undecided<'e>(
        &mut self,
        expression: &'e Expression,
        scope: &Scope,
        decisions: &[(&'e Expression, bool)],
    ) -> Option<(&'e Expression, Condition)> {
        let decided = decisions.iter().find(|decision| std::ptr::eq(decision.0, expression));
        let (condition, guarded): (&Expression, Vec<&'e Expression>) = match &expression.kind {
            ExpressionKind::Conditional { condition, then, otherwise } => {
                (condition, vec![then, otherwise])
            }
            ExpressionKind::Binary {
                operator: Operator::LogicalAnd | Operator::LogicalOr,
                left,
                right,
            } => (left, vec![right]),
            _ => {
                return expression
                    .operands()
                    .into_iter()
                    .find_map(|operand| self.undecided(operand, scope, decisions));
            }
        };
        if let Some((_, outcome)) = decided {
            let taken: Option<&Expression> = match &expression.kind {
                ExpressionKind::Conditional { then, otherwise, .. } => {
                    Some(if *outcome { then } else { otherwise })
                }
                ExpressionKind::Binary { operator: Operator::LogicalAnd, right, .. } => {
                    outcome.then_some(right)
                }
                ExpressionKind::Binary { right, .. } => (!outcome).then_some(right),
                _ => None,
            };
            return taken.and_then(|taken| self.undecided(taken, scope, decisions));
        }
        let reads = |inner: &&Expression| {
            let mut found = false;
            inner.walk(&mut |node| {
                found |= matches!(node.kind, ExpressionKind::Subscript { .. });
            });
            found
        };
        if guarded.iter().any(reads) {
            let checkpoint = self.obligations.len();
            match self.condition(condition, scope, Purpose::Condition) {
                Ok(condition) => return Some((expression, condition)),
                Err(_) => {
                    self.obligations.truncate(checkpoint);
                    self.need = None;
                }
            }
        }
        expression
            .operands()
            .into_iter()
            .find_map(|operand| self.undecided(operand, scope, decisions))
    }

    pub(super) fn emit<'e>(
        &mut self,
        assignment: Assignment<'e>,
        scope: &Scope,
        substitutions: &[Substitution<'e>],
        decisions: &[(&'e Expression, bool)],
    ) -> Result<Vec<SourceNode>, Rejection> {
        let target_place = assignment.target.place;
        let write = self.target(assignment.target, scope)?;
        let Some(element) = number(&assignment.target.value_type) else {
            return Err(Rejection::new(target_place, RejectReason::PointerUse));
        };
        let mut body = Body::new(scope, substitutions, decisions);
        let guard = self.guard_value(&mut body)?;
        let value = match assignment.operation {
            None => match assignment.value {
                Assigned::Expression(value) => self.data(value, &mut body)?,
                Assigned::One => Value::Integer { value: 1, element },
            },
            Some(operation) => {
                // The target's value is read first, as the left operand that it stands for.
                let current = body.read(write.clone(), element);
                let operand = match assignment.value {
                    Assigned::Expression(value) => self.data(value, &mut body)?,
                    Assigned::One => Value::Integer { value: 1, element: ElementType::I32 },
                };
                compound(operation, current, operand)
            }
        };
        let contracts = (self.surroundings.contracts)(assignment.place);
        let boolean = assignment.target.value_type == ValueType::Boolean;
        let converted = assignment.operation.is_none() && value.element() == element;
        let value = if boolean && !converted { to_boolean(value) } else { convert(value, element) };
        let value = match guard {
            Some(guard) => self.under_guard(guard, value, &write, assignment.target, &mut body),
            None => value,
        };
        let value = if contracts { contraction::contract(value) } else { value };
        let iterators: Vec<_> = scope
            .iterators
            .iter()
            .map(|active| Iterator {
                name: active.name.clone(),
                source_value: active.source_value.clone(),
            })
            .collect();
        let mut order = Vec::new();
        for piece in &scope.pieces {
            let id = StatementId(self.statements.len());
            self.statements.push(loopwright_ir::Statement {
                name: id.to_string(),
                iterators: iterators.clone(),
                domain: piece.clone(),
                write: write.clone(),
                reads: body.reads.clone(),
                body: value.clone(),
                span: self.span(assignment.place),
                text: self.text(assignment.place),
            });
            self.unconditional.push(body.unconditional.clone());
            self.certain_writes.push(self.guards.is_empty());
            order.push(SourceNode::Statement(id));
        }
        Ok(order)
    }

    /// The element that is assigned.
    fn target(&mut self, target: &Expression, scope: &Scope) -> Result<Access, Rejection> {
        match &target.kind {
            ExpressionKind::Variable(_) | ExpressionKind::Subscript { .. } => {
                self.access(target, scope)
            }
            ExpressionKind::Unsupported(reason) => {
                Err(Rejection::new(target.place, reason.clone()))
            }
            _ => {
                let reason = match base_variable(&target.kind) {
                    Some(_) => RejectReason::SideEffect,
                    None => RejectReason::PointerUse,
                };
                Err(Rejection::new(target.place, reason))
            }
        }
    }
}

/// `current operation operand` in the type that C computes it in.
fn compound(operation: BinaryOperation, current: Value, operand: Value) -> Value {
    let shifts = matches!(operation, BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight);
    let element = if shifts {
        promoted(current.element())
    } else {
        common_element(current.element(), operand.element())
    };
    let (current, operand) = (convert(current, element), convert(operand, element));
    if planted(Fault::CompoundOrder) {
        return arithmetic(operation, element, operand, current, false);
    }
    arithmetic(operation, element, current, operand, false)
}
