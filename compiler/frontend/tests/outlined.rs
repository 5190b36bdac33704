//! The user's unit with a region cut out: what is written compiles, and calls what it should.

mod common;

use common::{Scratch, parse_bytes};
use loopwright_frontend::{
    Options, Replacement, caller_unit, measuring_unit, parse, program_unit, validate,
};
use loopwright_ir::verify::verify_program;
use std::path::{Path, PathBuf};
use std::process::Command;

fn c_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            c_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "c") {
            found.push(path);
        }
    }
}

/// Compiles what is written for a file's regions without running it.
fn compile_units(file: &Path, scratch: &Scratch) {
    let unit = parse(file, &Options::default()).expect("valid C");
    for region in &unit.regions {
        let Ok(program) = &region.result else { continue };
        verify_program(program).expect("well formed");
        let measuring = measuring_unit(&unit, region, program, None).expect("a unit").source;
        let replaced = |scheduled: Option<&str>| {
            let scheduled = scheduled.map(str::to_owned);
            program_unit(&unit, &[Replacement { region, program, scheduled }]).expect("a unit")
        };
        for text in [measuring, replaced(None), replaced(Some("scheduled_loops"))] {
            let source = scratch.write("unit.c", &text);
            let output = Command::new("/usr/lib/llvm-19/bin/clang")
                .args(["-fsyntax-only", "-Wall", "-Werror=incompatible-pointer-types"])
                .args(["-Wno-unknown-pragmas", "-Wno-unused", "-Wno-uninitialized"])
                .arg(&source)
                .output()
                .expect("clang 19 is installed");
            let errors = String::from_utf8_lossy(&output.stderr);
            let text = String::from_utf8_lossy(&text);
            assert!(output.status.success(), "{}:\n{errors}\n{text}", file.display());
        }
    }
}

#[test]
fn every_polybench_kernel_is_one_program_that_can_be_measured() {
    let mut files = Vec::new();
    c_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../polybench"), &mut files);
    assert_eq!(files.len(), 30);
    let scratch = Scratch::new();
    for file in files {
        let unit = parse(&file, &Options::default()).expect("valid C");
        assert_eq!(unit.regions.len(), 1, "{}", file.display());
        let region = &unit.regions[0];
        let program =
            region.result.as_ref().unwrap_or_else(|reject| panic!("{}: {reject}", file.display()));
        assert!(program.parameter_values().is_ok(), "{program}");
        validate(program).unwrap_or_else(|reject| panic!("{}: {reject}", file.display()));
        let measuring = measuring_unit(&unit, region, program, None).expect("a unit");
        assert!(measuring.initializer_symbol.is_some(), "{:?}", measuring.note);
        compile_units(&file, &scratch);
    }
}

#[test]
fn golden_files_outlined_compile() {
    let mut files = Vec::new();
    c_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), &mut files);
    assert!(!files.is_empty());
    let scratch = Scratch::new();
    for file in files {
        compile_units(&file, &scratch);
    }
}

#[test]
fn an_initialiser_is_matched_by_name() {
    let text = "double a[9];\nvoid fill(int n, double *a, int q) {}\nvoid ok(int n, double a[9]) {}
void f(int n) {\n#pragma scop\nfor (int i = 0; i < n; i++) a[i] = 0;\n#pragma endscop\n}";
    let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
    let region = &unit.regions[0];
    let program = region.result.as_ref().expect("representable");
    let measuring = |name| measuring_unit(&unit, region, program, name);
    let found = measuring(Some("ok")).expect("a unit");
    let text = String::from_utf8(found.source).expect("UTF-8");
    assert!(text.contains("ok(loopwright_parameters[0], (void *)loopwright_buffers[0]);"));
    let unmatched = measuring(Some("fill")).expect("a unit");
    assert_eq!(unmatched.initializer_symbol, None);
    assert!(unmatched.note.is_some_and(|note| note.contains("`q`")));
    assert!(measuring(Some("absent")).is_err());
    assert_eq!(measuring(None).expect("a unit").note, None);
}

#[test]
fn another_version_of_the_function_is_called_by_the_names_of_its_parameters() {
    let text = "typedef float number;\nstatic void f(number s, int n, double a[9]) {
#pragma scop\nfor (int i = 0; i < n; i++) a[i] = s;\n#pragma endscop\n}";
    let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
    let source = caller_unit(&unit, &unit.regions[0]).expect("a unit").source;
    let source = String::from_utf8(source).expect("UTF-8");
    assert!(source.contains("extern __typeof__(loopwright_user_f) f;"), "{source}");
    let call = "f(*(float *)loopwright_buffers[0], loopwright_parameters[0], \
                (void *)loopwright_buffers[1]);";
    assert!(source.contains(call), "{source}");

    let refused = |text: &str| {
        let unit = parse_bytes(text.as_bytes(), &Options::default()).expect("valid C");
        caller_unit(&unit, &unit.regions[0]).expect_err("no unit").to_string()
    };
    let text =
        "static double a[9];\nvoid f(int n) {\n#pragma scop\nfor (int i = 0; i < 9; i++) a[i] = 0;
#pragma endscop\n}";
    assert!(refused(text).contains("`n`"));
    assert!(refused(&text.replace("int n", "void")).contains("`a`"));
}
