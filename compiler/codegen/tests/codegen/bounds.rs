//! Bounds, conditions, strides: where loops begin and end and where elements lie.

use crate::build::*;
use crate::harness::{check, check_native};
use loopwright_ir::*;

const F: ElementType = ElementType::F64;

/// `Y[i] = Y[i] * 0.5 + i` over 1-D, 40 elements.
fn line(subscript: Affine) -> Program {
    let mut builder = Builder::new("line", &[]);
    let y = builder.array("Y", F, vec![c(40)]);
    let index = Expression::Index { value: i(0), element: ElementType::I64 };
    let body = multiply_add(F, read(0, F), number(0.5, F), cast(F, index));
    builder.statement(1, at(y, vec![subscript.clone()]), vec![at(y, vec![subscript])], body);
    builder.program
}

#[test]
fn quotients_round_exactly_for_negative_numbers() {
    let program = line(plus(i(0), 20));
    let mut roots = Vec::new();
    for numerator in -9..=9 {
        for divisor in [2, 3, 8] {
            let id = u32::try_from(roots.len()).unwrap();
            let upper = Bound::Minimum(vec![divided(c(numerator + 17), divisor), q(c(6))]);
            let lower = divided(c(numerator), divisor);
            let name = format!("i{id}");
            let body = vec![instance(0, vec![v(id)])];
            roots.push(loop_(id, &name, lower, upper, SEQUENTIAL, body));
        }
    }
    check_native(&program, &tree(roots));
    // Not folded by the compiler: the numerator is a loop's variable.
    let inner = loop_(
        1,
        "j",
        divided(&v(0) * -2, 3),
        Bound::Maximum(vec![divided(v(0), 4), divided(plus(v(0), -5), 2)]),
        SEQUENTIAL,
        vec![instance(0, vec![v(1)])],
    );
    let outer = loop_(0, "i", q(c(-9)), q(c(9)), SEQUENTIAL, vec![inner]);
    check(&program, &tree(vec![outer]));
}

#[test]
fn zero_trips_and_ragged_ends() {
    let program = line(i(0));
    let mut roots = Vec::new();
    for size in [0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 25] {
        for mark in [vector(4, 1), vector(4, 3), vector(3, 2), jam(4), Mark::Parallel] {
            let id = u32::try_from(roots.len()).unwrap();
            roots.push(count(id, c(size), mark, vec![instance(0, vec![v(id)])]));
        }
    }
    check_native(&program, &tree(roots));
    // The same with a number of iterations that is known only at run time.
    for size in [0, 1, 5, 8, 13] {
        let mut program = program.clone();
        program.parameters =
            vec![Parameter { name: "n".to_owned(), element: ElementType::I32, value: Some(size) }];
        let roots = [vector(4, 1), vector(4, 3), jam(4), Mark::Parallel].into_iter().zip(0..);
        let roots = roots.map(|(mark, id)| count(id, p(0), mark, vec![instance(0, vec![v(id)])]));
        check_native(&program, &tree(roots.collect()));
    }
}

#[test]
fn strides_in_vectors() {
    for subscript in [plus(-&i(0), 39), &i(0) * 2, plus(&i(0) * -3, 39), plus(i(0), 3)] {
        let program = line(subscript);
        let tree = tree(vec![count(0, c(13), vector(4, 2), vec![instance(0, vec![v(0)])])]);
        check_native(&program, &tree);
    }
}

/// `X[s * i + x] = X[s * i + x] * Y[s * i + y]`: the elements in between keep their values, and nothing lies behind the
/// arrays' last ones.
#[test]
fn elements_a_few_apart() {
    use ElementType as E;
    let sizes = [(E::I8, 16), (E::U16, 16), (E::I32, 8), (E::F32, 16), (E::F64, 8), (E::F64, 4)];
    for ((element, width), step) in
        sizes.into_iter().flat_map(|size| [2, 3, 4, 5, -2, -3, -4].map(|step: i64| (size, step)))
    {
        let mut builder = Builder::new("apart", &[]);
        let last = 21 * step.abs();
        let first = if step < 0 { last } else { 0 };
        let x = builder.array("X", element, vec![c(last + 1)]);
        let y = builder.array("Y", element, vec![c(last + 2)]);
        let target = at(x, vec![plus(&i(0) * step, first)]);
        let other = at(y, vec![plus(&i(0) * step, first + 1)]);
        let body = binary(BinaryOperation::Multiply, element, read(0, element), read(1, element));
        builder.statement(1, target.clone(), vec![target, other], body);
        for mark in [vector(width, 1), vector(width, 2)] {
            let body = vec![instance(0, vec![v(0)])];
            check_native(&builder.program, &tree(vec![count(0, c(22), mark, body)]));
        }
    }
}

/// A transposition with a symbolic extent: the lanes' stride is known only at run time.
#[test]
fn strides_of_columns() {
    for symbolic in [true, false] {
        let mut builder = Builder::new("transpose", &[("n", 9), ("m", 11)]);
        let x = builder.array("X", F, vec![p(0), p(1)]);
        let y = builder.array("Y", F, vec![p(1), p(0)]);
        builder.statement(2, at(y, vec![i(1), i(0)]), vec![at(x, vec![i(0), i(1)])], read(0, F));
        let (program, n, m) = if symbolic {
            (builder.program, p(0), p(1))
        } else {
            (builder.program.specialize(), c(9), c(11))
        };
        for marks in [[jam(2), vector(4, 2)], [vector(4, 2), jam(2)], [vector(8, 1), vector(4, 1)]]
        {
            let body = vec![instance(0, vec![v(0), v(1)])];
            let inner = count(1, m.clone(), marks[1], body);
            check_native(&program, &tree(vec![count(0, n.clone(), marks[0], vec![inner])]));
        }
    }
}

/// `for i, for j <= i, for k < j: C[i][j] += A[i][k] * A[j][k]`, marks on all loops.
fn triangle(element: ElementType) -> (Program, usize) {
    let mut builder = Builder::new("triangle", &[]);
    let c_ = builder.array("C", element, vec![c(17), c(17)]);
    let a = builder.array("A", element, vec![c(17), c(17)]);
    let target = at(c_, vec![i(0), i(1)]);
    let reads = vec![at(a, vec![i(0), i(2)]), at(a, vec![i(1), i(2)]), target.clone()];
    let body = multiply_add(element, read(0, element), read(1, element), read(2, element));
    let statement = builder.statement(3, target, reads, body);
    (builder.program, statement)
}

#[test]
fn triangular_loops_in_lock_step() {
    let (program, statement) = triangle(F);
    for marks in [
        [SEQUENTIAL, SEQUENTIAL, SEQUENTIAL],
        [jam(4), SEQUENTIAL, SEQUENTIAL],
        [SEQUENTIAL, vector(4, 1), SEQUENTIAL],
        [SEQUENTIAL, vector(4, 2), SEQUENTIAL],
        [jam(3), vector(4, 2), SEQUENTIAL],
        [vector(4, 1), SEQUENTIAL, SEQUENTIAL],
        [jam(2), jam(3), jam(2)],
        [Mark::Parallel, vector(4, 1), SEQUENTIAL],
    ] {
        let body = vec![instance(statement, vec![v(0), v(1), v(2)])];
        let k = loop_(2, "k", q(c(0)), q(plus(v(1), -1)), marks[2], body);
        let j = loop_(1, "j", q(c(0)), q(v(0)), marks[1], vec![k]);
        let tree = tree(vec![count(0, c(17), marks[0], vec![j])]);
        check_native(&program, &tree);
    }
}

/// A statement before the inner loop names the same elements as the loop's own iterations do, where
/// these run one by one.
#[test]
fn lanes_together_and_then_one_by_one() {
    let (mut program, statement) = triangle(F);
    let mut first = program.statements[statement].clone();
    first.name = "S2".to_owned();
    first.iterators.truncate(2);
    first.reads.truncate(1);
    first.reads[0] = first.write.clone();
    first.body = binary(BinaryOperation::Multiply, F, read(0, F), number(0.3, F));
    program.statements.push(first);
    for marks in [[SEQUENTIAL, vector(4, 2)], [jam(4), SEQUENTIAL], [jam(2), vector(4, 1)]] {
        let body = vec![instance(statement, vec![v(0), v(1), v(2)])];
        let upper = plus(&v(0) + &v(1), -20);
        let k = loop_(2, "k", q(c(0)), q(upper), SEQUENTIAL, body);
        let j = count(1, c(17), marks[1], vec![instance(1, vec![v(0), v(1)]), k]);
        check_native(&program, &tree(vec![count(0, c(17), marks[0], vec![j])]));
    }
}

/// The same with `k` from `j` on, so that the common part begins late.
#[test]
fn loops_that_begin_at_different_iterations() {
    let (program, statement) = triangle(F);
    for marks in [[jam(4), SEQUENTIAL], [SEQUENTIAL, vector(4, 2)], [jam(2), vector(4, 1)]] {
        let body = vec![instance(statement, vec![v(0), v(1), v(2)])];
        let lower = Bound::Maximum(vec![q(v(1)), q(plus(v(0), -3))]);
        let k = loop_(2, "k", lower, q(c(16)), SEQUENTIAL, body);
        let j = loop_(1, "j", q(v(0)), q(c(16)), marks[1], vec![k]);
        let tree = tree(vec![count(0, c(17), marks[0], vec![j])]);
        check(&program, &tree);
    }
}

#[test]
fn conditions_that_differ_among_lanes() {
    let (program, statement) = triangle(F);
    for equality in [false, true] {
        for marks in [[jam(4), SEQUENTIAL], [SEQUENTIAL, vector(4, 2)], [jam(2), vector(4, 1)]] {
            let body = vec![instance(statement, vec![v(0), v(1), v(2)])];
            let affine = plus(&v(0) - &v(1), -2);
            let conditions = vec![Constraint { affine, equality }];
            let guarded = LoopTreeNode::If { conditions, body, otherwise: Vec::new() };
            let k = count(2, c(5), SEQUENTIAL, vec![guarded]);
            let j = count(1, c(17), marks[1], vec![k]);
            check(&program, &tree(vec![count(0, c(17), marks[0], vec![j])]));
        }
    }
}

/// A factorisation in place: `A[i][j] -= A[i][k] * A[k][j]` for `k < min(i, j)`, where only the
/// bounds show that the written element is none of those read.
#[test]
fn registers_in_place() {
    let mut builder = Builder::new("factor", &[]);
    let a = builder.array("A", F, vec![c(19), c(19)]);
    let target = at(a, vec![i(0), i(1)]);
    let reads = vec![target.clone(), at(a, vec![i(0), i(2)]), at(a, vec![i(2), i(1)])];
    let body = Expression::MultiplyAdd {
        element: F,
        negate_product: true,
        negate_addend: false,
        left: Box::new(read(1, F)),
        right: Box::new(read(2, F)),
        addend: Box::new(read(0, F)),
    };
    builder.statement(3, target, reads, body);
    for mark in [SEQUENTIAL, vector(4, 1), vector(4, 2), jam(2)] {
        let body = vec![instance(0, vec![v(0), v(1), v(2)])];
        let k = loop_(2, "k", q(c(0)), q(plus(v(0), -1)), SEQUENTIAL, body);
        let j = loop_(1, "j", q(v(0)), q(c(18)), mark, vec![k]);
        check_native(&builder.program, &tree(vec![count(0, c(19), SEQUENTIAL, vec![j])]));
    }
}

/// A recurrence along the register's own array: `S[1] = S[1] + S[k]` reads and writes what it keeps.
#[test]
fn an_element_that_another_access_may_reach_stays_in_memory() {
    let mut builder = Builder::new("reach", &[]);
    let s = builder.array("S", F, vec![c(9)]);
    let target = at(s, vec![c(1)]);
    let body = binary(BinaryOperation::Add, F, read(0, F), read(1, F));
    builder.statement(1, target.clone(), vec![target, at(s, vec![i(0)])], body);
    let tree = tree(vec![count(0, c(9), SEQUENTIAL, vec![instance(0, vec![v(0)])])]);
    check(&builder.program, &tree);
}

/// The jammed copies of `S[i] = S[i] * 0.5 + S[i + 1]` run in the order of their iterations.
#[test]
fn copies_run_in_order() {
    let mut builder = Builder::new("order", &[]);
    let s = builder.array("S", F, vec![c(30)]);
    let (here, next) = (at(s, vec![i(0)]), at(s, vec![plus(i(0), 1)]));
    let body = multiply_add(F, read(0, F), number(0.5, F), read(1, F));
    builder.statement(1, next, vec![here, at(s, vec![plus(i(0), 1)])], body);
    let tree = tree(vec![count(0, c(29), jam(4), vec![instance(0, vec![v(0)])])]);
    check(&builder.program, &tree);
}
