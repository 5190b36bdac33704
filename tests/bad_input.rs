//! Bad input gives one clear error with its place and exit code, and nothing half-written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn loopwright(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

/// Runs `loopwright ARGUMENTS` on a file `input.c` with the given text and checks the exit code, that
/// the error contains every one of `words`, that nothing panicked, and that nothing was written.
fn refused(source: &str, arguments: &[&str], code: i32, words: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("input.c"), source).expect("a writable folder");
    let output = loopwright(folder.path(), arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    // The report may wrap lines anywhere between words.
    let flat: String =
        error.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(flat.contains(word), "`{word}` is not in: {error}");
    }
    assert!(!error.contains("panicked"), "{error}");
    let left: Vec<PathBuf> = std::fs::read_dir(folder.path())
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name != "input.c"))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

const GOOD: &str = "double A[64][64];\nvoid f(void) {\n#pragma scop\n  for (int i = 1; i < 63; i++)\n    for (int j = 1; j < 63; j++)\n      A[i][j] = A[i - 1][j + 1] + 1.0;\n#pragma endscop\n}\n";

const QUICK: [&str; 4] = ["--budget", "1s", "--emit", "obj"];

fn tune(source: &str, more: &[&str], code: i32, words: &[&str]) {
    let mut arguments = vec!["tune", "input.c"];
    arguments.extend(QUICK);
    arguments.extend(more);
    refused(source, &arguments, code, words);
}

#[test]
fn a_missing_file() {
    refused("", &["tune", "absent.c"], 3, &["absent.c"]);
}

#[test]
fn a_syntax_error() {
    let source = "double A[4];\nvoid f(void) {\n#pragma scop\n  for (int i = 0; i < 4; i++\n    A[i] = 0;\n#pragma endscop\n}\n";
    tune(source, &[], 3, &["input.c", "4"]);
}

#[test]
fn no_region() {
    tune("int main(void) { return 0; }\n", &[], 3, &["input.c", "#pragma scop"]);
}

#[test]
fn a_subscript_that_is_not_affine() {
    let source = "int h[9], a[9];\nvoid f(void) {\n#pragma scop\n  for (int i = 0; i < 9; i++)\n    h[a[i]] += 1;\n#pragma endscop\n}\n";
    tune(source, &[], 3, &["input.c:5", "a[i]"]);
}

#[test]
fn an_unknown_function() {
    let source = "double A[9];\ndouble mystery(double);\nvoid f(void) {\n#pragma scop\n  for (int i = 0; i < 9; i++)\n    A[i] = mystery(A[i]);\n#pragma endscop\n}\n";
    tune(source, &[], 3, &["input.c:6", "mystery"]);
}

#[test]
fn a_parameter_without_a_value() {
    let source = "void f(int n, double A[n]) {\n#pragma scop\n  for (int i = 0; i < n; i++)\n    A[i] = 0.0;\n#pragma endscop\n}\n";
    tune(source, &[], 3, &["`n`", "--param n="]);
}

#[test]
fn a_parameter_that_does_not_exist() {
    tune(GOOD, &["--param", "m=3"], 3, &["m"]);
}

#[test]
fn extents_that_are_zero_or_negative() {
    let source = "void f(int n, double A[n]) {\n#pragma scop\n  for (int i = 0; i < n; i++)\n    A[i] = 0.0;\n#pragma endscop\n}\n";
    tune(source, &["--param", "n=0"], 3, &["A", "0"]);
    tune(source, &["--param", "n=-5"], 3, &["A", "-5"]);
}

#[test]
fn an_access_out_of_bounds() {
    let source = "double A[8];\nvoid f(void) {\n#pragma scop\n  for (int i = 0; i <= 8; i++)\n    A[i] = 0.0;\n#pragma endscop\n}\n";
    tune(source, &[], 3, &["A", "8"]);
}

#[test]
fn arrays_too_large_for_the_memory() {
    let source = "void f(long n, double A[n][n]) {\n#pragma scop\n  for (long i = 0; i < n; i++)\n    A[i][0] = 0.0;\n#pragma endscop\n}\n";
    tune(source, &["--param", "n=4000000"], 5, &["memory"]);
}

#[test]
fn a_schedule_that_does_not_parse() {
    refused(
        GOOD,
        &["compile", "input.c", "--schedule", "tile(S1, i", "--emit", "obj"],
        4,
        &["tile"],
    );
    refused(
        GOOD,
        &["compile", "input.c", "--schedule", "spin(S1, i)", "--emit", "obj"],
        4,
        &["spin", "interchange"],
    );
}

#[test]
fn a_schedule_that_does_not_fit_the_program() {
    refused(
        GOOD,
        &["compile", "input.c", "--schedule", "parallelize(S7, i)", "--emit", "obj"],
        4,
        &["S7", "S1"],
    );
    refused(
        GOOD,
        &["compile", "input.c", "--schedule", "parallelize(S1, k)", "--emit", "obj"],
        4,
        &["k", "i, j"],
    );
}

#[test]
fn an_illegal_step_names_the_two_instances() {
    refused(
        GOOD,
        &["compile", "input.c", "--schedule", "interchange(S1, i, j)", "--emit", "obj"],
        4,
        &["interchange(S1, i, j)", "S1(i=1, j=2)", "S1(i=2, j=1)", "A[1][2]"],
    );
}

#[test]
fn a_model_file_that_is_truncated_falls_back_aloud() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("input.c"), GOOD).expect("a writable folder");
    std::fs::write(folder.path().join("model.onnx"), b"\x08\x07\x12").expect("a writable folder");
    let output =
        loopwright(folder.path(), &["tune", "input.c", "--model", "model.onnx", "--no-measure"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    assert!(error.contains("model.onnx") && error.contains("analytical"), "{error}");
}

#[test]
fn model_info_refuses_a_truncated_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("model.onnx"), b"\x08\x07\x12").expect("a writable folder");
    let output = loopwright(folder.path(), &["model", "info", "--model", "model.onnx"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{error}");
    assert!(error.contains("model.onnx"), "{error}");
}

#[test]
fn garbage_is_not_a_panic() {
    for source in [
        "\u{0}\u{1}\u{7f}",
        "#pragma scop",
        "void f(void) {\n#pragma scop\n",
        "#include \"nowhere.h\"\n",
    ] {
        tune(source, &[], 3, &["input.c"]);
    }
}
