//! What `tune` keeps, and begins with the next time.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const PRODUCT: &str = "#ifndef N\n#define N 160\n#endif\nstatic double A[N][N], B[N][N], C[N][N];\n\
    void product(void) {\n#pragma scop\n  for (int i = 0; i < N; i++)\n    for (int j = 0; j < N; j++) {\n\
    C[i][j] = 0.0;\n      for (int k = 0; k < N; k++)\n        C[i][j] += A[i][k] * B[k][j];\n    }\n\
    #pragma endscop\n}\n";

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loopwright"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env_remove("LOOPWRIGHT_RECORDS");
    command
}

fn succeeded(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    succeeded(&command(folder, arguments).output().expect("the binary runs"))
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(folder, arguments)).expect("JSON")
}

/// A folder with a product, and with the same one written in other words.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write("product.c", PRODUCT);
    let mut renamed = PRODUCT.to_owned();
    for (old, new) in [("C[", "left["), ("A[", "out["), ("B[", "C["), ("int i", "int row")] {
        renamed = renamed.replace(old, new);
    }
    let renamed =
        renamed.replace("i++", "row++").replace("i < N", "row < N").replace("[i]", "[row]");
    write("renamed.c", &renamed);
    folder
}

/// A budget that even a busy machine gets something done in.
const TUNE: [&str; 7] = ["tune", "product.c", "--budget", "8s", "--measure", "40", "--json"];

#[test]
fn a_result_is_kept_found_again_and_translated() {
    let folder = workplace();
    let folder = folder.path();
    assert!(run(folder, &["records", "list"]).contains("no records"));
    let first = json(folder, &TUNE);
    assert!(first[0]["recalled"].is_null());
    let kept = json(folder, &["records", "list", "--json"]);
    assert_eq!(kept.as_array().map(Vec::len), Some(1), "{first}");
    assert_eq!(kept[0]["schedule"], first[0]["schedule"]);
    assert_eq!(kept[0]["name"], "product");
    // The original is measured first, then what was the best.
    let measured = |document: &Value, position: usize| {
        document[0]["measured"][position]["schedule"].as_str().map(str::to_owned)
    };
    let second = json(folder, &TUNE);
    assert!(second[0]["recalled"].as_str().is_some_and(|text| text.contains("of this program")));
    assert_eq!(measured(&second, 0).as_deref(), Some(""));
    assert_eq!(measured(&second, 1).as_deref(), first[0]["schedule"].as_str());
    // The same program in other words, and at another size.
    let mut other = TUNE.to_vec();
    other[1] = "renamed.c";
    let renamed = json(folder, &other);
    assert!(renamed[0]["recalled"].as_str().is_some_and(|text| text.contains("of this program")));
    let mut translated = measured(&renamed, 1).expect("a schedule").replace("row", "i");
    for (new, old) in [("C", "B"), ("left", "C"), ("out", "A")] {
        translated = translated.replace(new, old);
    }
    let known: Vec<Value> =
        json(folder, &["records", "list", "--json"]).as_array().expect("a list").clone();
    let known: Vec<&str> = known.iter().filter_map(|one| one["schedule"].as_str()).collect();
    assert!(known.contains(&translated.as_str()), "{translated}\n{known:?}");
    let mut larger = TUNE.to_vec();
    larger.extend(["-D", "N=192"]);
    let larger = json(folder, &larger);
    assert!(
        larger[0]["recalled"].as_str().is_some_and(|text| text.contains("like it")),
        "{larger}"
    );
    // Nobody looks who is told not to.
    for more in [&["--no-records"][..], &["--records", "others"]] {
        let mut arguments = TUNE.to_vec();
        arguments.extend(more);
        assert!(json(folder, &arguments)[0]["recalled"].is_null());
    }
    let list = run(folder, &["records", "list"]);
    assert!(list.lines().all(|line| line.chars().count() <= 80 || line.contains("/")), "{list}");
    // Merged and exported.
    run(folder, &["records", "export", "all"]);
    run(folder, &["records", "export", "best", "--best"]);
    let lines =
        |name: &str| std::fs::read_to_string(folder.join(name)).expect("written").lines().count();
    assert!(lines("best") <= lines("all") && lines("best") >= 2);
    let merged = run(folder, &["records", "merge", "all", "--records", "fresh/file"]);
    assert!(merged.contains(&format!("{} added", lines("all"))), "{merged}");
    assert!(run(folder, &["records", "merge", "all"]).starts_with("0 added"));
}

#[test]
fn two_processes_at_once_lose_nothing() {
    let folder = workplace();
    let folder = folder.path();
    let start = |file: &str, size: &str| -> Child {
        let mut arguments = TUNE.to_vec();
        arguments[1] = file;
        arguments[3] = "20s";
        arguments.extend(["-D", size, "--records", "common"]);
        command(folder, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    };
    let both = [start("product.c", "N=128"), start("renamed.c", "N=144")];
    for child in both {
        succeeded(&child.wait_with_output().expect("ends"));
    }
    let kept = json(folder, &["records", "list", "--json", "--records", "common"]);
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "{kept}");
}

#[test]
fn records_that_cannot_be_used_are_said_and_left_alone() {
    let folder = workplace();
    let folder = folder.path();
    std::fs::write(folder.join("torn"), "{\"machine\": \nno record\n").expect("written");
    let output = command(folder, &["records", "list", "--records", "torn"]).output().expect("runs");
    assert!(succeeded(&output).contains("no records"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("2 lines of torn are no records"));
    std::fs::create_dir(folder.join("occupied")).expect("made");
    let mut arguments = TUNE.to_vec();
    arguments.extend(["--records", "occupied"]);
    let output = command(folder, &arguments).output().expect("runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    succeeded(&output);
    assert!(error.contains("occupied"), "{error}");
    let absent = command(folder, &["records", "merge", "absent"]).output().expect("runs");
    assert_eq!(absent.status.code(), Some(3));
}
