//! `continue` and `return` as conditions around what they skip.

use super::{Jump, unsupported};
use crate::syntax::{Expression, Statement, StatementKind};
use std::collections::VecDeque;

/// Copies of statements that one loop's jumps may take.
const MOST_COPIES: usize = 500;

/// The jumps that are made conditions of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Continue,
    Return,
}

impl Kind {
    fn is(self, jump: &Jump) -> bool {
        match jump {
            Jump::Continue => self == Self::Continue,
            Jump::Return(_) => self == Self::Return,
            Jump::Break => false,
        }
    }
}

/// The list without jumps of one kind: each ends the list for its own branch.
pub(super) fn resolved(list: Vec<Statement>, kind: Kind) -> Vec<Statement> {
    if !list.iter().any(|part| jumps(part, kind)) {
        return list;
    }
    let mut copies = 0;
    sequence(list.into(), kind, &mut |_| Vec::new(), &mut copies)
}

/// A loop's body without `continue`.
pub(crate) fn without_continue(list: Vec<Statement>) -> Vec<Statement> {
    resolved(list, Kind::Continue)
}

/// The body of a function without `return`: `value` is told of what is returned, and says what to do with it.
pub(crate) fn without_returns(
    list: Vec<Statement>,
    value: &mut dyn FnMut(Option<Expression>) -> Vec<Statement>,
) -> Vec<Statement> {
    let mut copies = 0;
    sequence(list.into(), Kind::Return, value, &mut copies)
}

fn sequence(
    mut rest: VecDeque<Statement>,
    kind: Kind,
    value: &mut dyn FnMut(Option<Expression>) -> Vec<Statement>,
    copies: &mut usize,
) -> Vec<Statement> {
    let mut done = Vec::new();
    while let Some(statement) = rest.pop_front() {
        if !jumps(&statement, kind) {
            done.push(statement);
            continue;
        }
        let place = statement.place;
        match statement.kind {
            StatementKind::Jump(jump) => {
                if let Jump::Return(returned) = jump {
                    done.extend(value(returned));
                }
                return done;
            }
            StatementKind::Block(inner) => {
                for part in inner.into_iter().rev() {
                    rest.push_front(part);
                }
            }
            StatementKind::If { condition, then, otherwise } => {
                let tail: Vec<Statement> = rest.into();
                *copies += tail.len();
                let tail = if *copies > MOST_COPIES {
                    let reason = unsupported(&Jump::Continue);
                    vec![Statement { kind: reason, place }]
                } else {
                    tail
                };
                let mut branch = |first: Option<Statement>| {
                    let list = first.into_iter().chain(tail.iter().cloned()).collect();
                    let parts = sequence(list, kind, value, copies);
                    Box::new(Statement { kind: StatementKind::Block(parts), place })
                };
                let then = branch(Some(*then));
                let otherwise = branch(otherwise.map(|otherwise| *otherwise));
                let kind = StatementKind::If { condition, then, otherwise: Some(otherwise) };
                done.push(Statement { kind, place });
                return done;
            }
            // A jump out of a loop.
            other => {
                let _ = other;
                let jump = if kind == Kind::Return { Jump::Return(None) } else { Jump::Continue };
                done.push(Statement { kind: unsupported(&jump), place });
                return done;
            }
        }
    }
    done
}

/// Whether a jump of the kind may leave the statement.
pub(super) fn jumps(statement: &Statement, kind: Kind) -> bool {
    match &statement.kind {
        StatementKind::Jump(jump) => kind.is(jump),
        StatementKind::Block(parts) => parts.iter().any(|part| jumps(part, kind)),
        StatementKind::If { then, otherwise, .. } => {
            jumps(then, kind) || otherwise.as_deref().is_some_and(|part| jumps(part, kind))
        }
        StatementKind::LeaveIf { then, .. } => jumps(then, kind),
        StatementKind::While { body, .. } => kind == Kind::Return && jumps(body, kind),
        StatementKind::For(inner) => kind == Kind::Return && jumps(&inner.body, kind),
        _ => false,
    }
}
