//! A random legal schedule, step by step.

use crate::failure::{Finding, View};
use crate::steps::{Surroundings, random_step};
use crate::subject::{Subject, mixed};
use crate::tally::{Tally, class};
use loopwright_ir::{Accumulation, LoopTree, Schedule, Statement, Step};
use loopwright_transform::{Applied, Cause, LowerError, apply, lower};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// So many steps at most.
pub const MOST_STEPS: usize = 8;

/// More loops around a statement make schedules that cost time and that nobody would write.
const MOST_LOOPS: usize = 9;

/// More leaves than this after splits, peels and the like.
const MOST_LEAVES: usize = 14;

/// So many expansions are tried.
const EXPANSIONS: usize = 8;

/// The texts of every so many pairs are read and replayed.
const REPLAYED_EVERY: u64 = 4;

/// A schedule with its loops.
pub struct Drawn {
    /// The pair's number.
    pub pair: u64,
    /// The program with sums taken apart or arrays expanded, if the schedule says so.
    pub ground: Option<Box<Subject>>,
    pub applied: Applied,
    pub loops: LoopTree,
}

impl Drawn {
    /// The subject that the loops are of: the schedule's own, or else the given one.
    pub fn ground<'a>(&'a self, subject: &'a Subject) -> &'a Subject {
        self.ground.as_deref().unwrap_or(subject)
    }
}

/// The random numbers of one schedule of one program.
pub fn random_of(seed: u64, index: u64, turn: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(mixed(mixed(seed, index), turn.wrapping_add(0x5c4e)))
}

/// What came of a draw.
pub enum Draw {
    Schedule(Box<Drawn>),
    /// No step was accepted, or the loops cannot be made for a reason of the program's.
    Nothing,
    /// The compiler failed on the steps given.
    Failed {
        steps: Vec<Step>,
        finding: Finding,
    },
}

/// Draws the schedule of a pair.
pub fn draw(subject: &Subject, seed: u64, pair: u64, turn: u64, tally: &mut Tally) -> Draw {
    let mut random = random_of(seed, subject.index, turn);
    let wanted = random.random_range(1..=MOST_STEPS);
    let surroundings = Surroundings::of(subject);
    let mut accepted: Vec<&'static str> = Vec::new();
    let (ground, first) = match preparation(subject, seed, turn) {
        None => (None, Vec::new()),
        Some((step, Ok(ground))) => (Some(Box::new(ground)), vec![step]),
        Some((step, Err(finding))) => return Draw::Failed { steps: vec![step], finding },
    };
    accepted.extend(first.iter().map(Step::name));
    let original = subject;
    let subject = ground.as_deref().unwrap_or(original);
    let mut current =
        Applied { schedule: Schedule::from_steps(first), ..Applied::original(&subject.program) };
    for _ in 0..2 * wanted + 4 {
        if accepted.len() >= wanted {
            break;
        }
        let Some(step) = random_step(&subject.program, &current.tree, &surroundings, &mut random)
        else {
            continue;
        };
        match guarded(|| apply(&subject.program, &subject.dependences, &current, &step)) {
            Err(finding) => {
                let mut steps = current.schedule.steps().to_vec();
                steps.push(step);
                return Draw::Failed { steps, finding };
            }
            Ok(Err(illegal)) => {
                if let Cause::NotDecided(_) = illegal.cause {
                    tally.refuse(step.name(), "NotDecided");
                } else {
                    tally.refuse(step.name(), &class(&illegal.cause));
                }
            }
            Ok(Ok(next)) => {
                let leaves = next.tree.leaves();
                let deepest = leaves.iter().map(|(path, _)| path.len()).max().unwrap_or(0);
                if deepest > MOST_LOOPS || leaves.len() > MOST_LEAVES {
                    tally.refuse(step.name(), "TooLarge");
                    continue;
                }
                accepted.push(step.name());
                current = next;
            }
        }
    }
    if accepted.is_empty() {
        return Draw::Nothing;
    }
    accepted.sort_unstable();
    accepted.dedup();
    finish((original, ground), pair, current, &accepted, tally)
}

/// An array expanded at a loop or sums taken apart, now and then where that can be.
fn preparation(
    subject: &Subject,
    seed: u64,
    turn: u64,
) -> Option<(Step, Result<Subject, Finding>)> {
    // Numbers of its own, so that the other steps do not depend on what can be expanded.
    let mut random = random_of(seed, subject.index, turn.wrapping_add(0xe4_9a7d));
    if !random.random_bool(0.25) {
        return None;
    }
    let program = &subject.program;
    let exact =
        |statement: &&Statement| Accumulation::of(statement).is_some_and(|found| found.is_exact());
    let sums = random.random_bool(0.5);
    let summing: Vec<&Statement> =
        program.statements.iter().filter(exact).filter(|_| sums).collect();
    let all: Vec<&Statement> = program.statements.iter().collect();
    let choice = if summing.is_empty() { &all } else { &summing };
    for _ in 0..EXPANSIONS {
        let statement = *choice.get(random.random_range(0..choice.len()))?;
        let reads = statement.reads.iter().chain([&statement.write]);
        let accesses: Vec<_> = reads.collect();
        let access = accesses.get(random.random_range(0..accesses.len()))?;
        let depth = random.random_range(0..statement.iterators.len().max(1));
        let Some(iterator) = statement.iterators.get(depth) else { continue };
        let step = if summing.contains(&statement) {
            let lanes = random.random_range(1..=5);
            let chunk = random.random_bool(0.5).then(|| lanes * random.random_range(1..=3));
            let statement = statement.name.clone();
            Step::Regroup { statement, loop_name: iterator.name.clone(), lanes, chunk }
        } else {
            Step::Expand {
                statement: statement.name.clone(),
                array: program.array(access.array).name.clone(),
                loop_name: iterator.name.clone(),
            }
        };
        let schedule = Schedule::from_steps(vec![step.clone()]);
        match guarded(|| subject.prepared(&schedule)) {
            Ok(None) => {}
            Ok(Some(result)) => return Some((step, result)),
            Err(finding) => return Some((step, Err(finding))),
        }
    }
    None
}

/// The schedule of given steps; `None` where one of them is refused.
pub fn replay(subject: &Subject, pair: u64, steps: &[Step], tally: &mut Tally) -> Option<Draw> {
    let original = subject;
    let ground = if steps.iter().any(Step::changes_program) {
        match guarded(|| subject.prepared(&Schedule::from_steps(steps.to_vec()))) {
            Ok(None) => return None,
            Ok(Some(Ok(ground))) => Some(Box::new(ground)),
            Ok(Some(Err(finding))) | Err(finding) => {
                return Some(Draw::Failed { steps: steps.to_vec(), finding });
            }
        }
    } else {
        None
    };
    let subject = ground.as_deref().unwrap_or(original);
    let mut current = Applied::original(&subject.program);
    for step in steps {
        match guarded(|| apply(&subject.program, &subject.dependences, &current, step)) {
            Err(finding) => return Some(Draw::Failed { steps: steps.to_vec(), finding }),
            Ok(Err(_)) => return None,
            Ok(Ok(next)) => current = next,
        }
    }
    Some(finish((original, ground), pair, current, &[], tally))
}

fn finish(
    (original, ground): (&Subject, Option<Box<Subject>>),
    pair: u64,
    applied: Applied,
    accepted: &[&str],
    tally: &mut Tally,
) -> Draw {
    let subject = ground.as_deref().unwrap_or(original);
    let failed = |finding| Draw::Failed { steps: applied.schedule.steps().to_vec(), finding };
    match guarded(|| lower(&subject.program, &applied.tree)) {
        Err(finding) => failed(finding),
        Ok(Err(LowerError::Unbounded { .. })) => {
            tally.refuse("lowering", "Unbounded");
            Draw::Nothing
        }
        // The bound on the time of a scan did what it is for.
        Ok(Err(LowerError::TooComplex { .. })) => {
            tally.refuse("lowering", "TooComplex");
            Draw::Nothing
        }
        Ok(Err(error)) => failed(Finding::new(View::Forward, error)),
        Ok(Ok(loops)) => {
            if pair.is_multiple_of(REPLAYED_EVERY)
                && let Some(finding) = replayed_otherwise(subject, &applied, &loops)
            {
                return failed(finding);
            }
            for step in accepted {
                *tally.accepted.entry((*step).to_owned()).or_default() += 1;
            }
            *tally.by_length.entry(applied.schedule.steps().len()).or_default() += 1;
            Draw::Schedule(Box::new(Drawn { pair, ground, applied, loops }))
        }
    }
}

/// What is wrong where the schedule's text does not make the very same loops again.
fn replayed_otherwise(subject: &Subject, applied: &Applied, loops: &LoopTree) -> Option<Finding> {
    let wrong = |what: String| Some(Finding::new(View::Replay, what));
    let text = applied.schedule.to_string();
    let read: Schedule = match text.parse() {
        Ok(read) => read,
        Err(error) => return wrong(format!("what is printed cannot be read: {error}")),
    };
    if read != applied.schedule {
        return wrong("what is printed reads as another schedule".to_owned());
    }
    let program = &subject.program;
    let again = match loopwright_transform::replay(program, &subject.dependences, &read) {
        Ok(again) => again,
        Err(illegal) => return wrong(format!("replayed at once: {illegal}")),
    };
    match lower(program, &again.tree) {
        Ok(other) if other.display(program) == loops.display(program) => None,
        Ok(_) => wrong("replayed, it makes other loops".to_owned()),
        Err(error) => wrong(format!("replayed: {error}")),
    }
}

/// The result of work, or its panic as a finding.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Finding> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Finding::new(View::Panic, text)
    })
}
