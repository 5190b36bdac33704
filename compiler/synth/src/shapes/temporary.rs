//! Scalars and rows that each iteration writes before it reads them.

use super::{indexed, operand};
use crate::sketch::Sketch;
use crate::value::Value;
use loopwright_ir::BinaryOperation;

pub(super) fn draw(sketch: &mut Sketch) {
    if sketch.chance(0.5) { scalar(sketch) } else { row(sketch) }
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
