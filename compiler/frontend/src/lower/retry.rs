//! What a statement's lowering turns out to need of the scope around it, and doing it again with that.
//!
//! - A *quotient* `floor(e / d)` by a constant is a loop of one iteration directly inside the outermost loop that
//!   knows `e`: `d*q <= e <= d*q + d - 1` says all there is to know of it, so that subscripts and conditions are affine
//!   in `q`.
//! - A *choice* between subscripts that the scope does not decide splits the statement in two.

use super::alias::Alias;
use super::condition::{Condition, PIECE_LIMIT};
use super::standing::Standings;
use super::{Active, Lowering, Order, Scope};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Place, Statement, VariableId};
use loopwright_ir::{Affine, Constraint, SourceLoop, SourceNode, Variable};
use std::collections::BTreeMap;

/// What the scope lacks.
#[derive(Clone, Debug)]
pub(super) enum Need {
    Quotient { dividend: Affine, divisor: i64 },
    Split(Condition),
}

/// A quotient that a loop around stands for.
#[derive(Clone, Debug)]
pub(super) struct Quotient {
    pub dividend: Affine,
    pub divisor: i64,
    pub depth: u32,
}

/// The state of a lowering, to go back to.
pub(super) struct Checkpoint {
    statements: usize,
    obligations: usize,
    standings: Standings,
    aliases: BTreeMap<VariableId, Alias>,
    last_loops: BTreeMap<VariableId, Place>,
}

impl Scope {
    /// With a loop of one iteration around what follows.
    fn with_quotient(&self, dividend: Affine, divisor: i64) -> Scope {
        let mut scope = self.clone();
        let depth = u32::try_from(scope.iterators.len()).unwrap_or(u32::MAX);
        let quotient = Affine::variable(Variable::Iterator(depth));
        let taken = |name: &str| self.iterators.iter().any(|active| active.name == name);
        let mut names = (1..).map(|number| match number {
            1 => "q".to_owned(),
            _ => format!("q_{number}"),
        });
        let name = names.find(|name| !taken(name)).unwrap_or_default();
        let rest = &dividend - &(&quotient * divisor);
        let below = Constraint::less_or_equal(&rest, &Affine::constant(divisor - 1));
        for piece in &mut scope.pieces {
            piece.push(Constraint::non_negative(rest.clone()));
            piece.push(below.clone());
        }
        scope.iterators.push(Active { variable: VariableId::MAX, name, source_value: quotient });
        scope.quotients.push(Quotient { dividend, divisor, depth });
        scope
    }
}

/// Whether all loops that an expression mentions are among the first `count`.
fn within(affine: &Affine, count: usize) -> bool {
    affine.variables().all(|variable| match variable {
        Variable::Iterator(depth) => (depth as usize) < count,
        _ => true,
    })
}

impl<'a> Lowering<'a> {
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            statements: self.statements.len(),
            obligations: self.obligations.len(),
            standings: self.standings.clone(),
            aliases: self.aliases.clone(),
            last_loops: self.last_loops.clone(),
        }
    }

    pub(super) fn go_back(&mut self, checkpoint: &Checkpoint) {
        self.statements.truncate(checkpoint.statements);
        self.unconditional.truncate(checkpoint.statements);
        self.certain_writes.truncate(checkpoint.statements);
        self.obligations.truncate(checkpoint.obligations);
        self.standings = checkpoint.standings.clone();
        self.aliases = checkpoint.aliases.clone();
        self.last_loops = checkpoint.last_loops.clone();
    }

    /// What stands directly in the scope's innermost loop, in a loop for each quotient that is known there and that
    /// something in it needs.
    pub(super) fn with_quotients(
        &mut self,
        scope: Scope,
        place: Place,
        emit: &mut dyn FnMut(&mut Self, &Scope) -> Result<Order, Rejection>,
    ) -> Result<Order, Rejection> {
        let outer = scope.iterators.len();
        let mut scope = scope;
        let checkpoint = self.checkpoint();
        loop {
            let rejection = match emit(self, &scope) {
                Ok(mut order) => {
                    for quotient in scope.quotients.iter().rev() {
                        let depth = quotient.depth as usize;
                        let Some(active) = scope.iterators.get(depth).filter(|_| depth >= outer)
                        else {
                            break;
                        };
                        self.standings.leave_quotient(quotient);
                        if !order.is_empty() {
                            let span = self.span(place);
                            let name = active.name.clone();
                            order = vec![SourceNode::Loop(SourceLoop { name, span, body: order })];
                        }
                    }
                    return Ok(order);
                }
                Err(rejection) => rejection,
            };
            match self.need.take() {
                Some(Need::Quotient { dividend, divisor })
                    if within(&dividend, scope.iterators.len())
                        && scope.iterators.len() - outer < PIECE_LIMIT =>
                {
                    // A loop further out is where it belongs, if that knows the dividend.
                    if outer > 0 && within(&dividend, outer - 1) {
                        self.need = Some(Need::Quotient { dividend, divisor });
                        return Err(rejection);
                    }
                    self.go_back(&checkpoint);
                    scope = scope.with_quotient(dividend, divisor);
                }
                need => {
                    self.need = need;
                    return Err(rejection);
                }
            }
        }
    }

    /// A statement, once for each side of the choices that its scope does not decide.
    pub(super) fn statement(
        &mut self,
        statement: &'a Statement,
        scope: &Scope,
    ) -> Result<Order, Rejection> {
        let checkpoint = self.checkpoint();
        let rejection = match self.plain_statement(statement, scope) {
            Ok(order) => return Ok(order),
            Err(rejection) => rejection,
        };
        let condition = match self.need.take() {
            Some(Need::Split(condition)) => condition,
            need => {
                self.need = need;
                return Err(rejection);
            }
        };
        let known = |affine: &Affine| within(affine, scope.iterators.len());
        if !condition.all_affine(&known) {
            self.need = Some(Need::Split(condition));
            return Err(rejection);
        }
        self.go_back(&checkpoint);
        let holds = scope.restricted(&condition, statement.place)?;
        let fails = scope.restricted(&condition.negate(), statement.place)?;
        if holds.pieces.is_empty() || fails.pieces.is_empty() {
            return Err(rejection);
        }
        self.splits += 1;
        if self.splits > PIECE_LIMIT * self.syntax.statements.len().max(4) {
            let reason = RejectReason::TooManyPieces { limit: PIECE_LIMIT };
            return Err(Rejection::new(statement.place, reason));
        }
        let before = self.standings.clone();
        let mut order = self.statement(statement, &holds)?;
        let behind = std::mem::replace(&mut self.standings, before);
        order.extend(self.statement(statement, &fails)?);
        self.standings = behind.joined(&condition, &self.standings);
        Ok(order)
    }
}
