//! What a copy is must show when it is wrong; and ill-formed trees are refused.

use crate::build::*;
use crate::gemm::{gemm, inner_product};
use crate::harness::{Loaded, fill, options};
use loopwright_codegen::{COptions, CodegenError, Kernel, compile, print_c};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

/// `Y[i] = X[i]` with Y in a buffer that is not copied back.
fn lost() -> (Program, Pack) {
    let mut builder = Builder::new("lost", &[]);
    let x = builder.array("X", F, vec![c(12)]);
    let y = builder.array("Y", F, vec![c(12)]);
    builder.statement(1, at(y, vec![i(0)]), vec![at(x, vec![i(0)])], read(0, F));
    let body = vec![count(0, c(12), vector(4, 1), vec![instance(0, vec![v(0)])])];
    let node = pack(y, vec![(c(0), c(12))], [true, false], body);
    (builder.program, node)
}

/// The accesses do go to the buffer.
#[test]
fn what_is_not_copied_back_is_lost() {
    let (program, node) = lost();
    for copy_out in [false, true] {
        let tree = tree(vec![LoopTreeNode::Pack(Pack { copy_out, ..node.clone() })]);
        let kernel = Kernel { program: &program, tree: &tree, fallback: None };
        let start = fill(&program, &[]);
        for loaded in
            [Loaded::native(&kernel), Loaded::printed(&kernel), Loaded::printed_by_gcc(&kernel)]
        {
            let mut actual = start.clone();
            let pointers: Vec<_> =
                actual.iter_mut().map(|buffer| buffer.as_mut_ptr().cast()).collect();
            loaded.typed(&program, &[], &pointers);
            assert_eq!(actual[1], start[usize::from(!copy_out)]);
        }
    }
}

/// The loops that run when arrays overlap work on no copies.
#[test]
fn the_fallback_ignores_packs_and_marks() {
    let (program, node) = lost();
    let tree = tree(vec![LoopTreeNode::Pack(node)]);
    let kernel = Kernel { program: &program, tree: &tree, fallback: Some((&program, &tree)) };
    for loaded in [Loaded::native(&kernel), Loaded::printed(&kernel)] {
        let mut memory: Vec<f64> = (0..13).map(f64::from).collect();
        let base = memory.as_mut_ptr();
        // Y begins one element after X.
        loaded.typed(&program, &[], &[base.cast(), base.wrapping_add(1).cast()]);
        assert!(memory.iter().all(|value| value.to_bits() == 0.0_f64.to_bits()));
    }
}

/// A sum of as many terms as may be is compiled in a thread as small as threads are, and one more is refused.
#[test]
fn values_are_nested_within_bounds() {
    for (terms, compiles) in [(loopwright_ir::verify::MOST_NESTED, true), (2000, false)] {
        let mut builder = Builder::new("deep", &[]);
        let x = builder.array("X", F, vec![c(12)]);
        let y = builder.array("Y", F, vec![c(12)]);
        let sum = (1..terms).fold(read(0, F), |sum, term| {
            binary(BinaryOperation::Add, F, sum, number(term as f64, F))
        });
        builder.statement(1, at(y, vec![i(0)]), vec![at(x, vec![i(0)])], sum);
        let tree = tree(vec![count(0, c(12), vector(4, 2), vec![instance(0, vec![v(0)])])]);
        let program = builder.program;
        let small = std::thread::Builder::new().stack_size(2 << 20);
        let outcome = small.spawn(move || {
            let kernel = Kernel { program: &program, tree: &tree, fallback: None };
            let compiled = compile(&kernel, &options(&program)).map(|_| ());
            if compiled.is_ok() {
                assert!(print_c(&kernel, &COptions::new(&program)).contains(" + 2.0"));
            }
            compiled
        });
        let outcome = outcome.unwrap().join().unwrap();
        assert_eq!(outcome.is_ok(), compiles, "{outcome:?}");
        if let Err(error) = outcome {
            assert!(matches!(error, CodegenError::TooDeep { .. }), "{error}");
        }
    }
}

fn refused(program: &Program, tree: &LoopTree, part: &str) {
    let kernel = Kernel { program, tree, fallback: None };
    match compile(&kernel, &options(program)) {
        Err(CodegenError::IllFormed(text)) => assert!(text.contains(part), "{text}"),
        other => panic!("{other:?} instead of an error about {part}"),
    }
    // There is no error to give in C, but no panic either.
    print_c(&kernel, &COptions::new(program));
}

#[test]
fn packs_that_do_not_fit_are_refused() {
    let (program, node) = lost();
    let with = |change: &dyn Fn(&mut Pack)| {
        let mut pack = node.clone();
        change(&mut pack);
        tree(vec![LoopTreeNode::Pack(pack)])
    };
    let refused = |part: &str, change: &dyn Fn(&mut Pack)| refused(&program, &with(change), part);
    refused("an array that does not exist", &|pack| pack.array = ArrayId(7));
    refused("dimensions", &|pack| pack.order = vec![1]);
    refused("dimensions", &|pack| pack.order = vec![]);
    refused("dimensions", &|pack| pack.origin.push(c(0)));
    refused("dimensions", &|pack| pack.extents.clear());
    refused("more than one element", &|pack| pack.register = true);
    refused("has no value", &|pack| pack.origin[0] = v(9));
    refused("has no value", &|pack| pack.extents[0] = p(3));
    refused("larger than any memory", &|pack| pack.extents[0] = c(i64::MAX));
    refused("another one of it", &|pack| {
        pack.body = vec![LoopTreeNode::Pack(Pack { body: Vec::new(), ..pack.clone() })];
    });
}

#[test]
fn packs_in_lock_step_are_refused() {
    let (program, node) = lost();
    for mark in [jam(4), vector(4, 1), vector(1, 3)] {
        let inside = LoopTreeNode::Pack(Pack { body: Vec::new(), ..node.clone() });
        let inside = count(2, c(3), SEQUENTIAL, vec![inside]);
        refused(&program, &tree(vec![count(1, c(8), mark, vec![inside])]), "lock-step");
    }
    // Extents of the size of a loop's variable would differ from one buffer to the next.
    let growing = Pack { extents: vec![v(1)], ..node };
    let growing = count(1, c(8), SEQUENTIAL, vec![LoopTreeNode::Pack(growing)]);
    refused(&program, &tree(vec![growing]), "has no value");
}

#[test]
fn ill_formed_trees_and_programs_are_refused() {
    let program = gemm([4, 4, 4], F, false);
    let good = inner_product(&program, SEQUENTIAL, SEQUENTIAL);
    let one = |node: LoopTreeNode| tree(vec![node]);
    let all = |id| vec![instance(1, vec![v(id), v(id), v(id)])];
    refused(&program, &one(instance(9, vec![])), "does not exist");
    refused(&program, &one(instance(1, vec![c(0)])), "has no value");
    refused(&program, &one(count(0, p(8), SEQUENTIAL, all(0))), "has no value");
    let zero = loop_(0, "i", divided(c(4), 0), q(c(3)), SEQUENTIAL, all(0));
    refused(&program, &one(zero), "divided by 0");
    let nothing = loop_(0, "i", Bound::Maximum(vec![]), q(c(3)), SEQUENTIAL, all(0));
    refused(&program, &one(nothing), "of nothing");
    let twice = count(0, c(4), SEQUENTIAL, vec![count(0, c(4), SEQUENTIAL, all(0))]);
    refused(&program, &one(twice), "two nested loops");

    let with = |change: &dyn Fn(&mut Program), part: &str| {
        let mut broken = program.clone();
        change(&mut broken);
        refused(&broken, &good, part);
    };
    with(&|program| program.statements[1].reads.truncate(2), "a read that does not exist");
    with(&|program| program.statements[1].write.array = ArrayId(9), "does not exist");
    with(&|program| program.arrays[0].extents.push(c(2)), "number of subscripts");
    with(&|program| program.arrays[1].element = ElementType::F32, "another type");
    with(&|program| program.arrays[0].extents[0] = v(0), "has no value");
    let mixed = binary(BinaryOperation::Add, F, read(0, F), integer(1, ElementType::I32));
    with(&|program| program.statements[0].body = mixed.clone(), "different types");
}
