//! C files as users write them: tuned or rejected, as they should be.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

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

/// The first budget, which four times as much follows where a busy machine did not get to anything in it.
const BUDGETS: [&str; 4] = ["1500ms", "6s", "24s", "96s"];

/// One at a time, so that they don't take each other's.
static TURN: Mutex<()> = Mutex::new(());

/// Tunes an example for a short time and returns its report; nothing measured may have been wrong.
fn tuned(name: &str, more: &[&str]) -> Vec<serde_json::Value> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = example(name);
    let path = path.to_str().expect("a path in UTF-8");
    let mut regions = Vec::new();
    for budget in BUDGETS {
        let mut arguments = vec!["tune", path, "--budget", budget, "--measure", "4", "--json"];
        arguments.extend(more);
        let output = loopwright(&arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{name}: {error}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        regions.clone_from(report.as_array().expect("a list"));
        if regions.iter().all(|region| measured(region).len() > 1) {
            break;
        }
    }
    for region in &regions {
        assert!(!measured(region).is_empty(), "{name}: {region}");
        for one in measured(region) {
            let failure = one["measurement"]["failed"].as_str().unwrap_or_default();
            assert!(!failure.contains("differ"), "{name}: {one}");
        }
    }
    regions
}

fn measured(region: &serde_json::Value) -> &[serde_json::Value] {
    region["measured"].as_array().expect("a list")
}

/// Every example but `histogram.c`, by field.
const FIELDS: [&[&str]; 8] = [
    &["convolution", "fully_connected", "attention", "batch_norm", "depthwise", "weight_gradient"],
    &["quantised_product", "single_precision", "batched_products", "matrix_chain"],
    &["edges", "sharpen", "corners", "demosaic"],
    &["contraction", "basis_change", "gravity", "charges", "nearest_centres", "filter_bank"],
    &["alignment", "affine_gaps", "layouts", "multigrid"],
    &["diffusion", "wave", "maxwell", "shallow_water", "seismic"],
    &["lattice_boltzmann", "red_black"],
    &["tridiagonal", "triangular_solve", "cholesky_solve", "ldlt"],
];

/// Tunes a field's programs at their small sizes: equal bits, on data that say something.
fn a_field_is_tuned(position: usize) {
    for name in FIELDS[position] {
        let name = format!("{name}.c");
        let regions = tuned(&name, &["-D", "SMALL"]);
        assert_eq!(regions.len(), if name == "layouts.c" { 3 } else { 1 }, "{name}");
        for region in &regions {
            assert_eq!(region["data"]["is_comparison"], true, "{name}: {region}");
        }
    }
}

#[test]
fn no_example_is_forgotten() {
    let folder = std::fs::read_dir(example("")).expect("the folder of the examples");
    let mut found: Vec<String> = folder
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "histogram.c")
        .collect();
    found.sort_unstable();
    let mut named: Vec<String> =
        FIELDS.iter().flat_map(|field| field.iter().map(|name| format!("{name}.c"))).collect();
    named.sort_unstable();
    assert_eq!(found, named);
}

#[test]
fn layers_of_networks_are_tuned() {
    a_field_is_tuned(0);
}

#[test]
fn products_of_many_kinds_are_tuned() {
    a_field_is_tuned(1);
}

#[test]
fn pipelines_on_images_are_tuned() {
    a_field_is_tuned(2);
}

#[test]
fn contractions_and_sums_over_pairs_are_tuned() {
    a_field_is_tuned(3);
}

#[test]
fn alignments_and_movements_of_data_are_tuned() {
    a_field_is_tuned(4);
}

#[test]
fn time_steppers_are_tuned() {
    a_field_is_tuned(5);
}

#[test]
fn cells_that_meet_their_neighbours_are_tuned() {
    a_field_is_tuned(6);
}

#[test]
fn solvers_are_tuned() {
    a_field_is_tuned(7);
}

#[test]
fn a_stencil_with_parameters_is_tuned() {
    let regions = tuned("diffusion.c", &["--param", "n=60", "--param", "steps=10"]);
    assert_eq!(regions[0]["parameters"]["n"], 60);
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
    // The object has a door of its own beside the function; the C file is the user's own, with other loops.
    for (kernel, door, flags) in
        [("o", "loopwright_solve", vec![]), ("c", "solve", vec!["-fopenmp"])]
    {
        let harness = format!(
            "#define solve own_solve\n#define init_array own_init\n#include \"{}\"\n\
             #undef solve\n#undef init_array\n#include <stdio.h>\n#include <string.h>\n\
             void {door}(double (*L)[N], double (*X)[COLUMNS]);\n\
             static double L[N][N], A[N][COLUMNS], B[N][COLUMNS];\n\
             int main(void) {{\n  own_init(L, A);\n  own_init(L, B);\n  own_solve(L, A);\n  {door}(L, B);\n\
             return memcmp(A, B, sizeof A) != 0;\n}}\n",
            path.display()
        );
        std::fs::write(&main, harness).expect("a writable folder");
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
