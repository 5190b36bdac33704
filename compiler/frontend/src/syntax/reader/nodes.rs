//! Questions about whole trees of libclang's, answered without recursion: they may be of any depth.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use crate::libclang::Cursor;
use clang_sys::*;
use std::collections::HashSet;

/// The variables that the function changes anywhere after their declaration, or whose address it takes.
pub(super) fn changed_variables(function: Cursor<'_>) -> HashSet<Cursor<'_>> {
    let mut changed = HashSet::new();
    let mut pending = vec![function];
    while let Some(cursor) = pending.pop() {
        let children = cursor.children();
        if changes_its_operand(cursor) {
            let mut target = children.first().copied();
            while let Some(inner) = target {
                if inner.kind() != CXCursor_ParenExpr {
                    break;
                }
                target = inner.children().first().copied();
            }
            let mentioned = target
                .filter(|target| target.kind() == CXCursor_DeclRefExpr)
                .and_then(Cursor::referenced);
            changed.extend(mentioned.map(Cursor::canonical));
        }
        pending.extend(children);
    }
    changed
}

fn changes_its_operand(cursor: Cursor<'_>) -> bool {
    match cursor.kind() {
        CXCursor_CompoundAssignOperator => true,
        CXCursor_BinaryOperator => cursor.binary_operator() == CXBinaryOperator_Assign,
        CXCursor_UnaryOperator => matches!(
            cursor.unary_operator(),
            CXUnaryOperator_PostInc
                | CXUnaryOperator_PostDec
                | CXUnaryOperator_PreInc
                | CXUnaryOperator_PreDec
                | CXUnaryOperator_AddrOf
        ),
        _ => false,
    }
}

/// Whether something is nested deeper than a limit, counted from the tree's root.
pub(super) fn is_deeper(root: Cursor<'_>, limit: usize) -> bool {
    let mut pending = vec![(root, 0usize)];
    while let Some((cursor, depth)) = pending.pop() {
        if depth > limit {
            return true;
        }
        pending.extend(cursor.children().into_iter().map(|child| (child, depth + 1)));
    }
    false
}

/// Whether statements are the one that a loop or condition has for a body.
pub(super) fn is_whole_body(around: Cursor<'_>, inside: &[Cursor<'_>]) -> bool {
    let kinds = [CXCursor_ForStmt, CXCursor_WhileStmt, CXCursor_DoStmt, CXCursor_IfStmt];
    kinds.contains(&around.kind()) && matches!(inside, [only] if only.is_statement())
}
