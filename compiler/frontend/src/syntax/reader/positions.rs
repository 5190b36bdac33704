//! Addresses as arrays and positions in them.

use crate::syntax::{Expression, ExpressionKind, Operator, Place, ValueType, VariableId};
use loopwright_ir::{BinaryOperation, ElementType};
use std::collections::BTreeMap;

/// Where a pointer points: an element of a row of an array.
pub(super) struct Position {
    pub root: VariableId,
    /// The subscripts of the dimensions further out.
    pub prefix: Vec<Expression>,
    /// The number of the element in the row.
    pub offset: Option<Expression>,
}

/// What stands for a pointer.
#[derive(Clone)]
pub(super) struct Moved {
    pub root: VariableId,
    pub prefix: Vec<VariableId>,
    pub at: VariableId,
}

/// The values of what stands for a pointer that is set.
pub(super) fn set(
    it: &Moved,
    value: Option<&Expression>,
    moved: &BTreeMap<VariableId, Moved>,
    place: Place,
) -> Vec<(VariableId, Option<Expression>)> {
    let Some(value) = value else { return vec![(it.at, None)] };
    let zero = || Expression::integer(0, ElementType::I64, place);
    let Some((prefix, offset)) = flattened(value, moved) else { return vec![(it.at, None)] };
    let mut all: Vec<_> = it.prefix.iter().copied().zip(prefix.into_iter().map(Some)).collect();
    all.push((it.at, Some(offset.unwrap_or_else(zero))));
    all
}

/// The prefix and the offset of a pointer's value, in terms of what stands for pointers.
pub(super) fn flattened(
    value: &Expression,
    moved: &BTreeMap<VariableId, Moved>,
) -> Option<(Vec<Expression>, Option<Expression>)> {
    let place = value.place;
    let Position { root, prefix, offset } = position(value)?;
    let Some(it) = moved.get(&root) else { return Some((prefix, offset)) };
    let outer = it.prefix.iter().map(|id| variable(*id, place)).chain(prefix).collect();
    let at = variable(it.at, place);
    Some((
        outer,
        Some(match offset {
            Some(offset) => sum(at, offset, false),
            None => at,
        }),
    ))
}

pub(super) fn variable(id: VariableId, place: Place) -> Expression {
    let value_type = ValueType::Number(ElementType::I64);
    Expression { kind: ExpressionKind::Variable(id), value_type, place }
}

pub(super) fn long(value: Expression) -> Expression {
    let wanted = ValueType::Number(ElementType::I64);
    if value.value_type == wanted {
        return value;
    }
    let place = value.place;
    if let ExpressionKind::Integer(number) = value.kind {
        return Expression::integer(number, ElementType::I64, place);
    }
    let kind = ExpressionKind::Convert { operand: Box::new(value), explicit: false };
    Expression { kind, value_type: wanted, place }
}

/// The sum or difference of two positions.
pub(super) fn sum(left: Expression, right: Expression, subtract: bool) -> Expression {
    let zero = |value: &Expression| value.kind == ExpressionKind::Integer(0);
    if zero(&right) {
        return left;
    }
    if zero(&left) && !subtract {
        return right;
    }
    let place = left.place;
    let operation = if subtract { BinaryOperation::Subtract } else { BinaryOperation::Add };
    let kind = ExpressionKind::Binary {
        operator: Operator::Arithmetic(operation),
        left: Box::new(long(left)),
        right: Box::new(long(right)),
    };
    Expression { kind, value_type: ValueType::Number(ElementType::I64), place }
}

/// The array and the element that an address names.
pub(super) fn position(address: &Expression) -> Option<Position> {
    let moved = |base: &Expression, by: &Expression, subtract: bool| {
        let mut position = position(base)?;
        let zero = Expression::integer(0, ElementType::I64, by.place);
        let before = position.offset.take();
        position.offset = Some(match before {
            Some(before) => sum(before, by.clone(), subtract),
            None if subtract => sum(zero, by.clone(), true),
            None => by.clone(),
        });
        Some(position)
    };
    match &address.kind {
        ExpressionKind::Variable(id) if address.value_type == ValueType::Address => {
            Some(Position { root: *id, prefix: Vec::new(), offset: None })
        }
        ExpressionKind::Convert { operand, .. } | ExpressionKind::Inlined(operand)
            if operand.value_type == ValueType::Address =>
        {
            position(operand)
        }
        ExpressionKind::Binary { operator: Operator::Arithmetic(operation), left, right } => {
            let is_address = |side: &Expression| side.value_type == ValueType::Address;
            match (operation, is_address(left), is_address(right)) {
                (BinaryOperation::Add, true, false) => moved(left, right, false),
                (BinaryOperation::Add, false, true) => moved(right, left, false),
                (BinaryOperation::Subtract, true, false) => moved(left, right, true),
                _ => None,
            }
        }
        ExpressionKind::AddressOf(operand) => match &operand.kind {
            ExpressionKind::Subscript { base, index } => moved(base, index, false),
            _ => None,
        },
        // A row of an array.
        ExpressionKind::Subscript { base, index } => {
            let mut row = position(base)?;
            let index = match row.offset.take() {
                Some(offset) => sum(offset, (**index).clone(), false),
                None => (**index).clone(),
            };
            row.prefix.push(index);
            Some(row)
        }
        _ => None,
    }
}

/// An expression with subscripts of arrays, and positions in place of pointers.
pub(super) fn rewrite(expression: &mut Expression, moved: &BTreeMap<VariableId, Moved>) {
    let place = expression.place;
    // Moving a pointer moves its position.
    if let ExpressionKind::Assign { operation: Some(_), target, .. }
    | ExpressionKind::Step { target, .. } = &mut expression.kind
        && let ExpressionKind::Variable(id) = target.kind
        && let Some(it) = moved.get(&id)
    {
        **target = variable(it.at, place);
        expression.value_type = ValueType::Number(ElementType::I64);
    }
    let as_subscript = match &expression.kind {
        ExpressionKind::Subscript { base, .. } => {
            !is_chain(base) || root_of(base).is_some_and(|id| moved.contains_key(&id))
        }
        _ => false,
    };
    if as_subscript && let ExpressionKind::Subscript { base, index } = &expression.kind {
        if let ExpressionKind::AddressOf(operand) = &unconverted(base).kind
            && index.kind == ExpressionKind::Integer(0)
            && !matches!(operand.kind, ExpressionKind::Subscript { .. })
        {
            *expression = (**operand).clone();
        } else if let Some(it) = position(expression) {
            let mut prefix = it.prefix;
            let mut root = it.root;
            if let Some(known) = moved.get(&it.root) {
                root = known.root;
                if let Some(first) = prefix.first_mut() {
                    *first = sum(variable(known.at, place), first.clone(), false);
                }
                let outer = known.prefix.iter().map(|id| variable(*id, place));
                prefix = outer.chain(prefix).collect();
            }
            let value_type = expression.value_type.clone();
            let mut current = Expression {
                kind: ExpressionKind::Variable(root),
                value_type: ValueType::Address,
                place,
            };
            let count = prefix.len();
            for (position, index) in prefix.into_iter().enumerate() {
                let last = position + 1 == count;
                let kind =
                    ExpressionKind::Subscript { base: Box::new(current), index: Box::new(index) };
                let value_type = if last { value_type.clone() } else { ValueType::Address };
                current = Expression { kind, value_type, place };
            }
            *expression = current;
        }
    }
    if let ExpressionKind::Binary {
        operator:
            operator @ (Operator::Compare(_) | Operator::Arithmetic(BinaryOperation::Subtract)),
        left,
        right,
    } = &expression.kind
        && left.value_type == ValueType::Address
        && right.value_type == ValueType::Address
        && let (Some(one), Some(other)) = (position(left), position(right))
    {
        let root = |it: &Position| moved.get(&it.root).map_or(it.root, |known| known.root);
        let flat = |side: &Expression| {
            let (prefix, offset) = flattened(side, moved)?;
            prefix.is_empty().then(|| {
                long(offset.unwrap_or_else(|| Expression::integer(0, ElementType::I64, place)))
            })
        };
        if root(&one) == root(&other)
            && let (Some(left), Some(right)) = (flat(left), flat(right))
        {
            let operator = *operator;
            let (left, right) = (Box::new(left), Box::new(right));
            expression.kind = ExpressionKind::Binary { operator, left, right };
        }
    }
    for operand in expression.operands_mut() {
        rewrite(operand, moved);
    }
}

fn unconverted(expression: &Expression) -> &Expression {
    match &expression.kind {
        ExpressionKind::Convert { operand, .. } => unconverted(operand),
        _ => expression,
    }
}

/// Whether an expression is an array or a row of one, written with subscripts.
fn is_chain(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Variable(_) => true,
        ExpressionKind::Subscript { base, .. } => is_chain(base),
        ExpressionKind::Convert { operand, explicit: false } => is_chain(operand),
        _ => false,
    }
}

fn root_of(expression: &Expression) -> Option<VariableId> {
    match &expression.kind {
        ExpressionKind::Variable(id) => Some(*id),
        ExpressionKind::Subscript { base, .. } => root_of(base),
        ExpressionKind::Convert { operand, .. } => root_of(operand),
        _ => None,
    }
}
