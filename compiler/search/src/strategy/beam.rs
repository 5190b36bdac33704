//! The beam: level by level, one level a group of nests.
//!
//! All survivors are expanded by the treatments of the level's nests, illegal ones drop out, trees
//! seen before too, the rest is scored in one batch, and the best go on, their parents ("leave this
//! nest alone") among them. Besides the best predicted, the schedule made of the lowest ranks goes
//! on in every level: a bad model cannot lose what is usually right.

use super::groups::{Group, groups};
use super::{Scorer, SearchOptions, score_all, tell_score};
use crate::observer::{Event, Observer};
use crate::space::nest::Estimates;
use crate::space::{Ranked, Treatment, treat, treatments};
use crate::{Budget, Candidate, Ground, Machine, Point};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The rank of leaving a nest as it is.
const LEFT_ALONE: u32 = 5;

/// A member of the beam.
#[derive(Clone)]
struct Survivor {
    point: Point,
    candidate: Candidate,
    rank: u32,
}

/// What the beam found: everything scored, the best first.
pub struct Found {
    pub pool: Vec<Candidate>,
    pub evaluated: usize,
    pub deduplicated: usize,
}

/// The state of the walk.
pub struct Beam<'a> {
    ground: &'a Ground<'a>,
    original: &'a Candidate,
    estimates: &'a Estimates,
    machine: &'a Machine,
    options: &'a SearchOptions,
    budget: &'a Budget,
    survivors: Vec<Survivor>,
    favourite: Option<Candidate>,
    pool: Vec<Candidate>,
    seen: HashSet<String>,
    evaluated: usize,
    deduplicated: usize,
    random: ChaCha8Rng,
}

impl<'a> Beam<'a> {
    pub fn new(
        ground: &'a Ground<'a>,
        original: &'a Candidate,
        estimates: &'a Estimates,
        machine: &'a Machine,
        options: &'a SearchOptions,
        budget: &'a Budget,
    ) -> Self {
        let root = Survivor { point: ground.original(), candidate: original.clone(), rank: 0 };
        Self {
            ground,
            original,
            estimates,
            machine,
            options,
            budget,
            survivors: vec![root],
            favourite: None,
            pool: vec![original.clone()],
            seen: HashSet::from([original.loops.display(ground.program)]),
            evaluated: 1,
            deduplicated: 0,
            random: ChaCha8Rng::seed_from_u64(options.seed),
        }
    }

    /// Walks all groups, or as many as the budget allows.
    pub fn run(&mut self, scorer: &mut dyn Scorer, observer: &mut dyn Observer) {
        let program = self.ground.program;
        let groups = groups(program, &self.ground.original(), self.estimates);
        // The evaluations are shared out by work; a light nest gets a small part at least.
        let weight = |group: &Group| group.work.max(1.0).sqrt();
        let total: f64 = groups.iter().map(weight).sum();
        for (position, group) in groups.iter().enumerate() {
            if self.budget.exhausted().is_some() {
                return;
            }
            let names: Vec<String> = group
                .statements
                .iter()
                .map(|statement| program.statement(*statement).name.clone())
                .collect();
            observer.event(Event::Round {
                round: position + 1,
                rounds: groups.len(),
                statements: &names,
            });
            let share = self.options.evaluations as f64 * weight(group) / total.max(1.0);
            self.level(group, (share as usize).max(24), scorer);
            let best = self.pool.iter().map(|candidate| candidate.predicted).fold(0.0, f64::max);
            tell_score(observer, self.evaluated, best);
        }
    }

    /// Expands all survivors by the treatments of one group and keeps the best.
    fn level(&mut self, group: &Group, allowance: usize, scorer: &mut dyn Scorer) {
        let Some(&first) = group.statements.first() else { return };
        let each = (allowance / self.survivors.len().max(1)).max(6);
        let mut jobs = Vec::new();
        for (parent, survivor) in self.survivors.iter().enumerate() {
            if self.budget.exhausted().is_some() {
                break;
            }
            let mut ranked =
                treatments(self.ground, &survivor.point, first, self.estimates, self.machine);
            // Equal ranks in a random order, so that a cut takes some of every kind.
            ranked.shuffle(&mut self.random);
            ranked.sort_by_key(|treatment| treatment.rank);
            jobs.extend(ranked.into_iter().map(|treatment| (parent, treatment)).take(3 * each));
        }
        let expanded = self.expand(group, &jobs, each);
        let mut children = Vec::new();
        for (point, loops, rank) in expanded {
            if self.seen.insert(loops.display(self.ground.program)) {
                children.push((point, loops, rank));
            } else {
                self.deduplicated += 1;
            }
        }
        let trees: Vec<_> = children.iter().map(|(_, loops, _)| loops).collect();
        let original = &self.original.loops;
        let budget = &self.options.budget;
        let scores = score_all(scorer, self.ground.program, original, &trees, budget);
        children.truncate(scores.len());
        self.evaluated += children.len();
        if !children.is_empty() {
            for parent in &mut self.survivors {
                parent.rank += LEFT_ALONE;
            }
        }
        for ((point, loops, rank), predicted) in children.into_iter().zip(scores) {
            let candidate =
                Candidate { schedule: point.schedule.clone(), loops: Arc::new(loops), predicted };
            self.pool.push(candidate.clone());
            self.survivors.push(Survivor { point, candidate, rank });
        }
        self.select();
    }

    /// Applies the jobs on several threads; at most `each` children of one parent are kept, the
    /// first ones, so that the result does not depend on the threads.
    fn expand(
        &self,
        group: &Group,
        jobs: &[(usize, Ranked<Treatment>)],
        each: usize,
    ) -> Vec<(Point, loopwright_ir::LoopTree, u32)> {
        let next = AtomicUsize::new(0);
        let done: Vec<AtomicUsize> = self.survivors.iter().map(|_| AtomicUsize::new(0)).collect();
        let work = || {
            let mut results = Vec::new();
            while self.budget.exhausted().is_none() {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some((parent, treatment)) = jobs.get(position) else { break };
                let (Some(survivor), Some(count)) =
                    (self.survivors.get(*parent), done.get(*parent))
                else {
                    break;
                };
                if count.load(Ordering::Relaxed) >= each + self.options.workers {
                    continue;
                }
                let Some(child) = self.child(survivor, group, treatment) else { continue };
                count.fetch_add(1, Ordering::Relaxed);
                results.push((position, *parent, child));
            }
            results
        };
        let mut results = std::thread::scope(|scope| {
            let workers: Vec<_> =
                (1..self.options.workers.max(1)).map(|_| scope.spawn(work)).collect();
            let mut results = work();
            for worker in workers {
                results.extend(worker.join().unwrap_or_default());
            }
            results
        });
        results.sort_by_key(|(position, ..)| *position);
        let mut kept = vec![0; self.survivors.len()];
        results.retain(|(_, parent, _)| {
            let count = kept.get_mut(*parent);
            count.is_some_and(|count| {
                *count += 1;
                *count <= each
            })
        });
        results.into_iter().map(|(_, _, child)| child).collect()
    }

    /// The survivor with the treatment applied to all of the group's nests that take it.
    fn child(
        &self,
        survivor: &Survivor,
        group: &Group,
        treatment: &Ranked<Treatment>,
    ) -> Option<(Point, loopwright_ir::LoopTree, u32)> {
        let (first, others) = group.statements.split_first()?;
        let choice = &treatment.choice;
        let mut point = treat(self.ground, &survivor.point, *first, choice, self.estimates)?;
        for statement in others {
            if self.budget.exhausted().is_some() {
                return None;
            }
            if let Some(next) = treat(self.ground, &point, *statement, choice, self.estimates) {
                point = next;
            }
        }
        let loops = self.ground.lower(&point)?;
        Some((point, loops, survivor.rank + treatment.rank))
    }

    /// Keeps the best predicted and the lowest rank among the latest; a stable order for ties.
    fn select(&mut self) {
        let steps = |survivor: &Survivor| survivor.candidate.schedule.steps().len();
        let usual = self
            .survivors
            .iter()
            .skip(1)
            .filter(|survivor| !survivor.candidate.schedule.is_original())
            .min_by_key(|survivor| (survivor.rank, std::cmp::Reverse(steps(survivor))))
            .cloned();
        self.survivors
            .sort_by(|left, right| right.candidate.predicted.total_cmp(&left.candidate.predicted));
        self.survivors.truncate(self.options.beam.max(1));
        if let Some(usual) = usual {
            self.favourite = Some(usual.candidate.clone());
            let known = |other: &Survivor| other.candidate.schedule == usual.candidate.schedule;
            if !self.survivors.iter().any(known) {
                self.survivors.push(usual);
            }
        }
    }

    /// Everything scored, the best predicted first; the schedule of the lowest ranks second, so that
    /// it is measured.
    pub fn finish(self) -> Found {
        let mut pool = self.pool;
        pool.sort_by(|left, right| right.predicted.total_cmp(&left.predicted));
        if let Some(favourite) = self.favourite
            && let Some(place) = pool.iter().position(|one| one.schedule == favourite.schedule)
            && place > 1
        {
            let favourite = pool.remove(place);
            pool.insert(1, favourite);
        }
        Found { pool, evaluated: self.evaluated, deduplicated: self.deduplicated }
    }
}
