//! Neighbourhoods on a grid of one to three dimensions, swept once or many times.
//!
//! Every point of the neighbourhood has a weight of its own, so none is a PolyBench stencil.

use super::access;
use crate::sketch::{Sketch, at, plus};
use crate::value::Value;
use loopwright_ir::{Access, Affine, ArrayId, BinaryOperation};

/// How the sweeps follow each other.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// One sweep, no time loop.
    Single,
    /// A sweep into a second grid, which is then copied back.
    CopyBack,
    /// Two sweeps, there and back again.
    DoubleBuffer,
    /// The grid is overwritten while it is read.
    InPlace,
    /// Two fields, each advanced by differences of the other.
    TwoFields,
}

struct Grid {
    /// Loops outside the grid's own: 1 with a time loop, otherwise 0.
    outside: usize,
    extents: Vec<i64>,
    radius: i64,
}

pub(super) fn draw(sketch: &mut Sketch) {
    let dimensions = sketch.pick(&[1, 2, 2, 2, 3, 3]).unwrap_or(2);
    let forms = [
        Form::Single,
        Form::CopyBack,
        Form::DoubleBuffer,
        Form::DoubleBuffer,
        Form::InPlace,
        Form::TwoFields,
    ];
    let form = sketch.pick(&forms).unwrap_or(Form::Single);
    let sweeps = if form == Form::Single { 1 } else { sketch.between(2, 40) };
    let radius = if dimensions == 1 { sketch.between(1, 3) } else { sketch.between(1, 2) };
    let radius = i64::try_from(radius).unwrap_or(1);
    let extents: Vec<i64> = sketch
        .extents(dimensions, sweeps as f64)
        .into_iter()
        .map(|extent| extent.max(2 * radius + 2))
        .collect();
    let offsets = neighbourhood(sketch, dimensions, radius);
    let weights: Vec<f64> = weights(sketch, offsets.len());
    let first = sketch.array(dimensions);
    let second = if form == Form::InPlace { first } else { sketch.array(dimensions) };
    let timed = usize::from(form != Form::Single);
    let grid = Grid { outside: timed, extents, radius };
    let steps: Vec<i64> =
        if timed == 1 { vec![i64::try_from(sweeps).unwrap_or(2)] } else { Vec::new() };
    let scaled = (form != Form::TwoFields && sketch.chance(0.25)).then(|| sketch.array(dimensions));
    sketch.nest(&steps, |sketch| {
        let sum = |grid: &Grid, from: ArrayId| {
            let mut value: Option<Value> = None;
            for (offset, weight) in offsets.iter().zip(&weights) {
                let next = Value::Constant(*weight).times(Value::Read(grid.point(from, offset)));
                value = Some(match value {
                    Some(value) => value.plus(next),
                    None => next,
                });
            }
            let value = value.unwrap_or(Value::Constant(1.0));
            match scaled {
                Some(field) => value.plus(Value::Read(grid.point(field, &[]))),
                None => value,
            }
        };
        match form {
            Form::Single => grid.sweep(sketch, |sketch| {
                sketch.assign(grid.point(second, &[]), &sum(&grid, first));
            }),
            Form::InPlace => grid.sweep(sketch, |sketch| {
                sketch.assign(grid.point(first, &[]), &sum(&grid, first));
            }),
            Form::CopyBack => {
                grid.sweep(sketch, |sketch| {
                    sketch.assign(grid.point(second, &[]), &sum(&grid, first));
                });
                grid.sweep(sketch, |sketch| {
                    let copied = Value::Read(grid.point(second, &[]));
                    sketch.assign(grid.point(first, &[]), &copied);
                });
            }
            Form::DoubleBuffer => {
                for (from, to) in [(first, second), (second, first)] {
                    grid.sweep(sketch, |sketch| {
                        sketch.assign(grid.point(to, &[]), &sum(&grid, from));
                    });
                }
            }
            Form::TwoFields => {
                for (from, to, step) in [(first, second, 1), (second, first, -1)] {
                    let axis = sketch.between(0, dimensions - 1);
                    grid.sweep(sketch, |sketch| {
                        let mut offset = vec![0; dimensions];
                        if let Some(place) = offset.get_mut(axis) {
                            *place = step;
                        }
                        let change = Value::Read(grid.point(from, &offset))
                            .minus(Value::Read(grid.point(from, &[])))
                            .times(Value::Constant(0.1875));
                        sketch.update(grid.point(to, &[]), BinaryOperation::Subtract, &change);
                    });
                }
            }
        }
    });
}

impl Grid {
    fn sweep(&self, sketch: &mut Sketch, inside: impl FnOnce(&mut Sketch)) {
        self.sweep_from(sketch, 0, Box::new(inside));
    }

    fn sweep_from(
        &self,
        sketch: &mut Sketch,
        dimension: usize,
        inside: Box<dyn FnOnce(&mut Sketch) + '_>,
    ) {
        match self.extents.get(dimension) {
            None => inside(sketch),
            Some(extent) => {
                let upper = [Affine::constant(extent - self.radius)];
                sketch.repeat(&Affine::constant(self.radius), &upper, |sketch| {
                    self.sweep_from(sketch, dimension + 1, inside);
                });
            }
        }
    }

    /// The point at an offset from the one being swept; no offset is zero in every dimension.
    fn point(&self, array: ArrayId, offset: &[i64]) -> Access {
        let subscripts: Vec<Affine> = (0..self.extents.len())
            .map(|dimension| {
                let moved = offset.get(dimension).copied().unwrap_or(0);
                plus(&at(self.outside + dimension), moved)
            })
            .collect();
        access(array, &subscripts)
    }
}

/// The centre and some of: the cross, the box, or one side.
fn neighbourhood(sketch: &mut Sketch, dimensions: usize, radius: i64) -> Vec<Vec<i64>> {
    let mut offsets = vec![vec![0; dimensions]];
    let cross = dimensions == 1 || sketch.chance(0.65);
    if cross {
        for dimension in 0..dimensions {
            for distance in (-radius..=radius).filter(|distance| *distance != 0) {
                let mut offset = vec![0; dimensions];
                if let Some(place) = offset.get_mut(dimension) {
                    *place = distance;
                }
                offsets.push(offset);
            }
        }
    } else {
        for corner in 0..3_usize.pow(u32::try_from(dimensions).unwrap_or(1)) {
            let mut rest = corner;
            let mut offset = Vec::new();
            for _ in 0..dimensions {
                offset.push(i64::try_from(rest % 3).unwrap_or(0) - 1);
                rest /= 3;
            }
            if offset.iter().any(|distance| *distance != 0) {
                offsets.push(offset);
            }
        }
    }
    if sketch.chance(0.3) {
        let kept: Vec<bool> = offsets.iter().map(|_| sketch.chance(0.6)).collect();
        let mut position = 0;
        offsets.retain(|_| {
            position += 1;
            position == 1 || kept.get(position - 1).copied().unwrap_or(true)
        });
    }
    offsets
}

/// Unequal weights that add up to about one.
fn weights(sketch: &mut Sketch, count: usize) -> Vec<f64> {
    (0..count)
        .map(|position| {
            let draw = sketch.between(60, 100) as f64 + position as f64 / 4.0;
            (draw / (90.0 * count as f64) * 65536.0).round() / 65536.0
        })
        .collect()
}
