//! What integers are worth at a place of the file, as far as the file itself says.
//!
//! The last statement that sets a variable on the way to the place is looked for, from the place backwards
//! through the blocks around it. A function's parameter has the value that the file's calls pass, each
//! evaluated where it stands; a variable at file scope the one that it begins with, if nothing in the file
//! sets it. Whatever may change a variable in another way (a loop around, its address, a label) leaves it
//! unknown.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

mod fold;
mod last;

use crate::libclang::Cursor;
use clang_sys::*;
use last::Last;
use std::cell::Cell;

/// Values are followed through at most this many variables and calls after each other.
const MOST_STEPS: usize = 16;

/// Files nested deeper than this are not looked at, and then nothing is known.
const MOST_DEPTH: usize = 800;

/// How many nodes of the file one question may visit.
const MOST_WORK: usize = 1_000_000;

/// What is known of a variable at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// The value, and the line that gives it.
    Value(i64, Source),
    /// The file's calls pass different values, each with its line.
    Contradiction(Vec<(i64, u32)>),
    Nothing,
}

/// What gives a variable its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Set { line: u32 },
    Call { line: u32 },
}

impl Known {
    fn value(&self) -> Option<i64> {
        match self {
            Self::Value(value, _) => Some(*value),
            _ => None,
        }
    }
}

/// Where a value is asked for: a range of the main file in a function.
#[derive(Clone, Copy)]
pub(crate) struct Point<'unit> {
    pub function: Cursor<'unit>,
    pub start: usize,
    pub end: usize,
}

/// What a statement does with a variable.
enum Effect<'unit> {
    None,
    /// It gets the value of this expression.
    Sets(Cursor<'unit>),
    Unknown,
}

/// Asks a file about its variables.
pub(crate) struct Values<'unit> {
    /// The functions that the user's own files define.
    functions: Vec<Cursor<'unit>>,
    work: Cell<usize>,
}

impl<'unit> Values<'unit> {
    pub fn of(root: Cursor<'unit>) -> Self {
        let functions = root.children().into_iter().filter(|child| {
            child.kind() == CXCursor_FunctionDecl
                && child.is_definition()
                && !child.is_in_system_header()
        });
        Self { functions: functions.collect(), work: Cell::new(0) }
    }

    /// What the variable holds where the place begins.
    pub fn at(&self, point: Point<'unit>, variable: Cursor<'unit>) -> Known {
        self.work.set(0);
        self.before(point, variable.canonical(), 0)
    }

    fn before(&self, point: Point<'unit>, variable: Cursor<'unit>, steps: usize) -> Known {
        if steps > MOST_STEPS || self.work.get() > MOST_WORK {
            return Known::Nothing;
        }
        if variable.has_global_storage() {
            return self.at_file_scope(variable, steps);
        }
        match self.last_set(point, variable) {
            Last::Set { value, statement } => {
                let place = statement.start();
                let point = Point {
                    function: point.function,
                    start: place.offset,
                    end: statement.end().offset.max(place.offset),
                };
                self.set_by(value, statement, point, place.line, steps)
            }
            Last::Entry if variable.kind() == CXCursor_ParmDecl => {
                self.passed(point.function, variable, steps)
            }
            _ => Known::Nothing,
        }
    }

    /// The value of what a statement gives a variable; other variables are worth what they are before it,
    /// or what the same declaration has given them.
    fn set_by(
        &self,
        value: Cursor<'unit>,
        statement: Cursor<'unit>,
        point: Point<'unit>,
        line: u32,
        steps: usize,
    ) -> Known {
        let declared = statement.children();
        let lookup = |mentioned: Cursor<'unit>| {
            let mentioned = mentioned.canonical();
            let earlier = declared.iter().find(|child| {
                child.kind() == CXCursor_VarDecl
                    && child.canonical() == mentioned
                    && child.start().offset < value.start().offset
            });
            match earlier.and_then(|child| child.initializer()) {
                Some(initializer) => {
                    self.set_by(initializer, statement, point, line, steps + 1).value()
                }
                None => self.before(point, mentioned, steps + 1).value(),
            }
        };
        if steps > MOST_STEPS {
            return Known::Nothing;
        }
        match fold::integer(value, &lookup, 0) {
            Some(value) => Known::Value(value, Source::Set { line }),
            None => Known::Nothing,
        }
    }

    fn at_file_scope(&self, variable: Cursor<'unit>, steps: usize) -> Known {
        let definition = variable.definition().unwrap_or(variable);
        let Some(initializer) = definition.initializer() else {
            return Known::Nothing;
        };
        let fixed = definition.type_of().canonical().is_const()
            || !self.functions.iter().any(|function| {
                self.changes(*function, variable)
                    || self.any(*function, 0, &|cursor| takes_address(cursor, variable))
            });
        let lookup = |mentioned: Cursor<'unit>| {
            let inner = mentioned.canonical();
            let known = inner.has_global_storage() && steps < MOST_STEPS;
            known.then(|| self.at_file_scope(inner, steps + 1).value()).flatten()
        };
        match fold::integer(initializer, &lookup, 0) {
            Some(value) if fixed => {
                Known::Value(value, Source::Set { line: definition.start().line })
            }
            _ => Known::Nothing,
        }
    }

    /// What the file's calls pass for a function's parameter.
    fn passed(&self, function: Cursor<'unit>, parameter: Cursor<'unit>, steps: usize) -> Known {
        let parameters = function.arguments();
        let position = parameters.iter().position(|other| other.canonical() == parameter);
        let Some(position) = position else {
            return Known::Nothing;
        };
        let mut values: Vec<(i64, u32)> = Vec::new();
        for caller in &self.functions {
            let mut calls = Vec::new();
            if !self.collect_calls(*caller, function.canonical(), 0, &mut calls) {
                return Known::Nothing;
            }
            // A function that calls itself has as many values as calls.
            if !calls.is_empty() && *caller == function {
                return Known::Nothing;
            }
            for call in calls {
                // Inside a macro, the place is where that is used.
                let place = call.start();
                if place.file != caller.start().file {
                    return Known::Nothing;
                }
                let point = Point {
                    function: *caller,
                    start: place.offset,
                    end: call.end().offset.max(place.offset),
                };
                let lookup = |mentioned: Cursor<'unit>| {
                    self.before(point, mentioned.canonical(), steps + 1).value()
                };
                let argument = call.arguments().get(position).copied();
                match argument.and_then(|argument| fold::integer(argument, &lookup, 0)) {
                    Some(value) => values.push((value, place.line)),
                    None => return Known::Nothing,
                }
            }
        }
        let Some((first, line)) = values.first().copied() else {
            return Known::Nothing;
        };
        if values.iter().all(|(value, _)| *value == first) {
            return Known::Value(first, Source::Call { line });
        }
        let mut distinct: Vec<(i64, u32)> = Vec::new();
        for (value, line) in values {
            if !distinct.iter().any(|known| known.0 == value) {
                distinct.push((value, line));
            }
        }
        Known::Contradiction(distinct)
    }

    /// Adds the calls of a function; false where some may be missing.
    fn collect_calls(
        &self,
        cursor: Cursor<'unit>,
        function: Cursor<'unit>,
        depth: usize,
        calls: &mut Vec<Cursor<'unit>>,
    ) -> bool {
        if depth > MOST_DEPTH || !self.spend() {
            return false;
        }
        if cursor.kind() == CXCursor_CallExpr
            && cursor.referenced().map(Cursor::canonical) == Some(function)
        {
            calls.push(cursor);
        }
        let mut children = cursor.children().into_iter();
        children.all(|child| self.collect_calls(child, function, depth + 1, calls))
    }

    fn effect(&self, statement: Cursor<'unit>, variable: Cursor<'unit>) -> Effect<'unit> {
        let children = statement.children();
        if statement.kind() == CXCursor_DeclStmt {
            let declares = |child: &&Cursor<'unit>| {
                child.kind() == CXCursor_VarDecl && child.canonical() == variable
            };
            if let Some(child) = children.iter().find(declares) {
                return match child.initializer() {
                    Some(value) if !self.changes(value, variable) => Effect::Sets(value),
                    _ => Effect::Unknown,
                };
            }
        }
        if let (CXCursor_BinaryOperator, [target, value]) = (statement.kind(), children.as_slice())
            && statement.binary_operator() == CXBinaryOperator_Assign
            && is_mention(unwrapped(*target), variable)
        {
            return if self.changes(*value, variable) {
                Effect::Unknown
            } else {
                Effect::Sets(*value)
            };
        }
        if self.changes(statement, variable) { Effect::Unknown } else { Effect::None }
    }

    /// Whether anything in it assigns the variable.
    fn changes(&self, cursor: Cursor<'unit>, variable: Cursor<'unit>) -> bool {
        self.any(cursor, 0, &|inner| assigns(inner, variable))
    }

    /// Whether the question is true of anything in it, or may be.
    fn any(
        &self,
        cursor: Cursor<'unit>,
        depth: usize,
        question: &dyn Fn(Cursor<'unit>) -> bool,
    ) -> bool {
        if depth > MOST_DEPTH || !self.spend() || question(cursor) {
            return true;
        }
        cursor.children().into_iter().any(|child| self.any(child, depth + 1, question))
    }

    fn spend(&self) -> bool {
        self.work.set(self.work.get() + 1);
        self.work.get() <= MOST_WORK
    }
}

/// The child that has the place in it and more.
fn child_around<'unit>(cursor: Cursor<'unit>, point: Point<'unit>) -> Option<Cursor<'unit>> {
    cursor.children().into_iter().find(|child| {
        let (start, end) = (child.start().offset, child.end().offset);
        child.is_in_main_file()
            && start <= point.start
            && end >= point.end
            && (start, end) != (point.start, point.end)
    })
}

/// Whether the node itself assigns the variable.
fn assigns(cursor: Cursor<'_>, variable: Cursor<'_>) -> bool {
    let assigns = match cursor.kind() {
        CXCursor_CompoundAssignOperator => true,
        CXCursor_BinaryOperator => cursor.binary_operator() == CXBinaryOperator_Assign,
        CXCursor_UnaryOperator => matches!(
            cursor.unary_operator(),
            CXUnaryOperator_PostInc
                | CXUnaryOperator_PostDec
                | CXUnaryOperator_PreInc
                | CXUnaryOperator_PreDec
        ),
        _ => false,
    };
    assigns
        && cursor.children().first().is_some_and(|target| is_mention(unwrapped(*target), variable))
}

fn takes_address(cursor: Cursor<'_>, variable: Cursor<'_>) -> bool {
    cursor.kind() == CXCursor_UnaryOperator
        && cursor.unary_operator() == CXUnaryOperator_AddrOf
        && cursor.children().first().is_some_and(|inner| is_mention(unwrapped(*inner), variable))
}

fn escapes(cursor: Cursor<'_>, variable: Cursor<'_>) -> bool {
    matches!(
        cursor.kind(),
        CXCursor_LabelStmt
            | CXCursor_GotoStmt
            | CXCursor_IndirectGotoStmt
            | CXCursor_AsmStmt
            | CXCursor_MSAsmStmt
    ) || takes_address(cursor, variable)
}

fn is_mention(cursor: Cursor<'_>, variable: Cursor<'_>) -> bool {
    cursor.kind() == CXCursor_DeclRefExpr
        && cursor.referenced().map(Cursor::canonical) == Some(variable)
}

/// What is in parentheses.
fn unwrapped(cursor: Cursor<'_>) -> Cursor<'_> {
    let mut current = cursor;
    while current.kind() == CXCursor_ParenExpr {
        match current.children().first() {
            Some(inner) => current = *inner,
            None => break,
        }
    }
    current
}
