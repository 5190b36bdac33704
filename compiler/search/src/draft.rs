//! A schedule in the making: steps that only rewrite the tree, judged together.
//!
//! A recipe takes thirty steps of which most mean nothing by themselves. Rewriting costs some ten
//! microseconds a step, a verdict milliseconds; so a [`Draft`] rewrites, and [`Draft::is_legal`] decides
//! once, on the order that came out. What the single steps on the way would have broken does not matter.

use crate::{Budget, Candidate, Origin};
use loopwright_analysis::{
    DEFAULT_QUOTA, Dependences, coincident, legal_changed, permutable_band, within_effort,
    within_proofs,
};
use loopwright_ir::{LeafId, LoopId, LoopTree, Program, Schedule, ScheduleTree, Step};
use loopwright_transform::{Rounding, lower, prepared, rewrite};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The work that one verdict may take; with it no step of an order that a person wrote is refused.
const EFFORT: u64 = 600_000;
/// The work that the proofs about boxes of copies may take for one verdict.
const PROOFS: u64 = 2_000_000;

/// A program that schedules are made for: the source's, or what steps have made of it.
pub struct Base {
    /// The steps that changed the program, which every schedule for it begins with.
    pub prefix: Vec<Step>,
    pub program: Arc<Program>,
    pub dependences: Arc<Dependences>,
    pub patience: Patience,
}

/// How long questions may be asked: while orders are looked for and while plans are made of them, a part of the time
/// each; afterwards all of it.
#[derive(Clone)]
pub struct Patience {
    /// The ends of the three stages.
    budgets: [Budget; 3],
    stage: Arc<AtomicUsize>,
}

/// What of the time for proposing may go into orders of the whole program, so that plans are made of those there are.
const ORDERING_SHARE: f64 = 0.6;

impl Patience {
    /// Within a budget, of which so much is for proposing.
    pub fn new(whole: &Budget, share: f64) -> Self {
        let ordering = whole.share(share * ORDERING_SHARE);
        let budgets = [ordering, whole.share(share), whole.clone()];
        Self { budgets, stage: Arc::default() }
    }

    /// Says that all orders have been looked for.
    pub fn all_is_ordered(&self) {
        self.stage.store(1, Ordering::Relaxed);
    }

    /// Says that what is asked from now on is for what gets measured.
    pub fn all_is_proposed(&self) {
        self.stage.store(2, Ordering::Relaxed);
    }

    /// Whether no more questions may be asked.
    pub fn is_over(&self) -> bool {
        let budget = self.budgets.get(self.stage.load(Ordering::Relaxed));
        budget.is_none_or(|budget| budget.exhausted().is_some())
    }
}

impl Base {
    /// The program that a schedule's steps make of this one; all of its steps that change the program count. The base
    /// has no prefix: whoever replays the schedule takes those steps as they come.
    pub fn changed_by(self: &Arc<Self>, schedule: &Schedule) -> Option<Arc<Self>> {
        self.changed(schedule, Vec::new())
    }

    /// The program that steps make of this one, for schedules that begin with them.
    pub fn beginning_with(self: &Arc<Self>, prefix: Vec<Step>) -> Option<Arc<Self>> {
        self.changed(&Schedule::from_steps(prefix.clone()), prefix)
    }

    fn changed(self: &Arc<Self>, schedule: &Schedule, prefix: Vec<Step>) -> Option<Arc<Self>> {
        let program = prepared(&self.program, schedule, Rounding::Strict).ok()?;
        let stop = || self.patience.is_over();
        let dependences = Dependences::compute_until(&program, DEFAULT_QUOTA, &stop).ok()?;
        Some(Arc::new(Self {
            prefix,
            program: Arc::new(program),
            dependences: Arc::new(dependences),
            patience: self.patience.clone(),
        }))
    }

    /// The order of the program's text.
    pub fn original(self: &Arc<Self>) -> Draft {
        let tree = ScheduleTree::original(&self.program);
        Draft { base: Arc::clone(self), steps: Vec::new(), legal: tree.clone(), tree }
    }
}

/// A tree with the steps that made it.
#[derive(Clone)]
pub struct Draft {
    pub base: Arc<Base>,
    steps: Vec<Step>,
    pub tree: ScheduleTree,
    /// The last order that was found legal.
    legal: ScheduleTree,
}

impl Draft {
    pub fn program(&self) -> &Program {
        &self.base.program
    }

    /// The steps behind the base's prefix.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The whole schedule.
    pub fn schedule(&self) -> Schedule {
        Schedule::from_steps([self.base.prefix.as_slice(), &self.steps].concat())
    }

    /// Rewrites the tree by a step; `None` if the step does not apply.
    pub fn take(&mut self, step: Step) -> Option<()> {
        // Boxes of copies are proven on the way; what takes long is left.
        let rewritten = || rewrite(self.program(), &self.tree, &step);
        self.tree = within_proofs(PROOFS, rewritten).0.ok()?;
        self.steps.push(step);
        Some(())
    }

    /// Rewrites the tree by steps given as text.
    pub fn text(&mut self, steps: &str) -> Option<()> {
        let schedule: Schedule = steps.parse().ok()?;
        schedule.steps().iter().try_for_each(|step| self.take(step.clone()))
    }

    /// The draft after steps given as text, if they apply and the order is then legal.
    pub fn allowing(&self, steps: &str) -> Option<Self> {
        let mut next = self.clone();
        next.text(steps)?;
        next.is_legal().then_some(next)
    }

    /// Whether the order keeps all dependences; the next verdict looks only at what changed since.
    pub fn is_legal(&mut self) -> bool {
        if self.base.patience.is_over() {
            return false;
        }
        let (program, dependences) = (&self.base.program, &self.base.dependences);
        let verdict = || legal_changed(program, dependences, &self.legal, &self.tree);
        let (legal, complete) = within_proofs(PROOFS, || within_effort(EFFORT, verdict));
        if legal && complete {
            self.legal = self.tree.clone();
        }
        legal && complete
    }

    /// Whether a loop carries no dependence.
    pub fn is_coincident(&self, id: LoopId) -> bool {
        let (program, dependences) = (&self.base.program, &self.base.dependences);
        let verdict = || coincident(program, dependences, &self.tree, id);
        !self.base.patience.is_over() && within_effort(EFFORT, verdict)
    }

    /// Whether nested loops may be tiled.
    pub fn is_permutable(&self, loops: &[LoopId]) -> bool {
        let (program, dependences) = (&self.base.program, &self.base.dependences);
        let verdict = || permutable_band(program, dependences, &self.tree, loops);
        !self.base.patience.is_over() && within_effort(EFFORT, verdict)
    }

    /// The loops that it means.
    pub fn lower(&self) -> Option<LoopTree> {
        lower(self.program(), &self.tree).ok()
    }

    /// With its loops, how it came about, and no prediction.
    pub fn candidate(&self, origin: Origin) -> Option<Candidate> {
        Some(Candidate {
            schedule: self.schedule(),
            program: Arc::clone(&self.base.program),
            loops: Arc::new(self.lower()?),
            origin: Arc::new(origin),
            predicted: 0.0,
        })
    }

    /// The names of the loops around a leaf, outermost first.
    pub fn loops(&self, leaf: LeafId) -> Vec<String> {
        let path = self.tree.path_to(leaf).unwrap_or_default();
        path.iter().map(|inner| inner.name.clone()).collect()
    }

    /// The leaf with a name.
    pub fn leaf(&self, name: &str) -> Option<LeafId> {
        self.tree.leaf_named(self.program(), name)
    }

    /// Splits a loop around a piece and names the piece of the same statement that the second part has.
    pub fn split(&mut self, piece: &str, loop_name: &str, at: &str) -> Option<String> {
        let statement = self.leaf(piece)?.statement;
        self.text(&format!("split({piece}, {loop_name}, {at})"))?;
        let leaves = self.tree.leaves();
        let pieces = leaves.iter().map(|(_, leaf)| leaf.id());
        let newest = pieces.filter(|id| id.statement == statement).max_by_key(|id| id.piece)?;
        Some(newest.name(self.program()))
    }

    /// Tiles loops around a piece and names the tile loops, in the order in which the loops are given.
    pub fn tile(&mut self, piece: &str, loops: &[&str], sizes: &[u32]) -> Option<Vec<String>> {
        let leaf = self.leaf(piece)?;
        let before = self.loops(leaf);
        let loops = loops.iter().map(|name| (*name).to_owned()).collect();
        let sizes = sizes.to_vec();
        self.take(Step::Tile { statement: piece.to_owned(), loops, sizes })?;
        let after = self.loops(leaf);
        Some(after.into_iter().filter(|name| !before.contains(name)).collect())
    }

    /// Puts loops of a piece, nested in each other, into an order; nothing where they have it.
    pub fn permute(&mut self, piece: &str, loops: &[&str]) -> Option<()> {
        let leaf = self.leaf(piece)?;
        let now = self.loops(leaf);
        let now: Vec<&str> =
            now.iter().map(String::as_str).filter(|name| loops.contains(name)).collect();
        if now == loops {
            return Some(());
        }
        let loops = loops.iter().map(|name| (*name).to_owned()).collect();
        self.take(Step::Permute { statement: piece.to_owned(), loops })
    }

    /// Runs a loop on threads.
    pub fn parallelize(&mut self, piece: &str, loop_name: &str) -> Option<()> {
        let (statement, loop_name) = (piece.to_owned(), loop_name.to_owned());
        self.take(Step::Parallelize { statement, loop_name })
    }

    /// Runs a loop in lanes.
    pub fn vectorize(
        &mut self,
        piece: &str,
        loop_name: &str,
        width: u32,
        unroll: u32,
    ) -> Option<()> {
        let (statement, loop_name) = (piece.to_owned(), loop_name.to_owned());
        self.take(Step::Vectorize { statement, loop_name, width, unroll })
    }

    /// Runs iterations in lock-step; nothing for a factor of 1.
    pub fn jam(&mut self, piece: &str, loop_name: &str, factor: u32) -> Option<()> {
        let (statement, loop_name) = (piece.to_owned(), loop_name.to_owned());
        if factor < 2 {
            Some(())
        } else {
            self.take(Step::UnrollAndJam { statement, loop_name, factor })
        }
    }

    /// Unrolls a loop; nothing for a factor of 1.
    pub fn unroll(&mut self, piece: &str, loop_name: &str, factor: u32) -> Option<()> {
        let (statement, loop_name) = (piece.to_owned(), loop_name.to_owned());
        if factor < 2 { Some(()) } else { self.take(Step::Unroll { statement, loop_name, factor }) }
    }
}
