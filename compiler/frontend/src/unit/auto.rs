//! Regions that nobody marked: maximal runs of statements that can be represented.
//!
//! In each block, every outermost loop is tried by itself. One that cannot be represented is looked into; one
//! that can is joined with what stands before it, as long as all of it together can. So a region is as large as
//! possible, and of a loop that is left the reason is known. Functions with pragmas of their own are their
//! writer's.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use super::Region;
use crate::error::FrontendError;
use crate::libclang::{Cursor, Token};
use crate::pragmas::PragmaPair;
use clang_sys::*;
use std::collections::HashSet;

/// Blocks nested deeper than this are not looked into.
const DEEPEST: usize = 200;

/// No more pieces of a function are tried.
const MOST_TRIED: usize = 400;

/// Two bytes of the main file.
type Range = (usize, usize);

/// Makes a region of a piece of text.
type Attempt<'a> = &'a mut dyn FnMut(Range) -> Result<Region, FrontendError>;

/// The regions of a function, and the loops that are none with the reasons; in the order of the text.
pub(super) fn find(
    text: &str,
    function: Cursor<'_>,
    attempt: Attempt<'_>,
) -> Result<Vec<Region>, FrontendError> {
    let mut finder = Finder { text, attempt, found: Vec::new(), told: HashSet::new(), tried: 0 };
    let body = function.children().into_iter().find(|child| child.kind() == CXCursor_CompoundStmt);
    if let Some(body) = body {
        finder.block(&body.children(), 0)?;
    }
    finder.found.sort_by_key(|region| region.span.start);
    Ok(finder.found)
}

/// A piece of the text as if pragmas stood around it.
pub(super) fn pair(text: &str, start: usize, end: usize) -> PragmaPair {
    let before = text.get(..start).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = start - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let (line, column) = (number(line), number(column));
    let opening = Token { text: "for".to_owned(), line, column, start, end: start + "for".len() };
    PragmaPair { opening, start, end }
}

/// The regions with a name each; `name` gives the next that is free.
pub(super) fn named(
    mut found: Vec<Region>,
    names: &mut Vec<String>,
    name: impl Fn(&[String]) -> String,
) -> Vec<Region> {
    for region in &mut found {
        region.marked = false;
        if let Ok(program) = &mut region.result {
            program.name = name(names);
            names.push(program.name.clone());
        }
    }
    found
}

struct Finder<'a> {
    text: &'a str,
    attempt: Attempt<'a>,
    found: Vec<Region>,
    /// The places of what stands against a region. What stands against a loop inside of one stands against both.
    told: HashSet<(usize, usize)>,
    tried: usize,
}

impl Finder<'_> {
    /// The statements of a block.
    fn block(&mut self, statements: &[Cursor<'_>], depth: usize) -> Result<(), FrontendError> {
        let mut open: Option<(Range, Region)> = None;
        for statement in statements {
            if depth > DEEPEST || self.tried > MOST_TRIED || !has_loops(*statement, depth) {
                continue;
            }
            let range = self.range(*statement);
            let mut region = range.map(|range| self.attempted(range)).transpose()?;
            let nested = nesting(*statement, 0);
            region.iter_mut().for_each(|region| region.depth = nested);
            match range.zip(region) {
                Some((range, region)) if region.result.is_ok() => {
                    open = Some(match open.take() {
                        Some((before, earlier)) => {
                            let both = (before.0, range.1);
                            let mut joined = self.attempted(both)?;
                            joined.depth = region.depth.max(earlier.depth);
                            if joined.result.is_ok() {
                                (both, joined)
                            } else {
                                self.found.push(earlier);
                                (range, region)
                            }
                        }
                        None => (range, region),
                    });
                }
                other => {
                    self.found.extend(open.take().map(|(_, region)| region));
                    self.tell(other.map(|(_, region)| region));
                    self.inside(*statement, depth)?;
                }
            }
        }
        self.found.extend(open.map(|(_, region)| region));
        Ok(())
    }

    /// What is in a statement that is no region.
    fn inside(&mut self, statement: Cursor<'_>, depth: usize) -> Result<(), FrontendError> {
        let children = statement.children();
        match statement.kind() {
            CXCursor_CompoundStmt => self.block(&children, depth + 1),
            CXCursor_ForStmt | CXCursor_WhileStmt | CXCursor_DoStmt | CXCursor_IfStmt
            | CXCursor_SwitchStmt | CXCursor_CaseStmt | CXCursor_DefaultStmt
            | CXCursor_LabelStmt => children.into_iter().try_for_each(|child| match child.kind() {
                CXCursor_CompoundStmt => self.inside(child, depth + 1),
                _ => self.block(&[child], depth + 1),
            }),
            // Directives of OpenMP, and whatever else speaks of the loop that it holds.
            _ => Ok(()),
        }
    }

    fn attempted(&mut self, range: Range) -> Result<Region, FrontendError> {
        self.tried += 1;
        (self.attempt)(range)
    }

    /// Keeps why a loop is no region, once for each place.
    fn tell(&mut self, rejected: Option<Region>) {
        if let Some(region) = rejected
            && let Err(reject) = &region.result
            && self.told.insert((reject.span.start, reject.span.end))
        {
            self.found.push(region);
        }
    }

    /// The text of a loop with what ends it, if it stands in the text as it is, and no pragma in front speaks of it.
    fn range(&self, statement: Cursor<'_>) -> Option<Range> {
        if statement.kind() != CXCursor_ForStmt || !statement.is_in_main_file() {
            return None;
        }
        let (start, end) = (statement.start().offset, statement.end().offset);
        let rest = self.text.get(start..)?;
        let after = rest.strip_prefix("for")?;
        if after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
            return None;
        }
        let before = self.text.get(..start)?.trim_end();
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
        if line.starts_with('#') && line.contains("pragma") || line.starts_with("_Pragma") {
            return None;
        }
        let inner = self.text.get(start..end)?;
        if inner.ends_with('}') || inner.ends_with(';') {
            return Some((start, end));
        }
        let behind = self.text.get(end..)?;
        let blank = behind.len() - behind.trim_start().len();
        behind.trim_start().starts_with(';').then_some((start, end + blank + 1))
    }
}

/// The file's functions, also those that C++ has in namespaces and blocks of another language.
pub(super) fn functions(around: Cursor<'_>) -> Vec<Cursor<'_>> {
    let mut found = Vec::new();
    for child in around.children().into_iter().filter(|child| child.is_in_main_file()) {
        match child.kind() {
            CXCursor_FunctionDecl if child.is_definition() => found.push(child),
            CXCursor_Namespace | CXCursor_LinkageSpec => found.extend(functions(child)),
            _ => {}
        }
    }
    found
}

/// How many loops stand in each other.
fn nesting(cursor: Cursor<'_>, depth: usize) -> usize {
    if depth > DEEPEST || cursor.is_expression() {
        return 0;
    }
    let kinds = [CXCursor_ForStmt, CXCursor_WhileStmt, CXCursor_DoStmt];
    let inner = cursor.children().into_iter().map(|child| nesting(child, depth + 1)).max();
    inner.unwrap_or(0) + usize::from(kinds.contains(&cursor.kind()))
}

fn has_loops(cursor: Cursor<'_>, depth: usize) -> bool {
    if depth > DEEPEST || cursor.is_expression() {
        return false;
    }
    cursor.kind() == CXCursor_ForStmt
        || cursor.children().into_iter().any(|child| has_loops(child, depth + 1))
}
