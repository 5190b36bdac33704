//! The whole table of planted faults: every one is noticed by fuzzing.

use std::process::Command;

#[test]
fn every_planted_fault_is_noticed() {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["fuzz", "--planted", "all", "--seed", "1", "--pairs", "6000", "--json"])
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}\n{}", String::from_utf8_lossy(&output.stdout));
    let table: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = table.as_array().expect("a list of faults");
    assert!(rows.len() >= 40, "{} faults", rows.len());
    for row in rows {
        assert!(row["pairs"].is_u64(), "{row}");
    }
}
