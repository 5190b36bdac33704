//! Plans: for one structure of the program, a sketch with numbers for each of its nests.
//!
//! Nests are disjoint parts of the tree, or one lies in the other, and a sketch touches only its own. So what
//! a sketch's steps are, and whether they are legal, is found out once for each choice of numbers, and a plan
//! is the nests' steps one behind the other.

use crate::facts::{LeafFact, Trips, leaves};
use crate::recipes::{Context, sketches};
use crate::site::{Site, sites};
use crate::sketch::{Hole, Sketch};
use crate::structure::with_private_storage;
use crate::{Candidate, Draft, Machine, Number, Origin, Treatment};
use loopwright_ir::{ArrayId, Step};
use std::collections::HashMap;
use std::ops::Mul;
use std::sync::{Mutex, PoisonError};

/// An order of the whole program, and the nests that it has.
pub struct Structure {
    /// How it came about, for the report.
    pub name: String,
    pub draft: Draft,
    pub nests: Vec<Nest>,
    leaves: Vec<LeafFact>,
    /// By how much each leaf is expected to be slowed down by temporaries that have become large arrays.
    burdens: Vec<f64>,
}

/// A nest with what may be done to it.
pub struct Nest {
    pub site: Site,
    pub sketches: Vec<Sketch>,
    /// The nest that it lies in.
    inside: Option<usize>,
}

impl Structure {
    /// Looks at the nests of an order.
    pub fn new(name: impl Into<String>, draft: Draft, machine: &Machine) -> Self {
        let context = Context { draft: &draft, machine };
        let found = sites(&draft);
        let has = |outer: &Site, inner: &Site| {
            outer.leaves.len() > inner.leaves.len()
                && inner.leaves.iter().all(|leaf| outer.leaves.iter().any(|one| one.id == leaf.id))
        };
        let nests = found
            .iter()
            .map(|site| Nest {
                sketches: sketches(&context, site),
                inside: found.iter().position(|outer| has(outer, site)),
                site: site.clone(),
            })
            .collect();
        let trips = draft.lower().map(|loops| Trips::of(&loops)).unwrap_or_default();
        let leaves = leaves(&draft, &trips);
        let burdens = burdens(&draft, &leaves, machine);
        Self { name: name.into(), leaves, burdens, draft, nests }
    }

    /// A nest's part of all work, from 0 to 1.
    pub fn share(&self, nest: &Nest) -> f64 {
        let total: f64 = self.leaves.iter().map(LeafFact::work).sum();
        if total > 0.0 { (nest.site.work / total).min(1.0) } else { 0.0 }
    }
}

/// How much longer statements take where a temporary with an element for each iteration is kept for all of them.
const BURDEN: f64 = 8.0;

/// For each leaf, what it costs that a temporary that it uses must be stored as a whole: that its users share no loops
/// in whose iterations it could live, and that no cache holds it.
fn burdens(draft: &Draft, leaves: &[LeafFact], machine: &Machine) -> Vec<f64> {
    let program = draft.program();
    let is_stored = |array: ArrayId| {
        let Some(of) = program.array(array).storage_of() else { return false };
        let own = program.array(of).extents.len();
        let loops = program.array(array).extents.len().saturating_sub(own);
        let mut users =
            leaves.iter().filter(|leaf| leaf.accesses.iter().any(|one| one.array == array));
        let Some(first) = users.next() else { return false };
        let shared = users.fold(first.path.len(), |shared, leaf| {
            let pairs = first.path.iter().zip(&leaf.path).take(shared);
            pairs.take_while(|(one, other)| one.id == other.id).count()
        });
        let bytes = program.array(array).element.bytes();
        // Along the loops that they share it needs room for one iteration.
        let extents = program.extents(array).unwrap_or_default();
        let room: i64 = extents.iter().skip(shared.min(loops)).product();
        let large = room <= 0 || room as u64 * bytes > machine.l2_bytes;
        shared < loops && large
    };
    let burden = |leaf: &LeafFact| {
        if leaf.accesses.iter().any(|one| is_stored(one.array)) { BURDEN } else { 1.0 }
    };
    leaves.iter().map(burden).collect()
}

/// What is done to one nest: a sketch by position, with values for its holes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Choice {
    pub sketch: usize,
    pub values: Vec<u32>,
}

/// What is done to a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    pub structure: usize,
    /// One for each nest; `None` leaves it as it is.
    pub choices: Vec<Option<Choice>>,
}

type Known = HashMap<(usize, usize, Choice), Option<Vec<Step>>>;

/// Structures with what is known of their plans.
pub struct Planner {
    pub structures: Vec<Structure>,
    known: Mutex<Known>,
}

impl Planner {
    pub fn new(structures: Vec<Structure>) -> Self {
        Self { structures, known: Mutex::default() }
    }

    /// The steps of one choice, if they apply and are legal.
    fn steps(&self, structure: usize, nest: usize, choice: &Choice) -> Option<Vec<Step>> {
        let key = (structure, nest, choice.clone());
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let found = self.find_steps(structure, nest, choice);
        let exhausted =
            || self.structures.first().is_some_and(|one| one.draft.base.patience.is_over());
        if found.is_some() || !exhausted() {
            lock().insert(key, found.clone());
        }
        found
    }

    fn find_steps(&self, structure: usize, nest: usize, choice: &Choice) -> Option<Vec<Step>> {
        let structure = self.structures.get(structure)?;
        let sketch = structure.nests.get(nest)?.sketches.get(choice.sketch)?;
        let mut draft = structure.draft.clone();
        let before = draft.steps().len();
        sketch.build(&mut draft, &choice.values)?;
        let steps = draft.steps().get(before..)?.to_vec();
        draft.is_legal().then_some(steps)
    }

    /// Whether one choice applies and is legal.
    pub fn is_legal(&self, structure: usize, nest: usize, choice: &Choice) -> bool {
        self.steps(structure, nest, choice).is_some()
    }

    /// Whether a nest lies in one whose sketch leaves nothing of it to others.
    fn is_covered(&self, plan: &Plan, nest: usize) -> bool {
        let Some(structure) = self.structures.get(plan.structure) else { return false };
        let Some(outer) = structure.nests.get(nest).and_then(|one| one.inside) else {
            return false;
        };
        let sketch = plan
            .choices
            .get(outer)
            .and_then(Option::as_ref)
            .and_then(|choice| structure.nests.get(outer)?.sketches.get(choice.sketch));
        sketch.is_some_and(|sketch| sketch.covers) || self.is_covered(plan, outer)
    }

    /// A structure with the first sketch that is legal for each nest, the rules' numbers in the holes.
    pub fn first(&self, structure: usize) -> Plan {
        let count = self.structures.get(structure).map_or(0, |one| one.nests.len());
        let mut plan = Plan { structure, choices: vec![None; count] };
        let mut order: Vec<usize> = (0..count).collect();
        // What lies around others is decided first.
        order.sort_by_key(|nest| self.depth(structure, *nest));
        for nest in order {
            if self.is_covered(&plan, nest) {
                continue;
            }
            let choice = self.alternatives(structure, nest).next();
            if let Some(place) = plan.choices.get_mut(nest) {
                *place = choice;
            }
        }
        plan
    }

    fn depth(&self, structure: usize, nest: usize) -> usize {
        let outer = self.structures.get(structure).and_then(|one| one.nests.get(nest)?.inside);
        outer.map_or(0, |outer| 1 + self.depth(structure, outer))
    }

    /// The legal sketches of a nest with the rules' numbers, in their order.
    pub fn alternatives(&self, structure: usize, nest: usize) -> impl Iterator<Item = Choice> + '_ {
        let nests = self.structures.get(structure).map_or(&[][..], |one| one.nests.as_slice());
        let sketches = nests.get(nest).map_or(&[][..], |one| one.sketches.as_slice());
        sketches.iter().enumerate().filter_map(move |(position, sketch)| {
            let choice = Choice { sketch: position, values: sketch.rules() };
            self.steps(structure, nest, &choice).map(|_| choice)
        })
    }

    /// The order of a plan; `None` where a part of it is not legal.
    pub fn draft(&self, plan: &Plan) -> Option<Draft> {
        let structure = self.structures.get(plan.structure)?;
        let mut draft = structure.draft.clone();
        for (nest, choice) in plan.choices.iter().enumerate() {
            let Some(choice) = choice else { continue };
            if self.is_covered(plan, nest) {
                continue;
            }
            for step in self.steps(plan.structure, nest, choice)? {
                draft.take(step)?;
            }
        }
        Some(with_private_storage(draft))
    }

    /// Its loops.
    pub fn candidate(&self, plan: &Plan) -> Option<Candidate> {
        self.draft(plan)?.candidate(self.origin(plan))
    }

    /// The sketch that a plan has for a nest, unless another one covers it.
    pub fn sketch<'a>(&'a self, plan: &Plan, nest: usize) -> Option<&'a Sketch> {
        if self.is_covered(plan, nest) {
            return None;
        }
        let choice = plan.choices.get(nest)?.as_ref()?;
        self.structures.get(plan.structure)?.nests.get(nest)?.sketches.get(choice.sketch)
    }

    /// The time that the rules expect, in units of the source's: each nest's work by what its recipe usually gains.
    pub fn expected(&self, plan: &Plan) -> f64 {
        let Some(structure) = self.structures.get(plan.structure) else { return 1.0 };
        let (mut sum, mut total) = (0.0, 0.0);
        for (leaf, burden) in structure.leaves.iter().zip(&structure.burdens) {
            let treated = (0..structure.nests.len()).filter(|nest| {
                structure
                    .nests
                    .get(*nest)
                    .is_some_and(|one| one.site.leaves.iter().any(|known| known.id == leaf.id))
            });
            let gains = treated.filter_map(|nest| Some(self.sketch(plan, nest)?.gain));
            // Threads outside and vectors inside go together.
            sum += burden * leaf.work() / gains.fold(1.0, Mul::mul).max(0.05);
            total += leaf.work();
        }
        if total > 0.0 { sum / total } else { 1.0 }
    }

    /// Which recipes with which numbers.
    pub fn origin(&self, plan: &Plan) -> Origin {
        let Some(structure) = self.structures.get(plan.structure) else { return Origin::default() };
        let treated = plan.choices.iter().enumerate().filter_map(|(nest, choice)| {
            let (sketch, choice) = (self.sketch(plan, nest)?, choice.as_ref()?);
            let nest = structure.nests.get(nest)?;
            let number = |(hole, value): (&Hole, &u32)| Number {
                name: hole.name,
                value: *value,
                rule: hole.rule,
            };
            Some(Treatment {
                statements: nest.site.names(),
                share: structure.share(nest),
                recipe: sketch.recipe,
                numbers: sketch.holes.iter().zip(&choice.values).map(number).collect(),
            })
        });
        Origin { structure: structure.name.clone(), nests: treated.collect() }
    }
}
