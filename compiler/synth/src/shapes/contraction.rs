//! Sums of products: matrix products and their generalisations to two to four loops.

use super::{factor, indexed, operand};
use crate::sketch::Sketch;
use crate::value::Value;
use loopwright_ir::BinaryOperation;

pub(super) fn draw(sketch: &mut Sketch) {
    let (outputs, sums) = sketch
        .pick(&[(2, 1), (2, 1), (2, 1), (2, 1), (3, 1), (1, 1), (2, 2), (1, 2)])
        .unwrap_or((2, 1));
    let depth = outputs + sums;
    let extents = sketch.extents(depth, 1.0);
    // `order[position]` is the role of the loop at that depth: outputs first, then sums.
    let order = if sketch.chance(0.5) { (0..depth).collect() } else { sketch.permutation(depth) };
    let depth_of = |role: usize| order.iter().position(|other| *other == role).unwrap_or(role);
    let target: Vec<usize> = (0..outputs).map(depth_of).collect();
    let operands = sketch.pick(&[2, 2, 2, 2, 3, 1]).unwrap_or(2);
    let mut indices: Vec<Vec<usize>> = vec![Vec::new(); operands];
    // Every loop indexes one operand or two, so that no operand is the whole iteration space.
    for role in 0..depth {
        let first = sketch.between(0, operands - 1);
        let both = role >= outputs || sketch.chance(0.15);
        let second = if both { (first + 1) % operands } else { first };
        for place in [first, second] {
            if let Some(list) = indices.get_mut(place)
                && list.len() < 3
                && !list.contains(&depth_of(role))
            {
                list.push(depth_of(role));
            }
        }
    }
    sketch.nest(&extents, |sketch| {
        let mut value: Option<Value> = sketch.chance(0.25).then(|| factor(sketch));
        for mut index in indices {
            if index.is_empty() {
                continue;
            }
            if sketch.chance(0.3) {
                index.reverse();
            }
            let next = operand(sketch, &index);
            value = Some(match value {
                Some(value) => value.times(next),
                None => next,
            });
        }
        let value = value.unwrap_or(Value::Constant(1.0));
        let array = sketch.array(target.len());
        let operation =
            if sketch.chance(0.9) { BinaryOperation::Add } else { BinaryOperation::Subtract };
        sketch.update(indexed(array, &target), operation, &value);
    });
}
