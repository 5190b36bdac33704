//! Programs written otherwise compute the same.

use loopwright_frontend::{Options, parse};
use loopwright_fuzz::variant::{Freedom, Variant, variant};
use loopwright_ir::Program;
use loopwright_polybench::{Size, by_name, write_sources};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A kernel as its source has it, without contraction, for its smallest size.
fn kernel(folder: &Path, name: &str) -> Program {
    let kernel = by_name(name).expect("a kernel");
    let options = Options {
        compiler_arguments: vec![format!("-D{}", Size::Mini.define())],
        contraction: false,
        ..Options::default()
    };
    let unit = parse(&folder.join(kernel.relative_path), &options).expect("it parses");
    let mut program = unit.regions[0].result.clone().expect("accepted");
    for (name, value) in kernel.sizes(Size::Mini) {
        for parameter in &mut program.parameters {
            if parameter.value.is_none() && parameter.name.eq_ignore_ascii_case(name) {
                parameter.value = i64::try_from(value).ok();
            }
        }
    }
    program.specialize()
}

/// A C program that runs two versions on the same data and compares what they leave, element by element.
fn comparison(program: &Program, plain: &Variant, other: &Variant) -> String {
    let mut text = format!("{}\n{}\n#include <string.h>\n", plain.text, other.text);
    text.push_str("int main(void)\n{\n  unsigned seed = 1;\n");
    let visible = |position: usize| {
        !program.arrays[position].extents.is_empty() || program.arrays[position].live_outside
    };
    let element = |variant: &Variant, position: usize| {
        let (name, order) = &variant.arrays[position];
        order.iter().fold(name.clone(), |text, dimension| format!("{text}[k{dimension}]"))
    };
    let each = |text: &mut String, position: usize, body: &str| {
        let extents = program.extents(loopwright_ir::ArrayId(position)).expect("known extents");
        for (dimension, extent) in extents.iter().enumerate() {
            let _ = writeln!(
                text,
                "  for (int k{dimension} = 0; k{dimension} < {extent}; k{dimension}++)"
            );
        }
        let _ = writeln!(text, "  {{ {body} }}");
    };
    let arrays: Vec<usize> = (0..program.arrays.len()).filter(|at| visible(*at)).collect();
    for &position in &arrays {
        let (left, right) = (element(plain, position), element(other, position));
        let square = program.arrays[position].extents.len() == 2;
        let diagonal = if square { " + (k0 == k1 ? 50 : 0)" } else { "" };
        let body = format!(
            "seed = seed * 1103515245u + 12345u; {left} = {right} = 1 + (seed >> 16) % 7{diagonal};"
        );
        each(&mut text, position, &body);
    }
    text.push_str("  plain();\n  other();\n");
    for &position in &arrays {
        let (left, right) = (element(plain, position), element(other, position));
        each(
            &mut text,
            position,
            &format!("if (memcmp(&{left}, &{right}, sizeof {left})) return {};", position + 1),
        );
    }
    text.push_str("  return 0;\n}\n");
    text
}

#[test]
fn variants_compute_what_the_program_does_and_are_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    write_sources(folder.path()).expect("written");
    let everything = Freedom { order: true, layout: true, single: false };
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let (mut reordered, mut moved) = (0, 0);
    for name in
        ["gemm", "jacobi-2d", "gramschmidt", "nussinov", "covariance", "lu", "fdtd-2d", "deriche"]
    {
        let program = kernel(folder.path(), name);
        let plain = variant(&program, ("plain", "p"), Freedom::NAMES, &mut random).expect("loops");
        for number in 0..3 {
            let other = variant(&program, ("other", "o"), everything, &mut random).expect("loops");
            reordered += usize::from(other.changes.contains('('));
            moved += usize::from(other.changes.contains("dimensions"));
            let file = folder.path().join(format!("{name}-{number}.c"));
            std::fs::write(&file, comparison(&program, &plain, &other)).expect("written");
            let executable = file.with_extension("out");
            let compiled = Command::new("clang-19")
                .args(["-O1", "-w", "-ffp-contract=off", "-fno-builtin", "-o"])
                .arg(&executable)
                .arg(&file)
                .arg("-lm")
                .output()
                .expect("clang runs");
            let error = String::from_utf8_lossy(&compiled.stderr).into_owned();
            assert!(compiled.status.success(), "{name}: {error}\n{}", other.text);
            let run = Command::new(&executable).status().expect("it runs");
            assert_eq!(run.code(), Some(0), "{name}: {}\n{}", other.changes, other.text);
            // The frontend takes it, with the same work to do.
            std::fs::write(&file, &other.text).expect("written");
            let unit = parse(&file, &Options { contraction: false, ..Options::default() });
            let unit = unit.expect("it parses");
            assert!(unit.regions[0].result.is_ok(), "{name}: {}", other.text);
        }
    }
    assert!(reordered > 8 && moved > 4, "{reordered} in another order, {moved} in another layout");
}

#[test]
fn float_variants_have_no_double_left() {
    let folder = tempfile::tempdir().expect("a folder");
    write_sources(folder.path()).expect("written");
    let program = kernel(folder.path(), "correlation");
    let single = Freedom { single: true, ..Freedom::NAMES };
    let found = variant(&program, ("f", "v"), single, &mut ChaCha8Rng::seed_from_u64(1));
    let text = found.expect("loops").text;
    let code = text.split_once("*/").map_or("", |(_, code)| code);
    assert!(code.contains("float") && code.contains("sqrtf("), "{text}");
    assert!(!code.contains("double"), "{text}");
}
