//! The quasi-affine expressions in the schedules of bands.
//!
//! ```text
//! sum     = [ "-" ] term { ( "+" | "-" ) term }
//! term    = factor { "*" factor | "mod" number | "%" number }     # at most one factor is no number
//! factor  = number [ factor ] | name | "(" sum ")"                # 2i is 2*i
//!         | "floor" "(" quotient ")" | "ceil" "(" quotient ")"
//!         | "floord" "(" sum "," number ")" | "ceild" "(" sum "," number ")"
//! quotient = sum "/" number
//! ```

use super::quasi::Quasi;
use loopwright_ir::{Affine, Variable};

/// How deep parentheses may be.
const DEPTH: usize = 64;
/// The largest number that is read.
const LARGEST: i64 = 1 << 31;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Number(i64),
    Name(String),
    Sign(char),
}

/// An expression over the names that `variable` knows; the error says what is wrong.
pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<Variable>) -> Result<Quasi, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, variable, depth: 0 };
    let value = parser.sum()?;
    match parser.tokens {
        [] => Ok(value),
        _ => Err(format!("`{text}` goes on after an expression")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(character) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '$' | '.');
        let end = if character.is_ascii_digit() {
            rest.find(|c: char| !c.is_ascii_digit())
        } else if word(character) {
            rest.find(|c: char| !word(c))
        } else {
            Some(character.len_utf8())
        };
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        tokens.push(if character.is_ascii_digit() {
            let number = token.parse().ok().filter(|number| *number <= LARGEST);
            Token::Number(number.ok_or_else(|| format!("the number {token} is out of range"))?)
        } else if word(character) {
            Token::Name(token.to_owned())
        } else if "+-*/()%,".contains(character) {
            Token::Sign(character)
        } else {
            return Err(format!("`{character}` is not expected in `{text}`"));
        });
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    variable: &'a dyn Fn(&str) -> Option<Variable>,
    depth: usize,
}

fn too_large<T>(value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| "a coefficient or divisor is out of range".to_owned())
}

impl Parser<'_> {
    fn take(&mut self, sign: char) -> bool {
        match self.tokens {
            [Token::Sign(found), rest @ ..] if *found == sign => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("`{sign}` is expected")) }
    }

    fn number(&mut self) -> Result<i64, String> {
        match self.tokens {
            [Token::Number(number), rest @ ..] if *number > 0 => {
                self.tokens = rest;
                Ok(*number)
            }
            _ => Err("a positive number is expected".to_owned()),
        }
    }

    fn sum(&mut self) -> Result<Quasi, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("the parentheses are too deep".to_owned());
        }
        let mut result = Quasi::default();
        let mut sign = if self.take('-') { -1 } else { 1 };
        loop {
            let term = self.term()?;
            result = too_large(result.add_scaled(sign, &term))?;
            sign = match () {
                () if self.take('+') => 1,
                () if self.take('-') => -1,
                () => break,
            };
        }
        self.depth -= 1;
        Ok(result)
    }

    fn term(&mut self) -> Result<Quasi, String> {
        let mut result = self.factor()?;
        loop {
            if self.take('*') {
                let factor = self.factor()?;
                result = product(&result, &factor)?;
            } else if self.take('%') || self.take_name("mod") {
                let divisor = self.number()?;
                let quotient = too_large(result.floor(divisor))?;
                result = too_large(result.add_scaled(-divisor, &quotient))?;
            } else {
                return Ok(result);
            }
        }
    }

    fn take_name(&mut self, name: &str) -> bool {
        match self.tokens {
            [Token::Name(found), rest @ ..] if found == name => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn factor(&mut self) -> Result<Quasi, String> {
        let [token, rest @ ..] = self.tokens else {
            return Err("the expression is cut off".to_owned());
        };
        self.tokens = rest;
        match token {
            Token::Number(number) => {
                let number = Quasi::constant(*number);
                match self.tokens {
                    [Token::Name(name), ..] if name != "mod" => {
                        let factor = self.factor()?;
                        product(&number, &factor)
                    }
                    [Token::Sign('('), ..] => {
                        let factor = self.factor()?;
                        product(&number, &factor)
                    }
                    _ => Ok(number),
                }
            }
            Token::Sign('(') => {
                let value = self.sum()?;
                self.expect(')')?;
                Ok(value)
            }
            Token::Sign('-') => {
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err("the signs are too deep".to_owned());
                }
                let value = self.factor()?;
                self.depth -= 1;
                too_large(Quasi::default().add_scaled(-1, &value))
            }
            Token::Sign(sign) => Err(format!("`{sign}` is not expected here")),
            Token::Name(name) => match name.as_str() {
                "floor" | "ceil" | "floord" | "ceild" => {
                    self.expect('(')?;
                    let numerator = self.sum()?;
                    self.expect(if name.ends_with('d') { ',' } else { '/' })?;
                    let divisor = self.number()?;
                    self.expect(')')?;
                    let up = if name.starts_with("ceil") { divisor - 1 } else { 0 };
                    let numerator = too_large(numerator.add_scaled(1, &Quasi::constant(up)))?;
                    too_large(numerator.floor(divisor))
                }
                name => match (self.variable)(name) {
                    Some(variable) => Ok(Affine::variable(variable).into()),
                    None => Err(format!("`{name}` is neither an iterator nor a parameter here")),
                },
            },
        }
    }
}

fn product(left: &Quasi, right: &Quasi) -> Result<Quasi, String> {
    let constant = |quasi: &Quasi| quasi.as_affine().and_then(Affine::as_constant);
    match (constant(left), constant(right)) {
        (Some(factor), _) => too_large(Quasi::default().add_scaled(factor, right)),
        (_, Some(factor)) => too_large(Quasi::default().add_scaled(factor, left)),
        _ => Err("a product of two expressions is not affine".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let variable = |name: &str| match name {
            "i" => Some(Variable::Iterator(0)),
            "j" => Some(Variable::Iterator(1)),
            "N" => Some(Variable::Parameter(0)),
            _ => None,
        };
        parse(text, &variable).map(|quasi| quasi.display_with(&|one| one.to_string()))
    }

    #[test]
    fn expressions_as_isl_prints_them() {
        for (text, expected) in [
            ("(i)", "i0"),
            ("2i - 3*j + N", "2*i0 - 3*i1 + p0"),
            ("floor((i)/32)", "floor((i0)/32)"),
            ("(-32 - 32*floor((-1 - i)/32))", "32*floor((i0)/32)"),
            ("(i) mod 32", "-32*floor((i0)/32) + i0"),
            ("i % 2", "-2*floor((i0)/2) + i0"),
            ("floor((i)/4) - 8*floor((i)/32)", "floor((i0)/4) - 8*floor((i0)/32)"),
            ("floord(i + j, 2)", "floor((i0 + i1)/2)"),
            ("ceil((i)/2)", "floor((i0 + 1)/2)"),
            ("-(i + 1)*2", "-2*i0 - 2"),
            ("0", "0"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for text in
            ["i*j", "k", "floor(i)", "i +", "(i", "i / 2", "i mod 0", "99999999999", "i ? 1"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"(".repeat(100_000)).is_err());
        assert!(read(&"-".repeat(100_000)).is_err());
    }
}
