//! What a file's own calls pass to a function.

use crate::libclang::{Cursor, Literal};
use crate::syntax::reader::is_changed;
use clang_sys::CXCursor_CallExpr;

/// Calls nested deeper than this are not looked at, and then nothing is known.
const MOST_DEPTH: usize = 512;

/// The integer that every call in the file passes for a parameter of the function, for each parameter for
/// which that is one constant and which the function itself does not change.
pub(crate) fn passed_values(root: Cursor<'_>, function: Cursor<'_>) -> Vec<(String, i64)> {
    let mut calls = Vec::new();
    if !collect(root, function, 0, &mut calls) {
        return Vec::new();
    }
    let value_at = |position: usize| {
        let mut values = calls.iter().map(|call| {
            match call.arguments().get(position).and_then(|argument| argument.evaluate()) {
                Some(Literal::Integer(value)) => Some(value),
                _ => None,
            }
        });
        let first = values.next()??;
        values.all(|value| value == Some(first)).then_some(first)
    };
    let parameters = function.arguments();
    (parameters.iter().enumerate())
        .filter(|(_, parameter)| !is_changed(function, **parameter))
        .filter_map(|(position, parameter)| Some((parameter.spelling(), value_at(position)?)))
        .collect()
}

/// Adds the calls of the function; false where some may be missing.
fn collect<'unit>(
    cursor: Cursor<'unit>,
    function: Cursor<'unit>,
    depth: usize,
    calls: &mut Vec<Cursor<'unit>>,
) -> bool {
    if depth > MOST_DEPTH {
        return false;
    }
    let is_call = cursor.kind() == CXCursor_CallExpr
        && cursor.referenced().map(Cursor::canonical) == Some(function.canonical());
    if is_call {
        calls.push(cursor);
    }
    // Other files' functions are not asked: whole system headers would be read for nothing.
    let children = cursor.children().into_iter();
    let mut own = children.filter(|child| depth > 0 || child.is_in_main_file());
    own.all(|child| collect(child, function, depth + 1, calls))
}
