//! Features of trees whose numbers are known.

mod common;

use common::*;
use loopwright_costmodel::features::layout::*;
use loopwright_costmodel::{Features, extract};
use loopwright_ir::{Affine, Constraint, LoopTreeNode, Mark};

const SEQUENTIAL: [Mark; 3] = [Mark::Sequential; 3];

fn statement(features: &Features, name: &str) -> f32 {
    features.statements()[STATEMENT_FIELDS.iter().position(|field| *field == name).unwrap()]
}

fn global(features: &Features, name: &str) -> f32 {
    features.globals()[GLOBAL_FIELDS.iter().position(|field| *field == name).unwrap()]
}

fn level(features: &Features, slot: usize, name: &str) -> f32 {
    let field = LEVEL_FIELDS.iter().position(|field| *field == name).unwrap();
    features.statements()[STATEMENT_FIELDS.len() + slot * LEVEL_FIELDS.len() + field]
}

fn access_value(features: &Features, slot: usize, name: &str) -> f32 {
    let field = ACCESS_FIELDS.iter().position(|field| *field == name).unwrap();
    let begin = STATEMENT_FIELDS.len() + LEVELS * LEVEL_FIELDS.len();
    features.statements()[begin + slot * ACCESS_FIELDS.len() + field]
}

fn log(value: f64) -> f32 {
    (((1.0 + value).log2() * 1000.0).round() / 1000.0) as f32
}

#[test]
fn gemm_in_source_order() {
    let features = extract(&gemm(256), &source_order(256, &SEQUENTIAL), &MACHINE);
    assert_eq!(features.statement_count(), 1);
    assert_eq!(features.statements().len(), STATEMENT_WIDTH);
    assert_eq!(features.globals().len(), GLOBAL_WIDTH);
    assert_eq!(statement(&features, "log_instances"), log(256.0_f64.powi(3)));
    assert_eq!(statement(&features, "multiply_add"), 1.0);
    assert_eq!(statement(&features, "reduction"), 1.0);
    assert_eq!(statement(&features, "log_accumulators"), 1.0);
    assert_eq!(statement(&features, "log_chain_cycles"), log(4.001));
    assert_eq!(statement(&features, "parallel"), 0.0);
    assert_eq!(statement(&features, "vector_automatic"), 0.0);
    for slot in 0..3 {
        assert_eq!(level(&features, slot, "present"), 1.0);
        assert_eq!(level(&features, slot, "log_trip"), log(256.0));
    }
    assert_eq!(level(&features, 3, "present"), 0.0);
    // The written C first; it does not move with k. Then B, a column: every k another row.
    assert_eq!(access_value(&features, 0, "written"), 1.0);
    assert_eq!(access_value(&features, 0, "innermost_zero"), 1.0);
    assert_eq!(access_value(&features, 1, "log_innermost_stride"), log(256.0));
    assert_eq!(access_value(&features, 2, "innermost_one"), 1.0);
    assert_eq!(access_value(&features, 3, "present"), 0.0);
    // Three squares of 256 * 256 * 8 bytes against 512 KiB: a ratio of three.
    let ratio = global(&features, "ratio_total_bytes_to_l2");
    assert!((ratio - 3.0_f32.log2()).abs() < 0.01, "{ratio}");
    // One iteration of the outermost loop touches B, a row of A and a row of C.
    let inside = level(&features, 2, "ratio_bytes_to_l2");
    assert!((inside - (1.0_f32 + 2.0 / 256.0).log2()).abs() < 0.01, "{inside}");
}

#[test]
fn a_register_tile_has_its_accumulators() {
    let features = extract(&gemm(256), &register_tiled_gemm(256), &MACHINE);
    assert_eq!(statement(&features, "log_accumulators"), log(12.0));
    assert_eq!(statement(&features, "log_jam"), log(4.0));
    assert_eq!(statement(&features, "log_vectors"), log(3.0));
    assert_eq!(statement(&features, "log_lanes"), log(4.0));
    assert_eq!(statement(&features, "vector_marked"), 1.0);
    // Four scalars of A and three vectors of B a step.
    assert_eq!(statement(&features, "log_loads"), log(7.0));
    assert_eq!(statement(&features, "log_arithmetic_cycles"), log(6.0));
    assert_eq!(statement(&features, "parallel"), 1.0);
    assert_eq!(statement(&features, "log_parallel_trip"), log(8.0));
    assert_eq!(statement(&features, "log_forks"), 1.0);
    assert_eq!(level(&features, 3, "tile"), 1.0);
    assert_eq!(statement(&features, "log_instances"), log(256.0_f64.powi(3)));
}

#[test]
fn a_triangle_has_its_mean_trip() {
    let size = 100;
    let rings = [
        ring(0, size, Mark::Parallel),
        Ring(1, constant(0), affine(loop_variable(0)), Mark::Sequential),
    ];
    let tree = nest(&rings, vec![loop_variable(0), loop_variable(1)]);
    let features = extract(&map(size, false), &tree, &MACHINE);
    let instances = 2.0_f32.powf(statement(&features, "log_instances"));
    assert!((instances - 5051.0).abs() < 60.0, "{instances}");
    assert_eq!(level(&features, 0, "uneven"), 1.0);
    assert!(statement(&features, "imbalance") > 0.1);
}

#[test]
fn a_partial_last_tile_is_not_counted_as_whole() {
    let (size, tile) = (70, 64);
    let rings = [
        ring(2, 2, Mark::Sequential),
        Ring(
            0,
            affine(&loop_variable(2) * tile),
            loopwright_ir::Bound::Minimum(vec![
                affine((&loop_variable(2) * tile).with_constant(tile - 1)),
                constant(size - 1),
            ]),
            Mark::Sequential,
        ),
        ring(1, size, Mark::Sequential),
    ];
    let tree = nest(&rings, vec![loop_variable(0), loop_variable(1)]);
    let features = extract(&map(size, false), &tree, &MACHINE);
    assert_eq!(statement(&features, "log_instances"), log(4900.0));
    assert_eq!(statement(&features, "clipped_loops"), 1.0);
}

#[test]
fn conditions_and_dependent_blocks_are_seen() {
    let size = 64;
    let rings = [
        ring(0, size, Mark::UnrollJam { factor: 4 }),
        Ring(1, affine(loop_variable(0)), constant(size - 1), Mark::Sequential),
    ];
    let mut tree = nest(&rings, vec![loop_variable(0), loop_variable(1)]);
    tree.roots = vec![LoopTreeNode::If {
        conditions: vec![Constraint::non_negative(Affine::constant(0))],
        body: tree.roots,
        otherwise: Vec::new(),
    }];
    let features = extract(&map(size, false), &tree, &MACHINE);
    assert_eq!(statement(&features, "lockstep_blocked"), 1.0);
    assert_eq!(statement(&features, "log_jam"), 1.0);
    assert_eq!(statement(&features, "guards"), 1.0);
}

#[test]
fn an_in_place_sweep_is_a_recurrence() {
    // A[i][j] = A[i][j-1] + A[i][j+1].
    let before = iterator(1).with_constant(-1);
    let after = iterator(1).with_constant(1);
    let program = program(
        &[("A", &[64, 66])],
        &[64, 64],
        access(0, &[iterator(0), iterator(1)]),
        vec![access(0, &[iterator(0), before]), access(0, &[iterator(0), after])],
    );
    let features = extract(&program, &source_order(64, &[Mark::Sequential; 2]), &MACHINE);
    assert_eq!(statement(&features, "log_recurrence_distance"), 1.0);
    assert_eq!(statement(&features, "reduction"), 0.0);
    assert!(statement(&features, "log_chain_cycles") > 3.0);
    // The three points are one group.
    assert_eq!(access_value(&features, 0, "log_reads"), log(2.0));
    assert_eq!(access_value(&features, 1, "present"), 0.0);
}

#[test]
fn unmarked_contiguous_loops_are_vectorised_by_the_backend() {
    let marks = [Mark::Sequential; 2];
    let contiguous = extract(&map(64, false), &source_order(64, &marks), &MACHINE);
    let strided = extract(&map(64, true), &source_order(64, &marks), &MACHINE);
    assert_eq!(statement(&contiguous, "vector_automatic"), 1.0);
    assert_eq!(statement(&contiguous, "log_lanes"), log(4.0));
    assert_eq!(statement(&strided, "vector_automatic"), 0.0);
}

#[test]
fn the_order_of_statements_in_the_tree_does_not_matter() {
    let tree = source_order(64, &SEQUENTIAL);
    let small = source_order(8, &SEQUENTIAL);
    let program = gemm(64);
    let mut forwards = tree.clone();
    forwards.roots.extend(small.roots.clone());
    let mut backwards = small;
    backwards.roots.extend(tree.roots);
    let features = extract(&program, &forwards, &MACHINE);
    assert_eq!(features.statement_count(), 2);
    assert_eq!(features, extract(&program, &backwards, &MACHINE));
    assert_eq!(features, extract(&program, &forwards, &MACHINE));
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let mut tree = source_order(8, &SEQUENTIAL);
    let one = tree.roots.clone();
    for _ in 0..STATEMENTS + 2 {
        tree.roots.extend(one.clone());
    }
    let features = extract(&gemm(8), &tree, &MACHINE);
    assert_eq!(features.statement_count(), STATEMENTS);
    assert_eq!(global(&features, "log_dropped"), log(3.0));
    assert_eq!(global(&features, "dropped_share"), 0.2);
    // Nine loops: the outermost two share the last slot.
    let rings: Vec<_> = (0..9).map(|id| ring(id, 2, Mark::Sequential)).collect();
    let deep = nest(&rings, vec![loop_variable(0), loop_variable(1), loop_variable(2)]);
    let features = extract(&gemm(8), &deep, &MACHINE);
    assert_eq!(level(&features, LEVELS - 1, "log_trip"), log(4.0));
}

#[test]
fn an_empty_tree_and_empty_loops_are_harmless() {
    let empty = loopwright_ir::LoopTree { roots: Vec::new() };
    let features = extract(&gemm(8), &empty, &MACHINE);
    assert_eq!(features.statement_count(), 1);
    assert!(features.statements().iter().all(|value| *value == 0.0));
    let none =
        nest(&[Ring(0, constant(0), constant(-1), Mark::Parallel)], vec![loop_variable(0); 3]);
    let features = extract(&gemm(8), &none, &MACHINE);
    assert!(features.to_list().iter().all(|value| value.is_finite()));
}

#[test]
fn lists_go_back_and_forth() {
    let features = extract(&gemm(32), &register_tiled_gemm(32), &MACHINE);
    let list = features.to_list();
    assert_eq!(Features::from_list(&list).unwrap(), features);
    assert!(Features::from_list(&list[1..]).is_err());
    assert!(Features::from_list(&[]).is_err());
}

#[test]
fn extraction_is_quick() {
    let program = gemm(512);
    let tree = register_tiled_gemm(512);
    let mut best = f64::MAX;
    for _ in 0..50 {
        let start = std::time::Instant::now();
        std::hint::black_box(extract(&program, &tree, &MACHINE));
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("extract: {:.1} us", best * 1e6);
    assert!(best < 0.2e-3, "{best} s");
}
