//! What commands print and where: standard output that is full, closed or a file; widths; JSON on failures.

use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const GOOD: &str = "double A[64][64];\nvoid good(void) {\n#pragma scop\n  for (int i = 1; i < 63; i++)\n    for (int j = 1; j < 63; j++)\n      A[i][j] = A[i - 1][j + 1] + 1.0;\n#pragma endscop\n}\n";
const BAD: &str = "int h[9], a[9];\nvoid bad(void) {\n#pragma scop\n  for (int i = 0; i < 9; i++)\n    h[a[i]] += 1;\n#pragma endscop\n}\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a writable folder");
    }
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loopwright"));
    command.args(arguments).current_dir(folder).env_remove("COLUMNS").stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the binary runs")
}

fn error(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_full_device_is_one_error_with_its_exit_code() {
    let folder = folder(&[("in.c", GOOD)]);
    let commands: [&[&str]; 6] = [
        &["explain", "in.c"],
        &["explain", "in.c", "--json"],
        &["model", "info"],
        &["compile", "in.c", "--emit", "obj", "-o", "-"],
        &["--help"],
        &["--version"],
    ];
    for arguments in commands {
        let full = File::create("/dev/full").expect("a full device");
        let output = command(folder.path(), arguments).stdout(full).output().expect("it runs");
        let error = error(&output);
        assert_eq!(output.status.code(), Some(5), "{arguments:?}: {error}");
        assert_eq!(error.matches("standard output").count(), 1, "{arguments:?}: {error}");
    }
    // Nobody is left to be told, but the code is still right.
    let full = File::create("/dev/full").expect("a full device");
    let output = command(folder.path(), &["explain", "absent.c"]).stderr(full).output();
    assert_eq!(output.expect("it runs").status.code(), Some(3));
}

#[test]
fn a_pipe_without_a_reader_ends_quietly() {
    let folder = folder(&[("in.c", GOOD)]);
    let mut child = command(folder.path(), &["explain", "in.c"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(error(&output), "");
    // As a shell says of a program that the signal ended.
    assert_eq!(output.status.code(), Some(141));
}

#[test]
fn a_dash_is_standard_output_for_every_kind() {
    let folder = folder(&[("in.c", GOOD)]);
    let kinds: [(&str, &[u8]); 9] = [
        ("obj", b"\x7fELF"),
        ("shared", b"\x7fELF"),
        ("llvm", b"; ModuleID"),
        ("asm", b"\t"),
        ("c", b""),
        ("schedule", b""),
        ("looperset", b""),
        ("isl", b""),
        ("json", b"{"),
    ];
    for (kind, start) in kinds {
        let output = run(folder.path(), &["compile", "in.c", "--emit", kind, "-o", "-"]);
        assert!(output.status.success(), "{kind}: {}", error(&output));
        assert!(!output.stdout.is_empty(), "{kind}");
        if kind != "asm" {
            assert!(output.stdout.starts_with(start), "{kind}: {:?}", output.stdout.get(..20));
        }
        assert_eq!(names(folder.path()), ["in.c"], "{kind}");
    }
    // The report makes room.
    let tune = ["tune", "in.c", "--no-measure", "--emit", "schedule", "-o", "-"];
    let output = run(folder.path(), &tune);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("statement"), "{text}");
    assert!(error(&output).contains("1 statement"));
}

#[test]
fn standard_output_takes_one_file() {
    let two = format!("{GOOD}{}", GOOD.replace("good", "more").replace("double A[64][64];", ""));
    let folder = folder(&[("in.c", GOOD), ("two.c", &two)]);
    let refused: [(&[&str], &str); 3] = [
        (&["compile", "in.c", "--emit", "obj,c", "-o", "-"], "several"),
        (&["compile", "two.c", "--emit", "asm", "-o", "-"], "--function"),
        (&["compile", "in.c", "--emit", "obj", "-o", "-", "--json"], "--json"),
    ];
    for (arguments, word) in refused {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(error(&output).contains(word), "{arguments:?}: {}", error(&output));
    }
    let one = ["compile", "two.c", "--function", "more", "--emit", "obj", "-o", "-"];
    assert!(run(folder.path(), &one).status.success());
    // All regions' replacements fit into one object.
    let all = run(folder.path(), &["compile", "two.c", "--emit", "obj", "-o", "-"]);
    assert!(all.stdout.starts_with(b"\x7fELF"), "{}", error(&all));
    // A name without a kind says nothing.
    assert_eq!(run(folder.path(), &["compile", "in.c", "-o", "x"]).status.code(), Some(2));
}

#[test]
fn what_is_read_is_never_written_to() {
    let folder = folder(&[("in.c", GOOD), ("first.h", ""), ("order", "interchange(S1, i, j)\n")]);
    let path = folder.path();
    std::fs::hard_link(path.join("in.c"), path.join("hard.c")).expect("linked");
    std::os::unix::fs::symlink("in.c", path.join("soft.c")).expect("linked");
    std::os::unix::fs::symlink("in.c", path.join("in.loopwright.c")).expect("linked");
    let attempts: [&[&str]; 6] = [
        &["compile", "in.c", "--emit", "c", "-o", "in.c"],
        &["compile", "in.c", "--emit", "obj", "-o", "./hard.c"],
        &["compile", "soft.c", "--emit", "c", "-o", "in.c"],
        // By its usual name, which somebody made a link to the source.
        &["compile", "in.c", "--emit", "c"],
        &["compile", "in.c", "--include", "first.h", "--emit", "c", "-o", "first.h"],
        &["tune", "in.c", "--no-measure", "--emit", "json,c"],
    ];
    for arguments in attempts {
        let output = run(path, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", error(&output));
        assert!(error(&output).contains("overwrite"), "{arguments:?}");
        assert_eq!(std::fs::read_to_string(path.join("in.c")).expect("read"), GOOD);
        assert_eq!(std::fs::read_to_string(path.join("first.h")).expect("read"), "");
    }
    let legal = "shift(S1, i, 1)\n";
    std::fs::write(path.join("order"), legal).expect("written");
    let own = ["compile", "in.c", "--schedule", "order", "--emit", "schedule", "-o", "order"];
    assert!(error(&run(path, &own)).contains("overwrite"));
    assert_eq!(std::fs::read_to_string(path.join("order")).expect("read"), legal);
}

#[test]
fn failures_are_json_where_json_is_asked_for() {
    let folder = folder(&[("bad.c", BAD), ("both.c", &format!("{BAD}{GOOD}")), ("in.c", GOOD)]);
    let list = |arguments: &[&str], code: i32| -> Vec<Value> {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", error(&output));
        assert!(!error(&output).is_empty(), "people are told as well");
        serde_json::from_slice(&output.stdout).expect("a list in JSON")
    };
    for command in ["explain", "compile", "tune"] {
        let more: &[&str] = match command {
            "compile" => &["--json", "--verify"],
            "tune" => &["--json", "--no-measure"],
            _ => &["--json"],
        };
        let with = |file| [&[command, file], more].concat();
        let entries = list(&with("bad.c"), 3);
        assert_eq!(entries.len(), 1, "{command}");
        let entry = &entries[0];
        assert_eq!(entry["file"], "bad.c", "{command}");
        assert_eq!(entry["region"], "bad", "{command}");
        assert_eq!(entry["line"], 5, "{command}");
        assert_eq!(entry["exit_code"], 3, "{command}");
        assert!(entry["reason"].as_str().is_some_and(|text| text.contains("`a`")), "{entry}");
        assert!(entry["help"].is_string(), "{entry}");
        let entries = list(&with("both.c"), 3);
        assert_eq!(entries.len(), 2, "{command}");
        assert_eq!(entries[0]["region"], "bad", "{command}");
        assert_eq!(entries[1]["program"], "good", "{command}");
        assert_eq!(list(&with("absent.c"), 3)[0]["file"], "absent.c", "{command}");
    }
    let objects: [(&[&str], i32); 9] = [
        (&["bench", "bad.c", "--json"], 3),
        (&["bench", "in.c", "--json", "--against", "no-such-compiler -O3"], 5),
        (&["polybench", "nonesuch", "--json"], 3),
        (&["dataset", "info", "absent", "--json"], 3),
        (&["dataset", "generate", "--out", "/dev/null/x", "--json"], 5),
        (&["model", "info", "--model", "absent", "--json"], 5),
        (&["model", "eval", "absent", "--json"], 3),
        (&["doctor", "--compiler", "no-such-compiler", "--json"], 5),
        (&["explain", "in.c", "--json", "--nonesuch"], 2),
    ];
    for (arguments, code) in objects {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", error(&output));
        let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
        // The doctor's own document says what is missing.
        if document.is_object() && document.get("sides").is_none() {
            assert_eq!(document["exit_code"], code, "{arguments:?}: {document}");
            assert!(document["reason"].is_string(), "{arguments:?}: {document}");
        }
    }
}

#[test]
fn tables_fit_the_width_and_are_not_padded_without_one() {
    let folder = folder(&[("in.c", GOOD)]);
    let arguments = ["model", "eval", &held_out()];
    for columns in [20usize, 33, 60, 80, 132] {
        let output = command(folder.path(), &arguments)
            .env("COLUMNS", columns.to_string())
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{}", error(&output));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // The last line is a remark.
        let table: Vec<&str> = text.lines().take_while(|line| !line.contains("`est.`")).collect();
        assert!(table.len() > 1, "{text}");
        for line in table {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
    }
    for columns in [None, Some("0"), Some("many")] {
        let mut command = command(folder.path(), &arguments);
        let output = match columns {
            Some(columns) => command.env("COLUMNS", columns),
            None => &mut command,
        }
        .output()
        .expect("the binary runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
        assert!(text.lines().next().is_some_and(|line| line.contains("log error")), "{text}");
    }
}

fn held_out() -> String {
    format!("{}/../../costmodel/data", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn help_wraps_and_has_no_colours_outside_terminals() {
    let folder = folder(&[]);
    for columns in ["30", "60", "0", "500"] {
        for arguments in [&["--help"][..], &["tune", "--help"], &["bench", "--help"]] {
            let output = command(folder.path(), arguments)
                .env("COLUMNS", columns)
                .output()
                .expect("the binary runs");
            assert!(output.status.success());
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(!text.contains('\u{1b}'), "colours");
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|widest| widest <= 100), "{columns}: {widest:?}\n{text}");
            if columns == "60" {
                // Names of flags are not wrapped.
                let prose = text.lines().filter(|line| !line.trim_start().starts_with('-'));
                assert!(prose.map(|line| line.chars().count()).max() <= Some(60), "{text}");
            }
        }
    }
    let output = run(folder.path(), &["explain", "absent.c"]);
    assert!(!error(&output).contains('\u{1b}'), "colours");
}
