//! Statements before, between and after inner loops.

use super::{factor, indexed, operand, temporary};
use crate::sketch::Sketch;
use crate::value::Value;
use loopwright_ir::BinaryOperation;

pub(super) fn draw(sketch: &mut Sketch) {
    // Not in data sets, whose programs stay those of their seeds.
    if sketch.is_varied() && sketch.chance(0.5) {
        return temporary::draw(sketch);
    }
    match sketch.between(0, 4) {
        0 | 1 => product_with_ends(sketch),
        2 => normalised_rows(sketch),
        3 => scaled_then_accumulated(sketch),
        _ => row_pipeline(sketch),
    }
}

/// `for i, j { C = bias; for k C += A*B; C = f(C) }`.
fn product_with_ends(sketch: &mut Sketch) {
    let extents = sketch.extents(3, 1.0);
    let [rows, columns, sum] = extents.as_slice() else { return };
    let result = sketch.array(2);
    let target = indexed(result, &[0, 1]);
    let flipped = sketch.chance(0.3);
    let after = sketch.chance(0.6);
    sketch.nest(&[*rows, *columns], |sketch| {
        let bias = operand(sketch, &[1]);
        sketch.assign(target.clone(), &bias);
        sketch.nest(&[*sum], |sketch| {
            let left = operand(sketch, &[0, 2]);
            let right = operand(sketch, if flipped { &[1, 2] } else { &[2, 1] });
            sketch.update(target.clone(), BinaryOperation::Add, &left.times(right));
        });
        if after {
            let scale = operand(sketch, &[0]);
            sketch.update(target.clone(), BinaryOperation::Multiply, &scale);
        }
    });
}

/// Rows divided by (or scaled with) something that their own sum gives.
fn normalised_rows(sketch: &mut Sketch) {
    let extents = sketch.extents(2, 2.0);
    let [rows, columns] = extents.as_slice() else { return };
    let matrix = sketch.array(2);
    let sums = sketch.array(1);
    let total = indexed(sums, &[0]);
    let divides = sketch.chance(0.4);
    let squares = sketch.chance(0.5);
    sketch.nest(&[*rows], |sketch| {
        sketch.assign(total.clone(), &Value::Constant(1.0));
        let element = Value::Read(indexed(matrix, &[0, 1]));
        sketch.nest(&[*columns], |sketch| {
            let value =
                if squares { element.clone().times(element.clone()) } else { element.clone() };
            sketch.update(total.clone(), BinaryOperation::Add, &value);
        });
        sketch.nest(&[*columns], |sketch| {
            let total = Value::read(&total);
            let value = if divides {
                element.clone().over(total)
            } else {
                element.clone().times(Value::Constant(0.5)).plus(total)
            };
            let output = sketch.array(2);
            sketch.assign(indexed(output, &[0, 1]), &value);
        });
    });
}

/// `for i { for j C = bias; for k for j C += A*B*w }`: the accumulating loop is contiguous.
fn scaled_then_accumulated(sketch: &mut Sketch) {
    let extents = sketch.extents(3, 1.0);
    let [rows, columns, sum] = extents.as_slice() else { return };
    let result = sketch.array(2);
    sketch.nest(&[*rows], |sketch| {
        sketch.nest(&[*columns], |sketch| {
            let bias = operand(sketch, &[1]);
            sketch.assign(indexed(result, &[0, 1]), &bias);
        });
        sketch.nest(&[*sum, *columns], |sketch| {
            let left = operand(sketch, &[0, 1]);
            let right = operand(sketch, &[1, 2]);
            let weight = operand(sketch, &[1]);
            let value = left.times(right).times(weight);
            sketch.update(indexed(result, &[0, 2]), BinaryOperation::Add, &value);
        });
    });
}

/// Two maps and a row sum that share the outer loop.
fn row_pipeline(sketch: &mut Sketch) {
    let extents = sketch.extents(2, 3.0);
    let [rows, columns] = extents.as_slice() else { return };
    let first = sketch.array(2);
    let second = sketch.array(2);
    let sums = sketch.array(1);
    let across = sketch.chance(0.4);
    let own = move || if across { [1, 0] } else { [0, 1] };
    sketch.nest(&[*rows], |sketch| {
        sketch.nest(&[*columns], |sketch| {
            let source = operand(sketch, &own());
            let scale = factor(sketch);
            sketch.assign(indexed(first, &own()), &source.times(scale));
        });
        sketch.nest(&[*columns], |sketch| {
            let weight = operand(sketch, &[1]);
            let value = Value::Read(indexed(first, &own())).plus(weight);
            sketch.assign(indexed(second, &own()), &value);
            let again = Value::Read(indexed(second, &own()));
            sketch.update(indexed(sums, &[0]), BinaryOperation::Add, &again);
        });
    });
}
