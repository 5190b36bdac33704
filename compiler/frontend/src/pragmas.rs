//! Finds `#pragma scop` and `#pragma endscop`, which the C compiler itself ignores.

use crate::error::PragmaProblem;
use crate::libclang::Token;

/// The text between two pragmas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PragmaPair {
    /// The word `scop` itself, for messages.
    pub opening: Token,
    /// The byte after the first pragma's last token.
    pub start: usize,
    /// The byte of the second pragma's `#`.
    pub end: usize,
}

/// The pairs of pragmas in the order of the text; those that the preprocessor skips are ignored.
/// The error has the word at fault.
pub(crate) fn pairs(
    tokens: &[Token],
    skipped: &[(usize, usize)],
) -> Result<Vec<PragmaPair>, (PragmaProblem, Token)> {
    let mut pairs = Vec::new();
    let mut open: Option<&Token> = None;
    let mut previous_line = 0;
    for window in tokens.windows(3) {
        let [hash, pragma, word] = window else { continue };
        // A directive's `#` is the first token of its line.
        let first = hash.line != previous_line;
        previous_line = hash.line;
        let directive = first
            && hash.text == "#"
            && pragma.text == "pragma"
            && pragma.line == hash.line
            && word.line == hash.line;
        if !directive || skipped.iter().any(|range| (range.0..range.1).contains(&hash.start)) {
            continue;
        }
        match (word.text.as_str(), open) {
            ("scop", None) => open = Some(word),
            ("scop", Some(_)) => return Err((PragmaProblem::Nested, word.clone())),
            ("endscop", Some(opening)) => {
                pairs.push(PragmaPair {
                    opening: opening.clone(),
                    start: opening.end,
                    end: hash.start,
                });
                open = None;
            }
            ("endscop", None) => return Err((PragmaProblem::Unopened, word.clone())),
            _ => {}
        }
    }
    match open {
        Some(word) => Err((PragmaProblem::Unclosed, word.clone())),
        None => Ok(pairs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut offset = 0;
        for (line, content) in text.split('\n').enumerate() {
            for (column, word) in
                content.split(' ').enumerate().filter(|(_, word)| !word.is_empty())
            {
                tokens.push(Token {
                    text: word.to_owned(),
                    line: line as u32 + 1,
                    column: column as u32 + 1,
                    start: offset + column,
                    end: offset + column + word.len(),
                });
            }
            offset += content.len() + 1;
        }
        tokens
    }

    #[test]
    fn pairs_are_found_in_order() {
        let text = "# pragma scop\na\n# pragma endscop\n# pragma scop\nb\n# pragma endscop";
        assert_eq!(pairs(&tokens(text), &[]).map(|pairs| pairs.len()), Ok(2));
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let problem = |text| pairs(&tokens(text), &[]).map_err(|error| error.0);
        assert_eq!(problem("# pragma scop\na"), Err(PragmaProblem::Unclosed));
        assert_eq!(problem("a\n# pragma endscop"), Err(PragmaProblem::Unopened));
        let nested = "# pragma scop\n# pragma scop\n# pragma endscop";
        assert_eq!(problem(nested), Err(PragmaProblem::Nested));
    }

    #[test]
    fn skipped_text_and_other_words_are_ignored() {
        let text = "# pragma scop\nx = # pragma scop\n# pragma endscop";
        assert_eq!(pairs(&tokens(text), &[]).map(|pairs| pairs.len()), Ok(1));
        assert_eq!(pairs(&tokens(text), &[(0, 1000)]), Ok(Vec::new()));
    }
}
