//! Which schedules of a program are measured: what a search would measure, its neighbourhood, and random ones.
//!
//! A model that saw only good schedules could not tell bad ones, and the reverse. So of the schedules 35 % are
//! sketches of the search with random numbers, the first choices that a search begins with among them; 25 % are
//! recipes at random with the rules' numbers; 15 % random steps; and 25 % neighbours of what was fastest, which
//! are drawn when the others have been measured.

use loopwright_analysis::Dependences;
use loopwright_ir::{LoopTree, Program, Schedule};
use loopwright_search::{Budget, Machine, Member};
use loopwright_synth::ScheduleSampler;
use loopwright_transform::LowerError;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// A random walk has at most so many steps.
const STEPS: usize = 8;
/// Bounds what is asked about legality for one program.
const PATIENCE: Duration = Duration::from_secs(4);
/// Draws for each schedule that is wanted, before fewer will do.
const DRAWS: usize = 4;

/// A legal schedule with its loops.
#[derive(Clone)]
pub struct Candidate {
    pub schedule: Schedule,
    /// The program that the loops are of.
    pub program: Arc<Program>,
    pub loops: Arc<LoopTree>,
    /// How it was drawn, as records say it.
    pub origin: &'static str,
    member: Option<Member>,
}

/// Draws distinct schedules of one program.
pub struct Proposer<'p> {
    sampler: ScheduleSampler<'p>,
    program: Arc<Program>,
    seen: HashSet<String>,
}

impl<'p> Proposer<'p> {
    /// For a specialised program; nothing that it draws has the loops of the original order.
    pub fn new(
        program: &'p Program,
        dependences: &'p Dependences,
        original: &LoopTree,
        machine: &Machine,
    ) -> Result<Self, LowerError> {
        let budget = Budget::lasting(PATIENCE);
        Ok(Self {
            sampler: ScheduleSampler::within(&budget, program, dependences, machine)?,
            program: Arc::new(program.clone()),
            seen: HashSet::from([original.display(program)]),
        })
    }

    /// Three quarters of `count` schedules: what can be drawn before anything is measured. Fewer where the
    /// program has fewer.
    pub fn first(&mut self, count: usize, random: &mut ChaCha8Rng) -> Vec<Candidate> {
        let share = |part: usize| (count * part).div_ceil(100);
        let (sketches, recipes, walks) = (share(35), share(25), share(15));
        let mut found = Vec::new();
        // The first choices are what every search measures; more than half would leave little room.
        for member in self.sampler.space().firsts().into_iter().take(sketches.div_ceil(2)) {
            found.extend(self.of_member(member, "first"));
        }
        self.draw(&mut found, sketches, |proposer| {
            let member = proposer.sampler.space().sample(random)?;
            proposer.of_member(member, "sketch")
        });
        self.draw(&mut found, sketches + recipes, |proposer| {
            let member = proposer.sampler.space().recipes(random)?;
            proposer.of_member(member, "recipe")
        });
        self.draw(&mut found, sketches + recipes + walks, |proposer| {
            let sample = proposer.sampler.walk(random, STEPS)?;
            let program = Arc::clone(&proposer.program);
            proposer.distinct(Candidate {
                schedule: sample.schedule,
                program,
                loops: Arc::new(sample.loops),
                origin: "walk",
                member: None,
            })
        });
        // The shares are rounded up.
        found.truncate(count);
        found
    }

    /// Up to `count` neighbours of schedules that were drawn before, the first ones' more often.
    pub fn neighbours(
        &mut self,
        of: &[&Candidate],
        count: usize,
        random: &mut ChaCha8Rng,
    ) -> Vec<Candidate> {
        let members: Vec<Member> = of.iter().filter_map(|one| one.member.clone()).collect();
        let mut found = Vec::new();
        let mut turn = 0;
        self.draw(&mut found, count, |proposer| {
            turn += 1;
            let member = members.get(turn % members.len().max(1))?;
            let member = proposer.sampler.space().neighbour(member, random)?;
            proposer.of_member(member, "neighbour")
        });
        // Where nothing has neighbours, there are other sketches.
        self.draw(&mut found, count, |proposer| {
            let member = proposer.sampler.space().sample(random)?;
            proposer.of_member(member, "sketch")
        });
        found
    }

    /// Draws until there are so many, or as long as that may be worth it.
    fn draw(
        &mut self,
        found: &mut Vec<Candidate>,
        count: usize,
        mut draw: impl FnMut(&mut Self) -> Option<Candidate>,
    ) {
        let mut left = DRAWS * count.saturating_sub(found.len());
        while found.len() < count && left > 0 {
            left -= 1;
            found.extend(draw(self));
        }
    }

    fn of_member(&mut self, member: Member, origin: &'static str) -> Option<Candidate> {
        let one = &member.candidate;
        let (schedule, program) = (one.schedule.clone(), Arc::clone(&one.program));
        let loops = Arc::clone(&one.loops);
        self.distinct(Candidate { schedule, program, loops, origin, member: Some(member) })
    }

    /// The candidate, if nothing with its loops was drawn before.
    fn distinct(&mut self, candidate: Candidate) -> Option<Candidate> {
        if candidate.schedule.is_original() || ScheduleSampler::is_all_forks(&candidate.loops) {
            return None;
        }
        let text = candidate.loops.display(&candidate.program);
        self.seen.insert(text).then_some(candidate)
    }
}
