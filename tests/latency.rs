//! What a search asks of the compiler: that it decides every step of every expert schedule.

use serde_json::Value;
use std::process::Command;

#[test]
fn no_step_of_an_expert_schedule_is_refused_for_want_of_work() {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["polybench", "--size", "large", "--latency", "--json"])
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    let table: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{error}\n{}", String::from_utf8_lossy(&output.stdout)));
    let rows = table.as_array().expect("a row for each kernel");
    assert_eq!(rows.len(), 30);
    for row in rows {
        assert_eq!(row["refused_steps"], Value::Array(Vec::new()), "{row}");
        assert!(row["steps"].as_u64().is_some_and(|steps| steps >= 4), "{row}");
    }
    assert!(output.status.success(), "{error}");
}
