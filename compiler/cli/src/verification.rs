//! The independent checker on the command line: what it says of loops that are about to be used.

use crate::failure::{Failure, Kind, Outcome};
use loopwright_checker::{Certificate, Evidence, Limits, Refutation, check, check_expansion};
use loopwright_ir::{LoopTree, Program, Schedule, ScheduleTree};
use loopwright_transform::{Rounding, lower, prepared, rewrite, rewritten};
use serde_json::json;
use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

/// How long the questions about one tree may take: two trees are looked at in the worst case.
const TIME: Duration = Duration::from_millis(1500);
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
    /// Whether it is about the same steps on the program with unknown sizes, rather than about the
    /// loops for the sizes at hand.
    pub symbolic: bool,
    /// Whether it is about the program that `divide`, `keep` and `regroup` made, which is taken as given.
    pub rewritten: bool,
    pub seconds: f64,
}

/// Checks the loops of a specialised program in which the schedule's arrays are `expanded`, and that expanding
/// them changed no result. That loops are divided, reads kept and sums taken apart as they should is not
/// looked at: the checker takes the program after that as the one to be kept.
///
/// Where that leaves something open and the order was given by steps, the same steps on the `source`,
/// whose sizes are unknown, are looked at as well: there small sizes stand for all. What says more is
/// returned.
///
/// # Errors
/// The checker refutes the loops of the specialised program.
pub fn verify(
    program: &Program,
    expanded: &Program,
    loops: &LoopTree,
    source: &Program,
    schedule: Option<&Schedule>,
) -> Outcome<Verified> {
    let start = Instant::now();
    let mut expansion = Evidence::Proven;
    let base = match schedule.map(|schedule| rewritten(program, schedule, Rounding::Free)) {
        Some(Ok(base)) => base,
        _ => program.clone(),
    };
    let rewritten = base != *program;
    if *expanded != base {
        let limits = Limits { operations: OPERATIONS, time: time(), enumeration: enumeration() };
        expansion = check_expansion(&base, expanded, &limits)
            .map_err(|refutation| wrong(program, &refutation))?;
    }
    let mut certificate =
        judge(expanded, loops).map_err(|refutation| wrong(program, &refutation))?;
    if expansion != Evidence::Proven {
        // Storage of our own is a copy that must show nowhere.
        certificate.transparent = expansion;
    }
    let mut verified = Verified { certificate, symbolic: false, rewritten, seconds: 0.0 };
    if !verified.certificate.is_decided()
        && let Some(certificate) = schedule.and_then(|schedule| of_source(source, schedule))
        && open(&certificate) < open(&verified.certificate)
    {
        (verified.certificate, verified.symbolic) = (certificate, true);
    }
    verified.seconds = start.elapsed().as_secs_f64();
    Ok(verified)
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
fn of_source(source: &Program, schedule: &Schedule) -> Option<Certificate> {
    let source = &expanded_source(source, schedule)?;
    let original = ScheduleTree::original(source);
    let apply = |tree, step| rewrite(source, &tree, step);
    let tree = schedule.steps().iter().try_fold(original, apply).ok()?;
    judge(source, &lower(source, &tree).ok()?).ok()
}

/// The program with unknown sizes and the arrays expanded that the steps say, where that is proven right.
fn expanded_source(source: &Program, schedule: &Schedule) -> Option<Program> {
    let program = prepared(source, schedule, Rounding::Free).ok()?;
    let base = rewritten(source, schedule, Rounding::Free).ok()?;
    let limits = Limits { operations: OPERATIONS, time: time(), enumeration: enumeration() };
    let right =
        program == base || check_expansion(&base, &program, &limits) == Ok(Evidence::Proven);
    right.then_some(program)
}

impl Verified {
    /// In a word: proven, enumerated, or not decided.
    pub fn verdict(&self) -> String {
        let verdict = self.certificate.verdict();
        if self.symbolic { format!("{verdict} (any size)") } else { verdict.to_owned() }
    }

    /// The certificate as JSON.
    pub fn json(&self) -> serde_json::Value {
        let [once, order, bounds, transparent, arithmetic] =
            self.certificate.evidence().map(ToString::to_string);
        json!({
            "verdict": self.certificate.verdict(),
            "program": if self.rewritten { "rewritten" } else { "source" },
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

impl fmt::Display for Verified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.symbolic {
            "the same schedule with the sizes left unknown"
        } else {
            "the loops for these sizes"
        };
        write!(formatter, "{}; {about}", self.certificate)?;
        if self.rewritten {
            formatter.write_str(", of the program as `divide`, `keep` and `regroup` made it")?;
        }
        Ok(())
    }
}
