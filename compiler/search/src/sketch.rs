//! Sketches: what a recipe proposes for a nest, with numbers left open.

use crate::Draft;
use std::sync::Arc;

/// A number that a sketch leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// What it is, as the report names it.
    pub name: &'static str,
    /// What the rule says.
    pub rule: u32,
    /// All values that it may take, ascending, the rule's among them.
    pub choices: Vec<u32>,
}

impl Hole {
    /// With the rule's value among the choices, which are sorted.
    pub fn new(name: &'static str, rule: u32, choices: impl IntoIterator<Item = u32>) -> Self {
        let mut choices: Vec<u32> = choices.into_iter().chain([rule]).collect();
        choices.sort_unstable();
        choices.dedup();
        Self { name, rule, choices }
    }

    /// Yes or no.
    pub fn flag(name: &'static str, rule: bool) -> Self {
        Self::new(name, u32::from(rule), [0, 1])
    }

    /// How a loop of so many iterations may be cut into equal parts, near `size` iterations a part and
    /// in multiples of `multiple`; the whole loop is among them where it is not much longer.
    pub fn parts(name: &'static str, trips: f64, size: f64, multiple: u32) -> Self {
        let parts = (trips / size.max(1.0)).round().max(1.0);
        let cut = |parts: f64| balanced(trips, parts, multiple);
        let near =
            [0.33, 0.5, 0.75, 1.0, 1.34, 2.0, 3.0].map(|factor| cut((parts * factor).round()));
        let beside = [parts - 1.0, parts + 1.0].map(cut);
        Self::new(name, cut(parts), near.into_iter().chain(beside))
    }
}

/// The size of a part where so many iterations are cut into so many equal parts.
pub fn balanced(trips: f64, parts: f64, multiple: u32) -> u32 {
    let size = (trips / parts.max(1.0)).ceil().clamp(1.0, 1e9) as u32;
    size.next_multiple_of(multiple.max(1))
}

type Build = dyn Fn(&mut Draft, &Values<'_>) -> Option<()> + Send + Sync;

/// One way to treat a nest.
#[derive(Clone)]
pub struct Sketch {
    /// The recipe that it comes from.
    pub recipe: &'static str,
    pub holes: Vec<Hole>,
    /// Whether it leaves nothing to do inside of the nest.
    pub covers: bool,
    /// How many times as fast as the source's order such nests usually become, by the kind of recipe: what plans are
    /// ordered by before anything is measured.
    pub gain: f64,
    build: Arc<Build>,
}

impl Sketch {
    pub fn new(
        (recipe, gain): (&'static str, f64),
        holes: Vec<Hole>,
        build: impl Fn(&mut Draft, &Values<'_>) -> Option<()> + Send + Sync + 'static,
    ) -> Self {
        Self { recipe, holes, covers: false, gain, build: Arc::new(build) }
    }

    /// The same, which leaves nothing to do inside of the nest.
    pub fn covering(self) -> Self {
        Self { covers: true, ..self }
    }

    /// The rules' values.
    pub fn rules(&self) -> Vec<u32> {
        self.holes.iter().map(|hole| hole.rule).collect()
    }

    /// Takes its steps with the holes filled; `None` where they do not apply.
    pub fn build(&self, draft: &mut Draft, values: &[u32]) -> Option<()> {
        (self.build)(draft, &self.values(values))
    }

    /// Values by the names of its holes.
    pub fn values<'a>(&'a self, values: &'a [u32]) -> Values<'a> {
        Values { holes: &self.holes, values }
    }
}

/// The values of a sketch's holes, by name.
pub struct Values<'a> {
    holes: &'a [Hole],
    values: &'a [u32],
}

impl Values<'_> {
    /// The value of a hole; 0 for one that the sketch does not have.
    pub fn get(&self, name: &str) -> u32 {
        let position = self.holes.iter().position(|hole| hole.name == name);
        position.and_then(|position| self.values.get(position)).copied().unwrap_or(0)
    }

    /// Whether a flag is set.
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name) != 0
    }
}
