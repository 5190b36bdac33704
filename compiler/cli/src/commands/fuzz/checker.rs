//! The independent checker on random pairs: with each planted fault in turn, and with none.

use super::Arguments;
use super::jobs::in_parallel;
use super::process::{Answer, Process, Settings};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::{progress, table};
use loopwright_fuzz::SCHEDULES;
use loopwright_fuzz::checking::{Checks, Kept};
use loopwright_fuzz::protocol::Request;
use loopwright_ir::planted::Fault;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Programs in a batch.
const BATCH: u64 = 8;

/// So many wrong pairs of a fault are enough.
const ENOUGH: u64 = 40;

/// What came of a fault.
struct Result {
    fault: Fault,
    checks: Checks,
    /// How often the compiler itself failed or hung.
    died: u64,
}

/// Asks the checker about pairs of the compiler as it is: it must refuse none.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let started = Instant::now();
    let bar = progress(arguments.pairs, arguments.json);
    let next = AtomicU64::new(0);
    let all = Mutex::new(Checks::default());
    let until = |checks: &Checks| {
        checks.pairs < arguments.pairs && arguments.time.is_none_or(|time| started.elapsed() < time)
    };
    let outcome = in_parallel(arguments.workers(), || {
        let settings = Settings { compiler: arguments.compiler.clone(), planted: None };
        let mut process = Process::start(&settings)?;
        while all.lock().is_ok_and(|checks| until(&checks)) {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            match ask(arguments, &mut process, first, None)? {
                Some(checks) => {
                    bar.inc(checks.pairs);
                    if let Ok(mut all) = all.lock() {
                        all.add(checks);
                    }
                }
                None => process = Process::start(&settings)?,
            }
        }
        Ok(())
    });
    bar.finish_and_clear();
    outcome?;
    let checks = all.into_inner().unwrap_or_default();
    print(arguments, &checks, started.elapsed().as_secs_f64())?;
    checks.kept.iter().for_each(show);
    let count = |name: &str| checks.right.get(name).copied().unwrap_or(0);
    match count("refuted") + checks.all_wrong() {
        0 => Ok(()),
        count => Err(Failure::new(
            Kind::WrongResult,
            format!("{count} pairs on which the checker or the views are wrong"),
        )),
    }
}

fn print(arguments: &Arguments, checks: &Checks, seconds: f64) -> Outcome<()> {
    if arguments.json {
        let document = json!({
            "seed": arguments.seed, "pairs": checks.pairs, "right": checks.right,
            "wrong": checks.wrong, "changes": checks.changes, "seconds": seconds,
        });
        println!("{}", serde_json::to_string_pretty(&document).or_fail(Kind::Other)?);
        return Ok(());
    }
    let rows = |counts: &BTreeMap<String, u64>, what: &str| -> Vec<Vec<String>> {
        let row =
            |(name, count): (&String, &u64)| vec![what.to_owned(), name.clone(), count.to_string()];
        counts.iter().map(row).collect()
    };
    let mut all = rows(&checks.right, "views agree");
    all.extend(rows(&checks.wrong, "views DISAGREE"));
    for (change, counts) in &checks.changes {
        all.extend(rows(counts, &format!("change: {change}")));
    }
    println!("{}", table(&["pairs", "checker", ">count"], all));
    println!("{} pairs judged in {seconds:.1} s", checks.pairs);
    Ok(())
}

fn show(kept: &Kept) {
    let Kept { seed, pair, detail, source, schedule, loops, .. } = kept;
    eprintln!("seed {seed}, pair {pair}: {detail}\n{source}\n{schedule}\n\n{loops}");
}

/// Asks about the pairs of all faults that can show in loops; none of the wrong ones may be certified.
pub fn planted(arguments: &Arguments, faults: &[Fault]) -> Outcome<()> {
    let (faults, others): (Vec<Fault>, Vec<Fault>) =
        faults.iter().partition(|fault| fault.changes_loops());
    let bar = progress(faults.len() as u64, arguments.json);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let outcome = in_parallel(arguments.workers(), || {
        while let Some(&fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
            bar.set_message(fault.name());
            let result = of_fault(arguments, fault)?;
            if let Ok(mut results) = results.lock() {
                results.push(result);
            }
            bar.inc(1);
        }
        Ok(())
    });
    bar.finish_and_clear();
    outcome?;
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|result| result.fault);
    print_planted(arguments, &results, &others)?;
    let wrong = |kept: &&Kept| kept.wrong;
    results.iter().flat_map(|result| result.checks.kept.iter().filter(wrong)).for_each(show);
    let certified: u64 = results.iter().map(|result| result.checks.certified_wrong()).sum();
    let missed = results.iter().filter(|result| !is_found(result)).count();
    match (certified, missed) {
        (0, 0) => Ok(()),
        _ => Err(Failure::new(
            Kind::WrongResult,
            format!("{certified} wrong pairs were certified, and {missed} faults never refuted"),
        )),
    }
}

/// Whether the checker refuted something that the views call wrong. What it refutes though nothing shows is no sign of
/// the fault: without one it may do so, too.
fn is_found(result: &Result) -> bool {
    refuted(&result.checks.wrong) > 0
}

fn refuted(counts: &BTreeMap<String, u64>) -> u64 {
    counts.get("refuted").copied().unwrap_or(0)
}

fn of_fault(arguments: &Arguments, fault: Fault) -> Outcome<Result> {
    let settings = Settings { compiler: arguments.compiler.clone(), planted: Some(fault) };
    let mut process = Process::start(&settings)?;
    let mut result = Result { fault, checks: Checks::default(), died: 0 };
    let mut first = 0;
    while result.checks.pairs < arguments.pairs
        && result.checks.all_wrong() < ENOUGH
        && first * SCHEDULES < 4 * arguments.pairs
    {
        match ask(arguments, &mut process, first, Some(fault))? {
            Some(checks) => result.checks.add(checks),
            None => {
                result.died += 1;
                process = Process::start(&settings)?;
            }
        }
        first += BATCH;
    }
    Ok(result)
}

/// A batch's verdicts; `None` where the worker died.
fn ask(
    arguments: &Arguments,
    process: &mut Process,
    first: u64,
    fault: Option<Fault>,
) -> Outcome<Option<Checks>> {
    let native = fault.is_some_and(|fault| {
        matches!(fault, Fault::ForwardClash | Fault::ForwardGuard | Fault::RegroupLast)
    });
    let enough = if fault.is_some() { ENOUGH } else { u64::MAX };
    let request = Request::Check { seed: arguments.seed, first, count: BATCH, enough, native };
    Ok(match process.ask(&request, &mut |_| {})? {
        Answer::Checked(checks) => Some(checks),
        _ => None,
    })
}

fn print_planted(arguments: &Arguments, results: &[Result], others: &[Fault]) -> Outcome<()> {
    let count = |result: &Result, name: &str| result.checks.wrong.get(name).copied().unwrap_or(0);
    if arguments.json {
        let rows: Vec<_> = results
            .iter()
            .map(|result| {
                json!({
                    "fault": result.fault.name(), "describe": result.fault.describe(),
                    "pairs": result.checks.pairs, "wrong": result.checks.all_wrong(),
                    "wrong_and_refuted": count(result, "refuted"),
                    "wrong_and_undecided": count(result, "undecided"),
                    "refuted_though_nothing_shows": refuted(&result.checks.right),
                    "certified_although_wrong": result.checks.certified_wrong(),
                    "died": result.died,
                })
            })
            .chain(others.iter().map(|fault| {
                json!({
                    "fault": fault.name(), "describe": fault.describe(),
                    "only": "generated code",
                })
            }))
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows).or_fail(Kind::Other)?);
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = results
        .iter()
        .map(|result| {
            let numbers = [
                result.checks.pairs,
                result.checks.all_wrong(),
                count(result, "refuted"),
                count(result, "undecided"),
                result.checks.certified_wrong(),
                refuted(&result.checks.right),
            ];
            let mut row = vec![result.fault.name().to_owned()];
            row.extend(numbers.map(|number| number.to_string()));
            let found = match (is_found(result), result.checks.all_wrong()) {
                (true, _) => "found",
                (false, 0) => "nothing wrong seen",
                (false, _) => "NOT FOUND",
            };
            row.extend([found.to_owned(), result.fault.describe().to_owned()]);
            row
        })
        .collect();
    rows.extend(others.iter().map(|fault| {
        let mut row = vec![fault.name().to_owned()];
        row.extend(std::iter::repeat_n("–".to_owned(), 6));
        row.extend(["generated code only".to_owned(), fault.describe().to_owned()]);
        row
    }));
    let headers = [
        "fault",
        ">pairs",
        ">wrong",
        ">refuted",
        ">undecided",
        ">certified",
        ">refuted, unseen",
        "by the checker",
        "what is wrong",
    ];
    println!("{}", table(&headers, rows));
    let found = results.iter().filter(|result| is_found(result)).count();
    println!(
        "{found} of {} planted faults in dependences, steps and loops found by the checker alone; {} are in \
         generated code only",
        results.len(),
        others.len()
    );
    Ok(())
}
