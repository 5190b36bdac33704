//! Reading a schedule's text; the grammar stands in the parent module.

use super::argument::{Place, Token, arguments, tokens};
use super::{ParseError, Schedule, Step};
use std::str::FromStr;

impl FromStr for Schedule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let tokens = tokens(text)?;
        let end = Place { line: text.lines().count().max(1), column: 1 };
        let mut rest = tokens.as_slice();
        let mut steps = Vec::new();
        loop {
            while let [(Token::Punctuation(';'), _), tail @ ..] = rest {
                rest = tail;
            }
            let [(first, place), tail @ ..] = rest else {
                return Ok(Self { steps });
            };
            let Token::Word(name) = first else {
                return Err(place.error("a step must begin with its name, as in `tile(S1, i, 32)`"));
            };
            let [(Token::Punctuation('('), _), tail @ ..] = tail else {
                return Err(place.error(format!("`(` must follow `{name}`")));
            };
            let close = tail.iter().position(|(token, _)| *token == Token::Punctuation(')'));
            let Some(close) = close else {
                return Err(end.error(format!("the step `{name}(` is not closed")));
            };
            let (inside, after) = tail.split_at(close);
            rest = after.get(1..).unwrap_or_default();
            steps.push(Step::read(name, *place, &arguments(name, *place, inside)?)?);
        }
    }
}
