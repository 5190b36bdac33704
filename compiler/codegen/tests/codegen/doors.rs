//! The typed function's checks, and what the printed forms say.

use crate::build::*;
use crate::gemm::{gemm, inner_product};
use crate::harness::{Loaded, assert_same, fill};
use crate::interpret::interpret;
use loopwright_codegen::{
    COptions, CodegenError, Kernel, Options, SymbolNames, c_prototype, compile, emit_assembly,
    emit_llvm, host_target, print_c, print_dot,
};
use loopwright_ir::*;
use std::ffi::c_void;

const N: [i64; 3] = [6, 14, 5];

fn with_fallback(test: impl Fn(&Kernel<'_>)) {
    let (special, general) = (gemm(N, ElementType::F64, false), gemm(N, ElementType::F64, true));
    let scheduled = inner_product(&special, jam(4), vector(4, 2));
    let original = inner_product(&general, SEQUENTIAL, SEQUENTIAL);
    test(&Kernel { program: &special, tree: &scheduled, fallback: Some((&general, &original)) });
}

fn both_doors(kernel: &Kernel<'_>) -> [(Loaded, &'static str); 2] {
    [(Loaded::native(kernel), "native"), (Loaded::printed(kernel), "printed C")]
}

#[test]
fn other_parameters_take_the_original_loops() {
    with_fallback(|kernel| {
        let (general, original) = kernel.fallback.unwrap();
        for (loaded, door) in both_doors(kernel) {
            for n in [N, [5, 14, 5], [3, 2, 9], [0, 1, 1]] {
                let mut actual = fill(general, &n);
                let mut expected = actual.clone();
                interpret(general, original, &n, &mut expected);
                let pointers: Vec<*mut c_void> =
                    actual.iter_mut().map(|buffer| buffer.as_mut_ptr().cast()).collect();
                loaded.typed(general, &n, &pointers);
                assert_same(general, original, &expected, &actual, door);
            }
        }
    });
}

/// With B inside C, the results depend on the order of every access.
#[test]
fn overlapping_arrays_take_the_original_loops() {
    with_fallback(|kernel| {
        let (general, _) = kernel.fallback.unwrap();
        let start = fill(general, &N);
        let double = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap());
        let read_all = |bytes: &[u8]| -> Vec<f64> { bytes.chunks(8).map(double).collect() };
        let [ni, nj, nk] = N.map(|size| usize::try_from(size).unwrap());
        for shift in [0, 1, nj] {
            // B begins `shift` elements into C.
            let (a, alpha) = (read_all(&start[1]), read_all(&start[3])[0]);
            let beta = read_all(&start[4])[0];
            let first: Vec<f64> =
                read_all(&start[0]).into_iter().chain((0..200).map(f64::from)).collect();
            let mut expected = first.clone();
            for i in 0..ni {
                for j in 0..nj {
                    expected[i * nj + j] *= beta;
                    for k in 0..nk {
                        let b = expected[shift + k * nj + j];
                        expected[i * nj + j] =
                            (alpha * a[i * nk + k]).mul_add(b, expected[i * nj + j]);
                    }
                }
            }
            for (loaded, door) in both_doors(kernel) {
                let mut memory = first.clone();
                let mut others = start.clone();
                let base = memory.as_mut_ptr();
                let pointers: [*mut c_void; 5] = [
                    base.cast(),
                    others[1].as_mut_ptr().cast(),
                    base.wrapping_add(shift).cast(),
                    others[3].as_mut_ptr().cast(),
                    others[4].as_mut_ptr().cast(),
                ];
                loaded.typed(general, &N, &pointers);
                let same = memory.iter().zip(&expected).all(|(x, y)| x.to_bits() == y.to_bits());
                assert!(same, "{door} with a shift of {shift}");
            }
        }
    });
}

#[test]
fn prototypes() {
    let special = gemm(N, ElementType::F64, false);
    assert_eq!(
        c_prototype(&special),
        "void loopwright_gemm(double (*C)[14], double (*A)[5], double (*B)[14], double *alpha, \
         double *beta, int64_t ni, int64_t nj, int64_t nk)"
    );
    let general = gemm(N, ElementType::F32, true);
    assert!(c_prototype(&general).starts_with("void loopwright_gemm(float *C, float *A,"));
}

#[test]
fn printed_c_is_readable() {
    with_fallback(|kernel| {
        let text = print_c(kernel, &COptions::new(kernel.program));
        for line in [
            "      C[t0][t1] *= beta[0];",
            "        C[t0][t1] = fma(alpha[0] * A[t0][t2], B[t2][t1], C[t0][t1]);",
            "  /* unrolled and jammed by 4 */",
        ] {
            assert!(text.lines().any(|found| found == line), "no `{line}` in\n{text}");
        }
        assert!(text.contains("  for (int64_t t0 = 0; t0 < ni; t0++)"), "{text}");
        assert!(text.contains(&c_prototype(kernel.program)));
    });
}

#[test]
fn printed_packs_are_readable() {
    let program = gemm(N, ElementType::F64, false);
    let k = count(2, c(5), Mark::Unroll { factor: 4 }, vec![instance(1, vec![v(0), v(1), v(2)])]);
    let own = pack(ArrayId(0), vec![(v(0), c(1)), (v(1), c(1))], [true, true], vec![k]);
    let j = count(1, c(14), SEQUENTIAL, vec![promote(own)]);
    let rows = vec![(plus(&v(0) * 2, -1), c(2)), (c(0), c(14))];
    let b = ordered(&[1, 0], pack(ArrayId(2), rows, [true, false], vec![j]));
    let tree = tree(vec![count(0, c(6), SEQUENTIAL, vec![b])]);
    let kernel = Kernel { program: &program, tree: &tree, fallback: None };
    let text = print_c(&kernel, &COptions::new(&program));
    for line in [
        "    double B_pack[14][2];",
        "    for (int64_t B_0 = max(0, 2*t0 - 1); B_0 < min(5, 2*t0 + 1); B_0++)",
        "      for (int64_t B_1 = 0; B_1 < 14; B_1++)",
        "        B_pack[B_1][B_0 - 2*t0 + 1] = B[B_0][B_1];",
        "      double C_pack = C[t0][t1];",
        "      #pragma GCC unroll 4",
        "        C_pack = fma(alpha[0] * A[t0][t2], B_pack[t1][t2 - 2*t0 + 1], C_pack);",
        "      C[t0][t1] = C_pack;",
    ] {
        assert!(text.lines().any(|found| found == line), "no `{line}` in\n{text}");
    }
}

/// What is promoted is no memory any more.
#[test]
fn promoted_elements_are_registers() {
    let program = gemm(N, ElementType::F64, false);
    let k = count(2, c(5), SEQUENTIAL, vec![instance(1, vec![v(0), v(1), v(2)])]);
    let body = vec![instance(0, vec![v(0), v(1)]), k];
    let own = pack(ArrayId(0), vec![(v(0), c(1)), (v(1), c(1))], [true, true], body);
    let tree = tree(vec![count(
        0,
        c(6),
        SEQUENTIAL,
        vec![count(1, c(14), SEQUENTIAL, vec![promote(own)])],
    )]);
    let kernel = Kernel { program: &program, tree: &tree, fallback: None };
    let options = Options::new(host_target(), SymbolNames::entry_only());
    let text = emit_llvm(&kernel, &options).unwrap();
    assert!(!text.contains("alloca"), "{text}");
}

#[test]
fn names_that_c_reserves_are_changed() {
    let mut builder = Builder::new("names", &[("min", 8)]);
    let array = builder.array("double", ElementType::F64, vec![c(8)]);
    let other = builder.array("exp", ElementType::F64, vec![c(8)]);
    let value = call(MathFunction::Exponential, ElementType::F64, vec![read(0, ElementType::F64)]);
    builder.statement(1, at(array, vec![i(0)]), vec![at(other, vec![i(0)])], value);
    let inner =
        loop_(0, "exp", q(c(0)), q(plus(p(0), -1)), SEQUENTIAL, vec![instance(0, vec![v(0)])]);
    crate::harness::check(&builder.program, &tree(vec![inner]));
}

#[test]
fn every_form_is_emitted() {
    let program = gemm(N, ElementType::F64, false);
    let tree = inner_product(&program, Mark::Parallel, vector(4, 3));
    let kernel = Kernel { program: &program, tree: &tree, fallback: None };
    let options = Options::new(host_target(), SymbolNames::both(&program));
    let llvm = emit_llvm(&kernel, &options).unwrap();
    assert!(llvm.contains("@loopwright_entry(") && llvm.contains("__kmpc_fork_call"));
    assert!(emit_assembly(&kernel, &options).unwrap().contains("loopwright_gemm:"));
    assert!(compile(&kernel, &options).unwrap().object.starts_with(b"\x7fELF"));
    let dot = print_dot(&program, &tree);
    assert!(dot.contains("for t0 parallel") && dot.contains("for t1 vector 4 x 3"));
}

#[test]
fn wrong_requests_are_errors() {
    let program = gemm(N, ElementType::F64, false);
    let good = inner_product(&program, SEQUENTIAL, SEQUENTIAL);
    let kernel = Kernel { program: &program, tree: &good, fallback: None };
    let mut options = Options::new(host_target(), SymbolNames::both(&program));
    options.pipeline = "no-such-pass".to_owned();
    assert!(matches!(compile(&kernel, &options), Err(CodegenError::Pipeline { .. })));
    let mut options = Options::new(host_target(), SymbolNames::both(&program));
    options.target.triple = "no-such-machine".to_owned();
    assert!(matches!(compile(&kernel, &options), Err(CodegenError::UnknownTarget { .. })));
    let options = Options::new(host_target(), SymbolNames::both(&program));
    // A loop variable that no loop around has.
    let stray = tree(vec![count(0, c(3), SEQUENTIAL, vec![instance(0, vec![v(0), v(7)])])]);
    let kernel = Kernel { program: &program, tree: &stray, fallback: None };
    assert!(matches!(compile(&kernel, &options), Err(CodegenError::IllFormed(_))));
}
