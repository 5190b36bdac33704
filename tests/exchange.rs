//! Schedules in the languages of others, through the command line.

use std::path::Path;
use std::process::{Command, Output};

const SOURCE: &str = "double A[60][64], B[64][60];\nvoid f(void) {\n#pragma scop\n  for (int i = 0; i < 60; i++)\n    for (int j = 0; j < 64; j++)\n      A[i][j] = B[j][i] + 1.0;\n#pragma endscop\n}\n";

fn loopwright(folder: &Path, arguments: &[&str]) -> Output {
    std::fs::write(folder.join("input.c"), SOURCE).expect("a writable folder");
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

/// The file that `compile --emit KIND` writes for a schedule, and what it says on standard error.
fn emitted(folder: &Path, schedule: &str, kind: &str) -> (String, String) {
    let arguments = ["compile", "input.c", "--schedule", schedule, "--emit", kind, "-o", "written"];
    let output = loopwright(folder, &arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    let text = std::fs::read_to_string(folder.join("written")).expect("a file was written");
    (text, error)
}

#[test]
fn one_order_in_three_languages() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let steps =
        "interchange(S1, i, j); tile(S1, j, i, 8, 16); parallelize(S1, j_t); unroll(S1, i, 4)";
    let (loops, _) = emitted(folder.path(), steps, "c");
    let (looperset, error) = emitted(folder.path(), steps, "looperset");
    assert!(!error.contains("left out"), "{error}");
    assert!(looperset.starts_with("I(L0,L1,comps=['S1'])|T2(L0,L1,8,16"), "{looperset}");
    // What the comment at the beginning says of the order is not the same.
    let code = |text: String| text.split_once("*/\n").map(|(_, code)| code.to_owned());
    let loops = code(loops);
    assert!(loops.is_some());
    assert_eq!(code(emitted(folder.path(), &looperset, "c").0), loops);
    let (tree, _) = emitted(folder.path(), steps, "isl");
    std::fs::write(folder.path().join("tree.yaml"), &tree).expect("a writable folder");
    assert_eq!(code(emitted(folder.path(), "tree.yaml", "c").0), loops);
    assert_eq!(emitted(folder.path(), "tree.yaml", "isl").0, tree);
}

#[test]
fn what_a_string_cannot_say_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (text, error) =
        emitted(folder.path(), "tile(S1, i, j, 8, 8); vectorize(S1, j, 4)", "looperset");
    assert_eq!(text, "T2(L0,L1,8,8,comps=['S1'])\n");
    assert!(error.contains("vectorize(S1, j, 4)"), "{error}");
}

#[test]
fn what_cannot_be_used_ends_with_the_code_for_schedules() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tree = "domain: \"{ S1[i, j] : 0 <= i < 60 and 0 <= j < 64 }\"\n";
    for (schedule, words) in [
        ("P(L7)", "no level L7"),
        ("domain: \"{ S1[i, j] : i < 0 }\"", "lacks instances"),
        ("domain: [", "the isl schedule tree"),
    ] {
        let output = loopwright(folder.path(), &["explain", "input.c", "--schedule", schedule]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{error}");
        assert!(error.contains(words), "{error}");
    }
    let arguments = ["compile", "input.c", "--schedule", tree, "--emit", "schedule"];
    let output = loopwright(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(4));
}
