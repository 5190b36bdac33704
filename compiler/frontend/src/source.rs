//! The bytes of C files, and what can be said of them before they are parsed.

use crate::reject::SharedSource;
use miette::NamedSource;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An expression with more operators than this would overflow the C compiler's own recursion.
pub(crate) const MOST_OPERATORS: usize = 200_000;

/// A name that no C compiler takes for an option.
pub(crate) fn undashed(file: &Path) -> PathBuf {
    if file.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return Path::new(".").join(file);
    }
    file.to_owned()
}

/// More bytes than any C file has that a person wrote or a program printed.
const LONGEST: u64 = 64 << 20;

/// All of a file that has an end, not too far away: not `/dev/zero`.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        let text = format!("it is longer than {} MiB", LONGEST >> 20);
        return Err(io::Error::other(text));
    }
    Ok(bytes)
}

/// The text with a question mark for each byte that is not UTF-8, so that places stay what they are. Such
/// bytes stand in comments and strings, which no one looks at.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

/// The line at which an expression has more operators than can be read. Signs in comments and strings count,
/// which do not come in such numbers.
pub(crate) fn endless_expression(bytes: &[u8]) -> Option<usize> {
    let (mut operators, mut line) = (0, 1);
    for byte in bytes {
        match byte {
            b'\n' => line += 1,
            b';' | b'{' | b'}' | b',' | b'#' | b'"' => operators = 0,
            b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b'?'
            | b'!' | b'~' => {
                operators += 1;
                if operators > MOST_OPERATORS {
                    return Some(line);
                }
            }
            _ => {}
        }
    }
    None
}

pub(crate) fn read_source(path: &Path) -> Option<SharedSource> {
    Some(shared(path, &text_of(&read(path).ok()?)))
}

/// A file's text as messages show it: without what a terminal would obey, and with all places as they are.
pub(crate) fn shared(path: &Path, text: &str) -> SharedSource {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if obeyed(character) {
            shown.extend(std::iter::repeat_n('?', character.len_utf8()));
        } else {
            shown.push(character);
        }
    }
    Arc::new(NamedSource::new(path.to_string_lossy(), shown).with_language("C"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use miette::SourceCode;

    #[test]
    fn messages_show_nothing_that_a_terminal_obeys() {
        let text = "int a;\u{1b}[2J\tint b;\u{9b}\n";
        let source = shared(Path::new("a.c"), text);
        let span = source.read_span(&(0..text.len()).into(), 0, 0).unwrap();
        assert_eq!(std::str::from_utf8(span.data()).unwrap(), "int a;?[2J\tint b;??\n");
    }
}
