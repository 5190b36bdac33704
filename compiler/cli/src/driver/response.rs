//! Response files: `@FILE` stands for the words in the file.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// Files that name each other without end are no more than this deep.
const DEEPEST: usize = 20;

/// More bytes than any command line has.
const LONGEST: u64 = 64 << 20;

/// The words with those of response files in their places. As for other compilers, a name that cannot be read is
/// a word.
pub fn expanded(words: &[OsString]) -> Result<Vec<OsString>, String> {
    let mut result = Vec::new();
    expand(words, 0, &mut result)?;
    Ok(result)
}

fn expand(words: &[OsString], depth: usize, result: &mut Vec<OsString>) -> Result<(), String> {
    for word in words {
        let name = word.as_bytes().strip_prefix(b"@").map(OsStr::from_bytes);
        let read =
            name.and_then(|name| loopwright_runtime::read_bounded(Path::new(name), LONGEST).ok());
        match read {
            Some(_) if depth == DEEPEST => {
                return Err(format!("the response file {} names itself", word.display()));
            }
            Some(text) => expand(&split(&text), depth + 1, result)?,
            None => result.push(word.clone()),
        }
    }
    Ok(())
}

/// Words between blanks; quotation marks keep blanks in a word, and a backslash the character behind it.
fn split(text: &[u8]) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\\', _) => word.get_or_insert_default().extend(bytes.next()),
            (b'"' | b'\'', None) => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == byte => quote = None,
            (_, None) if byte.is_ascii_whitespace() => {
                words.extend(word.take().map(OsString::from_vec));
            }
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word.map(OsString::from_vec));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_compilers_do() {
        let text = b"-DX=\"a b\"  'c d'\n-Ie\\ f \"\" \"g\\\"h\"";
        assert_eq!(split(text), ["-DX=a b", "c d", "-Ie f", "", "g\"h"]);
    }

    #[test]
    fn files_may_name_files_but_not_themselves() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        std::fs::write(&one, format!("-a @{} -d", two.display())).expect("written");
        std::fs::write(&two, "-b -c").expect("written");
        let word = OsString::from(format!("@{}", one.display()));
        assert_eq!(
            expanded(std::slice::from_ref(&word)),
            Ok(["-a", "-b", "-c", "-d"].map(OsString::from).to_vec())
        );
        assert_eq!(expanded(&["@/no/such".into()]), Ok(vec!["@/no/such".into()]));
        std::fs::write(&two, format!("@{}", one.display())).expect("written");
        assert!(expanded(&[word]).is_err());
    }
}
