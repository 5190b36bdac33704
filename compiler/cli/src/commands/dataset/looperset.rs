//! `loopwright dataset import` and `export`: LOOPerSet's records and ours, both ways.

use super::replay::program_of;
use super::{ExportArguments, ImportArguments, read_records};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::table;
use crate::terminal::print_json;
use loopwright_costmodel::dataset::{Circumstances, key, write_shard};
use loopwright_costmodel::{MachineFeatures, ProgramRecord, ScheduleRecord};
use loopwright_exchange::from_looperset;
use loopwright_exchange::looperset::record::{
    LooperProgram, LooperSchedule, Measurements, read_record, write_record,
};
use loopwright_ir::Schedule;
use loopwright_transform::{Rounding, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};

/// More bytes than any line has.
const LONGEST: u64 = 256 << 20;
/// So many kinds of reasons are printed.
const PRINTED: usize = 12;

/// The machine of LOOPerSet's times: two Xeon E5-2695 v2 with 12 cores each and AVX.
const THEIRS: MachineFeatures = MachineFeatures {
    l1_bytes: 32 << 10,
    l2_bytes: 256 << 10,
    l3_bytes: 30 << 20,
    threads: 24,
    vector_bits: 256,
};

/// What of a record of ours LOOPerSet has no fields for; beside the others under `loopwright`.
#[derive(Serialize, Deserialize)]
struct Ours {
    program_name: String,
    shape: String,
    seed: u64,
    key: String,
    options: String,
    source: String,
    machine: MachineFeatures,
    circumstances: Circumstances,
    origins: Vec<String>,
}

/// What was read, and why not all of it.
#[derive(Default)]
struct Totals {
    lines: usize,
    programs: usize,
    schedules: usize,
    points: usize,
    reasons: BTreeMap<String, usize>,
    /// The first reason, with the names in it.
    first: Option<String>,
}

impl Totals {
    fn tell(&mut self, kind: &str, reason: &str) {
        self.first.get_or_insert_with(|| format!("{kind}: {reason}"));
        // One kind of reason, whatever the names in it.
        let mut general = String::new();
        for (at, part) in reason.split('`').enumerate() {
            general.push_str(if at % 2 == 0 { part } else { "`…`" });
        }
        *self.reasons.entry(format!("{kind}: {general}")).or_default() += 1;
    }
}

/// LOOPerSet's lines as records of ours.
pub fn import(arguments: &ImportArguments) -> Outcome<()> {
    let file = std::fs::File::open(&arguments.file).map_err(|error| {
        let text = format!("cannot read {}: {error}", arguments.file.display());
        Failure::new(Kind::Input, text)
    })?;
    let mut reader = BufReader::new(file);
    let mut totals = Totals::default();
    let mut records = Vec::new();
    let mut line = Vec::new();
    while totals.lines < arguments.limit.unwrap_or(usize::MAX) {
        line.clear();
        let read = (&mut reader).take(LONGEST).read_until(b'\n', &mut line);
        read.map_err(|error| {
            Failure::new(Kind::Input, format!("{}: {error}", arguments.file.display()))
        })?;
        if line.is_empty() {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        totals.lines += 1;
        let place = format!("{} line {}", arguments.file.display(), totals.lines);
        let text = std::str::from_utf8(&line).map_err(|_| {
            let help = "LOOPerSet's files are compressed: gunzip them first";
            Failure::with_help(Kind::Input, format!("{place} is no text"), help)
        })?;
        match record_of(text, totals.lines, &mut totals) {
            Ok(record) => {
                totals.programs += 1;
                totals.points += record.schedules_list.len();
                records.push(record);
            }
            Err(reason) => totals.tell("program", &reason),
        }
    }
    if records.is_empty() {
        let text = format!(
            "{}: no program of {} can be represented, so nothing was written\n  {}",
            arguments.file.display(),
            totals.lines,
            totals.first.unwrap_or_default()
        );
        return Err(Failure::new(Kind::Input, text));
    }
    write_shard(&arguments.out, &records).or_fail(Kind::Environment)?;
    report(&totals, &arguments.out.display().to_string(), arguments.json)
}

fn report(totals: &Totals, file: &str, as_json: bool) -> Outcome<()> {
    let Totals { lines, programs, schedules, points, reasons, .. } = totals;
    if as_json {
        return print_json(&json!({
            "file": file, "records": lines, "programs": programs, "schedules": schedules,
            "points": points, "not_representable": reasons,
        }));
    }
    let headers = ["file", ">records", ">programs", ">schedules", ">points"];
    let counts = [lines, programs, schedules, points].map(ToString::to_string);
    println!("{}", table(&headers, vec![[vec![file.to_owned()], counts.to_vec()].concat()]));
    let mut sorted: Vec<(&String, &usize)> = reasons.iter().collect();
    sorted.sort_by(|one, other| other.1.cmp(one.1));
    if !sorted.is_empty() {
        let rows = sorted.iter().take(PRINTED);
        let rows = rows.map(|(reason, count)| vec![count.to_string(), (*reason).clone()]).collect();
        println!("{}", table(&[">not representable", "reason"], rows));
    }
    Ok(())
}

/// One line; or why its program is none of ours.
fn record_of(text: &str, line: usize, totals: &mut Totals) -> Result<ProgramRecord, String> {
    let theirs = read_record(text).map_err(|error| error.to_string())?;
    let ours: Option<Ours> = serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|mut value| serde_json::from_value(value.get_mut("loopwright")?.take()).ok());
    let LooperProgram { name, source, initial, schedules, .. } = theirs;
    let source = ours.as_ref().map_or(source, |ours| ours.source.clone());
    let program = program_of(&name, &source).map_err(|failure| failure.text())?;
    let start = State::original(&program, Rounding::Strict);
    let mut list = Vec::new();
    for (position, schedule) in schedules.iter().enumerate() {
        totals.schedules += 1;
        if schedule.times.is_empty() {
            totals.tell("schedule", "it has no times");
            continue;
        }
        match steps(&start, schedule) {
            Ok(text) => {
                let origins = ours.as_ref().map(|ours| ours.origins.as_slice());
                let origin = origins.map_or("looperset", |origins| {
                    origins.get(position).map_or("", String::as_str)
                });
                let origin = if text.is_empty() { "" } else { origin };
                list.push(ScheduleRecord::new(text, origin, schedule.times.clone()));
            }
            Err(reason) => totals.tell("schedule", &reason),
        }
    }
    let first = list.first().filter(|first| first.sched_str.is_empty());
    let measured = first.and_then(ScheduleRecord::best_time);
    let measured = measured.ok_or("its original order has no times")?;
    let initial = initial.into_iter().min_by(f64::total_cmp).unwrap_or(measured);
    let options = "looperset";
    let record = ProgramRecord {
        program_name: format!("looperset_{line}_{name}"),
        shape: options.to_owned(),
        seed: line as u64,
        key: key(line as u64, &source),
        options: options.to_owned(),
        source,
        feature_schema: String::new(),
        machine: THEIRS,
        circumstances: Circumstances::default(),
        initial_execution_time: initial,
        schedules_list: list,
        left_out: None,
    };
    Ok(match ours {
        Some(ours) => ProgramRecord {
            program_name: ours.program_name,
            shape: ours.shape,
            seed: ours.seed,
            key: ours.key,
            options: ours.options,
            machine: ours.machine,
            circumstances: ours.circumstances,
            ..record
        },
        None => record,
    })
}

/// Our steps for a schedule, if they keep every dependence.
fn steps(start: &State, schedule: &LooperSchedule) -> Result<String, String> {
    let steps: Schedule = match &schedule.own {
        Some(own) => own.parse().map_err(|error| format!("{error}"))?,
        None => {
            let text = schedule.text.as_ref().map_err(ToString::to_string)?;
            from_looperset(start.program(), start.tree(), text)
                .map_err(|error| error.to_string())?
        }
    };
    let state = start.replay(&steps).map_err(|illegal| illegal.to_string())?;
    Ok(state.schedule().to_string())
}

/// Our records as LOOPerSet's lines.
pub fn export(arguments: &ExportArguments) -> Outcome<()> {
    let mut totals = Totals::default();
    let mut text = Vec::new();
    for record in read_records(&arguments.data)? {
        if record.left_out.is_some() {
            continue;
        }
        totals.lines += 1;
        totals.schedules += record.schedules_list.len();
        match line_of(record) {
            Ok(value) => {
                totals.programs += 1;
                totals.points +=
                    value.get("schedules_list").and_then(Value::as_array).map_or(0, Vec::len);
                serde_json::to_writer(&mut text, &value).or_fail(Kind::Other)?;
                text.push(b'\n');
            }
            Err(reason) => totals.tell("program", &reason),
        }
    }
    loopwright_runtime::write_atomically(&arguments.out, &text).map_err(|error| {
        Failure::new(Kind::Environment, format!("{}: {error}", arguments.out.display()))
    })?;
    std::io::stdout().flush().or_fail(Kind::Other)?;
    report(&totals, &arguments.out.display().to_string(), arguments.json)
}

fn line_of(record: ProgramRecord) -> Result<Value, String> {
    let program =
        program_of(&record.program_name, &record.source).map_err(|failure| failure.text())?;
    let mut schedules = Vec::new();
    for schedule in &record.schedules_list {
        let steps = schedule.sched_str.parse().map_err(|error| format!("{error}"))?;
        schedules.push((steps, schedule.execution_times.clone()));
    }
    let measured = Measurements { initial: record.initial_execution_time, schedules: &schedules };
    let mut value = write_record(&record.program_name, &program, &measured)
        .map_err(|error| error.to_string())?;
    let ours = Ours {
        origins: record.schedules_list.iter().map(|one| one.origin.clone()).collect(),
        program_name: record.program_name,
        shape: record.shape,
        seed: record.seed,
        key: record.key,
        options: record.options,
        source: record.source,
        machine: record.machine,
        circumstances: record.circumstances,
    };
    if let Some(fields) = value.as_object_mut() {
        let ours = serde_json::to_value(ours).map_err(|error| error.to_string())?;
        fields.insert("loopwright".to_owned(), ours);
    }
    Ok(value)
}
