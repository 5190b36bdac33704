//! The checker accepts correct loops and refutes each kind of wrong ones.

mod common;

use common::{after, change_loop, original, parameter, variable, with_iterators, wrap_in_pack};
use loopwright_checker::{Certificate, Evidence, Limits, Refutation, check};
use loopwright_ir::{Affine, ArrayId, Bound, LoopTree, LoopTreeNode, Mark, Pack, Program};
use loopwright_transform::testing::{ProgramBuilder, samples};
use std::mem::discriminant;
use std::time::Duration;

/// No question is asked, so everything is enumerated.
fn enumerating() -> Limits {
    Limits { time: Duration::ZERO, ..Limits::default() }
}

/// Both ways of checking accept.
fn proven(program: &Program, tree: &LoopTree) -> Certificate {
    let accepted = |limits: &Limits| {
        check(program, tree, limits)
            .unwrap_or_else(|wrong| panic!("{wrong}\n{}", tree.display(program)))
    };
    let enumerated = accepted(&enumerating());
    assert!(matches!(enumerated.order, Evidence::Enumerated { sizes: 1.., .. }), "{enumerated}");
    assert!(enumerated.is_decided() && !enumerated.is_proven(), "{enumerated}");
    let certificate = accepted(&Limits::default());
    assert!(certificate.is_proven(), "{certificate}");
    certificate
}

/// Both ways of checking refuse, for the same reason.
fn refuted(program: &Program, tree: &LoopTree) -> Refutation {
    let refused = |limits: &Limits| match check(program, tree, limits) {
        Err(refutation) => refutation,
        Ok(certificate) => panic!("{certificate}\n{}", tree.display(program)),
    };
    let (enumerated, refutation) = (refused(&enumerating()), refused(&Limits::default()));
    assert_eq!(discriminant(&enumerated), discriminant(&refutation), "{enumerated}; {refutation}");
    refutation
}

/// `A[i][j] += A[i - 1][j] + A[i][j - 1]`, both loops carry something.
fn sweep() -> Program {
    ProgramBuilder::new("sweep", &["N"]).array("A", &["N", "N"]).build(|body| {
        body.each("i", "1", "N - 1", |body| {
            body.each("j", "1", "N - 1", |body| {
                body.assign("A[i][j]", &["A[i-1][j]", "A[i][j-1]"]);
            });
        });
    })
}

/// `A[i] = A[i] + B[i]`.
fn update() -> Program {
    ProgramBuilder::new("update", &["N"]).array("A", &["N"]).array("B", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| body.assign("A[i]", &["A[i]", "B[i]"]));
    })
}

fn moved(bound: &mut Bound, amount: i64) {
    match bound {
        Bound::Quotient { affine, .. } => *affine = &*affine + &Affine::constant(amount),
        Bound::Minimum(bounds) | Bound::Maximum(bounds) => {
            bounds.iter_mut().for_each(|bound| moved(bound, amount));
        }
    }
}

#[test]
fn the_original_order_is_proven() {
    for program in samples::all() {
        // Its second extent must be the larger one for its accesses to be in bounds.
        if program.name != "imperfect" {
            proven(&program, &original(&program));
        }
    }
    let certificate = proven(&update(), &original(&update()));
    assert_eq!(
        certificate.to_string(),
        "checked independently: 1 statement runs each instance once (proven), 0 dependences keep \
         their order (proven), 3 accesses in bounds (proven)"
    );
}

#[test]
fn schedules_that_are_legal_are_proven() {
    let program = samples::matrix_product();
    for steps in [
        "distribute(S1, j)\ndistribute(S1, i)\ntile(S2, i, j, k, 32, 16, 8)\nparallelize(S2, i_t)",
        "distribute(S1, j)\ndistribute(S1, i)\ninterchange(S2, j, k)",
    ] {
        proven(&program, &after(&program, steps));
    }
    let program = sweep();
    proven(&program, &after(&program, "tile(S1, i, j, 4, 4)"));
    proven(&program, &after(&program, "interchange(S1, i, j)"));
    let skewed = with_iterators(&program, [variable(0), &variable(1) - &variable(0)]);
    proven(&program, &skewed);
    // Diagonals outside: what is inside of one has no order.
    let wavefront = with_iterators(&program, [&variable(0) - &variable(1), variable(1)]);
    let wavefront = change_loop(&wavefront, "j", 0, |inner| inner.mark = Mark::Parallel);
    proven(&program, &wavefront);
    // The next diagonal begins before this one has ended.
    let pipelined = change_loop(&wavefront, "i", 0, |inner| inner.mark = Mark::Pipelined);
    proven(&program, &pipelined);
}

/// A row of a triangular solver needs what its inner loop has reached, and no more.
#[test]
fn a_doacross_loop_that_does_not_wait_long_enough_is_found() {
    let with = |read: &str, last: &str| {
        let program = ProgramBuilder::new("rows", &["N"]).array("x", &["N"]).build(|body| {
            body.each("i", "2", "N - 1", |body| {
                body.each("j", "0", last, |body| body.assign("x[i]", &["x[i]", read]));
            });
        });
        let tree = change_loop(&original(&program), "i", 0, |inner| inner.mark = Mark::Doacross);
        (program, tree)
    };
    let (program, tree) = with("x[j]", "i - 1");
    proven(&program, &tree);
    let (program, tree) = with("x[j+1]", "i - 2");
    let refutation = refuted(&program, &tree);
    assert!(matches!(refutation, Refutation::Misordered { .. }), "{refutation}");
    // Of a loop with more in its body than one sequential loop, nothing overlaps.
    let sequential = change_loop(&tree, "j", 0, |inner| inner.mark = Mark::Unroll { factor: 2 });
    proven(&program, &sequential);
}

/// `A[i][j] = A[i-1][j+1]`: a row needs of the one before what is further ahead.
#[test]
fn a_pipelined_loop_that_does_not_wait_long_enough_is_found() {
    let against = |next: &str| {
        let program = ProgramBuilder::new("rows", &["N"]).array("A", &["N", "N"]).build(|body| {
            body.each("i", "1", "N - 1", |body| {
                body.each("j", "1", "N - 2", |body| body.assign("A[i][j]", &[next]));
            });
        });
        let tree = change_loop(&original(&program), "j", 0, |inner| inner.mark = Mark::Parallel);
        (program, change_loop(&tree, "i", 0, |inner| inner.mark = Mark::Pipelined))
    };
    for enough in ["A[i-1][j]", "A[i-1][j-1]"] {
        let (program, tree) = against(enough);
        proven(&program, &tree);
    }
    let (program, tree) = against("A[i-1][j+1]");
    let refutation = refuted(&program, &tree);
    assert!(matches!(refutation, Refutation::Misordered { .. }), "{refutation}");
    // Of a loop with more in its body than one parallel loop, nothing overlaps.
    let mut sequential = tree;
    let LoopTreeNode::For(outer) = &mut sequential.roots[0] else { panic!("a loop") };
    let body = std::mem::take(&mut outer.body);
    outer.body = vec![LoopTreeNode::If { conditions: Vec::new(), body, otherwise: Vec::new() }];
    proven(&program, &sequential);
}

#[test]
fn marks_that_are_right_are_proven() {
    let program = samples::matrix_product();
    let tree = after(&program, "distribute(S1, j)\ndistribute(S1, i)\ninterchange(S2, j, k)");
    let tree =
        change_loop(&tree, "j", 1, |inner| inner.mark = Mark::Vector { width: 4, unroll: 2 });
    let tree = change_loop(&tree, "i", 1, |inner| inner.mark = Mark::UnrollJam { factor: 3 });
    let tree = change_loop(&tree, "k", 0, |inner| inner.mark = Mark::Unroll { factor: 3 });
    proven(&program, &tree);
    // Both loops carry a dependence forward, so the outer one may be jammed.
    let program = sweep();
    let jammed = change_loop(&original(&program), "i", 0, |inner| {
        inner.mark = Mark::UnrollJam { factor: 2 }
    });
    proven(&program, &jammed);
}

#[test]
fn a_lost_or_repeated_instance_is_found() {
    let program = samples::triangular_sum();
    let tree = original(&program);
    for (name, amount) in [("i", -1), ("j", -1)] {
        let shorter = change_loop(&tree, name, 0, |inner| moved(&mut inner.upper, amount));
        let refutation = refuted(&program, &shorter);
        assert!(matches!(refutation, Refutation::Missing(_)), "{refutation}");
    }
    let longer = change_loop(&tree, "j", 0, |inner| moved(&mut inner.upper, 1));
    assert!(matches!(refuted(&program, &longer), Refutation::Foreign(_)));
    let doubled = LoopTree { roots: [tree.roots.clone(), tree.roots].concat() };
    assert!(matches!(refuted(&program, &doubled), Refutation::Repeated(_)));
    let none = LoopTree { roots: Vec::new() };
    let refutation = refuted(&program, &none);
    assert!(refutation.to_string().ends_with("never runs"), "{refutation}");
}

#[test]
fn tiles_that_overlap_or_are_rounded_wrongly_are_found() {
    let program = update();
    let tree = after(&program, "tile(S1, i, 4)");
    proven(&program, &tree);
    // Tiles of five iterations every four.
    let overlapping = change_loop(&tree, "i", 0, |inner| {
        if let Bound::Minimum(bounds) = &mut inner.upper {
            bounds
                .iter_mut()
                .filter(|bound| bound.mentions(loop_variable(&tree)))
                .for_each(|bound| moved(bound, 1));
        } else {
            moved(&mut inner.upper, 1);
        }
    });
    assert!(matches!(refuted(&program, &overlapping), Refutation::Repeated(_)));
    // floord(N - 4, 4) instead of floord(N - 1, 4): the last, partial tile is lost.
    let truncated = change_loop(&tree, "i_t", 0, |inner| moved(&mut inner.upper, -3));
    assert!(matches!(refuted(&program, &truncated), Refutation::Missing(_)));
}

fn loop_variable(tree: &LoopTree) -> loopwright_ir::Variable {
    tree.loops()[0].id.variable()
}

#[test]
fn a_misordered_dependence_is_found() {
    let program = sweep();
    let reversed = [&parameter(0) - &variable(0), variable(1)];
    let refutation = refuted(&program, &with_iterators(&program, reversed));
    assert!(refutation.to_string().contains("but runs after it"), "{refutation}");
    // Skewed the wrong way round, and then exchanged.
    let skewed = [&variable(0) + &(&variable(1) * 2), variable(1)];
    let refutation = refuted(&program, &with_iterators(&program, skewed));
    assert!(matches!(refutation, Refutation::Misordered { .. }), "{refutation}");
    let program = samples::matrix_product();
    let tree = original(&program);
    let swapped = change_loop(&tree, "j", 0, |inner| inner.body.reverse());
    assert!(matches!(refuted(&program, &swapped), Refutation::Misordered { .. }));
}

#[test]
fn wrong_marks_are_found() {
    let program = sweep();
    let tree = original(&program);
    for mark in [Mark::Parallel, Mark::Vector { width: 4, unroll: 1 }] {
        for name in ["i", "j"] {
            let marked = change_loop(&tree, name, 0, |inner| inner.mark = mark);
            let refutation = refuted(&program, &marked);
            assert!(refutation.to_string().contains("nothing orders them"), "{refutation}");
        }
    }
    // A[i][j] = A[i - 1][j + 1]: jamming i runs (i, j + 1) after (i + 1, j).
    let program = ProgramBuilder::new("diagonal", &["N"]).array("A", &["N", "N"]).build(|body| {
        body.each("i", "1", "N - 1", |body| {
            body.each("j", "0", "N - 2", |body| body.assign("A[i][j]", &["A[i-1][j+1]"]));
        });
    });
    let jammed = change_loop(&original(&program), "i", 0, |inner| {
        inner.mark = Mark::UnrollJam { factor: 2 }
    });
    assert!(matches!(refuted(&program, &jammed), Refutation::Misordered { .. }));
}

#[test]
fn an_access_outside_of_its_array_is_found() {
    let program = ProgramBuilder::new("outside", &["N"]).array("A", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| body.assign("A[i]", &["A[i+1]"]));
    });
    let refutation = refuted(&program, &original(&program));
    assert!(matches!(refutation, Refutation::OutOfBounds { .. }), "{refutation}");
}

/// Tiles of four elements of `A`, each worked on in a copy.
fn packed(mark: Mark, change: impl FnOnce(&mut Pack)) -> (Program, LoopTree) {
    let program = update();
    let tree = after(&program, "tile(S1, i, 4)");
    let tree = change_loop(&tree, "i_t", 0, |inner| inner.mark = mark);
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
fn copies_that_are_right_are_proven() {
    let (program, tree) = packed(Mark::Parallel, |_| {});
    assert!(proven(&program, &tree).to_string().contains("1 local copy transparent (proven)"));
    let (program, tree) = packed(Mark::Sequential, |pack| pack.extents = vec![Affine::constant(9)]);
    proven(&program, &tree);
    // A copy that is only written, as a whole, need not be filled.
    let program = ProgramBuilder::new("fill", &["N"]).array("A", &["N"]).build(|body| {
        body.each("i", "0", "N - 1", |body| body.assign("A[i]", &[]));
    });
    let tree = wrap_in_pack(&after(&program, "tile(S1, i, 4)"), "i_t", |tile, body| Pack {
        reads: None,
        array: ArrayId(0),
        origin: vec![&Affine::variable(tile) * 4],
        extents: vec![Affine::constant(4)],
        order: vec![0],
        register: false,
        copy_in: false,
        copy_out: true,
        body,
    });
    proven(&program, &tree);
}

#[test]
fn wrong_copies_are_found() {
    let sequential = |change: fn(&mut Pack)| {
        let (program, tree) = packed(Mark::Sequential, change);
        refuted(&program, &tree)
    };
    let small = sequential(|pack| pack.extents = vec![Affine::constant(3)]);
    assert!(matches!(small, Refutation::OutsideCopy { .. }), "{small}");
    let empty = sequential(|pack| pack.copy_in = false);
    assert!(matches!(empty, Refutation::NotFilled { .. }), "{empty}");
    let kept = sequential(|pack| pack.copy_out = false);
    assert!(matches!(kept, Refutation::NotWrittenBack { .. }), "{kept}");
    let order = sequential(|pack| pack.order = vec![1]);
    assert!(matches!(order, Refutation::Malformed(_)), "{order}");
    let nested = sequential(|pack| {
        let inner = LoopTreeNode::Pack(pack.clone());
        pack.body = vec![inner];
    });
    assert!(matches!(nested, Refutation::Malformed(_)), "{nested}");
    let (program, tree) = packed(Mark::Parallel, |pack| pack.extents = vec![Affine::constant(5)]);
    let racing = refuted(&program, &tree);
    assert!(matches!(racing, Refutation::CopyRaces { .. }), "{racing}");
    let (program, tree) = packed(Mark::UnrollJam { factor: 2 }, |_| {});
    let lockstep = refuted(&program, &tree);
    assert!(matches!(lockstep, Refutation::CopyInLockstep { .. }), "{lockstep}");
}

/// Where the loops distinguish too many cases for a proof, what has no meaning is refused all the same.
#[test]
fn malformed_copies_are_found_where_no_proof_is_tried() {
    let with_many_cases = |change: fn(&mut Pack)| {
        let (program, tree) = packed(Mark::Sequential, change);
        let tree = change_loop(&tree, "i_t", 0, |inner| {
            inner.upper = Bound::Maximum(vec![inner.upper.clone(); 130]);
        });
        (program, tree)
    };
    let (program, tree) = with_many_cases(|_| {});
    let certificate = check(&program, &tree, &Limits::default()).expect("a right copy");
    assert!(matches!(certificate.once, Evidence::Enumerated { .. }), "{certificate}");
    assert!(certificate.to_string().contains("1 local copy"), "{certificate}");
    let nested: fn(&mut Pack) = |pack| pack.body = vec![LoopTreeNode::Pack(pack.clone())];
    let turned: fn(&mut Pack) = |pack| pack.order = vec![1];
    for change in [nested, turned] {
        let (program, tree) = with_many_cases(change);
        let refutation = refuted(&program, &tree);
        assert!(matches!(refutation, Refutation::Malformed(_)), "{refutation}");
    }
}

#[test]
fn an_otherwise_branch_is_understood() {
    let program = samples::transpose();
    let tree = original(&program);
    let LoopTree { roots } = &tree;
    let split = |conditions: Vec<loopwright_ir::Constraint>, otherwise: Vec<LoopTreeNode>| {
        change_loop(&LoopTree { roots: roots.clone() }, "j", 0, |inner| {
            let body = std::mem::take(&mut inner.body);
            let otherwise = if otherwise.is_empty() { body.clone() } else { otherwise.clone() };
            inner.body = vec![LoopTreeNode::If { conditions, body, otherwise }];
        })
    };
    let [i, j] = [0, 1].map(|at| Affine::variable(tree.loops()[at].id.variable()));
    let conditions = vec![
        loopwright_ir::Constraint::less(&i, &j),
        loopwright_ir::Constraint::less(&j, &Affine::constant(7)),
    ];
    proven(&program, &split(conditions.clone(), Vec::new()));
    let body = tree.loops()[1].body.clone();
    let inner = LoopTreeNode::If {
        conditions: vec![loopwright_ir::Constraint::less(&j, &i)],
        body,
        otherwise: Vec::new(),
    };
    assert!(matches!(refuted(&program, &split(conditions, vec![inner])), Refutation::Missing(_)));
}
