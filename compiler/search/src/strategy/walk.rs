//! The measuring part of a search: better sketches, better numbers, then random changes.

use super::explore::Explorer;
use super::{Scores, tell_score};
use crate::Measurer;
use crate::observer::{Event, Observer};
use crate::plan::{Choice, Plan};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A structure that is slower than the best by this factor is not looked at further at first.
const NEAR: f64 = 1.3;
/// A sketch that is slower by this factor with the rules' numbers will not be the best one with others.
const HOPELESS: f64 = 2.2;
/// A nest with less of the program's work than this is not worth measurements of its own.
const LITTLE_WORK: f64 = 0.04;
/// Random changes begin with one of the fastest plans.
const FASTEST: usize = 6;
/// So many random changes in a row without a new candidate end the search.
const BARREN: usize = 400;
/// A change must help by this factor to be kept.
const GAIN: f64 = 1.008;

/// The measuring part, with everything at hand.
pub struct Walk<'a, 'b, 'c> {
    pub explorer: &'a mut Explorer<'b>,
    pub measurer: &'a mut dyn Measurer,
    pub observer: &'a mut dyn Observer,
    pub scores: &'a mut Scores<'c>,
}

impl Walk<'_, '_, '_> {
    fn is_over(&self) -> bool {
        self.explorer.stop.is_some()
    }

    fn time(&mut self, plan: &Plan, from: Option<&Plan>) -> Option<f64> {
        self.explorer.try_plan(plan, from, None, self.scores, self.measurer, self.observer)
    }

    /// From the fastest structures' first plans on, until the time is over or nothing new comes up.
    pub fn all(&mut self) {
        // Structures from the fastest, those that are near it.
        let begun = self.explorer.timed();
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
            if let Some(time) = self.time(&next, Some(&plan)) {
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
                    match self.time(&next, Some(&plan)) {
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
            let mut fastest = self.explorer.timed();
            fastest.truncate(FASTEST);
            if fastest.is_empty() {
                return;
            }
            // The first ones more often.
            let at =
                random.random_range(0..fastest.len()).min(random.random_range(0..fastest.len()));
            let Some((from, _)) = fastest.into_iter().nth(at) else { return };
            let mut plan = from.clone();
            for _ in 0..random.random_range(1..=3) {
                self.change(&mut plan, &mut random);
            }
            if self.explorer.is_known(&plan) {
                barren += 1;
                continue;
            }
            let before = self.explorer.measured.len();
            self.time(&plan, Some(&from));
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
