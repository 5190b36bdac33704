use super::forward_scalars;
use crate::testing::{Body, ProgramBuilder};
use loopwright_ir::verify::verify_program;
use loopwright_ir::{ElementType, Program};

/// A program with the scalars `w` and `v`, which nothing outside sees.
fn program(fill: impl FnOnce(&mut Body)) -> Program {
    let builder = ProgramBuilder::new("webs", &["N"]).array("A", &["N", "N"]);
    let builder = builder.array("b", &["N"]).array("y", &["N"]).array("w", &[]).array("v", &[]);
    let mut program = builder.context("N >= 1").build(fill);
    program.arrays[3].live_outside = false;
    program.arrays[4].live_outside = false;
    program
}

/// `S1: y[i] <- b[i]`, one statement a line, and the names of the loops around it.
fn statements(program: &Program) -> Vec<String> {
    verify_program(program).unwrap();
    let one = |statement: &loopwright_ir::Statement| {
        let reads: Vec<_> = statement
            .reads
            .iter()
            .map(|access| program.display_access(statement, access))
            .collect();
        let write = program.display_access(statement, &statement.write);
        format!("{}: {write} <- {}", statement.name, reads.join(", "))
    };
    program.statements.iter().map(one).collect()
}

/// The elimination in a linear system, row by row.
fn elimination() -> Program {
    program(|body| {
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
fn elements_take_the_place_of_the_scalar() {
    let forwarded = forward_scalars(&elimination());
    let expected = [
        "S2: A[i][j] <- A[i][j], A[i][k], A[k][j]",
        "S3: A[i][j] <- A[i][j], A[j][j]",
        "S4: y[i] <- b[i]",
        "S5: y[i] <- y[i], A[i][j], y[j]",
    ];
    assert_eq!(statements(&forwarded), expected);
    assert_eq!(forward_scalars(&forwarded), forwarded);
}

#[test]
fn a_program_without_such_scalars_stays_as_it_is() {
    let mut program = elimination();
    program.arrays[3].live_outside = true;
    assert_eq!(forward_scalars(&program), program);
    let mut program = elimination();
    program.arrays[3].element = ElementType::F32;
    assert_eq!(forward_scalars(&program), program);
}

/// What makes a stretch no web, each with what is written in one iteration of a loop over `i`.
#[test]
fn what_is_no_web() {
    type Fill = fn(&mut Body);
    let refused: [(&str, Fill); 8] = [
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
            body.assign("y[i]", &["w"]);
            body.each("j", "i + 1", "N - 1", |body| body.assign("A[i][j]", &["w"]));
        }),
        ("it begins in some iterations only", |body| {
            body.when("i >= 1", |body| body.assign("w", &["b[i]"]));
            body.assign("y[i]", &["w"]);
        }),
        ("it ends in some iterations only", |body| {
            body.assign("w", &["b[i]"]);
            body.when("i >= 1", |body| body.assign("y[i]", &["w"]));
        }),
        ("another scalar takes the value", |body| {
            body.assign("w", &["b[i]"]);
            body.assign("v", &["w"]);
            body.assign("v", &["v"]);
        }),
    ];
    for (why, fill) in refused {
        let program = program(|body| body.each("i", "0", "N - 1", fill));
        assert_eq!(forward_scalars(&program), program, "{why}");
    }
}

#[test]
fn several_webs_of_several_scalars() {
    let program = program(|body| {
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
    let expected = [
        "S1: y[i] <- b[i]",
        "S2: A[i][i] <- b[i]",
        "S3: y[i] <- y[i], A[i][i]",
        "S5: A[i][i] <- ",
        "S6: A[i][i] <- A[i][i], A[i][i]",
    ];
    // The second scalar's element is the first one's there: only one of them may take it.
    let forwarded = forward_scalars(&program);
    assert_ne!(statements(&forwarded), expected);
    assert_eq!(
        statements(&forwarded),
        [
            "S1: y[i] <- b[i]",
            "S2: v <- b[i]",
            "S3: y[i] <- y[i], v",
            "S5: A[i][i] <- ",
            "S6: A[i][i] <- A[i][i], v",
        ]
    );
    assert_eq!(forwarded.order.len(), 1);
}
