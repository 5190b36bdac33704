//! Deliberate faults of the frontend, the printed C and the fallback: after how many regions each is noticed.

use super::super::Arguments;
use super::super::jobs::in_parallel;
use super::super::process::{Answer, Process, Settings};
use super::print_json;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::{progress, table};
use loopwright_fuzz::protocol::{Event, Request};
use loopwright_ir::planted::Fault;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Regions in a batch.
const BATCH: u64 = 25;

/// A fault and how it was noticed.
struct Noticed {
    fault: Fault,
    /// After how many regions, and where.
    by: Option<(u64, String)>,
    regions: u64,
}

/// Plants one fault or all of them, each for at most so many regions.
pub fn run(arguments: &Arguments, name: &str, most: u64) -> Outcome<()> {
    let faults: Vec<Fault> = match name {
        "all" => Fault::TEXT.to_vec(),
        one => vec![one.parse::<Fault>().or_fail(Kind::Other)?],
    };
    let bar = progress(faults.len() as u64, arguments.json);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let outcome = in_parallel(arguments.workers(), || {
        while let Some(&fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
            bar.set_message(fault.name());
            let noticed = notice(arguments, fault, most)?;
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
    match results.iter().filter(|noticed| noticed.by.is_none()).count() {
        0 => Ok(()),
        count => Err(Failure::new(
            Kind::WrongResult,
            format!("{count} of {} planted faults were not noticed", results.len()),
        )),
    }
}

fn print(arguments: &Arguments, results: &[Noticed]) -> Outcome<()> {
    if arguments.json {
        let row = |noticed: &Noticed| {
            json!({
                "fault": noticed.fault.name(), "describe": noticed.fault.describe(),
                "regions": noticed.by.as_ref().map(|by| by.0),
                "view": noticed.by.as_ref().map(|by| &by.1),
            })
        };
        return print_json(&results.iter().map(row).collect::<Vec<_>>().into());
    }
    let row = |noticed: &Noticed| {
        let (regions, view) = match &noticed.by {
            Some((regions, view)) => (regions.to_string(), view.clone()),
            None => (format!("> {}", noticed.regions), "MISSED".to_owned()),
        };
        let fault = noticed.fault;
        vec![fault.name().to_owned(), regions, view, fault.describe().to_owned()]
    };
    let rows = results.iter().map(row).collect();
    println!("{}", table(&["fault", ">regions", "noticed by", "what is wrong"], rows));
    let caught = results.iter().filter(|noticed| noticed.by.is_some()).count();
    println!("{caught} of {} planted faults noticed", results.len());
    Ok(())
}

/// Looks at regions with the fault planted until one differs.
fn notice(arguments: &Arguments, fault: Fault, most: u64) -> Outcome<Noticed> {
    let settings = Settings { compiler: arguments.compiler.clone(), planted: Some(fault) };
    let mut process = Process::start(&settings)?;
    let mut first = 0;
    while first < most {
        let count = BATCH.min(most - first);
        let mut batch = super::batch_of(arguments.seed, first, count);
        (batch.optimised, batch.other_compiler, batch.full) = (None, None, false);
        let mut earliest: Option<(u64, String)> = None;
        let answer = process.ask(&Request::Texts(batch), &mut |event| {
            if let Event::FoundText(failure) = event
                && earliest.as_ref().is_none_or(|(region, _)| failure.region < *region)
            {
                earliest = Some((failure.region, failure.view.to_string()));
            }
        })?;
        if let (None, Answer::Died { hung, .. }) = (&earliest, &answer) {
            earliest = Some((first, if *hung { "hang" } else { "crash" }.to_owned()));
        }
        if let Some((region, view)) = earliest {
            return Ok(Noticed { fault, by: Some((region + 1, view)), regions: region + 1 });
        }
        first += count;
    }
    Ok(Noticed { fault, by: None, regions: most })
}
