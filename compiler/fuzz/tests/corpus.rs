//! Small regions by construct: what is accepted computes what the user's own compilation does, at each of a file's sizes,
//! and what is rejected says why in the words that the file announces.
//!
//! `cargo test -p loopwright-fuzz --test corpus -- --nocapture` prints the counts by construct.

use loopwright_fuzz::text::TextEngine;
use std::path::Path;

#[test]
fn every_region_of_the_corpus_is_compared_or_rejected_as_announced() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let only = std::env::var("CORPUS").ok();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .filter(|path| only.as_ref().is_none_or(|only| path.to_string_lossy().contains(only)))
        .collect();
    files.sort();
    let work = tempfile::tempdir().expect("a temporary folder");
    let mut engine = TextEngine::new(work.path(), "clang-19").expect("memory");
    let mut wrong = Vec::new();
    let (mut regions, mut compared) = (0, 0);
    println!(
        "{:<24}{:>9}{:>10}{:>10}{:>10}",
        "construct", "regions", "accepted", "rejected", "compared"
    );
    for file in &files {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let looked = engine.corpus(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        for failure in &looked.failures {
            wrong.push(format!(
                "{name}: region {} at {}: {}: {}\n{}",
                failure.region, failure.parameters, failure.view, failure.detail, failure.schedule
            ));
        }
        let mut counts = [0, 0, 0];
        for outcome in &looked.outcomes {
            let function = &outcome.function;
            counts[usize::from(outcome.rejected.is_some())] += 1;
            counts[2] += outcome.compared;
            match (&outcome.announced, &outcome.rejected) {
                (Some(announced), Some(said)) if announced == said => {}
                (None, None) if outcome.compared > 0 => {}
                (None, None) => wrong.push(format!("{name}: {function}: undefined at every size")),
                (announced, said) => wrong.push(format!(
                    "{name}: {function}:\n  announced: {announced:?}\n  said:      {said:?}"
                )),
            }
        }
        for (reason, count) in &looked.tally.rejected {
            wrong.push(format!("{name}: {count} not compared: {reason}"));
        }
        let [accepted, rejected, times] = counts;
        println!("{name:<24}{:>9}{accepted:>10}{rejected:>10}{times:>10}", accepted + rejected);
        regions += accepted + rejected;
        compared += times;
    }
    println!("{:<24}{regions:>9}{:>30}", "all", compared);
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
