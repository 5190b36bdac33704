//! `loopwright fuzz`: random programs under random schedules, looked at in four ways.

mod alone;
mod brute_force;
mod checker;
mod jobs;
mod one;
mod planted;
mod process;
mod reduce;
mod summary;
mod supervisor;
mod texts;

use crate::deadline::parse_seconds;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use clap::Args;
use loopwright_ir::planted::{Fault, plant};
use std::path::PathBuf;
use std::time::Duration;

/// Check the compiler on random programs under random schedules.
///
/// Every pair of a program and a legal schedule is looked at in four ways that must agree: the
/// program's C text compiled by clang without optimisation, an interpreter in the order of the source,
/// the interpreter on the scheduled loops, and native code. Everything follows from the seed. What
/// disagrees is made small and printed as a test; the exit code is then 6. Native code of one program
/// in eight has all of the usual passes, of the others few.
#[derive(Args)]
pub struct Arguments {
    /// How many pairs to look at.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pairs: u64,
    /// The seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Stop after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    time: Option<Duration>,
    /// Worker processes; one for each core by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Look at this pair of the seed alone, and print it.
    #[arg(long, value_name = "PAIR")]
    only: Option<u64>,
    /// Write each failure, made small, into this folder.
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// Compare the verdicts on so many random orders, legal or not, with all dependent instances.
    #[arg(long, value_name = "N", conflicts_with_all = ["only", "planted"])]
    legality: Option<u64>,
    /// Look at so many random regions of C text instead: native code and printed C against the user's own compilation.
    #[arg(long, value_name = "N", conflicts_with = "legality")]
    regions: Option<u64>,
    /// The clang that compiles the programs' texts.
    #[arg(long, value_name = "PROGRAM", default_value = "clang-19")]
    compiler: String,
    /// How often at most a failure is run again to make it small; 0 leaves it as it is.
    #[arg(long, value_name = "N", default_value_t = 400)]
    shrink: usize,
    /// Plant a deliberate fault, or one after another with `all`, and see what notices.
    #[arg(long, value_name = "NAME", hide = true)]
    planted: Option<String>,
    /// Ask the independent checker about the pairs instead, which must refute none; with a planted fault, all
    /// that are wrong.
    #[arg(long, conflicts_with_all = ["only", "legality"])]
    checker: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// What `loopwright fuzz` runs as worker processes.
#[derive(Args)]
pub struct WorkerArguments {
    #[arg(long)]
    compiler: String,
    #[arg(long)]
    planted: Option<Fault>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    if let Some(count) = arguments.legality {
        return brute_force::run(arguments, count);
    }
    if let Some(count) = arguments.regions {
        return texts::run(arguments, count);
    }
    match (&arguments.planted, arguments.only) {
        (None, _) if arguments.checker => checker::run(arguments),
        (Some(name), _) => planted::run(arguments, name),
        (None, Some(pair)) => one::run(arguments, pair),
        (None, None) => supervisor::run(arguments),
    }
}

/// Runs a worker process to the end of its input.
pub fn worker(arguments: &WorkerArguments) -> Outcome<()> {
    plant(arguments.planted);
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    loopwright_fuzz::server::serve(input, output, folder.path(), &arguments.compiler)
        .or_fail(Kind::Other)
}

impl Arguments {
    fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.jobs.map_or_else(cores, usize::from)
    }
}

/// The failure of a run that found something.
fn found(count: u64) -> Failure {
    let what =
        if count == 1 { "one disagreement".to_owned() } else { format!("{count} disagreements") };
    Failure::new(Kind::WrongResult, format!("{what}: faults of the compiler, printed above"))
}
