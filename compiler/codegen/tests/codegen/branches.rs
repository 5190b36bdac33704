//! Conditions with a branch for where they do not hold.

use crate::build::*;
use crate::harness::{check, check_native, check_printed_by_gcc};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

/// `S1: C[i][j] = C[i][j] * 0.5 + A[i][j]` and `S2: C[i][j] = C[i][j] + A[j][i]`.
fn two_statements() -> Program {
    let mut builder = Builder::new("branches", &[]);
    let c_ = builder.array("C", F, vec![c(17), c(17)]);
    let a = builder.array("A", F, vec![c(17), c(17)]);
    let target = at(c_, vec![i(0), i(1)]);
    let reads = vec![target.clone(), at(a, vec![i(0), i(1)])];
    let body = multiply_add(F, read(0, F), number(0.5, F), read(1, F));
    builder.statement(2, target.clone(), reads, body);
    let reads = vec![target.clone(), at(a, vec![i(1), i(0)])];
    let body = binary(BinaryOperation::Add, F, read(0, F), read(1, F));
    builder.statement(2, target, reads, body);
    builder.program
}

/// `for i: for j: if conditions { S1; S2 } else { S2 }`.
fn branches(conditions: Vec<Constraint>, marks: [Mark; 2]) -> LoopTree {
    let at = |statement: usize| instance(statement, vec![v(0), v(1)]);
    let branch = LoopTreeNode::If {
        conditions,
        body: vec![at(0), at(1)],
        otherwise: vec![at(1), at(1), at(0)],
    };
    tree(vec![count(0, c(17), marks[0], vec![count(1, c(17), marks[1], vec![branch])])])
}

#[test]
fn otherwise_in_every_loop() {
    let program = two_statements();
    let conditions = [
        // On no variable, on the outer one, on the inner one, on both.
        vec![Constraint::non_negative(c(-1))],
        vec![Constraint::non_negative(plus(v(0), -5))],
        vec![Constraint::non_negative(plus(v(1), -6))],
        vec![Constraint::non_negative(&v(0) - &v(1)), Constraint::non_negative(plus(v(1), -2))],
        vec![Constraint::zero(&v(0) - &v(1))],
    ];
    for conditions in conditions {
        let plain = branches(conditions.clone(), [SEQUENTIAL; 2]);
        check(&program, &plain);
        check_printed_by_gcc(&program, &plain);
        for marks in [
            [jam(4), SEQUENTIAL],
            [SEQUENTIAL, vector(4, 2)],
            [jam(2), vector(4, 1)],
            [vector(4, 1), jam(3)],
            [Mark::Unroll { factor: 3 }, vector(4, 1)],
            [Mark::Parallel, Mark::Unroll { factor: 4 }],
        ] {
            check_native(&program, &branches(conditions.clone(), marks));
        }
    }
}

/// Full tiles run one body, the others another, as separation makes them.
#[test]
fn full_and_partial_tiles() {
    let program = two_statements();
    let body = || vec![instance(0, vec![v(2), v(3)])];
    let full = |id: u32, outer: u32, mark: Mark, body| {
        let first = &v(outer) * 4;
        loop_(id, &format!("t{id}"), q(first.clone()), q(plus(first, 3)), mark, body)
    };
    for marks in [[SEQUENTIAL; 2], [jam(4), vector(4, 1)], [Mark::Unroll { factor: 4 }, jam(2)]] {
        let branch = LoopTreeNode::If {
            conditions: vec![
                Constraint::non_negative(plus(&v(0) * -4, 13)),
                Constraint::non_negative(plus(&v(1) * -4, 13)),
            ],
            body: vec![full(2, 0, marks[0], vec![full(3, 1, marks[1], body())])],
            otherwise: vec![point(
                2,
                0,
                4,
                17,
                marks[0],
                vec![point(3, 1, 4, 17, marks[1], body())],
            )],
        };
        let tiles = count(1, c(5), SEQUENTIAL, vec![branch]);
        let tree = tree(vec![count(0, c(5), Mark::Parallel, vec![tiles])]);
        check(&program, &tree);
    }
}
