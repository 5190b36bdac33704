//! What the source reads, divides or calls under a condition only: not without it, whatever the loops' marks are.

use crate::build::*;
use crate::harness::{check, check_native};
use crate::interpret::Buffers;
use crate::pages::{Place, check_both_ends, check_pages};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;
const I: ElementType = ElementType::I32;
const N: i64 = 37;

fn marks() -> Vec<Mark> {
    vec![
        SEQUENTIAL,
        Mark::Unroll { factor: 4 },
        jam(4),
        vector(4, 1),
        vector(8, 2),
        vector(3, 2),
        vector(16, 1),
    ]
}

/// `flag != 0`.
fn set(flag: Expression) -> Expression {
    compare(CompareOperation::NotEqual, I, flag, integer(0, I))
}

/// Sets an array of `int`s.
fn set_flags(buffers: &mut Buffers, array: usize, value: impl Fn(usize) -> i32) {
    for (position, slot) in buffers[array].chunks_exact_mut(4).enumerate() {
        slot.copy_from_slice(&value(position).to_le_bytes());
    }
}

/// `B[i] = f[i] ? A[subscripts] : 0.5` with `A` of these extents.
fn guarded_read(extents: &[i64], subscripts: Vec<Affine>) -> Program {
    let mut builder = Builder::new("guarded_read", &[]);
    let b = builder.array("B", F, vec![c(N)]);
    let f = builder.array("f", I, vec![c(N)]);
    let a = builder.array("A", F, extents.iter().map(|extent| c(*extent)).collect());
    let reads = vec![at(f, vec![i(0)]), at(a, subscripts)];
    let body = select(F, set(read(0, I)), read(1, F), number(0.5, F));
    builder.statement(1, at(b, vec![i(0)]), reads, body);
    builder.program
}

fn along(mark: Mark) -> LoopTree {
    tree(vec![count(0, c(N), mark, vec![instance(0, vec![v(0)])])])
}

#[test]
fn a_null_pointer_behind_flags_that_are_not_set() {
    let shapes: Vec<(Vec<i64>, Vec<Affine>)> = vec![
        (vec![N], vec![i(0)]),
        (vec![N], vec![plus(-&i(0), N - 1)]),
        (vec![1], vec![c(0)]),
        (vec![2 * N], vec![&i(0) * 2]),
        (vec![N, 5], vec![i(0), c(3)]),
    ];
    for (extents, subscripts) in shapes {
        let program = guarded_read(&extents, subscripts);
        for mark in marks() {
            let places = [Place::Whole, Place::Whole, Place::Null];
            check_both_ends(&program, &along(mark), &places, |buffers| {
                set_flags(buffers, 1, |_| 0);
            });
            check_native(&program, &along(mark));
        }
    }
}

/// Flags up to any element, in the midst of a vector too, and the elements up to there.
#[test]
fn lanes_read_their_own_elements_only() {
    for some in [1_usize, 3, 9, 17, 36] {
        let forward = guarded_read(&[N], vec![i(0)]);
        let backward = guarded_read(&[N], vec![plus(-&i(0), N - 1)]);
        for mark in marks() {
            for (program, place) in [(&forward, Place::First(some)), (&backward, Place::Last(some))]
            {
                let places = [Place::Whole, Place::Whole, place];
                check_both_ends(program, &along(mark), &places, |buffers| {
                    set_flags(buffers, 1, |position| i32::from(position < some));
                });
            }
        }
    }
    // A row is a page.
    let rows = guarded_read(&[N, 512], vec![i(0), c(511)]);
    for mark in marks() {
        let open = |position: usize| (position * 7).is_multiple_of(3);
        let pages = Place::Pages((0..usize::try_from(N).unwrap()).map(open).collect());
        let places = [Place::Whole, Place::Whole, pages];
        check_both_ends(&rows, &along(mark), &places, |buffers| {
            set_flags(buffers, 1, |position| i32::from(open(position)));
        });
    }
}

/// `B[i] = f[i] ? (g[i] ? A[i] + A[0] : C[i]) : D[i]`, `f[i] && g[i]`, and a condition that reads under another one.
#[test]
fn conditions_in_conditions() {
    let mut builder = Builder::new("nested", &[]);
    let b = builder.array("B", F, vec![c(N)]);
    let f = builder.array("f", I, vec![c(N)]);
    let g = builder.array("g", I, vec![c(N)]);
    let a = builder.array("A", F, vec![c(N)]);
    let c_ = builder.array("C", F, vec![c(N)]);
    let here = |array| at(array, vec![i(0)]);
    let reads = vec![here(f), here(g), here(a), at(a, vec![c(0)]), here(c_)];
    let sum = binary(BinaryOperation::Add, F, read(2, F), read(3, F));
    let inner = select(F, set(read(1, I)), sum, read(4, F));
    let nested = select(F, set(read(0, I)), inner.clone(), number(2.0, F));
    let both = set(select(I, set(read(0, I)), set(read(1, I)), integer(0, I)));
    let and = select(F, both, read(2, F), number(1.0, F));
    // f[i] ? (C[i] > 0 ? C[i] + A[i] : C[i]) : 2
    let positive = compare(CompareOperation::Greater, F, read(4, F), number(0.0, F));
    let sum = binary(BinaryOperation::Add, F, read(4, F), read(2, F));
    let own = select(F, set(read(0, I)), select(F, positive, sum, read(4, F)), number(2.0, F));
    for (number, body) in [nested, and, own].into_iter().enumerate() {
        let mut builder = Builder { program: builder.program.clone() };
        builder.statement(1, at(b, vec![i(0)]), reads.clone(), body);
        let program = builder.program;
        for mark in marks() {
            check(&program, &along(mark));
            let whole = || Place::Whole;
            // No f: nothing else is there.
            let places = [whole(), whole(), Place::Null, Place::Null, Place::Null];
            check_both_ends(&program, &along(mark), &places, |buffers| {
                set_flags(buffers, 1, |_| 0);
            });
            if number == 2 {
                continue;
            }
            // No g: A is not there.
            let places = [whole(), whole(), whole(), Place::Null, whole()];
            check_both_ends(&program, &along(mark), &places, |buffers| {
                set_flags(buffers, 1, |position| i32::from(position % 3 > 0));
                set_flags(buffers, 2, |_| 0);
            });
            // Some of both, and A up to there.
            let places = [whole(), whole(), whole(), Place::First(13), whole()];
            check_both_ends(&program, &along(mark), &places, |buffers| {
                set_flags(buffers, 1, |position| i32::from(position % 3 > 0));
                set_flags(buffers, 2, |position| i32::from(position < 13));
            });
        }
    }
}

/// `C[i][j] += f[k or j] ? 2 * A[k] * x[j] : 0`: what all lanes share, what is computed ahead, what is kept.
#[test]
fn nothing_is_computed_ahead_of_a_condition() {
    for flag in [i(2), i(1)] {
        let mut builder = Builder::new("ahead", &[]);
        let c_ = builder.array("C", F, vec![c(9), c(N)]);
        let f = builder.array("f", I, vec![c(N)]);
        let a = builder.array("A", F, vec![c(N)]);
        let x = builder.array("x", F, vec![c(N)]);
        let target = at(c_, vec![i(0), i(1)]);
        let reads = vec![target.clone(), at(f, vec![flag]), at(a, vec![i(2)]), at(x, vec![i(1)])];
        let scaled = binary(BinaryOperation::Multiply, F, number(2.0, F), read(2, F));
        let product = binary(BinaryOperation::Multiply, F, scaled, read(3, F));
        let term = select(F, set(read(1, I)), product, number(0.0, F));
        let body = binary(BinaryOperation::Add, F, read(0, F), term);
        builder.statement(3, target, reads, body);
        let program = builder.program;
        for outer in [SEQUENTIAL, jam(4)] {
            for middle in [SEQUENTIAL, jam(2), vector(4, 1), vector(8, 2)] {
                for inner in [SEQUENTIAL, Mark::Unroll { factor: 4 }] {
                    let body = vec![instance(0, vec![v(0), v(1), v(2)])];
                    let inner = vec![count(2, c(N), inner, body)];
                    let middle = vec![count(1, c(N), middle, inner)];
                    let tree = tree(vec![count(0, c(9), outer, middle)]);
                    check_native(&program, &tree);
                    let places = [Place::Whole, Place::Whole, Place::Null, Place::Whole];
                    check_pages(&program, &tree, &places, |buffers| {
                        set_flags(buffers, 1, |_| 0);
                    });
                }
            }
        }
    }
}

/// Rows kept in registers and squares that are transposed: `B[i] = f[i] ? A[i] + A[i + 1] + A[i + 2] : 0` and
/// `y[i] += f[i] ? M[i][j] : 1`.
#[test]
fn nothing_is_kept_that_a_condition_guards() {
    let mut builder = Builder::new("rows", &[]);
    let b = builder.array("B", F, vec![c(N)]);
    let f = builder.array("f", I, vec![c(N)]);
    let a = builder.array("A", F, vec![c(N + 2)]);
    let mut reads = vec![at(f, vec![i(0)])];
    reads.extend((0..3).map(|offset| at(a, vec![plus(i(0), offset)])));
    let first = binary(BinaryOperation::Add, F, read(1, F), read(2, F));
    let sum = binary(BinaryOperation::Add, F, first, read(3, F));
    builder.statement(1, at(b, vec![i(0)]), reads, select(F, set(read(0, I)), sum, number(0.0, F)));
    let rows = builder.program;
    let mut builder = Builder::new("squares", &[]);
    let y = builder.array("y", F, vec![c(N)]);
    let f = builder.array("f", I, vec![c(N)]);
    let m = builder.array("M", F, vec![c(N), c(N)]);
    let target = at(y, vec![i(0)]);
    let reads = vec![target.clone(), at(f, vec![i(0)]), at(m, vec![i(0), i(1)])];
    let term = select(F, set(read(1, I)), read(2, F), number(1.0, F));
    builder.statement(2, target, reads, binary(BinaryOperation::Add, F, read(0, F), term));
    let squares = builder.program;
    for mark in marks() {
        let inner = count(1, c(N), SEQUENTIAL, vec![instance(0, vec![v(0), v(1)])]);
        let along_rows = tree(vec![count(0, c(N), mark, vec![inner])]);
        for (program, tree) in [(&rows, &along(mark)), (&squares, &along_rows)] {
            let places = [Place::Whole, Place::Whole, Place::Null];
            check_both_ends(program, tree, &places, |buffers| set_flags(buffers, 1, |_| 0));
            check_native(program, tree);
        }
    }
}

/// `A[1][k] = B[k]; C[k] = f[k] ? A[0][3] : 1`, where the first row is not there.
#[test]
fn an_element_of_a_written_array_is_not_loaded_ahead() {
    let mut builder = Builder::new("kept", &[]);
    let a = builder.array("A", F, vec![c(2), c(512)]);
    let b = builder.array("B", F, vec![c(N)]);
    let c_ = builder.array("C", F, vec![c(N)]);
    let f = builder.array("f", I, vec![c(N)]);
    builder.statement(1, at(a, vec![c(1), i(0)]), vec![at(b, vec![i(0)])], read(0, F));
    let reads = vec![at(f, vec![i(0)]), at(a, vec![c(0), c(3)])];
    let body = select(F, set(read(0, I)), read(1, F), number(1.0, F));
    builder.statement(1, at(c_, vec![i(0)]), reads, body);
    for mark in marks() {
        let body = vec![instance(0, vec![v(0)]), instance(1, vec![v(0)])];
        let tree = tree(vec![count(0, c(N), mark, body)]);
        let rows = Place::Pages(vec![false, true]);
        let places = [rows, Place::Whole, Place::Whole, Place::Whole];
        check_both_ends(&builder.program, &tree, &places, |buffers| {
            set_flags(buffers, 3, |_| 0);
        });
        check_native(&builder.program, &tree);
    }
}

/// `Q[i] = D[i] != 0 && D[i] != -1 ? X[i] op D[i] : 7`, with one divisor for all lanes as well.
#[test]
fn divisions_under_a_condition_do_not_trap() {
    for (operation, element) in [
        (BinaryOperation::Divide, I),
        (BinaryOperation::Remainder, I),
        (BinaryOperation::Divide, ElementType::U64),
        (BinaryOperation::Remainder, ElementType::I8),
    ] {
        for divisor in [i(0), c(2)] {
            let mut builder = Builder::new("division", &[]);
            let q_ = builder.array("Q", element, vec![c(N)]);
            let x = builder.array("X", element, vec![c(N)]);
            let d = builder.array("D", element, vec![c(N)]);
            let reads = vec![at(x, vec![i(0)]), at(d, vec![divisor])];
            let unequal = |value| {
                compare(
                    CompareOperation::NotEqual,
                    element,
                    read(1, element),
                    integer(value, element),
                )
            };
            let both = set(select(I, unequal(0), unequal(-1), integer(0, I)));
            let quotient = binary(operation, element, read(0, element), read(1, element));
            let body = select(element, both, quotient, integer(7, element));
            builder.statement(1, at(q_, vec![i(0)]), reads, body);
            let size = usize::try_from(element.bytes()).unwrap();
            for mark in marks() {
                let places = [Place::Whole, Place::Whole, Place::Whole];
                check_both_ends(&builder.program, &along(mark), &places, |buffers| {
                    // The least value divided by 0, -1, 1, 2.
                    for slot in buffers[1].chunks_exact_mut(size) {
                        slot.fill(0);
                        slot[size - 1] = 0x80;
                    }
                    for (position, slot) in buffers[2].chunks_exact_mut(size).enumerate() {
                        let value = i64::try_from(position % 4).unwrap() - 1;
                        slot.copy_from_slice(&value.to_le_bytes()[..size]);
                    }
                });
            }
        }
    }
}

/// `B[i] = f[i] ? exp(A[i]) : A[i]`.
#[test]
fn functions_under_a_condition() {
    let mut builder = Builder::new("functions", &[]);
    let b = builder.array("B", F, vec![c(N)]);
    let f = builder.array("f", I, vec![c(N)]);
    let a = builder.array("A", F, vec![c(N)]);
    let reads = vec![at(f, vec![i(0)]), at(a, vec![i(0)])];
    let value = call(MathFunction::Exponential, F, vec![read(1, F)]);
    let body = select(F, set(read(0, I)), value, read(1, F));
    builder.statement(1, at(b, vec![i(0)]), reads, body);
    for mark in marks() {
        let places = [Place::Whole, Place::Whole, Place::Whole];
        check_both_ends(&builder.program, &along(mark), &places, |buffers| {
            set_flags(buffers, 1, |position| i32::from(position % 3 == 0));
        });
    }
}
