//! The first or the last iteration of a loop as one expression.

use crate::lower::leaf::LeafState;
use crate::lower::space::Space;
use loopwright_ir::{Affine, Constraint, LeafId, LoopId, Program, ScheduleTree};

/// The least value (or the greatest, unless `first`) of the loop at `depth` around a leaf in the
/// iterations of the loops outside, if that is one affine expression.
pub fn single_bound(
    program: &Program,
    tree: &ScheduleTree,
    wanted: LeafId,
    depth: usize,
    first: bool,
) -> Option<Affine> {
    let space = Space::of(program, tree);
    let context = space.context(program).ok()?;
    let (path, leaf) = tree.leaves().into_iter().find(|(_, leaf)| leaf.id() == wanted)?;
    let path: Vec<LoopId> = path.iter().map(|inner| inner.id).collect();
    let state = LeafState::new(program, &space, &context, &path, leaf).ok()?;
    let column = space.columns_at(depth);
    let sign = if first { 1 } else { -1 };
    let mut rows = Vec::new();
    for row in state.shadow_rows(depth + 1) {
        rows.extend(
            row.inequalities().into_iter().filter(|row| row.coefficient(column) * sign > 0),
        );
    }
    // Of several bounds, one that implies the others decides.
    let decides = |candidate: &loopwright_analysis::Row| {
        rows.iter().all(|other| {
            let known = state.shadow(depth);
            other == candidate || known.is_some_and(|known| known.implies_with(&[candidate], other))
        })
    };
    let row = rows.iter().find(|row| decides(row))?;
    if row.coefficient(column) != sign {
        return None;
    }
    Some(space.affine(row, Some(column), -sign, &path))
}

/// Whether it is certain that a leaf never runs where some constraints hold as well.
pub fn never_runs(
    program: &Program,
    tree: &ScheduleTree,
    wanted: LeafId,
    constraints: &[Constraint],
) -> bool {
    let space = Space::of(program, tree);
    let Ok(context) = space.context(program) else { return false };
    let Some((path, leaf)) = tree.leaves().into_iter().find(|(_, leaf)| leaf.id() == wanted) else {
        return false;
    };
    let path: Vec<LoopId> = path.iter().map(|inner| inner.id).collect();
    let mut leaf = leaf.clone();
    leaf.constraints.extend(constraints.iter().cloned());
    LeafState::new(program, &space, &context, &path, &leaf)
        .is_ok_and(|mut state| state.never_runs() || state.prove_never_runs(path.len()))
}
