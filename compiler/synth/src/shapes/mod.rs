//! One file a family of programs; each draws its loops and statements into a sketch.
//!
//! None of them makes a PolyBench kernel: where a family's loops could be those of one, the
//! right-hand sides differ (weights of their own, further operands), so that a model trained on these
//! programs can be judged on that suite.

mod chain;
mod contraction;
mod elementwise;
mod free;
mod imperfect;
mod mixture;
mod reduction;
mod stencil;
mod temporary;
mod triangular;

use crate::Shape;
use crate::sketch::{Sketch, at, plus};
use crate::value::Value;
use loopwright_ir::{Access, Affine, ArrayId};

/// Draws a program of the family.
pub(crate) fn draw(shape: Shape, sketch: &mut Sketch) {
    match shape {
        Shape::Elementwise => elementwise::draw(sketch),
        Shape::Contraction => contraction::draw(sketch),
        Shape::Reduction => reduction::draw(sketch),
        Shape::Chain => chain::draw(sketch),
        Shape::Imperfect => imperfect::draw(sketch),
        Shape::Triangular => triangular::draw(sketch),
        Shape::Stencil => stencil::draw(sketch),
        Shape::Mixture => mixture::draw(sketch),
        Shape::Free => free::draw(sketch),
    }
}

fn access(array: ArrayId, subscripts: &[Affine]) -> Access {
    Access { array, subscripts: subscripts.to_vec() }
}

/// The access whose subscripts are the iterators at the given depths.
fn indexed(array: ArrayId, depths: &[usize]) -> Access {
    Access { array, subscripts: depths.iter().map(|depth| at(*depth)).collect() }
}

/// A new array read at the iterators of the given depths.
fn operand(sketch: &mut Sketch, depths: &[usize]) -> Value {
    let array = sketch.array(depths.len());
    Value::Read(indexed(array, depths))
}

/// A constant of moderate size that the element type holds exactly.
fn factor(sketch: &mut Sketch) -> Value {
    if sketch.element.is_float() {
        Value::Constant(sketch.between(4, 30) as f64 / 16.0)
    } else {
        Value::Constant(sketch.between(2, 6) as f64)
    }
}

/// One to `most` distinct depths below `depth`, in a random order.
fn some_depths(sketch: &mut Sketch, depth: usize, most: usize) -> Vec<usize> {
    let mut order = sketch.permutation(depth);
    let count = sketch.between(1, most.min(depth).max(1));
    order.truncate(count);
    if sketch.chance(0.7) {
        order.sort_unstable();
    }
    order
}

/// The subscript moved by a small constant, which stays non-negative.
fn shifted(sketch: &mut Sketch, subscript: &Affine) -> Affine {
    let offset = sketch.between(0, 2);
    plus(subscript, i64::try_from(offset).unwrap_or(0))
}
