//! The lines and operators between a function's beginning and a region that define macros or speak to the
//! compiler.

use crate::libclang::Token;

/// A preprocessor line or pragma operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    pub start: usize,
    pub end: usize,
    pub kind: DirectiveKind,
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DirectiveKind {
    /// `#define` or `#undef`: it holds to the end of the file.
    Macro(String),
    /// `#pragma push_macro`.
    Push(String),
    /// `#pragma pop_macro`.
    Pop(String),
    /// Any other pragma: it holds in its block.
    Pragma,
}

impl Directive {
    /// Whether it is about macros, which know no blocks.
    pub fn is_of_macros(&self) -> bool {
        self.kind != DirectiveKind::Pragma
    }
}

/// Those of a file between two offsets, in its order. The preprocessor leaves out `skipped`.
pub(crate) fn directives(
    (start, end): (usize, usize),
    text: &[u8],
    tokens: &[Token],
    skipped: &[(usize, usize)],
) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut previous_line = 0;
    for (position, first) in tokens.iter().enumerate() {
        let begins_line = first.line != previous_line;
        previous_line = first.line;
        let outside = !(start..end).contains(&first.start)
            || skipped.iter().any(|range| (range.0..range.1).contains(&first.start));
        if outside {
            continue;
        }
        let word = |ahead: usize| tokens.get(position + ahead).map_or("", |token| &token.text);
        if begins_line && first.text == "#" {
            let kind = match word(1) {
                "define" | "undef" => Some(DirectiveKind::Macro(word(2).to_owned())),
                "pragma" => spoken(word(2), word(4)),
                _ => None,
            };
            if let Some(kind) = kind {
                let end = end_of_line(text, first.start);
                found.push(Directive { start: first.start, end, kind });
            }
        } else if first.text == "_Pragma" && word(1) == "(" && word(3) == ")" {
            let said = word(2).trim_start_matches(['L', 'u', '8', 'U']).trim_start_matches('"');
            let verb = said.split(['(', ' ', '\t']).next().unwrap_or_default();
            let name = said.split("\\\"").nth(1).unwrap_or_default();
            if let (Some(kind), Some(close)) = (spoken(verb, name), tokens.get(position + 3)) {
                found.push(Directive { start: first.start, end: close.end, kind });
            }
        }
    }
    found
}

/// What a pragma does to the text behind it, if anything. Those of OpenMP and of others speak of what
/// follows them, the region's own included.
fn spoken(verb: &str, name: &str) -> Option<DirectiveKind> {
    let name = name.trim_matches('"').to_owned();
    match verb {
        "push_macro" => Some(DirectiveKind::Push(name)),
        "pop_macro" => Some(DirectiveKind::Pop(name)),
        "STDC" | "clang" | "GCC" => Some(DirectiveKind::Pragma),
        _ => None,
    }
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

/// Where another function may stand in front of one that begins at `start`: in front of what belongs to
/// it, though clang does not count it (`[[attributes]]`, `__extension__`, `#pragma omp declare simd`).
pub(crate) fn insertion(start: usize, tokens: &[Token]) -> usize {
    let mut insertion = start;
    let mut first = tokens.partition_point(|token| token.start < start);
    while let Some(previous) = first.checked_sub(1).and_then(|last| tokens.get(last)) {
        let line = first_of_line(first - 1, tokens);
        let word = |ahead: usize| tokens.get(line + ahead).map_or("", |token| &token.text);
        let begin = if word(0) == "#" {
            (word(1) == "pragma" && word(2) == "omp" && word(3) == "declare").then_some(line)
        } else if previous.text == "__extension__" {
            Some(first - 1)
        } else if previous.text == "]" {
            opening_bracket(first - 1, tokens)
        } else {
            None
        };
        let Some(begin) = begin else { break };
        first = begin;
        insertion = tokens.get(begin).map_or(insertion, |token| token.start);
    }
    insertion
}

/// The first token of the line on which a token stands.
fn first_of_line(position: usize, tokens: &[Token]) -> usize {
    let line = tokens.get(position).map(|token| token.line);
    let before = tokens.get(..position).unwrap_or_default();
    position - before.iter().rev().take_while(|token| Some(token.line) == line).count()
}

/// The first of the two brackets that open an attribute, for the last one that closes it.
fn opening_bracket(close: usize, tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for position in (0..=close).rev() {
        match tokens.get(position)?.text.as_str() {
            "]" => depth += 1,
            "[" => depth = depth.checked_sub(1)?,
            ";" | "{" | "}" => return None,
            _ => {}
        }
        if depth == 0 {
            return (tokens.get(position + 1)?.text == "[").then_some(position);
        }
    }
    None
}
