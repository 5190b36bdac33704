//! How the marks of loops may nest, and setting one.
//!
//! Along one path at most one loop is parallel and at most one is vectorized, and the parallel one
//! is not inside a vectorized or jammed one. A loop with copies of array parts is neither one of
//! these nor inside of one, and no two loops of a path have a copy of the same array: fusing and
//! sinking could bring them there. What a streamed statement writes has no copy.

use super::place::Place;
use crate::Cause;
use loopwright_ir::{Mark, Node, Packing, Program, ScheduleTree, TreeLoop};

/// A mark as a word for messages.
fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Sequential => "sequential",
        Mark::Parallel => "parallel",
        Mark::Pipelined => "pipelined",
        Mark::Doacross => "a doacross loop",
        Mark::Vector { .. } => "vectorized",
        Mark::UnrollJam { .. } => "unrolled and jammed",
        Mark::Unroll { .. } => "unrolled",
    }
}

/// Refuses numbers outside `least ..= most`.
pub fn in_range(what: &'static str, value: u32, least: u32, most: u32) -> Result<(), Cause> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Cause::BadSize { what, value, least, most })
}

/// The tree with a sequential loop around the statement marked.
pub fn set(
    program: &Program,
    tree: &ScheduleTree,
    statement: &str,
    loop_name: &str,
    mark: Mark,
) -> Result<ScheduleTree, Cause> {
    let place = Place::find(program, tree, statement)?;
    let id = place.loop_named(loop_name)?.id;
    let mut tree = tree.clone();
    if let Some(target) = tree.loop_mut(id) {
        if target.mark != Mark::Sequential {
            return Err(Cause::AlreadyMarked {
                loop_name: loop_name.to_owned(),
                mark: word(target.mark),
            });
        }
        target.mark = mark;
    }
    Ok(tree)
}

/// Checks every path.
pub fn check(program: &Program, tree: &ScheduleTree) -> Result<(), Cause> {
    for (path, leaf) in tree.leaves() {
        let write = &program.statement(leaf.statement).write;
        let copied = |packing: &&Packing| packing.takes(leaf.statement, write, true);
        if leaf.streamed
            && let Some(copy) = path.iter().flat_map(|inner| &inner.packs).find(copied)
        {
            let (statement, array) = (leaf.id().name(program), copy.name(program));
            return Err(Cause::StreamedCopy { statement, array });
        }
        let mut packed: Vec<&Packing> = Vec::new();
        for packing in path.iter().flat_map(|inner| &inner.packs) {
            if packed.iter().any(|known| known.excludes(packing)) {
                return Err(Cause::PackedAlready { array: packing.name(program) });
            }
            packed.push(packing);
        }
    }
    check_nodes(&tree.roots, &mut Vec::new())
}

fn check_nodes<'a>(nodes: &'a [Node], around: &mut Vec<&'a TreeLoop>) -> Result<(), Cause> {
    for node in nodes {
        let Node::Loop(inner) = node else { continue };
        for outer in around.iter() {
            check_pair(outer, inner)?;
        }
        // Nothing else may be in an iteration, or between it and the loop inside.
        let only = match inner.body.as_slice() {
            [Node::Loop(only)] if inner.packs.is_empty() && !inner.separated => Some(only.mark),
            _ => None,
        };
        if inner.mark == Mark::Pipelined && only != Some(Mark::Parallel) {
            return Err(Cause::NotPipelined { loop_name: inner.name.clone() });
        }
        if inner.mark == Mark::Doacross && only != Some(Mark::Sequential) {
            return Err(Cause::NotDoacross { loop_name: inner.name.clone() });
        }
        around.push(inner);
        let lockstep =
            |one: &&&TreeLoop| matches!(one.mark, Mark::Vector { .. } | Mark::UnrollJam { .. });
        if !inner.packs.is_empty()
            && let Some(outer) = around.iter().find(lockstep)
        {
            return Err(Cause::PackInside {
                packing: inner.name.clone(),
                outer: outer.name.clone(),
                mark: word(outer.mark),
            });
        }
        let result = check_nodes(&inner.body, around);
        around.pop();
        result?;
    }
    Ok(())
}

fn check_pair(outer: &TreeLoop, inner: &TreeLoop) -> Result<(), Cause> {
    let names = || (outer.name.clone(), inner.name.clone());
    match (outer.mark, inner.mark) {
        (outer_mark, inner_mark) if outer_mark.on_threads() && inner_mark.on_threads() => {
            let (outer, inner) = names();
            Err(Cause::NestedParallel { outer, inner })
        }
        (Mark::Vector { .. }, Mark::Vector { .. }) => {
            let (outer, inner) = names();
            Err(Cause::NestedVector { outer, inner })
        }
        (mark @ (Mark::Vector { .. } | Mark::UnrollJam { .. }), inside) if inside.on_threads() => {
            let (outer, inner) = names();
            Err(Cause::ParallelInside { outer, mark: word(mark), inner })
        }
        _ => Ok(()),
    }
}
