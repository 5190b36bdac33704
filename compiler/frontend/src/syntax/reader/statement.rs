//! Statements.

use super::{DEPTH_LIMIT, Reader};
use crate::libclang::{Cursor, kind_name};
use crate::reject::RejectReason;
use crate::syntax::{Expression, ExpressionKind, ForLoop, Statement, StatementKind, VariableId};
use clang_sys::*;

impl<'unit> Reader<'unit> {
    pub(super) fn statement(&mut self, cursor: Cursor<'unit>, depth: usize) -> Statement {
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
            CXCursor_WhileStmt => control("while"),
            CXCursor_DoStmt => control("do"),
            CXCursor_GotoStmt | CXCursor_IndirectGotoStmt => control("goto"),
            CXCursor_LabelStmt => StatementKind::Unsupported(other("a label")),
            CXCursor_BreakStmt => control("break"),
            CXCursor_ContinueStmt => control("continue"),
            CXCursor_ReturnStmt => control("return"),
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
            _ if cursor.is_expression() => {
                StatementKind::Expression(self.expression(cursor, depth + 1))
            }
            kind => {
                let construct = format!("this statement (`{}` to clang)", kind_name(kind));
                StatementKind::Unsupported(other(&construct))
            }
        };
        Statement { kind, place }
    }

    fn for_loop(&mut self, cursor: Cursor<'unit>, depth: usize) -> Statement {
        let place = self.place(cursor);
        let children = cursor.children();
        let [first, condition, step, body] = children.as_slice() else {
            return Self::unsupported_statement(place, RejectReason::IncompleteLoop);
        };
        let start = self.loop_start(*first, depth + 1);
        let condition = self.expression(*condition, depth + 1);
        let step = self.expression(*step, depth + 1);
        let header = self.place(*first);
        let body = Box::new(self.statement(*body, depth + 1));
        Statement {
            kind: StatementKind::For(Box::new(ForLoop {
                start,
                declares: first.kind() == CXCursor_DeclStmt,
                condition,
                step,
                body,
                header,
            })),
            place,
        }
    }

    fn loop_start(
        &mut self,
        cursor: Cursor<'unit>,
        depth: usize,
    ) -> Option<(VariableId, Expression)> {
        if cursor.kind() == CXCursor_DeclStmt {
            let children = cursor.children();
            let [declaration] = children.as_slice() else {
                return None;
            };
            let initializer = declaration.initializer()?;
            let variable = self.variable(*declaration);
            return Some((variable, self.expression(initializer, depth)));
        }
        let ExpressionKind::Assign { operation: None, target, value } =
            self.expression(cursor, depth).kind
        else {
            return None;
        };
        match target.kind {
            ExpressionKind::Variable(variable) => Some((variable, *value)),
            _ => None,
        }
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
                    let variable = self.variable(child);
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

fn control(keyword: &'static str) -> StatementKind {
    StatementKind::Unsupported(RejectReason::ControlFlow { keyword })
}

fn other(construct: &str) -> RejectReason {
    RejectReason::Unsupported { construct: construct.to_owned() }
}
