//! Schedules that nobody would write: each is applied or refused, soon and in words.

use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{Program, Schedule};
use loopwright_transform::testing::ProgramBuilder;
use loopwright_transform::{Rounding, lower, prepared, replay};
use std::time::{Duration, Instant};

/// `A[i][j] = A[i-1][j] + B[i][j]`
fn sweep() -> Program {
    let program = ProgramBuilder::new("sweep", &["n"]).value("n", 30).array("A", &["n", "n"]);
    program.array("B", &["n", "n"]).build(|body| {
        body.each("i", "1", "n - 1", |body| {
            body.each("j", "1", "n - 1", |body| body.assign("A[i][j]", &["A[i-1][j]", "B[i][j]"]));
        });
    })
}

/// What becomes of a text; `Err` where it is refused.
fn outcome(program: &Program, text: &str) -> Result<(), String> {
    let schedule: Schedule = text.parse().map_err(|error| format!("{error}"))?;
    let program = prepared(program, &schedule, Rounding::Free).map_err(|it| it.to_string())?;
    let dependences = Dependences::compute(&program, DEFAULT_QUOTA).map_err(|it| it.to_string())?;
    let applied = replay(&program, &dependences, &schedule).map_err(|it| it.to_string())?;
    lower(&program, &applied.tree).map_err(|it| it.to_string())?;
    Ok(())
}

#[test]
fn numbers_without_measure_are_answered() {
    let steps = [
        "tile(S1, i, #)",
        "tile(S1, i, j, #, #)",
        "shift(S1, j, #)",
        "shift(S1, j, #*i + n)",
        "skew(S1, j, i, #)",
        "split(S1, j, #*i + #)",
        "split(S1, i, #*n - #)",
        "peel(S1, j, #)",
        "vectorize(S1, j, #, #)",
        "unroll_and_jam(S1, i, #)",
        "regroup(S1, j, 8, #)",
        "divide(S1, j, #*i - #)",
        "keep(S1, B[#*i][j], j)",
        "pack(S1, B[i + #][j], i)",
        "pack(S1, B, i, #, 0)",
        "tile(S1, i, #); tile(S1, i_t, #); tile(S1, i, 3)",
        "shift(S1, j, #); shift(S1, j, #); shift(S1, j, #)",
        "skew(S1, j, i, #); tile(S1, j, 8); skew(S1, j_t, i, #)",
    ];
    let numbers = [
        "9223372036854775807",
        "-9223372036854775808",
        "1000000000000000000000000",
        "4611686018427387904",
        "4294967296",
        "4294967295",
        "2147483648",
        "0",
        "-1",
    ];
    let (program, mut refused) = (sweep(), 0);
    for step in steps {
        for number in numbers {
            for program in [&program, &program.specialize()] {
                refused += usize::from(outcome(program, &step.replace('#', number)).is_err());
            }
        }
    }
    assert!(refused > 100, "{refused} refused");
}

#[test]
fn names_that_nothing_has_are_answered() {
    for text in [
        "tile(S1, i, 32",
        "(",
        "tile(é, i, 3)",
        "tile(S99, i, 3)",
        "tile(S1, \u{202e}, 3)",
        "pack(S1, Q, i)",
        "expand(S1, A, zz)",
        "keep(S1, A[q][j], i)",
        "interchange(S1, i, i)",
        "permute(S1, i, i)",
        "tile(S1)",
        "tile(S1, i, j, 3)",
        "fuse(S1, S1, i)",
        "sink(S1, S1, j)",
        "reorder(S1, S1)",
        "distribute(S1, S1)",
    ] {
        let message = outcome(&sweep(), text).expect_err(text);
        assert!(message.len() > 10, "{text}: {message}");
    }
}

#[test]
fn ten_thousand_steps_are_answered() {
    for (step, fits) in [
        ("reverse(S1, j)", true),
        ("shift(S1, j, 1)", true),
        ("skew(S1, j, i, 1)", true),
        ("tile(S1, i, 2)", false),
        ("split(S1, j, 5)", true),
        ("split(S1_2, j, i)", false),
        ("peel(S1, j, 1)", false),
        ("divide(S1, j, 3)", false),
        ("pack(S1, B, i)", false),
    ] {
        let started = Instant::now();
        let text = vec![step; if fits { 2_000 } else { 10_000 }].join("\n");
        let found = outcome(&sweep().specialize(), &text);
        if !fits {
            assert!(found.is_err(), "{step}");
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{step}: {:?}", started.elapsed());
    }
}
