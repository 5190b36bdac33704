//! The space by chance: random members of what a search would look at.

use crate::draft::Patience;
use crate::plan::{Choice, Plan, Planner};
use crate::structure::structures;
use crate::{Base, Budget, Candidate, Machine};
use loopwright_analysis::Dependences;
use loopwright_ir::Program;
use rand::{Rng, RngExt};
use std::sync::Arc;

/// What a search of one program chooses from.
pub struct Space {
    planner: Planner,
}

/// A member of the space, from which others can be reached.
#[derive(Clone)]
pub struct Member {
    plan: Plan,
    pub candidate: Candidate,
}

impl Space {
    /// For a specialised program and its dependences.
    pub fn new(program: &Program, dependences: &Dependences, machine: &Machine) -> Self {
        Self::within(&Budget::unlimited(), program, dependences, machine)
    }

    /// The same, which asks no more questions when a budget ends.
    pub fn within(
        budget: &Budget,
        program: &Program,
        dependences: &Dependences,
        machine: &Machine,
    ) -> Self {
        let base = Arc::new(Base {
            prefix: Vec::new(),
            program: Arc::new(program.clone()),
            dependences: Arc::new(dependences.clone()),
            patience: Patience::new(budget, 1.0),
        });
        let planner = Planner::new(structures(&base, machine));
        base.patience.all_is_ordered();
        Self { planner }
    }

    /// What a search measures first: each structure with its nests' most promising sketches and the rules' numbers.
    pub fn firsts(&self) -> Vec<Member> {
        let plans = (0..self.planner.structures.len()).map(|at| self.planner.first(at));
        plans.filter_map(|plan| self.member(plan)).collect()
    }

    /// A random legal member: for most nests a sketch of any promise, with the rules' numbers or others.
    pub fn sample(&self, random: &mut dyn Rng) -> Option<Member> {
        self.draw(random, 0.4)
    }

    /// A random legal member with the rules' numbers.
    pub fn recipes(&self, random: &mut dyn Rng) -> Option<Member> {
        self.draw(random, 0.0)
    }

    /// Each number of a sketch is another than the rule's with the given probability.
    fn draw(&self, random: &mut dyn Rng, other: f64) -> Option<Member> {
        let count = self.planner.structures.len();
        let structure = random.random_range(0..count.max(1));
        let nests = &self.planner.structures.get(structure)?.nests;
        let mut plan = Plan { structure, choices: vec![None; nests.len()] };
        for (position, nest) in nests.iter().enumerate() {
            if nest.sketches.is_empty() || random.random_bool(0.1) {
                continue;
            }
            for _ in 0..4 {
                let sketch = random.random_range(0..nest.sketches.len());
                let Some(choice) = self.choice(structure, position, sketch, other, random) else {
                    break;
                };
                if self.planner.is_legal(structure, position, &choice) {
                    if let Some(place) = plan.choices.get_mut(position) {
                        *place = Some(choice);
                    }
                    break;
                }
            }
        }
        self.member(plan)
    }

    fn choice(
        &self,
        structure: usize,
        nest: usize,
        sketch: usize,
        other: f64,
        random: &mut dyn Rng,
    ) -> Option<Choice> {
        let found =
            self.planner.structures.get(structure)?.nests.get(nest)?.sketches.get(sketch)?;
        let mut values = found.rules();
        for (value, hole) in values.iter_mut().zip(&found.holes) {
            if other > 0.0 && random.random_bool(other) {
                let drawn = hole.choices.get(random.random_range(0..hole.choices.len()));
                *value = drawn.copied().unwrap_or(*value);
            }
        }
        Some(Choice { sketch, values })
    }

    /// A member that differs in one to three numbers, or in the sketch of one nest.
    pub fn neighbour(&self, of: &Member, random: &mut dyn Rng) -> Option<Member> {
        let mut plan = of.plan.clone();
        let nests = &self.planner.structures.get(plan.structure)?.nests;
        let treated: Vec<usize> = (0..nests.len())
            .filter(|nest| nests.get(*nest).is_some_and(|one| !one.sketches.is_empty()))
            .collect();
        let nest = *treated.get(random.random_range(0..treated.len().max(1)))?;
        let sketches = &nests.get(nest)?.sketches;
        let place = plan.choices.get_mut(nest)?;
        let same_sketch = place.as_ref().filter(|_| random.random_bool(0.85)).map(|one| one.sketch);
        let mut choice = match (same_sketch, place.take()) {
            (Some(_), Some(choice)) => choice,
            _ => {
                let sketch = random.random_range(0..sketches.len());
                Choice { sketch, values: sketches.get(sketch)?.rules() }
            }
        };
        let holes = &sketches.get(choice.sketch)?.holes;
        for _ in 0..random.random_range(1..=3) {
            let at = random.random_range(0..holes.len().max(1));
            if let (Some(hole), Some(value)) = (holes.get(at), choice.values.get_mut(at)) {
                let drawn = hole.choices.get(random.random_range(0..hole.choices.len()));
                *value = drawn.copied().unwrap_or(*value);
            }
        }
        let legal = self.planner.is_legal(plan.structure, nest, &choice);
        *plan.choices.get_mut(nest)? = Some(choice).filter(|_| legal);
        (plan != of.plan).then(|| self.member(plan)).flatten()
    }

    fn member(&self, plan: Plan) -> Option<Member> {
        let mut draft = self.planner.draft(&plan)?;
        let origin = self.planner.origin(&plan);
        let candidate = draft.is_legal().then(|| draft.candidate(origin)).flatten()?;
        Some(Member { plan, candidate })
    }
}
