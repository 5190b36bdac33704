//! All pragmas of the main file, in its order: `#pragma …`, `_Pragma("…")`, and uses of macros that make
//! the operator.

use super::macros::Macros;
use crate::libclang::{Token, TranslationUnit};

/// One pragma.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pragma {
    /// What it says, word by word.
    pub words: Vec<String>,
    /// Its first word, the operator or the macro's name, for messages.
    pub at: Token,
    /// The byte of its `#`, `_Pragma` or macro.
    pub start: usize,
    /// The byte after its last word.
    pub end: usize,
}

/// The main file's pragmas, and its tokens outside of directives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub pragmas: Vec<Pragma>,
    pub tokens: Vec<Token>,
}

/// Reads those of the main file; what the preprocessor skips is left out.
pub(crate) fn find(unit: &TranslationUnit, text: &[u8]) -> Found {
    let macros = Macros::of(unit);
    in_tokens(unskipped(unit.tokens(text.len()), &unit.skipped_ranges()), text, &macros)
}

/// What the user's own included files say of floating-point arithmetic, each with the byte of the main
/// file's `#include` that led to it.
pub(crate) fn find_in_headers(unit: &TranslationUnit) -> Vec<(usize, Found)> {
    const WORDS: [&str; 5] = ["FP_CONTRACT", "FENV_", "fenv_access", "float_control", "clang fp"];
    let mut found = Vec::new();
    for header in unit.headers() {
        let Ok(bytes) = std::fs::read(&header.path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        if !WORDS.iter().any(|word| text.contains(word)) {
            continue;
        }
        let tokens = unit.header_tokens(&header, bytes.len());
        let tokens = unskipped(tokens, &unit.header_skipped_ranges(&header));
        found.push((header.included_at, in_tokens(tokens, &bytes, &Macros::default())));
    }
    found
}

fn unskipped(tokens: Vec<Token>, skipped: &[(usize, usize)]) -> Vec<Token> {
    let mut tokens = tokens;
    tokens.retain(|token| !skipped.iter().any(|range| (range.0..range.1).contains(&token.start)));
    tokens
}

/// The same for tokens of a text.
pub(crate) fn in_tokens(tokens: Vec<Token>, text: &[u8], macros: &Macros) -> Found {
    let mut found = Found::default();
    let mut previous_line = 0;
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        let first = token.line != previous_line;
        previous_line = token.line;
        if first && token.text == "#" {
            let end = directive_end(text, token.start);
            let rest = tokens.get(position + 1..).unwrap_or_default();
            let words: Vec<&Token> = rest.iter().take_while(|word| word.start < end).collect();
            if let [pragma, words @ .., last] = words.as_slice()
                && pragma.text == "pragma"
            {
                found.pragmas.push(Pragma {
                    words: words.iter().chain([last]).map(|word| word.text.clone()).collect(),
                    at: words.first().unwrap_or(last).to_owned().clone(),
                    start: token.start,
                    end: last.end,
                });
            }
            position += 1 + words.len();
            previous_line = words.last().map_or(token.line, |word| word.line);
            continue;
        }
        let rest = tokens.get(position..).unwrap_or_default();
        match macros.pragmas_of_use(rest) {
            Some((said, length)) => {
                let end = tokens.get(position + length - 1).map_or(token.end, |last| last.end);
                found.pragmas.extend(said.into_iter().map(|words| Pragma {
                    words,
                    at: token.clone(),
                    start: token.start,
                    end,
                }));
                position += length;
            }
            None => {
                found.tokens.push(token.clone());
                position += 1;
            }
        }
    }
    found
}

/// The byte behind the line that a directive begins on, and behind those that it goes on in.
fn directive_end(text: &[u8], start: usize) -> usize {
    let mut position = start;
    while let Some(byte) = text.get(position) {
        if *byte == b'\n' {
            let line = text.get(..position).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.ends_with(b"\\") {
                return position;
            }
        }
        position += 1;
    }
    position
}
