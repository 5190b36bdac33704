//! `loopwright records`: what `tune` has kept.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::records::default_file;
use crate::report::{duration, ratio, short, table};
use crate::terminal::{self, print_json};
use clap::{Args, Subcommand};
use loopwright_ir::Schedule;
use loopwright_runtime::{Database, Record, write_atomically};
use std::path::PathBuf;

/// List, merge or export the results that `tune` keeps and begins with.
///
/// They lie in one file, a line of JSON each, which several processes may use at the same time.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// The file; by default LOOPWRIGHT_RECORDS, or loopwright/records in your cache folder.
    #[arg(long, value_name = "FILE", global = true)]
    records: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Action {
    /// Print a table of all results.
    List {
        /// Only those of programs of this name.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Print JSON on standard output.
        #[arg(long)]
        json: bool,
    },
    /// Add the results of other files that this one lacks.
    Merge {
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Write the results, a line of JSON each: all, or the best of each program on each machine.
    Export {
        /// The file that is written; standard output for `-`.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only the best of each program under the same conditions.
        #[arg(long)]
        best: bool,
    },
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let Some(file) = arguments.records.clone().or_else(default_file) else {
        return Err(Failure::with_help(
            Kind::Environment,
            "there is no file of records",
            "name one with --records FILE",
        ));
    };
    let database = Database::new(file);
    match &arguments.action {
        Action::List { name, json } => list(&database, name.as_deref(), *json),
        Action::Merge { files } => merge(&database, files),
        Action::Export { file, best } => export(&database, file, *best),
    }
}

fn read(database: &Database) -> Outcome<Vec<Record>> {
    let path = database.path().display();
    let contents = database.read().map_err(|error| {
        Failure::new(Kind::Environment, format!("cannot read the records in {path}: {error}"))
    })?;
    if contents.skipped_lines > 0 {
        eprintln!("note: {} lines of {path} are no records", contents.skipped_lines);
    }
    Ok(contents.records)
}

fn list(database: &Database, name: Option<&str>, json: bool) -> Outcome<()> {
    let mut records = read(database)?;
    records.retain(|record| name.is_none_or(|name| record.name == name));
    if json {
        return print_json(&records);
    }
    if records.is_empty() {
        println!("no records in {}", database.path().display());
        return Ok(());
    }
    let row = |record: &Record| {
        let sizes: Vec<String> =
            record.sizes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let steps: Option<Schedule> = record.schedule.parse().ok();
        let mut row = vec![
            record.name.clone(),
            sizes.join(" "),
            duration(record.tuned_ns as f64),
            ratio(record.speedup()),
            steps.map_or("?".to_owned(), |steps| short::schedule(&steps, 30)),
        ];
        if terminal::is_wide() {
            row.push(format!(
                "{}, {} threads, {}, {} caches",
                record.machine, record.threads, record.march, record.cache
            ));
        }
        row
    };
    let mut headers = vec!["program", "~sizes", ">time", ">speed-up", "~schedule"];
    if terminal::is_wide() {
        headers.push("~on");
    }
    println!("{}", table(&headers, records.iter().map(row).collect()));
    println!("{} records in {}", records.len(), database.path().display());
    Ok(())
}

fn merge(database: &Database, files: &[PathBuf]) -> Outcome<()> {
    for file in files {
        if !file.is_file() {
            let text = format!("there is no file `{}`", file.display());
            return Err(Failure::with_help(Kind::Input, text, "give a file of records"));
        }
        let added = database.merge(&Database::new(file)).map_err(|error| {
            Failure::new(Kind::Environment, format!("{}: {error}", file.display()))
        })?;
        println!("{added} added from {}", file.display());
    }
    Ok(())
}

fn export(database: &Database, file: &std::path::Path, best: bool) -> Outcome<()> {
    let mut records = read(database)?;
    if best {
        records = best_of_each(records);
    }
    let mut lines = Vec::new();
    for record in &records {
        serde_json::to_writer(&mut lines, record).or_fail(Kind::Other)?;
        lines.push(b'\n');
    }
    if file.as_os_str() == "-" {
        terminal::write(&lines);
        return Ok(());
    }
    write_atomically(file, &lines).map_err(|error| {
        Failure::new(Kind::Environment, format!("cannot write {}: {error}", file.display()))
    })?;
    println!("{} records in {}", records.len(), file.display());
    Ok(())
}

/// The fastest of those that only differ in schedule and times, in the order of the file.
fn best_of_each(records: Vec<Record>) -> Vec<Record> {
    let same = |left: &Record, right: &Record| {
        let key = |one: &Record| {
            let conditions = (one.machine.clone(), one.compiler.clone(), one.march.clone());
            (conditions, one.threads, one.cache.clone(), one.fast_math, one.program.clone())
        };
        key(left) == key(right)
    };
    let mut best: Vec<Record> = Vec::new();
    for record in records {
        match best.iter_mut().find(|known| same(known, &record)) {
            Some(known) if record.tuned_ns < known.tuned_ns => *known = record,
            Some(_) => {}
            None => best.push(record),
        }
    }
    best
}
