//! What results are compared on: the program's own data, and other contents where that says nothing.

use std::process::{Command, Output};

/// Runs a command on a C file.
fn run(words: &[&str], source: &str) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("input.c");
    std::fs::write(&file, source).expect("written");
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .arg(words[0])
        .arg(&file)
        .args(&words[1..])
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

/// What `compile --run` prints.
fn compiled(source: &str, more: &[&str]) -> String {
    let output = run(&[&["compile", "--run"], more].concat(), source);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A file with a region in a function, behind other text.
fn region(before: &str, signature: &str, body: &str) -> String {
    format!("{before}\nvoid {signature} {{\n#pragma scop\n{body}\n#pragma endscop\n}}\n")
}

const PRODUCT: &str = "for (int i = 0; i < 40; i++) for (int j = 0; j < 40; j++) \
    for (int k = 0; k < 40; k++) C[i][j] += alpha * A[i][k] * B[k][j];";

#[test]
fn arrays_at_file_scope_are_as_the_program_fills_them() {
    let before = "double A[40][40], B[40][40], C[40][40], alpha = 1.5;\nvoid init_array(void) {
        for (int i = 0; i < 40; i++) for (int j = 0; j < 40; j++) { A[i][j] = i + j * 0.3; B[i][j] = i - j * 0.7; } }";
    let text = compiled(&region(before, "product(void)", PRODUCT), &[]);
    assert!(text.contains("(same bits)"), "{text}");
    assert!(text.contains("filled by init_array") && text.contains("C pseudorandom"), "{text}");
    assert!(text.contains("alpha as the source initialises it"), "{text}");
    assert!(!text.contains("compared on"), "{text}");
}

#[test]
fn what_the_initialiser_sets_to_zero_is_zero() {
    let before = "double A[40][40], B[40][40], C[40][40], alpha = 1.5;\nvoid init_array(void) {
        for (int i = 0; i < 40; i++) for (int j = 0; j < 40; j++) { A[i][j] = i + j * 0.3; B[i][j] = i - j * 0.7; C[i][j] = 0; } }";
    let text = compiled(&region(before, "product(void)", PRODUCT), &[]);
    assert!(text.contains("(same bits)") && !text.contains("pseudorandom"), "{text}");
}

#[test]
fn zeros_are_named_and_other_contents_compared() {
    let before = "double A[40][40], B[40][40], C[40][40];\nvoid init_array(double A[40][40], double B[40][40]) {
        for (int i = 0; i < 40; i++) for (int j = 0; j < 40; j++) { A[i][j] = 0; B[i][j] = i - j * 0.7; } }";
    let text = compiled(&region(before, "product(double alpha)", PRODUCT), &[]);
    assert!(text.contains("init_array leaves A all zero: compared on pseudorandom"), "{text}");
    assert!(text.contains("(same bits)"), "{text}");
    let before = "double A[40][40], B[40][40], C[40][40];\ndouble alpha = 0.0;";
    let text = compiled(&region(before, "product(void)", PRODUCT), &[]);
    assert!(text.contains("the source leaves alpha"), "{text}");
    // With a factor of zero regrouped sums have the same bits, otherwise not.
    let relaxed = ["--fast-math", "--schedule", "regroup(S1,k,8); vectorize(S1,k_lane,8)"];
    let text = compiled(&region(before, "product(void)", PRODUCT), &relaxed);
    assert!(text.contains("largest relative difference"), "{text}");
}

#[test]
fn elimination_without_a_pivot_is_compared_where_it_is_finite() {
    let body = "for (int k = 0; k < 40; k++) {
        for (int j = k + 1; j < 40; j++) a[k][j] = a[k][j] / a[k][k];
        for (int i = k + 1; i < 40; i++) for (int j = k + 1; j < 40; j++)
          a[i][j] = a[i][j] - a[i][k] * a[k][j]; }";
    let zeros = "double a[40][40];\nvoid init_array(void) {
        for (int i = 0; i < 40; i++) for (int j = 0; j < 40; j++) a[i][j] = 0; }";
    let text = compiled(&region(zeros, "factor(void)", body), &[]);
    assert!(text.contains("init_array leaves a all zero: compared on"), "{text}");
    assert!(text.contains("(same bits)"), "{text}");
    let filled = "double a[40][40];\nvoid init_array(void) {
        for (int i = 0; i < 40; i++) for (int j = 0; j < 40; j++) a[i][j] = i == j ? 10.0 : 1.0 / (1 + i + j); }";
    let text = compiled(&region(filled, "factor(void)", body), &[]);
    assert!(text.contains("data: a filled by init_array"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_not_called_equal() {
    let text = compiled(
        &region("double A[40];", "nothing(void)", "for (int i = 0; i < 40; i++) A[i] = A[i];"),
        &[],
    );
    assert!(text.contains("nothing compared") && !text.contains("same bits"), "{text}");
    let text = compiled(
        &region("double A[40];", "fill(void)", "for (int i = 0; i < 40; i++) A[i] = 1.0;"),
        &[],
    );
    assert!(text.contains("(same bits)") && text.contains("A pseudorandom"), "{text}");
}

#[test]
fn only_values_that_the_type_has() {
    let before = "#include <stdbool.h>\nenum color { RED = 3, GREEN = -7, BLUE = 1000 };
        bool mask[40], copy[40]; enum color colors[40], others[40]; char text[40], upper[40];";
    let body = "for (int i = 0; i < 40; i++) {
        copy[i] = !mask[i];
        others[i] = colors[i] == RED ? GREEN : colors[i];
        upper[i] = text[i] + 1; }";
    let text = compiled(&region(before, "kinds(void)", body), &[]);
    assert!(text.contains("(same bits)"), "{text}");
}

#[test]
fn functions_of_other_files_matter_only_where_they_are_called() {
    let before = "double A[40]; extern double table[8]; void other(double *); double peek(void) { other(A); return table[3]; }";
    let fill = "for (int i = 0; i < 40; i++) A[i] += 1.0;";
    let text = compiled(&region(before, "fill(void)", fill), &[]);
    assert!(text.contains("(same bits)"), "{text}");
    let needed = "double A[40]; double elsewhere(int);\nvoid init_array(void) { for (int i = 0; i < 40; i++) A[i] = elsewhere(i); }";
    let output = run(&["compile", "--run"], &region(needed, "fill(void)", fill));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("`elsewhere`"), "{error}");
    assert!(!error.contains("status 127"), "{error}");
}

/// Objects that GCC links with -Ofast flush denormals to zero for the whole process.
#[test]
fn one_competitors_mode_reaches_no_other() {
    let before = "double a[4096], b[4096];\nvoid init_array(double a[4096], double b[4096]) {
        for (int i = 0; i < 4096; i++) { a[i] = 4.9e-324 * (i + 1); b[i] = 3e-310 * (i + 1); } }";
    let body = "for (int i = 1; i < 4096; i++) b[i] = a[i] * 0.75 + b[i] * 0.5 + b[i - 1] * 0.25;";
    let source = region(before, "smooth(void)", body);
    let words = [
        "bench",
        "--budget",
        "1s",
        "--json",
        "--against",
        "gcc -Ofast -march=native",
        "--against",
        "clang-19 -O3 -march=native",
    ];
    let output = run(&words, &source);
    let text = String::from_utf8_lossy(&output.stdout);
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let equal = |side: usize| document["sides"][side]["bit_equal"].as_bool();
    assert_eq!((equal(0), equal(2)), (Some(true), Some(true)), "{text}");
    assert_eq!(document["data"]["is_comparison"], true, "{text}");
}
