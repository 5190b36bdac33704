//! Scalars and rows that each iteration writes before it reads them.

use super::{access, indexed, operand};
use crate::sketch::{Sketch, at, plus};
use crate::value::Value;
use loopwright_ir::{Affine, BinaryOperation};

pub(super) fn draw(sketch: &mut Sketch) {
    match sketch.between(0, 3) {
        0 => scalar(sketch),
        1 => row(sketch),
        _ => stand_in(sketch),
    }
}

/// `for i, j { t = D; for k t -= D'*D''; D = f(t) }`: the scalar stands for the element of `D`, whose
/// neighbours, or itself, are read meanwhile; the sum may be short of the element, or not.
fn stand_in(sketch: &mut Sketch) {
    let extents = sketch.extents(3, 2.0);
    let [rows, columns, sum] = extents.as_slice() else { return };
    // Of one type: values are rounded alike only then.
    let element = sketch.element;
    let (scalar, matrix) = (sketch.array_of(element, 0), sketch.array_of(element, 2));
    let target = indexed(scalar, &[]);
    let own = indexed(matrix, &[0, 1]);
    let upper = match sketch.between(0, 3) {
        0 => Affine::constant(*sum),
        1 => at(0),
        2 => at(1),
        _ => plus(&at(1), 1),
    };
    let first = match sketch.between(0, 3) {
        0 => operand(sketch, &[0, 1]),
        1 => Value::Constant(1.0),
        _ => Value::read(&own),
    };
    let factors = [0, 1].map(|_| match sketch.between(0, 4) {
        0 => operand(sketch, &[0, 2]),
        1 => Value::Read(access(matrix, &[at(2), at(1)])),
        2 => Value::Read(access(matrix, &[at(1), at(2)])),
        3 => Value::Read(access(matrix, &[at(0), plus(&at(2), 1)])),
        _ => Value::Read(access(matrix, &[at(0), at(2)])),
    });
    let (before, guarded) = (sketch.chance(0.2), sketch.chance(0.2));
    let last = match sketch.between(0, 2) {
        0 => Value::read(&target),
        1 => Value::read(&target).times(operand(sketch, &[1])),
        _ => Value::read(&target).plus(Value::Read(access(matrix, &[at(1), at(1)]))),
    };
    sketch.nest(&[*rows, *columns], |sketch| {
        sketch.assign(target.clone(), &first);
        if before {
            let neighbour = access(matrix, &[at(0), plus(&at(1), 1)]);
            sketch.update(neighbour, BinaryOperation::Add, &Value::Constant(1.0));
        }
        sketch.repeat(&Affine::constant(0), &[upper], |sketch| {
            let [left, right] = factors;
            sketch.update(target.clone(), BinaryOperation::Subtract, &left.times(right));
        });
        if guarded {
            let condition = sketch.condition();
            sketch.guard(&[condition], |sketch| sketch.assign(own.clone(), &last));
        } else {
            sketch.assign(own.clone(), &last);
        }
    });
}

/// `for i, j { t = A; for k t += B*C; D = f(t) }`, or without the sum.
fn scalar(sketch: &mut Sketch) {
    let extents = sketch.extents(3, 2.0);
    let [rows, columns, sum] = extents.as_slice() else { return };
    let (total, output) = (sketch.array(0), sketch.array(2));
    let target = indexed(total, &[]);
    let sums = sketch.chance(0.6);
    sketch.nest(&[*rows, *columns], |sketch| {
        let first = operand(sketch, &[0, 1]);
        sketch.assign(target.clone(), &first);
        if sums {
            sketch.nest(&[*sum], |sketch| {
                let product = operand(sketch, &[0, 2]).times(operand(sketch, &[2, 1]));
                sketch.update(target.clone(), BinaryOperation::Add, &product);
            });
        }
        let value = Value::read(&target).times(operand(sketch, &[1]));
        sketch.assign(indexed(output, &[0, 1]), &value);
    });
}

/// `for i { for j { t[j] = A; for k t[j] += B*C; } for j D = f(t[j]) }`, or without the sum.
fn row(sketch: &mut Sketch) {
    let extents = sketch.extents(3, 2.0);
    let [rows, columns, sum] = extents.as_slice() else { return };
    let (totals, output) = (sketch.array(1), sketch.array(2));
    let target = indexed(totals, &[1]);
    let sums = sketch.chance(0.6);
    sketch.nest(&[*rows], |sketch| {
        sketch.nest(&[*columns], |sketch| {
            let first = operand(sketch, &[0, 1]);
            sketch.assign(target.clone(), &first);
            if sums {
                sketch.nest(&[*sum], |sketch| {
                    let product = operand(sketch, &[0, 2]).times(operand(sketch, &[2, 1]));
                    sketch.update(target.clone(), BinaryOperation::Add, &product);
                });
            }
        });
        sketch.nest(&[*columns], |sketch| {
            let value = Value::read(&target).plus(operand(sketch, &[0, 1]));
            sketch.assign(indexed(output, &[0, 1]), &value);
        });
    });
}
