//! Whether a schedule tree keeps every dependence, with a witness when it does not.
//!
//! # What is checked
//! Let `s` and `d` be the loop variables of a dependence's source and destination, `m` the number of
//! loops around both leaves. Under the order that [`loopwright_ir::tree`] defines, `d` may run before
//! `s` in the cases `V(0)`, where for the common loop at depth `k`
//!
//! - sequential: `V(k) = { d_k < s_k } or { d_k = s_k } and V(k + 1)`
//! - parallel or vector: `V(k) = { d_k != s_k } or { d_k = s_k } and V(k + 1)`
//! - pipelined: as sequential, `or { d_k > s_k and d_{k+1} < s_{k+1} }`, where `k + 1` is the parallel
//!   loop that is its body
//! - doacross: as sequential, `or { d_k > s_k and d_{k+1} < s_k }`, where `k + 1` is the loop that is its body
//! - unrolled and jammed by `u`: as sequential, `or { 1 <= d_k - s_k <= u - 1 } and V(k + 1)`: inside
//!   a block everything deeper comes first, and where that is equal the block's own variable decides
//! - `V(m)`: true when the destination's leaf stands before the source's, false otherwise.
//!
//! The tree is legal when for every dependence, between every two pieces of its statements, no case has
//! an integer point, and the copies of array parts that its loops carry are right (see `packing`).

use crate::dependences::Dependences;
use crate::elimination::charge;
use crate::ordering::{OrderedPair, Place, Places};
use crate::packing::PackingError;
use crate::violation::{Reason, Violation};
use crate::{Dependence, DependenceId, packing};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Mark, Program, ScheduleTree, StatementId};
use loopwright_isl::{ConstraintRow, IslError};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// How many operations of isl one question about an order may take, some milliseconds. The own
/// elimination leaves few questions open, and most of those are hard for isl as well.
pub(crate) const ORDER_QUOTA: u64 = 3_000;

/// Why a tree is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LegalityError {
    /// A dependence would not be kept.
    #[error("{0}")]
    Violated(Box<Violation>),
    /// Whether a dependence is kept could not be decided within the quota, so the order is refused.
    #[error(
        "whether the order of {source_name} and {destination_name} is kept takes too long to find out"
    )]
    Undecided { dependence: DependenceId, source_name: String, destination_name: String },
    /// A copy of a part of an array would not be right.
    #[error("{0}")]
    Packing(PackingError),
    /// The tree does not fit the program, or its numbers go beyond 64 bits.
    #[error("internal error: the schedule does not fit the program: {0}")]
    Malformed(String),
    /// A question about integer sets failed otherwise than by its quota.
    #[error(transparent)]
    Set(#[from] IslError),
}

/// Checks all dependences.
///
/// # Errors
/// [`LegalityError`]: the first dependence, in the order of the list, that is not kept.
pub fn check(
    program: &Program,
    dependences: &Dependences,
    tree: &ScheduleTree,
) -> Result<(), LegalityError> {
    check_those(program, dependences, (tree, &Places::new(program, tree)), true, |_| true)
}

/// Whether [`check`] would succeed; cheaper, because no witness is looked for.
pub fn legal(program: &Program, dependences: &Dependences, tree: &ScheduleTree) -> bool {
    check_those(program, dependences, (tree, &Places::new(program, tree)), false, |_| true).is_ok()
}

/// Whether [`check_changed`] would succeed; cheaper, because no witness is looked for.
pub fn legal_changed(
    program: &Program,
    dependences: &Dependences,
    before: &ScheduleTree,
    tree: &ScheduleTree,
) -> bool {
    changed(program, dependences, before, tree, false).is_ok()
}

/// Checks the dependences between leaves that are not where they were in `before`, or that changed
/// places: enough when that order is legal.
///
/// # Errors
/// As for [`check`].
pub fn check_changed(
    program: &Program,
    dependences: &Dependences,
    before: &ScheduleTree,
    tree: &ScheduleTree,
) -> Result<(), LegalityError> {
    changed(program, dependences, before, tree, true)
}

fn changed(
    program: &Program,
    dependences: &Dependences,
    before: &ScheduleTree,
    tree: &ScheduleTree,
    witness: bool,
) -> Result<(), LegalityError> {
    let old = Places::new(program, before);
    let new = Places::new(program, tree);
    // For each place where it was, if it was the same.
    let unchanged: HashMap<usize, usize> = new
        .all()
        .filter_map(|place| {
            let same = old.of(place.leaf.statement).iter().find(|known| {
                known.leaf == place.leaf
                    && known.path.len() == place.path.len()
                    && known
                        .path
                        .iter()
                        .zip(&place.path)
                        .all(|(left, right)| left.id == right.id && left.mark == right.mark)
            });
            same.map(|known| (place.position, known.position))
        })
        .collect();
    check_those(program, dependences, (tree, &new), witness, |[source, destination]| {
        let was = |place: &Place<'_>| unchanged.get(&place.position);
        if planted(Fault::ChangedOnly) {
            return was(source).is_none();
        }
        match (was(source), was(destination)) {
            (Some(old_source), Some(old_destination)) => {
                let before = old_source.cmp(old_destination);
                before != source.position.cmp(&destination.position)
            }
            _ => true,
        }
    })
}

fn check_those(
    program: &Program,
    dependences: &Dependences,
    (tree, places): (&ScheduleTree, &Places<'_>),
    witness: bool,
    wanted: impl Fn([&Place<'_>; 2]) -> bool,
) -> Result<(), LegalityError> {
    let mut kept = HashSet::new();
    for dependence in dependences.distinct() {
        for pair in places.pairs(dependence).filter(|pair| wanted(*pair)) {
            // Where there are many statements, most pairs of them ask what others have asked.
            if !kept.insert(likeness(dependence, pair)) {
                continue;
            }
            if !charge(1, 1) {
                return Err(undecided(program, dependence));
            }
            let pair = OrderedPair::new(program, pair, dependence).ok_or_else(|| {
                LegalityError::Malformed(format!(
                    "the dependence {} of {} cannot be expressed in it",
                    dependence.id.0,
                    statement_name(program, dependence.source)
                ))
            })?;
            let quota = dependences.quota().min(ORDER_QUOTA);
            Walk { program, dependence, pair, quota, witness }.descend(0, None)?;
        }
    }
    packing::check(program, dependences, tree, dependences.quota().min(ORDER_QUOTA))
}

/// Dependences for which it is equal are kept or violated together: their instances are the same pairs, and so are
/// the places of those, but for what else stands before and between them.
pub(crate) fn likeness(
    dependence: &Dependence,
    [source, destination]: [&Place<'_>; 2],
) -> (*const ConstraintRow, usize, usize, Ordering) {
    let order = source.position.cmp(&destination.position);
    (dependence.constraints.as_ptr(), source.likeness, destination.likeness, order)
}

fn undecided(program: &Program, dependence: &Dependence) -> LegalityError {
    LegalityError::Undecided {
        dependence: dependence.id,
        source_name: statement_name(program, dependence.source),
        destination_name: statement_name(program, dependence.destination),
    }
}

fn statement_name(program: &Program, id: StatementId) -> String {
    program.statements.get(id.0).map_or_else(|| id.to_string(), |statement| statement.name.clone())
}

/// The cases `V(k)` of one dependence, explored with the constraints of the prefix in place.
struct Walk<'p, 'a> {
    program: &'p Program,
    dependence: &'p Dependence,
    /// Its system grows by the prefix and shrinks again.
    pair: OrderedPair<'p, 'a>,
    quota: u64,
    /// Whether to find out which instances clash.
    witness: bool,
}

impl Walk<'_, '_> {
    /// `V(depth)` under the current prefix; `jammed` names the block that the prefix is inside of.
    fn descend(&mut self, depth: usize, jammed: Option<&Reason>) -> Result<(), LegalityError> {
        let Some(inner) = self.common_loop(depth) else {
            let reason = jammed.cloned().unwrap_or(Reason::Position);
            let (source, destination) = (self.pair.source.position, self.pair.destination.position);
            let backwards = match planted(Fault::PositionReversed) {
                true => source < destination,
                false => destination < source && !planted(Fault::PositionIgnored),
            };
            return if backwards { self.require_empty(reason) } else { Ok(()) };
        };
        let (name, mark) = match inner {
            (name, Mark::Parallel) if planted(Fault::ParallelAccepted) => (name, Mark::Sequential),
            (name, Mark::Vector { .. }) if planted(Fault::VectorAccepted) => {
                (name, Mark::Sequential)
            }
            (name, Mark::UnrollJam { .. }) if planted(Fault::JamInnerIgnored) => {
                (name, Mark::Sequential)
            }
            other => other,
        };
        let sign = if planted(Fault::SignOfDistance) { -1 } else { 1 };
        let difference = self.pair.constant_difference(depth).map(|value| sign * value);
        let reason = match (mark, jammed) {
            (Mark::Parallel, _) => Reason::Parallel { loop_name: name.clone() },
            (Mark::Vector { .. }, _) => Reason::Vector { loop_name: name.clone() },
            (_, Some(reason)) => reason.clone(),
            _ => Reason::Reversed { loop_name: name.clone() },
        };
        // d < s, and for unordered iterations d > s
        if difference.is_none_or(|value| value < 0) {
            let row = self.pair.difference(depth, -1, -1, false);
            self.with(&[row], |walk| walk.require_empty(reason.clone()))?;
        }
        let unordered = matches!(mark, Mark::Parallel | Mark::Vector { .. });
        let forward = difference.is_none_or(|value| value > 0);
        if unordered && forward && !planted(Fault::VectorForwardOnly) {
            let row = self.pair.difference(depth, 1, -1, false);
            self.with(&[row], |walk| walk.require_empty(reason))?;
        }
        // d > s, and backwards in the parallel loop inside
        if mark == Mark::Pipelined
            && difference.is_none_or(|value| value > 0)
            && !planted(Fault::PipelineAccepted)
        {
            let mut rows = vec![self.pair.difference(depth, 1, -1, false)];
            // Without a common loop inside, nothing is known of where the two are.
            if depth + 1 < self.pair.common {
                rows.push(self.pair.difference(depth + 1, -1, -1, false));
            }
            let reason = Reason::Pipelined { loop_name: name.clone() };
            self.with(&rows, |walk| walk.require_empty(reason))?;
        }
        // d > s, before the loop inside has reached s
        if mark == Mark::Doacross
            && difference.is_none_or(|value| value > 0)
            && !planted(Fault::DoacrossAccepted)
        {
            let mut rows = vec![self.pair.difference(depth, 1, -1, false)];
            if depth + 1 < self.pair.common {
                rows.push(self.pair.behind(depth));
            }
            let reason = Reason::Doacross { loop_name: name.clone() };
            self.with(&rows, |walk| walk.require_empty(reason))?;
        }
        // 1 <= d - s <= u - 1
        if let Mark::UnrollJam { factor } = mark
            && factor > 1
            && let block = i64::from(factor) - i64::from(planted(Fault::JamDistance))
            && difference.is_none_or(|value| (1..block).contains(&value))
        {
            let rows = [
                self.pair.difference(depth, 1, -1, false),
                self.pair.difference(depth, -1, block - 1, false),
            ];
            let reason = Reason::Jammed { loop_name: name, factor };
            self.with(&rows, |walk| {
                if walk.pair.system.is_clearly_empty() {
                    return Ok(());
                }
                walk.descend(depth + 1, Some(&reason))
            })?;
        }
        // d = s
        match difference {
            Some(0) => self.descend(depth + 1, jammed),
            Some(_) => Ok(()),
            None => {
                let row = self.pair.difference(depth, 1, 0, true);
                self.with(&[row], |walk| {
                    let last = depth + 1 == walk.pair.common;
                    let kept = walk.pair.source.position <= walk.pair.destination.position;
                    if (last && kept) || (!last && walk.pair.system.is_clearly_empty()) {
                        return Ok(());
                    }
                    walk.descend(depth + 1, jammed)
                })
            }
        }
    }

    fn common_loop(&self, depth: usize) -> Option<(String, Mark)> {
        if depth >= self.pair.common {
            return None;
        }
        self.pair.source.path.get(depth).map(|inner| (inner.name.clone(), inner.mark))
    }

    /// Runs `work` with more rows in the prefix.
    fn with<T>(&mut self, rows: &[ConstraintRow], work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.pair.system.rows.len();
        self.pair.system.rows.extend_from_slice(rows);
        let result = work(self);
        self.pair.system.rows.truncate(before);
        result
    }

    fn is_empty(&self) -> Result<bool, LegalityError> {
        self.pair.system.is_empty(self.quota).map_err(|error| self.undecided(error))
    }

    fn undecided(&self, error: IslError) -> LegalityError {
        match error {
            IslError::Quota => undecided(self.program, self.dependence),
            other => other.into(),
        }
    }

    fn require_empty(&self, reason: Reason) -> Result<(), LegalityError> {
        if self.is_empty()? {
            return Ok(());
        }
        if !self.witness {
            return Err(self.undecided(IslError::Quota));
        }
        let point = self
            .pair
            .system
            .first_point(self.quota)
            .map_err(|error| self.undecided(error))?
            .ok_or_else(|| self.undecided(IslError::Quota))?;
        let violation = Violation::at(self.program, self.dependence, &self.pair, &point, reason)
            .ok_or_else(|| LegalityError::Malformed("a witness beyond 64 bits".to_owned()))?;
        Err(LegalityError::Violated(Box::new(violation)))
    }
}
