//! `#include "…"` of files that lie beside the user's: by their whole path, since the text is written elsewhere.

use std::path::Path;

/// The text with the names of those that lie in `folder` made absolute; without one, the text as it is.
pub(crate) fn with_absolute_includes(text: &[u8], folder: Option<&Path>) -> Vec<u8> {
    let Some(folder) = folder else { return text.to_vec() };
    let mut changed = Vec::with_capacity(text.len() + 256);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match absolute(line, folder) {
            Some(line) => changed.extend(line),
            None => changed.extend_from_slice(line),
        }
    }
    changed
}

fn absolute(line: &[u8], folder: &Path) -> Option<Vec<u8>> {
    let trimmed = line.trim_ascii_start().strip_prefix(b"#")?.trim_ascii_start();
    let quoted = trimmed.strip_prefix(b"include")?.trim_ascii_start().strip_prefix(b"\"")?;
    let length = quoted.iter().position(|byte| *byte == b'"')?;
    let (name, rest) = quoted.split_at(length);
    let path = folder.join(std::str::from_utf8(name).ok()?);
    let path =
        path.to_str().filter(|path| !path.contains(['"', '\n']) && Path::new(path).is_file())?;
    Some([b"#include \"", path.as_bytes(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::with_absolute_includes;
    use std::path::Path;

    #[test]
    fn only_files_that_are_there_get_their_path() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text =
            b"#include <math.h>\n # include \"Cargo.toml\" // x\n#include \"absent.h\"\nint a;";
        let changed = String::from_utf8(with_absolute_includes(text, Some(folder))).expect("UTF-8");
        let expected = format!(
            "#include <math.h>\n#include \"{}/Cargo.toml\" // x\n#include \"absent.h\"\nint a;",
            folder.display()
        );
        assert_eq!(changed, expected);
    }
}
