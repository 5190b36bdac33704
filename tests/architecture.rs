//! The borders that ARCHITECTURE.md promises, checked on the source text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace exists")
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            rust_files(&path, files);
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

/// The lines of all Rust files below a folder that are not comments: (path from the root, line
/// number, text), without those after the file's `#[cfg(test)]` if `without_tests` is set.
fn code_lines(folder: &str, without_tests: bool) -> Vec<(String, usize, String)> {
    let root = root();
    let mut files = Vec::new();
    rust_files(&root.join(folder), &mut files);
    let mut lines = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        let tests = ["/tests/", "/testing/", "/tests.rs"];
        if without_tests && tests.iter().any(|part| name.contains(part)) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a readable source file");
        for (number, line) in text.lines().enumerate() {
            if without_tests && line.trim() == "#[cfg(test)]" {
                break;
            }
            if !line.trim_start().starts_with("//") {
                lines.push((name.clone(), number + 1, line.to_owned()));
            }
        }
    }
    assert!(!lines.is_empty(), "no code below {folder}");
    lines
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let boundary = |character: Option<char>| {
            !character.is_some_and(|character| character.is_alphanumeric() || character == '_')
        };
        boundary(line[..start].chars().next_back())
            && boundary(line[start + word.len()..].chars().next())
    })
}

#[test]
fn unsafe_code_lives_where_the_architecture_says() {
    let allowed = [
        "compiler/isl/",
        "compiler/codegen/",
        "compiler/frontend/src/libclang",
        "runtime/",
        "tests/",
    ];
    let found: Vec<_> = code_lines(".", true)
        .into_iter()
        .filter(|(file, _, line)| {
            has_word(line, "unsafe") && !allowed.iter().any(|folder| file.starts_with(folder))
        })
        .collect();
    assert!(found.is_empty(), "unsafe outside of its places: {found:#?}");
}

#[test]
fn pure_crates_do_no_input_or_output_and_read_no_clock() {
    let forbidden = [
        "std::fs",
        "std::env",
        "std::process",
        "std::net",
        "Instant::now",
        "SystemTime",
        "println!",
    ];
    for folder in [
        "compiler/ir/src",
        "compiler/analysis/src",
        "compiler/transform/src",
        "compiler/exchange/src",
        "compiler/synth/src",
        "costmodel/src/features",
    ] {
        let found: Vec<_> = code_lines(folder, true)
            .into_iter()
            .filter(|(_, _, line)| forbidden.iter().any(|word| line.contains(word)))
            .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// The crates of ours that a manifest names outside of its tests.
fn dependencies(folder: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
    let text = text.split("[dev-dependencies]").next().unwrap_or_default();
    let names = text.lines().filter_map(|line| line.strip_prefix("loopwright-"));
    names.map(|name| name.split(['.', ' ', '=']).next().unwrap_or_default().to_owned()).collect()
}

/// The folders of the code map with the crates that they may use.
fn code_map() -> Vec<(String, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map");
    let map = text.split("## Code map").nth(1).and_then(|rest| rest.split("\n## ").next());
    let rows = map.expect("the code map").lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [folder, _, uses] = cells.as_slice() else { panic!("three columns: {row}") };
        (folder.trim_matches('`').to_owned(), uses.split_whitespace().map(str::to_owned).collect())
    })
    .collect()
}

#[test]
fn crates_use_what_the_code_map_says() {
    let map = code_map();
    for (folder, uses) in &map {
        if folder != "tests" {
            assert_eq!(&dependencies(folder), uses, "{folder}: its manifest and ARCHITECTURE.md");
        }
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace");
    let members = workspace.split("members = [").nth(1).and_then(|rest| rest.split(']').next());
    for member in members.expect("members").split('"').skip(1).step_by(2) {
        assert!(map.iter().any(|(folder, _)| folder == member), "{member} is not on the map");
    }
}

#[test]
fn foreign_libraries_have_one_door_each() {
    for (library, door) in [
        ("isl-rs", "compiler/isl"),
        ("inkwell", "compiler/codegen"),
        ("clang-sys", "compiler/frontend"),
        ("tract-onnx", "costmodel"),
    ] {
        for (folder, _) in
            code_map().iter().filter(|(folder, _)| folder != door && folder != "tests")
        {
            let text =
                fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
            let named = text.lines().any(|line| line.starts_with(library));
            assert!(!named, "{folder} uses {library} beside {door}");
        }
    }
}

#[test]
fn every_invariant_belongs_to_a_crate() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map");
    let list = text.split("## Invariants").nth(1).and_then(|rest| rest.split("\n## ").next());
    let list = list.expect("the invariants");
    for (folder, _) in code_map().iter().filter(|(folder, _)| folder != "tests") {
        let name = folder.rsplit('/').next().unwrap_or_default();
        assert!(list.contains(&format!("`{name}`")), "{folder} has no invariant");
    }
}

#[test]
fn nothing_is_left_unfinished_and_files_stay_readable() {
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
    ];
    let root = root();
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable source file");
        for mark in marks {
            assert!(!text.contains(mark), "{} contains {mark}", file.display());
        }
        assert!(text.lines().count() <= 500, "{} is longer than 500 lines", file.display());
    }
}

/// The code of everything that `tune` runs through: all but the commands about PolyBench itself, and what fuzzes.
fn tuning_code() -> Vec<(String, usize, String)> {
    let crates = [
        "compiler/ir/src",
        "compiler/isl/src",
        "compiler/frontend/src",
        "compiler/analysis/src",
        "compiler/transform/src",
        "compiler/codegen/src",
        "compiler/checker/src",
        "compiler/exchange/src",
        "compiler/search/src",
        "costmodel/src",
        "runtime/src",
        "compiler/cli/src",
    ];
    let about_polybench =
        ["compiler/cli/src/commands/polybench", "compiler/cli/src/commands/model"];
    let lines = crates.into_iter().flat_map(|folder| code_lines(folder, true));
    lines.filter(|(file, ..)| !about_polybench.iter().any(|own| file.starts_with(own))).collect()
}

/// Whether a name stands in a line, also as a part of an identifier: `kernel_gemm`, `"jacobi-2d"`.
fn has_name(line: &str, name: &str) -> bool {
    let is_inside = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    line.match_indices(name).any(|(start, _)| {
        !is_inside(line[..start].chars().next_back())
            && !is_inside(line[start + name.len()..].chars().next())
    })
}

#[test]
fn no_benchmark_is_treated_by_its_name() {
    let kernels = loopwright_polybench::kernels();
    assert_eq!(kernels.len(), 30);
    let mut names: Vec<String> =
        kernels.iter().map(|kernel| kernel.name.replace('-', "_")).collect();
    // Without the number of dimensions, and other spellings.
    names.extend(["jacobi", "seidel", "fdtd", "floyd", "warshall"].map(str::to_owned));
    for (file, number, line) in tuning_code() {
        let text = line.to_lowercase().replace('-', "_");
        for name in &names {
            assert!(!has_name(&text, name), "{file}:{number} names the benchmark {name}: {line}");
        }
    }
    assert!(has_name("\"kernel_gemm\"", "gemm") && !has_name("plural", "lu"));
}

/// Expert schedules say what is reachable; a search that read them would prove nothing.
#[test]
fn tuning_never_reads_expert_schedules() {
    for (file, number, line) in tuning_code() {
        let text = line.to_lowercase();
        for word in ["loopwright_polybench", "polybench/expert", "polybench/schedules", "expert_"] {
            assert!(!text.contains(word), "{file}:{number} mentions {word}: {line}");
        }
    }
    // The search, the model and what joins them to the machine do not even know the word.
    for folder in ["compiler/search", "costmodel", "compiler/cli/src/tuning"] {
        for (file, number, line) in code_lines(folder, false) {
            assert!(!line.to_lowercase().contains("expert"), "{file}:{number}: {line}");
        }
    }
    for folder in ["compiler/search", "costmodel", "compiler/transform", "compiler/codegen"] {
        let manifest = root().join(folder).join("Cargo.toml");
        let text = fs::read_to_string(manifest).expect("a manifest");
        let end = text.find("[dev-dependencies]").unwrap_or(text.len());
        assert!(!text[..end].contains("loopwright-polybench"), "{folder} depends on PolyBench");
    }
}
