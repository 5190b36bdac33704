//! `loopwright cc` in the place of a C compiler: programs do what they do when the host compiler makes them, and
//! so do the messages and exit codes.

#[path = "cc/place.rs"]
mod place;

use place::{Place, regions, root, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIMULATION: &str = "tests/cc/simulation";

const PRODUCT: &str = "#include <stdio.h>\n#include <stdlib.h>
void product(int n, int m, int k, double C[n][m], double A[n][k], double B[k][m]) {
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++) {
      C[i][j] = 0;
      for (int l = 0; l < k; l++)
        C[i][j] += A[i][l] * B[l][j];
    }
#pragma endscop
}
int main(int count, char **words) {
  int n = atoi(words[1]), m = atoi(words[2]), k = atoi(words[3]), shift = atoi(words[4]);
  double *all = calloc(3 * (n + m + k + 1) * (n + m + k + 1), sizeof *all);
  int size = (n + m + k) * (n + m + k);
  for (int i = 0; i < 3 * size; i++) all[i] = i % 17 / 16.0 + 1e-3;
  /* With a shift C lies across A. */
  double *C = all, *A = shift ? all + shift : all + size, *B = all + 2 * size;
  product(n, m, k, (void *)C, (void *)A, (void *)B);
  for (int i = 0; i < n * m; i++) printf(\"%a\\n\", C[i]);
}
";

#[test]
fn sizes_need_not_be_known_and_any_of_them_is_right() {
    let place = Place::new();
    place.write("product.c", PRODUCT);
    for compiler in ["clang-19", "gcc"] {
        place.succeeds(compiler, "-O2 -ffp-contract=off product.c -o own");
        let words = "--report report.json -O2 -ffp-contract=off product.c -o ours";
        place.cc_succeeds(&format!("--host-cc {compiler} {words}"));
        let found = regions(&place.report("report.json"));
        let expected = ("product".to_owned(), "compiled".to_owned(), vec!["any size".to_owned()]);
        assert_eq!(found, [expected], "{compiler}");
        for sizes in [
            "0 0 0 0",
            "1 1 1 0",
            "0 3 2 0",
            "3 0 2 0",
            "3 2 0 0",
            "2 3 4 0",
            "31 33 65 0",
            "64 64 64 0",
            "97 61 130 0",
            "128 128 128 0",
            "128 120 110 7",
            "50 60 70 1",
        ] {
            let (own, ours) = (place.succeeds("./own", sizes), place.succeeds("./ours", sizes));
            assert!(own == ours, "{compiler}, {sizes}");
        }
    }
}

#[test]
fn a_project_with_a_makefile_is_built_as_it_is() {
    let (own, ours) = (Place::new(), Place::new());
    own.copy(SIMULATION);
    ours.copy(SIMULATION);
    own.succeeds("make", "-j4 CC=clang-19");
    let compiler = format!("{} cc --report build.json", env!("CARGO_BIN_EXE_loopwright"));
    let build = |goal: &str| {
        let mut make = ours.command("make");
        let output = make.arg("-j4").arg(format!("CC={compiler}")).arg(goal).output();
        let output = output.expect("make is installed");
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    build("simulation");
    let first = fs::read(ours.path("heat.o")).expect("an object");
    build("clean");
    build("simulation");
    assert!(first == fs::read(ours.path("heat.o")).expect("an object"), "a build is repeatable");
    let found = regions(&ours.report("build.json"));
    let status: Vec<_> =
        found.iter().map(|(name, status, _)| (name.as_str(), status.as_str())).collect();
    assert_eq!(status, [("diffuse", "compiled"), ("correlate", "compiled")]);
    for words in ["200 20", "64 3", "7 5", "1 1", "0 0"] {
        let (expected, found) =
            (own.succeeds("./simulation", words), ours.succeeds("./simulation", words));
        assert!(!expected.is_empty() && expected == found, "{words}");
    }
    // A header that changes makes what includes it again.
    let times =
        |name: &str| fs::metadata(ours.path(name)).and_then(|it| it.modified()).expect("a time");
    let (heat, main) = (times("heat.o"), times("main.o"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let header = fs::read(ours.path("statistics.h")).expect("a header");
    fs::write(ours.path("statistics.h"), header).expect("written");
    build("simulation");
    assert!(times("main.o") > main && times("heat.o") == heat);
}

#[test]
fn a_project_with_cmake_is_built_as_it_is() {
    if Command::new("cmake").arg("--version").output().is_err() {
        eprintln!("not tested: cmake is not installed");
        return;
    }
    let place = Place::new();
    place.copy(SIMULATION);
    let compiler = format!("{} cc", env!("CARGO_BIN_EXE_loopwright"));
    for (folder, compiler) in [("own", "clang-19"), ("ours", compiler.as_str())] {
        let mut configure = place.command("cmake");
        let output = configure.args(["-S", ".", "-B", folder]).env("CC", compiler).output();
        let output = output.expect("cmake runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
        place.succeeds("cmake", &format!("--build {folder} -j 4"));
    }
    let symbols = text(&place.succeeds("nm", "ours/simulation"));
    assert!(symbols.contains("loopwright_loops0_diffuse"), "no loops of ours: {symbols}");
    let own = place.succeeds("own/simulation", "100 10");
    assert!(own == place.succeeds("ours/simulation", "100 10") && !own.is_empty());
}

#[test]
fn what_makes_no_object_is_the_host_compilers() {
    let place = Place::new();
    place.write("product.c", PRODUCT);
    for words in [
        "-E product.c",
        "-S -O1 product.c -o -",
        "-M product.c",
        "--version",
        "-dumpmachine",
        "-print-prog-name=ld",
    ] {
        let (own, ours) = (place.run("clang-19", words), place.cc(words));
        assert!(own.stdout == ours.stdout && own.status == ours.status, "{words}");
        assert!(!own.stdout.is_empty(), "{words}");
    }
    for words in ["", "absent.c", "-c absent.c -o x.o", "-c product.c --no-such-option", "-o"] {
        let (own, ours) = (place.run("clang-19", words), place.cc(words));
        assert_eq!(
            (own.status.code(), text(&own.stderr)),
            (ours.status.code(), text(&ours.stderr)),
            "{words}"
        );
        assert!(!own.status.success(), "{words}");
    }
}

#[test]
fn errors_and_warnings_are_those_of_the_host_compiler() {
    let place = Place::new();
    place.write("product.c", &PRODUCT.replace("shift = atoi", "unused, shift = atoi"));
    let words = "-Wall -Wno-unknown-pragmas -c product.c -o";
    let (own, ours) =
        (place.run("clang-19", &format!("{words} own.o")), place.cc(&format!("{words} ours.o")));
    assert_eq!(text(&own.stderr), text(&ours.stderr));
    assert!(text(&ours.stderr).contains("product.c:14:") && ours.status.success());
    let ours = place.cc("-Wall -Werror -c product.c -o refused.o");
    assert_eq!(ours.status.code(), Some(1));
    assert!(!place.path("refused.o").exists());
    place.write("broken.c", "int f(void) { return 1 }\n#pragma scop\n");
    let (own, ours) = (place.run("clang-19", "-c broken.c"), place.cc("-c broken.c"));
    assert_eq!((own.status.code(), text(&own.stderr)), (ours.status.code(), text(&ours.stderr)));
    // Our own mistakes, in the words of a compiler.
    let output = place.cc("-c product.c --budget soon");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("loopwright cc: error: --budget:"));
}

#[test]
fn a_region_that_is_not_understood_is_left_with_a_warning() {
    let place = Place::new();
    place.write("data.c", "int f(int n, int *a, int *b) {\n#pragma scop\n  for (int i = 0; i < n; i++)\n    a[b[i]] = i;\n#pragma endscop\n  return a[0];\n}\n");
    let error = place.cc_succeeds("-O2 -c data.c");
    let expected = "data.c:4:7: warning: the region in 'f' is left to clang-19: the subscript depends on the data in `b`; ";
    assert!(error.starts_with(expected), "{error}");
    assert!(place.path("data.o").is_file());
    assert_eq!(place.cc_succeeds("-O2 -w -c data.c"), "");
    let error = place.cc_succeeds("-O2 -v -c data.c");
    assert!(error.contains("data.c:4:7: f: left to clang-19: the subscript"), "{error}");
}

#[test]
fn response_files_dependences_and_several_files() {
    let place = Place::new();
    place.write("product.c", PRODUCT);
    place.write("other.c", "int other(void) { return 1; }\n");
    place.write("words", "-O2 -DX=\"a b\" product.c\n other.c -c -MMD -MP");
    place.cc_succeeds("@words");
    for name in ["product.o", "other.o", "product.d", "other.d"] {
        assert!(place.path(name).is_file(), "{name}");
    }
    let written = fs::read_to_string(place.path("product.d")).expect("dependences");
    assert_eq!(written.split_whitespace().collect::<Vec<_>>(), ["product.o:", "product.c"]);
    let symbols = text(&place.succeeds("nm", "product.o"));
    let global: Vec<&str> = symbols.lines().filter(|line| line.contains(" T ")).collect();
    assert_eq!(global.len(), 2, "the object defines what the file does: {symbols}");
    assert!(symbols.contains(" t loopwright_loops0_product"));
    place.cc_succeeds("-O2 -c -MD -MF deps -MT goal product.c -o x.o");
    let written = fs::read_to_string(place.path("deps")).expect("dependences");
    assert!(written.starts_with("goal:") && written.contains("stdio.h"), "{written}");
    let output = place.cc("-c product.c other.c -o both.o");
    assert!(!output.status.success());
}

#[test]
fn lines_for_the_debugger_are_the_files_own() {
    let place = Place::new();
    place.write("product.c", PRODUCT);
    fs::create_dir(place.path("sources")).expect("a folder");
    place.write("sources/product.c", PRODUCT);
    for file in ["product.c", "sources/product.c"] {
        place.cc_succeeds(&format!("-g -O1 -c {file} -o ours.o"));
        let lines = text(&place.succeeds("objdump", "--dwarf=info ours.o"));
        let name = lines.lines().find(|line| line.contains("DW_AT_name")).unwrap_or_default();
        assert!(name.trim_end().ends_with(&format!(": {file}")), "{name}");
        let table = text(&place.succeeds("objdump", "--dwarf=decodedline ours.o"));
        assert!(table.contains("product.c") && !table.contains("/tmp/loopwright"), "{table}");
    }
}

#[test]
fn schedules_of_a_folder_go_before_what_is_predicted() {
    let place = Place::new();
    place.write("product.c", PRODUCT);
    fs::create_dir(place.path("schedules")).expect("a folder");
    place.write("schedules/product.schedule", "tile(S2, i, j, 16, 16)\n");
    let words = "--schedule-dir schedules --report report.json -O2 -c product.c";
    place.cc_succeeds(words);
    let report = place.report("report.json");
    let version = &report["files"][0]["regions"][0]["versions"][0];
    assert_eq!(version["origin"], "from schedules/product.schedule");
    assert_eq!(version["sizes"], "any size");
    place.write("schedules/product.product.schedule", "reverse(S2, l)\n");
    let error = place.cc_succeeds(&format!("-v {words}"));
    assert!(
        error.contains("left to clang-19") && error.contains("not found to be legal"),
        "{error}"
    );
    place.write("schedules/product.product.schedule", "tile(S2\n");
    let error = place.cc_succeeds(&format!("-v {words}"));
    assert!(error.contains("schedules/product.product.schedule"), "{error}");
}

#[test]
fn what_was_measured_is_remembered() {
    let place = Place::new();
    let text = PRODUCT.replace("atoi(words[1])", "200").replace("atoi(words[2])", "201");
    let text = text.replace("atoi(words[3])", "202");
    place.write("product.c", &text);
    place.succeeds("clang-19", "-O2 product.c -o own");
    let words = "--report report.json --budget 6s -O2 product.c -o ours";
    place.cc_succeeds(&format!("--tune {words}"));
    let report = place.report("report.json");
    let versions = report["files"][0]["regions"][0]["versions"].as_array().expect("versions");
    assert_eq!(versions.len(), 2, "{report}");
    assert_eq!(versions[0]["sizes"], "n = 200, m = 201, k = 202");
    let origin = versions[0]["origin"].as_str().unwrap_or_default().to_owned();
    assert!(origin.starts_with("measured at "), "{report}");
    assert!(place.succeeds("./own", "0 0 0 0") == place.succeeds("./ours", "0 0 0 0"));
    place.cc_succeeds(words);
    let again = place.report("report.json");
    assert_eq!(again["files"][0]["regions"][0]["versions"][0]["origin"], "tuning records");
}

fn kernels(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            kernels(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "c") {
            found.push(path);
        }
    }
}

#[test]
fn the_thirty_kernels_dump_the_same_numbers() {
    let place = Place::new();
    let mut files = Vec::new();
    kernels(&root().join("polybench"), &mut files);
    files.sort();
    assert_eq!(files.len(), 30);
    let mut compiled = 0;
    for file in files {
        let words = format!("-O3 -DSMALL_DATASET -DPOLYBENCH_DUMP {}", file.display());
        place.succeeds("clang-19", &format!("-w {words} -o own -lm"));
        place.cc_succeeds(&format!("-w --budget 300ms --report kernel.json {words} -o ours -lm"));
        let dump = |program: &str| place.run(program, "").stderr;
        let (own, ours) = (dump("./own"), dump("./ours"));
        assert!(own.len() > 100 && own == ours, "{}: the dumps differ", file.display());
        let found = regions(&place.report("kernel.json"));
        compiled += found.iter().filter(|(_, status, _)| status == "compiled").count();
        fs::remove_file(place.path("kernel.json")).expect("a report");
    }
    assert!(compiled >= 15, "only {compiled} kernels have loops of ours");
}
