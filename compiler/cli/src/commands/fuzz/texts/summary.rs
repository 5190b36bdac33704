//! The tables at the end of a run.

use super::super::Arguments;
use super::print_json;
use crate::failure::Outcome;
use crate::report::table;
use loopwright_fuzz::text::{TextFailure, TextTally};
use serde_json::json;

/// How many reasons of rejections are named, and how many failures where none was made small.
const REASONS: usize = 12;
const FAILURES: usize = 4;

/// Prints what was looked at and what was found.
pub fn print(
    arguments: &Arguments,
    tally: &TextTally,
    failures: &[TextFailure],
    reduced: &[TextFailure],
    seconds: f64,
) -> Outcome<()> {
    let shown = if reduced.is_empty() { failures } else { reduced };
    for failure in shown.iter().take(FAILURES.max(reduced.len())) {
        eprintln!("{}", failure.text());
    }
    if arguments.json {
        return print_json(&json!({
            "seed": arguments.seed, "seconds": seconds, "tally": tally,
            "regions_per_second": tally.regions as f64 / seconds, "failures": failures,
        }));
    }
    let share = |part: u64, whole: u64| {
        if whole == 0 {
            String::new()
        } else {
            format!("{:.0}%", 100.0 * part as f64 / whole as f64)
        }
    };
    let rows = tally.constructs.iter().map(|(name, seen)| {
        let rate = share(seen.accepted, seen.regions);
        vec![name.clone(), seen.regions.to_string(), seen.accepted.to_string(), rate]
    });
    println!("{}\n", table(&["construct", ">regions", ">accepted", ">share"], rows.collect()));
    let mut reasons: Vec<(&String, &u64)> = tally.rejected.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let rows = reasons.iter().take(REASONS);
    let rows = rows.map(|(reason, count)| vec![(*reason).clone(), count.to_string()]).collect();
    println!("{}\n", table(&["rejected because", ">regions"], rows));
    let rows = tally.comparisons.iter();
    let rows = rows.map(|(view, count)| vec![view.clone(), count.to_string()]).collect();
    println!("{}\n", table(&["compared with the user's own compilation", ">times"], rows));
    let phases: Vec<String> = tally
        .microseconds
        .iter()
        .map(|(phase, spent)| format!("{phase} {:.1} s", *spent as f64 / 1e6))
        .collect();
    println!("workers spent: {}", phases.join(", "));
    println!(
        "{} regions in {seconds:.1} s, {:.0} regions/s; {} accepted, of which {} are undefined or too long for \
         their sizes; {} schedules; {} calls with other sizes, {} more undefined; {} differences",
        tally.regions,
        tally.regions as f64 / seconds,
        tally.accepted,
        tally.undefined,
        tally.schedules,
        tally.sizes,
        tally.undefined_sizes,
        failures.len()
    );
    Ok(())
}
