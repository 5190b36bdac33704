//! A random legal schedule, step by step.

use crate::failure::{Finding, View};
use crate::steps::{Surroundings, random_step};
use crate::subject::{Subject, mixed};
use crate::tally::{Tally, class};
use loopwright_ir::{
    Access, Accumulation, Affine, LoopTree, NamedAffine, Program, Schedule, Statement, Step,
    Variable,
};
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
/// The most steps of a schedule that change the program.
const MOST_PREPARATIONS: usize = 3;

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
        Some((steps, Ok(ground))) => (Some(Box::new(ground)), steps),
        Some((steps, Err(finding))) => return Draw::Failed { steps, finding },
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

/// Steps that change the program, now and then where there can be some.
fn preparation(
    subject: &Subject,
    seed: u64,
    turn: u64,
) -> Option<(Vec<Step>, Result<Subject, Finding>)> {
    // Numbers of its own, so that the other steps do not depend on what can be changed.
    let mut random = random_of(seed, subject.index, turn.wrapping_add(0xe4_9a7d));
    if !random.random_bool(0.25) {
        return None;
    }
    let mut steps = Vec::new();
    let mut ground: Option<Subject> = None;
    for _ in 0..EXPANSIONS {
        let program = &ground.as_ref().unwrap_or(subject).program;
        let Some(step) = program_step(program, &mut random) else { continue };
        let more = Schedule::from_steps(steps.clone()).then(step);
        let result = match guarded(|| subject.prepared(&more)) {
            Ok(None) => continue,
            Ok(Some(result)) => result,
            Err(finding) => Err(finding),
        };
        steps = more.steps().to_vec();
        match result {
            Ok(next) => ground = Some(next),
            Err(finding) => return Some((steps, Err(finding))),
        }
        if steps.len() >= MOST_PREPARATIONS || random.random_bool(0.5) {
            break;
        }
    }
    Some((steps, Ok(ground?)))
}

/// A random step that changes a program, whether it can be or not.
fn program_step(program: &Program, random: &mut ChaCha8Rng) -> Option<Step> {
    let exact =
        |statement: &&Statement| Accumulation::of(statement).is_some_and(|found| found.is_exact());
    let sums = random.random_bool(0.5);
    let summing: Vec<&Statement> =
        program.statements.iter().filter(exact).filter(|_| sums).collect();
    let all: Vec<&Statement> = program.statements.iter().collect();
    let choice = if summing.is_empty() { &all } else { &summing };
    let statement = *choice.get(random.random_range(0..choice.len()))?;
    let reads = statement.reads.iter().chain([&statement.write]);
    let accesses: Vec<&Access> = reads.collect();
    let access = *accesses.get(random.random_range(0..accesses.len()))?;
    let depth = random.random_range(0..statement.iterators.len().max(1));
    let (statement_name, loop_name) =
        (statement.name.clone(), statement.iterators.get(depth)?.name.clone());
    let array = program.array(access.array).name.clone();
    if !summing.is_empty() {
        let lanes = random.random_range(1..=5);
        let chunk = random.random_bool(0.5).then(|| lanes * random.random_range(1..=3));
        return Some(Step::Regroup { statement: statement_name, loop_name, lanes, chunk });
    }
    // A loop can nearly always be divided, the others seldom.
    if random.random_bool(0.04) {
        let around = statement.iterators.get(..depth).unwrap_or_default();
        let outer = around.get(random.random_range(0..=around.len()));
        let term = outer.map(|outer| (outer.name.clone(), 1));
        let at = NamedAffine::from_terms(term, random.random_range(0..3)).unwrap_or_default();
        return Some(Step::Divide { statement: statement_name, loop_name, at });
    }
    if random.random_bool(0.3) {
        let subscripts = named(program, statement, access)?;
        return Some(Step::Keep { statement: statement_name, array, subscripts, loop_name });
    }
    Some(Step::Expand { statement: statement_name, array, loop_name })
}

/// The subscripts of a read in the names of the source's variables; `None` where these count otherwise.
fn named(program: &Program, statement: &Statement, read: &Access) -> Option<Vec<NamedAffine>> {
    let name = |variable: Variable| match variable {
        Variable::Iterator(at) => {
            let iterator = statement.iterators.get(at as usize)?;
            let counts = iterator.source_value == Affine::variable(variable);
            counts.then(|| iterator.name.clone())
        }
        other => Some(program.parameter_name(other)),
    };
    let one = |subscript: &Affine| {
        let terms = subscript.terms().iter();
        let terms = terms.map(|(variable, factor)| Some((name(*variable)?, *factor)));
        let terms: Vec<(String, i64)> = terms.collect::<Option<_>>()?;
        NamedAffine::from_terms(terms, subscript.constant_term())
    };
    read.subscripts.iter().map(one).collect()
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
