//! The independent checker from the command line.

use std::process::{Command, Output, Stdio};

fn loopwright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("the binary runs")
}

#[test]
fn a_packed_and_tiled_product_is_proven() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("product.c");
    std::fs::write(
        &file,
        "double A[40][40], B[40][40], C[40][40];\nvoid product(void) {\n#pragma scop\n\
           for (int i = 0; i < 40; i++)\n    for (int j = 0; j < 40; j++) {\n\
             C[i][j] = 0.0;\n\
             for (int k = 0; k < 40; k++)\n        C[i][j] += A[i][k] * B[k][j];\n\
           }\n#pragma endscop\n}\n",
    )
    .expect("a writable folder");
    let output = loopwright(&[
        "compile",
        file.to_str().expect("a path in UTF-8"),
        "--schedule",
        "distribute(S2, j); distribute(S2, i); tile(S2, j, k, i, 24, 16, 8); pack(S2, B, k_t); pack(S2, A, i_t); \
         parallelize(S2, i_t); tile(S2, i, j, 4, 8); vectorize(S2, j, 4)",
        "--verify",
        "--run",
    ]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(
        error.contains("checked independently: 2 statements each run once (proven)"),
        "{error}"
    );
    assert!(error.contains("2 local copies transparent (proven)"), "{error}");
}

#[test]
fn an_expanded_scalar_leaves_parallel_lanes_with_the_same_bits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rows.c");
    std::fs::write(
        &file,
        "double A[40][50], B[50], s[1];\ndouble rows(double last) {\n  double t;\n#pragma scop\n\
           for (int i = 0; i < 40; i++) {\n    t = 0.0;\n\
             for (int k = 0; k < 50; k++)\n      t += A[i][k] * B[k];\n\
             last = t;\n    s[0] = t + last;\n    A[i][3] = t;\n\
           }\n#pragma endscop\n  return last;\n}\n",
    )
    .expect("a writable folder");
    let output = loopwright(&[
        "compile",
        file.to_str().expect("a path in UTF-8"),
        "--schedule",
        "expand(S1, t, i); expand(S3, last, i); expand(S4, s, i); tile(S1, i, 8); \
         parallelize(S1, i_t); distribute(S1, i); distribute(S2, i); pack(S1, t_expanded, i_t); \
         vectorize(S2, i, 8)",
        "--verify",
        "--run",
    ]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(error.contains("3 local copies transparent (proven)"), "{error}");
    let exported = loopwright(&[
        "compile",
        file.to_str().expect("a path in UTF-8"),
        "--schedule",
        "expand(S1, t, i)",
        "--emit",
        "isl",
    ]);
    assert!(!exported.status.success());
    let error = String::from_utf8_lossy(&exported.stderr);
    assert!(error.contains("cannot be expressed"), "{error}");
}

fn certificate(text: &str, schedule: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("input.c");
    std::fs::write(&file, text).expect("a writable folder");
    let file = file.to_str().expect("a path in UTF-8");
    let output = loopwright(&["compile", file, "--schedule", schedule, "--verify", "--run"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    error
}

#[test]
fn changed_programs_are_proven_against_the_source() {
    let closure = "double A[30][30];\nvoid closure(void) {\n#pragma scop\n\
                   for (int k = 0; k < 30; k++)\n for (int i = 0; i < 30; i++)\n  \
                   for (int j = 0; j < 30; j++)\n   A[i][j] += A[i][k] * A[k][j];\n\
                   #pragma endscop\n}\n";
    let text = certificate(closure, "divide(S1, i, k + 1); keep(S2, A[k][j], i)");
    let changes = "of the source's 1 statement with loops divided (proven), reads kept (proven)";
    assert!(text.contains(changes), "{text}");
    let rows = "double A[20][20], b[20];\nvoid rows(void) {\n#pragma scop\n\
                for (int i = 0; i < 20; i++)\n for (int j = 1; j < 20; j++) {\n  double w = A[i][j];\n\
                for (int k = 0; k < j; k++)\n   w -= A[i][k] * b[k];\n  A[i][j] = w / b[j];\n }\n\
                #pragma endscop\n}\n";
    let text = certificate(rows, "parallelize(S3, i)");
    let changes = "of the source's 3 statements with elements in place of scalars (proven)";
    assert!(text.contains(changes), "{text}");
}

#[test]
fn the_example_schedules_keep_their_bits_and_are_proven() {
    let output = loopwright(&["polybench", "--check", "--examples", "--size", "mini", "--json"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.len(), 10);
    for row in rows {
        assert_eq!(row["wrong"].as_array().map(Vec::len), Some(0), "{row}");
        assert_eq!(row["certificate"]["verdict"], "proven", "{row}");
    }
}

#[test]
fn the_expert_schedules_keep_their_bits() {
    for march in ["native", "x86-64-v3"] {
        let arguments = ["polybench", "--expert", "--size", "mini", "--march", march, "--json"];
        let output = loopwright(&arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{march}: {error}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let rows = report["kernels"].as_array().expect("a list");
        assert_eq!(rows.len(), 30);
        for row in rows {
            assert_eq!(row["bit_equal"], true, "{march}: {row}");
        }
    }
}

/// Its blocks are as long as half of a row, which other sizes are not.
#[test]
fn a_schedule_for_the_files_own_sizes_is_explained() {
    let (file, schedule) =
        ("polybench/linear-algebra/kernels/atax/atax.c", "polybench/expert/atax.schedule");
    let output = loopwright(&["explain", file, "--schedule", schedule]);
    let (text, note) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{note}");
    assert!(text.contains("loops after the schedule"), "{text}");
    assert!(note.contains("legal for these sizes, not for all: m = 1900, n = 2100"), "{note}");
}

#[test]
fn a_reader_that_goes_away_is_no_error_message() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["explain", "polybench/stencils/adi/adi.c"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
