//! The independent checker, judged: its verdicts on random pairs against the views.
//!
//! A tree that the views call wrong must not be certified, whatever fault of the compiler made it: that the
//! checker proves what is wrong is the worst that it can do. A pair that the views agree on may still be
//! refuted where a fault is planted, as it may be wrong at other sizes, or not be legal though nothing
//! shows; where none is, that is a false alarm.

use crate::draw::{Draw, Drawn, draw};
use crate::engine::{Engine, EngineError};
use crate::native::Prepared;
use crate::protocol::Event;
use crate::subject::{SCHEDULES, Subject};
use crate::tally::Tally;
use crate::views;
use loopwright_checker::{Evidence, Limits, Refutation, check, check_derivation};
use loopwright_ir::{Affine, Constraint, LoopTree, Program, Schedule, Step, Variable};
use loopwright_transform::{Rounding, stages};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The limits of one check, those of the command line.
pub const LIMITS: Limits =
    Limits { operations: 500_000, time: Duration::from_millis(1500), enumeration: 400_000 };

/// The most pairs that are kept to be printed.
const KEPT: usize = 10;

/// What the checker says of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Refuted(String),
    Proven,
    /// For some sizes only.
    Enumerated,
    Undecided(String),
}

/// Which pairs are looked at.
#[derive(Clone, Debug)]
pub struct Batch {
    pub seed: u64,
    pub first: u64,
    pub count: u64,
    /// So many wrong pairs end the batch.
    pub enough: u64,
    /// Whether only native code tells which pairs are wrong.
    pub native: bool,
}

/// Verdicts, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    pub pairs: u64,
    /// Pairs that the views call wrong, by the checker's verdict.
    pub wrong: BTreeMap<String, u64>,
    /// The other ones.
    pub right: BTreeMap<String, u64>,
    /// How programs come from others, by the change and its evidence.
    pub changes: BTreeMap<String, BTreeMap<String, u64>>,
    /// Pairs that were certified although they are wrong, or refuted although they are right.
    pub kept: Vec<Kept>,
}

/// A pair on which the checker and the views do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub seed: u64,
    pub pair: u64,
    pub wrong: bool,
    /// What the views and the checker say.
    pub detail: String,
    pub source: String,
    pub schedule: String,
    pub loops: String,
}

impl Verdict {
    /// In a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refuted(_) => "refuted",
            Self::Proven => "proven",
            Self::Enumerated => "enumerated",
            Self::Undecided(_) => "undecided",
        }
    }

    fn detail(&self) -> &str {
        match self {
            Self::Refuted(why) | Self::Undecided(why) => why,
            Self::Proven | Self::Enumerated => "",
        }
    }
}

impl Checks {
    /// Adds another one's counts.
    pub fn add(&mut self, other: Self) {
        fn merge(into: &mut BTreeMap<String, u64>, from: BTreeMap<String, u64>) {
            for (key, count) in from {
                *into.entry(key).or_default() += count;
            }
        }
        self.pairs += other.pairs;
        merge(&mut self.wrong, other.wrong);
        merge(&mut self.right, other.right);
        for (change, evidence) in other.changes {
            merge(self.changes.entry(change).or_default(), evidence);
        }
        self.kept.extend(other.kept);
        self.kept.truncate(KEPT);
    }

    /// How many pairs are wrong.
    pub fn all_wrong(&self) -> u64 {
        self.wrong.values().sum()
    }

    /// How many wrong pairs were certified, for all sizes or some.
    pub fn certified_wrong(&self) -> u64 {
        let count = |name: &str| self.wrong.get(name).copied().unwrap_or(0);
        count("proven") + count("enumerated")
    }

    fn count(&mut self, wrong: bool, verdict: &Verdict) {
        let counts = if wrong { &mut self.wrong } else { &mut self.right };
        *counts.entry(verdict.name().to_owned()).or_default() += 1;
        self.pairs += 1;
    }
}

/// Asks the checker about all pairs of some programs.
///
/// # Errors
/// As for [`Engine::batch`].
pub fn batch(
    batch: &Batch,
    engine: &mut Engine,
    tell: &mut dyn FnMut(&Event),
) -> Result<Checks, EngineError> {
    let mut checks = Checks::default();
    for index in batch.first..batch.first.saturating_add(batch.count) {
        tell(&Event::Drawing { pair: index * SCHEDULES, schedule: false });
        let of = || Subject::of(batch.seed, index);
        let Ok(Ok(mut subject)) = crate::draw::guarded(of) else { continue };
        subject.trusting = true;
        for turn in 1..SCHEDULES {
            if checks.all_wrong() >= batch.enough {
                return Ok(checks);
            }
            let pair = index * SCHEDULES + turn;
            tell(&Event::Drawing { pair, schedule: true });
            let drawn = draw(&subject, batch.seed, pair, turn, &mut Tally::default());
            let Draw::Schedule(drawn) = drawn else { continue };
            let native = batch.native.then_some(&mut *engine);
            one(batch.seed, &subject, *drawn, native, &mut checks, tell)?;
        }
    }
    Ok(checks)
}

/// Asks about one pair. Where there is an engine and the views agree, native code decides whether it is wrong.
fn one(
    seed: u64,
    subject: &Subject,
    drawn: Drawn,
    engine: Option<&mut Engine>,
    checks: &mut Checks,
    tell: &mut dyn FnMut(&Event),
) -> Result<(), EngineError> {
    let ground = drawn.ground(subject);
    let schedule = drawn.applied.schedule.clone();
    let mut chain = chain(subject, &ground.program, &schedule);
    if is_out_of_bounds(&subject.source) {
        // A fault of the source at other sizes than these, of which nothing is to be said.
        chain.iter_mut().for_each(|program| fix_sizes(program, &subject.parameters));
    }
    let verdict = verdict(&chain, &drawn.loops, checks);
    let sums = schedule.steps().iter().any(|step| matches!(step, Step::Regroup { .. }));
    let mut shown = views::compare(ground, &drawn.loops, drawn.pair).map(|it| it.detail);
    if shown.is_none() && !sums {
        shown = subject.memory.first_different_element(&ground.memory, &subject.program);
    }
    let text = drawn.loops.display(&ground.program);
    let pair = drawn.pair;
    if let (None, Some(engine)) = (&shown, engine)
        && (sums
            || subject.source.statements.len() != subject.program.statements.len()
            || differs(&subject.source, &subject.program))
    {
        let again = Subject::of(seed, subject.index).ok();
        if let Some(again) = again {
            let prepared = Prepared { subject: again, drawn: vec![drawn] };
            shown = engine.look(prepared, true, tell)?.map(|finding| finding.detail);
        }
    }
    let wrong = shown.is_some();
    checks.count(wrong, &verdict);
    let certified = matches!(verdict, Verdict::Proven | Verdict::Enumerated);
    let refuted = matches!(verdict, Verdict::Refuted(_));
    if (wrong && certified || !wrong && refuted) && checks.kept.len() < KEPT {
        let views = shown.unwrap_or_else(|| "all views agree".to_owned());
        checks.kept.push(Kept {
            seed,
            pair,
            wrong,
            detail: format!("{}: {}; views: {views}", verdict.name(), verdict.detail()),
            source: subject.synthetic.source_c.clone(),
            schedule: schedule.to_string(),
            loops: text,
        });
    }
    Ok(())
}

/// Whether accesses of the program leave their arrays at some sizes, which is the first that is looked for.
fn is_out_of_bounds(program: &Program) -> bool {
    let nothing = LoopTree { roots: Vec::new() };
    matches!(check(program, &nothing, &LIMITS), Err(Refutation::OutOfBounds { .. }))
}

fn fix_sizes(program: &mut Program, values: &[i64]) {
    program.context.extend((0..).zip(values).map(|(position, value)| {
        let parameter = Affine::variable(Variable::Parameter(position));
        Constraint::equal(&parameter, &Affine::constant(*value))
    }));
}

/// Whether two programs have other accesses.
fn differs(one: &Program, other: &Program) -> bool {
    let pairs = one.statements.iter().zip(&other.statements);
    pairs.into_iter().any(|(one, other)| one != other)
}

/// The programs from the source to that of the loops, change by change.
fn chain(subject: &Subject, last: &Program, schedule: &Schedule) -> Vec<Program> {
    let mut chain = vec![subject.source.clone(), subject.program.clone()];
    chain.extend(stages(&subject.program, schedule, Rounding::Strict).unwrap_or_default());
    chain.push(last.clone());
    chain.dedup();
    chain
}

/// What the checker says of a chain of programs and the loops of the last one.
fn verdict(chain: &[Program], loops: &LoopTree, checks: &mut Checks) -> Verdict {
    let mut open = None;
    for (before, after) in chain.iter().zip(chain.iter().skip(1)) {
        let derivation = match check_derivation(before, after, &LIMITS) {
            Ok(derivation) => derivation,
            Err(refutation) => return Verdict::Refuted(refutation.to_string()),
        };
        let name = derivation.change.map_or("none", |change| change.name());
        let evidence = match derivation.evidence {
            Evidence::NotDecided { why } => {
                open = Some(format!("{name}: {why}"));
                why.to_string()
            }
            other => other.to_string(),
        };
        let counts = checks.changes.entry(name.to_owned()).or_default();
        *counts.entry(evidence).or_default() += 1;
    }
    let Some(last) = chain.last() else { return Verdict::Undecided("no program".to_owned()) };
    match (check(last, loops, &LIMITS), open) {
        (Err(refutation), _) => Verdict::Refuted(refutation.to_string()),
        (Ok(_), Some(why)) => Verdict::Undecided(why),
        (Ok(certificate), None) if certificate.is_proven() => Verdict::Proven,
        // Whether a sum fits 64 bits is no question of these loops' order, and open wherever sizes are.
        (Ok(certificate), None) => {
            let [matters @ .., _] = certificate.evidence();
            let open = matters.into_iter().find_map(|evidence| match evidence {
                Evidence::NotDecided { why } => Some(why.to_string()),
                _ => None,
            });
            match open {
                Some(why) => Verdict::Undecided(why),
                None if matters.into_iter().all(|one| *one == Evidence::Proven) => Verdict::Proven,
                None => Verdict::Enumerated,
            }
        }
    }
}
