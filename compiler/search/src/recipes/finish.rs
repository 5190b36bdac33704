//! What is left over when a recipe has treated the heavy part of a nest: vectors for the rest.

use crate::Draft;
use crate::facts::{LeafFact, Trips};
use loopwright_ir::Affine;

/// Gives the piece's loops a vector where that is legal: its innermost loop, or another one that all accesses follow
/// contiguously and that may become innermost.
pub fn vectors(draft: &mut Draft, piece: &str, lanes: u32) -> Option<()> {
    if !draft.is_legal() {
        return None;
    }
    let leaf = draft.leaf(piece)?;
    let fact = {
        let all = draft.tree.leaves();
        let (path, found) = all.iter().find(|(_, one)| one.id() == leaf)?;
        LeafFact::of(draft.program(), path, found, &Trips::default())
    };
    // The loops that are the piece's alone: a chain up from the leaf.
    let alone = fact.path.iter().rev().take_while(|inner| inner.children == 1).count();
    let first = fact.path.len() - alone;
    let mut depths: Vec<usize> = (first..fact.path.len()).collect();
    let score = |depth: &usize| {
        fact.accesses
            .iter()
            .map(|access| match (access.moves_with(*depth), access.is_contiguous(*depth)) {
                (false, _) if access.write => -3,
                (false, _) => 0,
                (true, true) => 2,
                (true, false) => -2,
            })
            .sum::<i64>()
    };
    depths.sort_by_key(|depth| (std::cmp::Reverse(score(depth)), std::cmp::Reverse(*depth)));
    for depth in depths {
        if score(&depth) < 0 {
            break;
        }
        let name = fact.path.get(depth)?.name.clone();
        let mut next = draft.clone();
        if depth + 1 < fact.path.len() {
            let inner: Vec<String> =
                fact.path.iter().skip(depth + 1).map(|one| one.name.clone()).collect();
            let order: Vec<&str> =
                inner.iter().map(String::as_str).chain([name.as_str()]).collect();
            if next.permute(piece, &order).is_none() {
                continue;
            }
        }
        if next.vectorize(piece, &name, lanes, 1).is_some() && next.is_legal() {
            *draft = next;
            return Some(());
        }
    }
    Some(())
}

/// Lets a piece's innermost loop, where the piece is alone in it, count what the statement counts: whole rows that lean
/// with the loops outside would begin in the middle of a cache line, at another place in each step.
pub fn straighten(draft: &mut Draft, piece: &str) -> Option<()> {
    let id = draft.leaf(piece)?;
    let path = draft.tree.path_to(id)?;
    let innermost = path.last().filter(|inner| inner.body.len() == 1)?;
    let leaves = draft.tree.leaves();
    let (_, leaf) = leaves.iter().find(|(_, leaf)| leaf.id() == id)?;
    let own = innermost.id.variable();
    let counted = leaf.iterators.iter().find(|one| one.coefficient(own) == 1)?;
    let amount = counted - &Affine::variable(own);
    if amount == Affine::constant(0) {
        return Some(());
    }
    let name = |variable| {
        let found = path.iter().find(|outer| outer.id.variable() == variable);
        found.map_or_else(|| draft.program().parameter_name(variable), |outer| outer.name.clone())
    };
    let step = format!("shift({piece}, {}, {})", innermost.name, amount.display_with(&name));
    if let Some(next) = draft.allowing(&step) {
        *draft = next;
    }
    Some(())
}
