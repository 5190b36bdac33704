//! Statements: blocks, conditions, declarations and assignments.

use super::affine::Purpose;
use super::assign::{Assigned, Assignment};
use super::body::Substitution;
use super::roles::Role;
use super::standing::Standing;
use super::{Lowering, Scope, element_of, number};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::reader::combined;
use crate::syntax::{
    Expression, ExpressionKind, Operator, Place, Statement, StatementKind, ValueType, VariableId,
};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{BinaryOperation, ElementType, SourceNode};

impl<'a> Lowering<'a> {
    pub(super) fn plain_statement(
        &mut self,
        statement: &'a Statement,
        scope: &Scope,
    ) -> Result<Vec<SourceNode>, Rejection> {
        match &statement.kind {
            StatementKind::Empty => Ok(Vec::new()),
            StatementKind::Unsupported(reason) => {
                Err(Rejection::new(statement.place, reason.clone()))
            }
            StatementKind::Block(statements) => {
                let mut order = Vec::new();
                for inner in statements {
                    order.extend(self.statement(inner, scope)?);
                }
                Ok(order)
            }
            StatementKind::For(inner) => self.for_loop(inner, statement.place, scope),
            StatementKind::If { condition, then, otherwise } => {
                let obligations = self.obligations.len();
                let branches = (&**then, otherwise.as_deref());
                let holds = match self.condition(condition, scope, Purpose::Condition) {
                    Ok(holds) => holds,
                    Err(rejection) => {
                        self.obligations.truncate(obligations);
                        if let Some(need) = self.need.take() {
                            let merged = self.merged(condition, Err(&need), branches, scope);
                            return merged.unwrap_or_else(|| {
                                self.need = Some(need);
                                Err(rejection)
                            });
                        }
                        if !self.may_guard(condition) {
                            return Err(rejection);
                        }
                        return self.guarded(condition, branches.0, branches.1, scope, rejection);
                    }
                };
                if let Some(merged) = self.merged(condition, Ok(&holds), branches, scope) {
                    return merged;
                }
                let inside = scope.restricted(&holds, condition.place)?;
                let before = self.standings.clone();
                let mut order = self.statement(then, &inside)?;
                let behind_then = std::mem::replace(&mut self.standings, before);
                if let Some(otherwise) = otherwise {
                    let outside = if planted(Fault::ElseNotNegated) {
                        inside.clone()
                    } else {
                        scope.restricted(&holds.negate(), condition.place)?
                    };
                    order.extend(self.statement(otherwise, &outside)?);
                }
                self.standings = behind_then.joined(&holds, &self.standings);
                Ok(order)
            }
            StatementKind::Declare(declared) => {
                let mut order = Vec::new();
                for (id, value) in declared {
                    order.extend(self.declaration(*id, value.as_ref(), statement.place, scope)?);
                }
                Ok(order)
            }
            StatementKind::While { .. }
            | StatementKind::Jump(_)
            | StatementKind::LeaveIf { .. } => {
                let reason = RejectReason::ControlFlow { keyword: "break" };
                Err(Rejection::new(statement.place, reason))
            }
            StatementKind::Expression(expression) => {
                self.expression_statement(expression, statement.place, scope)
            }
        }
    }

    fn declaration(
        &mut self,
        id: VariableId,
        value: Option<&'a Expression>,
        place: Place,
        scope: &Scope,
    ) -> Result<Vec<SourceNode>, Rejection> {
        let Some(variable) = self.variable(id) else {
            return Ok(Vec::new());
        };
        let shape = match &variable.shape {
            Ok(shape) => shape,
            Err(reason) => return Err(Rejection::new(variable.place, reason.clone())),
        };
        if shape.pointer {
            return Err(Rejection::new(variable.place, RejectReason::PointerUse));
        }
        let Some(value) = value else {
            self.declared_under.insert(id, self.guards.len());
            if matches!(self.roles.of(id), Role::Iterator) {
                self.standings.set(id, Standing::Unknown);
            }
            return Ok(Vec::new());
        };
        if !shape.extents.is_empty() {
            return Err(Rejection::new(variable.place, RejectReason::ArrayInitializer));
        }
        match self.roles.of(id) {
            Role::Alias => {
                self.declare_alias(id, value, scope)?;
                return Ok(Vec::new());
            }
            Role::Iterator => return self.set_by_assignment(id, value, scope),
            _ => {}
        }
        let target = Expression {
            kind: ExpressionKind::Variable(id),
            value_type: shape.element.clone(),
            place: variable.place,
        };
        self.declared_under.insert(id, self.guards.len());
        let assignment = Assignment {
            target: &target,
            operation: None,
            value: Assigned::Expression(value),
            place,
        };
        self.assignment(assignment, scope)
    }

    fn expression_statement(
        &mut self,
        expression: &Expression,
        place: Place,
        scope: &Scope,
    ) -> Result<Vec<SourceNode>, Rejection> {
        match &expression.kind {
            ExpressionKind::Assign { operation, target, value } => {
                let value = Assigned::Expression(value);
                self.assignment(Assignment { target, operation: *operation, value, place }, scope)
            }
            ExpressionKind::Step { increment, target, .. } => {
                let operation =
                    if *increment { BinaryOperation::Add } else { BinaryOperation::Subtract };
                let assignment =
                    Assignment { target, operation: Some(operation), value: Assigned::One, place };
                self.assignment(assignment, scope)
            }
            ExpressionKind::Binary { operator: Operator::Comma, left, right } => {
                let mut order = self.expression_statement(left, left.place, scope)?;
                order.extend(self.expression_statement(right, right.place, scope)?);
                Ok(order)
            }
            ExpressionKind::Convert { operand, .. } if expression.value_type == ValueType::Void => {
                match operand.kind {
                    ExpressionKind::Integer(_) | ExpressionKind::Variable(_) => Ok(Vec::new()),
                    _ => self.expression_statement(operand, place, scope),
                }
            }
            _ => Err(why_no_statement(expression)),
        }
    }

    fn assignment(
        &mut self,
        assignment: Assignment<'_>,
        scope: &Scope,
    ) -> Result<Vec<SourceNode>, Rejection> {
        if let ExpressionKind::Variable(id) = assignment.target.kind
            && matches!(self.roles.of(id), Role::Iterator)
        {
            let name = self.name(id);
            if scope.iterators.iter().any(|active| active.variable == id) {
                let reason = RejectReason::IteratorModified { name };
                return Err(Rejection::new(assignment.target.place, reason));
            }
            return match (assignment.operation, assignment.value) {
                (None, Assigned::Expression(value)) => self.set_by_assignment(id, value, scope),
                (None, Assigned::One) => Ok(Vec::new()),
                (Some(operation), value) => {
                    let one;
                    let value = match value {
                        Assigned::Expression(value) => value,
                        Assigned::One => {
                            let place = assignment.place;
                            one = Expression::integer(1, ElementType::I32, place);
                            &one
                        }
                    };
                    let current = assignment.target.clone();
                    let target = &assignment.target.value_type;
                    let place = assignment.place;
                    let sum = combined(operation, current, value.clone(), target, place);
                    let reason = RejectReason::IteratorAsScalar { name };
                    let sum = sum.ok_or_else(|| Rejection::new(assignment.target.place, reason))?;
                    self.set_by_assignment(id, &sum, scope)
                }
            };
        }
        if scope.pieces.is_empty() {
            return Ok(Vec::new());
        }
        // `a = b = c` is `b = c; a = b`.
        let mut order = Vec::new();
        let mut substitutions = Vec::new();
        if let Assigned::Expression(value) = assignment.value
            && let Some(inner) = chained(value)
        {
            order = self.expression_statement(inner, inner.place, scope)?;
            if let ExpressionKind::Assign { target, .. } = &inner.kind {
                substitutions.push(Substitution { of: inner, by: target });
            }
        }
        order.extend(self.split(assignment, scope, &substitutions, &mut Vec::new())?);
        Ok(order)
    }

    /// An assignment to a loop variable outside of its loops: the loops around know its value, and no
    /// statement is needed for it.
    fn set_by_assignment(
        &mut self,
        id: VariableId,
        value: &Expression,
        scope: &Scope,
    ) -> Result<Vec<SourceNode>, Rejection> {
        // `i = j = 0` is `j = 0; i = j`.
        if let Some(inner) = chained(value) {
            let order = self.expression_statement(inner, inner.place, scope)?;
            let same_type = self.variable(id).and_then(element_of) == number(&inner.value_type);
            match &inner.kind {
                ExpressionKind::Assign { target, .. } if same_type => {
                    self.set_iterator(id, target, scope)?;
                }
                _ => self.standings.set(id, Standing::Unknown),
            }
            return Ok(order);
        }
        let mut effect = None;
        value.walk(&mut |node| {
            if matches!(node.kind, ExpressionKind::Assign { .. } | ExpressionKind::Step { .. }) {
                effect.get_or_insert(node.place);
            }
        });
        if let Some(place) = effect {
            return Err(Rejection::new(place, RejectReason::SideEffect));
        }
        self.set_iterator(id, value, scope)?;
        Ok(Vec::new())
    }
}

/// The assignment that is itself the assigned value, through implicit conversions.
fn chained(value: &Expression) -> Option<&Expression> {
    match &value.kind {
        ExpressionKind::Assign { .. } => Some(value),
        ExpressionKind::Convert { operand, .. } => chained(operand),
        _ => None,
    }
}

/// Why an expression that stands as a statement is none: the deepest cause that is known.
fn why_no_statement(expression: &Expression) -> Rejection {
    let mut cause = None;
    expression.walk(&mut |node| {
        let reason = match &node.kind {
            ExpressionKind::Unsupported(reason) => Some(reason.clone()),
            ExpressionKind::Call { name, .. } => {
                Some(RejectReason::UnknownFunction { name: name.clone() })
            }
            ExpressionKind::Assign { .. } | ExpressionKind::Step { .. } => {
                Some(RejectReason::SideEffect)
            }
            _ => None,
        };
        if let (None, Some(reason)) = (&cause, reason) {
            cause = Some(Rejection::new(node.place, reason));
        }
    });
    cause.unwrap_or_else(|| Rejection::new(expression.place, RejectReason::NoEffect))
}
