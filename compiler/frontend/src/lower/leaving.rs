//! Loops that `break` ends, and those that test their condition behind each iteration.

use super::condition::{Condition, Value};
use super::loops::Head;
use super::{Lowering, Order, Scope};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::structure::negated;
use crate::syntax::{Expression, Place, Statement, StatementKind};
use loopwright_ir::{Affine, Constraint, Variable};

/// The condition under which a loop's body ends the loop, and what stands around it.
pub(super) struct Leave<'a> {
    before: &'a [Statement],
    condition: &'a Expression,
    then: &'a Statement,
    behind: &'a [Statement],
}

/// The `break` that stands directly in a loop's body.
pub(super) fn leaves(body: &Statement) -> Option<Leave<'_>> {
    let StatementKind::Block(parts) = &body.kind else { return None };
    let position =
        parts.iter().position(|part| matches!(part.kind, StatementKind::LeaveIf { .. }))?;
    let StatementKind::LeaveIf { condition, then } = &parts.get(position)?.kind else {
        return None;
    };
    let (before, rest) = parts.split_at(position);
    Some(Leave { before, condition, then, behind: rest.get(1..)? })
}

impl<'a> Lowering<'a> {
    /// The body of a loop whose scope is `inner`.
    pub(super) fn loop_body(
        &mut self,
        body: &'a Statement,
        inner: &Scope,
        outer: &Scope,
        head: &Head,
    ) -> Result<Order, Rejection> {
        let Some(leave) = leaves(body) else {
            return self.statement(body, inner);
        };
        let place = leave.condition.place;
        let Value::Affine(first) = &head.first else {
            let reason = RejectReason::ControlFlow { keyword: "break" };
            return Err(Rejection::new(place, reason));
        };
        // Once it does not hold, no later iteration runs.
        let stays = negated(leave.condition.clone());
        let goes_on = self.loop_condition(&stays, inner, outer, head)?;
        let iterator = Variable::Iterator(head.depth);
        let first = head.first_iterator(first);
        let variable = Affine::variable(iterator);
        let previous = goes_on.substitute_one(iterator, &variable.clone().with_constant(-1));
        let began = Condition::Or(vec![
            Condition::Constraint(Constraint::less_or_equal(&variable, &first)),
            Condition::And(vec![
                Condition::Constraint(Constraint::less(&first, &variable)),
                previous,
            ]),
        ]);
        let reached = inner.restricted(&began, place)?;
        let mut order = Vec::new();
        for part in leave.before {
            order.extend(self.statement(part, &reached)?);
        }
        let last = reached.restricted(&goes_on.negate(), place)?;
        order.extend(self.statement(leave.then, &last)?);
        let rest = inner.restricted(&goes_on, place)?;
        for part in leave.behind {
            order.extend(self.statement(part, &rest)?);
        }
        Ok(order)
    }

    /// The condition of a `do` loop is taken to hold before the first iteration, which runs anyway.
    pub(super) fn require_first(
        &mut self,
        condition: &Condition,
        head: &Head,
        place: Place,
        outer: &Scope,
    ) -> Result<(), Rejection> {
        let reason = || RejectReason::LoopCondition { iterator: head.name.clone() };
        let Value::Affine(first) = &head.first else {
            return Err(Rejection::new(place, reason()));
        };
        let first = head.first_iterator(first);
        let mut pending = vec![condition];
        while let Some(part) = pending.pop() {
            match part {
                Condition::Constant(true) => {}
                Condition::And(parts) => pending.extend(parts),
                Condition::Constraint(constraint) => {
                    let start =
                        constraint.affine.substitute_one(Variable::Iterator(head.depth), &first);
                    if constraint.equality {
                        self.require(&start * -1, place, reason(), outer);
                    }
                    self.require(start, place, reason(), outer);
                }
                _ => return Err(Rejection::new(place, reason())),
            }
        }
        Ok(())
    }
}
