//! Copies for some reads: right ones are proven and enumerated, each kind of wrong one is refuted both ways.

mod common;

use common::after;
use loopwright_checker::{Limits, Order, Refutation, check, run_loops, run_original};
use loopwright_ir::{LoopTree, LoopTreeNode, Mark, Pack, Program};
use loopwright_transform::testing::ProgramBuilder;
use std::mem::discriminant;
use std::time::Duration;

/// `A[i] = A[i] + A[k]` for all `k` before `i`.
fn prefixes() -> Program {
    ProgramBuilder::new("prefixes", &["N"]).array("A", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("k", "0", "i - 1", |body| body.assign("A[i]", &["A[i]", "A[k]"]));
        });
    })
}

/// `C[i][j] = C[i][j] + A[i][k] + A[j][k]`.
fn rows() -> Program {
    let program =
        ProgramBuilder::new("rows", &["N"]).array("C", &["N", "N"]).array("A", &["N", "N"]);
    program.build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "N - 1", |body| {
                body.each("k", "0", "N - 1", |body| {
                    body.assign("C[i][j]", &["C[i][j]", "A[i][k]", "A[j][k]"]);
                });
            });
        });
    })
}

/// The tree with its first copy changed.
fn changed(tree: &LoopTree, change: impl FnOnce(&mut Pack)) -> LoopTree {
    fn first(nodes: &mut [LoopTreeNode]) -> Option<&mut Pack> {
        nodes.iter_mut().find_map(|node| match node {
            LoopTreeNode::Pack(pack) => Some(pack),
            LoopTreeNode::For(inner) => first(&mut inner.body),
            LoopTreeNode::If { body, .. } => first(body),
            LoopTreeNode::Statement(_) => None,
        })
    }
    let mut tree = tree.clone();
    change(first(&mut tree.roots).expect("a copy"));
    tree
}

fn both_ways(program: &Program, tree: &LoopTree) -> [Result<bool, Box<Refutation>>; 2] {
    let enumerating = Limits { time: Duration::ZERO, ..Limits::default() };
    [enumerating, Limits::default()].map(|limits| {
        let certificate = check(program, tree, &limits)?;
        assert!(certificate.is_decided(), "{certificate}");
        Ok(certificate.is_proven())
    })
}

fn refuted(program: &Program, tree: &LoopTree) -> Box<Refutation> {
    let [enumerated, proven] = both_ways(program, tree).map(|one| one.expect_err("refuted"));
    assert_eq!(discriminant(&*enumerated), discriminant(&*proven), "{enumerated}; {proven}");
    proven
}

#[test]
fn right_copies_are_proven() {
    let cases = [
        (prefixes(), "pack(S1, A[k], i)"),
        (prefixes(), "pack(S1, A[i], k)"),
        (prefixes(), "pack(S1, A[i], k); pack(S1, A[k], i)"),
        (
            rows(),
            "tile(S1, i, j, k, 4, 4, 4); pack(S1, A[i][k], i_t); pack(S1, A[j][k], k_t, 1, 0)",
        ),
        (rows(), "parallelize(S1, i); pack(S1, A[i][k], i); vectorize(S1, j, 4); tile(S1, j, 5)"),
    ];
    for (program, steps) in cases {
        let tree = after(&program, steps);
        assert_eq!(both_ways(&program, &tree), [Ok(false), Ok(true)], "{steps}");
        let sizes = vec![24; program.parameters.len()];
        let original = run_original(&program, &sizes, 10_000_000).expect("a run");
        let loops = run_loops(&program, &tree, &sizes, Order::Forward, 10_000_000).expect("a run");
        assert_eq!(original.first_difference(&loops, &program), None, "{steps}");
    }
}

#[test]
fn a_copy_older_than_what_is_read_is_refuted() {
    let program = prefixes();
    for steps in ["pack(S1, A[i], i)", "tile(S1, i, 8); pack(S1, A[k], i_t)"] {
        let tree = after(&program, steps);
        let refutation = refuted(&program, &tree);
        assert!(matches!(*refutation, Refutation::OutdatedCopy { .. }), "{refutation}");
        // The values differ, too: the interpreter makes the copy for real, and for those reads only.
        let original = run_original(&program, &[24], 1_000_000).expect("a run");
        let loops = run_loops(&program, &tree, &[24], Order::Forward, 1_000_000).expect("a run");
        assert_ne!(original.first_difference(&loops, &program), None, "{steps}");
    }
}

#[test]
fn copies_for_other_reads_or_boxes_are_refuted() {
    let program = rows();
    let steps = "tile(S1, i, j, k, 4, 4, 4); pack(S1, A[j][k], k_t)";
    let tree = after(&program, steps);
    let short = changed(&tree, |pack| {
        pack.extents[0] = loopwright_ir::Affine::constant(3);
    });
    assert!(matches!(*refuted(&program, &short), Refutation::OutsideCopy { .. }));
    let mixed = changed(&tree, |pack| {
        let other = program.statements[0].reads[1].subscripts.clone();
        pack.reads.as_mut().expect("reads").subscripts = other;
    });
    assert!(matches!(*refuted(&program, &mixed), Refutation::OutsideCopy { .. }));
    let changes: [fn(&mut Pack); 5] = [
        |pack| pack.copy_in = false,
        |pack| pack.copy_out = true,
        |pack| pack.reads.as_mut().expect("reads").subscripts.reverse(),
        |pack| pack.body = vec![LoopTreeNode::Pack(pack.clone())],
        |pack| {
            let inner = Pack { reads: None, ..pack.clone() };
            pack.body = vec![LoopTreeNode::Pack(inner)];
        },
    ];
    for change in changes {
        let refutation = refuted(&program, &changed(&tree, change));
        assert!(matches!(*refutation, Refutation::Malformed(_)), "{refutation}");
    }
}

#[test]
fn other_threads_must_not_write_what_is_copied() {
    let program = ProgramBuilder::new("thirds", &["N"]).array("A", &["8*N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| {
            body.each("j", "0", "1", |body| body.assign("A[3*i + j]", &["A[3*i + 3*j + 2]"]));
        });
    });
    let tree = after(&program, "pack(S1, A[3*i + 3*j + 2], i)");
    assert_eq!(both_ways(&program, &tree), [Ok(false), Ok(true)]);
    let mut parallel = tree;
    if let Some(LoopTreeNode::For(outer)) = parallel.roots.first_mut() {
        outer.mark = Mark::Parallel;
    }
    assert!(matches!(*refuted(&program, &parallel), Refutation::CopyRaces { .. }));
}
