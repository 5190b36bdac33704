//! How fast the generated code and the compiler are. Ignored by default: figures for people, run by
//! `cargo test --release -p loopwright-codegen -- --ignored --nocapture speed`.

use crate::build::*;
use crate::gemm::{gemm, inner_product, outer_product};
use crate::harness::{Loaded, fill};
use loopwright_codegen::{Kernel, Options, SymbolNames, compile, emit_assembly, host_target};
use loopwright_ir::*;
use std::time::Instant;

/// Seconds of processor time that the process has used: other processes disturb it less than they
/// disturb the clock on the wall. With one thread it is the time of the call.
fn processor_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid and the clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// `PIPELINE` in the environment replaces the passes.
fn options() -> Options {
    let mut options = Options::new(host_target(), SymbolNames::entry_only());
    if let Ok(pipeline) = std::env::var("PIPELINE") {
        options.pipeline = pipeline;
    }
    options
}

/// A tile of a matrix multiplication that fits in the L2 cache, under a register tile.
#[test]
#[ignore = "prints speeds, checks nothing but the result"]
fn register_tile() {
    let n = [96, 120, 120];
    let program = gemm(n, ElementType::F64, false);
    for (rows, vectors, inner) in [
        (4, 3, 1),
        (6, 2, 1),
        (8, 1, 1),
        (12, 1, 1),
        (4, 2, 1),
        (5, 2, 1),
        (3, 3, 1),
        (2, 6, 1),
        (3, 4, 1),
        (4, 3, 2),
        (4, 3, 4),
        (6, 2, 4),
    ] {
        let tree = tree(vec![
            count(
                0,
                c(n[0]),
                SEQUENTIAL,
                vec![count(1, c(n[1]), vector(4, 1), vec![instance(0, vec![v(0), v(1)])])],
            ),
            count(
                3,
                c(n[1]),
                vector(4, vectors),
                vec![count(
                    2,
                    c(n[0]),
                    jam(rows),
                    vec![count(
                        4,
                        c(n[2]),
                        if inner > 1 { jam(inner) } else { SEQUENTIAL },
                        vec![instance(1, vec![v(2), v(3), v(4)])],
                    )],
                )],
            ),
        ]);
        let kernel = Kernel { program: &program, tree: &tree, fallback: None };
        let options = options();
        let mut compile_time = f64::INFINITY;
        for _ in 0..5 {
            let start = processor_seconds();
            compile(&kernel, &options).unwrap();
            compile_time = compile_time.min(processor_seconds() - start);
        }
        if let Ok(folder) = std::env::var("ASSEMBLY") {
            let path = format!("{folder}/gemm_{rows}x{vectors}x{inner}.s");
            std::fs::write(path, emit_assembly(&kernel, &options).unwrap()).unwrap();
        }
        let loaded = Loaded::native_with(&kernel, &options);
        let mut buffers = fill(&program, &n);
        let mut best = f64::INFINITY;
        for _ in 0..300 {
            let start = Instant::now();
            loaded.entry(&n, &mut buffers);
            best = best.min(start.elapsed().as_secs_f64());
        }
        let operations = 2.0 * (n[0] * n[1] * n[2]) as f64;
        eprintln!(
            "{rows} x {vectors} vectors x {inner}: {:.1} GFLOP/s, compiled in {:.1} ms",
            operations / best / 1e9,
            compile_time * 1e3
        );
    }
}

/// PolyBench's LARGE size, tiled and parallel.
#[test]
#[ignore = "prints speeds, checks nothing but the result"]
fn large_tiled() {
    let n = [1000, 1100, 1200];
    let program = gemm(n, ElementType::F64, false);
    let mut buffers = fill(&program, &n);
    let original = outer_product(&program, [SEQUENTIAL; 4]);
    let loaded = Loaded::printed(&Kernel { program: &program, tree: &original, fallback: None });
    let pointers: Vec<_> = buffers.iter_mut().map(|buffer| buffer.as_mut_ptr().cast()).collect();
    for _ in 0..3 {
        let start = processor_seconds();
        loaded.typed(&program, &n, &pointers);
        eprintln!("clang: {:.0} ms", (processor_seconds() - start) * 1e3);
    }
    for (sizes, rows, vectors) in [
        ([100, 1100, 120], 4, 3),
        ([100, 1100, 60], 4, 3),
        ([100, 1100, 48], 4, 3),
        ([1000, 1100, 60], 4, 3),
        ([1000, 1100, 60], 6, 2),
        ([100, 132, 120], 4, 3),
        ([100, 132, 240], 4, 3),
        ([60, 96, 240], 6, 2),
        ([20, 24, 120], 4, 3),
    ] {
        let tiles = |dimension: usize| tiles(n[dimension], sizes[dimension]);
        let first = count(
            0,
            c(n[0]),
            Mark::Parallel,
            vec![count(1, c(n[1]), vector(4, 4), vec![instance(0, vec![v(0), v(1)])])],
        );
        let body = vec![instance(1, vec![v(5), v(6), v(7)])];
        let k = point(7, 4, sizes[2], n[2], SEQUENTIAL, body);
        let i = point(5, 2, sizes[0], n[0], jam(rows), vec![k]);
        let j = point(6, 3, sizes[1], n[1], vector(4, vectors), vec![i]);
        let kt = count(4, c(tiles(2)), SEQUENTIAL, vec![j]);
        let jt = count(3, c(tiles(1)), SEQUENTIAL, vec![kt]);
        let second = count(2, c(tiles(0)), Mark::Parallel, vec![jt]);
        let tree = tree(vec![first, second]);
        let kernel = Kernel { program: &program, tree: &tree, fallback: None };
        let options = options();
        let start = processor_seconds();
        compile(&kernel, &options).unwrap();
        let compile_time = processor_seconds() - start;
        let loaded = Loaded::native_with(&kernel, &options);
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let start = processor_seconds();
            loaded.entry(&n, &mut buffers);
            best = best.min(processor_seconds() - start);
        }
        let operations = 2.0 * (n[0] * n[1] * n[2]) as f64;
        eprintln!(
            "tiles {sizes:?}, {rows} x {vectors} vectors: {:.1} GFLOP/s, {:.0} ms, compiled in {:.1} ms",
            operations / best / 1e9,
            best * 1e3,
            compile_time * 1e3
        );
    }
}

/// An array's position, the order of its buffer, and whether it is copied in and out.
type Packed = (usize, [usize; 2], [bool; 2]);

/// The same with tiles of A, B or C in buffers. Each schedule alternates with the one without.
#[test]
#[ignore = "prints speeds, checks nothing but the result"]
fn large_packed() {
    const IN: [bool; 2] = [true, false];
    let n = [1000, 1100, 1200];
    let program = gemm(n, ElementType::F64, false);
    let mut buffers = fill(&program, &n);
    // In the order (i, j, k) or (k, j, i) of the tiles' loops.
    for (sizes, kernel_at) in [
        ([64, 64, 64], (4, 3)),
        ([100, 132, 120], (4, 3)),
        ([1000, 1100, 60], (4, 3)),
        ([1000, 48, 240], (4, 3)),
    ] {
        let build = |packs: &[Packed]| {
            let first = count(
                0,
                c(n[0]),
                SEQUENTIAL,
                vec![count(1, c(n[1]), vector(4, 4), vec![instance(0, vec![v(0), v(1)])])],
            );
            let k =
                point(7, 4, sizes[2], n[2], SEQUENTIAL, vec![instance(1, vec![v(5), v(6), v(7)])]);
            let i = point(5, 2, sizes[0], n[0], jam(kernel_at.0), vec![k]);
            let mut body = point(6, 3, sizes[1], n[1], vector(4, kernel_at.1), vec![i]);
            let side =
                |dimension: usize, outer: u32| (&v(outer) * sizes[dimension], c(sizes[dimension]));
            for (array, order, copies) in packs {
                let box_ = match array {
                    0 => vec![side(0, 2), side(1, 3)],
                    1 => vec![side(0, 2), side(2, 4)],
                    _ => vec![side(2, 4), side(1, 3)],
                };
                body = ordered(order, pack(ArrayId(*array), box_, *copies, vec![body]));
            }
            let kt = count(4, c(tiles(n[2], sizes[2])), SEQUENTIAL, vec![body]);
            let jt = count(3, c(tiles(n[1], sizes[1])), SEQUENTIAL, vec![kt]);
            tree(vec![first, count(2, c(tiles(n[0], sizes[0])), SEQUENTIAL, vec![jt])])
        };
        let kinds: [(&str, &[Packed]); 6] = [
            ("nothing", &[]),
            ("B", &[(2, [0, 1], IN)]),
            ("A", &[(1, [0, 1], IN)]),
            ("A turned", &[(1, [1, 0], IN)]),
            ("A turned, B", &[(1, [1, 0], IN), (2, [0, 1], IN)]),
            ("C", &[(0, [0, 1], [true, true])]),
        ];
        let loaded: Vec<_> = kinds
            .iter()
            .map(|(name, packs)| {
                let tree = build(packs);
                let kernel = Kernel { program: &program, tree: &tree, fallback: None };
                if let Ok(folder) = std::env::var("ASSEMBLY") {
                    let path = format!("{folder}/packed_{}_{name}.s", sizes[1]);
                    std::fs::write(path, emit_assembly(&kernel, &options()).unwrap()).unwrap();
                }
                Loaded::native_with(&kernel, &options())
            })
            .collect();
        let mut best = vec![f64::INFINITY; kinds.len()];
        for _ in 0..5 {
            for (loaded, best) in loaded.iter().zip(&mut best) {
                let start = processor_seconds();
                loaded.entry(&n, &mut buffers);
                *best = best.min(processor_seconds() - start);
            }
        }
        for ((name, _), best_time) in kinds.iter().zip(&best) {
            eprintln!(
                "tiles {sizes:?}, packed {name}: {:.0} ms, {:.3} of the time without",
                best_time * 1e3,
                best_time / best[0]
            );
        }
    }
}

/// Loops without marks, which LLVM's own passes have to make fast.
#[test]
#[ignore = "prints speeds, checks nothing but the result"]
fn unmarked() {
    let n = [120, 1100, 130];
    let program = gemm(n, ElementType::F64, false);
    let gemm_tree = outer_product(&program, [SEQUENTIAL; 4]);
    measure("gemm", &program, &gemm_tree);
    let dot_tree = inner_product(&program, SEQUENTIAL, SEQUENTIAL);
    measure("gemm, k innermost", &program, &dot_tree);

    let mut builder = Builder::new("stencil", &[]);
    let element = ElementType::F64;
    let size = 1000;
    let (a, b) = (
        builder.array("A", element, vec![c(size), c(size)]),
        builder.array("B", element, vec![c(size), c(size)]),
    );
    let shifted = |row: i64, column: i64| at(a, vec![plus(i(0), row), plus(i(1), column)]);
    let reads = vec![shifted(0, 0), shifted(0, -1), shifted(0, 1), shifted(1, 0), shifted(-1, 0)];
    let sum = (1..5).fold(read(0, element), |sum, position| {
        binary(BinaryOperation::Add, element, sum, read(position, element))
    });
    let body = binary(BinaryOperation::Multiply, element, number(0.2, element), sum);
    builder.statement(2, at(b, vec![i(0), i(1)]), reads, body);
    for (name, mark) in [("stencil", SEQUENTIAL), ("stencil, vector", vector(4, 2))] {
        let inner =
            loop_(1, "j", q(c(1)), q(c(size - 2)), mark, vec![instance(0, vec![v(0), v(1)])]);
        let outer = loop_(0, "i", q(c(1)), q(c(size - 2)), SEQUENTIAL, vec![inner]);
        measure(name, &builder.program, &tree(vec![outer]));
    }
}

fn measure(name: &str, program: &Program, tree: &LoopTree) {
    let kernel = Kernel { program, tree, fallback: None };
    let parameters = program.parameter_values().unwrap();
    let mut buffers = fill(program, &parameters);
    let options = options();
    let start = processor_seconds();
    compile(&kernel, &options).unwrap();
    let compile_time = processor_seconds() - start;
    let (native, printed) = (Loaded::native_with(&kernel, &options), Loaded::printed(&kernel));
    let pointers: Vec<_> = buffers.iter_mut().map(|buffer| buffer.as_mut_ptr().cast()).collect();
    let (mut ours, mut clang) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..30 {
        let start = processor_seconds();
        native.entry(&parameters, &mut buffers);
        let middle = processor_seconds();
        printed.typed(program, &parameters, &pointers);
        ours = ours.min(middle - start);
        clang = clang.min(processor_seconds() - middle);
    }
    eprintln!(
        "{name}: {:.2} ms, clang {:.2} ms, compiled in {:.1} ms",
        ours * 1e3,
        clang * 1e3,
        compile_time * 1e3
    );
}
