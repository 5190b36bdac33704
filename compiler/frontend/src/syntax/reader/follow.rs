//! What a function returns, as an expression of what it is given.

use super::inline::{SIZE_LIMIT, is_number};
use super::{DEPTH_LIMIT, Reader};
use crate::libclang::Cursor;
use crate::lower::{common_element, promoted};
use crate::reject::RejectReason;
use crate::syntax::{Expression, ExpressionKind, Operator, Place, ValueType};
use clang_sys::*;
use loopwright_ir::{BinaryOperation, ElementType};

/// How a sequence of statements ends.
pub(super) enum Flow {
    Returns(Expression),
    Falls,
}

impl<'unit> Reader<'unit> {
    /// The value that a function returns at the end of these statements, if they only compute it.
    pub(super) fn follow(&mut self, parts: Vec<Cursor<'unit>>, depth: usize) -> Option<Flow> {
        if depth > DEPTH_LIMIT {
            return None;
        }
        let mut parts = std::collections::VecDeque::from(parts);
        while let Some(part) = parts.pop_front() {
            match part.kind() {
                CXCursor_NullStmt => {}
                CXCursor_CompoundStmt => {
                    for child in part.children().into_iter().rev() {
                        parts.push_front(child);
                    }
                }
                CXCursor_DeclStmt => self.follow_declaration(part, depth)?,
                CXCursor_ReturnStmt => {
                    let value = part.children().first().copied()?;
                    return Some(Flow::Returns(self.expression(value, depth + 1)));
                }
                CXCursor_IfStmt => {
                    let children = part.children();
                    let (condition, branches) = children.split_first()?;
                    let rest: Vec<_> = parts.drain(..).collect();
                    return self.follow_choice(*condition, branches, rest, depth);
                }
                _ if part.is_expression() => self.follow_assignment(part, depth)?,
                _ => return None,
            }
        }
        Some(Flow::Falls)
    }

    fn follow_declaration(&mut self, statement: Cursor<'unit>, depth: usize) -> Option<()> {
        for child in statement.children() {
            match child.kind() {
                CXCursor_VarDecl if !child.has_global_storage() => {
                    if !is_number(&Self::value_type(child)) {
                        return None;
                    }
                    let value = match child.initializer() {
                        Some(value) => self.expression(value, depth + 1),
                        None => {
                            let reason = RejectReason::Uninitialized { name: child.spelling() };
                            let place = self.place(child);
                            self.unsupported(place, reason)
                        }
                    };
                    self.bindings.push((child, value));
                }
                CXCursor_TypedefDecl | CXCursor_EnumDecl | CXCursor_StructDecl => {}
                _ => return None,
            }
        }
        Some(())
    }

    /// Both branches of an `if`, each with the rest behind it where one returns.
    fn follow_choice(
        &mut self,
        condition: Cursor<'unit>,
        branches: &[Cursor<'unit>],
        rest: Vec<Cursor<'unit>>,
        depth: usize,
    ) -> Option<Flow> {
        let condition = self.expression(condition, depth + 1);
        let place = condition.place;
        let before = self.bindings.clone();
        let [then, otherwise] = [branches.first()?, branches.get(1).unwrap_or(branches.first()?)];
        let choose = |value_type: ValueType, then: Expression, otherwise: Expression| Expression {
            value_type,
            place,
            kind: ExpressionKind::Conditional {
                condition: Box::new(condition.clone()),
                then: Box::new(then),
                otherwise: Box::new(otherwise),
            },
        };
        let otherwise = (branches.len() > 1).then_some(*otherwise);
        if returns(*then) || otherwise.is_some_and(returns) {
            let with_rest = |first: Option<Cursor<'unit>>| {
                first.into_iter().chain(rest.iter().copied()).collect::<Vec<_>>()
            };
            let Flow::Returns(then) = self.follow(with_rest(Some(*then)), depth + 1)? else {
                return None;
            };
            self.bindings.clone_from(&before);
            let Flow::Returns(otherwise) = self.follow(with_rest(otherwise), depth + 1)? else {
                return None;
            };
            self.bindings = before;
            if then.value_type != otherwise.value_type
                || then.size() + otherwise.size() > SIZE_LIMIT
            {
                return None;
            }
            return Some(Flow::Returns(choose(then.value_type.clone(), then, otherwise)));
        }
        self.follow(vec![*then], depth + 1)?;
        let then = std::mem::replace(&mut self.bindings, before.clone());
        self.follow(otherwise.into_iter().collect(), depth + 1)?;
        let otherwise = std::mem::replace(&mut self.bindings, before);
        let latest = |bindings: &[(Cursor<'unit>, Expression)], variable: Cursor<'unit>| {
            bindings.iter().rev().find(|binding| binding.0 == variable).map(|found| found.1.clone())
        };
        let mut joined: Vec<(Cursor<'unit>, Expression)> = Vec::new();
        for (variable, _) in self.bindings.get(self.frame..).unwrap_or_default() {
            let both = latest(&then, *variable).zip(latest(&otherwise, *variable));
            let Some((one, other)) = both else { continue };
            if one == other && latest(&self.bindings, *variable).as_ref() == Some(&one) {
                continue;
            }
            if joined.iter().all(|known| known.0 != *variable) {
                if one.size() + other.size() > SIZE_LIMIT {
                    return None;
                }
                joined.push((*variable, choose(one.value_type.clone(), one, other)));
            }
        }
        self.bindings.extend(joined);
        self.follow(rest, depth + 1)
    }

    /// `x = e`, `x += e` and `x++` of a local or a parameter.
    fn follow_assignment(&mut self, cursor: Cursor<'unit>, depth: usize) -> Option<()> {
        let children = cursor.children();
        let operator = match cursor.kind() {
            CXCursor_ParenExpr => return self.follow_assignment(*children.first()?, depth),
            CXCursor_BinaryOperator if cursor.binary_operator() == CXBinaryOperator_Assign => None,
            CXCursor_CompoundAssignOperator => {
                Some(super::expression::compound(cursor.binary_operator())?)
            }
            CXCursor_UnaryOperator => match cursor.unary_operator() {
                CXUnaryOperator_PostInc | CXUnaryOperator_PreInc => Some(BinaryOperation::Add),
                CXUnaryOperator_PostDec | CXUnaryOperator_PreDec => Some(BinaryOperation::Subtract),
                _ => return None,
            },
            _ => return None,
        };
        let target = children.first()?;
        let variable = target.referenced().filter(|_| target.kind() == CXCursor_DeclRefExpr)?;
        let frame = self.bindings.get(self.frame..).unwrap_or_default();
        frame.iter().find(|binding| binding.0 == variable)?;
        let value_type = Self::value_type(*target);
        let place = self.place(cursor);
        let value = match children.get(1) {
            Some(value) => self.expression(*value, depth + 1),
            None => Expression::integer(1, ElementType::I32, place),
        };
        let value = match operator {
            None => value,
            Some(operation) => {
                let current = self.expression(*target, depth + 1);
                combined(operation, current, value, &value_type, place)?
            }
        };
        self.bindings.push((variable, value));
        Some(())
    }
}

/// `current operation value`, converted to the type of what is assigned.
pub(crate) fn combined(
    operation: BinaryOperation,
    current: Expression,
    value: Expression,
    value_type: &ValueType,
    place: Place,
) -> Option<Expression> {
    let (ValueType::Number(left), ValueType::Number(right)) =
        (&current.value_type, &value.value_type)
    else {
        return None;
    };
    let shifts = matches!(operation, BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight);
    let element = if shifts { promoted(*left) } else { common_element(*left, *right) };
    let convert = |operand: Expression, to: ValueType| {
        if operand.value_type == to {
            return operand;
        }
        let kind = ExpressionKind::Convert { operand: Box::new(operand), explicit: false };
        Expression { kind, value_type: to, place }
    };
    let number = ValueType::Number(element);
    let right = if shifts { value } else { convert(value, number.clone()) };
    let kind = ExpressionKind::Binary {
        operator: Operator::Arithmetic(operation),
        left: Box::new(convert(current, number.clone())),
        right: Box::new(right),
    };
    Some(convert(Expression { kind, value_type: number, place }, value_type.clone()))
}

/// Whether a `return` is in the statement.
fn returns(statement: Cursor<'_>) -> bool {
    let mut pending = vec![statement];
    while let Some(cursor) = pending.pop() {
        if cursor.kind() == CXCursor_ReturnStmt {
            return true;
        }
        pending.extend(cursor.children());
    }
    false
}
