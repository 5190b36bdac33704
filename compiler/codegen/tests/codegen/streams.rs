//! Vectors that are stored past the caches: what the machine code has, and its results.

use crate::build::*;
use crate::harness::{check_native, options};
use loopwright_codegen::{
    COptions, Kernel, Options, SymbolNames, Target, emit_assembly, emit_llvm, print_c,
};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

fn streamed(statement: usize, iterators: Vec<Affine>) -> LoopTreeNode {
    let statement = StatementId(statement);
    LoopTreeNode::Statement(Instance { statement, iterators, streamed: true })
}

/// `B[i + first] = A[i]` in a vector loop.
fn copy(size: i64, first: i64, element: ElementType, width: u32) -> (Program, LoopTree) {
    let mut builder = Builder::new("copy", &[]);
    let a = builder.array("A", element, vec![c(size)]);
    let b = builder.array("B", element, vec![c(size + first)]);
    let write = at(b, vec![plus(i(0), first)]);
    builder.statement(1, write, vec![at(a, vec![i(0)])], read(0, element));
    let body = vec![streamed(0, vec![v(0)])];
    (builder.program, tree(vec![count(0, c(size), vector(width, 2), body)]))
}

/// `B[i][j] = A[i][j] + 1` with rows in parallel or in lock-step and columns in lanes, followed by
/// `C[i][j] = B[i][j]`, likewise.
fn rows(length: Affine, size: i64, mark: Mark, value: i64) -> (Program, LoopTree) {
    let mut builder = Builder::new("rows", &[("N", value)]);
    let [a, b, c_] =
        ["A", "B", "C"].map(|name| builder.array(name, F, vec![c(size), length.clone()]));
    let element = |array| at(array, vec![i(0), i(1)]);
    let sum = binary(BinaryOperation::Add, F, read(0, F), number(1.0, F));
    builder.statement(2, element(b), vec![element(a)], sum);
    builder.statement(2, element(c_), vec![element(b)], read(0, F));
    let nest = |statement: usize| {
        let ids = if statement == 0 { [0, 1] } else { [2, 3] };
        let body = vec![streamed(statement, vec![v(ids[0]), v(ids[1])])];
        let inner = count(ids[1], length.clone(), vector(8, 2), body);
        count(ids[0], c(size), mark, vec![inner])
    };
    (builder.program, tree(vec![nest(0), nest(1)]))
}

fn on(cpu: &str, triple: &str, program: &Program) -> Options {
    let (triple, cpu) = (triple.to_owned(), cpu.to_owned());
    let target = Target { triple, cpu, features: String::new(), vector_bits: None };
    Options { target, ..options(program) }
}

fn assembly(program: &Program, tree: &LoopTree, cpu: &str) -> String {
    let kernel = Kernel { program, tree, fallback: None };
    emit_assembly(&kernel, &on(cpu, "x86_64-unknown-linux-gnu", program)).unwrap()
}

/// Whether some line has both.
fn has(text: &str, instruction: &str, register: &str) -> bool {
    text.lines().any(|line| line.contains(instruction) && line.contains(register))
}

#[test]
fn every_beginning_of_every_element() {
    for element in [F, ElementType::F32, ElementType::I8, ElementType::I16, ElementType::I32] {
        for first in 0..9 {
            for (size, width) in [(0, 8), (3, 8), (16, 8), (61, 8), (61, 4), (200, 64), (50, 3)] {
                let (program, tree) = copy(size, first, element, width);
                check_native(&program, &tree);
            }
        }
    }
}

#[test]
fn rows_of_any_length_in_any_order() {
    for mark in [SEQUENTIAL, Mark::Parallel, jam(4)] {
        for length in [5, 24, 32, 61] {
            for extent in [c(length), p(0)] {
                let (program, tree) = rows(extent, 9, mark, length);
                check_native(&program, &tree);
            }
        }
    }
}

#[test]
fn vectors_of_the_machine_are_stored_past_the_caches() {
    let (program, tree) = copy(1000, 3, F, 8);
    for (cpu, register) in [("x86-64-v4", "zmm"), ("x86-64-v3", "ymm"), ("x86-64", "xmm")] {
        let text = assembly(&program, &tree, cpu);
        assert!(has(&text, "movntp", register), "{cpu}: {text}");
        assert!(text.contains("sfence"), "{cpu}: {text}");
        assert!(!text.contains("movnti"), "{cpu}: {text}");
    }
    let (program, tree) = copy(1000, 3, ElementType::F32, 16);
    assert!(has(&assembly(&program, &tree, "x86-64-v4"), "movntp", "zmm"));
}

#[test]
fn nothing_is_without_the_mark() {
    let (program, mut tree) = copy(1000, 3, F, 8);
    let [LoopTreeNode::For(inner)] = tree.roots.as_mut_slice() else { panic!("one loop") };
    inner.body = vec![instance(0, vec![v(0)])];
    let text = assembly(&program, &tree, "x86-64-v4");
    assert!(!text.contains("movnt") && !text.contains("sfence"), "{text}");
}

#[test]
fn every_thread_waits_for_its_stores() {
    // Wherever others may go on: of a team where it begins, meets and ends, and where the function ends.
    let (program, tree) = rows(c(64), 8, Mark::Parallel, 64);
    let kernel = Kernel { program: &program, tree: &tree, fallback: None };
    let mut options = on("x86-64-v4", "x86_64-unknown-linux-gnu", &program);
    "verify".clone_into(&mut options.pipeline);
    options.names = SymbolNames { typed: None, ..options.names };
    let text = emit_llvm(&kernel, &options).unwrap();
    let mut meetings = 0;
    for (name, signals) in [
        ("rows.parallel.1.worker", ["@__kmpc_barrier(", "ret void"]),
        ("loopwright.scheduled", ["@__kmpc_fork_call(", "ret void"]),
    ] {
        let (_, rest) = text.split_once(&format!("define internal void @{name}(ptr")).unwrap();
        let (body, _) = rest.split_once("\n}").unwrap();
        let lines: Vec<&str> = body.lines().collect();
        for pair in lines.windows(2).filter(|pair| signals.iter().any(|it| pair[1].contains(it))) {
            assert!(pair[0].contains("@llvm.x86.sse.sfence()"), "{name}: {body}");
            meetings += 1;
        }
    }
    assert!(meetings >= 5, "{meetings}: {text}");
}

#[test]
fn rows_in_lock_step_need_whole_vectors() {
    for (length, streams) in [(64, true), (61, false)] {
        let (program, tree) = rows(c(length), 8, jam(4), length);
        let text = assembly(&program, &tree, "x86-64-v4");
        assert_eq!(has(&text, "movntp", "zmm"), streams, "{length}: {text}");
    }
}

#[test]
fn other_machines_have_the_hint() {
    let (program, tree) = copy(1000, 3, F, 4);
    let kernel = Kernel { program: &program, tree: &tree, fallback: None };
    let options = on("", "aarch64-unknown-linux-gnu", &program);
    let text = emit_assembly(&kernel, &options).unwrap();
    assert!(text.contains("stnp"), "{text}");
}

#[test]
fn c_says_what_it_cannot_do() {
    let (program, tree) = copy(40, 3, F, 8);
    let kernel = Kernel { program: &program, tree: &tree, fallback: None };
    let text = print_c(&kernel, &COptions::new(&program));
    assert!(text.contains("/* its vectors are to be stored past the caches */\n"), "{text}");
}
