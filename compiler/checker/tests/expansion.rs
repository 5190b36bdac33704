//! Programs with expanded arrays: right ones are proven, and each way of being wrong is refuted.

mod common;

use common::after;
use loopwright_checker::{Evidence, Limits, Refutation, check, check_expansion};
use loopwright_ir::{Affine, Constraint, LoopTreeNode, Program, Schedule};
use loopwright_transform::testing::ProgramBuilder;
use loopwright_transform::{Rounding, prepared};

/// `for i, j { t[0..1] = A; B = t[0] + t[1] }`
fn source() -> Program {
    let program = ProgramBuilder::new("temporary", &["N"]).context("N >= 1");
    program.array("t", &["2"]).array("A", &["N", "N"]).array("B", &["N", "N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "N - 1", |body| {
                body.each("k", "0", "1", |body| body.assign("t[k]", &["A[i][j]"]));
                body.assign("B[i][j]", &["t[0]", "t[1]"]);
            });
        });
    })
}

fn expand(program: &Program) -> Program {
    let schedule: Schedule = "expand(S1, t, j)".parse().expect("a schedule");
    prepared(program, &schedule, Rounding::Strict).expect("a legal expansion")
}

#[test]
fn right_ones_are_proven() {
    let (source, program) = (source(), expand(&source()));
    let limits = Limits::default();
    assert_eq!(check_expansion(&source, &program, &limits), Ok(Evidence::Proven));
    assert_eq!(check_expansion(&source, &source, &limits), Ok(Evidence::Proven));
    for steps in [
        "",
        "interchange(S1, i, j); parallelize(S1, j)",
        "tile(S1, i, j, 4, 4); pack(S1, t_expanded, j_t); parallelize(S1, i_t)",
        "pack(S1, t_expanded, j, 2, 0, 1)",
    ] {
        let certificate = check(&program, &after(&program, steps), &limits).expect("right loops");
        assert!(certificate.is_decided(), "{steps}: {certificate}");
    }
}

#[test]
fn wrong_programs_are_refuted() {
    let (source, limits) = (source(), Limits::default());
    let refuted =
        |program: &Program| check_expansion(&source, program, &limits).expect_err("a refutation");
    // The last value is lost.
    let mut program = expand(&source);
    let copy = program.statements.len() - 1;
    program.statements[copy].domain.push(Constraint::non_negative(Affine::constant(-1)));
    assert!(matches!(refuted(&program), Refutation::NotWrittenBack { .. }));
    // The first iteration's value is copied back.
    let mut program = expand(&source);
    let last = program.statements[copy].domain.len() - 2;
    program.statements[copy].domain.truncate(last);
    let first = |depth| {
        let iterator = Affine::variable(loopwright_ir::Variable::Iterator(depth));
        Constraint::equal(&iterator, &Affine::constant(0))
    };
    program.statements[copy].domain.extend([first(0), first(1)]);
    assert!(matches!(refuted(&program), Refutation::NotWrittenBack { .. }));
    // One element of two is written before both are read.
    let mut smaller = source.clone();
    smaller.statements[0].domain.push(first(2));
    let mut program = expand(&source);
    program.statements[0].domain.push(first(2));
    let found = check_expansion(&smaller, &program, &limits);
    assert!(matches!(found, Err(Refutation::NotFilled { .. })), "{found:?}");
    // All iterations share the storage.
    let mut program = expand(&source);
    program.statements[0].write.subscripts[1] = Affine::constant(0);
    assert!(matches!(refuted(&program), Refutation::Malformed(_)));
    // A statement computes something else.
    let mut program = expand(&source);
    program.statements[1].body = program.statements[2].body.clone();
    assert!(matches!(refuted(&program), Refutation::Malformed(_)));
}

#[test]
fn several_storages_are_right_where_no_value_passes_between_them() {
    let source = |second: &[&str]| {
        let program = ProgramBuilder::new("twice", &["N"]).context("N >= 1");
        program.array("t", &[]).array("A", &["N"]).array("B", &["N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("t", &["A[i]"]);
                body.assign("B[i]", &["t"]);
            });
            body.each("j", "0", "N - 1", |body| {
                body.assign("t", second);
                body.assign("A[j]", &["t"]);
            });
        })
    };
    let limits = Limits::default();
    let right = source(&["B[j]"]);
    let with = |text: &str| {
        let schedule: Schedule = text.parse().expect("a schedule");
        prepared(&right, &schedule, Rounding::Strict).expect("a legal expansion")
    };
    for text in ["expand(S1, t, i)", "expand(S3, t, j)", "expand(S1, t, i); expand(S3, t, j)"] {
        assert_eq!(check_expansion(&right, &with(text), &limits), Ok(Evidence::Proven), "{text}");
    }
    // The same storage, but the other loop reads what was written in the first one.
    let wrong = source(&["t"]);
    let mut program = with("expand(S1, t, i)");
    program.statements[2] = wrong.statements[2].clone();
    program.statements.truncate(4);
    program.order.clone_from(&wrong.order);
    let found = check_expansion(&wrong, &program, &limits);
    assert!(matches!(found, Err(Refutation::NotFilled { .. })), "{found:?}");
    // One of two accesses in the loop is left.
    let mut program = with("expand(S1, t, i)");
    program.statements[1] = right.statements[1].clone();
    let found = check_expansion(&right, &program, &limits);
    assert!(matches!(found, Err(Refutation::Malformed(_))), "{found:?}");
}

#[test]
fn storage_that_ends_too_early_is_refuted() {
    let program = expand(&source());
    let limits = Limits::default();
    // In a distributed nest each part has the pack, and values pass from one part to the other.
    let steps = "pack(S1, t_expanded, j); distribute(S1, j)";
    let found = check(&program, &after(&program, steps), &limits);
    assert!(matches!(found, Err(Refutation::NotFilled { .. })), "{found:?}");
    let (mut filled, mut gone) = (after(&program, ""), after(&program, ""));
    let Some(LoopTreeNode::Pack(pack)) = filled.roots.first_mut() else { panic!("a pack") };
    pack.copy_in = true;
    let found = check(&program, &filled, &limits);
    assert!(matches!(found, Err(Refutation::Malformed(_))), "{found:?}");
    let Some(LoopTreeNode::Pack(pack)) = gone.roots.pop() else { panic!("a pack") };
    gone.roots = pack.body;
    let found = check(&program, &gone, &limits);
    assert!(matches!(found, Err(Refutation::Malformed(_))), "{found:?}");
}
