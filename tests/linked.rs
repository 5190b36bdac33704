//! Objects that `--emit obj` writes, as a part of the user's program: in place of the user's own object, the
//! program prints the same bytes.
//!
//! The thirty kernels under their expert schedules at SMALL; `LOOPWRIGHT_LINKED=tune` tunes each at the size in
//! `LOOPWRIGHT_LINKED_SIZE` (LARGE by default) in place of that, and prints the times of both programs, the least
//! of three runs in turn.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn kernels(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            kernels(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "c") {
            found.push(path);
        }
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.env("OMP_PROC_BIND", "true").output().expect("the program is installed");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    output
}

/// Links a program from a C file or an object.
fn link(input: &Path, output: &Path, size: &str) {
    let definitions = ["-DPOLYBENCH_DUMP", "-DPOLYBENCH_TIME", size];
    run(Command::new("clang-19")
        .args(["-w", "-O3", "-march=native", "-fopenmp"])
        .args(definitions)
        .arg(input)
        .args(["-lm", "-o"])
        .arg(output));
}

/// What a program dumps, and the seconds that it says.
fn result(program: &Path) -> (Vec<u8>, f64) {
    let output = run(&mut Command::new(program));
    let seconds = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(f64::NAN);
    (output.stderr, seconds)
}

#[test]
fn programs_with_our_objects_print_what_the_users_own_do() {
    let tunes = std::env::var("LOOPWRIGHT_LINKED").is_ok_and(|how| how == "tune");
    let size = std::env::var("LOOPWRIGHT_LINKED_SIZE").unwrap_or_else(|_| "LARGE".to_owned());
    let size = if tunes { size } else { "SMALL".to_owned() };
    let size = format!("-D{size}_DATASET");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files = Vec::new();
    kernels(&root().join("polybench"), &mut files);
    files.sort();
    assert_eq!(files.len(), 30);
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let base = folder.path().join(&name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_loopwright"));
        let schedule = root().join(format!("polybench/expert/{name}.schedule"));
        if tunes {
            command.args(["tune", "--budget", "10s"]);
        } else {
            command.arg("compile").arg("--schedule").arg(schedule);
        }
        command.arg(&file).args([&size, "-DPOLYBENCH_DUMP", "-DPOLYBENCH_TIME"]);
        run(command.args(["--emit", "obj", "-o"]).arg(base.with_extension("o")));
        let (own, ours) = (base.with_extension("own"), base.with_extension("ours"));
        link(&file, &own, &size);
        link(&base.with_extension("o"), &ours, &size);
        let (mut own_seconds, mut our_seconds) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..if tunes { 3 } else { 1 } {
            let ((expected, own), (found, ours)) = (result(&own), result(&ours));
            assert!(expected.len() > 100, "{name} dumps nothing");
            assert!(expected == found, "{name}: the dumps differ");
            (own_seconds, our_seconds) = (own_seconds.min(own), our_seconds.min(ours));
        }
        if tunes {
            let ratio = own_seconds / our_seconds;
            println!("{name:16} {own_seconds:12.6} s {our_seconds:12.6} s {ratio:8.2}x");
        }
    }
}

/// `--emit c`: the thirty kernels rewritten in place, by two compilers, which round as the user's own text does there.
#[test]
fn programs_rewritten_in_c_print_what_the_users_own_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut files = Vec::new();
    kernels(&root().join("polybench"), &mut files);
    files.sort();
    let mut behind = Vec::new();
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let schedule = root().join(format!("polybench/expert/{name}.schedule"));
        let definitions = ["-DMINI_DATASET", "-DPOLYBENCH_DUMP"];
        let written = folder.path().join(format!("{name}.c"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_loopwright"));
        command.arg("compile").arg(&file).arg("--schedule").arg(schedule).args(definitions);
        let output = run(command.args(["--emit", "c", "-o"]).arg(&written));
        if String::from_utf8_lossy(&output.stderr).contains("at the file's end") {
            behind.push(name.clone());
        }
        for (compiler, rounding) in [("clang-19", "on"), ("gcc", "off")] {
            let program = |input: &Path, ending: &str| {
                let output = folder.path().join(format!("{name}.{ending}"));
                let rounding = format!("-ffp-contract={rounding}");
                let mut command = Command::new(compiler);
                command.args(["-std=gnu99", "-w", "-O2", "-march=native", "-fopenmp", &rounding]);
                run(command.args(definitions).arg(input).args(["-lm", "-o"]).arg(&output));
                result(&output).0
            };
            let (expected, found) = (program(&file, "own"), program(&written, "ours"));
            assert!(expected.len() > 100, "{name} dumps nothing");
            assert!(expected == found, "{name} by {compiler}: the dumps differ");
        }
    }
    assert!(behind.is_empty(), "not rewritten in place: {behind:?}");
}

/// What a person would have written: the user's names, no casts, the pragmas gone, the source where a check fails.
#[test]
fn rewritten_c_reads_as_a_person_writes_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = "#define N 100\nstatic double table[N][N];\n\nvoid scale(int n, double *a, double factor)\n{\n    \
                  int i, j;\n\n#pragma scop\n    for (i = 0; i < n; i++)\n        for (j = 0; j < n; j++)\n            \
                  a[i * n + j] = a[i * n + j] + factor * table[j][i];\n#pragma endscop\n}\n";
    let file = folder.path().join("scale.c");
    std::fs::write(&file, source).expect("a file");
    let written = folder.path().join("written.c");
    let mut command = Command::new(env!("CARGO_BIN_EXE_loopwright"));
    command.arg("compile").arg(&file).args(["--param", "n=100", "--emit", "c", "-o"]).arg(&written);
    run(command.args(["--schedule", "tile(S1, i, j, 32, 32); parallelize(S1, i_t)"]));
    let text = std::fs::read_to_string(&written).expect("the file");
    let expected = "
    if (n == 100 && apart(a, 80000, table, 80000)) {
        #pragma omp parallel for schedule(static)
        for (long i_t = 0; i_t < 4; i_t++)
            for (long j_t = 0; j_t < 4; j_t++)
                for (long i = 32*i_t; i < min(100, 32*i_t + 32); i++)
                    for (long j = 32*j_t; j < min(100, 32*j_t + 32); j++)
                        a[100*i + j] += factor * table[j][i];
    } else {
        for (i = 0; i < n; i++)
            for (j = 0; j < n; j++)
                a[i * n + j] = a[i * n + j] + factor * table[j][i];
    }
}
";
    // Of two arrays the checks name the first that the program has first.
    let other = expected.replace("apart(a, 80000, table, 80000)", "apart(table, 80000, a, 80000)");
    assert!(text.ends_with(expected) || text.ends_with(&other), "{text}");
    assert!(!text.contains("scop\n") && !text.contains("#line"), "{text}");
}
