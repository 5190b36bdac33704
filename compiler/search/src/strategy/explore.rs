//! From the plans of first choices to the best one by measurement.
//!
//! First every structure with the first choices for all nests; then, for the best structures, other sketches for
//! the heavy nests and other numbers, one at a time and as long as it helps; then random changes of what was best.

use super::walk::Walk;
use super::{Scores, SearchOptions, ended, tell_score};
use crate::observer::{Event, Observer};
use crate::plan::{Plan, Planner};
use crate::report::SearchReport;
use crate::story::stories;
use crate::{Base, Candidate, Measured, Measurer, Origin, StopReason};
use loopwright_ir::{Schedule, Step};
use std::collections::HashMap;
use std::sync::Arc;

/// A candidate must beat the original by this factor to be chosen over it.
const NOISE: f64 = 1.01;

/// The state of a search.
pub struct Explorer<'a> {
    pub planner: &'a Planner,
    original: &'a Candidate,
    pub options: &'a SearchOptions,
    /// Known schedules that are legal here.
    seeds: Vec<Candidate>,
    /// The first choices of each structure.
    pub first: Vec<(Plan, Candidate)>,
    pub measured: Vec<Measured>,
    /// The positions of plans' measurements; `None` where a plan is not legal.
    plans: HashMap<Plan, Option<usize>>,
    /// The positions of loops' measurements.
    loops: HashMap<String, usize>,
    /// How many measurements the limit on their number does not count; all, until plans are measured.
    uncounted: usize,
    repeated: usize,
    pub stop: Option<StopReason>,
}

impl<'a> Explorer<'a> {
    pub fn new(planner: &'a Planner, original: &'a Candidate, options: &'a SearchOptions) -> Self {
        Self {
            planner,
            original,
            options,
            seeds: Vec::new(),
            first: Vec::new(),
            measured: Vec::new(),
            plans: HashMap::new(),
            loops: HashMap::new(),
            uncounted: usize::MAX,
            repeated: 0,
            stop: None,
        }
    }

    /// Takes known schedules to begin with; those that are not legal are left out.
    pub fn begin_with(&mut self, base: &Arc<Base>) {
        for seed in &self.options.seeds {
            let candidate = replayed(base, seed);
            self.seeds.extend(candidate);
        }
    }

    /// The plans of first choices, with their predictions, in the structures' order.
    pub fn propose(&mut self, scores: &mut Scores<'_>, observer: &mut dyn Observer) {
        for structure in 0..self.planner.structures.len() {
            let plan = self.planner.first(structure);
            if let Some(candidate) = self.planner.candidate(&plan) {
                self.first.push((plan, candidate));
            }
        }
        let mut candidates: Vec<Candidate> =
            self.first.iter().map(|(_, candidate)| candidate.clone()).collect();
        scores.predict(&mut candidates);
        for ((_, known), scored) in self.first.iter_mut().zip(candidates) {
            *known = scored;
        }
        // What the rules expect most of comes first; a model orders what they hold for equal.
        let planner = self.planner;
        self.first.sort_by(|(left, one), (right, other)| {
            let promise = |plan, one: &Candidate| promise(planner, plan, one);
            let order = promise(right, other).total_cmp(&promise(left, one));
            order.then_with(|| planner.expected(left).total_cmp(&planner.expected(right)))
        });
        let best = self.first.iter().map(|(_, one)| one.predicted).fold(0.0, f64::max);
        tell_score(observer, scores.evaluated, best);
    }

    /// Measures until the budget ends or nothing is left to try.
    pub fn measure_all(
        &mut self,
        measurer: &mut dyn Measurer,
        scores: &mut Scores<'_>,
        observer: &mut dyn Observer,
    ) {
        self.measure(&self.original.clone(), None, measurer, observer);
        for candidate in std::mem::take(&mut self.seeds) {
            self.measure(&candidate, None, measurer, observer);
        }
        self.uncounted = self.measured.len();
        for (plan, candidate) in self.first.clone() {
            self.try_plan(&plan, None, Some(candidate), scores, measurer, observer);
        }
        let mut walk = Walk { explorer: self, measurer, observer, scores };
        walk.all();
    }

    /// The time of a plan in seconds, which changes another one; measured unless it is known. `None` where it failed or
    /// no time is left.
    pub fn try_plan(
        &mut self,
        plan: &Plan,
        changed_from: Option<&Plan>,
        candidate: Option<Candidate>,
        scores: &mut Scores<'_>,
        measurer: &mut dyn Measurer,
        observer: &mut dyn Observer,
    ) -> Option<f64> {
        if let Some(known) = self.plans.get(plan) {
            return self.time_at(*known);
        }
        let candidate = candidate.or_else(|| {
            let mut draft = self.planner.draft(plan)?;
            // Each nest's part was judged by itself; what runs is judged as a whole.
            draft.is_legal().then_some(())?;
            let mut candidate = draft.candidate(self.planner.origin(plan))?;
            scores.predict(std::slice::from_mut(&mut candidate));
            Some(candidate)
        });
        let from = changed_from.and_then(|from| self.plans.get(from).copied().flatten());
        let position =
            candidate.and_then(|candidate| self.measure(&candidate, from, measurer, observer));
        if self.stop.is_none() || position.is_some() {
            self.plans.insert(plan.clone(), position);
        }
        self.time_at(position)
    }

    fn time_at(&self, position: Option<usize>) -> Option<f64> {
        position.and_then(|position| self.measured.get(position)).and_then(Measured::time)
    }

    /// The position of a candidate's measurement, or of another one's with the same loops; `None` where there is no
    /// time for it.
    fn measure(
        &mut self,
        candidate: &Candidate,
        changed_from: Option<usize>,
        measurer: &mut dyn Measurer,
        observer: &mut dyn Observer,
    ) -> Option<usize> {
        let text = candidate.loops.display(&candidate.program);
        if let Some(known) = self.loops.get(&text) {
            self.repeated += 1;
            return Some(*known);
        }
        if self.stop.is_some() {
            return None;
        }
        if let Some(reason) = self.options.budget.exhausted() {
            self.stop = Some(reason);
            return None;
        }
        let position = self.measured.len();
        observer.event(Event::Measuring { position: position + 1, candidate });
        let best = self.measured.iter().filter_map(Measured::time).min_by(f64::total_cmp);
        let Some(measurement) = measurer.measure(candidate, best, self.options.budget.remaining())
        else {
            self.stop = Some(self.options.budget.exhausted().unwrap_or(StopReason::BudgetEnded));
            return None;
        };
        let news = Event::Measured { position: position + 1, candidate, measurement: &measurement };
        observer.event(news);
        self.measured.push(Measured { candidate: candidate.clone(), measurement, changed_from });
        self.loops.insert(text, position);
        let enough = self.uncounted.saturating_add(self.options.measure.unwrap_or(usize::MAX));
        if self.measured.len() >= enough {
            self.stop = Some(StopReason::Finished);
        }
        Some(position)
    }

    /// The plans with their times, the least first.
    pub fn timed(&self) -> Vec<(Plan, f64)> {
        let timed = self.plans.iter().filter_map(|(plan, position)| {
            let position = (*position)?;
            Some((plan, position, self.time_at(Some(position))?))
        });
        let mut timed: Vec<(&Plan, usize, f64)> = timed.collect();
        // What was measured earlier comes first where times are equal, so that nothing depends on a map's order.
        timed.sort_by(|left, right| left.2.total_cmp(&right.2).then(left.1.cmp(&right.1)));
        timed.dedup_by_key(|(_, position, _)| *position);
        timed.into_iter().map(|(plan, _, time)| (plan.clone(), time)).collect()
    }

    /// Whether a plan was tried before.
    pub fn is_known(&self, plan: &Plan) -> bool {
        self.plans.contains_key(plan)
    }

    /// The choice and everything that was measured.
    pub fn finish(self) -> SearchReport {
        let slower =
            self.first.iter().position(|(plan, one)| promise(self.planner, plan, one) <= 1.0);
        let mut predicted: Vec<Candidate> =
            self.first.iter().map(|(_, candidate)| candidate.clone()).collect();
        predicted.insert(slower.unwrap_or(predicted.len()), self.original.clone());
        let mut best = predicted.first().cloned().unwrap_or_else(|| self.original.clone());
        if !self.measured.is_empty() {
            best = self.original.clone();
            let time = |one: &Measured| one.measurement.speedup();
            let of_original = self.measured.iter().find(|one| one.candidate.schedule.is_original());
            let mut needed = of_original.and_then(time).unwrap_or(0.0) * NOISE;
            for measured in &self.measured {
                if let Some(speedup) = time(measured)
                    && speedup > needed
                {
                    best = measured.candidate.clone();
                    needed = speedup;
                }
            }
        }
        let structures = if self.options.explain {
            let name = &best.origin.structure;
            let of = self.planner.structures.iter().position(|one| one.name == *name);
            stories(self.planner, of.unwrap_or(self.planner.structures.len().saturating_sub(1)))
        } else {
            Vec::new()
        };
        SearchReport {
            best,
            structures,
            measured: self.measured,
            predicted,
            evaluated: 0,
            deduplicated: self.repeated,
            stop: self.stop.unwrap_or_else(|| ended(&self.options.budget)),
            seconds: 0.0,
        }
    }
}

/// How fast a plan should be over the source's order, squared: what the rules expect times what is predicted. Either
/// errs where the other does not.
fn promise(planner: &Planner, plan: &Plan, candidate: &Candidate) -> f64 {
    // A scorer that is broken says nothing.
    let predicted = if candidate.predicted > 0.0 { candidate.predicted } else { 1.0 };
    predicted / planner.expected(plan).max(1e-3)
}

/// A whole schedule, if it is legal.
fn replayed(base: &Arc<Base>, schedule: &Schedule) -> Option<Candidate> {
    let changed = schedule.steps().iter().any(Step::changes_program);
    let base = if changed { base.changed_by(schedule)? } else { Arc::clone(base) };
    let mut draft = base.original();
    for step in schedule.steps() {
        draft.take(step.clone())?;
    }
    draft.is_legal().then_some(())?;
    Some(Candidate {
        schedule: schedule.clone(),
        ..draft.candidate(Origin::named("as it was found before"))?
    })
}
