//! The table of all kernels: the original against the tuned one.

use super::beside::{self, Beside};
use super::{Arguments, Sources};
use crate::arithmetic::Accuracy;
use crate::deadline::Deadline;
use crate::failure::{Failure, Outcome};
use crate::interrupt;
use crate::laboratory::DataReport;
use crate::report::{duration, geometric_mean, progress, ratio, short, table};
use crate::terminal::print_json;
use crate::tuning::{self, Surroundings, Tuned};
use loopwright_polybench::Kernel;
use loopwright_search::Silent;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Columns of a schedule, so that the table has 80.
const SCHEDULE_COLUMNS: usize = 24;

/// Tunes the kernels and prints a table with the geometric mean.
pub fn run(arguments: &Arguments, kernels: &[&'static Kernel], sources: &Sources) -> Outcome<()> {
    let surroundings = Surroundings::new(&arguments.search, interrupt::flag())?.timing_choices();
    let bar = progress(kernels.len() as u64, arguments.json);
    let mut results: Vec<(&Kernel, Tuned, Option<Beside>)> = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    for kernel in kernels {
        if surroundings.interrupt.load(Ordering::SeqCst) {
            break;
        }
        bar.set_message(kernel.name);
        let result = one(arguments, kernel, sources, &surroundings);
        bar.suspend(|| tell(arguments, kernel, &result));
        match result {
            Ok((tuned, beside)) => results.push((kernel, tuned, beside)),
            // The table of the others is not lost.
            Err(failure) => failures.push(failure),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let speedups: Vec<f64> = results.iter().filter_map(|(_, tuned, _)| tuned.speedup()).collect();
    let mean = geometric_mean(&speedups);
    let first = median(results.iter().filter_map(|(_, tuned, _)| tuned.first_measured).collect());
    if arguments.json {
        let rows: Vec<_> = results.iter().map(document).collect();
        let document = json!({
            "size": arguments.size.name(),
            "machine": surroundings.machine,
            "march": arguments.search.march,
            "cache": arguments.search.cache.name(),
            "threads": surroundings.threads,
            "kernels": rows,
            "geometric_mean": mean,
            "first_measured_median_seconds": first.map(|time| time.as_secs_f64()),
        });
        print_json(&document)?;
        return conclude(failures);
    }
    let rows = results
        .iter()
        .map(|(kernel, tuned, _)| {
            let (original, best) = tuned.times();
            let operations = kernel.floating_point_operations(arguments.size) as f64;
            let rate = best.map_or("–".into(), |time| format!("{:.2}", operations / time));
            vec![
                kernel.name.to_owned(),
                original.map_or("–".into(), duration),
                best.map_or("–".into(), duration),
                tuned.speedup().map_or("–".into(), ratio),
                rate,
                short::schedule(&tuned.report.best.schedule, SCHEDULE_COLUMNS),
            ]
        })
        .collect();
    let headers = ["kernel", ">original", ">tuned", ">speed-up", ">Gop/s", "~schedule"];
    println!("{}", table(&headers, rows));
    if let Some(mean) = mean {
        println!(
            "geometric mean over {} kernels at {}, {} threads: {} over {} -O3 -march={}, {}",
            speedups.len(),
            arguments.size,
            surroundings.threads,
            ratio(mean),
            arguments.search.compiler,
            arguments.search.march,
            arguments.search.cache.text(),
        );
    }
    let beside: Vec<(&Kernel, Beside)> =
        results.iter().filter_map(|(kernel, _, beside)| Some((*kernel, (*beside)?))).collect();
    if !beside.is_empty() {
        println!();
        beside::print(arguments, &surroundings, &beside);
    }
    if let Some(first) = first {
        println!(
            "from a kernel's C file to the first measurement: {} (median)",
            duration(first.as_nanos() as f64)
        );
    }
    conclude(failures)
}

/// Tunes one kernel, and measures the expert schedule beside it where that is asked for.
fn one(
    arguments: &Arguments,
    kernel: &Kernel,
    sources: &Sources,
    surroundings: &Surroundings,
) -> Outcome<(Tuned, Option<Beside>)> {
    let loaded = sources.load(kernel, arguments.size)?;
    let region = loaded.region()?;
    let tuned = tuning::tune(
        &loaded.unit,
        region,
        loaded.program.clone(),
        &loaded.flags,
        &arguments.search,
        surroundings,
        Deadline::after(arguments.search.budget),
        &mut Silent,
    )?;
    let place = (&loaded.unit, region, &loaded.flags);
    let beside = match arguments.with_expert {
        true => beside::measure(arguments, kernel, place, &tuned, surroundings)?,
        false => None,
    };
    Ok((tuned, beside))
}

/// What came of a kernel, at once.
fn tell(arguments: &Arguments, kernel: &Kernel, result: &Outcome<(Tuned, Option<Beside>)>) {
    let (tuned, beside) = match result {
        Ok(result) => result,
        Err(failure) => return eprintln!("{:<16} {}", kernel.name, failure.text()),
    };
    if let Some(reason) = &tuned.given_up {
        eprintln!("note: the source of {} stays as it is: {reason}", kernel.name);
    }
    if arguments.json {
        return;
    }
    let speedup = tuned.speedup().map_or("–".into(), ratio);
    let beside = beside.as_ref().map(Beside::line).unwrap_or_default();
    eprintln!("{:<16} {speedup:>8}{beside}", kernel.name);
    if let Some(data) = tuned.data.as_ref().filter(|data| data.is_remarkable()) {
        eprintln!("{:<16} {}", "", data.line());
    }
}

/// The first failure, if there is one.
fn conclude(failures: Vec<Failure>) -> Outcome<()> {
    match failures.into_iter().next() {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// The middle one, or the later of the two in the middle.
fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn document((kernel, tuned, beside): &(&Kernel, Tuned, Option<Beside>)) -> serde_json::Value {
    let (original, best) = tuned.times();
    json!({
        "kernel": kernel.name,
        "original_nanoseconds": original,
        "tuned_nanoseconds": best,
        "speedup": tuned.speedup(),
        "with_expert": beside::document(beside.as_ref()),
        "accuracy": tuned.confirmation.accuracy.as_ref().map(Accuracy::json),
        "data": tuned.data.as_ref().map(DataReport::json),
        "schedule": tuned.report.best.schedule.to_string(),
        "predicted_speedup": tuned.report.best.predicted,
        "scored": tuned.report.evaluated,
        "measured": tuned.report.measured.len(),
        "given_up": tuned.given_up,
        "seconds": tuned.report.seconds,
        "first_measured_seconds": tuned.first_measured.map(|time| time.as_secs_f64()),
        "compile_seconds": tuned.compile_seconds,
    })
}
