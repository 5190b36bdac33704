//! Programs made of other ones: right ones are proven, and each way of being wrong is refuted.

use loopwright_checker::{
    Change, Derivation, Evidence, Limits, Refutation, check, check_derivation,
};
use loopwright_ir::{
    Affine, ArrayId, Constraint, ElementType, Expression, LoopTreeNode, Program, Schedule,
    ScheduleTree, SourceNode, Variable,
};
use loopwright_transform::testing::{Body, ProgramBuilder};
use loopwright_transform::{Rounding, forward_scalars, lower, prepared, rewrite, stages};

fn derived(before: &Program, after: &Program) -> Result<Derivation, Box<Refutation>> {
    check_derivation(before, after, &Limits::default()).map_err(Box::new)
}

fn proven(before: &Program, after: &Program, change: Change) {
    let proven = Derivation { change: Some(change), evidence: Evidence::Proven };
    assert_eq!(derived(before, after), Ok(proven), "{before}\n{after}");
}

fn refuted(before: &Program, after: &Program) -> Refutation {
    *derived(before, after).expect_err(&format!("{before}\n{after}"))
}

fn after(program: &Program, steps: &str) -> Program {
    let schedule: Schedule = steps.parse().expect("steps");
    prepared(program, &schedule, Rounding::Free).unwrap_or_else(|error| panic!("{error}"))
}

fn iterator(depth: u32) -> Affine {
    Affine::variable(Variable::Iterator(depth))
}

/// `for k, i, j A[i][j] += A[i][k] + A[k][j]`
fn closure() -> Program {
    let program = ProgramBuilder::new("closure", &["N"]).value("N", 12).array("A", &["N", "N"]);
    program.build(|body| {
        body.each("k", "0", "N - 1", |body| {
            body.each("i", "0", "N - 1", |body| {
                body.each("j", "0", "N - 1", |body| {
                    body.assign("A[i][j]", &["A[i][j]", "A[i][k]", "A[k][j]"]);
                });
            });
        });
    })
}

const DIVIDED: &str = "divide(S1, i, k); divide(S2, i, k + 1); divide(S3, j, k + 1)";

#[test]
fn the_same_program_is_no_change() {
    let same = Derivation { change: None, evidence: Evidence::Proven };
    assert_eq!(derived(&closure(), &closure()), Ok(same));
}

#[test]
fn divided_loops_are_proven() {
    for program in [closure(), closure().specialize()] {
        proven(&program, &after(&program, "divide(S1, i, k + 1)"), Change::Divided);
        proven(&program, &after(&program, DIVIDED), Change::Divided);
    }
}

#[test]
fn wrongly_divided_loops_are_refuted() {
    let program = closure();
    let right = after(&program, "divide(S1, i, k + 1)");
    // An iteration is lost; one runs twice.
    for (by, missing) in [(1, true), (-1, false)] {
        let mut wrong = right.clone();
        let bound = wrong.statements[1].domain.last_mut().expect("the point");
        bound.affine = &bound.affine - &Affine::constant(by);
        let found = refuted(&program, &wrong);
        assert_eq!(matches!(found, Refutation::Missing(_)), missing, "{found}");
        assert_eq!(matches!(found, Refutation::Repeated(_)), !missing, "{found}");
    }
    // The second part comes first.
    let mut wrong = right.clone();
    let Some(SourceNode::Loop(k)) = wrong.order.first_mut() else { panic!("a loop") };
    k.body.reverse();
    let found = refuted(&program, &wrong);
    assert!(matches!(found, Refutation::Misordered { .. }), "{found}");
    // One part computes something else.
    let mut wrong = right;
    wrong.statements[1].reads.swap(1, 2);
    assert!(matches!(refuted(&program, &wrong), Refutation::Malformed(_)));
}

#[test]
fn kept_reads_are_proven() {
    for program in [closure(), closure().specialize()] {
        let divided = after(&program, DIVIDED);
        let once = after(&program, &format!("{DIVIDED}; keep(S4, A[k][j], i)"));
        proven(&divided, &once, Change::Kept);
        let text = format!("{DIVIDED}; keep(S4, A[k][j], i); keep(S4, A[i][k], j)");
        proven(&once, &after(&program, &text), Change::Kept);
    }
}

#[test]
fn a_temporary_is_expanded_where_copies_of_it_are_kept() {
    let program = ProgramBuilder::new("scaled", &["N"]).value("N", 9).array("A", &["N"]);
    let program = program.array("s", &[]).array("B", &["N", "N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.assign("s", &["A[i]"]);
            body.each("k", "0", "N - 1", |body| body.assign("B[i][k]", &["s"]));
        });
    });
    let kept = after(&program, "keep(S2, s, k)");
    proven(&program, &kept, Change::Kept);
    proven(&kept, &after(&program, "keep(S2, s, k); expand(S1, s, i)"), Change::Expanded);
}

#[test]
fn a_temporary_is_expanded_twice() {
    let program = ProgramBuilder::new("twice", &["N"]).value("N", 9).array("A", &["N", "N"]);
    let program = program.array("s", &[]).array("B", &["N", "N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "N - 1", |body| {
                body.assign("s", &["A[i][j]"]);
                body.assign("B[i][j]", &["s"]);
            });
        });
    });
    // The second step expands what the first one copies back.
    let text = "divide(S1, j, 1); expand(S3, s, j); expand(S1, s, i)";
    let stages = stages(&program, &text.parse().expect("steps"), Rounding::Strict);
    let stages = stages.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stages.len(), 3);
    proven(&program, &stages[0], Change::Divided);
    proven(&stages[0], &stages[1], Change::Expanded);
    proven(&stages[1], &stages[2], Change::Expanded);
}

#[test]
fn wrongly_kept_reads_are_refuted() {
    let program = after(&closure(), "divide(S1, i, k + 1)");
    let right = after(&program, "keep(S2, A[k][j], i)");
    proven(&program, &right, Change::Kept);
    // What is kept is another row.
    let mut wrong = right.clone();
    wrong.statements[2].reads[0].subscripts[0] = &iterator(0) - &Affine::constant(1);
    let found = refuted(&program, &wrong);
    assert!(matches!(found, Refutation::OtherValue { .. }), "{found}");
    // A part is not kept.
    let mut wrong = right.clone();
    wrong.statements[2].domain.push(Constraint::less_or_equal(&Affine::constant(1), &iterator(1)));
    let found = refuted(&program, &wrong);
    assert!(matches!(found, Refutation::NotFilled { .. }), "{found}");
    // It is kept for all iterations before the first one.
    let mut wrong = right.clone();
    let Some(SourceNode::Loop(k)) = wrong.order.first_mut() else { panic!("a loop") };
    let position = k.body.iter().position(|node| format!("{node:?}").contains("StatementId(2)"));
    let copying = k.body.remove(position.expect("the copies"));
    let mut alone = k.clone();
    alone.body = vec![copying];
    wrong.order.insert(0, SourceNode::Loop(alone));
    let found = refuted(&program, &wrong);
    assert!(matches!(found, Refutation::OutdatedCopy { .. }), "{found}");
    // All iterations share the storage.
    let mut wrong = right.clone();
    wrong.statements[2].write.subscripts[0] = Affine::constant(0);
    assert!(matches!(refuted(&program, &wrong), Refutation::Malformed(_)));
    // The same where the loop changes row k before its last reads.
    let mut before = program;
    let mut wrong = right;
    for program in [&mut before, &mut wrong] {
        program.statements[0].domain.push(Constraint::non_negative(Affine::constant(-1)));
        program.statements[1].domain = closure().statements[0].domain.clone();
    }
    // The iterators of the copies are k and j, both from 0 to N - 1.
    let inner = |constraint: &&Constraint| !constraint.affine.mentions(Variable::Iterator(2));
    wrong.statements[2].domain =
        closure().statements[0].domain.iter().filter(inner).cloned().collect();
    let found = refuted(&before, &wrong);
    assert!(matches!(found, Refutation::OutdatedCopy { .. }), "{found}");
}

#[test]
fn what_is_read_behind_flags_is_neither_kept_nor_copied() {
    let program = ProgramBuilder::new("flags", &["N"]).value("N", 9).array("C", &["N", "N"]);
    let program = program.array("F", &["N"]).array("A", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "N - 1", |body| body.choose("C[i][j]", "F[j]", "A[j]"));
        });
    });
    let right = after(&program, "keep(S1, F[j], i)");
    proven(&program, &right, Change::Kept);
    // The same with the element that is read behind the flag.
    let mut wrong = right;
    let kept = wrong.statements[0].reads.iter().position(|read| read.array.0 == 3).expect("a read");
    let conditional = program.statements[0].reads.iter().position(|read| read.array.0 == 2);
    let conditional = conditional.expect("a read");
    wrong.statements[0].reads[conditional] = wrong.statements[0].reads[kept].clone();
    wrong.statements[0].reads[kept] = program.statements[0].reads[kept].clone();
    wrong.statements[1].reads[0].array.0 = 2;
    let found = refuted(&program, &wrong);
    assert!(matches!(found, Refutation::Conditional { .. }), "{found}");
    let schedule: Schedule = "pack(S1, F, i)".parse().expect("steps");
    let step = schedule.steps().first().expect("a step");
    let tree = rewrite(&program, &ScheduleTree::original(&program), step).expect("a pack");
    let mut loops = lower(&program, &tree).expect("loops");
    check(&program, &loops, &Limits::default()).expect("a copy of what is surely there");
    // The same copy of what is read behind the flag.
    let LoopTreeNode::For(outer) = &mut loops.roots[0] else { panic!("a loop") };
    let LoopTreeNode::Pack(pack) = &mut outer.body[0] else { panic!("a copy") };
    pack.array = ArrayId(2);
    let found = check(&program, &loops, &Limits::default()).expect_err("refused");
    assert!(matches!(found, Refutation::Conditional { .. }), "{found}");
}

/// A program with the scalars `w` and `v`, which nothing outside sees.
fn scalars(fill: impl FnOnce(&mut Body)) -> Program {
    let builder = ProgramBuilder::new("scalars", &["N"]).value("N", 11).array("A", &["N", "N"]);
    let builder = builder.array("b", &["N"]).array("y", &["N"]).array("w", &[]).array("v", &[]);
    let mut program = builder.context("N >= 1").build(fill);
    program.arrays[3].live_outside = false;
    program.arrays[4].live_outside = false;
    program
}

/// The elimination in a linear system, row by row.
fn elimination() -> Program {
    scalars(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "i - 1", |body| {
                body.assign("w", &["A[i][j]"]);
                body.each("k", "0", "j - 1", |body| {
                    body.assign("w", &["w", "A[i][k]", "A[k][j]"]);
                });
                body.assign("A[i][j]", &["w", "A[j][j]"]);
            });
        });
        body.each("i", "0", "N - 1", |body| {
            body.assign("w", &["b[i]"]);
            body.each("j", "0", "i - 1", |body| {
                body.assign("w", &["w", "A[i][j]", "y[j]"]);
            });
            body.assign("y[i]", &["w"]);
        });
    })
}

#[test]
fn forwarded_scalars_are_proven() {
    for program in [elimination(), elimination().specialize()] {
        proven(&program, &forward_scalars(&program), Change::Forwarded);
    }
    let several = scalars(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.assign("w", &["b[i]"]);
            body.assign("v", &["b[i]"]);
            body.assign("w", &["w", "v"]);
            body.assign("y[i]", &["w"]);
            body.assign("w", &[]);
            body.assign("A[i][i]", &["w", "v"]);
            body.each("j", "0", "i - 1", |body| {
                body.assign("w", &["A[i][j]"]);
                body.assign("A[i][j]", &["w"]);
            });
        });
    });
    proven(&several, &forward_scalars(&several), Change::Forwarded);
}

/// The program with every access to `w` replaced by one to an element, whatever that means.
fn forced(program: &Program, element: usize, subscripts: &[Affine]) -> Program {
    let mut result = program.clone();
    for statement in &mut result.statements {
        for access in statement.reads.iter_mut().chain([&mut statement.write]) {
            if access.array.0 == 3 {
                access.array.0 = element;
                access.subscripts = subscripts.to_vec();
            }
        }
    }
    result
}

#[test]
fn wrongly_forwarded_scalars_are_refuted() {
    type Fill = fn(&mut Body);
    let wrong: [(&str, Fill); 7] = [
        ("the element is read while the scalar changes", |body| {
            body.assign("w", &["b[i]"]);
            body.each("j", "0", "i", |body| body.assign("w", &["w", "y[j]"]));
            body.assign("y[i]", &["w"]);
        }),
        ("the element's old value is read at the end", |body| {
            body.assign("w", &["b[i]"]);
            body.assign("y[i]", &["w", "y[i]"]);
        }),
        ("somebody else writes the element", |body| {
            body.assign("w", &["b[i]"]);
            body.assign("y[i]", &["b[i]"]);
            body.assign("y[i]", &["w"]);
        }),
        ("the scalar is read before it is written", |body| {
            body.assign("y[i]", &["w"]);
            body.assign("w", &["b[i]"]);
        }),
        ("the scalar is read after its element has been written", |body| {
            body.assign("w", &["b[i]"]);
            body.assign("y[i]", &["w", "b[i]"]);
            body.assign("A[i][i]", &["w", "b[i]"]);
        }),
        ("it begins in some iterations only", |body| {
            body.when("i >= 1", |body| body.assign("w", &["b[i]"]));
            body.assign("y[i]", &["w", "w"]);
        }),
        ("it ends in some iterations only", |body| {
            body.assign("w", &["b[i]", "b[i]"]);
            body.when("i >= 1", |body| body.assign("y[i]", &["w", "w"]));
        }),
    ];
    for (why, fill) in wrong {
        let before = scalars(|body| body.each("i", "0", "N - 1", fill));
        let found = derived(&before, &forced(&before, 2, &[iterator(0)]));
        assert!(found.is_err(), "{why}: {found:?}");
    }
    let right = scalars(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.assign("w", &["b[i]", "b[i]"]);
            body.assign("y[i]", &["w", "w"]);
        });
    });
    proven(&right, &forced(&right, 2, &[iterator(0)]), Change::Forwarded);
    // Another element; a scalar that is seen; one of another type; a statement that is missing.
    assert!(derived(&right, &forced(&right, 2, &[Affine::constant(0)])).is_err());
    let mut seen = right.clone();
    seen.arrays[3].live_outside = true;
    assert!(derived(&seen, &forced(&seen, 2, &[iterator(0)])).is_err());
    let mut other = forced(&right, 2, &[iterator(0)]);
    other.arrays[2].element = ElementType::F32;
    assert!(derived(&right, &other).is_err());
    let mut missing = forward_scalars(&elimination());
    missing.statements[0].name = "S9".to_owned();
    assert!(derived(&elimination(), &missing).is_err());
}

/// `for i < M { for j < N s[i] += A[i][j]; }`
fn rows() -> Program {
    let program = ProgramBuilder::new("rows", &["M", "N"]).value("M", 5).value("N", 100);
    program.array("s", &["M"]).array("A", &["M", "N"]).build(|body| {
        body.each("i", "0", "M - 1", |body| {
            body.each("j", "0", "N - 1", |body| body.assign("s[i]", &["s[i]", "A[i][j]"]));
        });
    })
}

/// `for i < N { for j <= i y[j] += A[i][j]; z[0] += A[i][i]; }`
fn triangle() -> Program {
    let program = ProgramBuilder::new("triangle", &["N"]).value("N", 20);
    let program = program.array("y", &["N"]).array("z", &["N"]).array("A", &["N", "N"]);
    program.build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "i", |body| body.assign("y[j]", &["y[j]", "A[i][j]"]));
            body.assign("z[0]", &["z[0]", "A[i][i]"]);
        });
    })
}

fn of_integers(program: &Program) -> Program {
    fn changed(body: Expression) -> Expression {
        let element = ElementType::I32;
        match body {
            Expression::Read { position, .. } => Expression::Read { position, element },
            Expression::Binary { operation, left, right, .. } => {
                let [left, right] = [left, right].map(|one| Box::new(changed(*one)));
                Expression::Binary { operation, element, left, right }
            }
            other => other,
        }
    }
    let mut result = program.clone();
    for array in &mut result.arrays {
        array.element = ElementType::I32;
    }
    for statement in &mut result.statements {
        statement.body = changed(statement.body.clone());
    }
    result
}

#[test]
fn regrouped_sums_are_proven() {
    for (program, steps) in [
        (rows(), "regroup(S1, j, 8)"),
        (rows(), "regroup(S1, j, 8, 32)"),
        (rows(), "regroup(S1, j, 1, 7)"),
        (triangle(), "regroup(S1, i, 4)"),
        (triangle(), "regroup(S1, i, 1, 5)"),
        (triangle(), "regroup(S2, i, 2, 6)"),
    ] {
        let program = program.specialize();
        proven(&program, &after(&program, steps), Change::Reassociated);
        let exact = of_integers(&program);
        proven(&exact, &after(&exact, steps), Change::Regrouped);
    }
}

#[test]
fn wrongly_regrouped_sums_are_refuted() {
    let program = rows().specialize();
    let right = after(&program, "regroup(S1, j, 8)");
    let [add, begin, finish] = [0, 1, 2];
    let fewer = |statement: usize| {
        let mut wrong = right.clone();
        wrong.statements[statement].domain.push(Constraint::less_or_equal(
            &iterator(if statement == add { 2 } else { 1 }),
            &Affine::constant(6),
        ));
        refuted(&program, &wrong)
    };
    assert!(matches!(fewer(add), Refutation::Missing(_)));
    assert!(matches!(fewer(begin), Refutation::NotFilled { .. }));
    assert!(matches!(fewer(finish), Refutation::OtherResult { .. }));
    // The first value is not neutral, the last one is taken away, one lane takes in another one's.
    let mut wrong = right.clone();
    wrong.statements[begin].body = Expression::Float { value: 0.0, element: ElementType::F64 };
    assert!(derived(&program, &wrong).is_err());
    let mut wrong = right.clone();
    wrong.statements[finish].reads.swap(0, 1);
    assert!(derived(&program, &wrong).is_err());
    let mut wrong = right.clone();
    wrong.statements[add].reads[0].subscripts[1] = Affine::constant(0);
    assert!(derived(&program, &wrong).is_err());
    // Sums of one row go to another one.
    let mut wrong = right.clone();
    for access in [0, 1] {
        let statement = &mut wrong.statements[finish];
        let target = if access == 0 { &mut statement.write } else { &mut statement.reads[0] };
        target.subscripts[0] = &Affine::constant(4) - &iterator(0);
    }
    let found = refuted(&program, &wrong);
    assert!(matches!(found, Refutation::OtherResult { .. }), "{found}");
    // The sum is finished before it is made.
    let mut wrong = right.clone();
    let Some(SourceNode::Loop(i)) = wrong.order.first_mut() else { panic!("a loop") };
    i.body.swap(1, 2);
    assert!(derived(&program, &wrong).is_err());
}

#[test]
fn totals_that_are_read_meanwhile_are_refuted() {
    let build = |meanwhile: bool| {
        let program = ProgramBuilder::new("prefix", &["N"]).value("N", 9).array("s", &["N"]);
        let program = program.array("A", &["N"]).array("B", &["N"]).build(|body| {
            body.each("i", "0", "N - 1", |body| {
                body.assign("s[0]", &["s[0]", "A[i]"]);
                body.assign("B[i]", &[if meanwhile { "s[0]" } else { "A[i]" }]);
            });
        });
        program.specialize()
    };
    let right = after(&build(false), "regroup(S1, i, 4)");
    proven(&build(false), &right, Change::Reassociated);
    let mut wrong = right;
    let read = &mut wrong.statements[1].reads[0];
    *read = build(true).statements[1].reads[0].clone();
    let found = refuted(&build(true), &wrong);
    assert!(matches!(found, Refutation::OtherValue { .. }), "{found}");
}

#[test]
fn what_cannot_be_decided_is_said() {
    let limits = Limits { time: std::time::Duration::ZERO, ..Limits::default() };
    let (before, after) = (elimination(), forward_scalars(&elimination()));
    let found = check_derivation(&before, &after, &limits).expect("nothing refuted");
    assert_eq!(found.change, Some(Change::Forwarded));
    assert!(matches!(found.evidence, Evidence::NotDecided { .. }), "{found:?}");
}
