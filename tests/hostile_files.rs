//! Names and files that nobody should have, and some have: everything works, or one error says what is wrong.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SOURCE: &str = "#define N 64
double A[N][N];
void f(void) {
#pragma scop
  for (int i = 1; i < N; i++)
    for (int j = 1; j < N; j++)
      A[i][j] = A[i - 1][j] + 1.0;
#pragma endscop
}
";

fn run(folder: &Path, arguments: &[&OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn error(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[test]
fn any_name_of_a_file_works() {
    let names: [&[u8]; 9] = [
        b"-x.c",
        b"a b.c",
        b"q\"uote.c",
        b"s'q.c",
        b"new\nline.c",
        b"back\\slash.c",
        b"non\xff.c",
        b"per%cent$HOME.c",
        b"no-extension",
    ];
    for name in names {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let name = OsStr::from_bytes(name);
        std::fs::write(folder.path().join(name), SOURCE).expect("a writable folder");
        let words = |text: &'static str| text.split('|').map(OsStr::new);
        let commands = [
            "explain|--json|--",
            "compile|--run|--json|--schedule|vectorize(S1, j, 4)|--emit|obj,c,shared,json|--",
            "bench|--budget|200ms|--json|--against|gcc -O2|--",
            "tune|--no-measure|--emit|c|--",
        ];
        for command in commands {
            let arguments: Vec<&OsStr> = words(command).chain([name]).collect();
            let output = run(folder.path(), &arguments);
            assert!(output.status.success(), "{name:?}: {command}: {}", error(&output));
        }
        // What is written names the file, and is C all the same.
        let written = Path::new(name).file_stem().map(|stem| {
            let mut written = OsString::from("./");
            written.push(stem);
            written.push(".loopwright.c");
            written
        });
        let compiled = Command::new("clang-19")
            .args(["-fopenmp", "-w", "-c", "-o", "/dev/null"])
            .arg(written.expect("a stem"))
            .current_dir(folder.path())
            .output()
            .expect("clang runs");
        let errors = String::from_utf8_lossy(&compiled.stderr).into_owned();
        assert!(compiled.status.success(), "{name:?}: {errors}");
    }
}

#[test]
fn files_without_end_and_files_that_are_none_are_one_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    std::fs::write(path.join("in.c"), SOURCE).expect("written");
    std::fs::write(path.join("empty.c"), "").expect("written");
    std::fs::create_dir(path.join("folder.c")).expect("made");
    let big = std::fs::File::create(path.join("big.c")).expect("made");
    big.set_len(100_000_000).expect("a file with a hole");
    let attempts = [
        ("explain|/dev/zero", 3, "64 MiB"),
        ("explain|big.c", 3, "64 MiB"),
        ("explain|empty.c", 3, "no region"),
        ("explain|folder.c", 3, "directory"),
        ("explain|/dev/null", 3, "no region"),
        ("compile|in.c|--emit|c|--schedule|/dev/zero", 4, "/dev/zero"),
        ("compile|in.c|--emit|c|--schedule|folder.c", 4, "directory"),
        ("compile|in.c|--emit|obj|-o|folder.c", 5, "folder.c"),
        ("compile|in.c|--emit|obj|-o|absent/x.o", 5, "absent/x.o"),
        ("model|info|--model|/dev/zero", 5, "64 MiB"),
        ("model|eval|/dev/zero", 3, "64 MiB"),
        ("dataset|info|/dev/zero", 3, "64 MiB"),
        ("tune|in.c|--no-measure|--model|/dev/zero", 0, "analytical"),
        ("compile|in.c|--run|--threads|4096", 0, ""),
        ("compile|in.c|--run|--threads|4097", 2, "4096"),
    ];
    for (command, code, word) in attempts {
        let arguments: Vec<&OsStr> = command.split('|').map(OsStr::new).collect();
        let output = run(path, &arguments);
        let error = error(&output);
        assert_eq!(output.status.code(), Some(code), "{command}: {error}");
        assert!(error.contains(word), "{command}: {error}");
        assert!(error.matches("  × ").count() <= 1, "{command}: {error}");
    }
}

#[test]
fn a_pipe_is_read_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("in.c"), SOURCE).expect("written");
    let script =
        format!("cat in.c | {} compile --run /dev/stdin", env!("CARGO_BIN_EXE_loopwright"));
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .expect("bash runs");
    assert!(output.status.success(), "{}", error(&output));
}
