//! Benchmarks as a user runs them: the table of expert schedules, and comparisons with others.

use serde_json::Value;
use std::process::{Command, Output};

fn loopwright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

fn succeeded(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&succeeded(output)).expect("JSON")
}

/// Whether code for x86-64-v3 runs here.
fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    let found = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let found = false;
    found
}

#[test]
fn expert_schedules_are_timed_checked_and_rated() {
    let document = json(&loopwright(&[
        "polybench",
        "--expert",
        "--size",
        "small",
        "--budget",
        "1s",
        "--json",
        "gemm",
    ]));
    let [row] = document["kernels"].as_array().expect("a list").as_slice() else {
        panic!("one kernel: {document}")
    };
    assert_eq!(row["bit_equal"], true);
    assert!(row["ratio"]["of_minima"].as_f64().is_some_and(|ratio| ratio > 0.0), "{row}");
    // 60 x 70 scalings, and three operations (alpha * A * B, added) for each of 60 x 70 x 80 points.
    assert_eq!(row["operations"], 60 * 70 + 3 * 60 * 70 * 80);
    assert!(row["limit"].is_string(), "{row}");
}

#[test]
fn a_folder_of_schedules_takes_the_place_of_ours_and_wrong_ones_are_rows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a writable folder");
    };
    write("mvt.schedule", "# Rows in parallel.\n# Limit: memory\nparallelize(S1, i)\n");
    write("seidel-2d.schedule", "interchange(S1, t, i)\n");
    let expert = format!("--expert={}", folder.path().display());
    let common = ["polybench", expert.as_str(), "--size", "mini", "--budget", "500ms"];
    let output = loopwright(&common);
    assert_eq!(output.status.code(), Some(4), "an illegal schedule is a failure in the end");
    let text = String::from_utf8_lossy(&output.stdout);
    let line =
        |kernel: &str| text.lines().find(|line| line.trim().starts_with(kernel)).expect("a row");
    assert!(line("mvt").contains("equal") && line("mvt").contains("memory"), "{text}");
    assert!(line("seidel-2d").contains("ILLEGAL"), "{text}");
    assert!(text.contains("geometric mean over 1 kernels"), "{text}");

    let mut narrow = common.to_vec();
    narrow.extend(["--march", "x86-64-v3", "--json", "mvt"]);
    if has_avx2() {
        let document = json(&loopwright(&narrow));
        assert_eq!(document["march"], "x86-64-v3");
        assert_eq!(document["kernels"][0]["bit_equal"], true, "{document}");
    }
    narrow.extend(["gemm"]);
    let output = loopwright(&narrow);
    assert_eq!(output.status.code(), Some(4), "a kernel that was asked for has no schedule");
}
