//! The names of regions, and what a file defines.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use crate::host::FunctionSignature;
use crate::libclang::Cursor;
use clang_sys::{
    CXCursor_FunctionDecl, CXCursor_InclusionDirective, CXCursor_MacroDefinition,
    CXCursor_MacroExpansion, CXCursor_VarDecl,
};
use std::collections::BTreeSet;

/// The function's name for its first region, then with the next number that neither a region nor another
/// function has.
pub(super) fn program_name(
    function: &str,
    taken: &[String],
    functions: &[FunctionSignature],
) -> String {
    let free =
        |name: &String| !taken.contains(name) && !functions.iter().any(|other| other.name == *name);
    if !taken.iter().any(|name| name == function) {
        return function.to_owned();
    }
    let mut names = (2..).map(|number| format!("{function}_{number}"));
    names.find(free).unwrap_or_else(|| function.to_owned())
}

/// What a file defines with external linkage, each name once.
pub(super) fn definitions(root: Cursor<'_>) -> Vec<String> {
    let mut names: Vec<String> = root
        .children()
        .into_iter()
        .filter(|one| match one.kind() {
            CXCursor_FunctionDecl => one.is_definition() && !one.is_static() && !one.is_inlined(),
            CXCursor_VarDecl => {
                !one.is_static() && (!one.is_extern() || one.initializer().is_some())
            }
            _ => false,
        })
        .map(Cursor::spelling)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The names of macros, and of what is declared at file scope.
pub(super) fn known(root: Cursor<'_>) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut macros, mut declared) = (BTreeSet::new(), BTreeSet::new());
    for one in root.children() {
        match one.kind() {
            CXCursor_MacroDefinition => drop(macros.insert(one.spelling())),
            CXCursor_MacroExpansion | CXCursor_InclusionDirective => {}
            _ => drop(declared.insert(one.spelling())),
        }
    }
    (macros, declared)
}
