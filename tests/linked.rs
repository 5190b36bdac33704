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
