//! `for` loops: which clause is which, and several variables in one.

use super::Reader;
use crate::libclang::Cursor;
use crate::reject::RejectReason;
use crate::syntax::{
    Expression, ExpressionKind, ForLoop, Operator, Place, Statement, StatementKind, Testing,
    VariableId,
};
use clang_sys::*;

/// The clauses that a `for` has.
#[derive(Default)]
struct Clauses<'unit> {
    first: Option<Cursor<'unit>>,
    condition: Option<Cursor<'unit>>,
    step: Option<Cursor<'unit>>,
    body: Option<Cursor<'unit>>,
}

impl<'unit> Reader<'unit> {
    pub(super) fn for_loop(&mut self, cursor: Cursor<'unit>, depth: usize) -> Statement {
        let place = self.place(cursor);
        let incomplete = || Self::unsupported_statement(place, RejectReason::IncompleteLoop);
        let clauses = self.clauses(cursor);
        let (Some(condition), Some(body)) = (clauses.condition, clauses.body) else {
            return incomplete();
        };
        let header = self.place(clauses.first.unwrap_or(condition));
        let (mut starts, declares) = match clauses.first {
            Some(first) => (self.starts(first, depth + 1), first.kind() == CXCursor_DeclStmt),
            None => (Some(Vec::new()), false),
        };
        let hoisted = self.hoisted.len();
        let condition = self.expression(condition, depth + 1);
        let step = clauses.step.map(|step| self.expression(step, depth + 1));
        if self.hoisted.len() > hoisted {
            self.hoisted.truncate(hoisted);
            let reason = RejectReason::LoopCondition { iterator: String::new() };
            return Self::unsupported_statement(condition.place, reason);
        }
        let body = self.statement(body, depth + 1);
        let Some(step) = step else {
            let kind = StatementKind::While { condition, body: Box::new(body), tests_first: true };
            let before = starts.take().unwrap_or_default();
            return with_starts(before, declares, Statement { kind, place });
        };
        let mut steps = Vec::new();
        commas(step, &mut steps);
        // The variable that the condition compares is the loop's; others step along with it.
        let target = |step: &Expression| match &step.kind {
            ExpressionKind::Step { target, .. } | ExpressionKind::Assign { target, .. } => {
                match target.kind {
                    ExpressionKind::Variable(id) => Some(id),
                    _ => None,
                }
            }
            _ => None,
        };
        let decides = |step: &Expression| target(step).is_some_and(|id| condition.mentions(id));
        let chosen = steps.iter().position(decides).unwrap_or_default();
        if steps.is_empty() {
            return incomplete();
        }
        let step = steps.remove(chosen);
        let (start, before) = match starts {
            None => (None, Vec::new()),
            Some(starts) => match (starts.as_slice(), target(&step)) {
                ([(variable, value)], Some(own)) if *variable == own => {
                    (Some((own, value.clone())), Vec::new())
                }
                ([(variable, value)], None) => (Some((*variable, value.clone())), Vec::new()),
                (_, Some(own)) => {
                    let own_value = variable_of(&step).unwrap_or_else(|| step.clone());
                    (Some((own, own_value)), starts)
                }
                _ => (None, Vec::new()),
            },
        };
        let declares = declares && before.is_empty();
        let jumps = steps
            .into_iter()
            .map(|step| Statement { place: step.place, kind: StatementKind::Expression(step) });
        let jumps: Vec<Statement> = jumps.collect();
        let testing = Testing::Before;
        let body = if jumps.is_empty() {
            body
        } else {
            // `continue` goes on with the steps: they are behind what it skips.
            let inner = Statement { place: body.place, kind: StatementKind::Block(vec![body]) };
            let mut parts = crate::syntax::structure::without_continue(vec![inner]);
            parts.extend(jumps);
            Statement { place, kind: StatementKind::Block(parts) }
        };
        let body = Box::new(body);
        let inner = ForLoop { start, declares, condition, step, body, header, testing };
        let inner = Statement { kind: StatementKind::For(Box::new(inner)), place };
        with_starts(before, false, inner)
    }

    /// The variables that the first clause sets, each with its value; `None` where it does anything else.
    fn starts(
        &mut self,
        cursor: Cursor<'unit>,
        depth: usize,
    ) -> Option<Vec<(VariableId, Expression)>> {
        if cursor.kind() == CXCursor_DeclStmt {
            let mut starts = Vec::new();
            for declaration in cursor.children() {
                let initializer = declaration.initializer()?;
                let variable = self.declared(declaration);
                starts.push((variable, self.expression(initializer, depth)));
            }
            return Some(starts);
        }
        let mut parts = Vec::new();
        commas(self.expression(cursor, depth), &mut parts);
        let starts = parts.into_iter().map(|part| match part.kind {
            ExpressionKind::Assign { operation: None, target, value } => match target.kind {
                ExpressionKind::Variable(variable) => Some((variable, *value)),
                _ => None,
            },
            _ => None,
        });
        starts.collect()
    }

    /// libclang leaves missing clauses out; the semicolons say which are there.
    fn clauses(&mut self, cursor: Cursor<'unit>) -> Clauses<'unit> {
        let children = cursor.children();
        if let [first, condition, step, body] = children.as_slice() {
            return Clauses {
                first: Some(*first),
                condition: Some(*condition),
                step: Some(*step),
                body: Some(*body),
            };
        }
        let mut clauses = Clauses { body: children.last().copied(), ..Clauses::default() };
        let place = self.place(cursor);
        let Some((one, two)) = semicolons(self.text, place) else { return clauses };
        for child in children.iter().rev().skip(1) {
            let start = self.place(*child).start;
            if start < one {
                clauses.first = Some(*child);
            } else if start < two {
                clauses.condition = Some(*child);
            } else {
                clauses.step = Some(*child);
            }
        }
        clauses
    }
}

/// The two semicolons of a `for` in the main file; `None` where a macro writes it.
fn semicolons(text: &str, place: Place) -> Option<(usize, usize)> {
    if place.file != 0 || !text.get(place.start..)?.starts_with("for") {
        return None;
    }
    let mut depth = 0usize;
    let mut found = Vec::new();
    for (offset, byte) in text.as_bytes().get(place.start..place.end)?.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth <= 1 => break,
            b')' => depth -= 1,
            b';' if depth == 1 => found.push(place.start + offset),
            _ => {}
        }
    }
    match found.as_slice() {
        [one, two] => Some((*one, *two)),
        _ => None,
    }
}

fn variable_of(step: &Expression) -> Option<Expression> {
    match &step.kind {
        ExpressionKind::Step { target, .. } | ExpressionKind::Assign { target, .. } => {
            Some((**target).clone())
        }
        _ => None,
    }
}

/// The operands of comma operators, from left to right.
fn commas(expression: Expression, parts: &mut Vec<Expression>) {
    match expression.kind {
        ExpressionKind::Binary { operator: Operator::Comma, left, right } => {
            commas(*left, parts);
            commas(*right, parts);
        }
        _ => parts.push(expression),
    }
}

/// A loop behind the assignments of its first clause.
fn with_starts(
    starts: Vec<(VariableId, Expression)>,
    declares: bool,
    inner: Statement,
) -> Statement {
    if starts.is_empty() {
        return inner;
    }
    let place = inner.place;
    let mut parts: Vec<Statement> = starts
        .into_iter()
        .map(|(variable, value)| {
            let place = value.place;
            let kind = if declares {
                StatementKind::Declare(vec![(variable, Some(value))])
            } else {
                let target = Box::new(Expression {
                    kind: ExpressionKind::Variable(variable),
                    value_type: value.value_type.clone(),
                    place,
                });
                let kind =
                    ExpressionKind::Assign { operation: None, target, value: Box::new(value) };
                let value_type = crate::syntax::ValueType::Void;
                StatementKind::Expression(Expression { kind, value_type, place })
            };
            Statement { kind, place }
        })
        .collect();
    parts.push(inner);
    Statement { kind: StatementKind::Block(parts), place }
}
