//! Which schedules of a program are measured: what a search would look at, and random ones.
//!
//! A model that saw only good schedules could not tell bad ones, and the reverse; both halves are
//! needed.

use crate::tuning::Predictor;
use loopwright_analysis::Dependences;
use loopwright_costmodel::{MachineFeatures, Scorer};
use loopwright_ir::{LoopTree, Program, Schedule};
use loopwright_search::{Budget, Machine, SearchOptions, Silent, search};
use loopwright_synth::ScheduleSampler;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::time::Duration;

/// A random schedule has at most so many steps.
const STEPS: usize = 40;
/// How many schedules the search scores; enough for several nests, and a fraction of a second.
/// Bounds the search where legality is slow to decide.
const SEARCH_TIME: Duration = Duration::from_millis(1500);
/// Draws for each schedule that is wanted, before fewer will do.
const DRAWS: usize = 3;

/// A legal schedule with its loops.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub schedule: Schedule,
    pub loops: LoopTree,
}

/// What proposes schedules, for any number of programs.
pub struct Proposer<'a> {
    pub scorer: &'a Scorer,
    pub features: MachineFeatures,
    pub machine: Machine,
}

impl Proposer<'_> {
    /// Up to `count` legal schedules other than the original order, no two of which give the same
    /// loops: about half from a search guided by the scorer (its best ones and others of its pool), the
    /// rest random. Fewer where the program has fewer.
    pub fn propose(
        &self,
        program: &Program,
        dependences: &Dependences,
        original: &LoopTree,
        count: usize,
        random: &mut ChaCha8Rng,
    ) -> Vec<Candidate> {
        let mut chosen = Chosen {
            program,
            seen: HashSet::from([original.display(program)]),
            candidates: Vec::new(),
        };
        let pool = self.searched(program, dependences, random.random());
        let searched = count - count / 2;
        let best = searched.div_ceil(2);
        // The very best, then others of the first quarter: neighbours in the order are often alike.
        let mut pool: std::collections::VecDeque<Candidate> = pool.into();
        let quarter = (pool.len() / 4).max(3 * best);
        while chosen.candidates.len() < best && !pool.is_empty() {
            let position = match chosen.candidates.len() {
                0 => 0,
                _ => random.random_range(0..pool.len().min(quarter)),
            };
            chosen.extend(pool.remove(position));
        }
        while chosen.candidates.len() < searched && !pool.is_empty() {
            let position = random.random_range(0..pool.len());
            chosen.extend(pool.remove(position));
        }
        if let Ok(sampler) = ScheduleSampler::new(program, dependences, &self.machine) {
            let mut draws = DRAWS * (count - chosen.candidates.len());
            while chosen.candidates.len() < count && draws > 0 {
                draws -= 1;
                let sample = sampler.sample(random, STEPS);
                chosen
                    .extend(sample.map(|it| Candidate { schedule: it.schedule, loops: it.loops }));
            }
        }
        while chosen.candidates.len() < count && !pool.is_empty() {
            let position = random.random_range(0..pool.len());
            chosen.extend(pool.remove(position));
        }
        chosen.candidates
    }

    /// All that a short search scored, the best predicted first.
    fn searched(&self, program: &Program, dependences: &Dependences, seed: u64) -> Vec<Candidate> {
        let options = SearchOptions {
            seed,
            budget: Budget::lasting(SEARCH_TIME),
            ..SearchOptions::default()
        };
        let mut predictor = Predictor::new(self.scorer, self.features);
        let (observer, measurer) = (&mut Silent, None);
        search(program, dependences, &mut predictor, &self.machine, &options, observer, measurer)
            .map(|report| report.predicted)
            .unwrap_or_default()
            .into_iter()
            .filter(|candidate| !candidate.schedule.is_original() && *candidate.program == *program)
            .map(|candidate| Candidate {
                schedule: candidate.schedule,
                loops: (*candidate.loops).clone(),
            })
            .collect()
    }
}

/// Candidates with distinct loops.
struct Chosen<'a> {
    program: &'a Program,
    seen: HashSet<String>,
    candidates: Vec<Candidate>,
}

impl Extend<Candidate> for Chosen<'_> {
    fn extend<T: IntoIterator<Item = Candidate>>(&mut self, candidates: T) {
        for candidate in candidates {
            if self.seen.insert(candidate.loops.display(self.program)) {
                self.candidates.push(candidate);
            }
        }
    }
}
