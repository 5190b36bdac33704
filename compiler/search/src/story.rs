//! What a search considered, for people who ask why: structures, their nests, recipes that apply, and what
//! keeps a loop in order.

use crate::facts::AccessFact;
use crate::plan::{Choice, Nest, Planner, Structure};
use loopwright_analysis::{DependenceKind, carried_by, within_effort};
use loopwright_ir::LoopId;

/// Work for finding what a loop carries; beyond it the rest counts as carried.
const EFFORT: u64 = 200_000;
/// Of what a loop carries, so many different things are named.
const NAMED: usize = 3;

/// A structure with its nests.
#[derive(Clone, Debug)]
pub struct StructureStory {
    pub name: String,
    /// How many times as fast as the source the rules expected its first plan to be.
    pub expected: f64,
    /// The heaviest first.
    pub nests: Vec<NestStory>,
}

/// A nest with the recipes that know something to do for it.
#[derive(Clone, Debug)]
pub struct NestStory {
    /// The names of its statements.
    pub statements: String,
    /// Its part of the program's work, from 0 to 1.
    pub share: f64,
    pub loops: Vec<LoopStory>,
    /// Recipes with whether their sketch is legal with the rules' numbers; several sketches of one recipe are several
    /// entries.
    pub recipes: Vec<(&'static str, bool)>,
}

/// A loop of a nest's band.
#[derive(Clone, Debug)]
pub struct LoopStory {
    pub name: String,
    pub trips: f64,
    /// What it carries, in words; empty where its iterations may run in any order.
    pub carries: Vec<String>,
    /// What would help, where that is known.
    pub remedy: Option<String>,
}

/// The stories of all structures; loops' obstacles for the structure asked for only, since they take time.
pub fn stories(planner: &Planner, of: usize) -> Vec<StructureStory> {
    let tell = |(position, structure): (usize, &Structure)| StructureStory {
        name: structure.name.clone(),
        expected: 1.0 / planner.expected(&planner.first(position)).max(1e-9),
        nests: nests(planner, position, structure, position == of),
    };
    planner.structures.iter().enumerate().map(tell).collect()
}

fn nests(
    planner: &Planner,
    position: usize,
    structure: &Structure,
    with_obstacles: bool,
) -> Vec<NestStory> {
    let tell = |(index, nest): (usize, &Nest)| {
        let legal = |sketch: usize, values: Vec<u32>| {
            planner.is_legal(position, index, &Choice { sketch, values })
        };
        NestStory {
            statements: nest.site.names(),
            share: structure.share(nest),
            loops: if with_obstacles { loops(structure, nest) } else { Vec::new() },
            recipes: (nest.sketches.iter().enumerate())
                .map(|(at, sketch)| (sketch.recipe, legal(at, sketch.rules())))
                .collect(),
        }
    };
    structure.nests.iter().enumerate().map(tell).collect()
}

fn loops(structure: &Structure, nest: &Nest) -> Vec<LoopStory> {
    let Some(leaf) = nest.site.leaves.first() else { return Vec::new() };
    let band = leaf.path.iter().enumerate().take(nest.site.band.end).skip(nest.site.band.start);
    band.map(|(depth, known)| {
        let carried = if nest.site.is_coincident(depth) {
            Carried::default()
        } else {
            Carried::by(structure, nest, known.id, depth)
        };
        LoopStory {
            name: known.name.clone(),
            trips: known.trips,
            carries: carried.words,
            remedy: carried.remedy,
        }
    })
    .collect()
}

#[derive(Default)]
struct Carried {
    words: Vec<String>,
    remedy: Option<String>,
}

impl Carried {
    fn by(structure: &Structure, nest: &Nest, id: LoopId, depth: usize) -> Self {
        let (program, dependences) = (structure.draft.program(), &structure.draft.base.dependences);
        let ids =
            within_effort(EFFORT, || carried_by(program, dependences, &structure.draft.tree, id));
        let found: Vec<_> = ids.iter().filter_map(|id| dependences.get(*id)).collect();
        let mut words: Vec<String> = Vec::new();
        for dependence in &found {
            let text = dependence.describe(program);
            if !words.contains(&text) {
                words.push(text);
            }
        }
        // Values that pass from iteration to iteration are the program's meaning; storage used again is not.
        let passes = found.iter().any(|one| one.kind == DependenceKind::ReadAfterWrite);
        let arrays = found.iter().map(|one| program.array(one.array).name.as_str());
        let mut arrays: Vec<&str> = arrays.collect();
        arrays.sort_unstable();
        arrays.dedup();
        // A sum comes back to the element that it stays at in this loop.
        let is_sum = |access: &AccessFact| access.accumulates && !access.moves_with(depth);
        let sums = found.iter().all(|one| {
            let accesses = nest.site.leaves.iter().flat_map(|leaf| &leaf.accesses);
            one.source == one.destination
                && accesses.filter(|access| access.array == one.array).any(is_sum)
        });
        let remedy = match (found.is_empty(), passes, sums) {
            (true, ..) => None,
            (_, false, _) => {
                Some(format!("storage of its own for each iteration: expand {}", arrays.join(", ")))
            }
            (_, true, true) => {
                Some("a sum in the order of the source: --fast-math may regroup it".to_owned())
            }
            _ => None,
        };
        let more = words.len().saturating_sub(NAMED);
        words.truncate(NAMED);
        if more > 0 {
            words.push(format!("and {more} more"));
        }
        Self { words, remedy }
    }
}
