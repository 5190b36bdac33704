//! `compile_commands.json`: with which flags a project's files are compiled.

use crate::driver::reading_flags;
use loopwright_runtime::read_bounded;
use serde::Deserialize;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// More bytes than any has.
const LONGEST: u64 = 256 << 20;

#[derive(Deserialize)]
struct Entry {
    directory: PathBuf,
    file: PathBuf,
    command: Option<String>,
    arguments: Option<Vec<String>>,
}

/// The flags of files, by their whole names.
#[derive(Default)]
pub struct Database(HashMap<PathBuf, Vec<String>>);

impl Database {
    /// Those of some folders, or of their folders `build`.
    pub fn of(folders: &[PathBuf]) -> Self {
        let mut database = Self::default();
        for folder in folders {
            for place in [folder.clone(), folder.join("build")] {
                let bytes = read_bounded(&place.join("compile_commands.json"), LONGEST);
                let entries =
                    bytes.ok().and_then(|it| serde_json::from_slice::<Vec<Entry>>(&it).ok());
                entries.into_iter().flatten().for_each(|entry| database.add(entry));
            }
        }
        database
    }

    fn add(&mut self, entry: Entry) {
        let words: Vec<OsString> = match (entry.arguments, entry.command) {
            (Some(words), _) => words.into_iter().map(OsString::from).collect(),
            (None, Some(command)) => command.split_whitespace().map(OsString::from).collect(),
            (None, None) => return,
        };
        let flags = reading_flags(words.get(1..).unwrap_or_default());
        let mut absolute = Vec::new();
        for flag in flags {
            // Folders are named from where the compiler ran.
            match flag.strip_prefix("-I").filter(|folder| !folder.is_empty()) {
                Some(folder) => {
                    absolute.push(format!("-I{}", entry.directory.join(folder).display()))
                }
                None => absolute.push(flag),
            }
        }
        if let Ok(file) = entry.directory.join(&entry.file).canonicalize() {
            self.0.insert(file, absolute);
        }
    }

    /// A file's flags.
    pub fn flags(&self, file: &Path) -> Vec<String> {
        let known = file.canonicalize().ok().and_then(|file| self.0.get(&file).cloned());
        known.unwrap_or_default()
    }
}
