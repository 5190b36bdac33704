//! LOOPerSet's strings and our steps, both ways.

use loopwright_exchange::{from_looperset, to_looperset};
use loopwright_ir::{Program, Schedule, ScheduleTree};
use loopwright_transform::rewrite;
use loopwright_transform::testing::ProgramBuilder;
use loopwright_transform::testing::samples::{jacobi, matrix_product, transpose};

fn read(program: &Program, text: &str) -> String {
    from_looperset(program, &ScheduleTree::original(program), text).unwrap().to_string()
}

fn fault(program: &Program, text: &str) -> String {
    from_looperset(program, &ScheduleTree::original(program), text).unwrap_err().to_string()
}

fn tree(program: &Program, schedule: &Schedule) -> String {
    let mut tree = ScheduleTree::original(program);
    for step in schedule.steps() {
        tree = rewrite(program, &tree, step).unwrap();
    }
    tree.display(program)
}

#[test]
fn a_string_becomes_steps() {
    let program = transpose();
    assert_eq!(read(&program, "{comp00}:I(L0,L1)"), "interchange(S1, i, j)");
    assert_eq!(
        read(&program, "I(L0,L1,comps=['comp00'])|T2(L0,L1,32,64,comps=['comp00'])"),
        "interchange(S1, i, j)\ntile(S1, j, i, 32, 64)"
    );
    assert_eq!(read(&program, "S(L0,L1,1,2)"), "skew(S1, j, i, 2)");
    assert_eq!(
        read(&program, "{C0}:S(L0,L1,2,1)R(L1)"),
        "skew(S1, i, j, 1)\nskew(S1, j, i, 1)\nreverse(S1, j)"
    );
    assert_eq!(read(&program, ""), "");
}

#[test]
fn levels_are_those_of_the_nest_as_it_is() {
    let program = matrix_product();
    assert_eq!(
        read(&program, "{comp01}:P(L0)T2(L0,L1,32,64)U(L4,8)"),
        "tile(S2, i, j, 32, 64)\nparallelize(S2, i_t)\nunroll(S2, k, 8)"
    );
    assert_eq!(
        read(&program, "T3(L0,L1,L2,8,16,32,comps=['S2'])|U(L-1,4,comps=['S2'])"),
        "tile(S2, i, j, k, 8, 16, 32)\nunroll(S2, k, 4)"
    );
}

#[test]
fn without_names_a_command_is_for_every_nest_once() {
    assert_eq!(read(&matrix_product(), "I(L0,L1)"), "interchange(S1, i, j)");
    assert_eq!(read(&jacobi(), "I(L1,L2)"), "interchange(S1, i, j)\ninterchange(S2, i, j)");
}

#[test]
fn what_cannot_be_is_said() {
    let program = matrix_product();
    for (text, part) in [
        ("{comp00}:P(L2)", "no level L2 around S1; the loops around it are i, j"),
        ("{comp07}:P(L0)", "no computation `comp07`"),
        ("{A_hat}:P(L0)", "no computation `A_hat`"),
        ("{comp01}:T2(L0,L2,4,4)", "not directly nested"),
        ("{comp01}:T2(L1,L0,4,4)", "from the outermost to the innermost"),
        ("S(L0,L1,2,2)", "common divisor"),
        ("S(L0,L1,2,0)", "common divisor"),
        ("U(L0,0)", "at least 1"),
        ("F(L0)", "names its computations"),
        ("I(L8,L9)", "no level L9"),
    ] {
        let message = fault(&program, text);
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn steps_become_a_string_and_come_back() {
    for (program, steps) in [
        (transpose(), "interchange(S1, i, j)"),
        (transpose(), "tile(S1, i, j, 32, 64); parallelize(S1, i_t)"),
        (transpose(), "tile(S1, j, i, 32, 64); parallelize(S1, j_t)"),
        (transpose(), "parallelize(S1, i); tile(S1, i, j, 8, 8)"),
        (transpose(), "tile(S1, i, 8); unroll(S1, j, 4)"),
        (transpose(), "skew(S1, j, i, 3); reverse(S1, j); tile(S1, i, j, 4, 4)"),
        (transpose(), "skew(S1, i, j, 2); skew(S1, j, i, 1)"),
        (transpose(), "skew(S1, j, i, 1); skew(S1, j, i, 2)"),
        (
            matrix_product(),
            "tile(S2, i, j, k, 8, 16, 32); parallelize(S1, i); parallelize(S2, i_t)",
        ),
        (matrix_product(), "permute(S2, k, i, j); parallelize(S1, i)"),
        (jacobi(), "shift(S2, i, 1); parallelize(S1, i)"),
        (jacobi(), "fuse(S1, S2, i, 1)"),
        (jacobi(), "fuse(S1, S2, i, 0)"),
        (jacobi(), "fuse(S1, S2, i, 1); fuse(S1, S2, j, 0)"),
        (jacobi(), "tile(S1, i, j, 8, 8); wavefront(S1, t, i_t, j_t)"),
    ] {
        let schedule: Schedule = steps.parse().unwrap();
        let written = to_looperset(&program, &schedule, false).unwrap();
        assert!(written.left_out.is_empty());
        let back =
            from_looperset(&program, &ScheduleTree::original(&program), &written.text).unwrap();
        assert_eq!(tree(&program, &back), tree(&program, &schedule), "{steps}: {}", written.text);
        let again = to_looperset(&program, &back, false).unwrap();
        assert_eq!(again.text, written.text, "{steps}");
    }
}

/// What fuzzing found (seed 31, pair 4875): only the statement that the fusion names was written as shifted.
#[test]
fn a_fusion_moves_all_that_stands_in_the_loop() {
    let program = ProgramBuilder::new("two", &["N"]).array("A", &["N"]).array("B", &["N"]);
    let program = program.array("C", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| body.assign("A[i]", &[]));
        body.each("i", "0", "N - 1", |body| {
            body.assign("B[i]", &["A[i]"]);
            body.assign("C[i]", &["A[i]"]);
        });
    });
    let schedule: Schedule = "fuse(S1, S3, i, 2)".parse().unwrap();
    let written = to_looperset(&program, &schedule, false).unwrap();
    let back = from_looperset(&program, &ScheduleTree::original(&program), &written.text).unwrap();
    assert_eq!(tree(&program, &back), tree(&program, &schedule), "{}", written.text);
}

/// What fuzzing found (seed 700001, pair 5949 and others): the dependences were asked again for a shift
/// that was given, and prefer another one.
#[test]
fn a_shift_that_is_given_stays() {
    let program = jacobi();
    let read = |text: &str| read(&program, text);
    assert_eq!(read("F(L1,comps=['S1','S2'])"), "fuse(S1, S2, i)");
    assert_eq!(read("Sh(L1,0,comps=['S2'])|F(L1,comps=['S1','S2'])"), "fuse(S1, S2, i, 0)");
    let far = "Sh(L1,1,comps=['S2'])|I(L1,L2,comps=['S1'])|F(L1,comps=['S1','S2'])";
    assert!(read(far).ends_with("fuse(S1, S2, j)"), "{}", read(far));
}

/// What fuzzing found (seed 700001, pair 14493 and others): a permutation takes a statement out of the loops that it
/// shares, even one that leaves the loops' order alone.
#[test]
fn what_takes_a_statement_out_of_its_loops_has_no_counterpart() {
    let program = matrix_product();
    for steps in ["permute(S2, i, k)", "permute(S2, k, i)", "permute(S2, j, k)"] {
        let schedule: Schedule = steps.parse().unwrap();
        match to_looperset(&program, &schedule, false) {
            Ok(written) => {
                let original = ScheduleTree::original(&program);
                let back = from_looperset(&program, &original, &written.text).unwrap();
                assert_eq!(tree(&program, &back), tree(&program, &schedule), "{}", written.text);
            }
            Err(error) => assert!(error.to_string().contains("all that stands in"), "{error}"),
        }
    }
    let whole: Schedule = "permute(S2, j, i)".parse().unwrap();
    assert!(to_looperset(&program, &whole, false).is_ok());
}

#[test]
fn steps_without_a_counterpart_are_named_or_left_out() {
    let program = matrix_product();
    let schedule: Schedule = "distribute(S2, i); tile(S2, i, j, 8, 8); vectorize(S2, j, 4); \
                              unroll_and_jam(S2, i, 4); parallelize(S2, i_t)"
        .parse()
        .unwrap();
    let error = to_looperset(&program, &schedule, false).unwrap_err().to_string();
    assert!(error.starts_with("`distribute(S2, i)` as a LOOPerSet string"), "{error}");
    let written = to_looperset(&program, &schedule, true).unwrap();
    assert_eq!(
        written.left_out,
        ["distribute(S2, i)", "vectorize(S2, j, 4)", "unroll_and_jam(S2, i, 4)"]
    );
    assert_eq!(written.text, "T2(L0,L1,8,8,comps=['S2', 'S1'])|P(L0,comps=['S1', 'S2'])");
}
