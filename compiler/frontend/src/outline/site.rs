//! Where a region stands in its file, and what holds there: the types, macros and pragmas of the blocks
//! around it, which a function at file scope would not see.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use super::directives::{Directive, DirectiveKind, directives, insertion};
use crate::libclang::{Cursor, Header, Line, Token, TranslationUnit};
use clang_sys::*;

/// Blocks nested deeper than this around a region are not looked into.
const MOST_DEPTH: usize = 400;

/// A region's place. Offsets are bytes of the main file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// In front of the host function: another function may stand here.
    pub(crate) insertion: usize,
    /// What the compiler calls the line of the insertion, of the region's beginning and of its end.
    pub(crate) lines: [Line; 3],
    /// For each block around the region, outermost first, what stands in it before the region and is no
    /// variable: types, constants of enumerations, macros, pragmas of the compiler.
    pub(crate) blocks: Vec<Vec<Piece>>,
    /// The macros that those blocks change.
    pub(crate) macros: Vec<String>,
    /// The macros that those blocks put aside, and that the function fetches again behind the region.
    pub(crate) pushed: Vec<String>,
    /// Whether multiply-adds are contracted in the region, where a pragma has a say in it.
    pub(crate) contraction: Option<bool>,
    /// Whether a function that the region calls reads or writes variables at file scope.
    pub(crate) calls_use_globals: bool,
    /// Whether the region asks for sizes or types of its variables.
    pub(crate) asks_for_sizes: bool,
}

/// C that is repeated in front of the region's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it stands in the main file, or the `#include` of what it stands in.
    pub start: usize,
    pub text: Vec<u8>,
}

/// A file as tokens and bytes.
pub(crate) struct Source<'a> {
    pub unit: &'a TranslationUnit,
    pub text: &'a [u8],
    pub tokens: &'a [Token],
    pub skipped: &'a [(usize, usize)],
    /// The files that it includes.
    pub headers: &'a [Header<'a>],
}

impl Site {
    /// The place of the region between two offsets in a function.
    pub(crate) fn new(function: Cursor<'_>, region: (usize, usize), source: &Source<'_>) -> Self {
        let insertion = insertion(function.start().offset, source.tokens);
        let line = |offset| source.unit.line_as_named(offset);
        let mut site = Self {
            insertion,
            lines: [line(insertion), line(region.0), line(region.1)],
            ..Self::default()
        };
        let inside = source
            .tokens
            .iter()
            .filter(|token| (region.0..region.1).contains(&token.start))
            .map(|token| token.text.as_str());
        let asking = ["sizeof", "typeof", "__typeof__", "__typeof", "_Alignof", "_Generic"];
        site.asks_for_sizes = inside.clone().any(|word| asking.contains(&word));
        let within = (function.start().offset, region.0);
        let lines = directives(within, source.text, source.tokens, source.skipped);
        let included = included_macros(within, source);
        site.macros = changed(lines.iter().chain(included.iter().map(|(_, line)| line)));
        let mut current = function;
        for _ in 0..MOST_DEPTH {
            let children = current.children();
            if current.kind() == CXCursor_CompoundStmt {
                let outermost = site.blocks.is_empty();
                let pushed = &mut site.pushed;
                let mut block = pieces(current, &children, region, source, &lines, pushed);
                if outermost {
                    block.extend(included.iter().map(|(piece, _)| piece.clone()));
                }
                block.sort_by_key(|piece| piece.start);
                site.blocks.push(block);
            }
            let around = children.into_iter().find(|child| surrounds(*child, region));
            match around {
                Some(child) => current = child,
                None => break,
            }
        }
        site.calls_use_globals = uses_globals(current, region, 0, false, &mut Vec::new());
        site
    }
}

fn surrounds(cursor: Cursor<'_>, region: (usize, usize)) -> bool {
    cursor.is_in_main_file() && cursor.start().offset < region.0 && cursor.end().offset >= region.1
}

/// The macros that lines define, each once.
fn changed<'a>(lines: impl Iterator<Item = &'a Directive>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in lines {
        match &line.kind {
            DirectiveKind::Macro(name) | DirectiveKind::Push(name) | DirectiveKind::Pop(name)
                if !names.contains(name) =>
            {
                names.push(name.clone());
            }
            _ => {}
        }
    }
    names
}

/// The macros of files that are included between two offsets.
fn included_macros(within: (usize, usize), source: &Source<'_>) -> Vec<(Piece, Directive)> {
    let mut found = Vec::new();
    let inside = |header: &&Header<'_>| (within.0..within.1).contains(&header.included_at);
    for header in source.headers.iter().filter(inside) {
        let Ok(text) = std::fs::read(&header.path) else { continue };
        let tokens = source.unit.header_tokens(header, text.len());
        let skipped = source.unit.header_skipped_ranges(header);
        for line in directives((0, text.len()), &text, &tokens, &skipped) {
            if line.is_of_macros() {
                let bytes = text.get(line.start..line.end).unwrap_or_default();
                let text = [bytes, b"\n"].concat();
                found.push((Piece { start: header.included_at, text }, line));
            }
        }
    }
    found
}

/// What a block has to say, in the order of the text.
fn pieces(
    block: Cursor<'_>,
    children: &[Cursor<'_>],
    region: (usize, usize),
    source: &Source<'_>,
    lines: &[Directive],
    pushed: &mut Vec<String>,
) -> Vec<Piece> {
    let (start, end) = (block.start().offset, block.end().offset);
    // In the order of the text, whatever file they stand in.
    let before: Vec<Cursor<'_>> = children
        .iter()
        .copied()
        .take_while(|child| !child.is_in_main_file() || child.end().offset <= region.0)
        .collect();
    let around = children
        .iter()
        .find(|child| surrounds(**child, region))
        .map_or(region.0, |child| child.start().offset);
    let mut pieces: Vec<Piece> = Vec::new();
    for line in lines {
        if !(start..end).contains(&line.start) || line.start >= around {
            continue;
        }
        let inner = before.iter().any(|child| {
            child.is_in_main_file()
                && (child.start().offset..child.end().offset).contains(&line.start)
        });
        if inner && !line.is_of_macros() {
            continue;
        }
        let mut text = source.text.get(line.start..line.end).unwrap_or_default().to_vec();
        text.push(b'\n');
        match &line.kind {
            DirectiveKind::Push(name) => pushed.push(name.clone()),
            DirectiveKind::Pop(name) => match pushed.iter().rposition(|other| other == name) {
                Some(position) => drop(pushed.remove(position)),
                // What lies on the stack is still to be fetched by the function itself.
                None => text.extend(format!("#pragma push_macro(\"{name}\")\n").bytes()),
            },
            _ => {}
        }
        pieces.push(Piece { start: line.start, text });
    }
    for statement in before.iter().filter(|child| child.kind() == CXCursor_DeclStmt) {
        let declared = statement.children();
        if declared.iter().all(|one| is_type(*one)) {
            pieces.extend(repeated(*statement, "\n", source));
        } else {
            // `enum { A, B } mode;`: the type alone.
            let types = declared.into_iter().filter(|one| is_type(*one));
            pieces.extend(types.filter_map(|one| repeated(one, ";\n", source)));
        }
    }
    pieces
}

/// A declaration again.
fn repeated(cursor: Cursor<'_>, after: &str, source: &Source<'_>) -> Option<Piece> {
    let (start, end) = (cursor.start(), cursor.end());
    if cursor.is_in_main_file() {
        let text = source.text.get(start.offset..end.offset).unwrap_or_default();
        return Some(Piece { start: start.offset, text: [text, after.as_bytes()].concat() });
    }
    let header = source.headers.iter().find(|header| Some(&header.path) == start.file.as_ref())?;
    let words: Vec<String> =
        source.unit.tokens_of(cursor).into_iter().map(|token| token.text).collect();
    let text = format!("{}{after}", words.join(" ")).into_bytes();
    Some(Piece { start: header.included_at, text })
}

fn is_type(cursor: Cursor<'_>) -> bool {
    matches!(
        cursor.kind(),
        CXCursor_TypedefDecl | CXCursor_EnumDecl | CXCursor_StructDecl | CXCursor_UnionDecl
    )
}

/// Whether functions that are called in the region mention variables at file scope that may change.
fn uses_globals<'unit>(
    cursor: Cursor<'unit>,
    region: (usize, usize),
    depth: usize,
    inside: bool,
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
        // libclang looks for the place of a sum in its first term, so that asking each of a long sum takes
        // quadratic time; what is in the region has nothing in it that is not.
        if inside {
            return uses_globals(child, region, depth + 1, true, seen);
        }
        let (start, end) = (child.start().offset, child.end().offset);
        let main = child.is_in_main_file();
        let apart = main && (end < region.0 || start > region.1);
        let within = main && start >= region.0 && end <= region.1;
        !apart && uses_globals(child, region, depth + 1, within, seen)
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
