//! Tables of many programs, and how measurements are taken in them.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/examples").join(name)
}

fn loopwright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .output()
        .expect("the binary runs")
}

fn succeeded(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&succeeded(&loopwright(arguments))).expect("JSON")
}

#[test]
fn files_and_folders_make_one_table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(example("layouts.c"), folder.path().join("layouts.c")).expect("copied");
    let (pairs, folder) = (example("histogram.c"), folder.path().to_str().expect("UTF-8"));
    let document = json(&[
        "table",
        folder,
        pairs.to_str().expect("UTF-8"),
        "-D",
        "SMALL",
        "--budget",
        "3s",
        "--turns",
        "300ms",
        "--against",
        "plain=clang-19 -O1",
        "--against",
        "false",
        "--json",
    ]);
    let rows = document["rows"].as_array().expect("a list");
    let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    let expected = [
        "layouts: transpose",
        "layouts: channels_last",
        "layouts: flip",
        "histogram: count",
        "histogram: normalise",
    ];
    assert_eq!(names, expected);
    assert_eq!(document["against"][0]["name"], "plain");
    for row in rows {
        if row["name"] == "histogram: count" {
            assert!(row["failure"]["reason"].as_str().is_some_and(|text| text.contains("sample")));
            continue;
        }
        let least = |side: &Value| side["minimum_nanoseconds"].as_f64().expect("a time");
        let [plain, broken] = row["others"].as_array().expect("a list").as_slice() else {
            panic!("two others: {row}")
        };
        assert!(plain["rounding"].is_null() && plain["failure"].is_null(), "{row}");
        assert!(broken["time"].is_null() && broken["failure"].is_string(), "{row}");
        let best = least(&row["source"]).min(least(&plain["time"]));
        let ratio = row["over_best"].as_f64().expect("a ratio");
        assert!((ratio - best / least(&row["tuned"])).abs() < 1e-9, "{row}");
    }
    assert!(document["geometric_mean_over_best"].is_number());
}

#[test]
fn results_that_rounding_does_not_explain_are_no_competition() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("sum.c");
    let text = "#ifndef TERM\n#define TERM a[i]\n#endif\ndouble a[512], s[1];\nvoid sum(void) {\n\
                #pragma scop\n  for (int i = 0; i < 512; i++)\n    s[0] += TERM;\n#pragma endscop\n}\n";
    std::fs::write(&file, text).expect("written");
    let document = json(&[
        "table",
        file.to_str().expect("UTF-8"),
        "--budget",
        "3s",
        "--turns",
        "100ms",
        "--against",
        "regrouped=clang-19 -O3 -march=native -ffast-math",
        "--against",
        "other=clang-19 -O3 -DTERM=(1.0+a[i])",
        "--json",
    ]);
    let others = &document["rows"][0]["others"];
    assert!(others[0]["rounding"].is_string(), "{document}");
    assert!(others[1]["failure"].is_string() && others[1]["time"].is_null(), "{document}");
}

#[test]
fn an_empty_table_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = loopwright(&["table", folder.path().to_str().expect("UTF-8")]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("holds no C file"), "{error}");
}

#[test]
fn tune_says_what_it_measured_for_and_its_list_fits_80_columns() {
    let file = example("ldlt.c");
    let file = file.to_str().expect("UTF-8");
    let common = ["tune", file, "-D", "SMALL", "--budget", "6s"];
    let mut arguments = common.to_vec();
    arguments.extend(["--march", "x86-64-v3", "--cache", "cold", "--list", "50"]);
    let output = loopwright(&arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    if error.contains("does not run on this machine") {
        return;
    }
    let text = succeeded(&output);
    assert!(text.contains("256-bit vectors"), "{text}");
    let list = text.split("schedules scored").next().unwrap_or_default();
    let lines = list.lines().skip_while(|line| !line.contains("predicted"));
    for line in lines {
        assert!(line.chars().count() <= 80, "{line}");
    }
    // Whole, and as data.
    arguments.push("--json");
    let document = json(&arguments);
    assert_eq!(
        (&document[0]["march"], &document[0]["cache"]),
        (&"x86-64-v3".into(), &"cold".into())
    );
    for one in document[0]["measured"].as_array().expect("a list") {
        let schedule = one["schedule"].as_str().expect("a text");
        // Four numbers of eight bytes are what these registers hold.
        let vectors = schedule.lines().filter(|line| line.starts_with("vectorize("));
        for width in vectors.filter_map(|line| line.trim_end_matches(')').split(", ").nth(2)) {
            assert!(width.parse::<u32>().is_ok_and(|width| width <= 4), "{schedule}");
        }
    }
    let unknown = loopwright(&["tune", file, "--march", "pentium"]);
    assert_eq!(unknown.status.code(), Some(5), "{}", String::from_utf8_lossy(&unknown.stderr));
}

#[test]
fn kernels_stand_beside_their_experts_and_predictions_are_timed() {
    let document = json(&[
        "polybench",
        "mvt",
        "--size",
        "small",
        "--budget",
        "3s",
        "--no-measure",
        "--with-expert",
        "--json",
    ]);
    let row = &document["kernels"][0];
    assert_eq!(row["measured"], 0);
    assert!(row["tuned_nanoseconds"].as_f64().is_some_and(|time| time > 0.0), "{row}");
    let beside = &row["with_expert"];
    let time = |name: &str| beside[name].as_f64().expect("a time");
    let share = time("expert_nanoseconds") / time("tuned_nanoseconds");
    assert!((time("tuned_over_expert") - share).abs() < 1e-9, "{beside}");
}
