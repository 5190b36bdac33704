//! Producers and consumers: each nest reads the matrix that the one before it wrote.

use super::{access, factor, indexed, operand};
use crate::sketch::{Sketch, at, plus};
use crate::value::Value;
use loopwright_ir::{Affine, ArrayId, BinaryOperation};

pub(super) fn draw(sketch: &mut Sketch) {
    let stages = sketch.between(2, 4);
    let extents = sketch.extents(2, stages as f64);
    let [rows, columns] = extents.as_slice() else { return };
    let (rows, columns) = (*rows, *columns);
    let mut current = sketch.array(2);
    let mut sizes = (rows, columns);
    // A stage with a sum comes at most once and is followed or led by maps.
    let heavy = sketch.between(0, stages - 1);
    for stage in 0..stages {
        let kind = if stage == heavy { sketch.between(0, 3) } else { sketch.between(4, 8) };
        (current, sizes) = match kind {
            0..=1 => product(sketch, current, sizes),
            2 => column_weights(sketch, current, sizes),
            3..=4 => neighbours(sketch, current, sizes),
            5 => transpose(sketch, current, sizes),
            _ => map(sketch, current, sizes),
        };
    }
}

type Stage = (ArrayId, (i64, i64));

/// Every element scaled, with a bias for its row or column.
fn map(sketch: &mut Sketch, input: ArrayId, (rows, columns): (i64, i64)) -> Stage {
    let output = sketch.array(2);
    sketch.nest(&[rows, columns], |sketch| {
        let scale = factor(sketch);
        let place = sketch.between(0, 1);
        let bias = operand(sketch, &[place]);
        let read = Value::Read(indexed(input, &[0, 1]));
        sketch.assign(indexed(output, &[0, 1]), &read.times(scale).plus(bias));
    });
    (output, (rows, columns))
}

fn transpose(sketch: &mut Sketch, input: ArrayId, (rows, columns): (i64, i64)) -> Stage {
    let output = sketch.array(2);
    sketch.nest(&[rows, columns], |sketch| {
        let scale = factor(sketch);
        sketch.assign(indexed(output, &[1, 0]), &Value::Read(indexed(input, &[0, 1])).times(scale));
    });
    (output, (columns, rows))
}

/// A weighted sum of neighbours in one direction or both.
fn neighbours(sketch: &mut Sketch, input: ArrayId, (rows, columns): (i64, i64)) -> Stage {
    let output = sketch.array(2);
    let both = sketch.chance(0.5);
    let upper = |extent: i64| [Affine::constant(extent - 1)];
    sketch.repeat(&Affine::constant(1), &upper(rows), |sketch| {
        sketch.repeat(&Affine::constant(1), &upper(columns), |sketch| {
            let near = |row: i64, column: i64| {
                Value::Read(access(input, &[plus(&at(0), row), plus(&at(1), column)]))
            };
            let mut value = near(0, 0).times(Value::Constant(0.5));
            value = value.plus(near(0, 1).plus(near(0, -1)).times(Value::Constant(0.125)));
            if both {
                value = value.plus(near(1, 0).minus(near(-1, 0)).times(Value::Constant(0.25)));
            }
            sketch.assign(indexed(output, &[0, 1]), &value);
        });
    });
    (output, (rows, columns))
}

/// A matrix product with a short inner dimension, cleared first in its own nest or in the same.
fn product(sketch: &mut Sketch, input: ArrayId, (rows, columns): (i64, i64)) -> Stage {
    let output = sketch.array(2);
    let weights = sketch.array(2);
    let gains = sketch.array(1);
    let width = i64::try_from(sketch.between(8, 96)).unwrap_or(8);
    let apart = sketch.chance(0.5);
    let clear = |sketch: &mut Sketch| {
        sketch.assign(indexed(output, &[0, 1]), &Value::Constant(0.0));
    };
    let accumulate = |sketch: &mut Sketch| {
        sketch.nest(&[columns], |sketch| {
            let value = Value::Read(indexed(input, &[0, 2]))
                .times(Value::Read(indexed(weights, &[2, 1])))
                .times(Value::Read(indexed(gains, &[1])));
            sketch.update(indexed(output, &[0, 1]), BinaryOperation::Add, &value);
        });
    };
    if apart {
        sketch.nest(&[rows, width], clear);
        sketch.nest(&[rows, width], accumulate);
    } else {
        sketch.nest(&[rows, width], |sketch| {
            clear(sketch);
            accumulate(sketch);
        });
    }
    (output, (rows, width))
}

/// A weight for every column from its sum, then the columns scaled by it.
fn column_weights(sketch: &mut Sketch, input: ArrayId, (rows, columns): (i64, i64)) -> Stage {
    let output = sketch.array(2);
    let sums = sketch.array(1);
    sketch.nest(&[columns], |sketch| sketch.assign(indexed(sums, &[0]), &Value::Constant(1.0)));
    sketch.nest(&[rows, columns], |sketch| {
        let value = Value::Read(indexed(input, &[0, 1]));
        sketch.update(indexed(sums, &[1]), BinaryOperation::Add, &value);
    });
    sketch.nest(&[rows, columns], |sketch| {
        let value = Value::Read(indexed(input, &[0, 1])).times(Value::Read(indexed(sums, &[1])));
        sketch.assign(indexed(output, &[0, 1]), &value);
    });
    (output, (rows, columns))
}
