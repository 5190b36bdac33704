//! `tune --explain`: which structures and recipes there were, where numbers come from, what each change gained,
//! and what keeps a loop in order.

use serde_json::Value;
use std::process::Command;

const SOURCE: &str = "
double A[160][160], B[160][160], C[160][160], x[160];
void init_array(void) {
  for (int i = 0; i < 160; i++) {
    x[i] = i * 0.5;
    for (int j = 0; j < 160; j++) { A[i][j] = i - 0.1 * j; B[i][j] = (i + 2 * j) % 9; C[i][j] = 0.25; }
  }
}
void product(void) {
#pragma scop
  for (int i = 0; i < 160; i++)
    for (int j = 0; j < 160; j++)
      for (int k = 0; k < 160; k++) C[i][j] += A[i][k] * B[k][j];
#pragma endscop
}
void chain(void) {
#pragma scop
  for (int i = 1; i < 160; i++) x[i] = x[i - 1] * 0.5 + x[i];
#pragma endscop
}
";

fn tune(more: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("in.c"), SOURCE).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["tune", "in.c", "--budget", "8s", "--measure", "12", "--no-records", "--explain"])
        .args(more)
        .current_dir(folder.path())
        .env_remove("COLUMNS")
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_person_reads_why() {
    let text = tune(&[]);
    for part in ["order of the whole program", "100 % of the work: ", "contract", "by the rule"] {
        assert!(text.contains(part), "no `{part}`: {text}");
    }
    // The chain stays in order, and the reason is said.
    assert!(text.contains("loop i in order:"), "{text}");
    assert!(text.contains("S1 -> S1 on x, carried by i, distance (1)"), "{text}");
}

#[test]
fn the_document_has_the_same_and_what_was_changed() {
    let document: Value = serde_json::from_str(&tune(&["--json"])).expect("JSON");
    let why = &document[0]["why"];
    assert!(why["nests"][0]["recipe"].is_string(), "{document:#}");
    let numbers = why["nests"][0]["numbers"].as_array().expect("numbers");
    assert!(numbers.iter().all(|one| one["rule"].is_u64() && one["value"].is_u64()));
    let measured = document[0]["measured"].as_array().expect("a list");
    // The original, and twelve more at most.
    assert!((2..=13).contains(&measured.len()), "{}", measured.len());
    let changes = measured
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((at as u64, one["changed_from"].as_u64()?)));
    let changes: Vec<(u64, u64)> = changes.collect();
    assert!(!changes.is_empty() && changes.iter().all(|(at, from)| from < at), "{changes:?}");
    assert!(document[1]["why"]["considered"][0]["nests"].is_array());
}
