//! Reading a schedule's text; the grammar stands in the parent module.

use super::argument::{Argument, Place, Token, Tokens, argument, orders, tokens};
use super::{NamedAffine, ParseError, Schedule, SkewFactors, Step};
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
            if name == "affine" {
                steps.push(Step::Affine { orders: orders(inside, *place)? });
                continue;
            }
            let arguments = Arguments::new(name, *place, inside)?;
            steps.push(arguments.step()?);
        }
    }
}

/// A step's name and arguments.
struct Arguments<'a> {
    name: &'a str,
    place: Place,
    list: Vec<(Argument, Place)>,
}

impl<'a> Arguments<'a> {
    fn new(name: &'a str, place: Place, inside: Tokens<'_>) -> Result<Self, ParseError> {
        let mut list = Vec::new();
        if !inside.is_empty() {
            let mut at = place;
            for part in inside.split(|(token, _)| *token == Token::Punctuation(',')) {
                at = part.first().map_or(at, |(_, at)| *at);
                list.push((argument(name, part, at)?, at));
            }
        }
        Ok(Self { name, place, list })
    }

    fn usage(&self, form: &str) -> ParseError {
        self.place.error(format!("`{}` is written {form}", self.name))
    }

    /// The leading lone names.
    fn words(&self) -> Vec<String> {
        self.list
            .iter()
            .map_while(|(argument, _)| match argument {
                Argument::Word(word) => Some(word.clone()),
                Argument::Affine(_) | Argument::Element(..) => None,
            })
            .collect()
    }

    /// What follows the first `count` arguments, all integers.
    fn integers(&self, count: usize) -> Result<Vec<i64>, ParseError> {
        let integer = |(argument, at): &(Argument, Place)| match argument {
            Argument::Affine(value) if value.terms().is_empty() => Ok(value.constant_term()),
            Argument::Affine(_) | Argument::Element(..) => {
                Err(at.error("a number is expected here"))
            }
            Argument::Word(_) => Err(at.error("names come before numbers")),
        };
        self.list.iter().skip(count).map(integer).collect()
    }

    /// The same, each at least 1.
    fn sizes(&self, count: usize) -> Result<Vec<u32>, ParseError> {
        let check = |(value, (_, at)): (i64, &(Argument, Place))| match u32::try_from(value) {
            Ok(size) if size > 0 => Ok(size),
            _ => Err(at.error("sizes and factors are at least 1")),
        };
        self.integers(count)?.into_iter().zip(self.list.iter().skip(count)).map(check).collect()
    }

    /// The argument at a position as an expression.
    fn affine(&self, position: usize) -> Option<NamedAffine> {
        match &self.list.get(position)?.0 {
            Argument::Word(word) => NamedAffine::from_terms([(word.clone(), 1)], 0),
            Argument::Affine(value) => Some(value.clone()),
            Argument::Element(..) => None,
        }
    }

    fn step(&self) -> Result<Step, ParseError> {
        let words = self.words();
        let count = self.list.len();
        match (self.name, words.as_slice()) {
            ("interchange", [statement, outer, inner]) if count == 3 => Ok(Step::Interchange {
                statement: statement.clone(),
                outer: outer.clone(),
                inner: inner.clone(),
            }),
            ("interchange", _) => Err(self.usage("interchange(STATEMENT, LOOP, LOOP)")),
            ("permute", [statement, loops @ ..]) if count == words.len() && loops.len() > 1 => {
                Ok(Step::Permute { statement: statement.clone(), loops: loops.to_vec() })
            }
            ("permute", _) => Err(self.usage("permute(STATEMENT, LOOP, LOOP, …)")),
            ("tile", [statement, loops @ ..])
                if !loops.is_empty() && count == words.len() + loops.len() =>
            {
                let sizes = self.sizes(words.len())?;
                Ok(Step::Tile { statement: statement.clone(), loops: loops.to_vec(), sizes })
            }
            ("tile", _) => {
                Err(self.usage("tile(STATEMENT, LOOP, …, SIZE, …) with one size a loop"))
            }
            ("fuse", [statement, other, loop_name]) if count <= 4 => Ok(Step::Fuse {
                statement: statement.clone(),
                other: other.clone(),
                loop_name: loop_name.clone(),
                shift: self.integers(3)?.first().copied(),
            }),
            ("fuse", _) => Err(self.usage("fuse(STATEMENT, STATEMENT, LOOP[, SHIFT])")),
            ("sink", [statement, target, loop_name, ..]) if count <= 4 => Ok(Step::Sink {
                statement: statement.clone(),
                target: target.clone(),
                loop_name: loop_name.clone(),
                at: self.affine(3),
            }),
            ("sink", _) => Err(self.usage("sink(STATEMENT, STATEMENT, LOOP[, ITERATION])")),
            ("reorder", [statement, other]) if count == 2 => {
                Ok(Step::Reorder { statement: statement.clone(), other: other.clone() })
            }
            ("reorder", _) => Err(self.usage("reorder(STATEMENT, STATEMENT)")),
            ("split", [statement, loop_name, ..]) if count == 3 => match self.affine(2) {
                Some(at) => Ok(Step::Split {
                    statement: statement.clone(),
                    loop_name: loop_name.clone(),
                    at,
                }),
                None => Err(self.usage("split(STATEMENT, LOOP, POINT)")),
            },
            ("split", _) => Err(self.usage("split(STATEMENT, LOOP, POINT)")),
            ("divide", [statement, loop_name, ..]) if count == 3 => match self.affine(2) {
                Some(at) => Ok(Step::Divide {
                    statement: statement.clone(),
                    loop_name: loop_name.clone(),
                    at,
                }),
                None => Err(self.usage("divide(STATEMENT, LOOP, POINT)")),
            },
            ("divide", _) => Err(self.usage("divide(STATEMENT, LOOP, POINT)")),
            ("keep", _) => self.keep(),
            ("peel", [statement, loop_name]) if count == 3 => Ok(Step::Peel {
                statement: statement.clone(),
                loop_name: loop_name.clone(),
                count: self.integers(2)?.first().copied().unwrap_or_default(),
            }),
            ("peel", _) => Err(self.usage("peel(STATEMENT, LOOP, COUNT)")),
            ("shift", [statement, loop_name, ..]) if count == 3 => match self.affine(2) {
                Some(amount) => Ok(Step::Shift {
                    statement: statement.clone(),
                    loop_name: loop_name.clone(),
                    amount,
                }),
                None => Err(self.usage("shift(STATEMENT, LOOP, AMOUNT)")),
            },
            ("shift", _) => Err(self.usage("shift(STATEMENT, LOOP, AMOUNT)")),
            ("skew", words) => self.skew(words),
            ("wavefront", [statement, loops @ ..]) if count == words.len() && loops.len() > 1 => {
                Ok(Step::Wavefront { statement: statement.clone(), loops: loops.to_vec() })
            }
            ("wavefront", _) => Err(self.usage("wavefront(STATEMENT, LOOP, LOOP, …)")),
            ("vectorize", [statement, loop_name]) if count == 3 || count == 4 => {
                match self.sizes(2)?.as_slice() {
                    [width, unroll @ ..] if *width <= 64 => Ok(Step::Vectorize {
                        statement: statement.clone(),
                        loop_name: loop_name.clone(),
                        width: *width,
                        unroll: unroll.first().copied().unwrap_or(1),
                    }),
                    _ => Err(self.vectorize_usage()),
                }
            }
            ("vectorize", _) => Err(self.vectorize_usage()),
            ("pack", _) => self.pack(),
            ("promote", [statement, array, loop_name]) if count == 3 => Ok(Step::Promote {
                statement: statement.clone(),
                array: array.clone(),
                loop_name: loop_name.clone(),
            }),
            ("stream", [statement]) if count == 1 => {
                Ok(Step::Stream { statement: statement.clone() })
            }
            ("stream", _) => Err(self.usage("stream(STATEMENT)")),
            ("expand", [statement, array, loop_name]) if count == 3 => Ok(Step::Expand {
                statement: statement.clone(),
                array: array.clone(),
                loop_name: loop_name.clone(),
            }),
            ("expand", _) => Err(self.usage("expand(STATEMENT, ARRAY, LOOP)")),
            ("regroup", [statement, loop_name]) if count == 3 || count == 4 => {
                match self.sizes(2)?.as_slice() {
                    [lanes, chunk @ ..] => Ok(Step::Regroup {
                        statement: statement.clone(),
                        loop_name: loop_name.clone(),
                        lanes: *lanes,
                        chunk: chunk.first().copied(),
                    }),
                    [] => Err(self.regroup_usage()),
                }
            }
            ("regroup", _) => Err(self.regroup_usage()),
            ("promote", _) => Err(self.usage("promote(STATEMENT, ARRAY, LOOP)")),
            (
                "separate" | "distribute" | "rotate" | "reverse" | "parallelize" | "pipeline"
                | "doacross",
                [statement, loop_name],
            ) if count == 2 => {
                let (statement, loop_name) = (statement.clone(), loop_name.clone());
                Ok(match self.name {
                    "separate" => Step::Separate { statement, loop_name },
                    "distribute" => Step::Distribute { statement, loop_name },
                    "rotate" => Step::Rotate { statement, loop_name },
                    "reverse" => Step::Reverse { statement, loop_name },
                    "pipeline" => Step::Pipeline { statement, loop_name },
                    "doacross" => Step::Doacross { statement, loop_name },
                    _ => Step::Parallelize { statement, loop_name },
                })
            }
            (
                "separate" | "distribute" | "rotate" | "reverse" | "parallelize" | "pipeline"
                | "doacross",
                _,
            ) => Err(self.usage(&format!("{}(STATEMENT, LOOP)", self.name))),
            ("unroll_and_jam" | "unroll", [statement, loop_name]) if count == 3 => {
                let (statement, loop_name) = (statement.clone(), loop_name.clone());
                let factor = self.sizes(2)?.first().copied().unwrap_or(1);
                Ok(match self.name {
                    "unroll" => Step::Unroll { statement, loop_name, factor },
                    _ => Step::UnrollAndJam { statement, loop_name, factor },
                })
            }
            ("unroll_and_jam" | "unroll", _) => {
                Err(self.usage(&format!("{}(STATEMENT, LOOP, FACTOR)", self.name)))
            }
            _ => Err(self.place.error(format!(
                "there is no step `{}`; the steps are {}",
                self.name,
                Step::NAMES.join(", ")
            ))),
        }
    }

    fn keep(&self) -> Result<Step, ParseError> {
        let [(Argument::Word(statement), _), (read, _), (Argument::Word(loop_name), _)] =
            self.list.as_slice()
        else {
            return Err(self.usage("keep(STATEMENT, ELEMENT, LOOP), as in keep(S1, A[k][j], i)"));
        };
        let (array, subscripts) = match read {
            Argument::Element(array, subscripts) => (array, subscripts.clone()),
            Argument::Word(array) => (array, Vec::new()),
            Argument::Affine(_) => {
                return Err(
                    self.usage("keep(STATEMENT, ELEMENT, LOOP), as in keep(S1, A[k][j], i)")
                );
            }
        };
        let (statement, array) = (statement.clone(), array.clone());
        Ok(Step::Keep { statement, array, subscripts, loop_name: loop_name.clone() })
    }

    fn regroup_usage(&self) -> ParseError {
        self.usage("regroup(STATEMENT, LOOP, SUMS[, ITERATIONS])")
    }

    fn vectorize_usage(&self) -> ParseError {
        self.usage("vectorize(STATEMENT, LOOP, WIDTH[, VECTORS]) with a width of at most 64")
    }

    fn pack(&self) -> Result<Step, ParseError> {
        let usage = || {
            self.usage(
                "pack(STATEMENT, ARRAY, LOOP[, DIMENSION, …]) with each dimension once, counted from 0, \
                 or with an element that the statement reads, as in A[i][k], for the array",
            )
        };
        let [
            (Argument::Word(statement), _),
            (packed, _),
            (Argument::Word(loop_name), _),
            order @ ..,
        ] = self.list.as_slice()
        else {
            return Err(usage());
        };
        let (array, subscripts) = match packed {
            Argument::Word(array) => (array, Vec::new()),
            Argument::Element(array, subscripts) => (array, subscripts.clone()),
            Argument::Affine(_) => return Err(usage()),
        };
        let dimensions = self.integers(3)?.into_iter().map(|value| usize::try_from(value).ok());
        let dimensions: Vec<usize> = dimensions.collect::<Option<_>>().ok_or_else(usage)?;
        let mut sorted = dimensions.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..order.len()) {
            return Err(usage());
        }
        Ok(Step::Pack {
            statement: statement.clone(),
            array: array.clone(),
            subscripts,
            loop_name: loop_name.clone(),
            order: dimensions,
        })
    }

    fn skew(&self, words: &[String]) -> Result<Step, ParseError> {
        let usage = || {
            self.usage(
                "skew(STATEMENT, LOOP, LOOP, …, FACTOR, …) with a factor for each loop but the \
                 first, or with `tilable`, `inner` or `outer` in place of the factors",
            )
        };
        let goal = |word: &str| match word {
            "tilable" => Some(SkewFactors::Tilable),
            "inner" => Some(SkewFactors::InnerParallel),
            "outer" => Some(SkewFactors::OuterParallel),
            _ => None,
        };
        let (words, factors) = match words.split_last() {
            Some((last, before)) if self.list.len() == words.len() => match goal(last) {
                Some(factors) => (before, factors),
                None => (words, SkewFactors::Tilable),
            },
            _ => (words, SkewFactors::Given(self.integers(words.len())?)),
        };
        let [statement, source, targets @ ..] = words else { return Err(usage()) };
        let fits = match &factors {
            SkewFactors::Given(factors) => factors.len() == targets.len(),
            SkewFactors::Tilable => true,
            SkewFactors::InnerParallel | SkewFactors::OuterParallel => targets.len() == 1,
        };
        if targets.is_empty() || !fits {
            return Err(usage());
        }
        Ok(Step::Skew {
            statement: statement.clone(),
            source: source.clone(),
            targets: targets.to_vec(),
            factors,
        })
    }
}
