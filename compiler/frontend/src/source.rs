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
    let text = text_of(&read(path).ok()?);
    Some(Arc::new(NamedSource::new(path.to_string_lossy(), text).with_language("C")))
}
