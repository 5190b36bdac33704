//! Local copies of parts of arrays. The oracle knows nothing of them: a right copy changes no result.

use crate::build::*;
use crate::gemm::gemm;
use crate::harness::{check, check_entry, check_native, check_printed, check_printed_by_gcc};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;
const IN: [bool; 2] = [true, false];
const BOTH: [bool; 2] = [true, true];

/// An array's position, the order of its buffer, and whether it is copied in and out.
type Packed<'a> = (usize, &'a [usize], [bool; 2]);

fn everywhere(program: &Program, tree: &LoopTree) {
    check(program, tree);
    check_printed_by_gcc(program, tree);
}

/// `Y[i] = Y[i] + X[i + shift - 1] * X[i]` over `i` from 1 to 38; X has 40 elements.
fn neighbours(element: ElementType, shift: i64) -> Program {
    let mut builder = Builder::new("neighbours", &[]);
    let x = builder.array("X", element, vec![c(40)]);
    let y = builder.array("Y", element, vec![c(40)]);
    let target = at(y, vec![i(0)]);
    let reads = vec![target.clone(), at(x, vec![plus(i(0), shift - 1)]), at(x, vec![i(0)])];
    let product = binary(BinaryOperation::Multiply, element, read(1, element), read(2, element));
    let body = binary(BinaryOperation::Add, element, read(0, element), product);
    builder.statement(1, target, reads, body);
    builder.program
}

#[test]
fn one_dimension_of_every_type() {
    for element in ElementType::ALL {
        let program = neighbours(element, 2);
        for mark in [SEQUENTIAL, vector(8, 1), vector(4, 2), jam(3), Mark::Unroll { factor: 3 }] {
            // Tiles of 7 with one element around: the boxes of the first and the last stick out.
            let inner = loop_(
                1,
                "i",
                Bound::Maximum(vec![q(&v(0) * 7), q(c(1))]),
                Bound::Minimum(vec![q(plus(&v(0) * 7, 6)), q(c(38))]),
                mark,
                vec![instance(0, vec![v(1)])],
            );
            let around = vec![(plus(&v(0) * 7, -1), c(9))];
            let x = LoopTreeNode::Pack(pack(ArrayId(0), around, IN, vec![inner]));
            let own = vec![(&v(0) * 7, c(7))];
            let y = LoopTreeNode::Pack(pack(ArrayId(1), own, BOTH, vec![x]));
            let tree = tree(vec![count(0, c(6), SEQUENTIAL, vec![y])]);
            check_native(&program, &tree);
            if mark == SEQUENTIAL {
                check_printed(&program, &tree);
                check_printed_by_gcc(&program, &tree);
            }
        }
    }
}

/// `Y[i] += (s[0] * X[i + 1]) * X[i]`: one copy of X holds products with `s[0]`, one the elements; and
/// `Y[i] += (s[i] * X[i + 1]) * X[i]`, where there is no such factor.
#[test]
fn products_with_a_factor_have_a_copy_of_their_own() {
    for element in [F, ElementType::F32, ElementType::I32] {
        for factor in [c(0), i(0)] {
            let mut builder = Builder::new("scaled", &[]);
            let x = builder.array("X", element, vec![c(40)]);
            let y = builder.array("Y", element, vec![c(40)]);
            let s = builder.array("s", element, vec![c(40)]);
            let target = at(y, vec![i(0)]);
            let next = at(x, vec![plus(i(0), 1)]);
            let reads = vec![target.clone(), at(s, vec![factor]), next, at(x, vec![i(0)])];
            let multiply = |left, right| binary(BinaryOperation::Multiply, element, left, right);
            let scaled = multiply(read(1, element), read(2, element));
            let product = multiply(scaled, read(3, element));
            let body = binary(BinaryOperation::Add, element, read(0, element), product);
            builder.statement(1, target, reads, body);
            let program = builder.program;
            for mark in [SEQUENTIAL, vector(4, 2)] {
                let inner = loop_(
                    1,
                    "i",
                    Bound::Maximum(vec![q(&v(0) * 7), q(c(1))]),
                    Bound::Minimum(vec![q(plus(&v(0) * 7, 6)), q(c(38))]),
                    mark,
                    vec![instance(0, vec![v(1)])],
                );
                let x = pack(ArrayId(0), vec![(&v(0) * 7, c(8))], IN, vec![inner]);
                let tree = tree(vec![count(0, c(6), SEQUENTIAL, vec![LoopTreeNode::Pack(x)])]);
                everywhere(&program, &tree);
            }
        }
    }
}

/// `C[i][j] += (s[0] * A[i][k]) * A[j][k]`, both operands with copies of their own or only one of them: the copy
/// of `A[i][k]` holds products, that of `A[j][k]` is turned around.
#[test]
fn two_reads_of_an_array_have_copies_of_their_own() {
    for element in [F, ElementType::F32, ElementType::I64] {
        let mut builder = Builder::new("rows", &[]);
        let a = builder.array("A", element, vec![c(19), c(13)]);
        let c_array = builder.array("C", element, vec![c(19), c(19)]);
        let s = builder.array("s", element, vec![c(1)]);
        let target = at(c_array, vec![i(0), i(1)]);
        let (left, right) = (at(a, vec![i(0), i(2)]), at(a, vec![i(1), i(2)]));
        let reads = vec![target.clone(), at(s, vec![c(0)]), left.clone(), right.clone()];
        let multiply = |left, right| binary(BinaryOperation::Multiply, element, left, right);
        let product = multiply(multiply(read(1, element), read(2, element)), read(3, element));
        let body = binary(BinaryOperation::Add, element, read(0, element), product);
        builder.statement(3, target, reads, body);
        let program = builder.program;
        let for_reads = |read: &Access, pack: Pack| {
            let (statement, subscripts) = (StatementId(0), read.subscripts.clone());
            Pack { reads: Some(PackedReads { statement, subscripts }), ..pack }
        };
        for (marks, packs) in [
            ([SEQUENTIAL, SEQUENTIAL, SEQUENTIAL], [true, true]),
            ([SEQUENTIAL, SEQUENTIAL, SEQUENTIAL], [false, true]),
            ([Mark::Parallel, jam(4), vector(8, 1)], [true, true]),
            ([Mark::Parallel, jam(4), vector(4, 2)], [true, false]),
            ([SEQUENTIAL, jam(2), vector(8, 1)], [false, true]),
        ] {
            let k = point(5, 2, 5, 13, SEQUENTIAL, vec![instance(0, vec![v(3), v(4), v(5)])]);
            let j = point(4, 1, 8, 19, marks[2], vec![k]);
            let mut body = point(3, 0, 4, 19, marks[1], vec![j]);
            if packs[1] {
                let box_ = vec![(&v(1) * 8, c(8)), (&v(2) * 5, c(5))];
                body = ordered(&[1, 0], for_reads(&right, pack(a, box_, IN, vec![body])));
            }
            if packs[0] {
                let box_ = vec![(&v(0) * 4, c(4)), (&v(2) * 5, c(5))];
                body = LoopTreeNode::Pack(for_reads(&left, pack(a, box_, IN, vec![body])));
            }
            let kt = count(2, c(tiles(13, 5)), SEQUENTIAL, vec![body]);
            let jt = count(1, c(tiles(19, 8)), SEQUENTIAL, vec![kt]);
            everywhere(&program, &tree(vec![count(0, c(tiles(19, 4)), marks[0], vec![jt])]));
        }
    }
}

/// `A[i] += A[k]` for 8 values of `k` behind those of `i`: what is written cannot be what is read from the copy.
#[test]
fn an_element_that_is_written_stays_in_a_register_beside_a_copy() {
    let mut builder = Builder::new("behind", &[]);
    let a = builder.array("A", F, vec![c(40)]);
    let target = at(a, vec![i(0)]);
    let reads = vec![target.clone(), at(a, vec![i(1)])];
    let body = binary(BinaryOperation::Add, F, read(0, F), read(1, F));
    builder.statement(2, target, reads, body);
    let program = builder.program;
    let reads = PackedReads { statement: StatementId(0), subscripts: vec![i(1)] };
    for mark in [SEQUENTIAL, vector(4, 2)] {
        let k = loop_(1, "k", q(c(32)), q(c(39)), SEQUENTIAL, vec![instance(0, vec![v(0), v(1)])]);
        let rows = loop_(0, "i", q(c(0)), q(c(31)), mark, vec![k]);
        let copy = pack(a, vec![(c(32), c(8))], IN, vec![rows]);
        everywhere(
            &program,
            &tree(vec![LoopTreeNode::Pack(Pack { reads: Some(reads.clone()), ..copy })]),
        );
    }
}

/// A tiled matrix multiplication with the named arrays packed around the tile.
fn tiled(n: [i64; 3], marks: [Mark; 4], packs: &[Packed<'_>]) -> LoopTree {
    let first = count(
        0,
        c(n[0]),
        SEQUENTIAL,
        vec![count(1, c(n[1]), vector(4, 1), vec![instance(0, vec![v(0), v(1)])])],
    );
    let k = point(7, 4, 5, n[2], marks[3], vec![instance(1, vec![v(5), v(6), v(7)])]);
    let j = point(6, 3, 8, n[1], marks[2], vec![k]);
    let mut body = point(5, 2, 4, n[0], marks[1], vec![j]);
    let side = |dimension: usize| match dimension {
        0 => (&v(2) * 4, c(4)),
        1 => (&v(3) * 8, c(8)),
        _ => (&v(4) * 5, c(5)),
    };
    let dimensions = [[0, 1], [0, 2], [2, 1]];
    for (array, order, copies) in packs {
        let box_ = match dimensions.get(*array) {
            Some(dimensions) => dimensions.iter().map(|dimension| side(*dimension)).collect(),
            None => Vec::new(),
        };
        let node = pack(ArrayId(*array), box_, *copies, vec![body]);
        body = ordered(order, node);
    }
    let kt = count(4, c(tiles(n[2], 5)), SEQUENTIAL, vec![body]);
    let jt = count(3, c(tiles(n[1], 8)), SEQUENTIAL, vec![kt]);
    tree(vec![first, count(2, c(tiles(n[0], 4)), marks[0], vec![jt])])
}

#[test]
fn tiles_of_matrices() {
    let own: &[usize] = &[0, 1];
    let turned: &[usize] = &[1, 0];
    let all: [&[Packed<'_>]; 6] = [
        &[(2, own, IN)],
        &[(2, turned, IN)],
        &[(1, turned, IN), (2, own, IN)],
        &[(0, own, BOTH)],
        &[(0, turned, BOTH), (1, own, IN), (2, own, IN)],
        &[(3, &[], IN), (0, own, BOTH)],
    ];
    // Divisible by the tiles, and not.
    for n in [[8, 16, 10], [9, 19, 7]] {
        for element in [F, ElementType::F32, ElementType::I16] {
            let program = gemm(n, element, false);
            for packs in all {
                for marks in [
                    [SEQUENTIAL; 4],
                    [SEQUENTIAL, jam(4), vector(4, 2), SEQUENTIAL],
                    [Mark::Parallel, vector(4, 1), jam(2), Mark::Unroll { factor: 2 }],
                ] {
                    let tree = tiled(n, marks, packs);
                    check_native(&program, &tree);
                }
            }
        }
        let program = gemm(n, F, false);
        for packs in all {
            let marks = [Mark::Parallel, SEQUENTIAL, SEQUENTIAL, Mark::Unroll { factor: 2 }];
            let tree = tiled(n, marks, packs);
            check_printed(&program, &tree);
            check_printed_by_gcc(&program, &tree);
        }
    }
}

/// The lanes run along a dimension that is not the buffer's innermost, or that becomes it.
#[test]
fn lanes_follow_the_buffers_strides() {
    let mut builder = Builder::new("transpose", &[]);
    let x = builder.array("X", F, vec![c(9), c(11)]);
    let y = builder.array("Y", F, vec![c(11), c(9)]);
    builder.statement(2, at(y, vec![i(1), i(0)]), vec![at(x, vec![i(0), i(1)])], read(0, F));
    let program = builder.program;
    for marks in [[jam(2), vector(4, 2)], [vector(4, 2), jam(2)], [vector(8, 1), SEQUENTIAL]] {
        for order in [[0, 1], [1, 0]] {
            let body = vec![instance(0, vec![v(0), v(1)])];
            let loops = count(0, c(9), marks[0], vec![count(1, c(11), marks[1], body)]);
            let inner = pack(y, vec![(c(-1), c(13)), (c(0), c(9))], [false, true], vec![loops]);
            let inner = ordered(&order, inner);
            let outer = pack(x, vec![(c(0), c(9)), (c(-2), c(14))], IN, vec![inner]);
            check_native(&program, &tree(vec![ordered(&order, outer)]));
        }
    }
}

/// `Y[i][j][k] = Y[i][j][k] * 0.5 + X[i][j + 1][k]`, boxes in all orders, sticking out on all sides.
#[test]
fn three_dimensions_in_every_order() {
    let mut builder = Builder::new("cube", &[]);
    let extents = vec![c(6), c(7), c(11)];
    let x = builder.array("X", ElementType::F32, extents.clone());
    let y = builder.array("Y", ElementType::F32, extents);
    let f = ElementType::F32;
    let target = at(y, vec![i(0), i(1), i(2)]);
    let reads = vec![target.clone(), at(x, vec![i(0), plus(i(1), 1), i(2)])];
    let body = multiply_add(f, read(0, f), number(0.5, f), read(1, f));
    builder.statement(3, target, reads, body);
    let program = builder.program;
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        for mark in [SEQUENTIAL, vector(4, 1)] {
            let body = vec![instance(0, vec![v(2), v(3), v(4)])];
            let k = count(4, c(11), mark, body);
            let j = point(3, 1, 4, 6, jam(2), vec![k]);
            let i = point(2, 0, 4, 6, SEQUENTIAL, vec![j]);
            let box_ = |shift: i64, more: i64| {
                vec![
                    (&v(0) * 4, c(4)),
                    (plus(&v(1) * 4, shift), c(4 + more)),
                    (c(-more), c(11 + 2 * more)),
                ]
            };
            let inner = ordered(&order, pack(x, box_(1, 0), IN, vec![i]));
            let outer = ordered(&order, pack(y, box_(-1, 2), BOTH, vec![inner]));
            let tree = tree(vec![count(
                0,
                c(2),
                Mark::Parallel,
                vec![count(1, c(2), SEQUENTIAL, vec![outer])],
            )]);
            check_native(&program, &tree);
            if mark == SEQUENTIAL {
                check_printed(&program, &tree);
                check_printed_by_gcc(&program, &tree);
            }
        }
    }
}

/// Boxes that are transposed by squares, with what is left on every side, of every size of element.
#[test]
fn transposed_boxes_of_every_type() {
    for element in ElementType::ALL {
        let mut builder = Builder::new("turned", &[]);
        let x = builder.array("X", element, vec![c(3), c(37), c(29)]);
        let y = builder.array("Y", element, vec![c(3), c(37), c(29)]);
        let target = at(y, vec![i(0), i(1), i(2)]);
        let reads = vec![target.clone(), at(x, vec![i(0), i(1), i(2)])];
        let body = binary(BinaryOperation::Add, element, read(0, element), read(1, element));
        builder.statement(3, target, reads, body);
        for order in [[0, 2, 1], [2, 1, 0], [2, 0, 1]] {
            let body = vec![instance(0, vec![v(1), v(2), v(3)])];
            let k = count(3, c(29), SEQUENTIAL, vec![point(2, 0, 19, 37, jam(2), body)]);
            let loops = count(1, c(3), SEQUENTIAL, vec![k]);
            let box_ = || vec![(c(0), c(3)), (&v(0) * 19, c(19)), (c(-1), c(31))];
            let inner = ordered(&order, pack(x, box_(), IN, vec![loops]));
            let outer = ordered(&order, pack(y, box_(), BOTH, vec![inner]));
            check_native(&builder.program, &tree(vec![count(0, c(2), SEQUENTIAL, vec![outer])]));
        }
    }
}

/// Extents known at run time: of the arrays, of the boxes, in and out of a parallel loop.
#[test]
fn parametric_boxes() {
    let n = [6, 14, 5];
    let program = gemm(n, F, true);
    for order in [[0, 1], [1, 0]] {
        for marks in [[SEQUENTIAL; 3], [jam(2), vector(4, 1), SEQUENTIAL], [Mark::Parallel; 3]] {
            let k = count(2, p(2), marks[2], vec![instance(1, vec![v(0), v(1), v(2)])]);
            // A sum may not be shared among threads.
            let k = match k {
                LoopTreeNode::For(inner) if inner.mark == Mark::Parallel => {
                    LoopTreeNode::For(For { mark: SEQUENTIAL, ..inner })
                }
                other => other,
            };
            let j = count(1, p(1), marks[1], vec![instance(0, vec![v(0), v(1)]), k]);
            let row = vec![(v(0), c(1)), (c(0), p(2))];
            let row = ordered(&order, pack(ArrayId(1), row, IN, vec![j.clone()]));
            let inside = match marks[0] {
                Mark::UnrollJam { .. } => j,
                _ => row,
            };
            let i = count(0, p(0), marks[0], vec![inside]);
            let b = vec![(c(-1), plus(p(2), 3)), (c(0), p(1))];
            let b = ordered(&order, pack(ArrayId(2), b, IN, vec![i]));
            let whole = vec![(c(0), p(0)), (c(0), p(1))];
            let node = ordered(&order, pack(ArrayId(0), whole, BOTH, vec![b]));
            everywhere(&program, &tree(vec![node]));
        }
    }
}

/// Too large for the stack: one buffer a call, or one a thread, shared by packs that follow another.
#[test]
fn large_boxes() {
    let mut builder = Builder::new("large", &[]);
    let x = builder.array("X", F, vec![c(120), c(130)]);
    let y = builder.array("Y", F, vec![c(120), c(130)]);
    let target = at(y, vec![i(0), i(1)]);
    let reads = vec![target.clone(), at(x, vec![i(0), i(1)])];
    let body = multiply_add(F, read(0, F), number(0.5, F), read(1, F));
    builder.statement(2, target, reads, body);
    let program = builder.program;
    for mark in [SEQUENTIAL, Mark::Parallel, Mark::Unroll { factor: 2 }] {
        let part = |first: u32| {
            let rows = loop_(
                first,
                &format!("i{first}"),
                q(&v(0) * 40),
                q(plus(&v(0) * 40, 39)),
                SEQUENTIAL,
                vec![count(
                    first + 1,
                    c(130),
                    vector(4, 1),
                    vec![instance(0, vec![v(first), v(first + 1)])],
                )],
            );
            let box_ = || vec![(plus(&v(0) * 40, -20), c(80)), (c(0), c(130))];
            let inner = ordered(&[1, 0], pack(x, box_(), IN, vec![rows]));
            LoopTreeNode::Pack(pack(y, box_(), BOTH, vec![inner]))
        };
        // Copying back rows of other threads would be a race: without it, the boxes only fit.
        if mark == Mark::Parallel {
            let rows = part(1);
            let LoopTreeNode::Pack(outer) = rows else { panic!("a pack") };
            let [inner] = <[LoopTreeNode; 1]>::try_from(outer.body).unwrap();
            everywhere(&program, &tree(vec![count(0, c(3), mark, vec![inner])]));
            continue;
        }
        everywhere(&program, &tree(vec![count(0, c(3), mark, vec![part(1), part(3)])]));
    }
}

/// A sum in a variable of its own: `S2` adds to `C[i][j]` over `k`.
#[test]
fn promoted_elements() {
    for element in [F, ElementType::I8, ElementType::F32] {
        let n = [5, 7, 9];
        let program = gemm(n, element, false);
        for mark in [SEQUENTIAL, Mark::Parallel, Mark::Unroll { factor: 3 }] {
            let k = count(2, c(9), SEQUENTIAL, vec![instance(1, vec![v(0), v(1), v(2)])]);
            let own = vec![(v(0), c(1)), (v(1), c(1))];
            let body = vec![instance(0, vec![v(0), v(1)]), k];
            let node = promote(pack(ArrayId(0), own, BOTH, body));
            let node = promote(pack(ArrayId(3), Vec::new(), IN, vec![node]));
            let tree =
                tree(vec![count(0, c(5), mark, vec![count(1, c(7), SEQUENTIAL, vec![node])])]);
            everywhere(&program, &tree);
        }
    }
    // The lanes share the element, and the box lies outside of the array for the last rows.
    let program = neighbours(F, 2);
    let body = |id: u32| count(id, c(4), vector(4, 1), vec![instance(0, vec![plus(v(id), 10)])]);
    let other = vec![(plus(&v(0) * 30, 9), c(1))];
    let node = promote(pack(ArrayId(0), other.clone(), IN, Vec::new()));
    let after = promote(pack(ArrayId(1), other, BOTH, Vec::new()));
    let inside = vec![node, after, body(1)];
    everywhere(&program, &tree(vec![count(0, c(3), SEQUENTIAL, inside)]));
}

/// Packs of arrays that the loops do not all touch, boxes without a common element with the array,
/// and packs in loops that never run.
#[test]
fn boxes_outside_and_loops_that_never_run() {
    let program = neighbours(F, 2);
    let far = |origin: i64| vec![(plus(&v(0) * 100, origin), c(8))];
    let body = vec![count(1, c(4), SEQUENTIAL, vec![instance(0, vec![plus(v(1), 1)])])];
    let x = pack(ArrayId(0), far(-50), BOTH, Vec::new());
    let inside = vec![
        LoopTreeNode::Pack(x),
        LoopTreeNode::Pack(pack(ArrayId(1), vec![(c(0), c(40))], BOTH, body.clone())),
    ];
    everywhere(&program, &tree(vec![count(0, c(2), SEQUENTIAL, inside)]));
    let never = LoopTreeNode::Pack(pack(ArrayId(1), vec![(c(0), c(0))], BOTH, body));
    everywhere(&program, &tree(vec![count(0, c(0), SEQUENTIAL, vec![never])]));
}

/// Many arrays, all in buffers at once, more than the stack takes.
#[test]
fn many_buffers() {
    let mut builder = Builder::new("many", &[]);
    let arrays: Vec<_> =
        (0..7).map(|number| builder.array(&format!("A{number}"), F, vec![c(8192)])).collect();
    for pair in arrays.windows(2) {
        let target = at(pair[1], vec![i(0)]);
        let body = multiply_add(F, read(0, F), number(0.5, F), read(1, F));
        builder.statement(1, target.clone(), vec![target, at(pair[0], vec![i(0)])], body);
    }
    let body = (0..6).map(|statement| instance(statement, vec![v(0)])).collect();
    let mut node = count(0, c(8192), vector(4, 1), body);
    for array in arrays {
        node = LoopTreeNode::Pack(pack(array, vec![(c(0), c(8192))], BOTH, vec![node]));
    }
    check_entry(&builder.program, &tree(vec![node]));
}
