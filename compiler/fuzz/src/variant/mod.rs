//! The same computation written otherwise: C that somebody else might have written for a program.
//!
//! A variant comes from random legal steps that change the order (exchanged, fused, distributed, reversed and shifted
//! loops) and from what changes nothing but the look: other names, arrays with their dimensions exchanged, `float` in
//! place of `double`. What is found for a program should be found for its variants, too.

mod print;
mod rewrite;

use crate::steps::{Surroundings, random_step};
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_ir::{Program, Step};
use loopwright_transform::{Applied, lower, try_apply};
use print::text_of;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rewrite::{renamed, single_precision, transposed};

/// Steps that are tried for a variant, and how many of them one has at most.
const ATTEMPTS: usize = 120;
const MOST_STEPS: usize = 5;
/// By how many iterations people shift statements against each other.
const FARTHEST: i64 = 3;
/// How many of the arrays have their dimensions exchanged.
const TRANSPOSED: f64 = 0.3;

/// What may be done to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freedom {
    /// Another order of the loops.
    pub order: bool,
    /// Arrays with their dimensions exchanged.
    pub layout: bool,
    /// `float` in place of `double`.
    pub single: bool,
}

impl Freedom {
    /// Nothing but other names.
    pub const NAMES: Self = Self { order: false, layout: false, single: false };
}

/// A program in other words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// A C file with one region.
    pub text: String,
    /// What was done, in words.
    pub changes: String,
    /// Of each array of the program, its new name and which old dimension each new one is.
    pub arrays: Vec<(String, Vec<usize>)>,
}

/// Writes a specialised program otherwise, whose multiply-adds are not contracted, as the function of a name. `prefix`
/// begins all names of variables. `None` where the order has no loops.
pub fn variant(
    program: &Program,
    (function, prefix): (&str, &str),
    freedom: Freedom,
    random: &mut ChaCha8Rng,
) -> Option<Variant> {
    let mut changes = Vec::new();
    let mut program = renamed(program, prefix, random);
    let mut orders: Vec<Vec<usize>> =
        program.arrays.iter().map(|array| (0..array.extents.len()).collect()).collect();
    if freedom.layout {
        for (position, order) in orders.iter_mut().enumerate() {
            if order.len() > 1 && random.random_bool(TRANSPOSED) {
                // Another order for sure.
                let places = random.random_range(1..order.len());
                order.rotate_left(places);
                let name = program.arrays.get(position)?.name.clone();
                changes.push(format!("{name} has its dimensions as {order:?}"));
            }
        }
        program = transposed(&program, &orders);
    }
    if freedom.single {
        program = single_precision(program);
        changes.push("float in place of double".to_owned());
    }
    let applied = match freedom.order {
        true => reordered(&program, random)?,
        false => Applied::original(&program),
    };
    let steps = applied.schedule.to_string().replace('\n', "; ");
    if !steps.is_empty() {
        changes.push(steps);
    }
    let loops = lower(&program, &applied.tree).ok()?;
    let changes = if changes.is_empty() { "other names".to_owned() } else { changes.join("; ") };
    let text = text_of(&program, &loops, function, &changes);
    let names = program.arrays.iter().map(|array| array.name.clone());
    Some(Variant { text, changes, arrays: names.zip(orders).collect() })
}

fn shuffle<T>(items: &mut [T], random: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.random_range(0..=last));
    }
}

/// The program in another legal order: what one step makes illegal is not tried again.
fn reordered(program: &Program, random: &mut ChaCha8Rng) -> Option<Applied> {
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).ok()?;
    let surroundings = Surroundings::new(program, vec![4]);
    let wanted = random.random_range(1..=MOST_STEPS);
    let mut applied = Applied::original(program);
    for _ in 0..ATTEMPTS {
        if applied.schedule.steps().len() >= wanted {
            break;
        }
        let Some(step) = random_step(program, &applied.tree, &surroundings, random) else {
            continue;
        };
        let Some(next) = try_apply(program, &dependences, &applied, &step) else { continue };
        if !next.schedule.steps().last().is_some_and(rewrites) {
            continue;
        }
        // What changes nothing is no rewriting.
        let text = |applied: &Applied| Some(lower(program, &applied.tree).ok()?.display(program));
        if text(&next) != text(&applied) {
            applied = next;
        }
    }
    Some(applied)
}

/// Whether people write programs that differ by such a step, with its numbers decided.
fn rewrites(step: &Step) -> bool {
    match step {
        Step::Shift { amount, .. } => {
            amount.terms().is_empty() && amount.constant_term().abs() <= FARTHEST
        }
        Step::Fuse { shift, .. } => shift.is_none_or(|shift| shift.abs() <= FARTHEST),
        _ => ["interchange", "permute", "distribute", "reverse", "reorder"].contains(&step.name()),
    }
}
