//! What sets a local variable last on the way to a place of its function, and whether that still holds there.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use super::{Effect, MOST_DEPTH, Point, Values, assigns, child_around, escapes};
use crate::libclang::Cursor;
use clang_sys::*;

/// What sets a variable last on the way to a place.
pub(super) enum Last<'unit> {
    Set {
        value: Cursor<'unit>,
        statement: Cursor<'unit>,
    },
    /// Nothing in the function does.
    Entry,
    Unknown,
}

impl<'unit> Values<'unit> {
    /// The expression that a local variable surely has the value of where the place begins, if that has not changed
    /// since.
    pub fn expression_at(
        &self,
        point: Point<'unit>,
        variable: Cursor<'unit>,
    ) -> Option<Cursor<'unit>> {
        self.work.set(0);
        let variable = variable.canonical();
        if variable.has_global_storage() {
            return None;
        }
        let Last::Set { value, statement } = self.last_set(point, variable) else { return None };
        let since = statement.end().offset;
        self.keeps_its_value(value, point, since, 0).then_some(value)
    }

    /// Whether an expression of constants and local variables is worth at a place what it was at an earlier offset.
    fn keeps_its_value(
        &self,
        value: Cursor<'unit>,
        point: Point<'unit>,
        since: usize,
        depth: usize,
    ) -> bool {
        let kept = match value.kind() {
            CXCursor_DeclRefExpr => {
                value.referenced().map(Cursor::canonical).is_some_and(|inner| {
                    let plain = matches!(inner.kind(), CXCursor_VarDecl | CXCursor_ParmDecl)
                        && !inner.has_global_storage();
                    inner.kind() == CXCursor_EnumConstantDecl
                        || plain && self.unchanged_since(point, inner, since)
                })
            }
            CXCursor_IntegerLiteral
            | CXCursor_ParenExpr
            | CXCursor_UnexposedExpr
            | CXCursor_CStyleCastExpr => true,
            CXCursor_UnaryOperator => matches!(
                value.unary_operator(),
                CXUnaryOperator_Minus | CXUnaryOperator_Plus | CXUnaryOperator_Extension
            ),
            CXCursor_BinaryOperator => value.binary_operator() != CXBinaryOperator_Assign,
            CXCursor_TypeRef => true,
            _ => false,
        };
        let mut children = value.children().into_iter();
        depth < MOST_DEPTH
            && kept
            && children.all(|child| self.keeps_its_value(child, point, since, depth + 1))
    }

    /// Whether nothing between an earlier offset of the function and a place sets a local variable.
    fn unchanged_since(&self, point: Point<'unit>, variable: Cursor<'unit>, since: usize) -> bool {
        if self.any(point.function, 0, &|cursor| escapes(cursor, variable)) {
            return false;
        }
        let mut current = point.function;
        // A loop around the place that begins behind that offset comes by again.
        let mut until = point.start;
        while let Some(inner) = child_around(current, point) {
            let is_loop = matches!(
                inner.kind(),
                CXCursor_ForStmt | CXCursor_WhileStmt | CXCursor_DoStmt | CXCursor_SwitchStmt
            );
            if is_loop && inner.start().offset >= since {
                until = until.max(inner.end().offset);
            }
            current = inner;
        }
        !self.any(point.function, 0, &|cursor| {
            assigns(cursor, variable) && (since..until).contains(&cursor.start().offset)
        })
    }

    /// What sets a local variable last on the way to a place.
    pub(super) fn last_set(&self, point: Point<'unit>, variable: Cursor<'unit>) -> Last<'unit> {
        // A jump, or a pointer to the variable, may get around what the text says.
        if self.any(point.function, 0, &|cursor| escapes(cursor, variable)) {
            return Last::Unknown;
        }
        // What is around the place, outermost first.
        let mut around = vec![point.function];
        while let Some(inner) = around.last().and_then(|last| child_around(*last, point)) {
            around.push(inner);
            if around.len() > MOST_DEPTH {
                return Last::Unknown;
            }
        }
        for level in (0..around.len()).rev() {
            let Some(statement) = around.get(level).copied() else { continue };
            let inner = around.get(level + 1).copied();
            match statement.kind() {
                CXCursor_CompoundStmt => {
                    let before = |child: &Cursor<'unit>| match inner {
                        Some(inner) => *child != inner,
                        None => child.start().offset < point.start,
                    };
                    let earlier: Vec<_> =
                        statement.children().into_iter().take_while(before).collect();
                    for statement in earlier.into_iter().rev() {
                        match self.effect(statement, variable) {
                            Effect::None => {}
                            Effect::Sets(value) => return Last::Set { value, statement },
                            Effect::Unknown => return Last::Unknown,
                        }
                    }
                }
                CXCursor_ForStmt | CXCursor_WhileStmt | CXCursor_DoStmt | CXCursor_SwitchStmt
                    if self.changes(statement, variable) =>
                {
                    return Last::Unknown;
                }
                CXCursor_ForStmt | CXCursor_WhileStmt | CXCursor_DoStmt | CXCursor_SwitchStmt => {}
                CXCursor_IfStmt => {
                    let condition = statement.children().first().copied();
                    if condition.is_some_and(|condition| self.changes(condition, variable)) {
                        return Last::Unknown;
                    }
                }
                // The rest of the expression or declaration around a call.
                _ if level > 0 && self.changes(statement, variable) => return Last::Unknown,
                _ => {}
            }
        }
        Last::Entry
    }
}
