//! How fast the generated code and the compiler are. Ignored by default: figures for people, run by
//! `cargo test --release -p loopwright-codegen -- --ignored --nocapture speed`.

use crate::build::*;
use crate::gemm::gemm;
use crate::harness::{Loaded, fill};
use loopwright_codegen::{Kernel, Options, SymbolNames, compile, emit_assembly, host_target};
use loopwright_ir::*;
use std::time::Instant;

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
        let mut options = Options::new(host_target(), SymbolNames::entry_only());
        if let Ok(pipeline) = std::env::var("PIPELINE") {
            options.pipeline = pipeline;
        }
        let mut compile_time = f64::INFINITY;
        for _ in 0..5 {
            let start = Instant::now();
            compile(&kernel, &options).unwrap();
            compile_time = compile_time.min(start.elapsed().as_secs_f64());
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
