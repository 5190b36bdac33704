//! Each finding by itself, in a process that runs nothing else: only what shows there is the pair's own.
//!
//! A pair may be found to fail because something that ran before it in its process has written where it should not. It is
//! then not blamed: the finding names what had run in the process, and each of these pairs is looked at by itself.

use super::process::{Answer, Process, Settings};
use crate::failure::Outcome;
use loopwright_fuzz::protocol::{Case, Request};
use loopwright_fuzz::{Failure, Finding, SCHEDULES, View};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long suspects are looked at, all together.
const SEARCH: Duration = Duration::from_secs(120);

/// The findings as they are when each pair runs by itself, and those of suspects that fail by themselves.
pub fn confirmed(
    settings: &Settings,
    failures: Vec<Failure>,
    interrupt: &AtomicBool,
) -> Outcome<Vec<Failure>> {
    let mut known: BTreeSet<u64> = failures.iter().map(|failure| failure.pair).collect();
    let mut confirmed = Vec::with_capacity(failures.len());
    for failure in failures {
        confirmed.push(match alone(settings, failure.seed, failure.pair)? {
            // The texts are known already where the process died of the pair.
            Some(own) if own.source.is_empty() => {
                Failure { finding: own.finding, suspects: Vec::new(), ..failure }
            }
            Some(own) => own,
            None => failure,
        });
    }
    let until = Instant::now() + SEARCH;
    let unproven: Vec<Failure> =
        confirmed.iter().filter(|failure| !failure.suspects.is_empty()).cloned().collect();
    for failure in unproven {
        for pair in suspects(&failure) {
            if interrupt.load(Ordering::Relaxed) || Instant::now() >= until {
                return Ok(confirmed);
            }
            if known.insert(pair) {
                confirmed.extend(alone(settings, failure.seed, pair)?);
            }
        }
    }
    confirmed.sort_by_key(|failure| failure.pair);
    Ok(confirmed)
}

/// The pairs that may have done it, the last ones first.
fn suspects(failure: &Failure) -> Vec<u64> {
    let ranges = failure.suspects.iter();
    let mut pairs: Vec<u64> = ranges
        .flat_map(|(first, count)| {
            first.saturating_mul(SCHEDULES)..first.saturating_add(*count).saturating_mul(SCHEDULES)
        })
        .filter(|pair| *pair <= failure.pair)
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.reverse();
    pairs
}

/// What a pair shows by itself; without its texts if the process dies of it.
fn alone(settings: &Settings, seed: u64, pair: u64) -> Outcome<Option<Failure>> {
    let mut process = Process::start(settings)?;
    let case = Case { seed, pair, native: true, ..Case::default() };
    let failed = |finding, source, schedule| {
        Some(Failure { seed, pair, finding, source, schedule, suspects: Vec::new() })
    };
    Ok(match process.ask(&Request::Case(case.clone()), &mut |_| {})? {
        Answer::Judged(judgement) => judgement
            .finding
            .and_then(|finding| failed(finding, judgement.source, judgement.schedule)),
        Answer::Done(_) | Answer::Checked(_) | Answer::Texts(_) => None,
        Answer::Died { reason, hung, .. } => {
            let view = if hung { View::Hang } else { View::Crash };
            let mut texts = Process::start(settings)?;
            let texts = texts.ask(&Request::Case(Case { native: false, ..case }), &mut |_| {})?;
            let (source, schedule) = match texts {
                Answer::Judged(judgement) => (judgement.source, judgement.schedule),
                _ => (String::new(), String::new()),
            };
            failed(Finding::new(view, reason), source, schedule)
        }
    })
}
