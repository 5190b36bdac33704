//! Which pragmas a use of a macro makes: the operator `_Pragma` is what a macro can have in place of a
//! directive. Arguments are put in, quoted where the macro quotes them, and macros in its text are followed.

use crate::libclang::{Cursor, Token, TranslationUnit};
use clang_sys::{CXCursor_MacroDefinition, CXCursor_MacroExpansion};
use std::collections::{BTreeMap, BTreeSet};

/// Macros are followed this deep, and texts of more words are given up.
const MOST_DEPTH: usize = 16;
const MOST_WORDS: usize = 10_000;

/// A macro's parameters, where it takes any, and text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Macro {
    pub parameters: Option<Vec<String>>,
    pub text: Vec<String>,
}

/// The macros that may make a pragma.
#[derive(Clone, Debug, Default)]
pub(crate) struct Macros {
    pub(super) known: BTreeMap<String, Macro>,
}

impl Macros {
    /// The macros that the main file uses, and those in their texts, if `_Pragma` is among them.
    pub fn of(unit: &TranslationUnit) -> Self {
        let children = unit.root().children();
        let mut used: BTreeMap<String, Cursor<'_>> = BTreeMap::new();
        for child in &children {
            if child.kind() == CXCursor_MacroExpansion
                && child.is_in_main_file()
                && let Some(definition) = child.referenced()
            {
                used.insert(child.spelling(), definition);
            }
        }
        let mut definitions: Option<BTreeMap<String, Cursor<'_>>> = None;
        let mut known = BTreeMap::new();
        let mut pending: Vec<(String, Cursor<'_>)> = used.into_iter().collect();
        while let Some((name, definition)) = pending.pop() {
            if known.contains_key(&name) {
                continue;
            }
            let parsed = parse(unit, definition);
            for word in parsed.text.iter().filter(|word| begins_name(word)) {
                let all = definitions.get_or_insert_with(|| {
                    let macros = children
                        .iter()
                        .filter(|child| child.kind() == CXCursor_MacroDefinition)
                        .map(|child| (child.spelling(), *child));
                    macros.collect()
                });
                if let Some(inner) = all.get(word) {
                    pending.push((word.clone(), *inner));
                }
            }
            known.insert(name, parsed);
        }
        // Only those that lead to the operator matter.
        let mut leading: BTreeSet<String> = BTreeSet::from(["_Pragma".to_owned()]);
        loop {
            let before = leading.len();
            for (name, inner) in &known {
                if inner.text.iter().any(|word| leading.contains(word)) {
                    leading.insert(name.clone());
                }
            }
            if leading.len() == before {
                break;
            }
        }
        known.retain(|name, _| leading.contains(name));
        Self { known }
    }

    /// What the macro or operator at the first of these tokens says, and how many tokens it takes.
    pub(super) fn pragmas_of_use(&self, tokens: &[Token]) -> Option<(Vec<Vec<String>>, usize)> {
        let first = tokens.first()?;
        let length = if first.text == "_Pragma" {
            1 + call_length(tokens.get(1..)?)?
        } else {
            match &self.known.get(&first.text)?.parameters {
                Some(_) => 1 + call_length(tokens.get(1..)?)?,
                None => 1,
            }
        };
        let words: Vec<String> =
            tokens.get(..length)?.iter().map(|token| token.text.clone()).collect();
        let mut pragmas = Vec::new();
        self.expand(&words, 0, &mut pragmas)?;
        (!pragmas.is_empty()).then_some((pragmas, length))
    }

    /// Adds the pragmas that a text makes; `None` where it grows too much.
    fn expand(&self, words: &[String], depth: usize, pragmas: &mut Vec<Vec<String>>) -> Option<()> {
        if depth > MOST_DEPTH || words.len() > MOST_WORDS {
            return None;
        }
        let mut position = 0;
        while let Some(word) = words.get(position) {
            let rest = words.get(position + 1..).unwrap_or_default();
            position += 1;
            if word == "_Pragma" {
                if let [open, text, close, ..] = rest
                    && open == "("
                    && close == ")"
                {
                    pragmas.extend(unquoted(text).map(|text| split(&text)));
                    position += 3;
                }
                continue;
            }
            let Some(inner) = self.known.get(word) else { continue };
            let text = match &inner.parameters {
                None => inner.text.clone(),
                Some(parameters) => {
                    let Some((arguments, length)) = arguments(rest) else { continue };
                    position += length;
                    inner.with_arguments(parameters, &arguments)
                }
            };
            self.expand(&text, depth + 1, pragmas)?;
        }
        Some(())
    }
}

impl Macro {
    fn with_arguments(&self, parameters: &[String], arguments: &[Vec<String>]) -> Vec<String> {
        let argument = |word: &String| {
            let position = parameters.iter().position(|parameter| parameter == word)?;
            // A variable number of arguments is the last parameter, with its commas.
            if word == "__VA_ARGS__" {
                let rest = arguments.get(position..).unwrap_or_default();
                return Some(rest.join(&",".to_owned()));
            }
            arguments.get(position).cloned()
        };
        let mut text = Vec::new();
        let mut words = self.text.iter().peekable();
        while let Some(word) = words.next() {
            if word == "#"
                && let Some(quoted) = words.peek().and_then(|next| argument(next))
            {
                words.next();
                let escaped = quoted.join(" ").replace('\\', "\\\\").replace('"', "\\\"");
                text.push(format!("\"{escaped}\""));
                continue;
            }
            match argument(word) {
                Some(argument) => text.extend(argument),
                None => text.push(word.clone()),
            }
        }
        text
    }
}

/// A macro from its definition's tokens: `NAME text` or `NAME(a, b) text`.
fn parse(unit: &TranslationUnit, definition: Cursor<'_>) -> Macro {
    let tokens = unit.tokens_of(definition);
    let mut words = tokens.into_iter().map(|token| token.text).skip(1).peekable();
    let mut parameters = None;
    if definition.is_function_like_macro() && words.next_if(|word| word == "(").is_some() {
        let mut names = Vec::new();
        for word in words.by_ref() {
            match word.as_str() {
                ")" => break,
                "," => {}
                "..." => names.push("__VA_ARGS__".to_owned()),
                _ => names.push(word),
            }
        }
        parameters = Some(names);
    }
    Macro { parameters, text: words.collect() }
}

fn begins_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The number of tokens from `(` to its `)`.
fn call_length(tokens: &[Token]) -> Option<usize> {
    let words: Vec<String> =
        tokens.iter().take(MOST_WORDS).map(|token| token.text.clone()).collect();
    arguments(&words).map(|found| found.1)
}

/// The arguments in parentheses at the beginning, and how many words that takes.
fn arguments(words: &[String]) -> Option<(Vec<Vec<String>>, usize)> {
    if words.first()? != "(" {
        return None;
    }
    let mut arguments = vec![Vec::new()];
    let mut depth = 0usize;
    for (position, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" if depth == 0 => {
                depth = 1;
                continue;
            }
            "(" => depth += 1,
            ")" if depth == 1 => return Some((arguments, position + 1)),
            ")" => depth -= 1,
            "," if depth == 1 => {
                arguments.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(word.clone());
        }
    }
    None
}

/// What a string literal holds.
fn unquoted(literal: &str) -> Option<String> {
    let inner = literal.trim_start_matches(['L', 'u', 'U', '8']);
    let inner = inner.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// The words of a pragma's text, with each sign apart.
fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut joined = false;
    for character in text.chars() {
        let in_word = character.is_alphanumeric() || character == '_';
        match words.last_mut() {
            Some(last) if joined && in_word => last.push(character),
            _ if character.is_whitespace() => {}
            _ => words.push(character.to_string()),
        }
        joined = in_word;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn said(macros: &Macros, text: &str) -> Vec<String> {
        let mut pragmas = Vec::new();
        macros.expand(&words(text), 0, &mut pragmas).expect("small");
        pragmas.into_iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn operators_are_found_through_macros_and_arguments() {
        let mut macros = Macros::default();
        let mut define = |name: &str, parameters: Option<&str>, text: &str| {
            let parameters = parameters.map(words);
            macros.known.insert(name.to_owned(), Macro { parameters, text: words(text) });
        };
        define("DO", Some("x"), "_Pragma ( # x )");
        define("BEGIN", None, "DO ( scop )");
        define("ANY", Some("__VA_ARGS__"), "DO ( __VA_ARGS__ )");
        define("LOOP", None, "LOOP DO ( endless )");
        assert_eq!(said(&macros, "_Pragma ( \"scop\" )"), ["scop"]);
        assert_eq!(
            said(&macros, "x = BEGIN ; DO ( STDC FP_CONTRACT OFF )"),
            ["scop", "STDC FP_CONTRACT OFF"]
        );
        assert_eq!(
            said(&macros, "ANY ( clang fp contract ( off ) )"),
            ["clang fp contract ( off )"]
        );
        assert_eq!(split("clang fp  contract(off)").join(" "), "clang fp contract ( off )");
        assert_eq!(macros.expand(&words("LOOP"), 0, &mut Vec::new()), None);
        assert!(said(&macros, "_Pragma ( ) _Pragma").is_empty());
    }
}
