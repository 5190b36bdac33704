//! From the plans of first choices to the best one by measurement.
//!
//! First every structure with the first choices for all nests; then, for the best structures, other sketches for
//! the heavy nests and other numbers, one at a time and as long as it helps; then random changes of what was best.

use super::{Scores, SearchOptions, ended, tell_score};
use crate::observer::{Event, Observer};
use crate::plan::{Choice, Plan, Planner};
use crate::report::SearchReport;
use crate::{Base, Candidate, Measured, Measurement, Measurer, StopReason};
use loopwright_ir::{Schedule, Step};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A candidate must beat the original by this factor to be chosen over it.
const NOISE: f64 = 1.01;
/// A change must help by this factor to be kept.
const GAIN: f64 = 1.008;
/// A structure that is slower than the best by this factor is not looked at further at first.
const NEAR: f64 = 1.3;
/// A sketch that is slower by this factor with the rules' numbers will not be the best one with others.
const HOPELESS: f64 = 2.2;
/// Random changes begin with one of the fastest plans.
const FASTEST: usize = 6;
/// A nest with less of the program's work than this is not worth measurements of its own.
const LITTLE_WORK: f64 = 0.04;
/// So many random changes in a row without a new candidate end the search.
const BARREN: usize = 400;

/// The state of a search.
pub struct Explorer<'a> {
    planner: &'a Planner,
    original: &'a Candidate,
    options: &'a SearchOptions,
    /// Known schedules that are legal here.
    seeds: Vec<Candidate>,
    /// The first choices of each structure.
    first: Vec<(Plan, Candidate)>,
    measured: Vec<Measured>,
    seconds: HashMap<Plan, Option<f64>>,
    loops: HashSet<String>,
    repeated: usize,
    stop: Option<StopReason>,
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
            seconds: HashMap::new(),
            loops: HashSet::new(),
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
            let expected = planner.expected(left).total_cmp(&planner.expected(right));
            expected.then_with(|| other.predicted.total_cmp(&one.predicted))
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
        self.loops.insert(self.original.loops.display(&self.original.program));
        self.run(self.original.clone(), measurer, observer);
        for candidate in std::mem::take(&mut self.seeds) {
            if self.loops.insert(candidate.loops.display(&candidate.program)) {
                self.run(candidate, measurer, observer);
            }
        }
        for (plan, candidate) in self.first.clone() {
            self.try_plan(&plan, Some(candidate), measurer, observer);
        }
        let mut walk = Walk { explorer: self, measurer, observer, scores };
        walk.all();
    }

    /// The time of a plan in seconds, measured unless it is known; `None` where it failed or no time is left.
    fn try_plan(
        &mut self,
        plan: &Plan,
        candidate: Option<Candidate>,
        measurer: &mut dyn Measurer,
        observer: &mut dyn Observer,
    ) -> Option<f64> {
        if let Some(known) = self.seconds.get(plan) {
            return *known;
        }
        let seconds = candidate.or_else(|| {
            let mut draft = self.planner.draft(plan)?;
            // Each nest's part was judged by itself; what runs is judged as a whole.
            draft.is_legal().then(|| draft.candidate(&self.planner.describe(plan))).flatten()
        });
        let seconds = seconds.and_then(|candidate| {
            let text = candidate.loops.display(&candidate.program);
            if !self.loops.insert(text) {
                self.repeated += 1;
                return None;
            }
            self.run(candidate, measurer, observer)
        });
        if self.stop.is_none() {
            self.seconds.insert(plan.clone(), seconds);
        }
        seconds
    }

    fn run(
        &mut self,
        candidate: Candidate,
        measurer: &mut dyn Measurer,
        observer: &mut dyn Observer,
    ) -> Option<f64> {
        if self.stop.is_some() {
            return None;
        }
        if let Some(reason) = self.options.budget.exhausted() {
            self.stop = Some(reason);
            return None;
        }
        let position = self.measured.len() + 1;
        observer.event(Event::Measuring { position, candidate: &candidate });
        let best = self.measured.iter().filter_map(Measured::time).min_by(f64::total_cmp);
        let Some(measurement) = measurer.measure(&candidate, best, self.options.budget.remaining())
        else {
            self.stop = Some(self.options.budget.exhausted().unwrap_or(StopReason::BudgetEnded));
            return None;
        };
        observer.event(Event::Measured {
            position,
            candidate: &candidate,
            measurement: &measurement,
        });
        let seconds = match measurement {
            Measurement::Time { seconds, .. } => Some(seconds),
            Measurement::Failed { .. } => None,
        };
        self.measured.push(Measured { candidate, measurement });
        // Without a deadline, so many are enough.
        if self.options.budget.remaining().is_none()
            && self.measured.len() > 3 * self.options.measure
        {
            self.stop = Some(StopReason::Finished);
        }
        seconds
    }

    /// The plans with the least times.
    fn fastest(&self) -> Vec<Plan> {
        let mut timed: Vec<(&Plan, f64)> =
            self.seconds.iter().filter_map(|(plan, time)| Some((plan, (*time)?))).collect();
        timed.sort_by(|left, right| left.1.total_cmp(&right.1));
        timed.into_iter().take(FASTEST).map(|(plan, _)| plan.clone()).collect()
    }

    /// The choice and everything that was measured.
    pub fn finish(self) -> SearchReport {
        let slower = self.first.iter().position(|(plan, _)| self.planner.expected(plan) >= 1.0);
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
        SearchReport {
            best,
            measured: self.measured,
            predicted,
            evaluated: 0,
            refused: 0,
            deduplicated: self.repeated,
            stop: self.stop.unwrap_or_else(|| ended(&self.options.budget)),
            seconds: 0.0,
        }
    }
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
    Some(Candidate { schedule: schedule.clone(), ..draft.candidate("as it was found before")? })
}

/// The measuring part, with everything at hand.
struct Walk<'a, 'b, 'c> {
    explorer: &'a mut Explorer<'b>,
    measurer: &'a mut dyn Measurer,
    observer: &'a mut dyn Observer,
    scores: &'a mut Scores<'c>,
}

impl Walk<'_, '_, '_> {
    fn is_over(&self) -> bool {
        self.explorer.stop.is_some()
    }

    fn time(&mut self, plan: &Plan) -> Option<f64> {
        self.explorer.try_plan(plan, None, self.measurer, self.observer)
    }

    fn all(&mut self) {
        // Structures from the fastest, those that are near it.
        let mut begun: Vec<(Plan, f64)> = self
            .explorer
            .seconds
            .iter()
            .filter_map(|(plan, time)| Some((plan.clone(), (*time)?)))
            .collect();
        begun.sort_by(|left, right| left.1.total_cmp(&right.1));
        let Some(fastest) = begun.first().map(|(_, time)| *time) else { return };
        for (plan, time) in begun.iter().filter(|(_, time)| *time < NEAR * fastest).take(3) {
            self.climb(plan.clone(), *time);
        }
        self.wander();
        let best = self.explorer.first.iter().map(|(_, one)| one.predicted).fold(0.0, f64::max);
        tell_score(self.observer, self.scores.evaluated, best);
    }

    /// Better sketches, then better numbers, nest by nest, until nothing helps.
    fn climb(&mut self, mut plan: Plan, mut time: f64) {
        loop {
            let before = time;
            let groups = self.groups(&plan);
            for group in &groups {
                (plan, time) = self.other_sketches(plan, time, group);
            }
            if let Some(candidate) = self.explorer.measured.last().map(|one| one.candidate.clone())
            {
                self.observer.event(Event::Refining { best: &candidate });
            }
            if self.is_over() || time * GAIN > before {
                return;
            }
        }
    }

    /// The heavy nests of a plan, those together that have the same sketch for loops alike; the heaviest first.
    fn groups(&self, plan: &Plan) -> Vec<Vec<usize>> {
        let planner = self.explorer.planner;
        let Some(structure) = planner.structures.get(plan.structure) else { return Vec::new() };
        let total: f64 = structure.nests.iter().map(|nest| nest.site.work).sum();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (position, nest) in structure.nests.iter().enumerate() {
            if nest.site.work < LITTLE_WORK * total || nest.sketches.is_empty() {
                continue;
            }
            let alike = |other: &Vec<usize>| {
                let first = other.first().copied().unwrap_or(usize::MAX);
                let Some(known) = structure.nests.get(first) else { return false };
                let (Some(one), Some(two)) =
                    (planner.sketch(plan, position), planner.sketch(plan, first))
                else {
                    return false;
                };
                let ratio = nest.site.work / known.site.work.max(1.0);
                one.recipe == two.recipe
                    && one.holes.len() == two.holes.len()
                    && known.site.band.len() == nest.site.band.len()
                    && (0.4..2.5).contains(&ratio)
            };
            match groups.iter_mut().find(|group| alike(group)) {
                Some(group) => group.push(position),
                None => groups.push(vec![position]),
            }
        }
        groups
    }

    /// The best of all sketches for a group of nests, each with its best numbers unless it is hopeless.
    fn other_sketches(&mut self, plan: Plan, time: f64, group: &[usize]) -> (Plan, f64) {
        let planner = self.explorer.planner;
        let Some(&first) = group.first() else { return (plan, time) };
        let mut begun = vec![(plan.clone(), time)];
        let known = plan.choices.get(first).cloned().flatten();
        let options: Vec<Choice> = planner.alternatives(plan.structure, first).collect();
        for option in options {
            if known.as_ref().is_some_and(|known| known.sketch == option.sketch) {
                continue;
            }
            if self.is_over() {
                break;
            }
            let mut next = plan.clone();
            for nest in group {
                let same = planner
                    .alternatives(plan.structure, *nest)
                    .find(|choice| choice.sketch == option.sketch);
                if let (Some(place), Some(choice)) = (next.choices.get_mut(*nest), same) {
                    *place = Some(choice);
                }
            }
            if let Some(time) = self.time(&next) {
                begun.push((next, time));
            }
        }
        begun.sort_by(|left, right| left.1.total_cmp(&right.1));
        let least = begun.first().map_or(time, |(_, time)| *time);
        let mut best = (plan, time);
        for (plan, time) in begun.into_iter().filter(|(_, time)| *time < HOPELESS * least) {
            let found = self.other_numbers(plan, time, group);
            if found.1 < best.1 {
                best = found;
            }
        }
        best
    }

    fn other_numbers(&mut self, mut plan: Plan, mut time: f64, group: &[usize]) -> (Plan, f64) {
        let planner = self.explorer.planner;
        let Some(&first) = group.first() else { return (plan, time) };
        let count = planner.sketch(&plan, first).map_or(0, |sketch| sketch.holes.len());
        for hole in 0..count {
            for up in [true, false] {
                let mut moved = false;
                while let Some(next) = self.moved(&plan, group, hole, up) {
                    if self.is_over() {
                        return (plan, time);
                    }
                    match self.time(&next) {
                        Some(better) if better * GAIN < time => {
                            (plan, time) = (next, better);
                            moved = true;
                        }
                        _ => break,
                    }
                }
                if moved {
                    break;
                }
            }
        }
        (plan, time)
    }

    /// The plan with one hole of all nests of a group at the next value up or down.
    fn moved(&self, plan: &Plan, group: &[usize], hole: usize, up: bool) -> Option<Plan> {
        let planner = self.explorer.planner;
        let mut next = plan.clone();
        for nest in group {
            let sketch = planner.sketch(plan, *nest)?;
            let value = next.choices.get_mut(*nest)?.as_mut()?.values.get_mut(hole)?;
            let choices = &sketch.holes.get(hole)?.choices;
            let other = match up {
                true => choices.iter().copied().find(|one| one > value),
                false => choices.iter().copied().rev().find(|one| one < value),
            };
            // The one that cannot go further stays where it is.
            if let Some(other) = other {
                *value = other;
            }
        }
        (next != *plan).then_some(next)
    }

    /// Random changes of the best plan.
    fn wander(&mut self) {
        let mut random = ChaCha8Rng::seed_from_u64(self.explorer.options.seed);
        let mut barren = 0;
        while !self.is_over() && barren < BARREN {
            let fastest = self.explorer.fastest();
            if fastest.is_empty() {
                return;
            }
            // The first ones more often.
            let at =
                random.random_range(0..fastest.len()).min(random.random_range(0..fastest.len()));
            let Some(mut plan) = fastest.get(at).cloned() else { return };
            for _ in 0..random.random_range(1..=3) {
                self.change(&mut plan, &mut random);
            }
            if self.explorer.seconds.contains_key(&plan) {
                barren += 1;
                continue;
            }
            let before = self.explorer.measured.len();
            self.time(&plan);
            barren = if self.explorer.measured.len() > before { 0 } else { barren + 1 };
        }
    }

    fn change(&self, plan: &mut Plan, random: &mut ChaCha8Rng) {
        let planner = self.explorer.planner;
        let groups = self.groups(plan);
        if groups.is_empty() {
            return;
        }
        let Some(group) = groups.get(random.random_range(0..groups.len())) else { return };
        let nest = group.get(random.random_range(0..group.len())).copied().unwrap_or(0);
        let Some(sketch) = planner.sketch(plan, nest) else { return };
        if sketch.holes.is_empty() || random.random_bool(0.1) {
            let others: Vec<Choice> = planner.alternatives(plan.structure, nest).collect();
            if others.is_empty() {
                return;
            }
            let other = others.get(random.random_range(0..others.len())).cloned();
            if let Some(place) = plan.choices.get_mut(nest) {
                *place = other;
            }
            return;
        }
        let hole = random.random_range(0..sketch.holes.len());
        let whole = group.len() > 1 && random.random_bool(0.5);
        for member in group.iter().filter(|member| whole || **member == nest) {
            let Some(choices) = planner
                .sketch(plan, *member)
                .and_then(|sketch| sketch.holes.get(hole))
                .map(|hole| hole.choices.clone())
            else {
                continue;
            };
            let value = choices.get(random.random_range(0..choices.len())).copied();
            let place = plan.choices.get_mut(*member).and_then(Option::as_mut);
            if let (Some(value), Some(place)) =
                (value, place.and_then(|one| one.values.get_mut(hole)))
            {
                *place = value;
            }
        }
    }
}
