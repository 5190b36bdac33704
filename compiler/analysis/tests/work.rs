//! Operations and traffic of the PolyBench kernels at their large sizes, against the formulas of
//! their registry.

use loopwright_analysis::Work;
use loopwright_frontend::{Options, parse};
use loopwright_ir::Program;
use loopwright_polybench::{Kernel, OperationKind, Size, kernels};
use std::path::Path;

fn load(folder: &Path, kernel: &Kernel, size: Size) -> Program {
    let options = Options {
        compiler_arguments: vec![format!("-D{}", size.define())],
        contraction: true,
        ..Options::default()
    };
    let unit = parse(&folder.join(kernel.relative_path), &options).expect("it parses");
    let mut program =
        unit.regions.into_iter().find_map(|region| region.result.ok()).expect("a region");
    for (name, value) in kernel.sizes(size) {
        for parameter in &mut program.parameters {
            if parameter.value.is_none() && parameter.name.eq_ignore_ascii_case(name) {
                parameter.value = i64::try_from(value).ok();
            }
        }
    }
    program
}

#[test]
fn operations_are_those_of_the_registry() {
    let folder = tempfile::tempdir().expect("a folder");
    loopwright_polybench::write_sources(folder.path()).expect("written");
    for kernel in kernels() {
        for size in [Size::Mini, Size::Large] {
            let work = Work::of(&load(folder.path(), kernel, size)).expect("it is counted");
            let counted = match kernel.operation_kind {
                OperationKind::FloatingPoint => work.floating,
                OperationKind::Integer => work.integer,
            };
            let expected = kernel.floating_point_operations(size);
            assert_eq!(counted, expected, "{} at {size}", kernel.name);
            assert_eq!(work.operations(), expected, "{} at {size}", kernel.name);
        }
    }
}

#[test]
fn traffic_counts_each_touched_element_once() {
    let folder = tempfile::tempdir().expect("a folder");
    loopwright_polybench::write_sources(folder.path()).expect("written");
    let work = |name: &str| {
        let kernel = loopwright_polybench::by_name(name).expect("a kernel");
        Work::of(&load(folder.path(), kernel, Size::Large)).expect("it is counted")
    };
    // A and B are read, C is read and written; alpha and beta are two numbers.
    let gemm = work("gemm");
    let (ni, nj, nk) = (1000, 1100, 1200);
    assert_eq!(gemm.written_bytes, 8 * ni * nj);
    assert_eq!(gemm.read_bytes, 8 * (ni * nk + nk * nj + ni * nj + 2));
    assert_eq!(gemm.touched_bytes, gemm.read_bytes);
    // The lower triangle of L with its diagonal, b, and x, which is read after it is written.
    let trisolv = work("trisolv");
    let n = 2000;
    assert_eq!(trisolv.read_bytes, 8 * (n * (n + 1) / 2 + n + n));
    assert_eq!(trisolv.written_bytes, 8 * n);
    assert_eq!(trisolv.touched_bytes, trisolv.read_bytes);
}
