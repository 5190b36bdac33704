//! The 30 PolyBench kernels against `clang -O0`, bit for bit.

use std::process::Command;

#[test]
fn every_kernel_keeps_its_bits_in_its_own_order_and_under_random_schedules() {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args([
            "polybench",
            "--size",
            "small",
            "--check",
            "--schedules",
            "4",
            "--seed",
            "7",
            "--json",
        ])
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.len(), 30);
    for row in rows {
        assert_eq!(row["wrong"].as_array().map(Vec::len), Some(0), "{row}");
        assert_eq!(row["schedules"], 5, "{row}");
    }
}

#[test]
fn without_contraction_the_bits_are_those_of_contraction_off() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("sum.c");
    std::fs::write(
        &file,
        "double a[300], b[300], c[300];\nvoid f(void) {\n#pragma scop\n  for (int i = 0; i < 300; i++)\n    c[i] = a[i] * b[i] + c[i];\n#pragma endscop\n}\n",
    )
    .expect("a writable folder");
    for rule in ["on", "off"] {
        let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
            .arg("compile")
            .arg(&file)
            .args(["--fp-contract", rule, "--schedule", "vectorize(S1, i, 4)", "--run"])
            .output()
            .expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "--fp-contract {rule}: {error}");
    }
}

/// Rows of some hundred nanoseconds, each needing all rows before it.
#[test]
fn iterations_of_a_doacross_loop_wait_for_what_they_need() {
    let text = "#define N 600
double L[N][N], x[N], b[N];
void solve(void) {
#pragma scop
  for (int i = 0; i < N; i++) {
    x[i] = b[i];
    for (int j = 0; j < i; j++)
      x[i] -= 0.01 * L[i][j] * x[j];
  }
#pragma endscop
}
";
    let rows = "distribute(S2, i); doacross(S2, i)";
    equal_with_threads(text, rows);
    let tiles = "distribute(S2, i); tile(S2, i, j, 8, 8); split(S2, i, 8*j_t + 8); doacross(S2, i_t); \
                 vectorize(S2_2, i, 8)";
    equal_with_threads(text, tiles);
}

/// Tiles of some hundred nanoseconds, each needing its neighbours': threads that did not wait for them would
/// soon be caught.
#[test]
fn tiles_of_a_pipelined_loop_wait_for_what_they_need() {
    let text = "#define N 500
double A[N][N];
void sweep(void) {
#pragma scop
  for (int t = 0; t < 3; t++)
    for (int i = 1; i < N; i++)
      for (int j = 1; j < N; j++)
        A[i][j] = 0.4 * A[i - 1][j] + 0.5 * A[i][j - 1] + 0.1 * A[i][j];
#pragma endscop
}
";
    equal_with_threads(text, "tile(S1, i, j, 8, 8); wavefront(S1, i_t, j_t); pipeline(S1, i_t)");
}

/// Sweeps of a microsecond, several a step, with something in between that one thread computes: threads that did
/// not wait at a region's barriers would soon be caught.
#[test]
fn parallel_loops_of_one_region_wait_for_those_ahead() {
    let text = "#define N 1000
double A[N], B[N], C[N], edge;
void steps(void) {
#pragma scop
  for (int t = 0; t < 20; t++) {
    for (int i = 1; i < N - 1; i++)
      B[i] = 0.3 * (A[i - 1] + A[i] + A[N - 1 - i]);
    for (int i = 1; i < N - 1; i++)
      C[i] = 0.3 * (B[i - 1] + B[N - 1 - i] + edge);
    edge = 0.5 * C[N / 2] + 0.1 * C[1];
    for (int i = 1; i < N - 1; i++)
      A[i] = A[i] - 0.01 * C[N - 1 - i] + 0.001 * edge;
  }
#pragma endscop
}
";
    equal_with_threads(text, "parallelize(S1, i); parallelize(S2, i); parallelize(S4, i)");
}

/// Runs a schedule with several numbers of threads, which ends in an error where bits differ.
fn equal_with_threads(text: &str, schedule: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("input.c");
    std::fs::write(&file, text).expect("a writable folder");
    for threads in ["1", "2", "3", "7"] {
        let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
            .arg("compile")
            .arg(&file)
            .args(["--threads", threads, "--verify", "--run", "--schedule", schedule])
            .output()
            .expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{threads} threads: {error}");
    }
}
