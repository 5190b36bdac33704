//! Several parallel loops in one region: how often threads are started, and what the loops compute.

use crate::build::*;
use crate::harness::{check_entry, check_native};
use loopwright_codegen::{Kernel, Options, SymbolNames, emit_llvm, host_target};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;
/// Points of a sweep.
const N: i64 = 40;
const PARALLEL: Mark = Mark::Parallel;

/// `S1: B[i+1] = 0.5 * A[i] + A[i+2]`, `S2: A[i+1] = 0.25 * B[i] + B[i+2]`, `S3: A[0] = 0.5 * B[N] + A[0]` and
/// `S4: B[0] = 0.5 * A[N] + B[0]`, the last two over the steps only.
fn sweeps() -> Program {
    let mut builder = Builder::new("sweeps", &[]);
    let [a, b] = ["A", "B"].map(|name| builder.array(name, F, vec![c(N + 2)]));
    for (to, from, factor) in [(b, a, 0.5), (a, b, 0.25)] {
        let reads = vec![at(from, vec![i(1)]), at(from, vec![plus(i(1), 2)])];
        let body = multiply_add(F, read(0, F), number(factor, F), read(1, F));
        builder.statement(2, at(to, vec![plus(i(1), 1)]), reads, body);
    }
    for (to, from) in [(a, b), (b, a)] {
        let reads = vec![at(from, vec![c(N)]), at(to, vec![c(0)])];
        let body = multiply_add(F, read(0, F), number(0.5, F), read(1, F));
        builder.statement(1, at(to, vec![c(0)]), reads, body);
    }
    builder.program
}

/// `mark for i = lower .. upper: statement(t, i)` inside of the loop 0 over `t`.
fn sweep(statement: usize, lower: Affine, upper: Affine, mark: Mark) -> LoopTreeNode {
    let body = vec![instance(statement, vec![v(0), v(1)])];
    loop_(1, "i", q(lower), q(upper), mark, body)
}

fn whole(statement: usize) -> LoopTreeNode {
    sweep(statement, c(0), c(N - 1), PARALLEL)
}

fn serial(statement: usize) -> LoopTreeNode {
    instance(statement, vec![v(0)])
}

fn steps(mark: Mark, body: Vec<LoopTreeNode>) -> LoopTree {
    tree(vec![count(0, c(30), mark, body)])
}

/// What the places are that start threads, and at which these wait for one another.
fn calls(program: &Program, tree: &LoopTree) -> (usize, usize) {
    let names = SymbolNames { typed: None, ..SymbolNames::both(program) };
    let mut options = Options::new(host_target(), names);
    // As emitted: nothing is inlined or unrolled.
    options.pipeline = "verify".to_owned();
    let text = emit_llvm(&Kernel { program, tree, fallback: None }, &options).unwrap();
    let count = |name: &str| {
        text.lines().filter(|line| line.contains("call ") && line.contains(name)).count()
    };
    (count("@__kmpc_fork_call("), count("@__kmpc_barrier(") + count("@__kmpc_barrier_master("))
}

#[test]
fn a_loop_over_steps_around_two_parallel_loops_starts_threads_once() {
    let program = sweeps();
    let both = steps(SEQUENTIAL, vec![whole(0), whole(1)]);
    assert_eq!(calls(&program, &both), (1, 2));
    check_native(&program, &both);
    let one = steps(SEQUENTIAL, vec![sweep(0, c(0), c(N - 1), SEQUENTIAL), whole(1)]);
    assert_eq!(calls(&program, &one), (1, 2));
    check_native(&program, &one);
}

#[test]
fn a_parallel_loop_that_runs_once_needs_no_region() {
    let program = sweeps();
    let step = |body| tree(vec![count(0, c(1), SEQUENTIAL, body)]);
    assert_eq!(calls(&program, &step(vec![whole(0)])), (1, 0));
    assert_eq!(calls(&program, &step(vec![serial(2), whole(0), serial(3)])), (1, 0));
    assert_eq!(calls(&program, &step(vec![whole(0), whole(1)])), (1, 2));
    let other = sweep(1, c(0), c(N - 1), SEQUENTIAL);
    assert_eq!(calls(&program, &step(vec![other])), (0, 0));
}

#[test]
fn what_one_thread_runs_in_between() {
    let program = sweeps();
    let bodies = [
        vec![serial(2), whole(0), serial(3), whole(1)],
        vec![whole(0), whole(1), serial(2), serial(3)],
        vec![whole(0), serial(2), sweep(1, c(0), c(N - 1), SEQUENTIAL), serial(3)],
        vec![serial(3), sweep(0, c(3), c(9), SEQUENTIAL), whole(1), whole(1)],
    ];
    for body in bodies {
        for mark in [SEQUENTIAL, Mark::Unroll { factor: 4 }] {
            let tree = steps(mark, body.clone());
            assert_eq!(calls(&program, &tree).0, 1);
            check_native(&program, &tree);
        }
    }
}

/// Loops without iterations, with one, and with numbers that differ from step to step.
#[test]
fn loops_of_few_iterations() {
    let program = sweeps();
    let ends = [c(-1), c(0), c(1), plus(v(0), -15), plus(&v(0) * 3, -50), &c(20) - &v(0)];
    for first in &ends {
        for second in &ends {
            let upper = |end: &Affine| sweep(0, c(0), end.clone(), PARALLEL);
            let loops = vec![upper(first), sweep(1, c(0), second.clone(), PARALLEL), serial(2)];
            let nested = loop_(
                2,
                "again",
                q(c(0)),
                q(plus(v(0), -20)),
                SEQUENTIAL,
                vec![sweep(1, c(5), plus(second.clone(), 5), PARALLEL), serial(3)],
            );
            let body = [loops, vec![nested]].concat();
            check_entry(&program, &bounded(steps(SEQUENTIAL, body)));
        }
    }
}

/// The tree with all loops over points cut off at the arrays' ends.
fn bounded(tree: LoopTree) -> LoopTree {
    fn cut(nodes: &mut [LoopTreeNode]) {
        for node in nodes {
            if let LoopTreeNode::For(inner) = node {
                if inner.id.0 == 1 {
                    inner.upper = Bound::Minimum(vec![inner.upper.clone(), q(c(N - 1))]);
                }
                cut(&mut inner.body);
            }
        }
    }
    let mut roots = tree.roots;
    cut(&mut roots);
    LoopTree { roots }
}

#[test]
fn conditions_around_parallel_loops() {
    let program = sweeps();
    for condition in [plus(v(0), -7), &c(11) - &v(0), c(-1)] {
        let branch = LoopTreeNode::If {
            conditions: vec![Constraint::non_negative(condition.clone())],
            body: vec![whole(0), serial(2)],
            otherwise: vec![serial(3), whole(1), whole(0)],
        };
        let tree = steps(SEQUENTIAL, vec![branch, whole(1)]);
        assert_eq!(calls(&program, &tree).0, 1);
        check_native(&program, &tree);
        // Which loop is first depends on a condition, too.
        let branch = |first: Vec<LoopTreeNode>| LoopTreeNode::If {
            conditions: vec![Constraint::non_negative(condition.clone())],
            body: first,
            otherwise: vec![whole(0)],
        };
        let single = steps(SEQUENTIAL, vec![branch(vec![serial(2)])]);
        assert_eq!(calls(&program, &single).0, 1);
        check_native(&program, &single);
    }
}

/// A copy around parallel loops, which all threads would need, and loops in lock-step stay outside.
#[test]
fn what_stands_apart_runs_by_itself() {
    let program = sweeps();
    let copy = |body: Vec<LoopTreeNode>| {
        LoopTreeNode::Pack(Pack {
            array: ArrayId(0),
            reads: None,
            origin: vec![c(0)],
            extents: vec![c(N + 2)],
            order: vec![0],
            register: false,
            copy_in: true,
            copy_out: true,
            body,
        })
    };
    let around = steps(SEQUENTIAL, vec![copy(vec![whole(0)]), whole(1)]);
    assert_eq!(calls(&program, &around), (2, 0));
    check_native(&program, &around);
    let inside = steps(SEQUENTIAL, vec![copy(vec![whole(0), serial(2), whole(1)])]);
    assert_eq!(calls(&program, &inside), (1, 3));
    check_native(&program, &inside);
    let between = steps(SEQUENTIAL, vec![whole(0), copy(vec![serial(2)]), whole(1)]);
    assert_eq!(calls(&program, &between), (1, 3));
    check_native(&program, &between);
    let jammed = count(2, c(4), jam(4), vec![whole(1)]);
    let mixed = steps(SEQUENTIAL, vec![whole(0), jammed, whole(0), whole(1)]);
    assert_eq!(calls(&program, &mixed), (2, 2));
    check_native(&program, &mixed);
}
