//! Schedules: immutable traces of steps that print and parse back.
//!
//! # Grammar
//! ```text
//! schedule  = { step [ ";" | newline ] }         # to the end of a line is a comment
//! step      = name "(" statement { "," argument } ")"
//! argument  = loop name | integer
//! ```
//! A loop is named along the path to the statement, as in `tile(S2, i, j, 32, 64)`. Tiling the loop
//! `i` puts a new loop around it that is named `i_t` (`i_t2`, `i_t3`, … when that name is taken).

use std::fmt;
use std::str::FromStr;

/// One transformation with its parameters. Loops are named along the path to `statement`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Exchanges two loops: `interchange(S1, i, j)`.
    Interchange { statement: String, outer: String, inner: String },
    /// Tiles a band of nested loops, one size a loop: `tile(S1, i, j, 32, 64)`.
    Tile { statement: String, loops: Vec<String>, sizes: Vec<u32> },
    /// Gives what is around the statement inside a loop, before it and after it, loops of its own:
    /// `distribute(S1, i)`.
    Distribute { statement: String, loop_name: String },
    /// Runs the iterations of a loop on several threads: `parallelize(S1, i)`.
    Parallelize { statement: String, loop_name: String },
    /// Runs `width` iterations in vector lanes, `unroll` vectors at a time:
    /// `vectorize(S1, j, 8)` or `vectorize(S1, j, 8, 2)`.
    Vectorize { statement: String, loop_name: String, width: u32, unroll: u32 },
    /// Runs `factor` iterations in lock-step: `unroll_and_jam(S1, i, 4)`.
    UnrollAndJam { statement: String, loop_name: String, factor: u32 },
}

/// An immutable list of steps; the empty one is the original order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schedule {
    steps: Vec<Step>,
}

impl Schedule {
    /// The original order.
    pub fn original() -> Self {
        Self::default()
    }

    /// From steps in the order in which they apply.
    pub fn from_steps(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// This schedule followed by one more step.
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { steps }
    }

    /// The trace.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether it is the original order.
    pub fn is_original(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Why a text is not what it should be. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl Step {
    /// The statement that the step names.
    pub fn statement(&self) -> &str {
        match self {
            Self::Interchange { statement, .. }
            | Self::Tile { statement, .. }
            | Self::Distribute { statement, .. }
            | Self::Parallelize { statement, .. }
            | Self::Vectorize { statement, .. }
            | Self::UnrollAndJam { statement, .. } => statement,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interchange { statement, outer, inner } => {
                write!(formatter, "interchange({statement}, {outer}, {inner})")
            }
            Self::Tile { statement, loops, sizes } => {
                write!(formatter, "tile({statement}")?;
                for name in loops {
                    write!(formatter, ", {name}")?;
                }
                for size in sizes {
                    write!(formatter, ", {size}")?;
                }
                formatter.write_str(")")
            }
            Self::Distribute { statement, loop_name } => {
                write!(formatter, "distribute({statement}, {loop_name})")
            }
            Self::Parallelize { statement, loop_name } => {
                write!(formatter, "parallelize({statement}, {loop_name})")
            }
            Self::Vectorize { statement, loop_name, width, unroll: 1 } => {
                write!(formatter, "vectorize({statement}, {loop_name}, {width})")
            }
            Self::Vectorize { statement, loop_name, width, unroll } => {
                write!(formatter, "vectorize({statement}, {loop_name}, {width}, {unroll})")
            }
            Self::UnrollAndJam { statement, loop_name, factor } => {
                write!(formatter, "unroll_and_jam({statement}, {loop_name}, {factor})")
            }
        }
    }
}

/// One step a line.
impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            if position > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{step}")?;
        }
        Ok(())
    }
}

/// Where a piece of text begins, for errors.
#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn error(self, message: impl Into<String>) -> ParseError {
        ParseError { line: self.line, column: self.column, message: message.into() }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Number(u32),
    Punctuation(char),
}

fn tokens(text: &str) -> Result<Vec<(Token, Place)>, ParseError> {
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
                if !"(),;".contains(character) {
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
            let mut arguments = Vec::new();
            rest = tail;
            loop {
                match rest {
                    [(Token::Punctuation(')'), _), tail @ ..] if arguments.is_empty() => {
                        rest = tail;
                        break;
                    }
                    [
                        (argument @ (Token::Word(_) | Token::Number(_)), at),
                        (Token::Punctuation(next), _),
                        tail @ ..,
                    ] if *next == ',' || *next == ')' => {
                        arguments.push((argument.clone(), *at));
                        rest = tail;
                        if *next == ')' {
                            break;
                        }
                    }
                    [(_, at), ..] => {
                        return Err(at.error(format!(
                            "the arguments of `{name}` are names and numbers between commas, then `)`"
                        )));
                    }
                    [] => return Err(end.error(format!("the step `{name}(` is not closed"))),
                }
            }
            steps.push(step(name, *place, &arguments)?);
        }
    }
}

fn step(name: &str, place: Place, arguments: &[(Token, Place)]) -> Result<Step, ParseError> {
    let usage = |form: &str| place.error(format!("`{name}` is written {form}"));
    let words: Vec<String> = arguments
        .iter()
        .map_while(|(token, _)| match token {
            Token::Word(word) => Some(word.clone()),
            _ => None,
        })
        .collect();
    let mut numbers = Vec::new();
    for (token, at) in arguments.iter().skip(words.len()) {
        match token {
            Token::Number(0) => return Err(at.error("sizes and factors are at least 1")),
            Token::Number(number) => numbers.push(*number),
            _ => return Err(at.error("names come before numbers")),
        }
    }
    match (name, words.as_slice(), numbers.as_slice()) {
        ("interchange", [statement, outer, inner], []) => Ok(Step::Interchange {
            statement: statement.clone(),
            outer: outer.clone(),
            inner: inner.clone(),
        }),
        ("interchange", ..) => Err(usage("interchange(STATEMENT, LOOP, LOOP)")),
        ("tile", [statement, loops @ ..], sizes)
            if !loops.is_empty() && loops.len() == sizes.len() =>
        {
            Ok(Step::Tile {
                statement: statement.clone(),
                loops: loops.to_vec(),
                sizes: sizes.to_vec(),
            })
        }
        ("tile", ..) => Err(usage("tile(STATEMENT, LOOP, …, SIZE, …) with one size a loop")),
        ("distribute", [statement, loop_name], []) => {
            Ok(Step::Distribute { statement: statement.clone(), loop_name: loop_name.clone() })
        }
        ("distribute", ..) => Err(usage("distribute(STATEMENT, LOOP)")),
        ("parallelize", [statement, loop_name], []) => {
            Ok(Step::Parallelize { statement: statement.clone(), loop_name: loop_name.clone() })
        }
        ("parallelize", ..) => Err(usage("parallelize(STATEMENT, LOOP)")),
        ("vectorize", [statement, loop_name], [width, unroll @ ..])
            if *width <= 64 && unroll.len() <= 1 =>
        {
            Ok(Step::Vectorize {
                statement: statement.clone(),
                loop_name: loop_name.clone(),
                width: *width,
                unroll: unroll.first().copied().unwrap_or(1),
            })
        }
        ("vectorize", ..) => {
            Err(usage("vectorize(STATEMENT, LOOP, WIDTH[, VECTORS]) with a width of at most 64"))
        }
        ("unroll_and_jam", [statement, loop_name], [factor]) => Ok(Step::UnrollAndJam {
            statement: statement.clone(),
            loop_name: loop_name.clone(),
            factor: *factor,
        }),
        ("unroll_and_jam", ..) => Err(usage("unroll_and_jam(STATEMENT, LOOP, FACTOR)")),
        _ => Err(place.error(format!(
            "there is no step `{name}`; the steps are interchange, tile, distribute, parallelize, \
             vectorize, unroll_and_jam"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_round_trips() {
        let text = "interchange(S1, i, j)\ntile(S1, i, j, 32, 64)\ndistribute(S2, i)\n\
                    parallelize(S1, i_t)\nvectorize(S1, j, 8)\nvectorize(S1, j, 8, 2)\n\
                    unroll_and_jam(S1, i, 4)";
        let schedule: Schedule = text.parse().unwrap();
        assert_eq!(schedule.to_string(), text);
        assert_eq!(schedule.to_string().parse::<Schedule>().unwrap(), schedule);
    }

    #[test]
    fn separators_and_comments_do_not_matter() {
        let schedule: Schedule =
            "# blocking\n tile(S1,i,8) ; ; parallelize( S1 , i_t )  # threads\n".parse().unwrap();
        assert_eq!(schedule.steps().len(), 2);
        assert!("".parse::<Schedule>().unwrap().is_original());
    }

    #[test]
    fn errors_name_the_place() {
        let error = "parallelize(S1, i)\ntile(S1, i, j, 32)".parse::<Schedule>().unwrap_err();
        assert_eq!((error.line, error.column), (2, 1));
        for text in
            ["tile(S1, i, 0)", "rotate(S1)", "tile(S1, i, 32", "tile S1", "tile(S1,,3)", "%"]
        {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
