//! The independent checker on the command line: what it says of loops that are about to be used.

use crate::failure::{Failure, Kind, Outcome};
use loopwright_checker::{
    Certificate, Derivation, Evidence, Limits, Refutation, check, check_derivation,
};
use loopwright_ir::{LoopTree, Program, Schedule, ScheduleTree};
use loopwright_transform::{Rounding, forward_scalars, lower, prepared, rewrite, stages};
use serde_json::json;
use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

/// How long the questions about one tree, or about how one program comes from another, may take: two trees
/// are looked at in the worst case.
const TIME: Duration = Duration::from_millis(1500);
/// How long all questions about how the program comes from the source may take.
const DERIVATION: Duration = TIME;
/// The most operations of the integer set library for one question.
const OPERATIONS: u64 = 500_000;
/// The most instances and iterations that are enumerated.
const ENUMERATION: u64 = 400_000;

thread_local! {
    /// When whoever asks wants to have the answer.
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs `work` in which questions are given up when they are not answered by then; what was not found out, the
/// certificate says.
pub fn answered_by<T>(end: Instant, work: impl FnOnce() -> T) -> T {
    let before = END.replace(Some(end));
    let result = work();
    END.set(before);
    result
}

/// How long the next questions may take.
fn time() -> Duration {
    let left = END.get().map(|end| end.saturating_duration_since(Instant::now()));
    left.map_or(TIME, |left| left.min(TIME))
}

/// How many instances and iterations are enumerated: the part of the most that the time is of the longest. Nothing
/// looks at a clock then.
fn enumeration() -> u64 {
    (ENUMERATION as f64 * time().as_secs_f64() / TIME.as_secs_f64()) as u64
}

/// A certificate, and which program it is about.
pub struct Verified {
    pub certificate: Certificate,
    /// How the program of the loops comes from the source, change by change.
    pub derivations: Vec<Derivation>,
    /// Whether it is about the same steps on the program with unknown sizes, rather than about the
    /// loops for the sizes at hand.
    pub symbolic: bool,
    /// The statements of the source.
    pub statements: usize,
    pub seconds: f64,
}

/// Checks the loops of `expanded`, which the schedule's steps that change programs make of `program`, and each
/// change from the `source` on: that scalars gave their places to elements, which is what `program` has
/// besides sizes, that loops were divided, reads kept, sums regrouped and arrays expanded.
///
/// Where something is left open and the order was given by steps, the same steps on the source with unknown
/// sizes are looked at as well: there small sizes stand for all. What says more is returned.
///
/// # Errors
/// The checker refutes the loops of the specialised program, or one of the changes.
pub fn verify(
    program: &Program,
    expanded: &Program,
    loops: &LoopTree,
    source: &Program,
    schedule: Option<&Schedule>,
) -> Outcome<Verified> {
    let start = Instant::now();
    let specialized = Program { parameters: program.parameters.clone(), ..source.clone() };
    let chain = chain(specialized.specialize(), program, schedule, expanded);
    let refuted = |refutation: Box<Refutation>| wrong(program, &refutation);
    let derivations = derivations(&chain, start).map_err(refuted)?;
    let certificate = judge(expanded, loops).map_err(refuted)?;
    let statements = source.statements.len();
    let mut verified =
        Verified { certificate, derivations, symbolic: false, statements, seconds: 0.0 };
    if !verified.certificate.is_decided()
        && !time().is_zero()
        && let Some((certificate, derivations)) = schedule.and_then(|it| of_source(source, it))
        && open(&certificate) < open(&verified.certificate)
    {
        verified = Verified { certificate, derivations, symbolic: true, ..verified };
    }
    verified.seconds = start.elapsed().as_secs_f64();
    Ok(verified)
}

/// The programs from the source to the one that the loops are of, change by change.
fn chain(
    source: Program,
    program: &Program,
    schedule: Option<&Schedule>,
    expanded: &Program,
) -> Vec<Program> {
    let mut chain = vec![source, program.clone()];
    let stages = schedule.and_then(|schedule| stages(program, schedule, Rounding::Free).ok());
    chain.extend(stages.unwrap_or_default());
    chain.push(expanded.clone());
    chain.dedup();
    chain
}

fn derivations(chain: &[Program], start: Instant) -> Result<Vec<Derivation>, Box<Refutation>> {
    let mut result = Vec::new();
    for (before, after) in chain.iter().zip(chain.iter().skip(1)) {
        let time = DERIVATION.saturating_sub(start.elapsed()).min(time());
        let limits = Limits { operations: OPERATIONS, time, enumeration: 0 };
        result.push(check_derivation(before, after, &limits).map_err(Box::new)?);
    }
    Ok(result)
}

fn judge(program: &Program, loops: &LoopTree) -> Result<Certificate, Box<Refutation>> {
    let limits = Limits { operations: OPERATIONS, time: time(), enumeration: enumeration() };
    check(program, loops, &limits).map_err(Box::new)
}

fn wrong(program: &Program, refutation: &Refutation) -> Failure {
    Failure::with_help(
        Kind::WrongResult,
        format!("the independent checker refutes the loops of {}: {refutation}", program.name),
        "this is a fault of loopwright; the original code is what to use",
    )
}

/// How many conditions are not decided.
fn open(certificate: &Certificate) -> usize {
    certificate.undecided().count()
}

/// The steps on the program whose sizes are unknown; `None` where they do not fit it or are legal at
/// some sizes only.
fn of_source(source: &Program, schedule: &Schedule) -> Option<(Certificate, Vec<Derivation>)> {
    let program = forward_scalars(source);
    let expanded = prepared(&program, schedule, Rounding::Free).ok()?;
    let derivations =
        derivations(&chain(source.clone(), &program, Some(schedule), &expanded), Instant::now());
    let original = ScheduleTree::original(&expanded);
    let apply = |tree, step| rewrite(&expanded, &tree, step);
    let tree = schedule.steps().iter().try_fold(original, apply).ok()?;
    let certificate = judge(&expanded, &lower(&expanded, &tree).ok()?).ok()?;
    Some((certificate, derivations.ok()?))
}

impl Verified {
    /// In a word: proven, enumerated, or not decided; and what was taken as given.
    pub fn verdict(&self) -> String {
        let verdict = self.certificate.verdict();
        let sizes = if self.symbolic { " (any size)" } else { "" };
        let given: Vec<&str> = self.given().map(|(name, _)| name).collect();
        let given =
            if given.is_empty() { String::new() } else { format!(", given {}", given.join(", ")) };
        format!("{verdict}{sizes}{given}")
    }

    /// What was taken as given, by the name of the change, with what it is.
    fn given(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.derivations.iter().filter_map(|derivation| {
            let change = derivation.change?;
            let what = match (&derivation.evidence, change.given()) {
                (Evidence::NotDecided { why }, _) => format!("{change}: {why}"),
                (_, given) => given?.to_owned(),
            };
            Some((change.name(), what))
        })
    }

    /// The certificate as JSON.
    pub fn json(&self) -> serde_json::Value {
        let [once, order, bounds, transparent, arithmetic] =
            self.certificate.evidence().map(ToString::to_string);
        let derivation = self.derivations.iter().filter_map(|derivation| {
            let name = derivation.change?.name();
            Some(json!({ "change": name, "evidence": derivation.evidence.to_string() }))
        });
        let given = self.given().map(|(name, what)| format!("{name}: {what}"));
        json!({
            "verdict": self.certificate.verdict(),
            "program": if self.derivations.is_empty() { "source" } else { "derived" },
            "derived_by": derivation.collect::<Vec<_>>(),
            "taken_as_given": given.collect::<Vec<_>>(),
            "statements": self.certificate.statements,
            "statements_of_source": self.statements,
            "sizes": if self.symbolic { "unknown" } else { "given" },
            "each_instance_once": once,
            "dependences_in_order": order,
            "accesses_in_bounds": bounds,
            "local_copies_transparent": transparent,
            "sums_in_64_bits": arithmetic,
            "text": self.to_string(),
            "seconds": self.seconds,
        })
    }
}

/// The certificate; then, as `of the source with loops divided (proven), reads kept (taken as given: the time for
/// the check is over)`, how the program comes from the source.
impl fmt::Display for Verified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.symbolic {
            "the same schedule with the sizes left unknown"
        } else {
            "the loops for these sizes"
        };
        write!(formatter, "{}; {about}", self.certificate)?;
        let changes = self.derivations.iter().filter_map(|derivation| {
            let change = derivation.change?;
            let evidence = match &derivation.evidence {
                Evidence::NotDecided { why } => format!("taken as given: {why}"),
                evidence => match change.given() {
                    Some(given) => format!("{evidence}; taken as given: {given}"),
                    None => evidence.to_string(),
                },
            };
            Some(format!("{change} ({evidence})"))
        });
        let mut changes: Vec<String> = changes.collect();
        // What several steps of a kind did is said once.
        changes.dedup();
        if !changes.is_empty() {
            let statements = match self.statements {
                1 => "1 statement".to_owned(),
                many => format!("{many} statements"),
            };
            write!(formatter, ", of the source's {statements} with {}", changes.join(", "))?;
        }
        Ok(())
    }
}
