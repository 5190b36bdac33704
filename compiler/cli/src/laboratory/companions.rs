//! Files that a C file cannot do without: where it includes `name.h` and calls what that declares, `name.c`
//! beside the header most often defines it, as PolyBench's `polybench.c` defines what its kernels allocate
//! arrays with.

use super::original::CompilerSettings;
use crate::benchmark::object_file::ObjectFile;
use loopwright_frontend::Unit;
use loopwright_runtime::compile_c;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the C compiler may take for one.
const COMPILE_LIMIT: Duration = Duration::from_secs(30);

/// Shared objects of the files that define what a shared object of the unit needs. A file that does not compile by
/// itself is none of them: what is missing is said where it is needed.
pub fn needed(
    unit: &Unit,
    library: &Path,
    settings: &CompilerSettings,
    folder: &Path,
) -> Vec<PathBuf> {
    let Ok(needing) = ObjectFile::read(library) else { return Vec::new() };
    let mut found = Vec::new();
    for (number, source) in beside_headers(unit, settings).into_iter().enumerate() {
        let mut flags: Vec<&str> = settings.arguments.iter().map(String::as_str).collect();
        flags.extend(["-O2", "-shared", "-fPIC", "-w"]);
        let output = folder.join(format!("companion{number}.so"));
        let compiled = compile_c(&source, &flags, &settings.compiler, &output, COMPILE_LIMIT);
        let defines = || ObjectFile::read(&output).is_ok_and(|other| needing.needs(&other));
        if compiled.is_ok() && defines() {
            found.push(output);
        }
    }
    found
}

/// The C files with the names of the headers that the unit's own text includes.
fn beside_headers(unit: &Unit, settings: &CompilerSettings) -> Vec<PathBuf> {
    let own = unit.file.parent().map_or_else(PathBuf::new, PathBuf::from);
    let named = settings.arguments.iter().filter_map(|flag| flag.strip_prefix("-I"));
    let folders: Vec<PathBuf> = std::iter::once(own).chain(named.map(PathBuf::from)).collect();
    let mut found = Vec::new();
    for name in unit.source.lines().filter_map(included) {
        let header = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
        let Some(source) = header.map(|header| header.with_extension("c")) else { continue };
        let Ok(source) = source.canonicalize() else { continue };
        let is_unit = unit.file.canonicalize().is_ok_and(|file| file == source);
        if !is_unit && !found.contains(&source) {
            found.push(source);
        }
    }
    found
}

/// What a line includes.
fn included(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?;
    let rest = rest.trim_start();
    let (name, end) = match rest.strip_prefix('"') {
        Some(name) => (name, '"'),
        None => (rest.strip_prefix('<')?, '>'),
    };
    name.split_once(end).map(|(name, _)| name).filter(|name| name.ends_with(".h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_read() {
        assert_eq!(included("#include <polybench.h>"), Some("polybench.h"));
        assert_eq!(included("  # include \"a/b.h\" // why"), Some("a/b.h"));
        for none in ["include <a.h>", "#include MACRO", "#include <a", "#define include <a.h>"] {
            assert_eq!(included(none), None, "{none}");
        }
    }
}
