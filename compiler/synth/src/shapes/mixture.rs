//! Two or three pieces of other kinds on shared matrices, with recurrences along rows or columns.

use super::{access, elementwise, factor, indexed, operand};
use crate::sketch::{Sketch, at, plus};
use crate::value::Value;
use loopwright_ir::{Affine, ArrayId, BinaryOperation};

pub(super) fn draw(sketch: &mut Sketch) {
    let pieces = sketch.between(2, 4);
    let extents = sketch.extents(2, pieces as f64);
    let [rows, columns] = extents.as_slice() else { return };
    let size = (*rows, *columns);
    let shared = sketch.array(2);
    for _ in 0..pieces {
        match sketch.between(0, 6) {
            0 => recurrence(sketch, shared, size),
            1 => row_and_column_sums(sketch, shared, size),
            2 => rank_one_update(sketch, shared, size),
            3 => several_statements(sketch, shared, size),
            4 => triangle(sketch, shared, size),
            5 => product(sketch, shared, size),
            _ => sketch.nest(&[size.0, size.1], |sketch| {
                elementwise::statement(sketch, 2, &[indexed(shared, &[0, 1])]);
            }),
        }
    }
}

/// Each element from the one before it in its row or its column.
fn recurrence(sketch: &mut Sketch, matrix: ArrayId, (rows, columns): (i64, i64)) {
    let down = sketch.chance(0.5);
    let first = |along: bool| Affine::constant(i64::from(along));
    sketch.repeat(&first(down), &[Affine::constant(rows)], |sketch| {
        sketch.repeat(&first(!down), &[Affine::constant(columns)], |sketch| {
            let (row, column) = if down { (-1, 0) } else { (0, -1) };
            let before = Value::Read(access(matrix, &[plus(&at(0), row), plus(&at(1), column)]));
            let weight = operand(sketch, &[if down { 1 } else { 0 }]);
            let value = before.times(Value::Constant(0.375)).plus(weight);
            let own = Value::Read(indexed(matrix, &[0, 1])).times(Value::Constant(0.5));
            sketch.assign(indexed(matrix, &[0, 1]), &own.plus(value));
        });
    });
}

/// Both sums of one matrix in one nest.
fn row_and_column_sums(sketch: &mut Sketch, matrix: ArrayId, (rows, columns): (i64, i64)) {
    let row_sums = sketch.array(1);
    let column_sums = sketch.array(1);
    sketch.nest(&[rows, columns], |sketch| {
        let element = || Value::Read(indexed(matrix, &[0, 1]));
        sketch.update(indexed(row_sums, &[0]), BinaryOperation::Add, &element());
        let weighted = element().times(Value::Constant(0.75));
        sketch.update(indexed(column_sums, &[1]), BinaryOperation::Add, &weighted);
    });
}

fn rank_one_update(sketch: &mut Sketch, matrix: ArrayId, (rows, columns): (i64, i64)) {
    let swapped = sketch.chance(0.3);
    sketch.nest(&if swapped { [columns, rows] } else { [rows, columns] }, |sketch| {
        let own = if swapped { [1, 0] } else { [0, 1] };
        let left = operand(sketch, &[0]);
        let right = operand(sketch, &[1]);
        let scale = factor(sketch);
        let value = left.times(right).times(scale);
        sketch.update(indexed(matrix, &own), BinaryOperation::Add, &value);
    });
}

/// Two statements in one body, the second reading what the first wrote.
fn several_statements(sketch: &mut Sketch, matrix: ArrayId, (rows, columns): (i64, i64)) {
    sketch.nest(&[rows, columns], |sketch| {
        let written = elementwise::statement(sketch, 2, &[indexed(matrix, &[0, 1])]);
        let weight = operand(sketch, &[0]);
        let value = Value::Read(written).times(Value::Constant(0.25)).plus(weight);
        sketch.assign(indexed(matrix, &[0, 1]), &value);
    });
}

/// The lower triangle (of the part that is square) from the upper one.
fn triangle(sketch: &mut Sketch, matrix: ArrayId, (rows, columns): (i64, i64)) {
    let side = rows.min(columns);
    sketch.nest(&[side], |sketch| {
        sketch.repeat(&Affine::constant(0), &[at(0)], |sketch| {
            let value = Value::Read(indexed(matrix, &[1, 0])).times(Value::Constant(0.5));
            sketch.assign(indexed(matrix, &[0, 1]), &value);
        });
    });
}

/// The matrix times a narrow one.
fn product(sketch: &mut Sketch, matrix: ArrayId, (rows, columns): (i64, i64)) {
    let width = i64::try_from(sketch.between(4, 32)).unwrap_or(4);
    let output = sketch.array(2);
    let contiguous = sketch.chance(0.5);
    sketch.nest(&[rows], |sketch| {
        let extents = if contiguous { [columns, width] } else { [width, columns] };
        let (sum, column) = if contiguous { (1, 2) } else { (2, 1) };
        sketch.nest(&extents, |sketch| {
            let left = Value::Read(indexed(matrix, &[0, sum]));
            let right = operand(sketch, &[sum, column]);
            let value = left.times(right);
            sketch.update(indexed(output, &[0, column]), BinaryOperation::Add, &value);
        });
    });
}
