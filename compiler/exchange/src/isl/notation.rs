//! Taking isl's texts of unions apart: parameters, pieces, tuples.

use crate::FormatError;

/// A piece of a union: `S1[i, j]` and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub name: String,
    /// What is between the brackets, by commas.
    pub dimensions: Vec<String>,
    /// What follows the tuple: ` : conditions`, ` -> [(i)]`, or nothing.
    pub rest: String,
}

/// The names of the parameters and the text after `->`.
pub fn parameters(text: &str) -> (Vec<String>, &str) {
    let text = text.trim();
    if let Some(inside) = text.strip_prefix('[')
        && let Some((names, rest)) = inside.split_once(']')
        && !names.contains(['{', '[', '('])
        && let Some(body) = rest.trim_start().strip_prefix("->")
    {
        let names = names.split(',').map(|name| name.trim().to_owned());
        return (names.filter(|name| !name.is_empty()).collect(), body.trim());
    }
    (Vec::new(), text)
}

/// What is between the outermost brackets of a kind, if the text is just that.
pub fn enclosed(text: &str, open: char, close: char) -> Option<&str> {
    text.trim().strip_prefix(open)?.strip_suffix(close).map(str::trim)
}

/// The parts between a separator, outside of all brackets.
pub fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i64, 0);
    for (position, character) in text.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ if character == separator && depth == 0 => {
                parts.extend(text.get(start..position));
                start = position + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The pieces of `{ S1[i] : …; S2[i, j] }`.
pub fn pieces(text: &str, place: &str) -> Result<Vec<Piece>, FormatError> {
    let inside = enclosed(text, '{', '}')
        .ok_or_else(|| FormatError::syntax(place, format!("`{text}` is not in braces")))?;
    split(inside, ';').into_iter().map(|text| piece(text, place)).collect()
}

fn piece(text: &str, place: &str) -> Result<Piece, FormatError> {
    let fault = || FormatError::syntax(place, format!("`{text}` does not begin as `S1[i, j]`"));
    let (name, rest) = text.split_once('[').ok_or_else(fault)?;
    // Tuples of statements are flat.
    let (dimensions, rest) = rest.split_once(']').ok_or_else(fault)?;
    let name = name.trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '\'');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(fault());
    }
    let dimensions = split(dimensions, ',').into_iter().map(str::to_owned).collect();
    Ok(Piece { name: name.to_owned(), dimensions, rest: rest.trim().to_owned() })
}

/// The members of a band's schedule, `[{ S1[i] -> [(i)] }, { S1[i] -> [(0)] }]` or `L[…]`, without
/// the parameters.
pub fn members<'a>(text: &'a str, place: &str) -> Result<Vec<&'a str>, FormatError> {
    let fault = || {
        FormatError::syntax(
            place,
            format!("the band's schedule `{text}` is not written as `[{{ S1[i] -> [(i)] }}, …]`"),
        )
    };
    let bracket = text.find('[').ok_or_else(fault)?;
    let (name, list) = text.split_at(bracket);
    if name.contains(['{', '(', ':']) {
        return Err(fault());
    }
    // Bands without members may say for which instances they are.
    let list = split(list, ':').first().copied().unwrap_or_default();
    Ok(split(enclosed(list, '[', ']').ok_or_else(fault)?, ','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_apart() {
        let (names, body) = parameters("[N, M] -> { S1[i, j] : 0 <= i < N; S2[] }");
        assert_eq!(names, ["N", "M"]);
        let found = pieces(body, "here").unwrap();
        assert_eq!(found[0].dimensions, ["i", "j"]);
        assert_eq!(found[0].rest, ": 0 <= i < N");
        assert_eq!((found[1].name.as_str(), found[1].dimensions.len()), ("S2", 0));
        let text = "L_0[{ S1[i, j] -> [(floor((i)/32))]; S2[] -> [(0)] }, { S1[i, j] -> [(j)] }]";
        assert_eq!(members(text, "here").unwrap().len(), 2);
        assert!(members("[]", "here").unwrap().is_empty());
        for text in ["{ S1[i }", "S1[i]", "{ [i] }", "{ A[i] -> B[j] -> [x] ] }"] {
            let _ = pieces(text, "here");
        }
        assert!(pieces("{ [i] }", "here").is_err());
        assert!(members("{ S1[i] -> [i] }", "here").is_err());
    }
}
