//! Verdicts on random orders against all dependent instances.

use super::Arguments;
use super::jobs::in_parallel;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::{progress, table};
use crate::terminal::print_json;
use loopwright_fuzz::legality::{Agreement, case};
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many disagreements are printed whole.
const SHOWN: usize = 5;

/// What came out, by kind.
#[derive(Default)]
struct Counts {
    legal: u64,
    illegal: u64,
    others: Vec<(u64, Agreement)>,
}

/// Compares and prints.
pub fn run(arguments: &Arguments, count: u64) -> Outcome<()> {
    let bar = progress(count, arguments.json);
    let start = Instant::now();
    let next = AtomicU64::new(0);
    let judged = AtomicU64::new(0);
    let counts = Mutex::new(Counts::default());
    let outcome = in_parallel(arguments.workers(), || {
        while judged.load(Ordering::Relaxed) < count {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(found) = case(arguments.seed, number).or_fail(Kind::Other)? else {
                continue;
            };
            judged.fetch_add(1, Ordering::Relaxed);
            bar.inc(1);
            let Ok(mut counts) = counts.lock() else { continue };
            match found {
                Agreement::Legal => counts.legal += 1,
                Agreement::Illegal => counts.illegal += 1,
                other => counts.others.push((number, other)),
            }
        }
        Ok(())
    });
    bar.finish_and_clear();
    outcome?;
    let counts = counts.into_inner().unwrap_or_default();
    let number = |wanted: fn(&Agreement) -> bool| {
        counts.others.iter().filter(|(_, found)| wanted(found)).count() as u64
    };
    let accepted = number(|found| matches!(found, Agreement::Accepted { .. }));
    let undecided = number(|found| matches!(found, Agreement::Undecided { .. }));
    let refused = number(|found| matches!(found, Agreement::Refused { .. }));
    if arguments.json {
        let document = json!({
            "seed": arguments.seed, "legal": counts.legal, "illegal": counts.illegal,
            "accepted_but_illegal": accepted, "undecided_but_legal": undecided,
            "refused_but_legal": refused, "seconds": start.elapsed().as_secs_f64(),
        });
        print_json(&document)?;
    } else {
        let rows = [
            ("legal", "legal", counts.legal),
            ("illegal", "illegal", counts.illegal),
            ("legal", "ILLEGAL", accepted),
            ("not decided within its bounds", "legal", undecided),
            ("illegal", "legal", refused),
        ];
        let rows = rows.map(|(verdict, truth, count)| {
            vec![verdict.to_owned(), truth.to_owned(), count.to_string()]
        });
        println!("{}", table(&["verdict", "by brute force", ">orders"], rows.to_vec()));
        let total = counts.legal + counts.illegal + counts.others.len() as u64;
        println!("{total} random orders judged in {:.1} s", start.elapsed().as_secs_f64());
    }
    for (number, found) in counts.others.iter().take(SHOWN) {
        eprintln!("{}", describe(*number, found));
    }
    match accepted {
        0 => Ok(()),
        count => Err(Failure::new(
            Kind::WrongResult,
            format!("{count} illegal orders were accepted: a fault of the compiler"),
        )),
    }
}

fn describe(number: u64, found: &Agreement) -> String {
    let (what, program, schedule) = match found {
        Agreement::Accepted { program, schedule, clash } => (
            format!(
                "accepted, but {}{:?} may run before {}{:?}",
                clash.destination.0, clash.destination.1, clash.source.0, clash.source.1
            ),
            program,
            schedule,
        ),
        Agreement::Undecided { program, schedule } => {
            ("refused as undecided, but legal".to_owned(), program, schedule)
        }
        Agreement::Refused { program, schedule, reason } => {
            (format!("refused, but legal: {reason}"), program, schedule)
        }
        Agreement::Legal | Agreement::Illegal => return String::new(),
    };
    format!("case {number}: {what}\n{schedule}\n{program}\n")
}
