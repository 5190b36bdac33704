//! Sums and maxima over rows, columns or everything; matrix times vector both ways.

use super::{factor, indexed, operand, some_depths};
use crate::sketch::Sketch;
use crate::value::Value;
use loopwright_ir::BinaryOperation;

pub(super) fn draw(sketch: &mut Sketch) {
    let depth = sketch.pick(&[1, 2, 2, 2, 2, 3]).unwrap_or(2);
    let extents = sketch.extents(depth, 1.0);
    // What remains of the loops in the result; none for a total.
    let kept: Vec<usize> = match depth {
        1 => Vec::new(),
        2 => vec![sketch.between(0, 1)],
        _ => {
            let mut kept = sketch.permutation(depth);
            kept.truncate(sketch.between(1, 2));
            kept.sort_unstable();
            kept
        }
    };
    let result = sketch.array(kept.len());
    let target = indexed(result, &kept);
    // A result over the outermost loops alone can be cleared inside the nest.
    let outermost = kept.iter().enumerate().all(|(place, depth)| place == *depth);
    let clear = sketch.chance(0.5);
    if clear && !outermost {
        let lengths: Vec<i64> =
            kept.iter().filter_map(|depth| extents.get(*depth).copied()).collect();
        sketch.nest(&lengths, |sketch| {
            let own: Vec<usize> = (0..lengths.len()).collect();
            sketch.assign(indexed(result, &own), &Value::Constant(0.0));
        });
    }
    let (outer, inner) = extents.split_at(if outermost { kept.len() } else { 0 });
    sketch.nest(outer, |sketch| {
        if clear && outermost {
            sketch.assign(target.clone(), &Value::Constant(0.0));
        }
        accumulate(sketch, inner, depth, &target);
    });
}

fn accumulate(sketch: &mut Sketch, inner: &[i64], depth: usize, target: &loopwright_ir::Access) {
    sketch.nest(inner, |sketch| {
        let mut all: Vec<usize> = (0..depth).collect();
        if sketch.chance(0.25) {
            all = sketch.permutation(depth);
        }
        let source = sketch.array(depth);
        let source = indexed(source, &all);
        if sketch.chance(0.1) {
            sketch.assign(target.clone(), &Value::Maximum(source, target.clone()));
            return;
        }
        let mut value = Value::Read(source);
        if sketch.chance(0.6) {
            let depths = some_depths(sketch, depth, 2);
            value = value.times(operand(sketch, &depths));
        }
        if sketch.chance(0.2) {
            let scale = factor(sketch);
            value = value.times(scale);
        }
        sketch.update(target.clone(), BinaryOperation::Add, &value);
    });
}
