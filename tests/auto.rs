//! Loops that nobody marked: found, compiled with the same results, or left with the reason.

#[path = "cc/place.rs"]
mod place;

use place::{Place, regions, text};
use serde_json::Value;
use std::fs;

const PROGRAM: &str = r#"#include <stdio.h>
#include <stdlib.h>
static int rows;
double total(int n, const double *x, const double *y) {
  double s = 0;
  for (int i = 0; i < n; i++) s += x[i] * y[i];
  return s;
}
void blur(int n, double a[n][n], double b[n][n]) {
  int i = 5, j = 7;
  for (int t = 0; t < 4; t++) {
    printf("step %d\n", t);
    for (i = 1; i < n - 1; i++)
      for (j = 1; j < n - 1; j++)
        b[i][j] = (a[i-1][j] + a[i+1][j] + a[i][j-1] + a[i][j+1]) * 0.25;
    for (i = 1; i < n - 1; i++)
      for (j = 1; j < n - 1; j++)
        a[i][j] = b[i][j];
    printf("%d %d\n", i, j);
  }
}
void histogram(int n, int *bins, const double *data) {
  for (int i = 0; i < n; i++) bins[(int)data[i]]++;
}
void shrink(int *counts) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < 100; j++)
      counts[i + j] = i - j;
}
void product(int n, double C[n][n], double A[n][n], double B[n][n]) {
  if (n > 2)
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) {
        double s = 0;
        for (int k = 0; k < n; k++) s += A[i][k] * B[k][j];
        C[i][j] = s;
      }
  else
    C[0][0] = 1;
}
void weigh(int n, double a[n][n], double b[n][n]) {
  for (int t = 0; t < 2; t++)
    if (printf("weight %d\n", t))
      for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
          a[i][j] += b[i][j] * t;
}
int main(int count, char **words) {
  int n = atoi(words[1]), bins[12] = {0};
  double *all = calloc(3 * n * n + 1, sizeof *all);
  double *A = all, *B = all + n * n, *C = all + 2 * n * n;
  for (int i = 0; i < n * n; i++) { A[i] = i % 7; B[i] = i % 11; }
  histogram(n, bins, B);
  blur(n, (void *)A, (void *)B);
  product(n, (void *)C, (void *)A, (void *)B);
  weigh(n, (void *)C, (void *)B);
  int counts[400];
  rows = 300;
  shrink(counts);
  printf("%a %a %d %d\n", total(n * n, C, A), total(n, A, B), bins[3], counts[399]);
}
"#;

#[test]
fn unmarked_loops_are_compiled_with_the_same_results() {
    let place = Place::new();
    place.write("program.c", PROGRAM);
    place.succeeds("clang-19", "-O2 program.c -o own");
    let error = place.cc_succeeds("--auto --report report.json -O2 program.c -o ours");
    assert_eq!(error, "", "what nobody marked is left without a word");
    let found = regions(&place.report("report.json"));
    let compiled = |name: &str| {
        found.iter().any(|(function, status, _)| function == name && status == "compiled")
    };
    let all = ["blur", "product", "weigh"];
    assert!(all.into_iter().all(compiled), "{found:?}");
    assert!(!compiled("histogram") && !compiled("shrink"), "{found:?}");
    for size in ["1", "2", "3", "4", "17", "64", "150"] {
        let (own, ours) = (place.succeeds("./own", size), place.succeeds("./ours", size));
        assert!(own == ours, "{size}: {} {}", text(&own), text(&ours));
    }
    let error = place.cc_succeeds("--auto -v -O2 -c program.c");
    for expected in [
        "program.c:13: blur: compiled",
        "program.c:12:5: blur: left to clang-19: the call of `printf` is not understood",
        "histogram: left to clang-19: the subscript depends on the data in `data`",
        "shrink: left to clang-19: `rows` at file scope may be changed through `counts`",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn lists_say_what_could_be_done_and_why_not() {
    let place = Place::new();
    place.write("program.c", PROGRAM);
    let list = text(&place.succeeds(env!("CARGO_BIN_EXE_loopwright"), "explain --auto program.c"));
    assert!(list.contains("program.c:13  blur") && list.contains("any size"), "{list}");
    assert!(list.contains("left: line 12: the call of `printf`"), "{list}");
    fs::create_dir_all(place.path("project/sources/.hidden")).expect("folders");
    fs::create_dir_all(place.path("project/include")).expect("a folder");
    place.write("project/include/size.h", "#define N 64\n");
    place.write("project/sources/program.c", PROGRAM);
    place.write("project/sources/.hidden/no.c", PROGRAM);
    let other = "#include <size.h>\ndouble A[N][N];\nvoid clear(void) {\n  for (int i = 0; i < N; i++)\n    for (int j = 0; j < N; j++)\n      A[i][j] = 0;\n}\n";
    place.write("project/sources/other.c", other);
    let folder = place.path("project");
    let database = serde_json::json!([{
        "directory": folder.join("sources"),
        "file": "other.c",
        "command": "cc -O2 -I../include -c other.c -o other.o",
    }]);
    place.write("project/compile_commands.json", &database.to_string());
    let json = place.succeeds(env!("CARGO_BIN_EXE_loopwright"), "scan project --json --size 200");
    let document: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(document["unreadable"], serde_json::json!([]));
    let nests = document["nests"].as_array().expect("nests");
    let work: Vec<f64> = nests.iter().filter_map(|nest| nest["work"].as_f64()).collect();
    assert!(work.is_sorted_by(|one, other| one >= other), "most work first: {work:?}");
    let clear =
        nests.iter().find(|nest| nest["function"] == "clear").expect("the loops of other.c");
    assert_eq!((clear["work"].as_f64(), clear["depth"].as_u64()), (Some(4096.0), Some(2)));
    assert_eq!(clear["sizes"], "fixed sizes");
    assert!(nests.iter().all(|nest| !nest["file"].to_string().contains("hidden")));
    let output = place.run(env!("CARGO_BIN_EXE_loopwright"), "scan nowhere");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn regions_of_cxx_files_are_compiled_where_they_are_c() {
    let place = Place::new();
    let program = r#"#include <cstdio>
#include <cmath>
namespace physics {
template <class T> T twice(T x) { return 2 * x; }
void scale(int n, double *x, const double *y, double factor) {
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < 50; j++)
      x[i] = x[i] * factor + y[j];
#pragma endscop
}
void roots(int n, float *x) {
#pragma scop
  for (int i = 0; i < n; i++)
    x[i] = std::exp(x[i]);
#pragma endscop
}
}
extern "C" void reset(long n, double (&total)[4], double *x) {
#pragma scop
  for (long i = 0; i < n; i++)
    x[i] = total[0];
#pragma endscop
}
int main(int count, char **words) {
  int n = 0;
  std::sscanf(words[1], "%d", &n);
  double *x = new double[n + 1](), y[50], total[4] = {physics::twice(1.5)};
  float z[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (int j = 0; j < 50; j++) y[j] = j / 8.0;
  reset(n, total, x);
  physics::scale(n, x, y, 0.75);
  physics::roots(8, z);
  for (int i = 0; i < n; i++) std::printf("%a %a\n", x[i], (double)z[i % 8]);
}
"#;
    place.write("program.cpp", program);
    place.succeeds("clang++-19", "-O2 program.cpp -o own");
    let words = "--host-cc clang++-19 --report report.json -O2 program.cpp -o ours";
    let error = place.cc_succeeds(words);
    let found = regions(&place.report("report.json"));
    let status: Vec<_> =
        found.iter().map(|(name, status, _)| (name.as_str(), status.as_str())).collect();
    assert_eq!(status, [("scale", "compiled"), ("roots", "left"), ("reset", "left")], "{error}");
    assert!(error.contains("program.cpp:13:") && error.contains("program.cpp:22:"), "{error}");
    for size in ["0", "1", "33", "5000"] {
        let (own, ours) = (place.succeeds("./own", size), place.succeeds("./ours", size));
        assert!(own == ours, "{size}");
    }
}

/// Matrices in one dimension with leading dimensions that no bound mentions, as numerical libraries have them.
const LEADING: &str = r#"#include <stdio.h>
#include <stdlib.h>
void scale(int m, int n, int ld, double *a, const double *b) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++)
      a[i + j * ld] += 2 * b[i + j * ld];
}
void product(int m, int n, int k, const double *a, int lda, const double *b, int ldb, double *c, int ldc) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double t = 0;
      for (int p = 0; p < k; p++) t += a[i * lda + p] * b[p * ldb + j];
      c[i * ldc + j] += t;
    }
}
void mirror(int n, int first, int ldr, double *r) {
  for (int j = 0; j < n; ++j)
    for (int i = j; i < n; ++i)
      r[i + (first + j) * ldr] = r[j + (first + i) * ldr];
}
int main(int count, char **words) {
  int m = atoi(words[1]), n = atoi(words[2]), k = atoi(words[3]), ld = atoi(words[4]);
  int size = 200 * 200;
  double *a = malloc(3 * size * sizeof *a), *b = a + size, *c = b + size;
  for (int i = 0; i < 3 * size; i++) a[i] = i % 13 - 0.1 * (i % 7);
  scale(m, n, ld, a, b);
  product(m, n, k, a, ld, b, ld + 1, c, ld);
  mirror(n, k % 3, ld, c);
  double sum = 0;
  for (int i = 0; i < 3 * size; i++) sum = 0.9 * sum + a[i];
  printf("%a\n", sum);
}
"#;

#[test]
fn leading_dimensions_are_known_to_be_long_enough_where_the_loops_run() {
    let place = Place::new();
    place.write("leading.c", LEADING);
    place.succeeds("clang-19", "-O2 -ffp-contract=off leading.c -o own");
    place.cc_succeeds("--auto --report report.json -O2 -ffp-contract=off leading.c -o ours");
    let found = regions(&place.report("report.json"));
    for name in ["scale", "product", "mirror"] {
        let of_any_size = found.iter().any(|(function, status, sizes)| {
            function == name && status == "compiled" && sizes.iter().any(|one| one == "any size")
        });
        assert!(of_any_size, "{name}: {found:?}");
    }
    // Also where rows run into each other, and where the leading dimension is nothing at all.
    for sizes in ["90 80 70 100", "100 100 100 100", "60 60 60 31", "5 1 3 0", "0 0 0 0", "1 1 1 1"]
    {
        let (own, ours) = (place.succeeds("./own", sizes), place.succeeds("./ours", sizes));
        assert!(own == ours, "{sizes}: {} {}", text(&own), text(&ours));
    }
}
