//! Judging on measured programs that were written before.

use super::eval::Judged;
use crate::commands::dataset::{read_records, with_features};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_costmodel::{CostModel, Features, ProgramRecord, schema_hash};
use std::path::{Path, PathBuf};

/// Where the repository keeps measured programs that its model was not trained on.
const HELD_OUT: &str = "costmodel/data";

/// One entry a program that has its original order and another schedule.
pub fn judge(paths: &[PathBuf], model: &CostModel) -> Outcome<Vec<Judged>> {
    let held_out;
    let paths = match paths {
        [] => {
            held_out = self::held_out()?;
            held_out.as_slice()
        }
        paths => paths,
    };
    let mut judged = Vec::new();
    for record in current(read_records(paths)?)? {
        let measured = measured(&record)?;
        if measured.len() >= 2 {
            judged.push(Judged::new(&record.shape, model, &measured)?);
        }
    }
    if judged.is_empty() {
        return Err(Failure::new(Kind::Input, "no program there has two measured schedules"));
    }
    Ok(judged)
}

/// The records with features of this version: their own, or made anew.
fn current(records: Vec<ProgramRecord>) -> Outcome<Vec<ProgramRecord>> {
    let expected = schema_hash();
    let (mut records, others): (Vec<_>, Vec<_>) = records
        .into_iter()
        .filter(|record| record.left_out.is_none())
        .partition(|record| record.feature_schema == expected);
    let replayed = with_features(others);
    if let Some(first) = replayed.lost.first() {
        eprintln!("warning: {} points cannot be replayed; the first: {first}", replayed.lost.len());
    }
    records.extend(replayed.records);
    Ok(records)
}

/// Features and times, the original order first; nothing where that has no time.
fn measured(record: &ProgramRecord) -> Outcome<Vec<(Features, f64)>> {
    let measured = record.measured().or_fail(Kind::Input)?;
    match measured.first() {
        Some((schedule, _, _)) if schedule.sched_str.is_empty() => {}
        _ => return Ok(Vec::new()),
    }
    Ok(measured.into_iter().map(|(_, features, time)| (features, time)).collect())
}

/// The shards `heldout*.jsonl` of the repository that the command runs in.
fn held_out() -> Outcome<Vec<PathBuf>> {
    let entries = std::fs::read_dir(Path::new(HELD_OUT)).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("heldout") && name.ends_with(".jsonl")
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(Failure::with_help(
            Kind::Input,
            format!("there is no {HELD_OUT}/heldout*.jsonl here"),
            "run this in the repository, or name a data set",
        ));
    }
    Ok(found)
}
