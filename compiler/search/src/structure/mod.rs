//! Structures: the orders of the whole program that recipes start from.
//!
//! Which statements share loops is decided before anything is done to a nest. Each structure is a legal order
//! of the source's program, or of one that steps have made of it.

mod blocked;
mod distribute;
mod joined;
mod pivot;
mod prelude;

use crate::affine::{self, Band};
use crate::plan::Structure;
use crate::site::MOST_LOOPS;
use crate::{Base, Draft, Machine};
use distribute::Together;
use loopwright_ir::{ArrayId, Node, StatementId};
pub use prelude::with_private_storage;
use std::sync::Arc;

/// The name of the source's own order.
const AS_WRITTEN: &str = "as written";

/// The structures of a program, the most promising first; no two have the same order.
pub fn structures(base: &Arc<Base>, machine: &Machine) -> Vec<Structure> {
    let mut found: Vec<Structure> = Vec::new();
    let deepest = base.program.statements.iter().map(|one| one.iterators.len()).max().unwrap_or(0);
    if deepest > MOST_LOOPS {
        return vec![Structure::new(AS_WRITTEN, base.original(), machine)];
    }
    // There is an answer whatever time the others take.
    let mut plain = Some(Structure::new(AS_WRITTEN, base.original(), machine));
    let mut bases = vec![("", Arc::clone(base))];
    if let Some(divided) = pivot::divided(base) {
        bases.insert(0, ("loops divided at the pivot, ", divided));
    }
    if let Some(expanded) = prelude::expanded(base) {
        bases.insert(0, ("temporaries expanded, ", expanded));
    }
    let source = Arc::clone(base);
    for (prefix, base) in &bases {
        if let Some(blocked) = blocked::blocked(&source, base) {
            found.push(Structure::new(format!("{prefix}steps in blocks"), blocked, machine));
        }
        let original = base.original();
        let as_written = loops_of(&original);
        let mut known = Vec::new();
        let mut add = |name: &str, draft: Draft| {
            // Two ways to the same loops are one structure; where they are the source's, that is said.
            let text = loops_of(&draft);
            let is_source = name != AS_WRITTEN && text == as_written;
            if !is_source && !known.contains(&text) {
                known.push(text);
                found.push(Structure::new(format!("{prefix}{name}"), draft, machine));
            }
        };
        if prefix.is_empty() {
            if let Some(distributed) = distribute::distributed(&original, Together::Nothing) {
                add("distributed", distributed);
            }
        } else {
            for (name, together) in [
                ("distributed inside of temporaries' loops", Together::TemporariesOutside),
                ("distributed but for temporaries", Together::Temporaries),
                ("distributed", Together::Nothing),
            ] {
                if let Some(distributed) = distribute::distributed(&original, together) {
                    add(name, distributed);
                }
            }
        }
        // Each nest of several statements in one band, where an affine order gives that; else in a band with loops
        // inside.
        let mut whole = None;
        let (mut outer, mut joined) = (None, None);
        for (root, node) in original.tree.roots.iter().enumerate() {
            if !matches!(node, Node::Loop(_)) {
                continue;
            }
            let Some(band) = Band::of_roots(&original, &[root]) else { continue };
            let apply = |to: &mut Option<Draft>, order: &dyn Fn(&Draft) -> Option<Draft>| {
                *to = order(to.as_ref().unwrap_or(&original)).or(to.take());
            };
            if band.is_whole() {
                apply(&mut whole, &|draft| band.apply(draft));
            } else if let Some(band) = band.in_steps() {
                apply(&mut outer, &|draft| joined::outer(draft, &band));
                apply(&mut joined, &|draft| joined::joined(draft, &band));
            }
        }
        let names = ["steps joined", "one band", "outer loops in one band"];
        for (name, found) in names.into_iter().zip([joined, whole, outer]) {
            found.into_iter().for_each(|found| add(name, found));
        }
        if let Some(banded) = components_banded(&original) {
            add("a band for each component", banded);
        }
        for pair in shared_roots(&original, machine) {
            if let Some(fused) =
                Band::of_roots(&original, &pair).and_then(|band| band.apply(&original))
            {
                add("nests that share a matrix in one band", fused);
            } else if let Some(fused) = in_one_loop(&original, pair) {
                add("nests that share a matrix in one loop", fused);
            }
        }
        match plain.take_if(|_| prefix.is_empty()) {
            Some(plain) => found.push(plain),
            None => add(AS_WRITTEN, original),
        }
    }
    found
}

/// The loops of an order as text; `None` where it has none.
fn loops_of(draft: &Draft) -> Option<String> {
    draft.lower().map(|loops| loops.display(draft.program()))
}

/// The order in which each strongly connected component of several statements stands in a band of its own, one behind
/// the other, where a nest has several components.
fn components_banded(original: &Draft) -> Option<Draft> {
    let mut current: Option<Draft> = None;
    for (root, node) in original.tree.roots.iter().enumerate() {
        let components = distribute::outermost_components(original, node);
        if components.len() < 2 || components.iter().all(|one| one.len() < 2) {
            continue;
        }
        let draft = current.as_ref().unwrap_or(original);
        if let Some(next) = affine::banded_components(draft, root, &components) {
            current = Some(next);
        }
    }
    current
}

/// Two outermost loops as one, without a shift.
fn in_one_loop(original: &Draft, pair: [usize; 2]) -> Option<Draft> {
    let program = original.program();
    let first = |root: usize| {
        let statements = statements_below(original.tree.roots.get(root)?);
        Some(program.statement(*statements.first()?).name.clone())
    };
    let (one, other) = (first(pair[0])?, first(pair[1])?);
    let outermost = original.loops(original.leaf(&one)?).first()?.clone();
    original.allowing(&format!("fuse({one}, {other}, {outermost}, 0)"))
}

/// Neighbouring outermost loops in which the same array is read that no second-level cache holds.
fn shared_roots(draft: &Draft, machine: &Machine) -> Vec<[usize; 2]> {
    let program = draft.program();
    let large = |root: &Node| {
        let mut arrays: Vec<ArrayId> = Vec::new();
        for id in statements_below(root) {
            let reads = program.statement(id).reads.iter().filter(|read| read.subscripts.len() > 1);
            arrays.extend(reads.map(|read| read.array).filter(|array| {
                let bytes = program.array(*array).element.bytes();
                program.elements(*array).is_some_and(|count| count * bytes > machine.l2_bytes)
            }));
        }
        arrays
    };
    let roots: Vec<Vec<ArrayId>> = draft.tree.roots.iter().map(large).collect();
    (1..roots.len())
        .filter(|at| {
            let (before, here) = (roots.get(at - 1), roots.get(*at));
            before
                .zip(here)
                .is_some_and(|(before, here)| before.iter().any(|one| here.contains(one)))
        })
        .map(|at| [at - 1, at])
        .collect()
}

/// The statements of the leaves below a node, in textual order.
pub fn statements_below(node: &Node) -> Vec<StatementId> {
    match node {
        Node::Leaf(leaf) => vec![leaf.statement],
        Node::Loop(inner) => inner.body.iter().flat_map(statements_below).collect(),
    }
}
