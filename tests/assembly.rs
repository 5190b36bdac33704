//! `--emit asm`: code beside the loops that it came from.

use object::{Object, ObjectSection};
use std::path::Path;
use std::process::Command;

const KERNEL: &str = "double A[100][90], B[90][80], C[100][80], d[100];
void product(void) {
#pragma scop
  for (int i = 0; i < 100; i++) {
    d[i] = 0.5 * d[i];
    for (int j = 0; j < 80; j++)
      for (int k = 0; k < 90; k++)
        C[i][j] += A[i][k] * B[k][j];
  }
#pragma endscop
}
";

fn loopwright(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_loopwright"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The machine code in an object.
fn machine_code(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).expect("an object");
    let file = object::File::parse(bytes.as_slice()).expect("an object");
    let section = file.section_by_name(".text").expect("code");
    section.data().expect("readable").to_vec()
}

/// Writes assembly for a schedule and gives it, with the scheduled loops as `explain` prints them.
fn assembly(folder: &Path, schedule: &str, more: &[&str]) -> (String, Vec<String>) {
    std::fs::write(folder.join("input.c"), KERNEL).expect("written");
    let mut arguments = vec!["compile", "input.c", "--schedule", schedule, "--emit", "asm,obj"];
    arguments.extend(more);
    loopwright(folder, &arguments);
    let text = std::fs::read_to_string(folder.join("input.loopwright.s")).expect("assembly");
    let explained = loopwright(folder, &["explain", "input.c", "--schedule", schedule, "--json"]);
    let document: serde_json::Value = serde_json::from_str(&explained).expect("JSON");
    let loops = document[0]["loops_after"].as_str().expect("loops");
    (text, loops.lines().map(|line| line.trim().to_owned()).collect())
}

const SCHEDULES: [&str; 4] = [
    "",
    "distribute(S1, i); tile(S2, i, j, 8, 32); separate(S2, j_t); permute(S2, i_t, j_t, k, i, j); \
     interchange(S2, k, i); interchange(S2, k, j); vectorize(S2, j, 4, 2); unroll_and_jam(S2, i, 4)",
    "distribute(S1, i); parallelize(S2, i); interchange(S2, j, k); vectorize(S2, j, 8); parallelize(S1, i)",
    "distribute(S1, i); tile(S2, i, j, k, 32, 32, 32); parallelize(S2, i_t); pack(S2, B, k_t); unroll(S2, k, 3)",
];

#[test]
fn every_loop_and_statement_is_named_where_its_code_is() {
    for schedule in SCHEDULES {
        let folder = tempfile::tempdir().expect("a folder");
        let (text, loops) = assembly(folder.path(), schedule, &[]);
        let header: Vec<&str> =
            text.lines().skip(1).take_while(|line| *line != "#").map(|line| &line[2..]).collect();
        for line in &loops {
            let entry = header.iter().find(|entry| entry.trim_start().ends_with(line.as_str()));
            let entry = entry.unwrap_or_else(|| panic!("`{line}` is not listed:\n{text}"));
            let number = format!("[{}]", entry.split_whitespace().next().expect("a number"));
            let remark = format!("# {number} {line}");
            if !line.contains("for ") && !line.starts_with('S') {
                continue;
            }
            let around = text.lines().any(|line| {
                line.starts_with("# [") && line.contains("   in ") && line.contains(&number)
            });
            let own = text.contains(&remark);
            assert!(own || (around && line.contains("for ")), "no code of `{line}`:\n{text}");
        }
        assert!(!text.contains("\t.loc\t") && !text.contains(".debug_"), "{text}");
        assert!(!text.contains(".cfi_"), "{text}");
    }
}

#[test]
fn remarks_change_no_instruction_and_leave_text_that_assembles() {
    for schedule in SCHEDULES {
        let folder = tempfile::tempdir().expect("a folder");
        assembly(folder.path(), schedule, &[]);
        let status = Command::new("clang-19")
            .args(["-march=native", "-c", "input.loopwright.s", "-o", "again.o"])
            .current_dir(folder.path())
            .status()
            .expect("clang runs");
        assert!(status.success());
        let read = |name: &str| machine_code(&folder.path().join(name));
        // In the object stands, in front of the loops, what the C compiler makes of the file.
        let same = read("input.loopwright.o").ends_with(&read("again.o"));
        assert!(same, "other code under {schedule}");
    }
}

#[test]
fn comments_are_those_of_the_machine() {
    let folder = tempfile::tempdir().expect("a folder");
    let arm = ["--target", "aarch64-unknown-linux-gnu"];
    let (text, loops) = assembly(folder.path(), SCHEDULES[2], &arm);
    assert!(text.starts_with("// The loops"), "{text}");
    for line in loops {
        assert!(text.contains(&line), "{line}");
    }
    assert!(!text.lines().any(|line| line.starts_with('#')), "{text}");
}
