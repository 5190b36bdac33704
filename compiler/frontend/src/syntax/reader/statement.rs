//! Statements.

use super::{DEPTH_LIMIT, Reader};
use crate::libclang::{Cursor, kind_name};
use crate::reject::RejectReason;
use crate::syntax::{ExpressionKind, Jump, Statement, StatementKind};
use clang_sys::*;

impl<'unit> Reader<'unit> {
    /// A statement, behind those that the calls in it became.
    pub(super) fn statement(&mut self, cursor: Cursor<'unit>, depth: usize) -> Statement {
        let outer = std::mem::take(&mut self.hoisted);
        let statement = self.plain_statement(cursor, depth);
        let mut parts = std::mem::replace(&mut self.hoisted, outer);
        if parts.is_empty() {
            return statement;
        }
        let place = statement.place;
        parts.push(statement);
        Statement { kind: StatementKind::Block(parts), place }
    }

    fn plain_statement(&mut self, cursor: Cursor<'unit>, depth: usize) -> Statement {
        let place = self.place(cursor);
        if depth > DEPTH_LIMIT {
            return Self::unsupported_statement(place, RejectReason::TooDeep);
        }
        let kind = match cursor.kind() {
            CXCursor_CompoundStmt => StatementKind::Block(
                cursor
                    .children()
                    .into_iter()
                    .map(|child| self.statement(child, depth + 1))
                    .collect(),
            ),
            CXCursor_NullStmt => StatementKind::Empty,
            CXCursor_ForStmt => return self.for_loop(cursor, depth),
            CXCursor_IfStmt => {
                let children = cursor.children();
                let [condition, then, rest @ ..] = children.as_slice() else {
                    return Self::unsupported_statement(place, other("this `if`"));
                };
                StatementKind::If {
                    condition: self.expression(*condition, depth + 1),
                    then: Box::new(self.statement(*then, depth + 1)),
                    otherwise: rest
                        .first()
                        .map(|otherwise| Box::new(self.statement(*otherwise, depth + 1))),
                }
            }
            CXCursor_DeclStmt => return self.declaration(cursor, depth),
            CXCursor_WhileStmt | CXCursor_DoStmt => {
                let tests_first = cursor.kind() == CXCursor_WhileStmt;
                let children = cursor.children();
                let [first, second] = children.as_slice() else {
                    return Self::unsupported_statement(place, other("this loop"));
                };
                let (condition, body) = if tests_first { (first, second) } else { (second, first) };
                let before = self.hoisted.len();
                let condition = self.expression(*condition, depth + 1);
                if self.hoisted.len() > before {
                    self.hoisted.truncate(before);
                    let keyword = if tests_first { "while" } else { "do" };
                    return Self::unsupported_statement(
                        place,
                        RejectReason::ControlFlow { keyword },
                    );
                }
                let body = Box::new(self.statement(*body, depth + 1));
                StatementKind::While { condition, body, tests_first }
            }
            CXCursor_GotoStmt | CXCursor_IndirectGotoStmt => control("goto"),
            CXCursor_LabelStmt => {
                let children = cursor.children();
                match children
                    .iter()
                    .rev()
                    .find(|child| child.is_statement() || child.is_expression())
                {
                    Some(inner) if !self.is_target(cursor) => {
                        return self.statement(*inner, depth + 1);
                    }
                    _ => StatementKind::Unsupported(other("a label")),
                }
            }
            CXCursor_BreakStmt => StatementKind::Jump(Jump::Break),
            CXCursor_ContinueStmt => StatementKind::Jump(Jump::Continue),
            CXCursor_ReturnStmt if self.inlining == 0 => control("return"),
            CXCursor_ReturnStmt => {
                let children = cursor.children();
                let value = children.first().map(|value| self.expression(*value, depth + 1));
                StatementKind::Jump(Jump::Return(value))
            }
            CXCursor_SwitchStmt | CXCursor_CaseStmt | CXCursor_DefaultStmt => control("switch"),
            CXCursor_AsmStmt | CXCursor_MSAsmStmt => {
                StatementKind::Unsupported(other("inline assembly"))
            }
            // An attribute or a loop pragma before a statement.
            CXCursor_UnexposedStmt => {
                let children = cursor.children();
                match children.iter().rev().find(|child| child.is_statement()) {
                    Some(inner) => return self.statement(*inner, depth + 1),
                    None => StatementKind::Unsupported(other("this statement")),
                }
            }
            _ if cursor.is_expression() => return self.expression_statement(cursor, place, depth),
            kind => {
                let construct = format!("this statement (`{}` to clang)", kind_name(kind));
                StatementKind::Unsupported(other(&construct))
            }
        };
        Statement { kind, place }
    }

    /// An expression as a statement; a call becomes the body of the function.
    fn expression_statement(
        &mut self,
        cursor: Cursor<'unit>,
        place: crate::syntax::Place,
        depth: usize,
    ) -> Statement {
        if let Some(inlined) = self.called_statement(cursor, place, depth) {
            return inlined;
        }
        let mut expression = self.expression(cursor, depth + 1);
        if let Some(copied) = self.whole_rows(&expression) {
            return copied;
        }
        // What was put in the place of a call, as its own value, has no effect: it was all hoisted.
        if let ExpressionKind::Inlined(_) = expression.kind
            && !self.hoisted.is_empty()
        {
            expression.kind = ExpressionKind::Integer(0);
            return Statement { kind: StatementKind::Empty, place };
        }
        Statement { kind: StatementKind::Expression(expression), place }
    }

    fn declaration(&mut self, cursor: Cursor<'unit>, depth: usize) -> Statement {
        let place = self.place(cursor);
        let mut declared = Vec::new();
        for child in cursor.children() {
            match child.kind() {
                CXCursor_VarDecl => {
                    if child.has_global_storage() {
                        let place = self.place(child);
                        return Self::unsupported_statement(place, RejectReason::StaticInside);
                    }
                    let variable = self.declared(child);
                    let value = child.initializer().map(|value| self.expression(value, depth + 1));
                    declared.push((variable, value));
                }
                // Names of types only.
                CXCursor_TypedefDecl | CXCursor_EnumDecl | CXCursor_StructDecl
                | CXCursor_UnionDecl => {}
                kind => {
                    let construct = format!("this declaration (`{}` to clang)", kind_name(kind));
                    return Self::unsupported_statement(place, other(&construct));
                }
            }
        }
        Statement { kind: StatementKind::Declare(declared), place }
    }
}

impl<'unit> Reader<'unit> {
    /// Whether a `goto` of the function names the label.
    fn is_target(&self, label: Cursor<'unit>) -> bool {
        let mut pending = vec![self.function];
        while let Some(cursor) = pending.pop() {
            let jumps = match cursor.kind() {
                CXCursor_IndirectGotoStmt | CXCursor_AddrLabelExpr => true,
                CXCursor_LabelRef => cursor.referenced() == Some(label),
                _ => false,
            };
            if jumps {
                return true;
            }
            pending.extend(cursor.children());
        }
        false
    }
}

fn control(keyword: &'static str) -> StatementKind {
    StatementKind::Unsupported(RejectReason::ControlFlow { keyword })
}

fn other(construct: &str) -> RejectReason {
    RejectReason::Unsupported { construct: construct.to_owned() }
}
