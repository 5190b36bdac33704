//! `--fast-math` on the command line.

use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, source: &str, arguments: &[&str]) -> Output {
    std::fs::write(folder.join("input.c"), source).expect("a writable folder");
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

fn success(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const SUM: &str = "double A[3000], B[3000], s[1];
void sum(void) {
#pragma scop
  for (int i = 0; i < 3000; i++)
    s[0] += A[i] * B[i];
#pragma endscop
}
";

/// Nearly everything cancels, so that the last bits of the parts are all that is left.
const CANCELLATION: &str = "double A[3000], s[1];
void init_array(double A[3000], double s[1]) {
  for (int i = 0; i < 1500; i++) {
    A[i] = 1e9 / (i + 3);
    A[1500 + i] = -1e9 / (i * 7 % 1500 + 3);
  }
  s[0] = 0;
}
void sum(void) {
#pragma scop
  for (int i = 0; i < 3000; i++)
    s[0] += A[i];
#pragma endscop
}
";

#[test]
fn compile_says_how_far_results_are_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let strict = success(&run(folder.path(), SUM, &["compile", "input.c", "--run"]));
    assert!(strict.contains("(same bits)"), "{strict}");
    let output = run(
        folder.path(),
        SUM,
        &["compile", "input.c", "--run", "--fast-math", "--emit", "json", "-o", "fast.json"],
    );
    let fast = success(&output);
    assert!(fast.contains("largest relative difference "), "{fast}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("warning"));
    let text = std::fs::read(folder.path().join("fast.json")).expect("written");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(json["fast_math"], true);
    let accuracy = &json["accuracy"];
    assert_eq!(accuracy["array"], "s");
    assert_eq!(accuracy["within_bound"], true);
    assert_eq!(accuracy["differing_elements"], 1);
    let difference = accuracy["largest_relative_difference"].as_f64().expect("a number");
    assert!(difference > 0.0 && difference < 1e-12, "{difference}");
}

#[test]
fn differences_above_the_bound_are_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), CANCELLATION, &["compile", "input.c", "--run", "--fast-math"]);
    success(&output);
    let warning = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(warning.contains("warning") && warning.contains("above 1e-9"), "{warning}");
    success(&run(folder.path(), CANCELLATION, &["compile", "input.c", "--run"]));
}

#[test]
fn bench_and_tune_take_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = ["bench", "input.c", "--fast-math", "--budget", "300ms", "--json"];
    let text = success(&run(folder.path(), SUM, &bench));
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["sides"][0]["accuracy"]["within_bound"], true, "{text}");
    assert_eq!(json["sides"][1]["bit_equal"], true, "{text}");
    let tune = ["tune", "input.c", "--fast-math", "--budget", "2s", "--measure", "2", "--json"];
    let text = success(&run(folder.path(), SUM, &tune));
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    if json[0]["source_stays"] == false {
        assert_eq!(json[0]["accuracy"]["within_bound"], true, "{text}");
    }
}

#[test]
fn checks_of_bits_do_not_take_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), SUM, &["polybench", "gemm", "--check", "--fast-math"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("strict arithmetic"));
}

#[test]
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
fn functions_of_vectors_come_from_libmvec() {
    let source = SUM.replace("s[0] += A[i] * B[i]", "B[i] = exp(A[i]) + pow(A[i], B[i])");
    let source = format!("#include <math.h>\n{source}");
    let folder = tempfile::tempdir().expect("a folder");
    let schedule = ["compile", "input.c", "--schedule", "vectorize(S1, i, 8)"];
    for (mode, expected) in [(None, false), (Some("--fast-math"), true)] {
        let arguments: Vec<&str> = schedule
            .into_iter()
            .chain(mode)
            .chain(["--run", "--emit", "shared", "-o", "out.so"])
            .collect();
        let output = run(folder.path(), &source, &arguments);
        success(&output);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("warning"));
        let library = std::fs::read(folder.path().join("out.so")).expect("written");
        let name = b"libmvec.so.1";
        assert_eq!(library.windows(name.len()).any(|bytes| bytes == name), expected);
    }
}

const REGROUPED: &str =
    "regroup(S1, i, 16, 512); vectorize(S1, i_lane, 8); parallelize(S1, i_chunk)";

#[test]
fn sums_are_taken_apart_for_vectors_and_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let strict = ["compile", "input.c", "--schedule", REGROUPED, "--run"];
    let refused = run(folder.path(), SUM, &strict);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--fast-math"));
    for threads in ["1", "2", "3", "7"] {
        let more = ["--fast-math", "--verify", "--threads", threads];
        let arguments: Vec<&str> = strict.into_iter().chain(more).collect();
        let output = run(folder.path(), SUM, &arguments);
        let text = success(&output);
        assert!(text.contains("largest relative difference"), "{text}");
        let certificate = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!certificate.contains("warning"));
        let given = "sums regrouped (proven; taken as given: floating-point sums may be added up";
        assert!(certificate.contains(given), "{certificate}");
    }
}

#[test]
fn sums_of_integers_keep_their_bits_when_taken_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = SUM.replace("double", "int");
    let arguments = ["compile", "input.c", "--schedule", REGROUPED, "--run", "--verify"];
    let output = run(folder.path(), &source, &arguments);
    let text = success(&output);
    assert!(text.contains("(same bits)"), "{text}");
    let certificate = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(certificate.contains("with sums regrouped (proven)"), "{certificate}");
}
