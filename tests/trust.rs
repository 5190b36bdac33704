//! The program that is measured, compiled and fallen back to is the user's own.
//!
//! Each C file in `tests/trust/<kind>/` opens with lines `//= …` that say what is done with it and what must
//! come out; `trust/runner/case.rs` has the grammar. Behaviour is compared wherever there is any: the bytes that
//! the program prints, built as its author builds it, with ours in its place. `cargo test --release -p loopwright
//! --test trust -- --nocapture` prints the counts by kind; a word behind it in `LOOPWRIGHT_TRUST` chooses files.

#[path = "trust/runner/case.rs"]
mod case;
#[path = "trust/runner/command.rs"]
mod command;
#[path = "trust/runner/perform.rs"]
mod perform;

use case::Case;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for kind in std::fs::read_dir(folder).expect("a readable folder").flatten() {
        let kind = kind.path();
        let name = kind.file_name().expect("a name").to_string_lossy().into_owned();
        if name == "runner" || !kind.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&kind).expect("a readable folder").flatten() {
            let file = file.path();
            if file.extension().is_some_and(|extension| extension == "c") {
                found.push((name.clone(), file));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_case_does_what_its_first_lines_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/trust");
    let folder = folder.canonicalize().expect("the folder of the cases");
    let chosen = std::env::var("LOOPWRIGHT_TRUST").unwrap_or_default();
    let cases: Vec<Case> = files(&folder)
        .into_iter()
        .filter(|(_, path)| path.to_string_lossy().contains(&chosen))
        .filter_map(|(kind, path)| Case::read(kind, &path))
        .collect();
    assert!(!chosen.is_empty() || cases.len() > 60, "cases are missing: {}", cases.len());
    let todo = Mutex::new(cases.iter());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(case) = todo.lock().expect("no thread panicked").next() else { break };
                    let failures = perform::perform(case);
                    results.lock().expect("no thread panicked").push((case, failures));
                }
            });
        }
    });
    let results = results.into_inner().expect("no thread panicked");
    let mut kinds: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (case, failures) in &results {
        let counts = kinds.entry(&case.kind).or_default();
        counts.0 += 1;
        counts.1 += case.actions.len();
        counts.2 += failures.len();
        let place = case.path.strip_prefix(&folder).unwrap_or(&case.path).display();
        wrong.extend(failures.iter().map(|failure| format!("{place}: {failure}")));
    }
    println!("{:24} {:>6} {:>8} {:>6}", "kind", "files", "checks", "wrong");
    for (kind, (files, checks, wrong)) in &kinds {
        println!("{kind:24} {files:6} {checks:8} {wrong:6}");
    }
    let sums =
        kinds.values().fold((0, 0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2));
    println!("{:24} {:6} {:8} {:6}", "all", sums.0, sums.1, sums.2);
    wrong.sort();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}
