//! What somebody else's file is, and which of the functions that we can call is in it.

use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectKind, ObjectSymbol, elf};
use std::path::Path;

/// The kinds of files that can be timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A relocatable object, to be linked.
    Object,
    /// A shared object, to be loaded.
    Shared,
    /// A program, to be run.
    Program,
}

/// A file's kind and the functions that it defines for others.
#[derive(Clone, Debug)]
pub struct ObjectFile {
    pub kind: FileKind,
    defined: Vec<String>,
    undefined: Vec<String>,
}

impl ObjectFile {
    /// Looks into a file. A script that the system can start counts as a program.
    ///
    /// # Errors
    /// In words, if it cannot be read or is of no such kind.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if bytes.starts_with(b"#!") {
            return Ok(Self {
                kind: FileKind::Program,
                defined: Vec::new(),
                undefined: Vec::new(),
            });
        }
        let file = ElfFile64::<Endianness>::parse(bytes.as_slice()).map_err(|error| {
            format!("{} is no object, shared object or program: {error}", path.display())
        })?;
        let endian = file.endian();
        let interpreted =
            file.elf_program_headers().iter().any(|header| header.p_type(endian) == elf::PT_INTERP);
        let kind = match file.kind() {
            ObjectKind::Relocatable => FileKind::Object,
            // A position-independent program is a shared object that names its interpreter.
            ObjectKind::Dynamic if !interpreted => FileKind::Shared,
            ObjectKind::Dynamic | ObjectKind::Executable => FileKind::Program,
            other => return Err(format!("{} is of an unknown kind: {other:?}", path.display())),
        };
        let symbols = file.symbols().chain(file.dynamic_symbols());
        let (mut defined, mut undefined) = (Vec::new(), Vec::new());
        for symbol in symbols.filter(|symbol| symbol.is_global()) {
            let Ok(name) = symbol.name() else { continue };
            if symbol.is_definition() {
                defined.push(name.to_owned());
            } else if symbol.is_undefined() {
                undefined.push(name.to_owned());
            }
        }
        Ok(Self { kind, defined, undefined })
    }

    /// Whether it needs a function or variable that the other one defines.
    pub fn needs(&self, other: &Self) -> bool {
        self.undefined.iter().any(|name| other.defines(name))
    }

    /// Whether a function or variable of that name is defined for others.
    pub fn defines(&self, name: &str) -> bool {
        self.defined.iter().any(|defined| defined == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_is_one() {
        let path = std::env::current_exe().expect("a path");
        assert_eq!(ObjectFile::read(&path).expect("readable").kind, FileKind::Program);
    }

    #[test]
    fn other_files_are_refused_with_their_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "no code").expect("written");
        assert!(ObjectFile::read(&path).expect_err("text").contains("notes.txt"));
        assert!(ObjectFile::read(&folder.path().join("absent")).is_err());
        std::fs::write(&path, "#!/bin/sh\n").expect("written");
        assert_eq!(ObjectFile::read(&path).expect("a script").kind, FileKind::Program);
    }
}
