//! Random legal schedules of any program, good ones and bad ones.
//!
//! Most are drawn from the space that the search walks, so that a cost model learns to tell apart
//! what it will be asked about: a sketch for each nest, with the rules' numbers or others. The others are
//! lone random steps.

use loopwright_analysis::Dependences;
use loopwright_ir::{LoopTree, LoopTreeNode, Program, Schedule, StatementId, Step, Variable};
use loopwright_search::{Budget, Machine, Space};
use loopwright_transform::{Applied, LowerError, lower, try_apply};
use rand::{Rng, RngExt};

/// A loop that is entered more often than this must not be parallel: the run would be all forks.
const MOST_FORKS: f64 = 5_000.0;

/// A path is not tiled further when it has so many tile loops: schedules that nobody would write
/// cost legality and lowering much time.
const MOST_TILE_LOOPS: usize = 4;

/// So many lone steps at most.
const MOST_LONE_STEPS: usize = 8;

const TILE_SIZES: [u32; 9] = [3, 4, 8, 16, 32, 64, 100, 128, 256];

/// A legal schedule with its loops.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub schedule: Schedule,
    pub loops: LoopTree,
}

/// Draws schedules of one program; what was found legal is remembered between draws.
pub struct ScheduleSampler<'a> {
    program: &'a Program,
    dependences: &'a Dependences,
    space: Space,
    original: LoopTree,
    machine: Machine,
}

impl<'a> ScheduleSampler<'a> {
    /// For a specialised program and its dependences.
    ///
    /// # Errors
    /// If the original order has no loops.
    pub fn new(
        program: &'a Program,
        dependences: &'a Dependences,
        machine: &Machine,
    ) -> Result<Self, LowerError> {
        Self::within(&Budget::unlimited(), program, dependences, machine)
    }

    /// The same, which finds less where a budget ends.
    ///
    /// # Errors
    /// If the original order has no loops.
    pub fn within(
        budget: &Budget,
        program: &'a Program,
        dependences: &'a Dependences,
        machine: &Machine,
    ) -> Result<Self, LowerError> {
        let original = lower(program, &Applied::original(program).tree)?;
        let space = Space::within(budget, program, dependences, machine);
        Ok(Self { program, dependences, space, original, machine: *machine })
    }

    /// A random legal schedule of at most `steps` steps, other than the original unless nothing else
    /// is found.
    pub fn sample(&self, random: &mut dyn Rng, steps: usize) -> Option<Sample> {
        for _ in 0..20 {
            let drawn = if random.random_bool(0.75) {
                // The steps that change the program are no part of these samples.
                self.space
                    .sample(random)
                    .map(|drawn| drawn.candidate)
                    .filter(|drawn| *drawn.program == *self.program)
                    .map(|drawn| Sample { schedule: drawn.schedule, loops: (*drawn.loops).clone() })
            } else {
                self.lone_steps(random, steps)
            };
            let Some(sample) = drawn else { continue };
            if sample.schedule.is_original() || sample.schedule.steps().len() > steps {
                continue;
            }
            if !Self::is_all_forks(&sample.loops) {
                return Some(sample);
            }
        }
        Some(Sample { schedule: Schedule::original(), loops: self.original.clone() })
    }

    /// Up to `steps` steps of any kind on any loops, as far as they are legal, with a bound on the forks.
    pub fn walk(&self, random: &mut dyn Rng, steps: usize) -> Option<Sample> {
        let sample = self.lone_steps(random, steps)?;
        (!Self::is_all_forks(&sample.loops)).then_some(sample)
    }

    /// The members that a search chooses from.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether so many threads are started that a run would be nothing else.
    pub fn is_all_forks(loops: &LoopTree) -> bool {
        forks(&loops.roots, &mut Vec::new()) > MOST_FORKS
    }

    fn lone_steps(&self, random: &mut dyn Rng, steps: usize) -> Option<Sample> {
        let mut point = Applied::original(self.program);
        let wanted = random.random_range(1..=steps.clamp(1, MOST_LONE_STEPS));
        for _ in 0..3 * wanted {
            if point.schedule.steps().len() >= wanted {
                break;
            }
            if let Some(step) = self.random_step(&point, random)
                && let Some(next) = try_apply(self.program, self.dependences, &point, &step)
            {
                point = next;
            }
        }
        let loops = lower(self.program, &point.tree).ok()?;
        Some(Sample { schedule: point.schedule, loops })
    }

    fn random_step(&self, point: &Applied, random: &mut dyn Rng) -> Option<Step> {
        let program = self.program;
        let position = random.random_range(0..program.statements.len().max(1));
        let statement = program.statements.get(position)?.name.clone();
        let path = point.tree.path(StatementId(position))?;
        if path.is_empty() {
            return None;
        }
        let at = random.random_range(0..path.len());
        let loop_name = path.get(at)?.name.clone();
        let inner = path.get(random.random_range(at..path.len()))?.name.clone();
        Some(match random.random_range(0..10) {
            0..=1 => Step::Interchange { statement, outer: loop_name, inner },
            2..=4 => {
                let depth = random.random_range(1..=(path.len() - at).min(3));
                let original = program.statements.get(position)?.iterators.len();
                if path.len() + depth > original + MOST_TILE_LOOPS {
                    return None;
                }
                let band = path.iter().skip(at).take(depth);
                Step::Tile {
                    statement,
                    loops: band.map(|inner| inner.name.clone()).collect(),
                    sizes: (0..depth)
                        .filter_map(|_| {
                            TILE_SIZES.get(random.random_range(0..TILE_SIZES.len())).copied()
                        })
                        .collect(),
                }
            }
            5 => Step::Distribute { statement, loop_name },
            6 => Step::Parallelize { statement, loop_name },
            7..=8 => {
                let element = program.array(program.statements.get(position)?.write.array).element;
                let width = self.machine.lanes(element.bytes()).max(2);
                let width = if random.random_bool(0.8) { width } else { 2 * width };
                let unroll = random.random_range(1..=4);
                Step::Vectorize { statement, loop_name: inner, width: width.min(64), unroll }
            }
            _ => Step::UnrollAndJam { statement, loop_name, factor: random.random_range(2..=8) },
        })
    }
}

/// How often threads are forked, with trip counts at the midpoints of the outer loops.
fn forks(nodes: &[LoopTreeNode], path: &mut Vec<(Variable, i64, f64)>) -> f64 {
    let mut sum = 0.0;
    for node in nodes {
        match node {
            LoopTreeNode::For(inner) if inner.mark.on_threads() => {
                sum += path.iter().map(|outer| outer.2).product::<f64>();
            }
            LoopTreeNode::For(inner) => {
                let middle = |variable: Variable| {
                    path.iter().find(|outer| outer.0 == variable).map_or(0, |outer| outer.1)
                };
                let lower = inner.lower.evaluate(true, &middle).unwrap_or(0);
                let upper = inner.upper.evaluate(false, &middle).unwrap_or(0);
                let trips = (upper as f64 - lower as f64 + 1.0).max(0.0);
                path.push((inner.id.variable(), lower.midpoint(upper), trips));
                sum += forks(&inner.body, path);
                path.pop();
            }
            LoopTreeNode::If { body, .. } => sum += forks(body, path),
            LoopTreeNode::Pack(pack) => sum += forks(&pack.body, path),
            LoopTreeNode::Statement(_) => {}
        }
    }
    sum
}

/// One random legal schedule of at most `steps` steps; for many of one program, a
/// [`ScheduleSampler`] is faster.
pub fn random_schedule(
    program: &Program,
    dependences: &Dependences,
    machine: &Machine,
    random: &mut dyn Rng,
    steps: usize,
) -> Option<Sample> {
    ScheduleSampler::new(program, dependences, machine).ok()?.sample(random, steps)
}
