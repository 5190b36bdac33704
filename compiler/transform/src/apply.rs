//! Steps with their legality: the schedule grows only by steps that keep every dependence.

use crate::resolve::resolve;
use crate::steps::rewrite_or_cause;
use crate::{Cause, Illegal};
use loopwright_analysis::{
    Dependences, LegalityError, check, check_changed, legal_changed, within_effort, within_proofs,
};
use loopwright_ir::{Program, Schedule, ScheduleTree, Step};

/// A legal schedule and the tree that it makes of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    pub schedule: Schedule,
    pub tree: ScheduleTree,
}

impl Applied {
    /// The program's own order.
    pub fn original(program: &Program) -> Self {
        Self { schedule: Schedule::original(), tree: ScheduleTree::original(program) }
    }
}

/// One more step, if the step makes sense and the new order keeps every dependence.
///
/// # Errors
/// [`Illegal`] with the step's number in the schedule and its cause.
pub fn apply(
    program: &Program,
    dependences: &Dependences,
    current: &Applied,
    step: &Step,
) -> Result<Applied, Box<Illegal>> {
    let illegal = |cause| {
        Box::new(Illegal { number: current.schedule.steps().len() + 1, step: step.clone(), cause })
    };
    let step = &resolve(program, dependences, &current.tree, step).map_err(illegal)?;
    let tree = rewrite_or_cause(program, &current.tree, step).map_err(illegal)?;
    check_changed(program, dependences, &current.tree, &tree)
        .map_err(|error| illegal(error.into()))?;
    Ok(Applied { schedule: current.schedule.then(step.clone()), tree })
}

/// How much work a verdict may take; a step that needs more is refused. It counts operations and not time, so that equal
/// questions have equal answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// For questions whether instances keep their order, in units of some hundred nanoseconds.
    pub orders: u64,
    /// For proofs about boxes of copies and first iterations, in units of some ten nanoseconds.
    pub proofs: u64,
}

impl Effort {
    /// Enough for each step of every expert schedule of PolyBench at LARGE, of which all but few take a hundredth of it:
    /// below a tenth of a second where it is used up.
    pub const STEP: Self = Self { orders: 256_000, proofs: 800_000 };

    /// For steps of which many are tried.
    pub const QUICK: Self = Self { orders: 16_000, proofs: 50_000 };

    /// For what a person waits for.
    pub const PATIENT: Self = Self { orders: 1_000_000, proofs: 4_000_000 };
}

/// [`apply`] for whoever does not ask why a step is refused: the verdict alone is much cheaper than
/// two instances that clash. It takes no more work than [`Effort::STEP`].
pub fn try_apply(
    program: &Program,
    dependences: &Dependences,
    current: &Applied,
    step: &Step,
) -> Option<Applied> {
    try_apply_within(program, dependences, current, step, Effort::STEP)
}

/// [`try_apply`] with so much work.
pub fn try_apply_within(
    program: &Program,
    dependences: &Dependences,
    current: &Applied,
    step: &Step,
    effort: Effort,
) -> Option<Applied> {
    let verdict = || {
        let step = resolve(program, dependences, &current.tree, step).ok()?;
        let tree = rewrite_or_cause(program, &current.tree, &step).ok()?;
        legal_changed(program, dependences, &current.tree, &tree)
            .then(|| Applied { schedule: current.schedule.then(step), tree })
    };
    // Where a proof was given up, a box or a first iteration may be another than `lower` or a replay
    // finds with more work, so the verdict would not be about what runs.
    let (verdict, complete) =
        within_proofs(effort.proofs, || within_effort(effort.orders, verdict));
    verdict.filter(|_| complete)
}

/// A whole schedule and its tree. Only the order after the last step has to keep the dependences.
///
/// # Errors
/// [`Illegal`] for the first step that makes no sense, or else, if the final order is not legal, for
/// the first step after which the order was not.
pub fn replay(
    program: &Program,
    dependences: &Dependences,
    schedule: &Schedule,
) -> Result<Applied, Box<Illegal>> {
    let mut tree = ScheduleTree::original(program);
    let mut trees = Vec::with_capacity(schedule.steps().len());
    let mut steps = Vec::with_capacity(schedule.steps().len());
    for (position, step) in schedule.steps().iter().enumerate() {
        let illegal = |cause| Box::new(Illegal { number: position + 1, step: step.clone(), cause });
        let resolved = resolve(program, dependences, &tree, step).map_err(illegal)?;
        tree = rewrite_or_cause(program, &tree, &resolved).map_err(illegal)?;
        trees.push((position + 1, step, tree.clone()));
        steps.push(resolved);
    }
    let applied = |tree| Applied { schedule: Schedule::from_steps(steps), tree };
    let Some((_, last, _)) = trees.last() else { return Ok(applied(tree)) };
    let Err(final_error) = check(program, dependences, &tree) else { return Ok(applied(tree)) };
    let fallback =
        Illegal { number: trees.len(), step: (*last).clone(), cause: final_error.into() };
    let first = trees.iter().find_map(|(number, step, tree)| {
        let error = check(program, dependences, tree).err()?;
        Some(Illegal { number: *number, step: (*step).clone(), cause: error.into() })
    });
    Err(Box::new(first.unwrap_or(fallback)))
}

impl From<LegalityError> for Cause {
    fn from(error: LegalityError) -> Self {
        match error {
            LegalityError::Violated(violation) => Self::Dependence(violation),
            LegalityError::Packing(error) => Self::Packing(error),
            other => Self::NotDecided(other),
        }
    }
}
