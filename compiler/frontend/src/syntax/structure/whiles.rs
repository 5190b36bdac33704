//! `while` and `do` loops that count, as `for` loops.

use super::jumps::{Kind, jumps};
use crate::syntax::{
    Expression, ExpressionKind, ForLoop, Operator, Place, Statement, StatementKind, Testing,
    ValueType, VariableId,
};
use loopwright_ir::BinaryOperation;

/// The loop as a `for`, if its condition or the end of its body steps a variable that nothing else changes.
pub(super) fn counted(
    condition: Expression,
    body: Statement,
    tests_first: bool,
    place: Place,
) -> Option<Statement> {
    if let Some(counted) = steps_in_condition(&condition, &body, tests_first, place) {
        return Some(counted);
    }
    // `continue` would get around the step.
    if jumps(&body, Kind::Continue) {
        return None;
    }
    let mut parts = flat(body);
    let mut behind = Vec::new();
    while let Some(last) = parts.pop() {
        if let StatementKind::Expression(step) = &last.kind
            && let Some(variable) = stepped(step)
            && condition.mentions(variable)
            && !parts.iter().chain(&behind).any(|part| changes(part, variable))
            && !behind.iter().any(|part| mentions(part, variable))
        {
            let step = step.clone();
            behind.reverse();
            parts.extend(behind);
            let testing = if tests_first { Testing::Before } else { Testing::Behind };
            return Some(for_loop(variable, None, condition, step, parts, testing, place));
        }
        behind.push(last);
    }
    None
}

/// `while (i-- > 0)` and `while (--i >= 0)`.
fn steps_in_condition(
    condition: &Expression,
    body: &Statement,
    tests_first: bool,
    place: Place,
) -> Option<Statement> {
    if !tests_first {
        return None;
    }
    let mut steps = Vec::new();
    condition.walk(&mut |node| match node.kind {
        ExpressionKind::Step { .. } => steps.push(node),
        ExpressionKind::Assign { .. } | ExpressionKind::Call { .. } => steps.extend([node, node]),
        _ => {}
    });
    let [step] = steps.as_slice() else { return None };
    let ExpressionKind::Step { increment, postfix, target } = &step.kind else { return None };
    let ExpressionKind::Variable(variable) = target.kind else { return None };
    let mut mentioned = 0;
    condition.walk(&mut |node| {
        mentioned += usize::from(node.kind == ExpressionKind::Variable(variable));
    });
    if mentioned != 1 || changes(body, variable) || short_circuits(condition) {
        return None;
    }
    let (increment, postfix) = (*increment, *postfix);
    let back = |value: Expression, subtract: bool| {
        let ValueType::Number(element) = value.value_type else { return value };
        let one = Expression::integer(1, element, value.place);
        let operation = if subtract { BinaryOperation::Subtract } else { BinaryOperation::Add };
        Expression {
            place: value.place,
            value_type: value.value_type.clone(),
            kind: ExpressionKind::Binary {
                operator: Operator::Arithmetic(operation),
                left: Box::new(value),
                right: Box::new(one),
            },
        }
    };
    let mut tested = condition.clone();
    tested.rewrite(&mut |node| {
        if let ExpressionKind::Step { target, .. } = &node.kind {
            let value = (**target).clone();
            *node = if postfix { back(value, increment) } else { value };
        }
    });
    let start = back((**target).clone(), !increment);
    let mut step = (*step).clone();
    step.value_type = start.value_type.clone();
    let testing = if postfix { Testing::BeforeStep } else { Testing::Before };
    let parts = vec![body.clone()];
    Some(for_loop(variable, Some(start), tested, step, parts, testing, place))
}

fn short_circuits(condition: &Expression) -> bool {
    let mut found = false;
    condition.walk(&mut |node| {
        found |= matches!(
            node.kind,
            ExpressionKind::Conditional { .. }
                | ExpressionKind::Binary {
                    operator: Operator::LogicalAnd | Operator::LogicalOr,
                    ..
                }
        );
    });
    found
}

/// A `for` whose variable begins with a value, or with what it has.
pub(super) fn for_loop(
    variable: VariableId,
    start: Option<Expression>,
    condition: Expression,
    step: Expression,
    parts: Vec<Statement>,
    testing: Testing,
    place: Place,
) -> Statement {
    let own = match &step.kind {
        ExpressionKind::Step { target, .. } | ExpressionKind::Assign { target, .. } => {
            (**target).clone()
        }
        _ => step.clone(),
    };
    let body = Box::new(Statement { kind: StatementKind::Block(parts), place });
    let start = Some((variable, start.unwrap_or(own)));
    let header = condition.place;
    let declares = false;
    let inner = ForLoop { start, declares, condition, step, body, header, testing };
    Statement { kind: StatementKind::For(Box::new(inner)), place }
}

fn flat(statement: Statement) -> Vec<Statement> {
    match statement.kind {
        StatementKind::Block(parts) => parts.into_iter().flat_map(flat).collect(),
        kind => vec![Statement { kind, place: statement.place }],
    }
}

/// The variable that `i++`, `i += c` or `i = i + c` steps.
pub(super) fn stepped(step: &Expression) -> Option<VariableId> {
    let variable = |target: &Expression| match target.kind {
        ExpressionKind::Variable(id) => Some(id),
        _ => None,
    };
    match &step.kind {
        ExpressionKind::Step { target, .. } => variable(target),
        ExpressionKind::Assign {
            operation: Some(BinaryOperation::Add | BinaryOperation::Subtract),
            target,
            ..
        } => variable(target),
        ExpressionKind::Assign { operation: None, target, value } => {
            variable(target).filter(|id| value.mentions(*id))
        }
        ExpressionKind::Convert { operand, .. } => stepped(operand),
        _ => None,
    }
}

/// Whether a statement may change a variable.
pub(super) fn changes(statement: &Statement, variable: VariableId) -> bool {
    let found = std::cell::Cell::new(false);
    statement.walk(
        &mut |inner| match &inner.kind {
            StatementKind::Declare(declared) => {
                found.set(found.get() || declared.iter().any(|entry| entry.0 == variable));
            }
            StatementKind::For(inner) => {
                let own = inner.start.as_ref().is_some_and(|start| start.0 == variable);
                found.set(found.get() || own);
            }
            _ => {}
        },
        &mut |expression| {
            let target = match &expression.kind {
                ExpressionKind::Assign { target, .. } | ExpressionKind::Step { target, .. } => {
                    target
                }
                ExpressionKind::AddressOf(operand) => operand,
                _ => return,
            };
            found.set(found.get() || target.kind == ExpressionKind::Variable(variable));
        },
    );
    found.get()
}

fn mentions(statement: &Statement, variable: VariableId) -> bool {
    let found = std::cell::Cell::new(false);
    statement.walk(&mut |_| {}, &mut |expression| {
        found.set(found.get() || expression.kind == ExpressionKind::Variable(variable));
    });
    found.get()
}
