//! Legality and parallelism of real kernels, against answers found by enumeration.

mod support;

use loopwright_analysis::{
    DependenceKind, Dependences, LegalityError, Reason, Violation, check, check_changed,
    coincident, permutable_band,
};
use loopwright_ir::{LoopId, Mark, Program, ScheduleTree, StatementId};
use support::*;

fn violation(program: &Program, tree: &ScheduleTree) -> Violation {
    match check(program, &dependences(program), tree) {
        Err(LegalityError::Violated(violation)) => *violation,
        other => panic!("a violation expected: {other:?}"),
    }
}

fn path(tree: &ScheduleTree, statement: usize) -> Vec<LoopId> {
    tree.path(StatementId(statement)).unwrap().iter().map(|inner| inner.id).collect()
}

fn kernels() -> Vec<Program> {
    vec![gemm(), jacobi(), triangular_solve(), wavefront(0), wavefront(1), strided()]
}

#[test]
fn the_original_order_is_legal() {
    for program in kernels() {
        let tree = ScheduleTree::original(&program);
        assert_eq!(check(&program, &dependences(&program), &tree), Ok(()));
    }
}

/// Every tree that one or two changes make of every kernel: the answer is that of enumeration.
#[test]
fn agrees_with_enumeration() {
    let mut counts = [0, 0];
    for program in kernels() {
        let program = fixed(&program);
        let dependences = dependences(&program);
        for tree in changed_trees(&program) {
            let answer = check(&program, &dependences, &tree);
            let expected = legal_by_enumeration(&program, &tree);
            assert_eq!(
                answer.is_ok(),
                expected,
                "{}\n{}\n{answer:?}",
                program.name,
                tree.display(&program)
            );
            counts[usize::from(expected)] += 1;
        }
    }
    assert!(counts[0] > 100 && counts[1] > 100, "{counts:?}");
}

/// Single changes, and marks on top of them.
fn changed_trees(program: &Program) -> Vec<ScheduleTree> {
    let original = ScheduleTree::original(program);
    let mut bases = vec![original.clone()];
    for position in 0..program.statements.len() {
        let path = path(&original, position);
        for (depth, &outer) in path.iter().enumerate() {
            for &inner in path.iter().skip(depth + 1) {
                for change in 0..4 {
                    let mut tree = original.clone();
                    match change {
                        0 => exchange(&mut tree, outer, inner),
                        1 => skew(&mut tree, outer, inner, 1),
                        2 => {
                            skew(&mut tree, outer, inner, 1);
                            exchange(&mut tree, outer, inner);
                        }
                        _ => {
                            // Tiles of 2 by 2: tile, point, tile, point becomes tile, tile, …
                            let tile = strip_mine(&mut tree, inner, 2);
                            strip_mine(&mut tree, outer, 2);
                            exchange(&mut tree, outer, tile);
                        }
                    }
                    if only_of(program, &original, outer, inner) {
                        bases.push(tree);
                    }
                }
            }
            let mut tree = original.clone();
            reverse(&mut tree, outer);
            bases.push(tree);
            let mut tree = original.clone();
            strip_mine(&mut tree, outer, 3);
            bases.push(tree);
        }
    }
    let mut trees = Vec::new();
    for base in bases {
        for id in base.loops().iter().map(|inner| inner.id) {
            for kind in [
                Mark::Parallel,
                Mark::Vector { width: 4, unroll: 2 },
                Mark::UnrollJam { factor: 2 },
                Mark::UnrollJam { factor: 3 },
            ] {
                let mut tree = base.clone();
                mark(&mut tree, id, kind);
                trees.push(tree.clone());
                let deeper = base.loops().iter().map(|inner| inner.id).max();
                if let (Mark::UnrollJam { .. }, Some(other)) = (kind, deeper)
                    && other != id
                {
                    mark(&mut tree, other, Mark::UnrollJam { factor: 2 });
                    trees.push(tree);
                }
            }
        }
        trees.push(base);
    }
    trees
}

/// Whether every statement inside the outer loop is inside the inner one too, so that exchanging
/// their variables everywhere still gives a tree.
fn only_of(program: &Program, tree: &ScheduleTree, outer: LoopId, inner: LoopId) -> bool {
    (0..program.statements.len()).all(|position| {
        let path = path(tree, position);
        path.contains(&outer) == path.contains(&inner)
    })
}

#[test]
fn enumeration_finds_what_is_carried() {
    for program in kernels() {
        let program = fixed(&program);
        let dependences = dependences(&program);
        let original = ScheduleTree::original(&program);
        for id in original.loops().iter().map(|inner| inner.id) {
            let mut tree = original.clone();
            mark(&mut tree, id, Mark::Parallel);
            assert_eq!(
                coincident(&program, &dependences, &original, id),
                legal_by_enumeration(&program, &tree),
                "{} {id:?}",
                program.name
            );
        }
    }
}

#[test]
fn gemm_permutes_and_tiles_and_runs_in_parallel() {
    let program = gemm();
    let dependences = dependences(&program);
    let tree = ScheduleTree::original(&program);
    let loops = path(&tree, 1);
    let parallel: Vec<_> =
        loops.iter().map(|id| coincident(&program, &dependences, &tree, *id)).collect();
    assert_eq!(parallel, [true, false, true]);
    assert!(permutable_band(&program, &dependences, &tree, &loops[1..]));
    let mut tiled = tree.clone();
    exchange(&mut tiled, loops[1], loops[2]);
    let tile = strip_mine(&mut tiled, loops[1], 32);
    mark(&mut tiled, tile, Mark::Parallel);
    mark(&mut tiled, loops[2], Mark::UnrollJam { factor: 4 });
    assert_eq!(check(&program, &dependences, &tiled), Ok(()));
    assert_eq!(check_changed(&program, &dependences, &tree, &tiled), Ok(()));
}

#[test]
fn reductions_name_themselves() {
    let program = gemm();
    let mut tree = ScheduleTree::original(&program);
    let loops = path(&tree, 1);
    mark(&mut tree, loops[1], Mark::Parallel);
    let found = violation(&program, &tree);
    assert_eq!(found.element, "C[0][0]");
    assert_eq!(found.reason, Reason::Parallel { loop_name: "k".to_owned() });
    assert_eq!(
        found.to_string(),
        "S2(i=0, k=0, j=0) writes C[0][0], which S2(i=0, k=1, j=0) reads; the iterations of the \
         parallel loop `k` would run them at the same time (with N=2)"
    );
}

#[test]
fn an_illegal_interchange_shows_both_instances() {
    let program = wavefront(1);
    let mut tree = ScheduleTree::original(&program);
    let loops = path(&tree, 0);
    assert!(!permutable_band(&program, &dependences(&program), &tree, &loops));
    exchange(&mut tree, loops[0], loops[1]);
    assert_eq!(
        violation(&program, &tree).to_string(),
        "S1(i=1, j=2) writes A[1][2], which S1(i=2, j=1) reads; the new order of the loop `i` \
         would run the second first (with N=4)"
    );
}

#[test]
fn a_wavefront_is_parallel_after_skewing() {
    let program = wavefront(0);
    let dependences = dependences(&program);
    let mut tree = ScheduleTree::original(&program);
    let loops = path(&tree, 0);
    assert!(permutable_band(&program, &dependences, &tree, &loops));
    assert!(!coincident(&program, &dependences, &tree, loops[1]));
    skew(&mut tree, loops[0], loops[1], 1);
    exchange(&mut tree, loops[0], loops[1]);
    assert!(coincident(&program, &dependences, &tree, loops[1]));
    assert!(!coincident(&program, &dependences, &tree, loops[0]));
    mark(&mut tree, loops[1], Mark::Parallel);
    assert_eq!(check(&program, &dependences, &tree), Ok(()));
}

#[test]
fn a_statement_moved_too_far_is_found() {
    let program = triangular_solve();
    let mut tree = ScheduleTree::original(&program);
    tree.loop_mut(LoopId(0)).unwrap().body.reverse();
    let found = violation(&program, &tree);
    assert_eq!(found.reason, Reason::Position);
    assert!(legal_by_enumeration(&program, &ScheduleTree::original(&program)));
    assert!(!legal_by_enumeration(&program, &tree));
}

#[test]
fn source_terms_are_those_of_the_source() {
    // The same wavefront from a loop that counts downwards: i is N - 2 - i'.
    let mut program = wavefront(1);
    program.statements[0].iterators[0].source_value = &(&p(0) - &c(1)) - &i(0);
    let mut tree = ScheduleTree::original(&program);
    let loops = path(&tree, 0);
    exchange(&mut tree, loops[0], loops[1]);
    let found = violation(&program, &tree);
    assert_eq!(found.source.to_string(), "S1(i=2, j=2)");
    assert_eq!(found.destination.to_string(), "S1(i=1, j=1)");
}

#[test]
fn dependences_carry_kinds_levels_and_distances() {
    let program = jacobi();
    let dependences = dependences(&program);
    let all = dependences.all();
    assert!(all.iter().all(|one| one.id.0 < all.len()));
    // S1 reads A, which S2 wrote in all the steps before: five reads, at any distance in t.
    let from_before: Vec<_> = all
        .iter()
        .filter(|one| one.kind == DependenceKind::ReadAfterWrite && one.source == StatementId(1))
        .collect();
    assert_eq!(from_before.len(), 5);
    assert!(from_before.iter().all(|one| *one.distances == [None]));
    let components = dependences.strongly_connected_components();
    assert_eq!(components, [vec![StatementId(0), StatementId(1)]]);

    let program = wavefront(1);
    let distances: Vec<_> = Dependences::compute(&program, 1)
        .unwrap()
        .all()
        .iter()
        .map(|one| one.constant_distance())
        .collect();
    assert_eq!(distances, [Some(vec![1, -1]), Some(vec![0, 1])]);
}

#[test]
fn elements_that_never_meet_are_no_dependence() {
    let program = strided();
    let dependences = dependences(&program);
    assert!(dependences.all().iter().all(|one| one.array.0 == 0));
    let scalar_kinds: Vec<_> = dependences.all().iter().map(|one| one.kind).collect();
    assert!(scalar_kinds.contains(&DependenceKind::WriteAfterWrite));
    assert!(scalar_kinds.contains(&DependenceKind::WriteAfterRead));
}

#[test]
fn without_a_quota_to_spend_the_answers_are_cautious() {
    let program = scattered();
    let exact = dependences(&program);
    let cautious = Dependences::compute(&program, 1).unwrap();
    assert!(cautious.all().len() >= exact.all().len());
    let original = ScheduleTree::original(&program);
    for id in original.loops().iter().map(|inner| inner.id) {
        let mut tree = original.clone();
        mark(&mut tree, id, Mark::Parallel);
        assert!(matches!(check(&program, &exact, &tree), Err(LegalityError::Violated(_))));
        // One operation is not enough for isl to find a witness, but nothing illegal passes.
        assert!(matches!(check(&program, &cautious, &tree), Err(LegalityError::Undecided { .. })));
        assert!(!coincident(&program, &cautious, &original, id));
    }
}

#[test]
fn fixed_sizes_give_the_first_witness() {
    let mut program = triangular_solve();
    program.set_parameter("N", 2000).unwrap();
    let program = program.specialize();
    let mut tree = ScheduleTree::original(&program);
    mark(&mut tree, LoopId(0), Mark::Parallel);
    assert_eq!(
        violation(&program, &tree).to_string(),
        "S1(i=0) writes x[0], which S2(i=1, j=0) reads; the iterations of the parallel loop `i` \
         would run them at the same time"
    );
}

#[test]
fn dependences_can_be_read() {
    let program = gemm();
    let lines: Vec<_> =
        dependences(&program).all().iter().map(|one| one.describe(&program)).collect();
    assert_eq!(
        lines,
        [
            "RAW S1 -> S2 on C, in the order of the text, distance (0)",
            "WAR S1 -> S2 on C, in the order of the text, distance (0)",
            "WAW S1 -> S2 on C, in the order of the text, distance (0)",
            "RAW S2 -> S2 on C, carried by k, distance (0, +, 0)",
            "WAR S2 -> S2 on C, carried by k, distance (0, +, 0)",
            "WAW S2 -> S2 on C, carried by k, distance (0, +, 0)",
        ]
    );
}

/// `A[i + k] = A[i + (7 k) % count] + A[i]` for each `k` below `count`, in one loop.
fn unrolled(count: i64) -> Program {
    let at_shift = |shift: i64| at(0, &[&i(0) + &c(shift)]);
    let statements = (0..count).map(|k| {
        statement(
            &format!("S{}", k + 1),
            &["i"],
            [range(0, c(0), c(1000))],
            at_shift(k),
            vec![at_shift(7 * k % count), at_shift(0)],
        )
    });
    let body = (0..count as usize).map(leaf).collect();
    program("unrolled", &[], &[("A", 1)], statements.collect(), vec![looped("i", body)])
}

#[test]
fn many_statements_ask_few_questions() {
    let program = unrolled(150);
    let asked = std::cell::Cell::new(0);
    let found = Dependences::compute_until(&program, 1, &|| {
        asked.set(asked.get() + 1);
        false
    })
    .expect("it is never stopped");
    let pairs = 150 * 150;
    assert!(found.all().len() > pairs, "{}", found.all().len());
    // One question for each distance and level, and one look at the clock for each statement.
    assert!(asked.get() < 1000, "{} for {pairs} pairs", asked.get());
    // The same as for two statements alone.
    let (first, last) = (StatementId(0), StatementId(149));
    let between = |one: &&loopwright_analysis::Dependence| {
        one.source == first
            && one.destination == last
            && one.kind == DependenceKind::WriteAfterWrite
    };
    let distances: Vec<_> =
        found.all().iter().filter(between).map(|one| one.constant_distance()).collect();
    assert!(distances.is_empty(), "S150 writes what S1 will write later: {distances:?}");
    let back = found.all().iter().find(|one| {
        one.source == last
            && one.destination == first
            && one.kind == DependenceKind::WriteAfterWrite
    });
    assert_eq!(back.and_then(|one| one.constant_distance()), Some(vec![149]));
    assert!(check(&program, &found, &ScheduleTree::original(&program)).is_ok());
}

#[test]
fn dependences_are_given_up_when_asked_to() {
    let program = unrolled(20);
    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 5
    };
    let found = Dependences::compute_until(&program, 1, &stop);
    assert_eq!(found.map(|_| ()), Err(loopwright_analysis::DependenceError::Stopped));
    assert_eq!(asked.get(), 6);
}
