//! I, further: steps in blocks. What statements behind a pivot read of its row and column is kept, so that later steps
//! may change it before all others have read it. Then a block of steps may do its own rows and columns first, step by
//! step, and everything else for the whole block at once, as a product.
//!
//! ```c
//! for (k) for (i) for (j) P[i][j] = min(P[i][j], P[i][k] + P[k][j]);
//! // P[k][*] and P[*][k] are copied in step k
//! for (k_t) { for (k) { copies; rows and columns of the block }  for (i) for (j) for (k) P[i][j] = min(…); }
//! ```

use super::pivot::pivots;
use crate::{Base, Draft};
use loopwright_ir::{Affine, Constraint, Leaf, Program, Schedule, Statement, Step, Variable};
use loopwright_transform::{Rounding, prepared};
use std::sync::Arc;

/// Steps in a block: enough that a product's sums stay in registers for a while, and few rows and columns.
const STEPS: u32 = 32;

/// A statement that the pivot's row and column are not of.
struct Far {
    name: String,
    /// The pivot's loop, and the loops that meet it, each with whether it is behind the pivot.
    steps: String,
    meeting: Vec<(String, bool)>,
}

/// The order in blocks of steps, of a program whose loops were divided at pivots and of which the source's program is
/// given, too; `None` where there is none.
pub fn blocked(source: &Arc<Base>, divided: &Arc<Base>) -> Option<Draft> {
    let far: Vec<Far> = divided.program.statements.iter().filter_map(far).collect();
    let first = far.first()?;
    // The steps are outermost.
    let outermost =
        |one: &Statement| one.iterators.first().is_some_and(|it| it.name == first.steps);
    divided.program.statements.iter().all(outermost).then_some(())?;
    if far.iter().any(|one| one.steps != first.steps || one.meeting.len() < 2) {
        return None;
    }
    let base = source.beginning_with(kept(divided, &far)?)?;
    let mut draft = base.original();
    // Splits are of one statement's loops each.
    draft.text(&format!("affine({})", in_order(&draft, None, &[]).join("; ")))?;
    let blocks = draft.tile(&first.name, &[&first.steps], &[STEPS])?.into_iter().next()?;
    let mut products = Vec::new();
    for one in &far {
        // The piece that is outside of the block's own rows and columns.
        let mut outside = one.name.clone();
        for (inner, behind) in &one.meeting {
            let at = if *behind { format!(" + {STEPS}") } else { String::new() };
            let second = draft.split(&outside, inner, &format!("{STEPS}*{blocks}{at}"))?;
            if *behind {
                outside = second;
            }
        }
        products.push(outside);
    }
    let order = in_order(&draft, Some(&blocks), &products);
    let mut draft = draft.allowing(&format!("affine({})", order.join("; ")))?;
    for (position, array) in base.program.arrays.iter().enumerate() {
        let reader = array.storage_of().and_then(|_| {
            let reads = |one: &&Statement| one.reads.iter().any(|read| read.array.0 == position);
            let statement = base.program.statements.iter().find(reads)?;
            let pieces = products.iter().find(|piece| {
                draft
                    .leaf(piece)
                    .is_some_and(|id| base.program.statement(id.statement).name == statement.name)
            })?;
            Some(pieces.clone())
        });
        // What stays the same along a product's rows is read step by step.
        let turned = base.program.statements.iter().any(|one| is_turned(one, position));
        if let Some(piece) = reader {
            let turn = if turned { ", 1, 0" } else { "" };
            draft = draft.allowing(&format!("pack({piece}, {}, {blocks}{turn})", array.name))?;
        }
    }
    Some(draft)
}

/// Whether a statement writes along other rows than it reads an array along.
fn is_turned(statement: &Statement, array: usize) -> bool {
    let last = statement.write.subscripts.last().and_then(Affine::as_variable);
    statement.reads.iter().any(|read| {
        let along = read.subscripts.last().and_then(Affine::as_variable);
        let two = read.subscripts.len() == 2 && statement.write.subscripts.len() == 2;
        read.array.0 == array && two && along.is_some() && along != last
    })
}

/// A statement all of whose loops that meet a pivot are before it or behind it.
fn far(statement: &Statement) -> Option<Far> {
    let found = pivots(statement);
    let steps = found.first()?.1.clone();
    let depth = |name: &String| {
        let at = statement.iterators.iter().position(|one| one.name == *name)?;
        Some(Variable::Iterator(u32::try_from(at).ok()?))
    };
    let meeting = found.iter().map(|(inner, outer)| {
        let (inner_at, outer_at) = (depth(inner)?, depth(outer)?);
        let apart = |constraint: &Constraint| {
            let affine = &constraint.affine;
            let weights = (affine.coefficient(inner_at), affine.coefficient(outer_at));
            let strict = affine.constant_term() < 0 && affine.variables().count() == 2;
            match weights {
                (1, -1) if strict && !constraint.equality => Some(true),
                (-1, 1) if strict && !constraint.equality => Some(false),
                _ => None,
            }
        };
        let behind = statement.domain.iter().find_map(apart)?;
        (*outer == steps).then(|| (inner.clone(), behind))
    });
    let mut meeting = meeting.collect::<Option<Vec<_>>>()?;
    // In the order of the loops.
    meeting.sort_by_key(|(inner, _)| statement.iterators.iter().position(|one| one.name == *inner));
    Some(Far { name: statement.name.clone(), steps, meeting })
}

/// The steps that make the program, with those that keep what is read at the pivot.
fn kept(divided: &Arc<Base>, far: &[Far]) -> Option<Vec<Step>> {
    let mut steps = divided.prefix.clone();
    let program = &divided.program;
    for one in far {
        let statement = program.statements.iter().find(|known| known.name == one.name)?;
        for (text, around) in reads_at_pivot(program, statement, one) {
            let keep = format!("keep({}, {text}, {around})", one.name);
            let step = keep.parse::<Schedule>().ok()?.steps().first()?.clone();
            prepared(program, &Schedule::from_steps(vec![step.clone()]), Rounding::Strict).ok()?;
            steps.push(step);
        }
    }
    Some(steps)
}

/// What a statement reads of the pivot's row or column, and the loop before which that is copied: the first one that the
/// read does not mention.
fn reads_at_pivot(program: &Program, statement: &Statement, far: &Far) -> Vec<(String, String)> {
    let names = program.names_in(statement);
    let depth = |name: &String| statement.iterators.iter().position(|one| one.name == *name);
    let mentions = |read: &loopwright_ir::Access, name: &String| {
        let at = depth(name).and_then(|at| u32::try_from(at).ok()).map(Variable::Iterator);
        at.is_some_and(|at| read.subscripts.iter().any(|one| one.mentions(at)))
    };
    let mut found = Vec::new();
    for read in statement.reads.iter().filter(|read| read.array == statement.write.array) {
        let missing = far.meeting.iter().find(|(inner, _)| !mentions(read, inner));
        if let (true, Some((inner, _))) = (mentions(read, &far.steps), missing) {
            let subscripts = read.subscripts.iter();
            let text: String =
                subscripts.map(|one| format!("[{}]", one.display_with(&names))).collect();
            let text = format!("{}{text}", program.array(read.array).name);
            if !found.iter().any(|(known, _)| *known == text) {
                found.push((text, inner.clone()));
            }
        }
    }
    found
}

/// For each piece its place in the order: in a block of steps, or in all of them, everything but the products step by
/// step, in the order of the text and each in loops of its own; then the products, one behind the other and the steps
/// innermost.
fn in_order(draft: &Draft, blocks: Option<&str>, products: &[String]) -> Vec<String> {
    let program = draft.program();
    let leaves = draft.tree.leaves();
    let rows = leaves.iter().enumerate().map(|(place, (path, leaf)): (usize, &(Vec<_>, &Leaf))| {
        let name = leaf.id().name(program);
        let loops: Vec<String> = path.iter().map(|one| one.name.clone()).collect();
        let outer = blocks.map_or(0, |_| 1);
        let (outer, steps, inner) =
            (loops.iter().take(outer), loops.get(outer), loops.iter().skip(outer + 1));
        let row: Vec<String> = match products.iter().position(|one| *one == name) {
            Some(at) => {
                let number = (at + 1).to_string();
                outer.chain([&number]).chain(inner).chain(steps).cloned().collect()
            }
            None => {
                let (first, place) = ("0".to_owned(), place.to_string());
                let first = blocks.map(|_| &first);
                outer.chain(first).chain(steps).chain([&place]).chain(inner).cloned().collect()
            }
        };
        format!("{name}: [{}]", row.join(", "))
    });
    rows.collect()
}
