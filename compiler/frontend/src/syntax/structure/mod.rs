//! Loops and jumps in the one form that the lowering reads: `for` loops with all three clauses, and conditions.
//!
//! - `while` and `do` with a variable that steps by a constant become `for`;
//! - `continue`, and `return` in a function whose body stands in a call's place, become conditions around what they skip;
//! - `break` becomes a part of the loop's condition, or a [`StatementKind::LeaveIf`] in its body.
//!
//! What has no such form is left as an `Unsupported` statement at its place.

mod jumps;
mod whiles;

pub(crate) use jumps::{without_continue, without_returns};

use super::{
    Expression, ExpressionKind, Jump, Operator, Prefix, Statement, StatementKind, ValueType,
};
use crate::reject::RejectReason;
use jumps::{Kind, resolved};
use loopwright_ir::{CompareOperation, ElementType};

/// The statements of a region, or of what stands around none of our loops.
pub(crate) fn structured(statements: Vec<Statement>) -> Vec<Statement> {
    statements.into_iter().map(structure).collect()
}

fn structure(statement: Statement) -> Statement {
    let Statement { kind, place } = statement;
    let kind = match kind {
        StatementKind::Block(inner) => StatementKind::Block(structured(inner)),
        StatementKind::If { condition, then, otherwise } => StatementKind::If {
            condition,
            then: Box::new(structure(*then)),
            otherwise: otherwise.map(|otherwise| Box::new(structure(*otherwise))),
        },
        StatementKind::While { condition, body, tests_first } => {
            match whiles::counted(condition, *body, tests_first, place) {
                Some(counted) => return structure(counted),
                None => {
                    let keyword = if tests_first { "while" } else { "do" };
                    StatementKind::Unsupported(RejectReason::ControlFlow { keyword })
                }
            }
        }
        StatementKind::For(mut inner) => {
            let body = resolved(vec![*inner.body], Kind::Continue);
            let mut body = leaving(structured(body));
            // What comes first in the body and may end the loop is a part of its condition.
            while let Some(Statement { kind: StatementKind::LeaveIf { condition, then }, .. }) =
                body.first()
            {
                if !is_empty(then) {
                    break;
                }
                let stays = negated(condition.clone());
                inner.condition = both(inner.condition, stays);
                body.remove(0);
            }
            inner.body = Box::new(match <[Statement; 1]>::try_from(body) {
                Ok([single]) if !matches!(single.kind, StatementKind::LeaveIf { .. }) => single,
                Ok([single]) => Statement { place, kind: StatementKind::Block(vec![single]) },
                Err(several) => Statement { place, kind: StatementKind::Block(several) },
            });
            StatementKind::For(inner)
        }
        StatementKind::Jump(jump) => unsupported(&jump),
        other => other,
    };
    Statement { kind, place }
}

fn unsupported(jump: &Jump) -> StatementKind {
    let keyword = match jump {
        Jump::Continue => "continue",
        Jump::Break => "break",
        Jump::Return(_) => "return",
    };
    StatementKind::Unsupported(RejectReason::ControlFlow { keyword })
}

/// A loop's body as a list in which each `if (c) { …; break; }` that stands directly in it is a `LeaveIf`.
fn leaving(body: Vec<Statement>) -> Vec<Statement> {
    let breaks = body.iter().any(|part| ends_in_break(part).is_some());
    let flat = body.into_iter().flat_map(|part| match part.kind {
        StatementKind::Block(inner)
            if breaks || inner.iter().any(|part| ends_in_break(part).is_some()) =>
        {
            leaving(inner)
        }
        kind => vec![Statement { kind, place: part.place }],
    });
    flat.flat_map(|part| match ends_in_break(&part) {
        Some(leave) => leave,
        None => vec![part],
    })
    .collect()
}

/// `if (c) { A; break; } else B` as a `LeaveIf` and what comes behind it.
fn ends_in_break(statement: &Statement) -> Option<Vec<Statement>> {
    let StatementKind::If { condition, then, otherwise } = &statement.kind else { return None };
    let place = statement.place;
    let leave = |condition: Expression, then: Statement, rest: Option<&Statement>| {
        let kind = StatementKind::LeaveIf { condition, then: Box::new(then) };
        let mut parts = vec![Statement { kind, place }];
        parts.extend(rest.cloned());
        parts
    };
    if let Some(before) = before_break(then) {
        return Some(leave(condition.clone(), before, otherwise.as_deref()));
    }
    let before = before_break(otherwise.as_deref()?)?;
    Some(leave(negated(condition.clone()), before, Some(then)))
}

/// What comes before the `break` that a statement ends in.
fn before_break(statement: &Statement) -> Option<Statement> {
    let is_break = |statement: &Statement| {
        let keyword = RejectReason::ControlFlow { keyword: "break" };
        matches!(&statement.kind, StatementKind::Unsupported(reason) if *reason == keyword)
    };
    let place = statement.place;
    if is_break(statement) {
        return Some(Statement { kind: StatementKind::Empty, place });
    }
    let StatementKind::Block(parts) = &statement.kind else { return None };
    let (last, before) = parts.split_last()?;
    is_break(last).then(|| Statement { kind: StatementKind::Block(before.to_vec()), place })
}

fn is_empty(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Empty => true,
        StatementKind::Block(parts) => parts.iter().all(is_empty),
        _ => false,
    }
}

fn truth(kind: ExpressionKind, place: super::Place) -> Expression {
    Expression { kind, value_type: ValueType::Number(ElementType::I32), place }
}

/// `left && right`.
pub(crate) fn both(left: Expression, right: Expression) -> Expression {
    let place = left.place;
    let (left, right) = (Box::new(left), Box::new(right));
    truth(ExpressionKind::Binary { operator: Operator::LogicalAnd, left, right }, place)
}

/// The condition that holds where this one does not, with the negation as far down as it goes.
pub(crate) fn negated(condition: Expression) -> Expression {
    let place = condition.place;
    let is_integer = |side: &Expression| !matches!(&side.value_type, ValueType::Number(element) if element.is_float());
    match condition.kind {
        ExpressionKind::Binary { operator: Operator::Compare(operation), left, right }
            if is_integer(&left) && is_integer(&right) =>
        {
            let operation = match operation {
                CompareOperation::Less => CompareOperation::GreaterOrEqual,
                CompareOperation::LessOrEqual => CompareOperation::Greater,
                CompareOperation::Greater => CompareOperation::LessOrEqual,
                CompareOperation::GreaterOrEqual => CompareOperation::Less,
                CompareOperation::Equal => CompareOperation::NotEqual,
                CompareOperation::NotEqual => CompareOperation::Equal,
            };
            let operator = Operator::Compare(operation);
            truth(ExpressionKind::Binary { operator, left, right }, place)
        }
        ExpressionKind::Binary {
            operator: operator @ (Operator::LogicalAnd | Operator::LogicalOr),
            left,
            right,
        } => {
            let operator = match operator {
                Operator::LogicalAnd => Operator::LogicalOr,
                _ => Operator::LogicalAnd,
            };
            let (left, right) = (Box::new(negated(*left)), Box::new(negated(*right)));
            truth(ExpressionKind::Binary { operator, left, right }, place)
        }
        ExpressionKind::Unary { operator: Prefix::LogicalNot, operand }
            if matches!(
                operand.kind,
                ExpressionKind::Binary {
                    operator: Operator::Compare(_) | Operator::LogicalAnd | Operator::LogicalOr,
                    ..
                }
            ) =>
        {
            *operand
        }
        kind => {
            let operand = Box::new(Expression { kind, ..condition });
            truth(ExpressionKind::Unary { operator: Prefix::LogicalNot, operand }, place)
        }
    }
}
