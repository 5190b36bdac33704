//! The interpreter sees every fault that it exists for, and none in correct loops.

mod common;

use common::{after, change_loop, original, wrap_in_pack};
use loopwright_checker::{InterpretError, Order, run_loops, run_original};
use loopwright_ir::{
    Affine, ArrayId, Bound, Constraint, LoopTree, LoopTreeNode, Mark, Pack, Program, Variable,
};
use loopwright_transform::testing::{ProgramBuilder, samples};

const BUDGET: u64 = 1_000_000;
const ORDERS: [Order; 4] =
    [Order::Forward, Order::Reversed, Order::Shuffled(1), Order::Shuffled(99)];

/// The first difference that some order shows.
fn difference(program: &Program, tree: &LoopTree, parameters: &[i64]) -> Option<String> {
    let expected = run_original(program, parameters, BUDGET).expect("a run");
    ORDERS.iter().find_map(|order| {
        let found = run_loops(program, tree, parameters, *order, BUDGET).expect("a run");
        found.first_difference(&expected, program)
    })
}

#[test]
fn the_original_order_is_the_same_either_way() {
    for program in samples::all() {
        let tree = original(&program);
        for parameters in [[0, 0, 0], [1, 1, 1], [2, 5, 3], [7, 6, 9], [9, 4, 5]] {
            let parameters = &parameters[..program.parameters.len()];
            // The sample needs its second extent to be the larger one.
            if program.name == "imperfect" && parameters[0] > parameters[1] {
                continue;
            }
            assert_eq!(difference(&program, &tree, parameters), None, "{}", program.name);
        }
    }
}

#[test]
fn tiles_and_correct_marks_change_nothing() {
    let program = samples::matrix_product();
    let steps =
        "distribute(S1, j)\ndistribute(S1, i)\ntile(S2, i, j, k, 3, 2, 4)\nparallelize(S2, i_t)\n";
    let tree = after(&program, steps);
    assert_eq!(difference(&program, &tree, &[7, 5, 9]), None);
    let jammed = after(&program, "distribute(S1, j)\ndistribute(S1, i)\ninterchange(S2, j, k)\n");
    let jammed = change_loop(&jammed, "j", 1, |inner| {
        inner.mark = Mark::Vector { width: 4, unroll: 2 };
    });
    let jammed = change_loop(&jammed, "i", 1, |inner| inner.mark = Mark::UnrollJam { factor: 3 });
    assert_eq!(difference(&program, &jammed, &[7, 19, 3]), None);
}

#[test]
fn a_dropped_or_doubled_iteration_shows() {
    let program = samples::triangular_sum();
    let tree = original(&program);
    let shorter = change_loop(&tree, "i", 0, |inner| {
        if let Bound::Quotient { affine, .. } = &mut inner.upper {
            *affine = &*affine - &Affine::constant(1);
        }
    });
    assert!(difference(&program, &shorter, &[5]).is_some());
    let LoopTree { roots } = &tree;
    let doubled = LoopTree { roots: [roots.clone(), roots.clone()].concat() };
    assert!(difference(&program, &doubled, &[5]).is_some());
}

#[test]
fn wrong_marks_show() {
    let program = samples::triangular_sum();
    let tree = original(&program);
    for mark in
        [Mark::Parallel, Mark::Vector { width: 4, unroll: 1 }, Mark::UnrollJam { factor: 2 }]
    {
        let marked = change_loop(&tree, "i", 0, |inner| inner.mark = mark);
        assert!(difference(&program, &marked, &[6]).is_some(), "{mark:?}");
    }
}

/// A parallel loop over tiles of 4 elements, each of which works on a copy of its tile of `A`.
fn packed(change: impl FnOnce(&mut Pack)) -> (Program, LoopTree) {
    let program = ProgramBuilder::new("double", &["N"])
        .array("A", &["N"])
        .array("B", &["N"])
        .build(|body| body.each("i", "0", "N - 1", |body| body.assign("A[i]", &["A[i]", "B[i]"])));
    let tree = after(&program, "tile(S1, i, 4)\nparallelize(S1, i_t)\n");
    let tree = wrap_in_pack(&tree, "i_t", |tile, body| {
        let mut pack = Pack {
            reads: None,
            array: ArrayId(0),
            origin: vec![&Affine::variable(tile) * 4],
            extents: vec![Affine::constant(4)],
            order: vec![0],
            register: false,
            copy_in: true,
            copy_out: true,
            body,
        };
        change(&mut pack);
        pack
    });
    (program, tree)
}

#[test]
fn a_local_copy_is_transparent_and_its_faults_show() {
    let (program, tree) = packed(|_| {});
    assert_eq!(difference(&program, &tree, &[10]), None);
    let (program, tree) = packed(|pack| pack.copy_in = false);
    assert!(difference(&program, &tree, &[10]).is_some());
    let (program, tree) = packed(|pack| pack.copy_out = false);
    assert!(difference(&program, &tree, &[10]).is_some());
    let (program, tree) = packed(|pack| pack.extents = vec![Affine::constant(3)]);
    let error = run_loops(&program, &tree, &[10], Order::Forward, BUDGET).expect_err("small");
    assert_eq!(error.to_string(), "S1 accesses A[3], which is outside of the local copy");
    // Too large a box takes results of other threads back.
    let (program, tree) = packed(|pack| pack.extents = vec![Affine::constant(9)]);
    assert!(difference(&program, &tree, &[10]).is_some());
}

#[test]
fn a_bound_that_only_inner_iterators_give_is_found() {
    let mut program = ProgramBuilder::new("indirect", &["N"]).array("A", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "N - 1, i", |body| body.assign("A[i]", &["A[j]"]));
        });
    });
    let expected = run_original(&program, &[6], BUDGET).expect("a run");
    // Says i <= N - 1 only through j: N - 1 - i >= j and j >= 0.
    let bound = Constraint::non_negative(Affine::from_terms(
        [(Variable::Parameter(0), 1), (Variable::Iterator(0), -1), (Variable::Iterator(1), -1)],
        -1,
    ));
    program.statements[0].domain.remove(1);
    assert!(matches!(run_original(&program, &[6], BUDGET), Err(InterpretError::Unbounded { .. })));
    program.statements[0].domain.push(bound);
    let found = run_original(&program, &[6], BUDGET).expect("a run");
    assert!(found.first_difference(&expected, &program).is_some());
}

#[test]
fn failures_say_what_is_wrong() {
    let program = ProgramBuilder::new("outside", &["N"]).array("A", &["N"]).build(|body| {
        body.each("i", "0", "N", |body| body.assign("A[i]", &[]));
    });
    let error = run_original(&program, &[3], BUDGET).expect_err("outside");
    assert_eq!(error.to_string(), "S1 accesses A[3], which is outside of the array");
    let program = samples::transpose();
    assert_eq!(run_original(&program, &[9, 9], 50).expect_err("budget"), InterpretError::Budget);
    let tree = LoopTree { roots: original(&program).loops()[0].body.clone() };
    let error = run_loops(&program, &tree, &[3, 3], Order::Forward, BUDGET).expect_err("scope");
    assert!(matches!(error, InterpretError::BadTree(_)), "{error}");
    assert!(!matches!(tree.roots[0], LoopTreeNode::Pack(_)));
}
