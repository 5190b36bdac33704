//! Every element type and operation, in scalars and in vectors.

use crate::build::*;
use crate::harness::{check, check_native};
use loopwright_ir::*;

/// `D[i] = body` for 21 elements, where the body reads `X[i]`, `Y[i]`.
fn elementwise(element: ElementType, result: ElementType, body: Expression) -> Program {
    let mut builder = Builder::new("map", &[]);
    let x = builder.array("X", element, vec![c(21)]);
    let y = builder.array("Y", element, vec![c(21)]);
    let d = builder.array("D", result, vec![c(21)]);
    let reads = vec![at(x, vec![i(0)]), at(y, vec![i(0)])];
    builder.statement(1, at(d, vec![i(0)]), reads, body);
    builder.program
}

fn map(mark: Mark) -> LoopTree {
    tree(vec![count(0, c(21), mark, vec![instance(0, vec![v(0)])])])
}

const OPERATIONS: [BinaryOperation; 10] = [
    BinaryOperation::Add,
    BinaryOperation::Subtract,
    BinaryOperation::Multiply,
    BinaryOperation::Divide,
    BinaryOperation::Remainder,
    BinaryOperation::BitwiseAnd,
    BinaryOperation::BitwiseOr,
    BinaryOperation::BitwiseXor,
    BinaryOperation::ShiftLeft,
    BinaryOperation::ShiftRight,
];

/// All operations of a type side by side in one program, so that it compiles once.
fn all_operations(element: ElementType) -> (Program, LoopTree, LoopTree) {
    let mut builder = Builder::new("operations", &[]);
    let x = builder.array("X", element, vec![c(21)]);
    let y = builder.array("Y", element, vec![c(21)]);
    let operations: Vec<_> =
        OPERATIONS.into_iter().take(if element.is_float() { 4 } else { 10 }).collect();
    let rows = i64::try_from(operations.len()).unwrap() + 9;
    let d = builder.array("D", element, vec![c(rows), c(21)]);
    let reads = vec![at(x, vec![i(0)]), at(y, vec![i(0)])];
    let mut bodies: Vec<Expression> = operations
        .into_iter()
        .map(|operation| {
            let right = match operation {
                // A shift by less than the type's bits; C gives no meaning to others.
                BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => binary(
                    BinaryOperation::BitwiseAnd,
                    element,
                    read(1, element),
                    integer(7, element),
                ),
                _ => read(1, element),
            };
            let left = match operation {
                // C gives no meaning to a negative number's left shift.
                BinaryOperation::ShiftLeft => binary(
                    BinaryOperation::BitwiseAnd,
                    element,
                    read(0, element),
                    integer(63, element),
                ),
                _ => read(0, element),
            };
            binary(operation, element, left, right)
        })
        .collect();
    for operation in [
        CompareOperation::Less,
        CompareOperation::LessOrEqual,
        CompareOperation::Greater,
        CompareOperation::GreaterOrEqual,
        CompareOperation::Equal,
        CompareOperation::NotEqual,
    ] {
        let truth = compare(operation, element, read(0, element), read(1, element));
        bodies.push(select(element, truth.clone(), read(1, element), read(0, element)));
        if operation == CompareOperation::Less {
            bodies.push(cast(element, truth));
        }
    }
    bodies.push(Expression::Unary {
        operation: UnaryOperation::Negate,
        element,
        operand: Box::new(read(0, element)),
    });
    bodies.push(cast(
        element,
        Expression::Index { value: plus(&i(0) * -3, 5), element: ElementType::I32 },
    ));
    let mut instances = Vec::new();
    for (row, body) in (0_i64..).zip(bodies) {
        let statement = builder.statement(1, at(d, vec![c(row), i(0)]), reads.clone(), body);
        instances.push(instance(statement, vec![v(0)]));
    }
    let plain = tree(vec![count(0, c(21), SEQUENTIAL, instances.clone())]);
    let vectors = tree(vec![count(0, c(21), vector(8, 1), instances)]);
    (builder.program, plain, vectors)
}

#[test]
fn all_operations_of_all_types() {
    for element in ElementType::ALL {
        let (program, plain, vectors) = all_operations(element);
        check(&program, &plain);
        check_native(&program, &vectors);
    }
}

#[test]
fn all_conversions() {
    for from in ElementType::ALL {
        let mut builder = Builder::new("conversions", &[]);
        let x = builder.array("X", from, vec![c(21)]);
        let mut instances = Vec::new();
        for to in ElementType::ALL {
            if from.is_float() && !to.is_float() && !to.is_signed_integer() {
                // Negative numbers have no unsigned value in C.
                continue;
            }
            let d = builder.array(&format!("D_{to}"), to, vec![c(21)]);
            let reads = vec![at(x, vec![i(0)])];
            let body = cast(to, read(0, from));
            let statement = builder.statement(1, at(d, vec![i(0)]), reads, body);
            instances.push(instance(statement, vec![v(0)]));
        }
        for mark in [SEQUENTIAL, vector(8, 1)] {
            let tree = tree(vec![count(0, c(21), mark, instances.clone())]);
            crate::harness::check_entry(&builder.program, &tree);
        }
    }
}

#[test]
fn mixed_types_in_one_vector_statement() {
    // D[i] = (float)((double)x[i] * i + y[i % 21 as an index]).
    let product = binary(
        BinaryOperation::Multiply,
        ElementType::F64,
        cast(ElementType::F64, read(0, ElementType::F32)),
        cast(
            ElementType::F64,
            Expression::Index { value: plus(i(0), -7), element: ElementType::I32 },
        ),
    );
    let body = binary(
        BinaryOperation::Add,
        ElementType::F64,
        product,
        cast(ElementType::F64, read(1, ElementType::F32)),
    );
    let program = elementwise(ElementType::F32, ElementType::I16, body);
    check(&program, &map(SEQUENTIAL));
    check_native(&program, &map(vector(8, 2)));
}

#[test]
fn mathematical_functions() {
    for element in [ElementType::F64, ElementType::F32] {
        let mut sum = number(0.1_f32.into(), element);
        let absolute = || call(MathFunction::Absolute, element, vec![read(0, element)]);
        let mut functions = vec![
            call(MathFunction::SquareRoot, element, vec![absolute()]),
            call(MathFunction::Floor, element, vec![read(0, element)]),
            call(MathFunction::Ceiling, element, vec![read(1, element)]),
            call(MathFunction::Truncate, element, vec![read(1, element)]),
            call(MathFunction::CopySign, element, vec![read(0, element), read(1, element)]),
            call(MathFunction::Exponential, element, vec![read(0, element)]),
            call(MathFunction::Power, element, vec![absolute(), number(2.0, element)]),
        ];
        if element == ElementType::F64 {
            functions.push(call(
                MathFunction::Minimum,
                element,
                vec![read(0, element), read(1, element)],
            ));
            functions.push(call(
                MathFunction::Remainder,
                element,
                vec![read(0, element), read(1, element)],
            ));
        }
        for function in functions {
            sum = binary(BinaryOperation::Add, element, function, sum);
        }
        let program = elementwise(element, element, sum);
        check(&program, &map(SEQUENTIAL));
        check_native(&program, &map(vector(4, 2)));
    }
}

#[test]
fn multiply_add_signs_and_constants() {
    let element = ElementType::F64;
    for (negate_product, negate_addend) in
        [(false, false), (true, false), (false, true), (true, true)]
    {
        let body = Expression::MultiplyAdd {
            element,
            negate_product,
            negate_addend,
            left: Box::new(read(0, element)),
            right: Box::new(number(-1.0 / 3.0, element)),
            addend: Box::new(binary(
                BinaryOperation::Multiply,
                element,
                read(1, element),
                number(1e-300, element),
            )),
        };
        let program = elementwise(element, element, body);
        check(&program, &map(SEQUENTIAL));
        check_native(&program, &map(vector(4, 1)));
    }
}
