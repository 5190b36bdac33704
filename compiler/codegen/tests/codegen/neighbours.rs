//! Rows whose vectors a loop keeps in registers.

use crate::build::*;
use crate::harness::{Loaded, assert_same, fill, options};
use crate::interpret::interpret;
use loopwright_codegen::{Kernel, Options, Target, emit_llvm, host_target};
use loopwright_ir::*;
use std::ffi::c_void;

const F: ElementType = ElementType::F64;

/// Memory that ends, or begins, where nobody may read.
struct Fenced {
    base: *mut c_void,
    reserved: usize,
    data: *mut u8,
}

impl Fenced {
    fn new(bytes: &[u8], at_end: bool) -> Self {
        // SAFETY: fresh pages of the kernel's choice; those between the first and the last are made usable.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap();
            let pages = bytes.len().next_multiple_of(page).max(page);
            let reserved = pages + 2 * page;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let base = libc::mmap(std::ptr::null_mut(), reserved, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(base, libc::MAP_FAILED);
            let inside = base.byte_add(page);
            assert_eq!(libc::mprotect(inside, pages, libc::PROT_READ | libc::PROT_WRITE), 0);
            let data = inside.byte_add(if at_end { pages - bytes.len() } else { 0 }).cast::<u8>();
            data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            Self { base, reserved, data }
        }
    }
}

impl Drop for Fenced {
    fn drop(&mut self) {
        // SAFETY: the range is this value's own.
        unsafe { libc::munmap(self.base, self.reserved) };
    }
}

/// Runs natively, rows in registers wherever possible, each array between fences, and compares with the oracle.
pub fn check(program: &Program, tree: &LoopTree) {
    let parameters = program.parameter_values().unwrap();
    let start = fill(program, &parameters);
    let mut expected = start.clone();
    interpret(program, tree, &parameters, &mut expected);
    let kernel = Kernel { program, tree, fallback: None };
    let every = Options { any_neighbours: true, ..options(program) };
    let native = Loaded::native_with(&kernel, &every);
    for at_end in [false, true] {
        let fenced: Vec<_> = start.iter().map(|bytes| Fenced::new(bytes, at_end)).collect();
        let pointers: Vec<_> = fenced.iter().map(|fenced| fenced.data.cast()).collect();
        native.typed(program, &parameters, &pointers);
        let actual: Vec<Vec<u8>> = fenced
            .iter()
            .zip(&start)
            // SAFETY: the memory has as many bytes as it was made from.
            .map(|(fenced, bytes)| unsafe {
                std::slice::from_raw_parts(fenced.data, bytes.len()).to_vec()
            })
            .collect();
        assert_same(program, tree, &expected, &actual, if at_end { "end" } else { "beginning" });
    }
}

/// `B[i + first] = sum over d of A[i + first + offsets[d]]` where the arrays end as soon as they can. `length` is of the loop.
fn stencil(
    element: ElementType,
    first: i64,
    length: Affine,
    value: i64,
    offsets: &[i64],
    mark: Mark,
) -> (Program, LoopTree) {
    let mut builder = Builder::new("stencil", &[("N", value)]);
    let greatest = offsets.iter().max().unwrap();
    let a = builder.array("A", element, vec![plus(length.clone(), first + greatest)]);
    let b = builder.array("B", element, vec![plus(length.clone(), first)]);
    let reads = offsets.iter().map(|offset| at(a, vec![plus(i(0), *offset)])).collect();
    let terms = (0..offsets.len()).map(|position| read(position, element));
    let sum = terms.reduce(|sum, term| binary(BinaryOperation::Add, element, sum, term)).unwrap();
    builder.statement(1, at(b, vec![i(0)]), reads, sum);
    let body = vec![instance(0, vec![v(0)])];
    let last = q(plus(length, first - 1));
    (builder.program, tree(vec![loop_(0, "t", q(c(first)), last, mark, body)]))
}

#[test]
fn rows_of_every_length_and_every_beginning() {
    for offsets in [&[-1, 0, 1][..], &[0, 1], &[-1, 0], &[-3, 2, 5], &[-8, -1, 8], &[1, 2, 3]] {
        for (first, length) in [(8, 5), (8, 8), (9, 8), (9, 23), (8, 40), (15, 41), (8, 512 - 16)] {
            for extent in [c(length), p(0)] {
                let (program, tree) = stencil(F, first, extent, length, offsets, vector(8, 1));
                check(&program, &tree);
            }
        }
    }
}

#[test]
fn elements_of_every_kind_and_vectors_of_every_width() {
    for element in [F, ElementType::F32, ElementType::I8, ElementType::I16, ElementType::I32] {
        for mark in [vector(4, 1), vector(8, 2), vector(16, 1), vector(16, 3), vector(3, 1)] {
            let (program, tree) = stencil(element, 3, c(90), 90, &[-2, 0, 1], mark);
            check(&program, &tree);
        }
    }
}

/// `B[i][j]` of a cross around `A[i][j]`.
fn cross(rows: i64, columns: i64, marks: [Mark; 2]) -> (Program, LoopTree) {
    let mut builder = Builder::new("cross", &[]);
    let [a, b] = ["A", "B"].map(|name| builder.array(name, F, vec![c(rows + 2), c(columns + 2)]));
    let near = |row, column| at(a, vec![plus(i(0), row), plus(i(1), column)]);
    let reads = vec![near(0, 0), near(0, 1), near(0, 2), near(1, 1), near(2, 1)];
    let add = |left, position| binary(BinaryOperation::Add, F, left, read(position, F));
    let sum = (1..5).fold(read(0, F), add);
    builder.statement(2, at(b, vec![plus(i(0), 1), plus(i(1), 1)]), reads, sum);
    let body = vec![instance(0, vec![v(0), v(1)])];
    let inner = count(1, c(columns), marks[1], body);
    (builder.program, tree(vec![count(0, c(rows), marks[0], vec![inner])]))
}

#[test]
fn jammed_rows_share_what_lies_between_them() {
    for rows in [1, 4, 7] {
        for columns in [6, 16, 30, 62] {
            for inner in [vector(8, 1), vector(8, 2), vector(4, 1)] {
                let (program, tree) = cross(rows, columns, [jam(4), inner]);
                check(&program, &tree);
            }
        }
    }
}

/// `A[i + 1][j + 1] = A[i][j + 1] - A[i][j]` with rows in lock-step: each reads what the one before it has just written.
#[test]
fn what_the_loop_writes_is_not_kept() {
    for rows in [2, 3, 8] {
        let mut builder = Builder::new("rows", &[]);
        let a = builder.array("A", F, vec![c(rows + 1), c(100)]);
        let reads = vec![at(a, vec![i(0), plus(i(1), 1)]), at(a, vec![i(0), i(1)])];
        let difference = binary(BinaryOperation::Subtract, F, read(0, F), read(1, F));
        builder.statement(2, at(a, vec![plus(i(0), 1), plus(i(1), 1)]), reads, difference);
        let body = vec![instance(0, vec![v(0), v(1)])];
        let inner = count(1, c(99), vector(8, 1), body);
        let tree = tree(vec![count(0, c(rows), jam(3), vec![inner])]);
        check(&builder.program, &tree);
    }
}

fn shuffles(program: &Program, tree: &LoopTree, target: &Target, any_neighbours: bool) -> bool {
    let kernel = Kernel { program, tree, fallback: None };
    let options = Options { target: target.clone(), any_neighbours, ..options(program) };
    emit_llvm(&kernel, &options).unwrap().contains("shufflevector")
}

#[test]
fn it_is_done_where_every_other_vector_would_lie_across_lines() {
    for (cpu, element, width, expected) in [
        ("x86-64-v4", F, 8, true),
        ("x86-64-v4", ElementType::F32, 16, true),
        ("x86-64-v4", F, 4, false),
        ("x86-64-v4", ElementType::I16, 32, false),
        ("x86-64-v3", F, 4, false),
        ("x86-64-v3", F, 8, false),
    ] {
        let mark = vector(width, 1);
        let (program, tree) = stencil(element, 64, c(400), 400, &[-1, 0, 1], mark);
        let target = Target {
            triple: "x86_64-unknown-linux-gnu".to_owned(),
            cpu: cpu.to_owned(),
            features: String::new(),
            vector_bits: None,
        };
        assert_eq!(shuffles(&program, &tree, &target, false), expected, "{cpu} {element} {width}");
    }
}

/// More rows than registers are loaded as they are.
#[test]
fn too_many_rows_are_not_kept() {
    let kept = |rows| {
        let (program, tree) = cross(rows, 80, [jam(u32::try_from(rows).unwrap()), vector(8, 1)]);
        shuffles(&program, &tree, &host_target(), true)
    };
    assert!(kept(8));
    assert!(!kept(9));
}
