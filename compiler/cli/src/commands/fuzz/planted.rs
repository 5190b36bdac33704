//! Deliberate faults, one after another: after how many pairs each is noticed, and by which view.

use super::jobs::in_parallel;
use super::process::{Answer, Process, Settings};
use super::{Arguments, checker};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::{progress, table};
use crate::terminal::print_json;
use loopwright_fuzz::protocol::{Event, Request};
use loopwright_fuzz::{SCHEDULES, View};
use loopwright_ir::planted::Fault;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Programs in the batches, growing: most faults show at once.
const BATCHES: [u64; 5] = [2, 4, 8, 16, 24];

/// A fault and how it was noticed.
struct Noticed {
    fault: Fault,
    /// After how many pairs, and where.
    by: Option<(u64, View)>,
    pairs: u64,
}

/// Plants one fault or all of them.
pub fn run(arguments: &Arguments, name: &str) -> Outcome<()> {
    let faults: Vec<Fault> = match name {
        "all" => Fault::ALL.to_vec(),
        one => vec![one.parse::<Fault>().or_fail(Kind::Other)?],
    };
    if arguments.checker {
        return checker::planted(arguments, &faults);
    }
    let bar = progress(faults.len() as u64, arguments.json);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let outcome = in_parallel(arguments.workers(), || {
        while let Some(&fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
            bar.set_message(fault.name());
            let noticed = notice(arguments, fault)?;
            if let Ok(mut results) = results.lock() {
                results.push(noticed);
            }
            bar.inc(1);
        }
        Ok(())
    });
    bar.finish_and_clear();
    outcome?;
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|noticed| noticed.fault);
    print(arguments, &results)?;
    let missed = results.iter().filter(|noticed| noticed.by.is_none()).count();
    match missed {
        0 => Ok(()),
        count => Err(Failure::new(
            Kind::WrongResult,
            format!("{count} of {} planted faults were not noticed", results.len()),
        )),
    }
}

fn print(arguments: &Arguments, results: &[Noticed]) -> Outcome<()> {
    if arguments.json {
        let rows: Vec<_> = results
            .iter()
            .map(|noticed| {
                json!({
                    "fault": noticed.fault.name(), "describe": noticed.fault.describe(),
                    "pairs": noticed.by.map(|by| by.0), "view": noticed.by.map(|by| by.1.name()),
                })
            })
            .collect();
        return print_json(&rows);
    }
    let rows = results
        .iter()
        .map(|noticed| {
            let (pairs, view) = match noticed.by {
                Some((pairs, view)) => (pairs.to_string(), view.name().to_owned()),
                None => (format!("> {}", noticed.pairs), "MISSED".to_owned()),
            };
            let fault = noticed.fault;
            vec![fault.name().to_owned(), pairs, view, fault.describe().to_owned()]
        })
        .collect();
    println!("{}", table(&["fault", ">pairs", "noticed by", "~what is wrong"], rows));
    let caught = results.iter().filter(|noticed| noticed.by.is_some()).count();
    println!("{caught} of {} planted faults noticed", results.len());
    Ok(())
}

/// Looks at pairs with the fault planted until one fails.
fn notice(arguments: &Arguments, fault: Fault) -> Outcome<Noticed> {
    let settings = Settings { compiler: arguments.compiler.clone(), planted: Some(fault) };
    let mut process = Process::start(&settings)?;
    let (mut first, mut pairs) = (0, 0);
    let mut sizes = BATCHES.into_iter();
    let mut size = BATCHES[0];
    while pairs < arguments.pairs {
        size = sizes.next().unwrap_or(size);
        let mut earliest: Option<(u64, View)> = None;
        let request = Request::Batch { seed: arguments.seed, first, count: size, skip: Vec::new() };
        let answer = process.ask(&request, &mut |event| {
            if let Event::Found(failure) = event {
                let here = (failure.pair, failure.finding.view);
                earliest = Some(earliest.map_or(here, |known| known.min(here)));
            }
        })?;
        // Pairs before the one that failed, of which about one in twelve is the original order.
        let before = |pair: u64, pairs: u64| {
            pairs + (pair - first * SCHEDULES) * (SCHEDULES - 1) / SCHEDULES
        };
        match answer {
            Answer::Died { last, hung, .. } if earliest.is_none() => {
                let pair = match last {
                    Some(Event::Running { pair } | Event::Drawing { pair, .. }) => pair,
                    _ => first * SCHEDULES,
                };
                let view = if hung { View::Hang } else { View::Crash };
                return Ok(Noticed { fault, by: Some((before(pair, pairs) + 1, view)), pairs });
            }
            Answer::Done(tally) if earliest.is_none() => pairs += tally.pairs,
            _ => {}
        }
        if let Some((pair, view)) = earliest {
            return Ok(Noticed { fault, by: Some((before(pair, pairs) + 1, view)), pairs });
        }
        first += size;
    }
    Ok(Noticed { fault, by: None, pairs })
}
