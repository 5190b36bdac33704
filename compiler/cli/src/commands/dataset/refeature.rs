//! `loopwright dataset refeature`: features made anew from source and schedule.

use super::{RefeatureArguments, read_records, with_features};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::table;
use crate::terminal::print_json;
use loopwright_costmodel::ProgramRecord;
use loopwright_costmodel::dataset::write_shard;
use loopwright_costmodel::schema_hash;
use serde_json::json;
use std::time::Instant;

/// So many reasons are printed.
const PRINTED: usize = 10;

/// Writes the file.
pub fn run(arguments: &RefeatureArguments) -> Outcome<()> {
    let started = Instant::now();
    let mut records = read_records(&arguments.data)?;
    records.retain(|record| record.left_out.is_none());
    let points = |records: &[ProgramRecord]| -> usize {
        records.iter().map(|record| record.schedules_list.len()).sum()
    };
    let (programs, before) = (records.len(), points(&records));
    let replayed = with_features(records);
    for reason in replayed.lost.iter().take(PRINTED) {
        eprintln!("warning: left out: {reason}");
    }
    if replayed.lost.len() > PRINTED {
        eprintln!("warning: and {} more", replayed.lost.len() - PRINTED);
    }
    if replayed.records.is_empty() {
        return Err(Failure::new(
            Kind::Input,
            "nothing there can be replayed, so nothing was written",
        ));
    }
    write_shard(&arguments.out, &replayed.records).or_fail(Kind::Environment)?;
    let (kept, after) = (replayed.records.len(), points(&replayed.records));
    let seconds = started.elapsed().as_secs_f64();
    if arguments.json {
        return print_json(&json!({
            "file": arguments.out.to_string_lossy(), "programs": kept, "points": after,
            "lost_programs": programs - kept, "lost_points": before - after,
            "schema": schema_hash(), "seconds": seconds,
        }));
    }
    let headers = ["file", ">programs", ">points", ">lost points", ">seconds", ">points/s"];
    let row = vec![
        arguments.out.display().to_string(),
        kept.to_string(),
        after.to_string(),
        (before - after).to_string(),
        format!("{seconds:.1}"),
        format!("{:.0}", after as f64 / seconds),
    ];
    println!("{}", table(&headers, vec![row]));
    Ok(())
}
