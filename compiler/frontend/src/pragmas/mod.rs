//! Pragmas: `scop` and `endscop`, which the C compiler itself ignores, and those that it does not
//! ignore where it computes with floating-point numbers.

mod floating;
mod found;
mod macros;

pub(crate) use floating::{Floating, relaxes};
pub(crate) use found::{Found, Pragma, find, find_in_headers};

use crate::error::PragmaProblem;
use crate::libclang::Token;

/// The text between two pragmas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PragmaPair {
    /// The word `scop`, the operator or the macro, for messages.
    pub opening: Token,
    /// The byte after the first pragma's last token.
    pub start: usize,
    /// The byte at which the second pragma begins.
    pub end: usize,
}

/// The pairs of pragmas in the order of the text. The error has the word at fault.
pub(crate) fn pairs(pragmas: &[Pragma]) -> Result<Vec<PragmaPair>, (PragmaProblem, Token)> {
    let mut pairs = Vec::new();
    let mut open: Option<&Pragma> = None;
    for pragma in pragmas {
        let word = pragma.words.first().map(String::as_str);
        match (word, open) {
            (Some("scop"), None) => open = Some(pragma),
            (Some("scop"), Some(_)) => return Err((PragmaProblem::Nested, pragma.at.clone())),
            (Some("endscop"), Some(opening)) => {
                pairs.push(PragmaPair {
                    opening: opening.at.clone(),
                    start: opening.end,
                    end: pragma.start,
                });
                open = None;
            }
            (Some("endscop"), None) => return Err((PragmaProblem::Unopened, pragma.at.clone())),
            _ => {}
        }
    }
    match open {
        Some(pragma) => Err((PragmaProblem::Unclosed, pragma.at.clone())),
        None => Ok(pairs),
    }
}

#[cfg(test)]
mod tests {
    use super::found::in_tokens;
    use super::macros::Macros;
    use super::*;

    fn pairs_of(text: &str) -> Result<Vec<PragmaPair>, PragmaProblem> {
        let found = in_tokens(tokens(text), text.as_bytes(), &Macros::default());
        pairs(&found.pragmas).map_err(|error| error.0)
    }

    /// Tokens of text in which spaces stand around each.
    pub(super) fn tokens(text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut offset = 0;
        for (line, content) in text.split('\n').enumerate() {
            let mut column = 0;
            for word in content.split(' ') {
                if !word.is_empty() {
                    tokens.push(Token {
                        text: word.to_owned(),
                        line: line as u32 + 1,
                        column: column as u32 + 1,
                        start: offset + column,
                        end: offset + column + word.len(),
                    });
                }
                column += word.len() + 1;
            }
            offset += content.len() + 1;
        }
        tokens
    }

    #[test]
    fn pairs_are_found_in_order() {
        let text = "# pragma scop\na\n# pragma endscop\n# pragma scop\nb\n# pragma endscop";
        assert_eq!(pairs_of(text).map(|pairs| pairs.len()), Ok(2));
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let problem = pairs_of;
        assert_eq!(problem("# pragma scop\na"), Err(PragmaProblem::Unclosed));
        assert_eq!(problem("a\n# pragma endscop"), Err(PragmaProblem::Unopened));
        let nested = "# pragma scop\n# pragma scop\n# pragma endscop";
        assert_eq!(problem(nested), Err(PragmaProblem::Nested));
    }

    #[test]
    fn other_directives_and_words_are_ignored() {
        let text = "# pragma scop\nx = # pragma scop\n# pragma endscop";
        assert_eq!(pairs_of(text).map(|pairs| pairs.len()), Ok(1));
        let text =
            "# define X _Pragma ( \"scop\" )\n# define Y \\\n # pragma scop\n# pragma omp for";
        assert_eq!(pairs_of(text), Ok(Vec::new()));
    }

    #[test]
    fn operators_are_pragmas() {
        let text = "_Pragma ( \"scop\" ) x = 1 ; _Pragma ( \"endscop\" )";
        let pairs = pairs_of(text).expect("a pair");
        let between: Vec<_> = pairs.iter().map(|pair| &text[pair.start..pair.end]).collect();
        assert_eq!(between, [" x = 1 ; "]);
    }
}
