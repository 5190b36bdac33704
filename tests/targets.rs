//! Code for other machines than the one that runs the tests.

use std::path::Path;
use std::process::{Command, Output};

const PRODUCT: &str = "double A[70][90], B[90][60], C[70][60];
void product(void) {
#pragma scop
  for (int i = 0; i < 70; i++)
    for (int k = 0; k < 90; k++)
      for (int j = 0; j < 60; j++)
        C[i][j] += A[i][k] * B[k][j];
#pragma endscop
}
";

/// Register tiles as for 512 bits, wider than the other machines' vectors.
const SCHEDULE: &str = "permute(S1, i, j, k); tile(S1, i, j, 8, 32); vectorize(S1, j, 16, 2); unroll_and_jam(S1, i, 8)";

fn compile(folder: &Path, more: &[&str]) -> Output {
    std::fs::write(folder.join("input.c"), PRODUCT).expect("a writable folder");
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(["compile", "input.c", "--schedule", SCHEDULE])
        .args(more)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_for_narrower_vectors_runs_and_has_the_same_bits() {
    if !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    assert_success(&compile(folder.path(), &["--march", "x86-64-v3", "--run"]));
    for element in ["float", "int"] {
        let text = PRODUCT.replace("double", element);
        let file = folder.path().join("other.c");
        std::fs::write(&file, text).expect("a writable folder");
        let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
            .args(["compile", "other.c", "--run", "--march", "x86-64-v3", "--schedule", SCHEDULE])
            .current_dir(folder.path())
            .output()
            .expect("the binary runs");
        assert_success(&output);
    }
    assert_success(&compile(
        folder.path(),
        &["--march", "x86-64-v3", "--emit", "asm", "-o", "v3.s"],
    ));
    let text = std::fs::read_to_string(folder.path().join("v3.s")).expect("assembly");
    assert!(text.contains("vfmadd") && text.contains("%ymm"));
    assert!(!text.contains("%zmm"), "a register that the machine does not have");
    assert!(!text.contains("%ymm16"), "a register that the machine does not have");
}

#[test]
fn code_for_arm_is_written_and_not_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let arm = ["--target", "aarch64-unknown-linux-gnu"];
    let with = |more: &[&str]| compile(folder.path(), &[&arm[..], more].concat());
    assert_success(&with(&["--emit", "asm,obj,llvm"]));
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("a file");
    let text = String::from_utf8(read("input.loopwright.s")).expect("text");
    assert!(text.contains("fmla") && text.contains(".2d"), "no NEON");
    let llvm = String::from_utf8(read("input.loopwright.ll")).expect("text");
    assert!(llvm.contains("target triple = \"aarch64-unknown-linux-gnu\""));
    // The machine's number in an object's header.
    assert_eq!(read("input.loopwright.o").get(18..20), Some(&[183, 0][..]));
    for (more, word) in [(["--run"].as_slice(), "cannot be run"), (&["--emit", "shared"], "linked")]
    {
        let output = with(more);
        assert_eq!(output.status.code(), Some(5));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn unknown_machines_are_named_with_those_that_are_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |more: &[&str]| {
        let output = compile(folder.path(), &[more, &["--emit", "obj"]].concat());
        assert_eq!(output.status.code(), Some(5), "{more:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        error.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    };
    assert!(refused(&["--march", "pentium"]).contains("there are native"));
    assert!(refused(&["--target", "riscv64-unknown-linux-gnu"]).contains("AArch64"));
    assert!(refused(&["--target", "nonsense"]).contains("nonsense"));
}
