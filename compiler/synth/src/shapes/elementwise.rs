//! Maps, transpositions, broadcasts, strided copies: every element written once.

use super::{factor, indexed, operand, shifted, some_depths};
use crate::sketch::{Sketch, at};
use crate::value::Value;
use loopwright_ir::{Access, ArrayId, BinaryOperation, MathFunction};

pub(super) fn draw(sketch: &mut Sketch) {
    let depth = sketch.pick(&[1, 2, 2, 2, 3, 3]).unwrap_or(2);
    let extents = sketch.extents(depth, 1.0);
    let statements = sketch.pick(&[1, 1, 1, 2, 3]).unwrap_or(1);
    sketch.nest(&extents, |sketch| {
        let mut earlier = Vec::new();
        for _ in 0..statements {
            let written = statement(sketch, depth, &earlier);
            earlier.push(written);
        }
    });
}

/// Adds one assignment at full depth; returns what it wrote. `earlier` holds accesses written
/// before in the same body, which may be read.
pub(super) fn statement(sketch: &mut Sketch, depth: usize, earlier: &[Access]) -> Access {
    let order = if sketch.chance(0.75) { (0..depth).collect() } else { sketch.permutation(depth) };
    let target = sketch.array(depth);
    let target = indexed(target, &order);
    let mut value = term(sketch, depth, earlier);
    for _ in 0..sketch.between(0, 3) {
        let next = term(sketch, depth, earlier);
        value = match sketch.between(0, 9) {
            0..=4 => value.plus(next),
            5 => value.minus(next),
            6..=8 => value.times(next),
            _ if sketch.element.is_float() => next.over(Value::Constant(3.0)).plus(value),
            _ => value.minus(next),
        };
    }
    if sketch.element.is_float() && sketch.chance(0.08) {
        let function =
            if sketch.chance(0.7) { MathFunction::SquareRoot } else { MathFunction::Absolute };
        let inner = term(sketch, depth, &[]);
        value = value.plus(Value::Call(function, Box::new(inner)));
    }
    if sketch.chance(0.2) {
        sketch.update(target.clone(), BinaryOperation::Add, &value);
    } else {
        sketch.assign(target.clone(), &value);
    }
    target
}

fn term(sketch: &mut Sketch, depth: usize, earlier: &[Access]) -> Value {
    match sketch.between(0, 19) {
        0..=8 => {
            let depths: Vec<usize> = (0..depth).collect();
            operand(sketch, &depths)
        }
        9..=10 => {
            let order = sketch.permutation(depth);
            operand(sketch, &order)
        }
        11..=13 => {
            let depths = some_depths(sketch, depth, depth);
            operand(sketch, &depths)
        }
        14..=15 => {
            let array = sketch.array(depth);
            Value::Read(moved(sketch, array, depth))
        }
        16 => {
            let array = sketch.array(depth);
            let mut access = indexed(array, &(0..depth).collect::<Vec<_>>());
            if let Some(last) = access.subscripts.last_mut() {
                *last = &*last * 2;
            }
            Value::Read(access)
        }
        17 => {
            let rows = sketch.array(1);
            Value::Maximum(
                indexed(rows, &[0]),
                Access { array: rows, subscripts: vec![at(depth - 1)] },
            )
        }
        _ => match earlier.last() {
            Some(access) => Value::read(access),
            None => factor(sketch),
        },
    }
}

fn moved(sketch: &mut Sketch, array: ArrayId, depth: usize) -> Access {
    let subscripts = (0..depth).map(|level| shifted(sketch, &at(level))).collect();
    Access { array, subscripts }
}
