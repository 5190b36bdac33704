//! Calls of functions that the file defines.
//!
//! A function that only computes a value from its arguments becomes an expression, whatever locals and `if`s it has:
//! each local stands for the value that it was last given. What does more becomes statements in front of the one that
//! calls it, with variables of their own for its parameters and locals.

use super::expression::{argument, relocate};
use super::follow::Flow;
use super::nodes::{changed_variables, is_deeper};
use super::{DEPTH_LIMIT, Reader};
use crate::libclang::Cursor;
use crate::reject::RejectReason;
use crate::syntax::structure::without_returns;
use crate::syntax::types::shape;
use crate::syntax::{
    Declared, Expression, ExpressionKind, InlinedCall, Place, Statement, StatementKind, Storage,
    ValueType, Variable, VariableId,
};
use clang_sys::*;
use std::collections::HashSet;

/// How many nodes an inlined call may have.
pub(super) const SIZE_LIMIT: usize = 10_000;

/// Calls in functions that stand in a call's place are replaced this deep, which also ends recursion.
const CALL_DEPTH: usize = 8;

impl<'unit> Reader<'unit> {
    /// A call: of the mathematics library by name, or of a function of this file.
    pub(super) fn call(
        &mut self,
        cursor: Cursor<'unit>,
        value_type: ValueType,
        place: Place,
        depth: usize,
    ) -> Expression {
        let Some(declaration) = cursor.referenced() else {
            return self.unsupported(place, RejectReason::FunctionPointer);
        };
        if declaration.kind() != CXCursor_FunctionDecl {
            return self.unsupported(place, RejectReason::FunctionPointer);
        }
        let name = declaration.spelling();
        let arguments: Vec<_> = cursor
            .arguments()
            .into_iter()
            .map(|argument| self.expression(argument, depth + 1))
            .collect();
        let Some((definition, body)) = definition_of(declaration) else {
            return Expression {
                kind: ExpressionKind::Call { name, arguments },
                value_type,
                place,
            };
        };
        if definition.arguments().len() != arguments.len() {
            return self.unsupported(place, RejectReason::UnknownFunction { name });
        }
        if self.inlining >= CALL_DEPTH {
            return self.unsupported(place, RejectReason::DeepCalls { name });
        }
        if is_deeper(body, DEPTH_LIMIT) {
            return self.unsupported(place, RejectReason::TooDeep);
        }
        self.note_contraction(definition, body, &value_type, &name, place);
        self.inlining += 1;
        let (outer, frame) = (self.bindings.len(), self.frame);
        let hoisted = self.hoisted.len();
        self.frame = outer;
        self.bindings.extend(definition.arguments().into_iter().zip(arguments.iter().cloned()));
        let flow = self.follow(vec![body], depth + 1);
        self.bindings.truncate(outer);
        self.frame = frame;
        self.inlining -= 1;
        match flow {
            Some(Flow::Returns(mut inner)) => {
                relocate(&mut inner, place);
                // Arguments are copied into the place of each mention, so that nested calls may double.
                if inner.size() > SIZE_LIMIT {
                    return self.unsupported(place, RejectReason::TooDeep);
                }
                Expression { kind: ExpressionKind::Inlined(Box::new(inner)), value_type, place }
            }
            _ => {
                self.hoisted.truncate(hoisted);
                self.hoisted_call(definition, arguments, value_type, place, depth)
            }
        }
    }

    fn note_contraction(
        &mut self,
        definition: Cursor<'unit>,
        body: Cursor<'unit>,
        value_type: &ValueType,
        name: &str,
        place: Place,
    ) {
        let matters = matches!(value_type, ValueType::Number(element) if element.is_float())
            || *value_type == ValueType::Void;
        if matters && definition.is_in_main_file() {
            let inside = body.children().first().map_or(body, |first| *first);
            let definition = inside.start().offset;
            self.syntax.inlined.push(InlinedCall {
                name: name.to_owned(),
                call: place,
                definition,
            });
        }
    }

    /// A call as statements of their own in front of the one that it is in; its value is a variable's.
    fn hoisted_call(
        &mut self,
        definition: Cursor<'unit>,
        arguments: Vec<Expression>,
        value_type: ValueType,
        place: Place,
        depth: usize,
    ) -> Expression {
        let name = definition.spelling();
        if self.guarded > 0 || !is_number(&value_type) {
            return self.unsupported(place, RejectReason::UnknownFunction { name });
        }
        let result = definition.result_type();
        let id = self.fresh(self.function, &format!("{name}_value"), shape(result), place);
        let kind = ExpressionKind::Variable(id);
        let value = Expression { kind, value_type: value_type.clone(), place };
        match self.inlined_statements(definition, arguments, Some(&value), place, depth) {
            Ok(statements) => {
                let declared = StatementKind::Declare(vec![(id, None)]);
                self.hoisted.push(Statement { kind: declared, place });
                self.hoisted.extend(statements);
                Expression { kind: ExpressionKind::Inlined(Box::new(value)), value_type, place }
            }
            Err(reason) => self.unsupported(place, reason),
        }
    }

    /// A call as a statement.
    pub(super) fn called_statement(
        &mut self,
        cursor: Cursor<'unit>,
        place: Place,
        depth: usize,
    ) -> Option<Statement> {
        let mut call = cursor;
        while matches!(call.kind(), CXCursor_ParenExpr | CXCursor_CStyleCastExpr) {
            call = call.children().last().copied()?;
        }
        if call.kind() != CXCursor_CallExpr {
            return None;
        }
        let declaration = call.referenced()?;
        if declaration.kind() != CXCursor_FunctionDecl {
            return None;
        }
        let (definition, body) = definition_of(declaration)?;
        let arguments: Vec<_> =
            call.arguments().into_iter().map(|value| self.expression(value, depth + 1)).collect();
        let name = definition.spelling();
        self.note_contraction(definition, body, &ValueType::Void, &name, place);
        let kind = match self.inlined_statements(definition, arguments, None, place, depth) {
            Ok(statements) => StatementKind::Block(statements),
            Err(reason) => StatementKind::Unsupported(reason),
        };
        Some(Statement { kind, place })
    }

    /// The statements of a function's body, with `sink` assigned what it returns.
    fn inlined_statements(
        &mut self,
        definition: Cursor<'unit>,
        arguments: Vec<Expression>,
        sink: Option<&Expression>,
        place: Place,
        depth: usize,
    ) -> Result<Vec<Statement>, RejectReason> {
        let name = definition.spelling();
        let parameters = definition.arguments();
        let Some((_, body)) = definition_of(definition) else {
            return Err(RejectReason::UnknownFunction { name });
        };
        if parameters.len() != arguments.len() {
            return Err(RejectReason::UnknownFunction { name });
        }
        if self.inlining >= CALL_DEPTH {
            return Err(RejectReason::DeepCalls { name });
        }
        if is_deeper(body, DEPTH_LIMIT) {
            return Err(RejectReason::TooDeep);
        }
        let changed = changed_variables(definition);
        let single = body.children().len() == 1;
        let mut statements = Vec::new();
        let mut bindings = Vec::new();
        for (parameter, value) in parameters.into_iter().zip(arguments) {
            let changes = changed.contains(&parameter.canonical());
            let keeps = matches!(value.value_type, ValueType::Address)
                || self.is_stable(&value)
                || (single && is_simple(body));
            if keeps && !changes {
                bindings.push((parameter, argument(place, value)));
                continue;
            }
            let id =
                self.fresh(parameter, &parameter.spelling(), shape(parameter.type_of()), place);
            let value_type = value.value_type.clone();
            let declared = StatementKind::Declare(vec![(id, Some(value))]);
            statements.push(Statement { kind: declared, place });
            let kind = ExpressionKind::Variable(id);
            bindings.push((parameter, Expression { kind, value_type, place }));
        }
        let (outer, frame) = (self.bindings.len(), self.frame);
        self.frame = outer;
        self.bindings.extend(bindings);
        self.inlining += 1;
        let hoisted = std::mem::take(&mut self.hoisted);
        let guarded = std::mem::take(&mut self.guarded);
        let mut inner: Vec<Statement> =
            body.children().into_iter().map(|part| self.statement(part, depth + 1)).collect();
        self.hoisted = hoisted;
        self.guarded = guarded;
        self.inlining -= 1;
        self.bindings.truncate(outer);
        self.frame = frame;
        inner.iter_mut().for_each(|part| part.relocate(place));
        let assigned = |value: Option<Expression>| match (sink, value) {
            (Some(target), Some(value)) => {
                let kind = ExpressionKind::Assign {
                    operation: None,
                    target: Box::new(target.clone()),
                    value: Box::new(value),
                };
                let value_type = target.value_type.clone();
                let kind = StatementKind::Expression(Expression { kind, value_type, place });
                vec![Statement { kind, place }]
            }
            _ => Vec::new(),
        };
        statements.extend(without_returns(inner, &mut { assigned }));
        Ok(statements)
    }

    /// Whether nothing that the function does changes what an argument is worth: it is made of integers that are no
    /// variables of the whole file.
    fn is_stable(&self, value: &Expression) -> bool {
        let mut stable = true;
        value.walk(&mut |node| {
            stable &= match &node.kind {
                ExpressionKind::Variable(id) => {
                    self.syntax.variables.get(*id).is_some_and(|variable| {
                        variable.storage != Storage::Global
                            && variable.shape.as_ref().is_ok_and(|shape| {
                                shape.extents.is_empty()
                                    && matches!(shape.element, ValueType::Number(element) if !element.is_float())
                            })
                    })
                }
                ExpressionKind::Subscript { .. }
                | ExpressionKind::Assign { .. }
                | ExpressionKind::Step { .. } => false,
                _ => true,
            };
        });
        stable
    }

    /// The variable of a declaration: one of its own for each call that the function stands in the place of.
    pub(super) fn declared(&mut self, declaration: Cursor<'unit>) -> VariableId {
        if self.inlining == 0 {
            return self.variable(declaration);
        }
        let place = self.place(declaration);
        let found = shape(declaration.type_of());
        let id = self.fresh(declaration, &declaration.spelling(), found, place);
        let kind = ExpressionKind::Variable(id);
        let value_type = Self::value_type(declaration);
        self.bindings.push((declaration, Expression { kind, value_type, place }));
        id
    }

    /// The name, with a number where the function around the region has a variable of that name: what is written
    /// out in the region's place may need both.
    fn free_name(&mut self, name: &str) -> String {
        let function = self.function;
        let names = self.names.get_or_insert_with(|| declared_names(function));
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
        candidates.find(|name| !names.contains(name)).unwrap_or_default()
    }

    /// A variable that the region has for itself.
    pub(super) fn fresh(
        &mut self,
        declaration: Cursor<'unit>,
        name: &str,
        shape: Result<crate::syntax::Shape, RejectReason>,
        place: Place,
    ) -> VariableId {
        let id = self.known.len();
        let name = self.free_name(name);
        self.known.push(declaration.canonical());
        self.syntax.variables.push(Variable {
            name,
            shape,
            type_spelling: declaration.type_of().spelling(),
            storage: Storage::Local,
            inside: true,
            value: None,
            declared: Declared::default(),
            member: None,
            stride_of: None,
            place,
        });
        if declaration.kind() == CXCursor_VarDecl {
            self.variable_extents(id, declaration);
        }
        id
    }
}

impl Statement {
    /// Moves it to the place of a call.
    fn relocate(&mut self, place: Place) {
        self.place = place;
        self.each_expression_mut(&mut |expression| relocate(expression, place));
        self.each_part_mut(&mut |part| part.relocate(place));
    }
}

pub(super) fn is_number(value_type: &ValueType) -> bool {
    matches!(value_type, ValueType::Number(_) | ValueType::Boolean)
}

/// A function's definition and its body.
fn definition_of(declaration: Cursor<'_>) -> Option<(Cursor<'_>, Cursor<'_>)> {
    let definition = declaration.definition()?;
    let body =
        definition.children().into_iter().find(|child| child.kind() == CXCursor_CompoundStmt)?;
    Some((definition, body))
}

/// Whether a body is one assignment, which reads everything before it writes.
fn is_simple(body: Cursor<'_>) -> bool {
    let children = body.children();
    matches!(children.as_slice(), [only] if only.is_expression() && only.kind() != CXCursor_CallExpr)
}

/// The names of all parameters and variables of a function.
fn declared_names(function: Cursor<'_>) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut open = vec![function];
    while let Some(cursor) = open.pop() {
        if [CXCursor_VarDecl, CXCursor_ParmDecl].contains(&cursor.kind()) {
            names.insert(cursor.spelling());
        }
        open.extend(cursor.children());
    }
    names
}
