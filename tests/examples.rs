//! C files as users write them: tuned or rejected, as they should be.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/examples").join(name)
}

fn loopwright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

/// Tunes an example for a short time and returns its report; nothing measured may have been wrong.
fn tuned(name: &str, more: &[&str]) -> Vec<serde_json::Value> {
    let path = example(name);
    let path = path.to_str().expect("a path in UTF-8");
    let mut arguments = vec!["tune", path, "--budget", "4s", "--measure", "6", "--json"];
    arguments.extend(more);
    let output = loopwright(&arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{name}: {error}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let regions = report.as_array().expect("a list").clone();
    for region in &regions {
        let measured = region["measured"].as_array().expect("a list");
        assert!(!measured.is_empty(), "{name}: {region}");
        for one in measured {
            let failure = one["measurement"]["failed"].as_str().unwrap_or_default();
            assert!(!failure.contains("differ"), "{name}: {one}");
        }
    }
    regions
}

#[test]
fn a_convolution_is_tuned() {
    assert_eq!(tuned("convolution.c", &[]).len(), 1);
}

#[test]
fn a_blocked_triangular_solve_is_tuned() {
    assert_eq!(tuned("triangular_solve.c", &[]).len(), 1);
}

#[test]
fn a_stencil_with_parameters_is_tuned() {
    let regions = tuned("diffusion.c", &["--param", "n=60", "--param", "steps=10"]);
    assert_eq!(regions[0]["parameters"]["n"], 60);
}

#[test]
fn a_chain_of_products_is_tuned() {
    let regions = tuned("matrix_chain.c", &[]);
    assert!(regions[0]["speedup"].as_f64().is_some_and(|speedup| speedup > 0.9), "{}", regions[0]);
}

#[test]
fn integer_image_processing_is_tuned() {
    assert_eq!(tuned("edges.c", &[]).len(), 1);
}

#[test]
fn a_histogram_is_rejected_and_the_rest_of_the_file_is_tuned() {
    let path = example("histogram.c");
    let path = path.to_str().expect("a path in UTF-8");
    let only = loopwright(&["tune", path, "--function", "count", "--budget", "1s"]);
    let error = String::from_utf8_lossy(&only.stderr).into_owned();
    assert_eq!(only.status.code(), Some(3), "{error}");
    assert!(error.contains("histogram.c:14") && error.contains("sample[i]"), "{error}");
    let both = loopwright(&["tune", path, "--budget", "2s", "--measure", "2", "--json"]);
    let error = String::from_utf8_lossy(&both.stderr).into_owned();
    // The code says that something is missing; what can be tuned is.
    assert_eq!(both.status.code(), Some(3), "{error}");
    assert!(error.contains("histogram.c:14") && error.contains("1 of 2 regions"), "{error}");
    let report: serde_json::Value = serde_json::from_slice(&both.stdout).expect("JSON");
    assert_eq!(report.as_array().map(Vec::len), Some(2));
    assert_eq!(report[0]["region"], "count");
    assert_eq!(report[0]["line"], 14);
    assert_eq!(report[0]["exit_code"], 3);
    assert_eq!(report[1]["program"], "normalise");
}

#[test]
fn what_is_written_links_with_a_users_program_and_gives_the_same_bits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = example("triangular_solve.c");
    let base = folder.path().join("solve");
    let compiled = loopwright(&[
        "compile",
        path.to_str().expect("a path in UTF-8"),
        "--schedule",
        "vectorize(S1, c, 4); parallelize(S3, i)",
        "--emit",
        "obj,llvm,asm,c,schedule,json,shared",
        "--output",
        base.to_str().expect("a path in UTF-8"),
    ]);
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let written = |extension: &str| folder.path().join(format!("solve.loopwright.{extension}"));
    for extension in ["o", "ll", "s", "c", "schedule", "json", "so"] {
        assert!(written(extension).exists(), "{extension}");
    }
    let main = folder.path().join("main.c");
    let harness = format!(
        "#include \"{}\"\n#include <stdio.h>\n#include <string.h>\n\
         void loopwright_solve(double (*L)[N], double (*X)[COLUMNS]);\n\
         static double L[N][N], A[N][COLUMNS], B[N][COLUMNS];\n\
         int main(void) {{\n  init_array(L, A);\n  init_array(L, B);\n  solve(L, A);\n  loopwright_solve(L, B);\n\
         return memcmp(A, B, sizeof A) != 0;\n}}\n",
        path.display()
    );
    std::fs::write(&main, harness).expect("a writable folder");
    for (kernel, flags) in [("o", vec![]), ("c", vec!["-fopenmp"])] {
        let program = folder.path().join(format!("program_{kernel}"));
        let compiled = Command::new("clang-19")
            .args(["-O2", "-march=native", "-w", "-o"])
            .arg(&program)
            .arg(&main)
            .arg(written(kernel))
            .args(&flags)
            .args(["-L/usr/lib/llvm-19/lib", "-lomp", "-lm", "-Wl,-rpath,/usr/lib/llvm-19/lib"])
            .output()
            .expect("clang runs");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        let run = Command::new(&program).status().expect("the program runs");
        assert!(run.success(), "{kernel}: other bits");
    }
}
