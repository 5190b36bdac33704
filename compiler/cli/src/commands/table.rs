//! `loopwright table`: any files' regions, tuned, beside what other compilers make of them.

mod lanes;
mod listing;
mod row;

use crate::benchmark::peak::Yardstick;
use crate::deadline::parse_duration;
use crate::failure::{Failure, Kind, Outcome};
use crate::input::{self, Accepted, InputFlags};
use crate::interrupt;
use crate::report::{progress, ratio};
use crate::terminal::print_json;
use crate::tuning::{SearchArguments, Surroundings};
use clap::Args;
use row::{Peer, Row};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Who is compared with by default, beside the compiler that the source is compiled with.
const PEERS: [&str; 2] = [
    "gcc=gcc -O3 -march=native",
    "Polly=clang-19 -O3 -march=native -mllvm -polly -mllvm -polly-parallel -fopenmp",
];

/// Tune the regions of several C files and print one table: every compiler's time, the tuned one's, and its
/// share of what the machine can do.
///
/// Each region is tuned for the time of --budget. Then the source as --compiler compiles it, each --against and
/// the tuned loops run in turn on the same data. What a compiler cannot make, or computes otherwise than
/// rounding explains, is left out of the comparison and named below the table.
#[derive(Args)]
pub struct Arguments {
    /// C files with `#pragma scop` … `#pragma endscop` regions, or folders of such.
    #[arg(value_name = "FILE.c|FOLDER", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    flags: InputFlags,
    #[command(flatten)]
    search: SearchArguments,
    /// What else to compare with, as for `bench`, with a name for its column if you like; may be repeated.
    #[arg(long, value_name = "[NAME=]COMMAND|FILE", default_values = PEERS)]
    against: Vec<String>,
    /// How long the sides of a region take turns at most; they stop when all have settled.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_duration)]
    turns: Duration,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let surroundings = Surroundings::new(&arguments.search, interrupt::flag())?;
    let yardstick = Yardstick::new(surroundings.threads, &arguments.search.march);
    let peers: Vec<Peer> = arguments.against.iter().map(|text| Peer::of(text)).collect();
    let files = files(&arguments.files)?;
    let bar = progress(files.len() as u64, arguments.json);
    let mut rows: Vec<Row> = Vec::new();
    for file in &files {
        let unit = match input::parse(file, &arguments.flags) {
            Ok(unit) => unit,
            Err(failure) => {
                rows.push(Row { name: stem(file), measured: Err(failure) });
                continue;
            }
        };
        let regions = input::chosen(&unit, &arguments.flags);
        let several = regions.len() > 1;
        for region in regions {
            if surroundings.interrupt.load(Ordering::SeqCst) {
                break;
            }
            let name = match several {
                true => format!("{}: {}", stem(file), region.function),
                false => stem(file),
            };
            bar.set_message(name.clone());
            let measured = match &region.result {
                Ok(program) => {
                    let accepted = Accepted { region, program };
                    row::measure(arguments, &unit, &accepted, &peers, &surroundings)
                }
                Err(reject) => Err(Failure::diagnostic(Kind::Input, reject.clone())),
            };
            bar.suspend(|| tell(arguments, &name, &measured));
            rows.push(Row { name, measured });
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if arguments.json {
        print_json(&listing::document(arguments, &peers, &yardstick, &rows))?;
    } else {
        listing::print(arguments, &peers, &yardstick, &rows);
    }
    conclude(rows)
}

/// What came of a region, at once.
fn tell(arguments: &Arguments, name: &str, measured: &Outcome<row::Measured>) {
    if !arguments.json {
        let found = match measured {
            Ok(measured) => measured.over_best().map_or("–".to_owned(), ratio),
            Err(failure) => failure.text(),
        };
        eprintln!("{name:<24} {found}");
    }
}

/// Other bits end the command with their code, and so does an empty table.
fn conclude(rows: Vec<Row>) -> Outcome<()> {
    let measured = rows.iter().filter(|row| row.measured.is_ok()).count();
    let mut failures = rows.into_iter().filter_map(|row| Some((row.name, row.measured.err()?)));
    let wrong = failures.find(|(_, failure)| failure.kind == Kind::WrongResult || measured == 0);
    match wrong {
        Some((name, failure)) => {
            Err(Failure::new(failure.kind, format!("{name}: {}", failure.text())))
        }
        None if measured == 0 => {
            Err(Failure::new(Kind::Input, "the files have no region that was tuned"))
        }
        None => Ok(()),
    }
}

/// The files that are given, and those in the folders that are, by name.
fn files(given: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error: std::io::Error| {
            Failure::new(
                Kind::Input,
                format!("cannot read the folder `{}`: {error}", path.display()),
            )
        };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.is_file() && file.extension().is_some_and(|extension| extension == "c") {
                found.push(file);
            }
        }
        if found.is_empty() {
            return Err(Failure::with_help(
                Kind::Input,
                format!("the folder `{}` holds no C file", path.display()),
                "give C files, or folders with files that end in .c",
            ));
        }
        found.sort_unstable();
        files.extend(found);
    }
    Ok(files)
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
