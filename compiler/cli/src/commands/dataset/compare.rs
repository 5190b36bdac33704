//! `loopwright dataset compare`: how well labels repeat.

use super::{CompareArguments, read_records};
use crate::failure::{Failure, Kind, Outcome};
use crate::report::table;
use crate::terminal::print_json;
use serde_json::json;
use std::collections::HashMap;
use std::slice::from_ref;

/// Prints the table.
pub fn run(arguments: &CompareArguments) -> Outcome<()> {
    let mut known = HashMap::new();
    for record in read_records(from_ref(&arguments.first))? {
        for schedule in &record.schedules_list {
            if let Some(time) = schedule.best_time() {
                known.insert((record.key.clone(), schedule.sched_str.clone()), time);
            }
        }
    }
    let mut differences = Vec::new();
    for record in read_records(from_ref(&arguments.second))? {
        for schedule in &record.schedules_list {
            let key = (record.key.clone(), schedule.sched_str.clone());
            if let (Some(time), Some(before)) = (schedule.best_time(), known.get(&key)) {
                differences.push(100.0 * (time / before).max(before / time) - 100.0);
            }
        }
    }
    if differences.is_empty() {
        return Err(Failure::with_help(
            Kind::Input,
            "the two data sets have no schedule in common",
            "make both with the same seeds and options, in two folders",
        ));
    }
    differences.sort_by(f64::total_cmp);
    let last = differences.len() - 1;
    let quantile = |share: f64| {
        differences.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
    };
    let beyond = |limit: f64| {
        let count = differences.iter().filter(|one| **one > limit).count();
        100.0 * count as f64 / differences.len() as f64
    };
    let (median, most, worst) = (quantile(0.5), quantile(0.9), quantile(1.0));
    if arguments.json {
        return print_json(&json!({
            "points": differences.len(), "median_percent": median, "ninety_percent": most,
            "largest_percent": worst, "beyond_2_percent": beyond(2.0),
            "beyond_5_percent": beyond(5.0), "beyond_10_percent": beyond(10.0),
        }));
    }
    let headers = [
        ">points in both",
        ">median difference",
        ">90 %",
        ">largest",
        ">beyond 2 %",
        ">beyond 5 %",
        ">beyond 10 %",
    ];
    let mut row = vec![differences.len().to_string()];
    row.extend([median, most, worst].map(|value| format!("{value:.2} %")));
    row.extend([2.0, 5.0, 10.0].map(|limit| format!("{:.1} %", beyond(limit))));
    println!("{}", table(&headers, vec![row]));
    Ok(())
}
