//! A schedule of one program in the words of another one with the same normal form.

use super::normal_form::Names;
use loopwright_ir::Schedule;

/// The schedule's text for the program whose names are `to`; `None` where it does not parse.
///
/// Words are told apart by what they name: statements and their pieces (`S1_2`), arrays and their storage
/// (`t_expanded`), iterators and the loops that steps made of them (`i_t`, `i_t2`, `i2`), those of the statement named last
/// first.
pub fn renamed(text: &str, from: &Names, to: &Names) -> Option<Schedule> {
    if from == to {
        return text.parse().ok();
    }
    let mut result = String::with_capacity(text.len());
    let mut statement = None;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = match is_word(first) {
            true => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, behind) = rest.split_at(length);
        // What a bracket follows is a step's name, if it is no element of an array.
        let is_step = behind.starts_with('(');
        let is_name = first.is_alphabetic() || first == '_';
        match is_name && !is_step {
            true => result.push_str(&translated(word, from, to, &mut statement)),
            false => result.push_str(word),
        }
        rest = behind;
    }
    result.parse().ok()
}

fn translated(word: &str, from: &Names, to: &Names, statement: &mut Option<usize>) -> String {
    let pairs = from.statements.iter().zip(&to.statements);
    let named = pairs.clone().enumerate();
    let found =
        longest(word, false, named.map(|(at, (old, new))| (old.0.as_str(), new.0.as_str(), at)));
    if let Some((new, at)) = found {
        *statement = Some(at);
        return new;
    }
    let loops = |at: usize| {
        let (old, new) = (from.statements.get(at), to.statements.get(at));
        let (old, new) = (old.map_or(&[][..], |one| &one.1), new.map_or(&[][..], |one| &one.1));
        old.iter().zip(new).map(|(old, new)| (old.as_str(), new.as_str(), 0))
    };
    let own = statement.and_then(|at| longest(word, true, loops(at)));
    let anybody = || longest(word, true, (0..from.statements.len()).flat_map(loops));
    let arrays = from.arrays.iter().zip(&to.arrays);
    let array = || longest(word, false, arrays.map(|(old, new)| (old.as_str(), new.as_str(), 0)));
    own.or_else(anybody).or_else(array).map_or_else(|| word.to_owned(), |(new, _)| new)
}

/// The word with the longest old name at its beginning replaced, as a whole or up to an underscore; where `numbered`,
/// up to a number, too.
fn longest<'a>(
    word: &str,
    numbered: bool,
    names: impl Iterator<Item = (&'a str, &'a str, usize)>,
) -> Option<(String, usize)> {
    let fits = |old: &str| {
        word.strip_prefix(old).is_some_and(|rest| {
            let behind = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
            let rest = if numbered { behind } else { rest };
            rest.is_empty() || rest.starts_with('_')
        })
    };
    let (old, new, at) = names.filter(|(old, ..)| fits(old)).max_by_key(|(old, ..)| old.len())?;
    Some((format!("{new}{}", word.get(old.len()..)?), at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(statements: &[(&str, &[&str])], arrays: &[&str]) -> Names {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Names {
            statements: statements
                .iter()
                .map(|(name, loops)| ((*name).to_owned(), owned(loops)))
                .collect(),
            arrays: owned(arrays),
        }
    }

    #[test]
    fn statements_loops_and_arrays_get_their_new_names() {
        let from = names(&[("S1", &["i", "j"]), ("S3", &["i", "k", "j"])], &["A", "t"]);
        let to = names(&[("S1", &["y", "x"]), ("S2", &["row", "i", "c"])], &["out", "A"]);
        let text = "tile(S3, i, k, 8, 16)\nparallelize(S3, i_t)\nsplit(S3, j, 2*i + 1)\n\
                    pack(S3_2, A[i][k], k_t2, 1, 0)\nexpand(S1, t, j)\npack(S1, t_expanded, i_t)\nfuse(S1, S3, i, 2)\n\
                    affine(S1: [i, 0, j]; S3: [i, 1, 2*k + 1])\nunroll(S3, k2, 3)";
        let expected = "tile(S2, row, i, 8, 16)\nparallelize(S2, row_t)\nsplit(S2, c, 2*row + 1)\n\
                        pack(S2_2, out[row][i], i_t2, 1, 0)\nexpand(S1, A, x)\npack(S1, A_expanded, y_t)\nfuse(S1, S2, row, 2)\n\
                        affine(S1: [y, 0, x]; S2: [row, 1, 2*i + 1])\nunroll(S2, i2, 3)";
        let found = renamed(text, &from, &to).expect("a schedule");
        assert_eq!(found.to_string(), expected);
        assert_eq!(renamed(text, &from, &from).expect("a schedule").to_string(), text);
        assert_eq!(renamed("not a schedule", &from, &to), None);
    }
}
