//! Any loops around any statements: bounds of one another, guards, subscripts that run backwards, in
//! strides and along diagonals, scalars, and elements read and written by several statements.

use super::access;
use crate::outline::LoopForm;
use crate::sketch::{Sketch, at, plus};
use crate::value::Value;
use loopwright_ir::{Access, Affine, ArrayId, BinaryOperation, ElementType, MathFunction};

/// So many statements and loops at most.
const MOST_STATEMENTS: usize = 5;
const MOST_DEPTH: usize = 4;

/// What the statements work on.
struct Pool {
    /// Arrays that are written, with their ranks.
    written: Vec<(ArrayId, usize)>,
    /// Arrays that are only read.
    inputs: Vec<(ArrayId, usize)>,
    statements: usize,
}

pub(super) fn draw(sketch: &mut Sketch) {
    let integers: &[ElementType] = &[ElementType::I32, ElementType::I64, ElementType::U8];
    let mut pool = Pool { written: Vec::new(), inputs: Vec::new(), statements: 0 };
    for _ in 0..sketch.between(1, 3) {
        let rank = sketch.pick(&[0, 1, 1, 2, 2, 2, 3]).unwrap_or(2);
        pool.written.push((sketch.array(rank), rank));
    }
    for _ in 0..sketch.between(1, 2) {
        let rank = sketch.pick(&[0, 1, 2, 2]).unwrap_or(1);
        let element = sketch.element;
        let array = if element.is_float() && sketch.chance(0.2) {
            let element = sketch.pick(integers).unwrap_or(element);
            sketch.array_of(element, rank)
        } else {
            sketch.array(rank)
        };
        pool.inputs.push((array, rank));
    }
    let nests = sketch.pick(&[1, 1, 2, 3]).unwrap_or(1);
    for _ in 0..nests {
        nest(sketch, &mut pool);
    }
}

/// One loop with what is inside.
fn nest(sketch: &mut Sketch, pool: &mut Pool) {
    let (lower, uppers, form) = bounds(sketch);
    sketch.repeat_as(&lower, &uppers, form, |sketch| {
        let depth = sketch.depth();
        let items = sketch.pick(&[1, 1, 2, 2, 3]).unwrap_or(1);
        let mut filled = false;
        for item in 0..items {
            if pool.statements >= MOST_STATEMENTS {
                break;
            }
            let deeper = depth < MOST_DEPTH && sketch.chance(0.75 - 0.15 * depth as f64);
            // Only guards that hold several items are new here: statements get theirs anyway.
            if sketch.chance(0.06) {
                let condition = sketch.condition();
                sketch.guard(&[condition], |sketch| {
                    statement(sketch, pool);
                    if deeper {
                        nest(sketch, pool);
                    }
                });
                filled = true;
            } else if deeper || (item == 0 && depth == 1 && sketch.chance(0.6)) {
                nest(sketch, pool);
                filled = true;
            } else {
                statement(sketch, pool);
                filled = true;
            }
        }
        if !filled {
            statement(sketch, pool);
        }
    });
}

/// Bounds by numbers, parameters and outer loops.
fn bounds(sketch: &mut Sketch) -> (Affine, Vec<Affine>, LoopForm) {
    let form = sketch.varied_form(1);
    let size = sketch.extents(1, 1.0).first().copied().unwrap_or(4);
    let size = if sketch.depth() > 1 { size.min(9) } else { size };
    let outer = sketch.depth().checked_sub(1).map(|last| sketch.between(0, last));
    let offset = sketch.between(0, 3) as i64 - 1;
    let mut lower = Affine::constant(sketch.pick(&[0, 0, 0, 1, 2]).unwrap_or(0));
    let mut upper = sketch.varied_bound(&Affine::constant(size));
    let mut more = Vec::new();
    match (outer, sketch.between(0, 9)) {
        (Some(outer), 0 | 1) => upper = plus(&at(outer), offset),
        (Some(outer), 2) => lower = plus(&at(outer), offset.abs()),
        (Some(outer), 3) => {
            lower = at(outer);
            more.push(plus(&at(outer), 4));
        }
        (Some(outer), 4) => upper = &upper - &at(outer),
        (Some(outer), 5) => lower = plus(&(&at(outer) * 2), -3),
        _ => {}
    }
    let mut uppers = vec![upper];
    uppers.extend(more);
    let form = if uppers.len() > 1 { LoopForm::Ascending } else { form };
    (lower, uppers, form)
}

fn statement(sketch: &mut Sketch, pool: &mut Pool) {
    pool.statements += 1;
    let Some((array, rank)) = sketch.pick(&pool.written) else { return };
    let target = subscripted(sketch, array, rank);
    let count = sketch.between(1, 3);
    let mut value: Option<Value> = None;
    for _ in 0..count {
        let next = term(sketch, pool, &target);
        let weight = Value::Constant(if sketch.element.is_float() {
            sketch.pick(&[0.5, 0.25, 0.375, 0.625, 0.75]).unwrap_or(0.5)
        } else {
            sketch.pick(&[1.0, 2.0, 3.0, 5.0]).unwrap_or(1.0)
        });
        let next = if sketch.chance(0.6) { weight.times(next) } else { next.times(weight) };
        value = Some(match (value, sketch.between(0, 5)) {
            (None, _) => next,
            (Some(value), 0) => value.minus(next),
            (Some(value), 1) => next.plus(value),
            (Some(value), _) => value.plus(next),
        });
    }
    let value = value.unwrap_or(Value::Constant(1.0));
    match sketch.between(0, 9) {
        0..=2 => sketch.update(target, BinaryOperation::Add, &value),
        3 => sketch.update(target, BinaryOperation::Subtract, &value),
        4 => sketch.update(target, BinaryOperation::Multiply, &value),
        _ => sketch.assign(target, &value),
    }
}

fn term(sketch: &mut Sketch, pool: &Pool, target: &Access) -> Value {
    match sketch.between(0, 11) {
        // The written element's neighbour: what makes dependences of short distance.
        0..=2 if !target.subscripts.is_empty() => Value::Read(neighbour(sketch, target)),
        3 => Value::read(target),
        4 => {
            let depth = sketch.depth().saturating_sub(1);
            let place = sketch.between(0, depth);
            let offset = sketch.between(0, 2) as i64;
            Value::Index(plus(&at(place), offset))
        }
        5 if sketch.element.is_float() => {
            let argument = Value::Read(any(sketch, &pool.inputs));
            let function = sketch.pick(&[MathFunction::SquareRoot, MathFunction::Absolute]);
            Value::Call(function.unwrap_or(MathFunction::Absolute), Box::new(argument))
        }
        6 => {
            let first = any(sketch, &pool.written);
            let second = any(sketch, &pool.inputs);
            // A ternary of a fraction and an integer is a fraction, as is the statement.
            Value::Maximum(first, second)
        }
        7..=8 => Value::Read(any(sketch, &pool.written)),
        _ => Value::Read(any(sketch, &pool.inputs)),
    }
}

fn any(sketch: &mut Sketch, arrays: &[(ArrayId, usize)]) -> Access {
    let (array, rank) = sketch.pick(arrays).unwrap_or((ArrayId(0), 0));
    subscripted(sketch, array, rank)
}

/// The access moved by one or two in a dimension, and kept inside of the array.
fn neighbour(sketch: &mut Sketch, target: &Access) -> Access {
    let mut moved = target.clone();
    let dimension = sketch.between(0, target.subscripts.len().saturating_sub(1));
    let offset = sketch.pick(&[-2, -1, -1, 1, 1, 2]).unwrap_or(1);
    if let Some(subscript) = moved.subscripts.get_mut(dimension) {
        *subscript = sketch.inside(&plus(subscript, offset));
    }
    moved
}

/// An access of an array at random places of the open loops.
fn subscripted(sketch: &mut Sketch, array: ArrayId, rank: usize) -> Access {
    let depth = sketch.depth();
    let order = sketch.permutation(depth);
    let subscripts: Vec<Affine> = (0..rank)
        .map(|dimension| {
            let own = order.get(dimension).or(order.first()).copied();
            let Some(own) = own else { return Affine::constant(0) };
            let other = sketch.between(0, depth - 1);
            let raw = match sketch.between(0, 19) {
                0 | 1 => &at(own) * -1,
                2 => &at(own) * 2,
                3 => &at(own) + &at(other),
                4 => &at(own) - &at(other),
                5 => Affine::constant(1),
                6 => &at(own) * -2,
                7 => plus(&at(own), 2),
                _ => at(own),
            };
            sketch.inside(&raw)
        })
        .collect();
    access(array, &subscripts)
}
