//! Conditions on data whose branches change what the condition reads.
//!
//! `if (s < best) { best = s; at = q; }` becomes `int t = s < best; if (t) { best = s; at = q; }`, so that each of the
//! statements can be given the condition by itself. Branches that assign the same element become one assignment.

use super::Reader;
use super::follow::combined;
use crate::syntax::{
    Expression, ExpressionKind, Operator, Place, Shape, Statement, StatementKind, ValueType,
    VariableId,
};
use loopwright_ir::{BinaryOperation, ElementType};
use std::cell::RefCell;
use std::collections::HashSet;

impl Reader<'_> {
    /// The statements with conditions that can be repeated.
    pub(super) fn separate(&mut self, statements: Vec<Statement>) -> Vec<Statement> {
        let mut statements = statements;
        statements.iter_mut().for_each(|statement| self.separate_in(statement));
        statements
    }

    fn separate_in(&mut self, statement: &mut Statement) {
        statement.each_part_mut(&mut |part| self.separate_in(part));
        let place = statement.place;
        let StatementKind::If { condition, then, otherwise } = &statement.kind else { return };
        if !self.reads_data(condition) {
            return;
        }
        if let (ExpressionKind::Binary { operator: Operator::LogicalAnd, left, right }, None) =
            (&condition.kind, otherwise)
        {
            // The right side is only evaluated where the left one holds, as in two conditions.
            let inner = |condition: &Expression, then: Box<Statement>| StatementKind::If {
                condition: condition.clone(),
                then,
                otherwise: None,
            };
            let nested = Statement { kind: inner(right, then.clone()), place };
            statement.kind = inner(left, Box::new(nested));
            self.separate_in(statement);
            return;
        }
        if let Some(single) = chosen(condition, then, otherwise.as_deref(), place) {
            statement.kind = single;
            return;
        }
        let read = mentioned(condition);
        let mut written = HashSet::new();
        targets(then, &mut written);
        otherwise.iter().for_each(|otherwise| targets(otherwise, &mut written));
        let single = otherwise.is_none() && assigned_once(then).is_some();
        if single || read.is_disjoint(&written) {
            return;
        }
        let int = ValueType::Number(ElementType::I32);
        let shape = Shape::integer(ElementType::I32, "int");
        let id = self.fresh(self.function, "holds", Ok(shape), place);
        let number = |value| Box::new(Expression::integer(value, ElementType::I32, place));
        let truth = ExpressionKind::Conditional {
            condition: Box::new(condition.clone()),
            then: number(1),
            otherwise: number(0),
        };
        let value = Expression { kind: truth, value_type: int.clone(), place: condition.place };
        let declared = StatementKind::Declare(vec![(id, Some(value))]);
        let held = Expression {
            kind: ExpressionKind::Variable(id),
            value_type: int,
            place: condition.place,
        };
        let kind =
            StatementKind::If { condition: held, then: then.clone(), otherwise: otherwise.clone() };
        let parts = vec![Statement { kind: declared, place }, Statement { kind, place }];
        statement.kind = StatementKind::Block(parts);
    }

    /// Whether a condition surely depends on memory: on elements, floating-point numbers or calls.
    fn reads_data(&self, condition: &Expression) -> bool {
        let mut found = false;
        condition.walk(&mut |node| {
            found |= match node.kind {
                ExpressionKind::Subscript { .. } | ExpressionKind::Call { .. } => true,
                ExpressionKind::Variable(_) => {
                    matches!(&node.value_type, ValueType::Number(element) if element.is_float())
                }
                _ => false,
            };
        });
        found
    }
}

/// Both branches as one assignment, where they are one each, to the same element.
fn chosen(
    condition: &Expression,
    then: &Statement,
    otherwise: Option<&Statement>,
    place: Place,
) -> Option<StatementKind> {
    let (target, then) = assigned_once(then)?;
    let (other, otherwise) = assigned_once(otherwise?)?;
    if !same(&target, &other) {
        return None;
    }
    let value_type = target.value_type.clone();
    let value = Expression {
        kind: ExpressionKind::Conditional {
            condition: Box::new(condition.clone()),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        },
        value_type: value_type.clone(),
        place,
    };
    let kind = ExpressionKind::Assign {
        operation: None,
        target: Box::new(target),
        value: Box::new(value),
    };
    Some(StatementKind::Expression(Expression { kind, value_type, place }))
}

/// The target and the value of a statement that is a single assignment, and has none in its value (`a = b = 1`).
pub(crate) fn assigned_once(statement: &Statement) -> Option<(Expression, Expression)> {
    let (target, value) = assigned(statement)?;
    let mut others = false;
    for part in [&target, &value] {
        part.walk(&mut |node| {
            others |=
                matches!(node.kind, ExpressionKind::Assign { .. } | ExpressionKind::Step { .. });
        });
    }
    (!others).then_some((target, value))
}

fn assigned(statement: &Statement) -> Option<(Expression, Expression)> {
    match &statement.kind {
        StatementKind::Block(parts) => match parts.as_slice() {
            [only] => assigned(only),
            _ => None,
        },
        StatementKind::Expression(expression) => {
            let place = expression.place;
            match &expression.kind {
                ExpressionKind::Assign { operation: None, target, value } => {
                    Some(((**target).clone(), (**value).clone()))
                }
                ExpressionKind::Assign { operation: Some(operation), target, value } => {
                    let (current, value) = ((**target).clone(), (**value).clone());
                    let sum = combined(*operation, current, value, &target.value_type, place)?;
                    Some(((**target).clone(), sum))
                }
                ExpressionKind::Step { increment, target, .. } => {
                    let operation =
                        if *increment { BinaryOperation::Add } else { BinaryOperation::Subtract };
                    let one = Expression::integer(1, ElementType::I32, place);
                    let current = (**target).clone();
                    let sum = combined(operation, current, one, &target.value_type, place)?;
                    Some(((**target).clone(), sum))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether two expressions are the same, wherever they stand.
pub(crate) fn same(left: &Expression, right: &Expression) -> bool {
    let plain = |expression: &Expression| {
        let mut plain = expression.clone();
        plain.rewrite(&mut |node| node.place = Place::default());
        plain
    };
    plain(left) == plain(right)
}

fn mentioned(expression: &Expression) -> HashSet<VariableId> {
    let mut found = HashSet::new();
    expression.walk(&mut |node| {
        if let ExpressionKind::Variable(id) = node.kind {
            found.insert(id);
        }
    });
    found
}

/// The variables that a statement may change.
fn targets(statement: &Statement, found: &mut HashSet<VariableId>) {
    let changed = RefCell::new(found);
    statement.walk(
        &mut |inner| {
            if let StatementKind::For(inner) = &inner.kind {
                changed.borrow_mut().extend(inner.start.iter().map(|start| start.0));
            }
        },
        &mut |expression| {
            let (ExpressionKind::Assign { target, .. } | ExpressionKind::Step { target, .. }) =
                &expression.kind
            else {
                return;
            };
            let mut current: &Expression = target;
            loop {
                match &current.kind {
                    ExpressionKind::Variable(id) => {
                        changed.borrow_mut().insert(*id);
                        return;
                    }
                    ExpressionKind::Subscript { base: inner, .. }
                    | ExpressionKind::Convert { operand: inner, .. }
                    | ExpressionKind::AddressOf(inner)
                    | ExpressionKind::Binary { left: inner, .. } => current = inner,
                    _ => return,
                }
            }
        },
    );
}
