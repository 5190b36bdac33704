//! Where a region stands in its file, and what holds there: the types, macros and pragmas of the blocks
//! around it, which a function at file scope would not see.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use crate::libclang::{Cursor, Token};
use clang_sys::*;

/// Blocks nested deeper than this around a region are not looked into.
const MOST_DEPTH: usize = 400;

/// A region's place. Offsets are bytes of the main file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Where the host function begins: another function may stand in front of it.
    pub(crate) insertion: usize,
    /// For each block around the region, outermost first, what stands in it before the region and is no
    /// variable: types, constants of enumerations, macros, pragmas of the compiler.
    pub(crate) blocks: Vec<Vec<Piece>>,
    /// Whether a function that the region calls reads or writes variables at file scope.
    pub(crate) calls_use_globals: bool,
    /// Whether the region asks for sizes or types of its variables.
    pub(crate) asks_for_sizes: bool,
}

/// A piece of the main file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub start: usize,
    pub end: usize,
    /// Text that is written behind it.
    pub after: &'static str,
}

impl Site {
    /// The place of the region between two offsets in a function.
    pub(crate) fn new(
        function: Cursor<'_>,
        region: (usize, usize),
        text: &[u8],
        tokens: &[Token],
        skipped: &[(usize, usize)],
    ) -> Self {
        let mut site = Self { insertion: function.start().offset, ..Self::default() };
        let inside = tokens
            .iter()
            .filter(|token| (region.0..region.1).contains(&token.start))
            .map(|token| token.text.as_str());
        let asking = ["sizeof", "typeof", "__typeof__", "__typeof", "_Alignof", "_Generic"];
        site.asks_for_sizes = inside.clone().any(|word| asking.contains(&word));
        let lines = directives(function.start().offset, region.0, text, tokens, skipped);
        let mut current = function;
        for _ in 0..MOST_DEPTH {
            let children = current.children();
            if current.kind() == CXCursor_CompoundStmt {
                let block = pieces(current, &children, region, &lines);
                site.blocks.push(block);
            }
            let around = children.into_iter().find(|child| {
                child.is_in_main_file()
                    && child.start().offset < region.0
                    && child.end().offset > region.1
            });
            match around {
                Some(child) => current = child,
                None => break,
            }
        }
        site.calls_use_globals = uses_globals(current, region, 0, &mut Vec::new());
        site
    }
}

/// A preprocessor line or pragma operator.
struct Directive {
    piece: Piece,
    /// A macro's definition, which holds to the end of the file; a pragma holds in its block.
    is_macro: bool,
}

/// What a block has to say, in the order of the text.
fn pieces(
    block: Cursor<'_>,
    children: &[Cursor<'_>],
    region: (usize, usize),
    lines: &[Directive],
) -> Vec<Piece> {
    let (start, end) = (block.start().offset, block.end().offset);
    let before: Vec<Cursor<'_>> =
        children.iter().copied().filter(|child| child.end().offset <= region.0).collect();
    let around = children
        .iter()
        .find(|child| child.start().offset < region.0 && child.end().offset > region.1)
        .map_or(region.0, |child| child.start().offset);
    let mut pieces: Vec<Piece> = lines
        .iter()
        .filter(|line| (start..end).contains(&line.piece.start) && line.piece.start < around)
        .filter(|line| {
            let inner = before.iter().any(|child| {
                (child.start().offset..child.end().offset).contains(&line.piece.start)
            });
            line.is_macro || !inner
        })
        .map(|line| line.piece)
        .collect();
    for statement in before.iter().filter(|child| child.kind() == CXCursor_DeclStmt) {
        let declared = statement.children();
        if declared.iter().all(|one| is_type(*one)) {
            pieces.push(piece(*statement, "\n"));
        } else {
            // `enum { A, B } mode;`: the type alone.
            let types = declared.into_iter().filter(|one| is_type(*one));
            pieces.extend(types.map(|one| piece(one, ";\n")));
        }
    }
    pieces.sort_by_key(|piece| (piece.start, piece.end));
    pieces
}

fn piece(cursor: Cursor<'_>, after: &'static str) -> Piece {
    Piece { start: cursor.start().offset, end: cursor.end().offset, after }
}

fn is_type(cursor: Cursor<'_>) -> bool {
    matches!(
        cursor.kind(),
        CXCursor_TypedefDecl | CXCursor_EnumDecl | CXCursor_StructDecl | CXCursor_UnionDecl
    )
}

/// The lines between two offsets that define macros or speak to the compiler.
fn directives(
    start: usize,
    end: usize,
    text: &[u8],
    tokens: &[Token],
    skipped: &[(usize, usize)],
) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut previous_line = 0;
    for window in tokens.windows(4) {
        let [first, word, third, fourth] = window else { continue };
        let begins_line = first.line != previous_line;
        previous_line = first.line;
        let outside = !(start..end).contains(&first.start)
            || skipped.iter().any(|range| (range.0..range.1).contains(&first.start));
        if outside {
            continue;
        }
        let speaks =
            |text: &str| matches!(text, "STDC" | "clang" | "GCC" | "push_macro" | "pop_macro");
        if begins_line && first.text == "#" {
            let is_macro = matches!(word.text.as_str(), "define" | "undef");
            if is_macro || (word.text == "pragma" && speaks(&third.text)) {
                let line =
                    Piece { start: first.start, end: end_of_line(text, first.start), after: "\n" };
                found.push(Directive { piece: line, is_macro });
            }
        } else if first.text == "_Pragma" && word.text == "(" && fourth.text == ")" {
            let said = third.text.trim_start_matches(['L', 'u', '8', 'U']).trim_start_matches('"');
            if said.split_whitespace().next().is_some_and(speaks) {
                let operator = Piece { start: first.start, end: fourth.end, after: "\n" };
                found.push(Directive { piece: operator, is_macro: false });
            }
        }
    }
    found
}

/// The end of a line that may go on behind a backslash.
fn end_of_line(text: &[u8], start: usize) -> usize {
    let mut position = start;
    while let Some(byte) = text.get(position) {
        if *byte == b'\n' {
            let line = text.get(start..position).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.last() != Some(&b'\\') {
                break;
            }
        }
        position += 1;
    }
    position
}

/// Whether functions that are called in the region mention variables at file scope that may change.
fn uses_globals<'unit>(
    cursor: Cursor<'unit>,
    region: (usize, usize),
    depth: usize,
    seen: &mut Vec<Cursor<'unit>>,
) -> bool {
    if depth > MOST_DEPTH {
        return true;
    }
    let called = (cursor.kind() == CXCursor_CallExpr)
        .then(|| cursor.referenced().and_then(Cursor::definition))
        .flatten()
        .filter(|function| function.kind() == CXCursor_FunctionDecl);
    if let Some(function) = called
        && !seen.contains(&function)
    {
        seen.push(function);
        if mentions_globals(function, depth + 1, seen) {
            return true;
        }
    }
    cursor.children().into_iter().any(|child| {
        let (start, end) = (child.start().offset, child.end().offset);
        let apart = child.is_in_main_file() && (end < region.0 || start > region.1);
        !apart && uses_globals(child, region, depth + 1, seen)
    })
}

fn mentions_globals<'unit>(
    cursor: Cursor<'unit>,
    depth: usize,
    seen: &mut Vec<Cursor<'unit>>,
) -> bool {
    if depth > MOST_DEPTH {
        return true;
    }
    let mentioned = (cursor.kind() == CXCursor_DeclRefExpr).then(|| cursor.referenced()).flatten();
    if let Some(declaration) = mentioned {
        if declaration.kind() == CXCursor_VarDecl
            && declaration.has_global_storage()
            && !declaration.type_of().canonical().is_const()
        {
            return true;
        }
        if declaration.kind() == CXCursor_FunctionDecl
            && let Some(function) = declaration.definition()
            && !seen.contains(&function)
        {
            seen.push(function);
            if mentions_globals(function, depth + 1, seen) {
                return true;
            }
        }
    }
    cursor.children().into_iter().any(|child| mentions_globals(child, depth + 1, seen))
}
