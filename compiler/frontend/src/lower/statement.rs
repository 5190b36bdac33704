//! Statements: blocks, conditions, declarations and assignments.

use super::affine::Purpose;
use super::arithmetic::{arithmetic, common_element, convert, promoted, to_boolean};
use super::body::{Body, Substitution};
use super::condition::Condition;
use super::roles::Role;
use super::standing::Standing;
use super::{Lowering, Scope, base_variable, element_of, number};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{
    Expression, ExpressionKind, Operator, Place, Statement, StatementKind, ValueType, VariableId,
};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, BinaryOperation, ElementType, Expression as Value, Iterator, SourceNode, StatementId,
    contraction,
};

/// What is assigned: the target, how, and what the value is made of.
#[derive(Clone, Copy)]
struct Assignment<'e> {
    target: &'e Expression,
    operation: Option<BinaryOperation>,
    value: Assigned<'e>,
    /// The whole statement, for its text.
    place: Place,
}

#[derive(Clone, Copy)]
enum Assigned<'e> {
    Expression(&'e Expression),
    /// The one of `++` and `--`.
    One,
}

impl<'a> Lowering<'a> {
    pub(super) fn statement(
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
                let holds = self.condition(condition, scope, Purpose::Condition)?;
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
            if assignment.operation.is_some() {
                let reason = RejectReason::IteratorAsScalar { name };
                return Err(Rejection::new(assignment.target.place, reason));
            }
            return match assignment.value {
                Assigned::Expression(value) => self.set_by_assignment(id, value, scope),
                Assigned::One => Ok(Vec::new()),
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
                    self.set_iterator(id, target, scope);
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
        self.set_iterator(id, value, scope);
        Ok(Vec::new())
    }

    /// Writes the assignment out for each outcome of the affine conditions inside its value that
    /// decide which elements are read.
    fn split<'e>(
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
                Err(_) => self.obligations.truncate(checkpoint),
            }
        }
        expression
            .operands()
            .into_iter()
            .find_map(|operand| self.undecided(operand, scope, decisions))
    }

    fn emit<'e>(
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

/// The assignment that is itself the assigned value, through implicit conversions.
fn chained(value: &Expression) -> Option<&Expression> {
    match &value.kind {
        ExpressionKind::Assign { .. } => Some(value),
        ExpressionKind::Convert { operand, .. } => chained(operand),
        _ => None,
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
