//! L: temporaries of the region get an element for each iteration, where the dependences allow it, so that
//! nothing but values keeps statements together.

use super::statements_below;
use crate::{Base, Draft};
use loopwright_ir::{
    Access, ArrayId, Mark, Program, Schedule, Statement, StatementId, Step, TreeLoop, Variable,
};
use loopwright_transform::{Rounding, prepared};
use std::sync::Arc;

/// Only temporaries that are this small are expanded: a scalar, or a row.
const SMALL: f64 = 16.0 * 1024.0;
/// The elements of an expanded array, at most.
const MOST_BYTES: f64 = 1e9;

/// The program with all temporaries expanded that may be; `None` where there is none. Nests that use one of them
/// one after the other have a storage each.
pub fn expanded(base: &Arc<Base>) -> Option<Arc<Base>> {
    let mut prefix = base.prefix.clone();
    let mut program = Arc::clone(&base.program);
    let nests: Vec<Vec<StatementId>> =
        base.original().tree.roots.iter().map(statements_below).collect();
    for nest in &nests {
        for array in 0..base.program.arrays.len() {
            if base.patience.is_over() {
                return None;
            }
            for step in candidates(&program, nest, ArrayId(array)) {
                let alone = Schedule::from_steps(vec![step.clone()]);
                if let Ok(next) = prepared(&program, &alone, Rounding::Strict) {
                    program = Arc::new(next);
                    prefix.push(step);
                    break;
                }
            }
        }
    }
    if prefix.len() == base.prefix.len() {
        return None;
    }
    // From the source's program on, as whoever replays it does.
    base.beginning_with(prefix)
}

/// The ways to expand an array that a nest writes anew in the iterations of loops that its subscripts ignore, the
/// innermost such loop first.
fn candidates(program: &Program, nest: &[StatementId], array: ArrayId) -> Vec<Step> {
    let statements = || nest.iter().filter_map(|id| program.statements.get(id.0));
    let accesses: Vec<(&Statement, &Access)> = statements()
        .flat_map(|statement| {
            let all = std::iter::once(&statement.write).chain(&statement.reads);
            all.filter(|access| access.array == array).map(move |access| (statement, access))
        })
        .collect();
    let Some(writer) = statements().find(|one| one.write.array == array) else {
        return Vec::new();
    };
    let common = accesses
        .iter()
        .map(|(statement, _)| {
            let same = statement.iterators.iter().zip(&writer.iterators);
            same.take_while(|(left, right)| left == right).count()
        })
        .min()
        .unwrap_or(0);
    let bytes = program.elements(array).unwrap_or(u64::MAX) as f64
        * program.arrays.get(array.0).map_or(8, |known| known.element.bytes()) as f64;
    let ignored = |depth: usize| {
        let variable = Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX));
        accesses
            .iter()
            .all(|(_, access)| !access.subscripts.iter().any(|one| one.mentions(variable)))
    };
    let fits = |depth: usize| {
        let trips: f64 = (0..=depth).map(|at| length(writer, at)).product();
        trips * bytes <= MOST_BYTES
    };
    if bytes > SMALL {
        return Vec::new();
    }
    (0..common)
        .rev()
        .filter(|depth| ignored(*depth) && fits(*depth))
        .filter_map(|depth| {
            Some(Step::Expand {
                statement: writer.name.clone(),
                array: program.arrays.get(array.0)?.name.clone(),
                loop_name: writer.iterators.get(depth)?.name.clone(),
            })
        })
        .collect()
}

/// What counts as the trips of a loop that no constraint bounds by itself.
const UNBOUNDED: f64 = 1e5;

/// An upper bound of a loop's trips, from the constraints that mention it alone.
fn length(statement: &Statement, depth: usize) -> f64 {
    let variable = Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX));
    let alone = statement.domain.iter().filter_map(|constraint| {
        let only = constraint.affine.variables().all(|one| one == variable);
        let falls = constraint.affine.coefficient(variable) < 0;
        (only && falls).then(|| constraint.affine.constant_term() as f64 + 1.0)
    });
    alone.fold(UNBOUNDED, f64::min).max(1.0)
}

/// The draft with storage for expanded arrays that lasts as long as it is used: a copy for each iteration of the
/// innermost loop around all uses that is not inside of lanes, nor of rows in lock-step.
pub fn with_private_storage(mut draft: Draft) -> Draft {
    let program = Arc::clone(&draft.base.program);
    for (position, array) in program.arrays.iter().enumerate() {
        if array.storage_of().is_none() {
            continue;
        }
        let Some((piece, around)) = users(&draft, ArrayId(position)) else { continue };
        for loop_name in around.iter().rev().take(MOST_PLACES) {
            let pack = format!("pack({piece}, {}, {loop_name})", array.name);
            if let Some(next) = draft.allowing(&pack) {
                draft = next;
                break;
            }
        }
    }
    draft
}

/// For how many loops it is asked whether a temporary may live for one of their iterations.
const MOST_PLACES: usize = 4;

/// A piece that uses an array, and the loops around all its users that may have copies of their own for each iteration.
fn users(draft: &Draft, array: ArrayId) -> Option<(String, Vec<String>)> {
    let program = draft.program();
    let uses = |statement: &Statement| {
        let mut all = std::iter::once(&statement.write).chain(&statement.reads);
        all.any(|access| access.array == array)
    };
    let leaves = draft.tree.leaves();
    let mut users = leaves.iter().filter(|(_, leaf)| uses(program.statement(leaf.statement)));
    let (path, first) = users.next()?;
    let mut common: Vec<&TreeLoop> = path.clone();
    for (other, _) in users {
        let same = common.iter().zip(other).take_while(|(left, right)| left.id == right.id);
        common.truncate(same.count());
    }
    let lanes =
        |inner: &TreeLoop| matches!(inner.mark, Mark::Vector { .. } | Mark::UnrollJam { .. });
    let free = common.iter().take_while(|inner| !lanes(inner));
    Some((first.id().name(program), free.map(|inner| inner.name.clone()).collect()))
}
