//! Failures of texts made small, printed as C files and saved.

use super::super::Arguments;
use super::super::process::{Answer, Process, Settings};
use crate::failure::{Kind, OrFail, Outcome};
use loopwright_fuzz::protocol::{Event, Request};
use loopwright_fuzz::text::shrink::{Shrink, is_alike};
use loopwright_fuzz::text::{Batch, Case, TextFailure, TextView};

/// So many failures of a run are made small; the others are only named.
const MOST: usize = 6;

/// The first failures, made small and saved where the arguments say so.
pub fn all(arguments: &Arguments, failures: &[TextFailure]) -> Outcome<Vec<TextFailure>> {
    if failures.is_empty() || arguments.shrink == 0 {
        return Ok(Vec::new());
    }
    let settings = Settings { compiler: arguments.compiler.clone(), planted: None };
    let mut process = Process::start(&settings)?;
    let mut reduced = Vec::new();
    for failure in failures.iter().filter(|it| it.view != TextView::Hang).take(MOST) {
        let small = reduce(&mut process, &settings, failure, arguments.shrink)?;
        if let Some(folder) = &arguments.save {
            std::fs::create_dir_all(folder).or_fail(Kind::Environment)?;
            let path = folder.join(format!("seed{}-region{}.c", small.seed, small.region));
            loopwright_runtime::write_atomically(&path, small.text().as_bytes())
                .or_fail(Kind::Environment)?;
        }
        reduced.push(small);
    }
    Ok(reduced)
}

/// The smallest text that fails alike, after so many tries.
fn reduce(
    process: &mut Process,
    settings: &Settings,
    failure: &TextFailure,
    most: usize,
) -> Outcome<TextFailure> {
    let mut best = failure.clone();
    let mut shrink = Shrink::new(failure.choices.clone());
    let mut tried = 0;
    // Each try stands under a number of its own, so that the answers can be told apart.
    while tried < most {
        let candidates = shrink.candidates();
        if candidates.is_empty() {
            break;
        }
        tried += candidates.len();
        let found = failing(process, settings, failure, &candidates)?;
        if let Some(found) = found {
            shrink.learn(found.choices.clone());
            best = found;
        }
    }
    Ok(TextFailure { region: failure.region, ..best })
}

/// The first of the candidates that fails alike.
fn failing(
    process: &mut Process,
    settings: &Settings,
    failure: &TextFailure,
    candidates: &[Vec<u32>],
) -> Outcome<Option<TextFailure>> {
    // A process that dies says nothing of the others: then one by one.
    let alone = matches!(failure.view, TextView::Crash | TextView::Panic);
    let step = if alone { 1 } else { candidates.len() };
    for part in candidates.chunks(step.max(1)) {
        // Regions of the same remainder are treated alike.
        let number = |position: usize| failure.region + 12 * position as u64;
        let cases = part.iter().enumerate().map(|(position, choices)| Case {
            number: number(position),
            choices: Some(choices.clone()),
            schedule: None,
        });
        let optimised = (failure.view == TextView::Optimised).then(|| "-O3".to_owned());
        let batch = Batch {
            seed: failure.seed,
            cases: cases.collect(),
            optimised,
            only: Some(failure.view),
            ..Batch::default()
        };
        let mut found: Vec<TextFailure> = Vec::new();
        let answer = process.ask(&Request::Texts(batch), &mut |event| {
            if let Event::FoundText(failure) = event {
                found.push(failure);
            }
        })?;
        if let Answer::Died { reason, .. } = answer {
            *process = Process::start(settings)?;
            if let (true, Some(choices)) = (alone, part.first()) {
                let detail = format!("{} ({reason})", failure.detail);
                let case =
                    Case { number: failure.region, choices: Some(choices.clone()), schedule: None };
                let region = loopwright_fuzz::text::region_of(failure.seed, &case);
                return Ok(Some(TextFailure {
                    detail,
                    source: region.text(),
                    choices: region.choices,
                    ..failure.clone()
                }));
            }
        }
        found.retain(|found| is_alike(failure.view, found.view));
        found.sort_by_key(|found| found.region);
        if let Some(found) = found.into_iter().next() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
