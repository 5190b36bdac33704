//! Orders that are given outright: the documented example, and each rule of the text.

use crate::testing::samples::imperfect;
use crate::testing::{
    ProgramBuilder, after, causes, jacobi, loops_after, matrix_product, transpose, triangular_sum,
};
use crate::{Applied, apply, replay};
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{Program, Schedule};

fn sweeps() -> Program {
    ProgramBuilder::new("sweeps", &["T", "N"]).array("A", &["N"]).array("B", &["N"]).build(|body| {
        body.each("t", "0", "T - 1", |body| {
            body.each("i", "1", "N - 2", |body| body.assign("B[i]", &["A[i-1]", "A[i+1]"]));
            body.each("j", "1", "N - 2", |body| body.assign("A[j]", &["B[j]"]));
        });
    })
}

fn verdict(program: &Program, text: &str) -> Result<(), String> {
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).expect("dependences");
    let schedule: Schedule = text.parse().expect("a schedule");
    let mut applied = Applied::original(program);
    for step in schedule.steps() {
        applied =
            apply(program, &dependences, &applied, step).map_err(|illegal| illegal.to_string())?;
    }
    let again = replay(program, &dependences, &applied.schedule).expect("the same again");
    assert_eq!(again.tree, applied.tree);
    Ok(())
}

#[test]
fn the_documented_example() {
    assert_eq!(
        loops_after(&sweeps(), "affine(S1: [t, i, 0]; S2: [t, j + 2, 1])"),
        "for t = 0 .. T - 1\n  for i = 1 .. N\n    if N >= i + 2\n      S1(t, i)\n    \
         if i >= 3\n      S2(t, i - 2)\n"
    );
    assert_eq!(
        after(&sweeps(), "affine(S1: [t, 0, i]; S2: [t, 1, j])"),
        "t\n  i\n    S1\n  j\n    S2\n"
    );
    verdict(&sweeps(), "affine(S1: [t, i, 0]; S2: [t, j + 2, 1])").expect("legal");
    let message = verdict(&sweeps(), "affine(S1: [t, i, 0]; S2: [t, j, 1])").expect_err("too near");
    assert!(message.contains("reads"), "{message}");
}

#[test]
fn later_steps_apply_to_the_tree() {
    let order = "affine(S1: [t, 2*t + i, j]; S2: [t, 2*t + i + 1, j, 1])";
    let tiles = "tile(S1, t, i, j, 4, 8, 8); wavefront(S1, t_t, i_t, j_t)";
    verdict(&jacobi(), &format!("{order}; {tiles}; vectorize(S2, j, 4)")).expect("legal");
    let text = after(&jacobi(), &format!("{order}; {tiles}"));
    assert_eq!(
        text,
        "t_t\n  i_t parallel\n    j_t\n      t\n        i\n          j\n            S1\n            S2\n"
    );
}

#[test]
fn earlier_steps_are_what_the_rows_speak_of() {
    assert_eq!(
        loops_after(&transpose(), "tile(S1, i, 8); affine(S1: [i_t, j, -i])"),
        "for i_t = 0 .. floord(N - 1, 8)\n  for j = 0 .. M - 1\n    \
         for i = max(-N + 1, -8*i_t - 7) .. -8*i_t\n      S1(-i, j)\n"
    );
    assert_eq!(
        after(&transpose(), "split(S1, j, 4); affine(S1_2: [j, i]; S1: [0, j, 1, i])"),
        "j\n  j2\n    S1_2\n    i\n      S1\n"
    );
    let text = "split(S1, j, 4); affine(S1_2: [0, j, i]; S1: [1, i, j])";
    verdict(&transpose(), text).expect("legal");
    assert_eq!(after(&transpose(), text), "j\n  i\n    S1_2\ni\n  j\n    S1\n");
}

#[test]
fn statements_without_the_loop_run_in_one_iteration() {
    assert_eq!(
        loops_after(&matrix_product(), "affine(S1: [i, j]; S2: [i, j, k, 1])"),
        "for i = 0 .. NI - 1\n  for j = 0 .. NJ - 1\n    for k = 0 .. max(0, NK - 1)\n      \
         if k = 0\n        S1(i, j)\n      if NK >= k + 1\n        S2(i, j, k)\n"
    );
    let text = "affine(S1: [i, 0, 0]; S2: [i, j, 1]; S3: [i, i, 2])";
    verdict(&triangular_sum(), text).expect("legal");
    assert_eq!(after(&triangular_sum(), text), "i\n  j\n    S1\n    S2\n    S3\n");
    verdict(&triangular_sum(), "affine(S1: [i]; S2: [i, j]; S3: [i, i])").expect("as they stood");
}

#[test]
fn what_is_not_named_stays() {
    let text = "affine(S3: [i])";
    assert_eq!(after(&triangular_sum(), text), "i\n  S1\n  j\n    S2\ni\n  S3\n");
    assert_eq!(after(&triangular_sum(), "affine(S1: [i])"), "i\n  S1\ni\n  j\n    S2\n  S3\n");
    let text = "affine(S2: [0, i, j]; S1: [1, i])";
    assert_eq!(after(&triangular_sum(), text), "i\n  j\n    S2\ni\n  S1\ni\n  S3\n");
}

#[test]
fn factors_in_common_are_left_out_and_others_are_exact() {
    let same = after(&transpose(), "affine(S1: [2*i + 3, 4*j])");
    assert_eq!(same, after(&transpose(), ""));
    let pairs = ProgramBuilder::new("pairs", &["N"]).array("A", &["N"]).array("B", &["N"]);
    let pairs = pairs.build(|body| {
        body.each("i", "0", "N - 1", |body| body.assign("A[i]", &[]));
        body.each("j", "0", "N - 1", |body| body.assign("B[j]", &[]));
    });
    let text = "affine(S1: [2*i]; S2: [2*j + 1])";
    assert_eq!(after(&pairs, text), "i\n  i2\n    S1\n  j\n    S2\n");
    assert_eq!(
        loops_after(&pairs, text),
        "for i = 0 .. 2*N - 1\n  for i2 = ceild(i, 2) .. floord(i, 2)\n    S1(i2)\n  \
         for j = ceild(i - 1, 2) .. floord(i - 1, 2)\n    S2(j)\n"
    );
}

#[test]
fn loops_without_a_row_run_inside() {
    assert_eq!(after(&transpose(), "affine(S1: [j])"), "j\n  i\n    S1\n");
    assert_eq!(after(&transpose(), "affine(S1: [7])"), "i\n  j\n    S1\n");
    assert_eq!(
        loops_after(&imperfect(), "affine(S4: [i + 1])"),
        loops_after(&imperfect(), "affine(S4: [i]); shift(S4, i, 1)")
    );
}

#[test]
fn rows_may_mention_parameters() {
    let text = "affine(S1: [N - i, j + M])";
    assert_eq!(
        loops_after(&transpose(), text),
        "for i = 1 .. N\n  for j = M .. 2*M - 1\n    S1(-i + N, j - M)\n"
    );
    assert_eq!(after(&transpose(), "affine(S1: [N, i, j])"), "i\n  j\n    S1\n");
    let specialised = triangular_sum();
    verdict(&specialised, "affine(S1: [0, i]; S2: [N, i, j]; S3: [N, i, i])").expect("legal");
}

#[test]
fn what_makes_no_sense_is_said() {
    let messages = causes(
        &transpose(),
        &[
            "affine(S1: [i, j]; S1: [j, i])",
            "affine(S2: [i])",
            "affine(S1: [i, q])",
            "affine(S1: [4000000*i])",
            "affine(S1: [1000000*i + 999999*j, 999998*i + 999997*j, j]); \
             affine(S1: [1000000*i + 999999*j, 999998*i + 999997*j, j]); \
             affine(S1: [1000000*i + 999999*j, 999998*i + 999997*j, j])",
        ],
    );
    assert!(messages[0].contains("the statement S1 is named twice"), "{messages:?}");
    assert!(messages[1].contains("there is no statement `S2`"), "{messages:?}");
    assert!(messages[2].contains("`q` is not known here; known are i, j, N, M"), "{messages:?}");
    assert!(messages[3].contains("the factor 4000000 is out of range"), "{messages:?}");
    assert!(messages[4].contains("are out of range"), "{messages:?}");
    let rows = vec!["0"; 100].join(", ");
    let messages = causes(&transpose(), &[&format!("affine(S1: [{rows}])")]);
    assert!(messages[0].contains("more than 64 rows"), "{messages:?}");
}
