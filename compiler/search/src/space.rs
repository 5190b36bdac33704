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

impl Space {
    /// For a specialised program and its dependences.
    pub fn new(program: &Program, dependences: &Dependences, machine: &Machine) -> Self {
        let base = Arc::new(Base {
            prefix: Vec::new(),
            program: Arc::new(program.clone()),
            dependences: Arc::new(dependences.clone()),
            patience: Patience::new(&Budget::unlimited(), 1.0),
        });
        Self { planner: Planner::new(structures(&base, machine)) }
    }

    /// A random legal member: for most nests a sketch of any promise, with the rules' numbers or others.
    pub fn sample(&self, random: &mut dyn Rng) -> Option<Candidate> {
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
                let Some(found) = nest.sketches.get(sketch) else { break };
                let mut values = found.rules();
                for (value, hole) in values.iter_mut().zip(&found.holes) {
                    if random.random_bool(0.4) {
                        let drawn = hole.choices.get(random.random_range(0..hole.choices.len()));
                        *value = drawn.copied().unwrap_or(*value);
                    }
                }
                let choice = Choice { sketch, values };
                if self.planner.is_legal(structure, position, &choice) {
                    if let Some(place) = plan.choices.get_mut(position) {
                        *place = Some(choice);
                    }
                    break;
                }
            }
        }
        let mut draft = self.planner.draft(&plan)?;
        draft.is_legal().then(|| draft.candidate(self.planner.origin(&plan))).flatten()
    }
}
