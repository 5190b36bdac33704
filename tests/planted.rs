//! The whole table of planted faults: every one is noticed by fuzzing.

use serde_json::Value;
use std::process::Command;

/// Plants faults one by one and gives the rows of the table.
fn planted(which: &str, seed: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["fuzz", "--planted", which, "--seed", seed, "--pairs", "6000", "--json"])
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    let table: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{error}\n{}", String::from_utf8_lossy(&output.stdout)));
    table.as_array().unwrap_or_else(|| panic!("{table}")).clone()
}

#[test]
fn every_planted_fault_is_noticed() {
    let rows = planted("all", "1");
    assert!(rows.len() >= 40, "{} faults", rows.len());
    // What one seed has no occasion for, another one has.
    for row in rows.iter().filter(|row| !row["pairs"].is_u64()) {
        let name = row["fault"].as_str().expect("a name");
        let noticed = ["2", "3", "4", "5"].into_iter().any(|seed| {
            let again = planted(name, seed);
            again.len() == 1 && again[0]["pairs"].is_u64()
        });
        assert!(noticed, "{row}");
    }
}
