//! Whether the value that a local variable has behind the region may be read in its function.
//!
//! From the region's end on, the function is followed in its order: what reads the variable before anything
//! surely sets it makes it live. Jumps are not followed: with labels in the function, every mention counts.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use crate::libclang::Cursor;
use clang_sys::*;

/// Functions nested deeper than this are not followed: every variable counts as read.
const MOST_DEPTH: usize = 800;

/// What a part of the function does with a variable first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Reads,
    /// It gets another value on every way through, or the function ends.
    Kills,
    Neither,
}

/// A function around a region.
pub(super) struct Function<'unit> {
    function: Cursor<'unit>,
    /// The bytes of the main file between the pragmas.
    region: (usize, usize),
}

impl<'unit> Function<'unit> {
    pub fn new(function: Cursor<'unit>, region: (usize, usize)) -> Self {
        Self { function, region }
    }

    /// Whether the function may read the variable behind the region before it sets it.
    pub fn reads_after(&self, variable: Cursor<'unit>) -> bool {
        if self.jumps_or_takes_address(self.function, variable, 0) {
            return self.mentions(self.function, variable, 0);
        }
        // The blocks and statements around the region, outermost first.
        let mut around = vec![self.function];
        while let Some(inner) = around.last().and_then(|last| self.child_around(*last)) {
            around.push(inner);
            if around.len() > MOST_DEPTH {
                return true;
            }
        }
        for level in (0..around.len()).rev() {
            let Some(statement) = around.get(level).copied() else { continue };
            let inner = around.get(level + 1).copied();
            match self.behind(statement, inner, variable) {
                Use::Reads => return true,
                Use::Kills => return false,
                Use::Neither => {}
            }
        }
        false
    }

    /// What runs in `statement` behind its part `inner`, or behind the region that lies directly in it.
    fn behind(
        &self,
        statement: Cursor<'unit>,
        inner: Option<Cursor<'unit>>,
        variable: Cursor<'unit>,
    ) -> Use {
        let children = statement.children();
        match (statement.kind(), children.as_slice()) {
            (CXCursor_CompoundStmt, _) => {
                let rest: Vec<_> = children
                    .into_iter()
                    .skip_while(|child| match inner {
                        Some(inner) => *child != inner,
                        None => child.start().offset < self.region.1,
                    })
                    .skip(usize::from(inner.is_some()))
                    .collect();
                self.sequence(&rest, variable, 0)
            }
            (CXCursor_ForStmt, [_, condition, step, body]) => {
                self.round_again(&[*step, *condition], *body, variable)
            }
            (CXCursor_WhileStmt, [condition, body]) => {
                self.round_again(&[*condition], *body, variable)
            }
            (CXCursor_DoStmt, [body, condition]) => {
                self.round_again(&[*condition], *body, variable)
            }
            (CXCursor_ForStmt | CXCursor_WhileStmt | CXCursor_DoStmt, _)
                if self.mentions(statement, variable, 0) =>
            {
                Use::Reads
            }
            _ => Use::Neither,
        }
    }

    /// The end of a loop's body: what comes before the next iteration, and that iteration.
    fn round_again(
        &self,
        between: &[Cursor<'unit>],
        body: Cursor<'unit>,
        variable: Cursor<'unit>,
    ) -> Use {
        match self.sequence(between, variable, 0) {
            Use::Neither if self.first_use(body, variable, 0) == Use::Reads => Use::Reads,
            other => other,
        }
    }

    fn sequence(&self, parts: &[Cursor<'unit>], variable: Cursor<'unit>, depth: usize) -> Use {
        let mut leaves = false;
        for part in parts {
            match self.first_use(*part, variable, depth) {
                Use::Reads => return Use::Reads,
                Use::Kills if leaves => return Use::Neither,
                Use::Kills => return Use::Kills,
                Use::Neither => leaves = leaves || breaks(*part, 0),
            }
        }
        Use::Neither
    }

    fn first_use(&self, cursor: Cursor<'unit>, variable: Cursor<'unit>, depth: usize) -> Use {
        if depth > MOST_DEPTH {
            return Use::Reads;
        }
        if self.is_in_region(cursor) {
            return Use::Neither;
        }
        let deeper = depth + 1;
        let children = cursor.children();
        let branches = |condition: Cursor<'unit>, branches: &[Cursor<'unit>]| {
            let first = self.first_use(condition, variable, deeper);
            if first != Use::Neither {
                return first;
            }
            let uses: Vec<Use> =
                branches.iter().map(|branch| self.first_use(*branch, variable, deeper)).collect();
            if uses.contains(&Use::Reads) {
                Use::Reads
            } else if uses.len() == 2 && uses.iter().all(|branch| *branch == Use::Kills) {
                Use::Kills
            } else {
                Use::Neither
            }
        };
        // What may run, or not, or several times.
        let perhaps = |parts: &[Cursor<'unit>]| match self.sequence(parts, variable, deeper) {
            Use::Kills => Use::Neither,
            other => other,
        };
        match (cursor.kind(), children.as_slice()) {
            (CXCursor_DeclRefExpr, _) if is_mention(cursor, variable) => Use::Reads,
            (CXCursor_BinaryOperator, [target, value])
                if cursor.binary_operator() == CXBinaryOperator_Assign
                    && is_mention(unwrapped(*target), variable) =>
            {
                match self.first_use(*value, variable, deeper) {
                    Use::Reads => Use::Reads,
                    _ => Use::Kills,
                }
            }
            (CXCursor_BinaryOperator, [left, right])
                if matches!(
                    cursor.binary_operator(),
                    CXBinaryOperator_LAnd | CXBinaryOperator_LOr
                ) =>
            {
                branches(*left, &[*right])
            }
            (CXCursor_ConditionalOperator | CXCursor_IfStmt, [condition, rest @ ..]) => {
                branches(*condition, rest)
            }
            (CXCursor_ForStmt, [first, condition, step, body]) => {
                match self.sequence(&[*first, *condition], variable, deeper) {
                    Use::Neither => perhaps(&[*body, *step]),
                    other => other,
                }
            }
            (CXCursor_WhileStmt, [condition, body]) => {
                match self.first_use(*condition, variable, deeper) {
                    Use::Neither => perhaps(&[*body]),
                    other => other,
                }
            }
            (CXCursor_DoStmt, _) => perhaps(&children),
            (
                CXCursor_ForStmt | CXCursor_WhileStmt | CXCursor_SwitchStmt | CXCursor_CaseStmt
                | CXCursor_DefaultStmt,
                _,
            ) => {
                if self.mentions(cursor, variable, depth) {
                    Use::Reads
                } else {
                    Use::Neither
                }
            }
            (CXCursor_ReturnStmt, _) => match self.sequence(&children, variable, deeper) {
                Use::Reads => Use::Reads,
                _ => Use::Kills,
            },
            _ => self.sequence(&children, variable, deeper),
        }
    }

    fn is_in_region(&self, cursor: Cursor<'unit>) -> bool {
        let start = cursor.start();
        cursor.is_in_main_file()
            && start.offset >= self.region.0
            && cursor.end().offset.max(start.offset) <= self.region.1
    }

    /// The child that has the region in it.
    fn child_around(&self, cursor: Cursor<'unit>) -> Option<Cursor<'unit>> {
        cursor.children().into_iter().find(|child| {
            child.is_in_main_file()
                && child.start().offset < self.region.0
                && child.end().offset > self.region.1
        })
    }

    /// Whether the variable is mentioned outside of the region.
    fn mentions(&self, cursor: Cursor<'unit>, variable: Cursor<'unit>, depth: usize) -> bool {
        if depth > MOST_DEPTH {
            return true;
        }
        if self.is_in_region(cursor) {
            return false;
        }
        is_mention(cursor, variable)
            || cursor.children().into_iter().any(|child| self.mentions(child, variable, depth + 1))
    }

    fn jumps_or_takes_address(
        &self,
        cursor: Cursor<'unit>,
        variable: Cursor<'unit>,
        depth: usize,
    ) -> bool {
        if depth > MOST_DEPTH {
            return true;
        }
        let children = cursor.children();
        match cursor.kind() {
            CXCursor_LabelStmt
            | CXCursor_GotoStmt
            | CXCursor_IndirectGotoStmt
            | CXCursor_AsmStmt
            | CXCursor_MSAsmStmt => return true,
            CXCursor_UnaryOperator
                if cursor.unary_operator() == CXUnaryOperator_AddrOf
                    && children
                        .first()
                        .is_some_and(|operand| is_mention(unwrapped(*operand), variable)) =>
            {
                return true;
            }
            _ => {}
        }
        children.into_iter().any(|child| self.jumps_or_takes_address(child, variable, depth + 1))
    }
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

/// Whether a `break` or `continue` may leave the statement.
fn breaks(cursor: Cursor<'_>, depth: usize) -> bool {
    match cursor.kind() {
        CXCursor_BreakStmt | CXCursor_ContinueStmt => true,
        CXCursor_ForStmt | CXCursor_WhileStmt | CXCursor_DoStmt => false,
        _ => {
            depth > MOST_DEPTH
                || cursor.children().into_iter().any(|child| breaks(child, depth + 1))
        }
    }
}
