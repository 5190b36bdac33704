//! What a schedule's text consists of: tokens, and the arguments of steps.

use super::{AffineOrder, NamedAffine, ParseError};

/// Where a piece of text begins, for errors.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub fn error(self, message: impl Into<String>) -> ParseError {
        ParseError { line: self.line, column: self.column, message: message.into() }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Number(u32),
    Punctuation(char),
}

pub(super) type Tokens<'a> = &'a [(Token, Place)];

pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Place)>, ParseError> {
    let mut tokens = Vec::new();
    for (line_index, line) in text.lines().enumerate() {
        let characters: Vec<char> = line.chars().collect();
        let mut position = 0;
        while let Some(&character) = characters.get(position) {
            let place = Place { line: line_index + 1, column: position + 1 };
            if character == '#' {
                break;
            }
            let taken: String = characters
                .iter()
                .skip(position)
                .take_while(|next| next.is_alphanumeric() || **next == '_')
                .collect();
            if character.is_whitespace() {
                position += 1;
            } else if taken.is_empty() {
                if !"(),;:+-*[]".contains(character) {
                    return Err(place.error(format!("unexpected character `{character}`")));
                }
                tokens.push((Token::Punctuation(character), place));
                position += 1;
            } else {
                position += taken.chars().count();
                let token = if character.is_ascii_digit() {
                    Token::Number(taken.parse().map_err(|_| {
                        place.error(format!("`{taken}` is not an integer below 2^32"))
                    })?)
                } else {
                    Token::Word(taken)
                };
                tokens.push((token, place));
            }
        }
    }
    Ok(tokens)
}

/// An argument of a step.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    /// A lone name.
    Word(String),
    /// A number or a longer expression.
    Affine(NamedAffine),
    /// An element of an array, with at least one subscript.
    Element(String, Vec<NamedAffine>),
    /// Orders of statements.
    Orders(Vec<AffineOrder>),
}

/// The arguments of a step, between its parentheses.
pub(super) fn arguments(
    step: &str,
    place: Place,
    inside: Tokens<'_>,
) -> Result<Vec<(Argument, Place)>, ParseError> {
    // Orders have commas inside of brackets and semicolons between them.
    if inside.iter().any(|(token, _)| *token == Token::Punctuation(':')) {
        return Ok(vec![(Argument::Orders(orders(inside, place)?), place)]);
    }
    let mut list = Vec::new();
    if !inside.is_empty() {
        let mut at = place;
        for part in inside.split(|(token, _)| *token == Token::Punctuation(',')) {
            at = part.first().map_or(at, |(_, at)| *at);
            list.push((argument(step, part, at)?, at));
        }
    }
    Ok(list)
}

/// One argument, which is a lone name, an affine expression, or where an array stands an element of one.
fn argument(step: &str, tokens: Tokens<'_>, at: Place) -> Result<Argument, ParseError> {
    match tokens {
        [(Token::Word(word), _)] => Ok(Argument::Word(word.clone())),
        [(Token::Word(array), _), rest @ ..]
            if matches!(rest, [(Token::Punctuation('['), _), ..]) =>
        {
            Ok(Argument::Element(array.clone(), subscripts(step, rest, at)?))
        }
        _ => affine(step, tokens, at).map(Argument::Affine),
    }
}

/// `[i][k - 1]` to the end of the tokens.
fn subscripts(
    step: &str,
    mut tokens: Tokens<'_>,
    at: Place,
) -> Result<Vec<NamedAffine>, ParseError> {
    let mut found = Vec::new();
    while let [(first, place), tail @ ..] = tokens {
        let close = tail.iter().position(|(token, _)| *token == Token::Punctuation(']'));
        let (Token::Punctuation('['), Some(close)) = (first, close) else {
            return Err(place.error("subscripts are written `[i][k]`"));
        };
        let (inside, after) = tail.split_at(close);
        found.push(affine(step, inside, at)?);
        tokens = after.get(1..).unwrap_or_default();
    }
    Ok(found)
}

/// `S1: [t, i]; S2: [t, i + 1]` to the end of the tokens.
fn orders(tokens: Tokens<'_>, at: Place) -> Result<Vec<AffineOrder>, ParseError> {
    let mut found = Vec::new();
    for part in tokens.split(|(token, _)| *token == Token::Punctuation(';')) {
        let at = part.first().map_or(at, |(_, at)| *at);
        let [
            (Token::Word(statement), _),
            (Token::Punctuation(':'), _),
            (Token::Punctuation('['), _),
            rows @ ..,
            (Token::Punctuation(']'), _),
        ] = part
        else {
            return Err(at.error(
                "orders are written `STATEMENT: [ROW, …]; …`, as in \
                 affine(S1: [t, 0, i]; S2: [t, 1, i + 1])",
            ));
        };
        let rows = rows.split(|(token, _)| *token == Token::Punctuation(','));
        let rows = rows.map(|row| affine("affine", row, row.first().map_or(at, |(_, at)| *at)));
        let (statement, rows) = (statement.clone(), rows.collect::<Result<_, _>>()?);
        found.push(AffineOrder { statement, rows });
    }
    Ok(found)
}

/// A sum of names and numbers with factors.
fn affine(step: &str, tokens: Tokens<'_>, at: Place) -> Result<NamedAffine, ParseError> {
    let fault = |at: Place| {
        at.error(format!(
            "the arguments of `{step}` are names, numbers and sums like `2*i + N - 1`, between \
             commas, then `)`"
        ))
    };
    let mut terms = Vec::new();
    let mut constant = 0_i64;
    let mut rest = tokens;
    let mut first = true;
    while first || !rest.is_empty() {
        let sign = match rest {
            [(Token::Punctuation(sign @ ('+' | '-')), _), tail @ ..] if !first || *sign == '-' => {
                rest = tail;
                if *sign == '-' { -1 } else { 1 }
            }
            _ if first => 1,
            [(_, at), ..] => return Err(fault(*at)),
            [] => return Err(fault(at)),
        };
        first = false;
        match rest {
            [
                (Token::Number(factor), _),
                (Token::Punctuation('*'), _),
                (Token::Word(name), _),
                tail @ ..,
            ] => {
                terms.push((name.clone(), sign * i64::from(*factor)));
                rest = tail;
            }
            [(Token::Number(number), _), tail @ ..] => {
                constant += sign * i64::from(*number);
                rest = tail;
            }
            [(Token::Word(name), _), tail @ ..] => {
                terms.push((name.clone(), sign));
                rest = tail;
            }
            [(_, at), ..] => return Err(fault(*at)),
            [] => return Err(fault(at)),
        }
    }
    NamedAffine::from_terms(terms, constant).ok_or_else(|| fault(at))
}
