//! Properties of the estimate: what no schedule changes, what more cache and faster memory do, what names are worth.

mod common;

use common::*;
use loopwright_costmodel::cost::{Analysis, Rates, nodes::Nodes};
use loopwright_costmodel::{MachineFeatures, Terms};
use loopwright_ir::{Affine, Bound, LoopTree, LoopTreeNode, Mark, Program};

const SEQUENTIAL: Mark = Mark::Sequential;

fn total(program: &Program, tree: &LoopTree, machine: &MachineFeatures) -> Terms {
    Analysis::new(program, tree, machine, &Rates::usual(machine)).total()
}

/// Bytes that the whole tree touches.
fn touched(program: &Program, tree: &LoopTree) -> f64 {
    let analysis = Analysis::new(program, tree, &MACHINE, &Rates::usual(&MACHINE));
    analysis.footprints.bytes[0].iter().sum()
}

/// Bytes into the first, second and last cache.
fn moved(program: &Program, tree: &LoopTree, machine: &MachineFeatures) -> [f64; 3] {
    Analysis::new(program, tree, machine, &Rates::usual(machine)).bytes(0)
}

/// A tile loop and its point loop, clipped at the size.
fn tiled(tile_loop: u32, point_loop: u32, size: i64, tile: i64) -> [Ring; 2] {
    let first = &loop_variable(tile_loop) * tile;
    let last = affine(first.clone().with_constant(tile - 1));
    [
        ring(tile_loop, (size + tile - 1) / tile, SEQUENTIAL),
        Ring(point_loop, affine(first), Bound::Minimum(vec![last, constant(size - 1)]), SEQUENTIAL),
    ]
}

/// The transposed copy with both loops tiled.
fn tiled_map(size: i64, tile: i64) -> LoopTree {
    let ([outer, inner], [across, along]) = (tiled(2, 0, size, tile), tiled(3, 1, size, tile));
    nest(&[outer, across, inner, along], vec![loop_variable(0), loop_variable(1)])
}

fn tiled_gemm(size: i64, tile: i64) -> LoopTree {
    let [i_t, i] = tiled(3, 0, size, tile);
    let [j_t, j] = tiled(4, 1, size, tile);
    let [k_t, k] = tiled(5, 2, size, tile);
    nest(&[i_t, j_t, k_t, i, k, j], vec![loop_variable(0), loop_variable(1), loop_variable(2)])
}

/// Instances are counted by samples, which may miss a part of a last tile.
const WITHIN: f64 = 0.08;

#[test]
fn no_tiling_changes_what_is_touched() {
    for size in [96, 250, 1000] {
        let program = gemm(size);
        let all = 3.0 * (size * size * 8) as f64;
        for tree in [
            source_order(size, &[SEQUENTIAL; 3]),
            tiled_gemm(size, 32),
            tiled_gemm(size, 7),
            register_tiled_gemm(size),
        ] {
            let found = touched(&program, &tree);
            assert!((found / all - 1.0).abs() < WITHIN, "{size}: {found} of {all}");
        }
        for transposed in [true, false] {
            let program = map(size, transposed);
            let all = 2.0 * (size * size * 8) as f64;
            for tree in
                [source_order(size, &[SEQUENTIAL; 2]), tiled_map(size, 24), tiled_map(size, 13)]
            {
                let found = touched(&program, &tree);
                assert!((found / all - 1.0).abs() < WITHIN, "{size}: {found} of {all}");
            }
        }
    }
}

#[test]
fn a_triangle_is_half_a_square() {
    let size = 400;
    let rings =
        [ring(0, size, SEQUENTIAL), Ring(1, constant(0), affine(loop_variable(0)), SEQUENTIAL)];
    let tree = nest(&rings, vec![loop_variable(0), loop_variable(1)]);
    let found = touched(&map(size, false), &tree);
    let half = (size * size * 8) as f64;
    assert!((found / half - 1.0).abs() < 0.1, "{found} of {half}");
}

#[test]
fn instances_are_counted() {
    let instances = |tree: &LoopTree, program: &Program| {
        let analysis = Analysis::new(program, tree, &MACHINE, &Rates::usual(&MACHINE));
        analysis.executions.last().map(|one| one.instances()).unwrap()
    };
    // Partial tiles and all: exactly.
    let found = instances(&tiled_map(70, 64), &map(70, false));
    assert!((found / 4900.0 - 1.0).abs() < 0.12, "{found}");
    let found = instances(&source_order(100, &[SEQUENTIAL; 3]), &gemm(100));
    assert_eq!(found, 1e6);
    // The corner of a cube, i > j > k: a sixth.
    let inside = |id: u32| affine(loop_variable(id).with_constant(-1));
    let rings = [
        ring(0, 200, SEQUENTIAL),
        Ring(1, constant(0), inside(0), SEQUENTIAL),
        Ring(2, constant(0), inside(1), SEQUENTIAL),
    ];
    let tree = nest(&rings, vec![loop_variable(0), loop_variable(1), loop_variable(2)]);
    let found = instances(&tree, &gemm(200));
    let exact = 200.0 * 199.0 * 198.0 / 6.0;
    assert!((found / exact - 1.0).abs() < 0.15, "{found} of {exact}");
}

#[test]
fn tiles_save_what_they_are_for() {
    let size = 1000;
    let machine = MachineFeatures { threads: 1, ..MACHINE };
    let program = gemm(size);
    let plain = moved(&program, &source_order(size, &[SEQUENTIAL; 3]), &machine);
    let blocked = moved(&program, &tiled_gemm(size, 32), &machine);
    assert!(blocked[0] < 0.2 * plain[0], "{blocked:?} {plain:?}");
    assert!(blocked[1] < 0.2 * plain[1], "{blocked:?} {plain:?}");
    // A transposed copy without reuse: tiles make lines whole.
    let copy = map(2000, true);
    let plain = moved(&copy, &source_order(2000, &[SEQUENTIAL; 2]), &machine);
    let blocked = moved(&copy, &tiled_map(2000, 16), &machine);
    assert!(blocked[0] < 0.5 * plain[0], "{blocked:?} {plain:?}");
    let lines = 2.0 * 2000.0 * 2000.0 * 8.0;
    assert!((blocked[0] / lines - 1.0).abs() < 0.15, "{} of {lines}", blocked[0]);
}

#[test]
fn more_cache_never_moves_more() {
    for tree in [source_order(300, &[SEQUENTIAL; 3]), tiled_gemm(300, 32), tiled_gemm(300, 96)] {
        let mut before = f64::INFINITY;
        for kilobytes in [1, 2, 4, 8, 16, 32, 64, 128, 512, 2048, 8192] {
            let machine = MachineFeatures { l1_bytes: kilobytes << 10, ..MACHINE };
            let bytes = moved(&gemm(300), &tree, &machine)[0];
            assert!(bytes <= 1.001 * before, "{kilobytes} KiB: {bytes} after {before}");
            before = bytes;
        }
        assert_eq!(before, 0.0, "all of it stays from one run to the next");
    }
}

#[test]
fn faster_machines_are_never_slower() {
    let machine = MachineFeatures { threads: 1, ..MACHINE };
    let usual = Rates::usual(&machine);
    for tree in [source_order(500, &[SEQUENTIAL; 3]), tiled_gemm(500, 32), register_tiled_gemm(500)]
    {
        let program = gemm(500);
        let time = |rates: &Rates| Analysis::new(&program, &tree, &machine, rates).total().total;
        let base = time(&usual);
        let memory = usual.one_thread.map(|rate| 2.0 * rate);
        for better in [
            Rates { gigahertz: 2.0 * usual.gigahertz, ..usual },
            Rates { one_thread: memory, all_threads: memory, ..usual },
        ] {
            let found = time(&better);
            assert!(found <= base && found > 0.4 * base, "{found} after {base}");
        }
    }
}

#[test]
fn chains_vectors_and_threads_are_seen() {
    let machine = MachineFeatures { threads: 1, ..MACHINE };
    let program = gemm(200);
    // Along k each addition waits for the one before.
    let plain = total(&program, &source_order(200, &[SEQUENTIAL; 3]), &machine);
    assert!(plain.chains > plain.arithmetic, "{plain:?}");
    let registers = total(&program, &register_tiled_gemm(192), &machine);
    assert!(registers.total < 0.25 * plain.total, "{registers:?} {plain:?}");
    // Threads share the work and cost something.
    let parallel = [Mark::Parallel, SEQUENTIAL, SEQUENTIAL];
    let four = total(&program, &source_order(200, &parallel), &MACHINE);
    assert!(four.forks > 0.0 && four.total < 0.4 * plain.total, "{four:?} {plain:?}");
    let inner = [SEQUENTIAL, SEQUENTIAL, Mark::Parallel];
    let often = total(&map(8, false), &source_order(8, &inner[1..]), &MACHINE);
    assert!(often.forks + often.waits > 0.5 * often.total, "{often:?}");
}

/// The tree with every loop's number replaced.
fn renumbered(nodes: &[LoopTreeNode]) -> Vec<LoopTreeNode> {
    use loopwright_ir::{LoopId, Variable};
    let new = |variable: Variable| match variable {
        Variable::Loop(id) => loop_variable(97 - id),
        other => Affine::variable(other),
    };
    fn bound(one: &Bound, new: &dyn Fn(loopwright_ir::Variable) -> Affine) -> Bound {
        let list = |parts: &[Bound]| parts.iter().map(|part| bound(part, new)).collect();
        match one {
            Bound::Quotient { affine, divisor } => {
                Bound::Quotient { affine: affine.substitute(new), divisor: *divisor }
            }
            Bound::Minimum(parts) => Bound::Minimum(list(parts)),
            Bound::Maximum(parts) => Bound::Maximum(list(parts)),
        }
    }
    nodes
        .iter()
        .map(|node| match node.clone() {
            LoopTreeNode::For(mut inner) => {
                inner.body = renumbered(&inner.body);
                inner.id = LoopId(97 - inner.id.0);
                inner.name = format!("other{}", inner.id.0);
                inner.lower = bound(&inner.lower, &new);
                inner.upper = bound(&inner.upper, &new);
                LoopTreeNode::For(inner)
            }
            LoopTreeNode::Statement(mut instance) => {
                let iterators = instance.iterators.iter();
                instance.iterators = iterators.map(|one| one.substitute(new)).collect();
                LoopTreeNode::Statement(instance)
            }
            other => other,
        })
        .collect()
}

#[test]
fn names_and_the_order_of_independent_nests_do_not_matter() {
    let (mut program, tree) = (gemm(128), register_tiled_gemm(128));
    let base = total(&program, &tree, &MACHINE);
    let other = LoopTree { roots: renumbered(&tree.roots) };
    assert_eq!(total(&program, &other, &MACHINE), base);
    for array in &mut program.arrays {
        array.name.push_str("_renamed");
    }
    assert_eq!(total(&program, &tree, &MACHINE), base);
    let small = source_order(8, &[SEQUENTIAL; 3]);
    let join = |left: &LoopTree, right: &LoopTree| LoopTree {
        roots: left.roots.iter().chain(&right.roots).cloned().collect(),
    };
    let forwards = total(&program, &join(&tree, &small), &MACHINE);
    let backwards = total(&program, &join(&small, &tree), &MACHINE);
    assert!((forwards.total / backwards.total - 1.0).abs() < 0.02, "{forwards:?} {backwards:?}");
}

#[test]
fn every_node_has_a_line() {
    for (program, tree) in
        [(gemm(64), register_tiled_gemm(64)), (map(70, false), tiled_map(70, 64))]
    {
        assert_eq!(Nodes::lines(&program, &tree).len(), Nodes::new(&program, &tree).list.len());
    }
}

#[test]
fn terms_add_up_over_the_tree() {
    let (program, tree) = (gemm(300), tiled_gemm(300, 32));
    let analysis = Analysis::new(&program, &tree, &MACHINE, &Rates::usual(&MACHINE));
    let whole = analysis.total();
    let (once, below) = (analysis.with_inside(0), analysis.with_inside(1));
    assert_eq!(once, whole);
    assert!((below.total - whole.total).abs() < 1e-6 * whole.total);
    // No loop moves more than what is around it.
    for level in 0..3 {
        let all = analysis.bytes(0)[level];
        assert!(
            (1..analysis.nodes.list.len()).all(|node| analysis.bytes(node)[level] <= 1.001 * all)
        );
    }
}

#[test]
fn nothing_is_nothing() {
    let empty = LoopTree { roots: Vec::new() };
    assert!(total(&gemm(8), &empty, &MACHINE).total.is_finite());
    let none =
        nest(&[Ring(0, constant(0), constant(-1), Mark::Parallel)], vec![loop_variable(0); 3]);
    assert_eq!(total(&gemm(8), &none, &MACHINE).total.max(1e5), 1e5);
    let huge = Ring(0, constant(0), constant(i64::MAX / 2), SEQUENTIAL);
    let tree = nest(&[huge.clone(), huge], vec![loop_variable(0); 3]);
    assert!(total(&gemm(8), &tree, &MACHINE).total.is_finite());
}
