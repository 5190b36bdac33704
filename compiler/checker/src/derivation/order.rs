//! The order of one program as a loop tree of another one.

use super::{Change, malformed};
use crate::proof::tree::{Around, Occurrence, Place};
use crate::proof::{Form, Stop, Tree};
use loopwright_ir::{LoopTree, Mark, Program, SourceNode};

/// The sets of a program without any loops of a tree.
pub(super) fn sets(program: &Program) -> Result<Tree, Stop> {
    Tree::new(program, &LoopTree { roots: Vec::new() })
}

/// The order of `after` as a tree of `before`: each statement of `after` that has an origin is a node which runs
/// the origin's instance at the iterators given, over its own.
pub(super) fn as_tree(
    change: Change,
    before: &Program,
    after: &Tree,
    origin: &[Option<(usize, Vec<Form>)>],
) -> Result<Tree, Stop> {
    let mut tree = sets(before)?;
    let mut nodes: Vec<(usize, Occurrence)> = Vec::new();
    for (source, origin) in after.sources.iter().zip(origin) {
        let Some((statement, iterators)) = origin else { continue };
        let loops = source.loops.iter().map(|number| Around {
            node: *number,
            id: u32::try_from(*number).unwrap_or(u32::MAX),
            name: String::new(),
            mark: Mark::Sequential,
        });
        let mut place = Place { loops: loops.collect(), ..Place::default() };
        place.part.always.clone_from(&source.domain);
        let iterators = iterators.clone();
        if tree.sources.get(*statement).map(|known| known.depth) != Some(iterators.len()) {
            return Err(malformed(change, "a statement has other iterators"));
        }
        let node = Occurrence { statement: *statement, place, iterators, inside: Vec::new() };
        nodes.push((source.position, node));
    }
    nodes.sort_by_key(|(position, _)| *position);
    tree.occurrences = nodes.into_iter().map(|(_, node)| node).collect();
    Ok(tree)
}

/// An order with the statements that `keep` names alone, by the numbers that it gives them, and without loops
/// that hold nothing else.
pub(super) fn kept(order: &[SourceNode], keep: &dyn Fn(usize) -> Option<usize>) -> Vec<SourceNode> {
    let one = |node: &SourceNode| match node {
        SourceNode::Statement(id) => {
            keep(id.0).map(|number| SourceNode::Statement(loopwright_ir::StatementId(number)))
        }
        SourceNode::Loop(inner) => {
            let body = kept(&inner.body, keep);
            let mut copy = inner.clone();
            let stays = !body.is_empty() || inner.body.is_empty();
            copy.body = body;
            stays.then_some(SourceNode::Loop(copy))
        }
    };
    order.iter().filter_map(one).collect()
}
