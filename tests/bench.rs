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

/// A folder with a file whose region is a product of a matrix and a vector, and another version of it.
fn matrix_vector() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a writable folder");
    };
    write(
        "kernel.c",
        "void product(int n, float scale, double A[200][200], double x[200], double y[200]) {
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      y[i] = y[i] + scale * A[i][j] * x[j];
#pragma endscop
}
int main(void) { return 0; }
",
    );
    write(
        "mine.c",
        "void product(int n, float scale, double A[200][200], double x[200], double y[200]) {
  for (int i = 0; i < n; i++) {
    double sum = y[i];
    for (int j = 0; j < n; j++)
      sum = sum + scale * A[i][j] * x[j];
    y[i] = sum;
  }
}
",
    );
    write("clock.sh", "#!/bin/sh\necho unrelated\necho 0.0015\n");
    folder
}

fn bench(folder: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .current_dir(folder)
        .args(["bench", "kernel.c", "--param", "n=200", "--budget", "300ms"])
        .args(arguments)
        .output()
        .expect("the binary runs")
}

#[test]
fn compilers_objects_and_programs_are_compared_in_turn() {
    let folder = matrix_vector();
    let path = folder.path();
    let compiled = Command::new("clang-19")
        .args(["-O2", "-march=native", "-c", "mine.c", "-o", "mine.o"])
        .current_dir(path)
        .status()
        .expect("clang runs");
    assert!(compiled.success());
    let script = path.join("clock.sh");
    let mut permissions = std::fs::metadata(&script).expect("a file").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&script, permissions).expect("an own file");
    let document = json(&bench(
        path,
        &[
            "--json",
            "--schedule",
            "parallelize(S1, i)",
            "--against",
            "clang-19 -O1 -march=native",
            "--against",
            "clang-19 -O2 -c {input} -o {output} -fPIC -march=native",
            "--against",
            "./mine.o",
            "--against",
            "clang-19 -O2 -march=native -ffp-contract=off mine.c -o {output} -shared -fPIC",
            "--against",
            "./clock.sh",
        ],
    ));
    let sides = document["sides"].as_array().expect("a list");
    let bits: Vec<&Value> = sides.iter().map(|side| &side["bit_equal"]).collect();
    assert_eq!(
        bits,
        [&Value::Bool(true), &true.into(), &true.into(), &true.into(), &false.into(), &Value::Null]
    );
    assert!(sides[4]["difference"].is_string());
    assert_eq!(sides[5]["clock"], "its own");
    assert_eq!(sides[5]["minimum_nanoseconds"], 1_500_000);
    for side in sides {
        assert!(side["over_ours"]["of_minima"].as_f64().is_some_and(|ratio| ratio > 0.0), "{side}");
        assert!(side["failure"].is_null(), "{side}");
    }
    assert_eq!(document["operations"], 3 * 200 * 200);
    // A, x and y are read, with the scale, and y is written.
    assert_eq!(document["compulsory_bytes"], 8 * (200 * 200 + 200 + 2 * 200) + 4);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = matrix_vector();
    let refused = |against: &str| {
        let output = bench(folder.path(), &["--against", against]);
        assert_eq!(output.status.code(), Some(5), "{against}");
        String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(refused("clang-19 -c {input}").contains("{output}"));
    assert!(refused("no-such-compiler-at-all -O3").contains("made no file"));
    assert!(refused("./kernel.c").contains("no object"));
    assert!(refused("touch {output}").contains("no object"));
    let nothing = "echo 'int nothing;' > nothing.c; clang-19 -c nothing.c -o {output}";
    assert!(refused(nothing).contains("no function that can be called"));
    let text = succeeded(&bench(folder.path(), &[]));
    assert!(text.contains("clang-19 -O3 -march=native") && text.contains("equal"), "{text}");
}

#[test]
fn shares_of_the_peak_come_from_the_users_cache() {
    let folder = matrix_vector();
    let cache = folder.path().join("loopwright");
    let fingerprint = loopwright_runtime::Machine::detect().fingerprint();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_loopwright"))
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", folder.path())
            .args(["bench", "kernel.c", "--param", "n=200", "--budget", "100ms", "--threads", "1"])
            .output()
            .expect("the binary runs")
    };
    assert!(succeeded(&run()).contains("`loopwright doctor --peak` measures it once"));
    let peak = serde_json::json!({
        "fingerprint": fingerprint,
        "measured": 1,
        "threads": 1,
        "multiply_adds": [
            { "element": "double", "bits": 128, "threads": 1, "giga_operations": 0.001 }
        ],
        "bandwidth": [],
    });
    std::fs::create_dir_all(&cache).expect("a writable folder");
    let file = cache.join(format!("peak-{fingerprint}.json"));
    std::fs::write(&file, peak.to_string()).expect("a writable folder");
    let text = succeeded(&run());
    assert!(text.contains("% fma") && text.contains(&file.display().to_string()), "{text}");
    // What is no such file is as good as none.
    std::fs::write(&file, "{}").expect("a writable folder");
    assert!(succeeded(&run()).contains("measures it once"));
}
