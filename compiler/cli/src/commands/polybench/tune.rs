//! The table of all kernels: the original against the tuned one.

use super::beside::{self, Beside};
use super::{Arguments, Sources};
use crate::arithmetic::Accuracy;
use crate::deadline::Deadline;
use crate::failure::{Failure, Kind, Outcome};
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
    for kernel in kernels {
        if surroundings.interrupt.load(Ordering::SeqCst) {
            break;
        }
        bar.set_message(kernel.name);
        let loaded = sources.load(kernel, arguments.size)?;
        let region = loaded
            .unit
            .regions
            .iter()
            .find(|region| region.result.is_ok())
            .ok_or_else(|| Failure::new(Kind::Other, "the kernel has no region"))?;
        let tuned = tuning::tune(
            &loaded.unit,
            region,
            loaded.program,
            &loaded.flags,
            &arguments.search,
            &surroundings,
            Deadline::after(arguments.search.budget),
            &mut Silent,
        )?;
        bar.suspend(|| {
            if let Some(reason) = &tuned.given_up {
                eprintln!("note: the source of {} stays as it is: {reason}", kernel.name);
            }
            if !arguments.json {
                eprintln!("{:<16} {}", kernel.name, tuned.speedup().map_or("–".into(), ratio));
                if let Some(data) = tuned.data.as_ref().filter(|data| data.is_remarkable()) {
                    eprintln!("{:<16} {}", "", data.line());
                }
            }
        });
        let beside = match arguments.with_expert {
            true => {
                let place = (&loaded.unit, region, &loaded.flags);
                beside::measure(arguments, kernel, place, &tuned, &surroundings)?
            }
            false => None,
        };
        results.push((kernel, tuned, beside));
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
        return print_json(&document);
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
    Ok(())
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
