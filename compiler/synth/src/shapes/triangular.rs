//! Inner loops whose bounds depend on outer iterators: triangles, bands, substitution.

use super::{access, factor, indexed, operand};
use crate::sketch::{Sketch, at, plus};
use crate::value::Value;
use loopwright_ir::{Affine, BinaryOperation};

pub(super) fn draw(sketch: &mut Sketch) {
    match sketch.between(0, 5) {
        0 => map(sketch),
        1 => vector_product(sketch),
        2 => substitution(sketch),
        3 => product(sketch),
        4 => elimination(sketch),
        _ => band(sketch),
    }
}

fn zero() -> Affine {
    Affine::constant(0)
}

/// The second loop's bounds: the part of a row below, up to, or above the diagonal.
fn part(sketch: &mut Sketch, extent: i64) -> (Affine, Affine) {
    match sketch.between(0, 3) {
        0 => (zero(), plus(&at(0), 1)),
        1 => (zero(), at(0)),
        2 => (at(0), Affine::constant(extent)),
        _ => (plus(&at(0), 1), Affine::constant(extent)),
    }
}

fn side(sketch: &mut Sketch, loops: i32, portion: f64) -> i64 {
    let wanted = (sketch.instances / portion).powf(1.0 / f64::from(loops));
    let tilt = sketch.between(0, 6) as i64;
    (wanted.clamp(4.0, 60_000.0) as i64 + tilt).max(4)
}

/// A map over a triangle, transposed for some operands.
fn map(sketch: &mut Sketch) {
    let extent = side(sketch, 2, 0.5);
    let (low, high) = part(sketch, extent);
    let symmetric = sketch.chance(0.5);
    sketch.nest(&[extent], |sketch| {
        sketch.repeat(&low, &[high], |sketch| {
            let left = operand(sketch, &[0, 1]);
            let right = operand(sketch, if symmetric { &[1, 0] } else { &[1] });
            let output = sketch.array(2);
            let scale = factor(sketch);
            sketch.assign(indexed(output, &[0, 1]), &left.plus(right).times(scale));
            if symmetric {
                let own = Value::Read(indexed(output, &[0, 1]));
                let mirror = sketch.array(2);
                sketch.assign(indexed(mirror, &[1, 0]), &own);
            }
        });
    });
}

/// Triangular matrix times vector, along rows or along columns.
fn vector_product(sketch: &mut Sketch) {
    let extent = side(sketch, 2, 0.5);
    let (low, high) = part(sketch, extent);
    let (target, source) = if sketch.chance(0.5) { (0, 1) } else { (1, 0) };
    sketch.nest(&[extent], |sketch| {
        sketch.repeat(&low, &[high], |sketch| {
            let matrix = operand(sketch, &[0, 1]);
            let vector = operand(sketch, &[source]);
            let scale = factor(sketch);
            let output = sketch.array(1);
            let value = matrix.times(vector).times(scale);
            sketch.update(indexed(output, &[target]), BinaryOperation::Add, &value);
        });
    });
}

/// Forward substitution for one or many right-hand sides, with the pivots' inverses given.
fn substitution(sketch: &mut Sketch) {
    let many = sketch.chance(0.5);
    let extent = side(sketch, if many { 3 } else { 2 }, 0.5);
    let damping = Value::Constant(0.25 / extent as f64);
    let matrix = sketch.array(2);
    let unknowns = sketch.array(if many { 2 } else { 1 });
    let pivots = sketch.array(1);
    if many {
        let columns = Affine::constant(extent);
        sketch.nest(&[extent], |sketch| {
            sketch.repeat(&zero(), &[at(0)], |sketch| {
                sketch.repeat(&zero(), std::slice::from_ref(&columns), |sketch| {
                    let value = Value::Read(indexed(matrix, &[0, 1]))
                        .times(Value::Read(indexed(unknowns, &[1, 2])))
                        .times(damping);
                    sketch.update(indexed(unknowns, &[0, 2]), BinaryOperation::Subtract, &value);
                });
            });
            sketch.repeat(&zero(), std::slice::from_ref(&columns), |sketch| {
                let inverse = Value::Read(indexed(pivots, &[0]));
                sketch.update(indexed(unknowns, &[0, 1]), BinaryOperation::Multiply, &inverse);
            });
        });
    } else {
        sketch.nest(&[extent], |sketch| {
            sketch.repeat(&zero(), &[at(0)], |sketch| {
                let value = Value::Read(indexed(matrix, &[0, 1]))
                    .times(Value::Read(indexed(unknowns, &[1])))
                    .times(damping);
                sketch.update(indexed(unknowns, &[0]), BinaryOperation::Subtract, &value);
            });
            let inverse = Value::Read(indexed(pivots, &[0]));
            sketch.update(indexed(unknowns, &[0]), BinaryOperation::Multiply, &inverse);
        });
    }
}

/// A weighted product of matrices of which the result or an operand is triangular.
fn product(sketch: &mut Sketch) {
    let extent = side(sketch, 3, 0.5);
    let (low, high) = part(sketch, extent);
    let triangular_operand = sketch.chance(0.4);
    let contiguous = sketch.chance(0.5);
    let whole = || (zero(), Affine::constant(extent));
    sketch.nest(&[extent], |sketch| {
        let ((from, to), (inner_from, inner_to)) =
            if triangular_operand { (whole(), (low, high)) } else { ((low, high), whole()) };
        sketch.repeat(&from, &[to], |sketch| {
            sketch.repeat(&inner_from, &[inner_to], |sketch| {
                let left = operand(sketch, &[0, 2]);
                let right = operand(sketch, if contiguous { &[1, 2] } else { &[2, 1] });
                let weight = operand(sketch, &[2]);
                let output = sketch.array(2);
                let value = left.times(weight).times(right);
                sketch.update(indexed(output, &[0, 1]), BinaryOperation::Add, &value);
            });
        });
    });
}

/// The trailing update of an elimination in place, damped so that values stay moderate.
fn elimination(sketch: &mut Sketch) {
    let extent = side(sketch, 3, 0.33);
    let matrix = sketch.array(2);
    let damping = Value::Constant(0.25 / extent as f64);
    let symmetric = sketch.chance(0.5);
    let end = || [Affine::constant(extent)];
    sketch.nest(&[extent], |sketch| {
        sketch.repeat(&plus(&at(0), 1), &end(), |sketch| {
            let upper = if symmetric { [plus(&at(1), 1)] } else { end() };
            sketch.repeat(&plus(&at(0), 1), &upper, |sketch| {
                let across = if symmetric { [2, 0] } else { [0, 2] };
                let value = Value::Read(indexed(matrix, &[1, 0]))
                    .times(Value::Read(indexed(matrix, &across)))
                    .times(damping);
                sketch.update(indexed(matrix, &[1, 2]), BinaryOperation::Subtract, &value);
            });
        });
    });
}

/// A band above the diagonal: the inner loop ends at the band's width or at the matrix's edge.
fn band(sketch: &mut Sketch) {
    let width = i64::try_from(sketch.between(6, 120)).unwrap_or(6);
    let extent = ((sketch.instances / width as f64) as i64).clamp(width.max(8), 4000);
    let sums = sketch.chance(0.5);
    sketch.nest(&[extent], |sketch| {
        let uppers = [plus(&at(0), width), Affine::constant(extent)];
        sketch.repeat(&at(0), &uppers, |sketch| {
            let matrix = operand(sketch, &[0, 1]);
            let vector = operand(sketch, &[1]);
            if sums {
                let output = sketch.array(1);
                sketch.update(indexed(output, &[0]), BinaryOperation::Add, &matrix.times(vector));
            } else {
                let scale = sketch.array(1);
                let scale = Value::Read(access(scale, &[at(0)]));
                let output = sketch.array(2);
                sketch.assign(indexed(output, &[0, 1]), &matrix.times(vector).plus(scale));
            }
        });
    });
}
