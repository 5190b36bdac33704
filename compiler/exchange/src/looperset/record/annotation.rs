//! Fields of a record that are written in several ways.

use crate::FormatError;
use serde_json::{Map, Value};

/// The place of a field, for messages.
fn place(of: &str) -> String {
    format!("the LOOPerSet record, {of}")
}

pub fn fault(of: &str, message: impl Into<String>) -> FormatError {
    FormatError::syntax(place(of), message)
}

pub fn refused(of: &str, reason: impl Into<String>) -> FormatError {
    FormatError::not_expressible(format!("{of} of the LOOPerSet record"), reason)
}

/// An object's field.
pub fn field<'v>(value: &'v Value, name: &str, of: &str) -> Result<&'v Value, FormatError> {
    value.get(name).ok_or_else(|| fault(of, format!("there is no `{name}`")))
}

pub fn object<'v>(
    value: &'v Value,
    name: &str,
    of: &str,
) -> Result<&'v Map<String, Value>, FormatError> {
    let found = field(value, name, of)?;
    found.as_object().ok_or_else(|| fault(of, format!("`{name}` is no object")))
}

pub fn list<'v>(value: &'v Value, name: &str, of: &str) -> Result<&'v [Value], FormatError> {
    let found = field(value, name, of)?.as_array().map(Vec::as_slice);
    found.ok_or_else(|| fault(of, format!("`{name}` is no list")))
}

pub fn text<'v>(value: &'v Value, name: &str, of: &str) -> Result<&'v str, FormatError> {
    let found = field(value, name, of)?.as_str();
    found.ok_or_else(|| fault(of, format!("`{name}` is no text")))
}

/// An integer, as a number or as text.
pub fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Times in milliseconds: a number, a list, or either by hardware, of which the first is taken.
pub fn times(value: &Value) -> Vec<f64> {
    match value {
        Value::Number(_) => value.as_f64().into_iter().collect(),
        Value::Array(values) => values.iter().filter_map(Value::as_f64).collect(),
        Value::Object(by_hardware) => by_hardware.values().next().map(times).unwrap_or_default(),
        _ => Vec::new(),
    }
    .into_iter()
    .filter(|time| *time > 0.0 && time.is_finite())
    .collect()
}

/// A name that C takes.
pub fn c_name(name: &str) -> Result<&str, FormatError> {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if begins && letters.all(|one| one.is_ascii_alphanumeric() || one == '_') {
        Ok(name)
    } else {
        Err(fault("a name", format!("`{name}` is no name that C takes")))
    }
}

/// An affine text of numbers, iterators, `+`, `-`, `*` and parentheses; iterators are renamed by `rename`.
pub fn affine(
    source: &str,
    of: &str,
    rename: &dyn Fn(&str) -> Option<String>,
) -> Result<String, FormatError> {
    let mut result = String::new();
    let mut rest = source.trim();
    if rest.is_empty() {
        return Err(fault(of, "an expression is empty"));
    }
    while let Some(first) = rest.chars().next() {
        let is_word = |one: char| one.is_ascii_alphanumeric() || one == '_';
        let length = rest.find(|one: char| !is_word(one)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length.max(first.len_utf8()));
        if first.is_ascii_digit() {
            if word.parse::<i64>().is_err() {
                return Err(refused(of, format!("`{word}` in `{source}` is no number")));
            }
            result.push_str(word);
        } else if is_word(first) {
            let name = rename(word).ok_or_else(|| {
                refused(of, format!("`{source}` is not affine in the loops around: `{word}`"))
            })?;
            result.push_str(&name);
        } else if "+-*()".contains(first) {
            result.push(first);
        } else if !first.is_whitespace() {
            return Err(refused(of, format!("`{source}` is not affine: `{first}`")));
        }
        rest = after;
    }
    Ok(result)
}
