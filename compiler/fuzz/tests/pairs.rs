//! Some seconds of fuzzing in every run of the tests.

#[test]
fn all_views_of_random_pairs_agree() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = loopwright_fuzz::check(1, 40, folder.path(), "clang-19").expect("clang and ld");
    let shown: Vec<String> = summary.failures.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{} failures:\n{}", shown.len(), shown.join("\n\n"));
    assert!(summary.tally.pairs > 200, "{:#?}", summary.tally);
}
