//! The transformations: one file each, all of them pure rewrites of the schedule tree.
//!
//! A rewrite checks that the step makes sense here (its statement, loops and numbers, and that marks
//! are not nested wrongly); whether the new order respects the dependences is asked afterwards,
//! once for every kind of step ([`apply`](crate::apply)).

mod affine;
mod distribute;
mod divide;
mod doacross;
mod expand;
mod fuse;
mod interchange;
mod isolate;
mod keep;
mod marks;
mod pack;
mod parallelize;
mod peel;
mod permute;
mod pipeline;
mod place;
mod prepare;
mod promote;
mod reference;
mod regroup;
mod reorder;
mod reverse;
mod rotate;
mod separate;
mod shift;
mod sink;
mod skew;
mod split;
mod stream;
mod tile;
mod unroll;
mod unroll_and_jam;
mod vectorize;
mod wavefront;

pub(crate) use place::Place;
pub use prepare::{Rounding, prepared, stages};
pub use reference::{Description, descriptions};

use crate::{Cause, Illegal};
use loopwright_ir::{Leaf, Program, ScheduleTree, SkewFactors, Step, TreeLoop};

/// The tree after a step, with the structure checked and the dependences not.
pub fn rewrite(
    program: &Program,
    tree: &ScheduleTree,
    step: &Step,
) -> Result<ScheduleTree, Box<Illegal>> {
    rewrite_or_cause(program, tree, step).map_err(|cause| Illegal::new(step, cause))
}

pub(crate) fn rewrite_or_cause(
    program: &Program,
    tree: &ScheduleTree,
    step: &Step,
) -> Result<ScheduleTree, Cause> {
    let result = match step {
        Step::Interchange { statement, outer, inner } => {
            interchange::rewrite(program, tree, statement, outer, inner)
        }
        Step::Tile { statement, loops, sizes } => {
            tile::rewrite(program, tree, statement, loops, sizes)
        }
        Step::Distribute { statement, loop_name } => {
            distribute::rewrite(program, tree, statement, loop_name)
        }
        Step::Parallelize { statement, loop_name } => {
            parallelize::rewrite(program, tree, statement, loop_name)
        }
        Step::Pipeline { statement, loop_name } => {
            pipeline::rewrite(program, tree, statement, loop_name)
        }
        Step::Doacross { statement, loop_name } => {
            doacross::rewrite(program, tree, statement, loop_name)
        }
        Step::Vectorize { statement, loop_name, width, unroll } => {
            vectorize::rewrite(program, tree, statement, loop_name, *width, *unroll)
        }
        Step::UnrollAndJam { statement, loop_name, factor } => {
            unroll_and_jam::rewrite(program, tree, statement, loop_name, *factor)
        }
        Step::Permute { statement, loops } => permute::rewrite(program, tree, statement, loops),
        Step::Separate { statement, loop_name } => {
            separate::rewrite(program, tree, statement, loop_name)
        }
        Step::Fuse { statement, other, loop_name, shift } => {
            let shift = shift.ok_or(Cause::NeedsDependences)?;
            fuse::rewrite(program, tree, statement, other, loop_name, shift)
        }
        Step::Sink { statement, target, loop_name, at } => {
            sink::rewrite(program, tree, statement, target, loop_name, at.as_ref())
        }
        Step::Reorder { statement, other } => reorder::rewrite(program, tree, statement, other),
        Step::Split { statement, loop_name, at } => {
            split::rewrite(program, tree, statement, loop_name, at)
        }
        Step::Peel { statement, loop_name, count } => {
            peel::rewrite(program, tree, statement, loop_name, *count)
        }
        Step::Affine { orders } => affine::rewrite(program, tree, orders),
        Step::Rotate { statement, loop_name } => {
            rotate::rewrite(program, tree, statement, loop_name)
        }
        Step::Reverse { statement, loop_name } => {
            reverse::rewrite(program, tree, statement, loop_name)
        }
        Step::Shift { statement, loop_name, amount } => {
            shift::rewrite(program, tree, statement, loop_name, amount)
        }
        Step::Skew { statement, source, targets, factors } => match factors {
            SkewFactors::Given(factors) => {
                skew::rewrite(program, tree, statement, source, targets, factors)
            }
            _ => Err(Cause::NeedsDependences),
        },
        Step::Wavefront { statement, loops } => wavefront::rewrite(program, tree, statement, loops),
        Step::Unroll { statement, loop_name, factor } => {
            unroll::rewrite(program, tree, statement, loop_name, *factor)
        }
        Step::Pack { statement, array, subscripts, loop_name, order } => {
            let packed = pack::Packed { array, subscripts };
            pack::rewrite(program, tree, statement, packed, loop_name, order)
        }
        Step::Stream { statement } => stream::rewrite(program, tree, statement),
        Step::Expand { statement, array, loop_name } => {
            expand::rewrite(program, tree, statement, array, loop_name)
        }
        Step::Regroup { statement, loop_name, lanes, chunk } => {
            let cut = regroup::Cut { lanes: *lanes, chunk: *chunk };
            regroup::rewrite(program, tree, statement, loop_name, cut)
        }
        Step::Divide { statement, loop_name, .. } | Step::Keep { statement, loop_name, .. } => {
            prepare::rewrite(program, tree, statement, loop_name)
        }
        Step::Promote { statement, array, loop_name } => {
            promote::rewrite(program, tree, statement, array, loop_name)
        }
    }?;
    marks::check(program, &result)?;
    bounded(program, tree, &result)?;
    Ok(result)
}

/// How many loops a schedule may put around a statement beyond those of the source.
const MOST_LOOPS: usize = 24;
/// How many pieces of statements a schedule may make.
const MOST_PIECES: usize = 512;

/// A step may not add to what is far more than there is use for already.
fn bounded(program: &Program, before: &ScheduleTree, after: &ScheduleTree) -> Result<(), Cause> {
    let (old, new) = (before.leaves(), after.leaves());
    let deepest = |leaves: &[(Vec<&TreeLoop>, &Leaf)]| {
        leaves.iter().map(|(path, _)| path.len()).max().unwrap_or(0)
    };
    let depths = program.statements.iter().map(|statement| statement.iterators.len());
    let most = MOST_LOOPS + depths.max().unwrap_or(0);
    if deepest(&new) > most.max(deepest(&old)) {
        return Err(Cause::TooMany { what: "loops around a statement", most });
    }
    let most = MOST_PIECES + program.statements.len();
    if new.len() > most.max(old.len()) {
        return Err(Cause::TooMany { what: "pieces of statements", most });
    }
    Ok(())
}
