//! The tables at the end of a run.

use super::Arguments;
use super::reduce::Reduced;
use crate::failure::Outcome;
use crate::report::{Listing, table};
use crate::terminal::print_json;
use loopwright_fuzz::{Failure, Tally};
use loopwright_ir::Step;
use serde_json::json;

/// How many causes of refusal a row names.
const CAUSES: usize = 4;

/// Prints what was looked at and what was found.
pub fn print(
    arguments: &Arguments,
    tally: &Tally,
    failures: &[Failure],
    reduced: &[Reduced],
    seconds: f64,
) -> Outcome<()> {
    for small in reduced {
        eprintln!("{}", small.text());
    }
    let unproven = failures.iter().filter(|failure| !failure.suspects.is_empty());
    let named: Vec<&Failure> =
        if reduced.is_empty() { failures.iter().collect() } else { unproven.collect() };
    for failure in named.into_iter().take(CAUSES) {
        eprintln!("{failure}\n");
    }
    if arguments.json {
        let document = json!({
            "seed": arguments.seed, "seconds": seconds, "tally": tally,
            "pairs_per_second": tally.pairs as f64 / seconds, "failures": failures,
        });
        return print_json(&document);
    }
    println!("{}\n", shapes(tally));
    println!("{}\n", steps(tally));
    let phases: Vec<String> = tally
        .microseconds
        .iter()
        .map(|(phase, spent)| format!("{phase} {:.1} s", *spent as f64 / 1e6))
        .collect();
    println!("workers spent: {}", phases.join(", "));
    println!(
        "{} pairs of {} programs in {seconds:.1} s, {:.0} pairs/s; native code of {} pairs with all \
         passes, of {} with relaxed arithmetic, {} pairs without native code; {} programs with an array that is not \
         there; {} disagreements",
        tally.pairs,
        tally.programs,
        tally.pairs as f64 / seconds,
        tally.fully_optimised,
        tally.relaxed,
        tally.without_native,
        tally.without_array,
        failures.len()
    );
    Ok(())
}

fn shapes(tally: &Tally) -> Listing {
    let rows = tally
        .by_shape
        .iter()
        .map(|(shape, pairs)| vec![shape.clone(), pairs.to_string()])
        .collect();
    table(&["program", ">pairs"], rows)
}

fn steps(tally: &Tally) -> Listing {
    let rows = Step::names()
        .map(|name| {
            let accepted = tally.accepted.get(name).copied().unwrap_or(0);
            let mut classes: Vec<(&String, &u64)> =
                tally.refused.get(name).into_iter().flatten().collect();
            classes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let refused: u64 = classes.iter().map(|(_, count)| **count).sum();
            let causes: Vec<String> = classes
                .iter()
                .take(CAUSES)
                .map(|(class, count)| format!("{class} {count}"))
                .collect();
            vec![(*name).to_owned(), accepted.to_string(), refused.to_string(), causes.join(", ")]
        })
        .collect();
    table(&["step", ">in pairs", ">refused", "~mostly because"], rows)
}
