//! Copies of array parts: when copying changes nothing.
//!
//! Let each iteration of the loop `l` work on a copy of a box of the array `A`, which is copied in before
//! and, if the iteration writes `A`, back after (see [`loopwright_ir::tree::Packing`]). All accesses to
//! `A` inside the iteration go to the copy, so in a sequential order nothing changes as long as the
//! box holds them all. It matters what runs between copying in and copying back: for every parallel
//! loop `p` around `l`, or `l` itself, and every two different iterations of `p` in one iteration of the
//! loops around `p`, of which the first runs `l` where [`touching`](crate::touching) holds,
//!
//! - no instance of the second may write into the box of the first, and
//! - if the first copies back, no instance of the second may access its box.
//!
//! That condition, and not only that an instance of the first accesses `A`: a loop may have iterations
//! in which nothing runs, and copying back what was copied in would undo what others write meanwhile.
//! So what runs below a parallel loop copies under that condition only.
//!
//! A copy of an *expanded* array (see `expansion`) is its storage: it is neither copied in nor back, and lives
//! for one iteration of `l`. It is right if all accesses to the array are inside of `l`, and no value passes
//! from one iteration of `l`, or of a loop around it, to another.
//!
//! A copy for *some reads* `r` of a statement `S` (see [`loopwright_ir::reads`]) is read only. The first of the
//! two conditions above is the same. But now writes inside of the iteration do not go to the copy, so there must
//! be no instances `T(y)` that writes an element and `S(x)` that reads it by `r`, both in one iteration of `l`,
//! of which `T(y)` comes first: that is a dependence, so it does in the tree if it does in the source
//! (`flows_within` in `parallelism.rs`). What is written afterwards does not matter.
//!
//! A copy is filled whatever the statements inside find in their data. So some statement inside must access the array in
//! each of its instances, not only under a condition in its value (see [`loopwright_ir::certainty`]): an array that is
//! read behind flags only may not be there at all.
//!
//! A packing loop inside of a vector loop or a jammed one would need a copy for each lane; the
//! steps do not allow it.

use crate::LegalityError;
use crate::dependences::Dependences;
use crate::footprint::{Footprint, accesses_below, footprint, subscript_in_loops, touching};
use crate::ordering::{Place, column};
use crate::parallelism::{flows_within, passes_values};
use crate::system::System;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, ArrayId, Constraint, Mark, Packing, Program, ScheduleTree, TreeLoop,
};
use loopwright_isl::{ConstraintRow, IslError};

/// Why a copy of a part of an array is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackingError {
    /// Nothing inside of the loop accesses the array.
    #[error("nothing inside of the loop `{loop_name}` accesses the array `{array}`")]
    NotAccessed { array: String, loop_name: String },
    /// The part is not known to fit a box whose size the loops do not change.
    #[error(
        "what one iteration of the loop `{loop_name}` touches of `{array}` has no fixed size in its \
         dimension {dimension}; tile the loops inside of it first, or pack further in"
    )]
    NoFixedSize { array: String, loop_name: String, dimension: usize },
    /// Where no condition holds, the array may not be there.
    #[error(
        "inside of the loop `{loop_name}` `{array}` is only read under conditions on data, and a copy would read it \
         without them; where none holds, there may be nothing to read"
    )]
    Conditional { array: String, loop_name: String },
    /// More than one element does not fit a register.
    #[error(
        "an iteration of the loop `{loop_name}` touches more than one element of `{array}`; use \
         `pack`, or name a loop further in"
    )]
    NotOneElement { array: String, loop_name: String },
    /// Threads would overwrite what others work on.
    #[error(
        "an iteration of the parallel loop `{parallel}` could write what another one has in its copy \
         of `{array}`; pack further in, or make another loop parallel"
    )]
    Race { array: String, parallel: String },
    /// Storage that lives for one iteration would be left by a value.
    #[error(
        "the storage of `{array}` would live for one iteration of the loop `{loop_name}` only, but {}",
        match between {
            Some(other) => format!("values pass between iterations of `{other}`; pack further out"),
            None => "`{array}` is accessed outside of it as well; pack further out".replace("{array}", array),
        }
    )]
    Leaves { array: String, loop_name: String, between: Option<String> },
    /// A copy that is not written would be older than what is read.
    #[error(
        "an iteration of the loop `{loop_name}` writes elements before it reads them as `{reads}`; pack further \
         in, or split the loop where they are written"
    )]
    Outdated { reads: String, loop_name: String },
    /// It could not be found out within the quota.
    #[error("whether a copy of a part of `{array}` would be right takes too long to find out")]
    Undecided { array: String },
}

/// Checks every packing of a tree.
pub(crate) fn check(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    quota: u64,
) -> Result<(), LegalityError> {
    for packing_loop in tree.loops() {
        for packing in &packing_loop.packs {
            match footprint(program, tree, packing_loop.id, packing) {
                Ok(found) => {
                    let one = Affine::constant(1);
                    if packing.register && found.extents.iter().any(|extent| *extent != one) {
                        return Err(LegalityError::Packing(PackingError::NotOneElement {
                            array: packing.name(program),
                            loop_name: packing_loop.name.clone(),
                        }));
                    }
                    if program.is_expanded(packing.array) {
                        check_storage(program, dependences, tree, packing_loop, packing.array)?;
                    } else {
                        check_presence(program, tree, packing_loop, packing)?;
                        check_races(program, tree, packing_loop, packing, &found, quota)?;
                        check_flows(program, dependences, tree, packing_loop, packing)?;
                    }
                }
                // A loop that was distributed keeps its packings in all parts.
                Err(PackingError::NotAccessed { .. }) => {}
                Err(error) => return Err(LegalityError::Packing(error)),
            }
        }
    }
    Ok(())
}

/// All of an expanded array's values are written and read in one iteration of the loop.
fn check_storage(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    packing: &TreeLoop,
    array: ArrayId,
) -> Result<(), LegalityError> {
    if planted(Fault::ExpandedFlows) {
        return Ok(());
    }
    let leaves = |between| {
        Err(LegalityError::Packing(PackingError::Leaves {
            array: program.arrays.get(array.0).map_or_else(String::new, |one| one.name.clone()),
            loop_name: packing.name.clone(),
            between,
        }))
    };
    let mut around: Vec<&TreeLoop> = Vec::new();
    for (path, leaf) in tree.leaves() {
        let Some(statement) = program.statements.get(leaf.statement.0) else { continue };
        let accesses = statement.reads.iter().chain([&statement.write]);
        if !accesses.into_iter().any(|access| access.array == array) {
            continue;
        }
        match path.iter().position(|inner| inner.id == packing.id) {
            Some(depth) => around = path.into_iter().take(depth + 1).collect(),
            None => return leaves(None),
        }
    }
    match around.iter().find(|one| passes_values(program, dependences, tree, one.id, array)) {
        Some(other) => leaves(Some(other.name.clone())),
        None => Ok(()),
    }
}

/// Something inside of the loop accesses the array in any case.
fn check_presence(
    program: &Program,
    tree: &ScheduleTree,
    packing_loop: &TreeLoop,
    packing: &Packing,
) -> Result<(), LegalityError> {
    let any = |_, access: &Access, _| access.array == packing.array;
    let below = accesses_below(program, tree, packing_loop.id, any);
    let present = below.iter().any(|(place, _)| {
        let statement = program.statements.get(place.leaf.statement.0);
        statement.is_some_and(|statement| statement.surely_uses(packing.array))
    });
    if present || planted(Fault::CopyConditional) {
        return Ok(());
    }
    let (array, loop_name) = (packing.name(program), packing_loop.name.clone());
    Err(LegalityError::Packing(PackingError::Conditional { array, loop_name }))
}

/// No iteration of the loop reads through a copy for some reads what it writes before.
fn check_flows(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
    packing_loop: &TreeLoop,
    packing: &Packing,
) -> Result<(), LegalityError> {
    let Some(reads) = &packing.reads else { return Ok(()) };
    if planted(Fault::PackedFlows)
        || !flows_within(program, dependences, tree, packing_loop.id, packing.array, reads)
    {
        return Ok(());
    }
    let (reads, loop_name) = (packing.name(program), packing_loop.name.clone());
    Err(LegalityError::Packing(PackingError::Outdated { reads, loop_name }))
}

fn check_races(
    program: &Program,
    tree: &ScheduleTree,
    packing_loop: &TreeLoop,
    packing: &Packing,
    found: &Footprint,
    quota: u64,
) -> Result<(), LegalityError> {
    let name = || packing.name(program);
    let takes = |statement, access: &Access, write| packing.takes(statement, access, write);
    let holder = accesses_below(program, tree, packing_loop.id, takes).into_iter().next();
    let Some((holder, _)) = holder else { return Ok(()) };
    let around = holder.path.iter().take_while(|inner| inner.id != packing_loop.id).count();
    for (depth, parallel) in holder.path.iter().enumerate().take(around + 1) {
        if !parallel.mark.on_threads() {
            continue;
        }
        let holds = touching(program, tree, packing_loop.id, packing);
        let any = |_, access: &Access, _| access.array == packing.array;
        for (other, accesses) in accesses_below(program, tree, parallel.id, any) {
            for (access, write) in accesses {
                if (!write && !found.writes) || planted(Fault::PackReadOnly) {
                    continue;
                }
                match meets(program, (&holder, &holds), &other, depth, found, access, quota) {
                    Ok(false) => {}
                    Ok(true) => {
                        let parallel = parallel.name.clone();
                        let error = PackingError::Race { array: name(), parallel };
                        return Err(LegalityError::Packing(error));
                    }
                    Err(IslError::Quota) => {
                        let error = PackingError::Undecided { array: name() };
                        return Err(LegalityError::Packing(error));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(())
}

/// Whether an instance of `other` in another iteration of the loop at `depth` can access the box of
/// an iteration of the loops around `holder` in which the constraints hold.
fn meets(
    program: &Program,
    (holder, holds): (&Place<'_>, &[Constraint]),
    other: &Place<'_>,
    depth: usize,
    found: &Footprint,
    access: &Access,
    quota: u64,
) -> Result<bool, IslError> {
    let parameters = program.parameters.len();
    let second = parameters + holder.path.len();
    let mut system = System::new(second + other.path.len());
    let invalid = || IslError::Invalid("a packing that does not fit its tree".to_owned());
    let parts = [(holder, holds, parameters), (other, &other.leaf.constraints, second)];
    for (place, constraints, first) in parts {
        for constraint in constraints.iter().chain(&program.context) {
            system
                .add(constraint, |variable| column(variable, place, first, parameters))
                .ok_or_else(invalid)?;
        }
    }
    for outer in 0..depth {
        if holder.path.get(outer).is_some_and(|one| one.mark == Mark::Pipelined)
            && outer + 1 == depth
        {
            continue;
        }
        let row = system.difference(second + outer, parameters + outer, 0, true);
        system.rows.push(row);
    }
    let sides = found.origin.iter().zip(&found.extents).zip(&access.subscripts);
    for ((origin, extent), subscript) in sides {
        let subscript = subscript_in_loops(subscript, other.leaf);
        // subscript - origin >= 0 and origin + extent - 1 - subscript >= 0.
        for sign in [1, -1] {
            let mut row = ConstraintRow::non_negative(vec![0; system.columns], 0);
            let mut add = |affine: &Affine, factor: i64, place: &Place<'_>, first: usize| {
                row.constant =
                    row.constant.checked_add(affine.constant_term().checked_mul(factor)?)?;
                for &(variable, coefficient) in affine.terms() {
                    let at = column(variable, place, first, parameters)?;
                    let entry = row.coefficients.get_mut(at)?;
                    *entry = entry.checked_add(coefficient.checked_mul(factor)?)?;
                }
                Some(())
            };
            add(&subscript, sign, other, second).ok_or_else(invalid)?;
            add(origin, -sign, holder, parameters).ok_or_else(invalid)?;
            if sign < 0 {
                add(extent, 1, holder, parameters).ok_or_else(invalid)?;
                row.constant = row.constant.checked_sub(1).ok_or_else(invalid)?;
            }
            system.rows.push(row);
        }
    }
    let outer = depth
        .checked_sub(1)
        .filter(|outer| holder.path.get(*outer).is_some_and(|one| one.mark == Mark::Pipelined));
    let apart = |level: usize, sign: i64| {
        let (greater, less) = (second + level, parameters + level);
        let (greater, less) = if sign > 0 { (greater, less) } else { (less, greater) };
        system.difference(greater, less, -1, false)
    };
    let equal = outer.map(|outer| system.difference(second + outer, parameters + outer, 0, true));
    let mut cases = Vec::new();
    for sign in [1, -1] {
        cases.push([vec![apart(depth, sign)], equal.iter().cloned().collect()].concat());
        // In different iterations of the pipelined loop, the one that comes later is behind.
        cases.extend(outer.map(|outer| vec![apart(depth, sign), apart(outer, -sign)]));
    }
    for case in cases {
        let before = system.rows.len();
        system.rows.extend(case);
        let empty = system.is_empty(quota)?;
        system.rows.truncate(before);
        if !empty {
            return Ok(true);
        }
    }
    Ok(false)
}
