//! The grammar of LOOPerSet's strings: commands with levels, factors and computations.

use crate::FormatError;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Interchange,
    Reverse,
    Skew,
    Shift,
    Parallelize,
    Tile,
    Unroll,
    Fuse,
}

/// A loop by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Counted from the outermost, which is 0.
    At(usize),
    /// `L-1`.
    Innermost,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub kind: Kind,
    pub levels: Vec<Level>,
    pub factors: Vec<i64>,
    /// The computations that it names, by itself or by the prefix before it; none for all.
    pub computations: Vec<String>,
    /// As it is written.
    pub text: String,
}

/// The commands of a string.
pub fn parse(text: &str) -> Result<Vec<Command>, FormatError> {
    let mut commands = Vec::new();
    let mut prefix: Vec<String> = Vec::new();
    let mut rest = text;
    loop {
        let separator = |c: char| c.is_whitespace() || matches!(c, '|' | ',' | ';');
        rest = rest.trim_start_matches(separator);
        if rest.is_empty() {
            return Ok(commands);
        }
        let place = format!("the schedule string, at `{}`", beginning(rest));
        if let Some(inside) = rest.strip_prefix('{') {
            let Some((names, after)) = inside.split_once('}') else {
                return Err(FormatError::syntax(place, "`{` is not closed"));
            };
            prefix = list(names);
            rest = after.trim_start();
            rest = rest.strip_prefix(':').ok_or_else(|| {
                FormatError::syntax(&place, "a prefix is written `{comp00,comp01}:`")
            })?;
            continue;
        }
        let Some(open) = rest.find('(') else {
            return Err(FormatError::syntax(place, "a command is written as in `P(L0)`"));
        };
        let close =
            closing(rest, open).ok_or_else(|| FormatError::syntax(&place, "`(` is not closed"))?;
        let (Some(name), Some(inside), Some(whole), Some(after)) = (
            rest.get(..open),
            rest.get(open + 1..close),
            rest.get(..=close),
            rest.get(close + 1..),
        ) else {
            return Err(FormatError::syntax(place, "the text is cut off"));
        };
        commands.push(command(name.trim(), inside, whole, &prefix)?);
        rest = after;
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(24).collect()
}

/// The position of the parenthesis that closes the one at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (position, character) in text.char_indices().skip_while(|(position, _)| *position < open) {
        match character {
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(position);
                }
            }
            _ => {}
        }
    }
    None
}

/// The names of a list such as `'comp00', 'comp01'`.
fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|name| name.trim().trim_matches(['\'', '"']).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The parts between the commas that are outside of brackets.
fn arguments(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (position, character) in text.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.extend(text.get(start..position));
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn command(
    name: &str,
    inside: &str,
    whole: &str,
    prefix: &[String],
) -> Result<Command, FormatError> {
    let place = format!("`{whole}`");
    let mut levels = Vec::new();
    let mut factors = Vec::new();
    let mut computations = None;
    for argument in arguments(inside) {
        let bracketed = argument
            .strip_prefix("comps")
            .map(|rest| rest.trim_start().trim_start_matches('=').trim())
            .or_else(|| argument.starts_with('{').then_some(argument));
        if let Some(names) = bracketed {
            computations = Some(list(names.trim_matches(['[', ']', '{', '}'])));
        } else if let Some(level) = argument.strip_prefix('L') {
            levels.push(match (level.parse::<usize>(), level) {
                (Ok(level), _) => Level::At(level),
                (_, "-1") => Level::Innermost,
                _ => return Err(FormatError::syntax(place, format!("`{argument}` is no level"))),
            });
        } else {
            factors.push(argument.parse::<i64>().map_err(|_| {
                FormatError::syntax(
                    &place,
                    format!("`{argument}` is no level, factor or list of computations"),
                )
            })?);
        }
    }
    let (kind, loops, numbers) = match name {
        "I" => (Kind::Interchange, 2, 0),
        "R" => (Kind::Reverse, 1, 0),
        "S" => (Kind::Skew, 2, 2),
        "Sh" => (Kind::Shift, 1, 1),
        "P" => (Kind::Parallelize, 1, 0),
        "T1" => (Kind::Tile, 1, 1),
        "T2" => (Kind::Tile, 2, 2),
        "T3" => (Kind::Tile, 3, 3),
        "U" => (Kind::Unroll, 1, 1),
        "F" => (Kind::Fuse, 1, 0),
        "M" | "E" | "D" | "TG" => {
            let what = match name {
                "M" => "a matrix; write it as I, R and S",
                "E" => "the expansion of an array, which is no change of the order",
                "D" => "a distribution; use the step `distribute`",
                _ => "a tile of an imperfect nest; use the step `tile`",
            };
            return Err(FormatError::not_expressible(place, format!("`{name}` is {what}")));
        }
        _ => {
            return Err(FormatError::syntax(
                place,
                format!("there is no command `{name}`; they are I, R, S, Sh, P, T1, T2, T3, U, F"),
            ));
        }
    };
    if levels.len() != loops || factors.len() != numbers {
        return Err(FormatError::syntax(
            place,
            format!(
                "`{name}` takes {loops} levels and {numbers} factors, not {} and {}",
                levels.len(),
                factors.len()
            ),
        ));
    }
    Ok(Command {
        kind,
        levels,
        factors,
        computations: computations.unwrap_or_else(|| prefix.to_vec()),
        text: whole.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_separated_by_bars_commas_or_nothing() {
        for text in [
            "{comp01}:S(L0,L1,1,2)|P(L0)|T2(L1,L2,32,64)",
            "S(L0,L1,1,2,comps=['comp01']),P(L0,comps=['comp01']),T2(L1,L2,32,64,comps=[comp01]),",
            "{comp01}:S(L0, L1, 1, 2)P(L0)T2(L1,L2,32,64)",
        ] {
            let commands = parse(text).unwrap();
            let kinds: Vec<_> = commands.iter().map(|command| command.kind).collect();
            assert_eq!(kinds, [Kind::Skew, Kind::Parallelize, Kind::Tile]);
            assert!(commands.iter().all(|command| command.computations == ["comp01"]));
            assert_eq!(commands[2].factors, [32, 64]);
        }
        assert_eq!(parse("U(L-1,4)").unwrap()[0].levels, [Level::Innermost]);
        assert_eq!(parse("F({C0,C1},L1)").unwrap()[0].computations, ["C0", "C1"]);
        assert!(parse(" | ").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("P(L0", "not closed"),
            ("{comp00", "not closed"),
            ("{comp00}P(L0)", "written `{comp00,comp01}:`"),
            ("Q(L0)", "no command `Q`"),
            ("P(L0,L1)", "takes 1 levels"),
            ("T2(L0,L1,32)", "2 factors"),
            ("P(Lx)", "no level"),
            ("U(L0,four)", "no level, factor"),
            ("P", "written as in"),
            ("M([1, 0],comps=['a'])", "no level"),
            ("D(L0,comps=['a'])", "distribution"),
            ("M(1,0,0,1)", "matrix"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
