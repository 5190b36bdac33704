//! The `loopwright` command: one file for each subcommand in `commands`.

mod arithmetic;
mod benchmark;
mod commands;
mod failure;
mod given;
mod input;
mod interrupt;
mod laboratory;
mod output;
mod report;
mod target;
mod tuning;
mod verification;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A polyhedral loop compiler with a learned cost model: C loop nests in, faster native code with
/// the same bits out.
///
/// Exit codes: 0 success, 1 other errors, 2 wrong command line, 3 input that cannot be used,
/// 4 schedule that cannot be used, 5 missing programs or resources, 6 wrong result found by a check.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Tune(commands::tune::Arguments),
    Compile(commands::compile::Arguments),
    Bench(commands::bench::Arguments),
    Explain(commands::explain::Arguments),
    Polybench(commands::polybench::Arguments),
    Dataset(commands::dataset::Arguments),
    Model(commands::model::Arguments),
    Doctor(commands::doctor::Arguments),
    Fuzz(commands::fuzz::Arguments),
    /// Runs and times native code for another loopwright process.
    #[command(hide = true)]
    Worker,
    /// Looks at random pairs for another loopwright process.
    #[command(hide = true)]
    FuzzWorker(commands::fuzz::WorkerArguments),
}

/// What a shell reports of a program that wrote to a pipe without a reader: 128 and the signal's number.
const BROKEN_PIPE: i32 = 128 + 13;

/// Printing to a pipe whose reader has gone, as `head` does, ends the program without a word. (The signal
/// itself stays ignored: it would end this process too when a worker dies.)
fn end_quietly_without_a_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>();
        if text.is_some_and(|text| text.starts_with("failed printing to stdout: Broken pipe")) {
            std::process::exit(BROKEN_PIPE);
        }
        usual(panic);
    }));
}

fn main() -> ExitCode {
    end_quietly_without_a_reader();
    // C compilers spell this flag with one dash.
    let arguments = std::env::args_os()
        .map(|argument| if argument == "-include" { "--include".into() } else { argument });
    let arguments = Arguments::parse_from(arguments);
    let result = match arguments.command {
        Command::Tune(arguments) => commands::tune::run(&arguments),
        Command::Compile(arguments) => commands::compile::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Polybench(arguments) => commands::polybench::run(&arguments),
        Command::Dataset(arguments) => commands::dataset::run(&arguments),
        Command::Model(arguments) => commands::model::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Fuzz(arguments) => commands::fuzz::run(&arguments),
        Command::FuzzWorker(arguments) => commands::fuzz::worker(&arguments),
        Command::Worker => loopwright_runtime::worker_main(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.print(),
    }
}
