//! The `loopwright` command: one file for each subcommand in `commands`.

#[macro_use]
mod terminal;

mod arithmetic;
mod benchmark;
mod cache;
mod commands;
mod deadline;
mod driver;
mod emission;
mod failure;
mod folders;
mod given;
mod input;
mod interrupt;
mod laboratory;
mod output;
mod records;
mod regions;
mod report;
mod target;
mod tuning;
mod verification;
mod waiting;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use failure::{Kind, OrFail};
use loopwright_runtime::guard;
use serde_json::json;
use std::ffi::OsString;
use std::process::ExitCode;

/// The most columns that help has.
const WIDEST: usize = 100;

/// A polyhedral loop compiler with a learned cost model: C loop nests in, faster native code with
/// the same bits out.
///
/// Exit codes: 0 success, 1 other errors, 2 wrong command line, 3 input that cannot be used (or one of
/// its regions, when the others are done), 4 schedule that cannot be used, 5 missing programs or resources, 6 wrong result found by a check, 130 stopped by a signal.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Print tables as wide as their texts are, and schedules in them whole.
    #[arg(long, global = true)]
    wide: bool,
}

#[derive(Subcommand)]
enum Command {
    Tune(commands::tune::Arguments),
    Compile(commands::compile::Arguments),
    Cc(commands::cc::Arguments),
    Bench(commands::bench::Arguments),
    Table(commands::table::Arguments),
    Explain(commands::explain::Arguments),
    Scan(commands::scan::Arguments),
    Steps(commands::steps::Arguments),
    Polybench(commands::polybench::Arguments),
    Dataset(commands::dataset::Arguments),
    Model(commands::model::Arguments),
    Records(commands::records::Arguments),
    Doctor(commands::doctor::Arguments),
    Fuzz(commands::fuzz::Arguments),
    /// Runs and times native code for another loopwright process.
    #[command(hide = true)]
    Worker,
    /// Makes native code for another loopwright process.
    #[command(hide = true)]
    CompileWorker,
    /// Looks at random pairs for another loopwright process.
    #[command(hide = true)]
    FuzzWorker(commands::fuzz::WorkerArguments),
}

/// Commands whose JSON is a list with an entry for each region.
const OF_REGIONS: [&str; 3] = ["tune", "compile", "explain"];

fn main() -> ExitCode {
    terminal::set_up_messages();
    // The words of a C compiler's command line are nobody else's; only `--help` is ours.
    let given: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some((first, words)) = given.split_first()
        && first == "cc"
        && words != ["--help"]
        && words != ["-h"]
    {
        return commands::cc::run(words);
    }
    // C compilers spell this flag with one dash.
    let words: Vec<OsString> = std::env::args_os()
        .map(|argument| if argument == "-include" { "--include".into() } else { argument })
        .collect();
    let command = Arguments::command().term_width(terminal::width().unwrap_or(WIDEST).min(WIDEST));
    let parsed = command.try_get_matches_from(&words).and_then(|matches| {
        let json = asks_for_json(&matches);
        let list = matches.subcommand_name().is_some_and(|name| OF_REGIONS.contains(&name));
        Ok((Arguments::from_arg_matches(&matches)?, json, list))
    });
    let code = match parsed {
        Ok((arguments, json, list)) => match run_guarded(arguments) {
            Ok(()) => 0,
            Err(failure) => {
                failure.print();
                if json && !terminal::is_documented() {
                    let document = failure.document();
                    let document = if list { json!([document]) } else { document };
                    // It holds texts and numbers only, which cannot fail to be JSON.
                    let _ = terminal::print_json(&document);
                }
                failure.kind as u8
            }
        },
        Err(error) => usage(&error, words.iter().any(|word| word == "--json")),
    };
    let code = terminal::conclude(code);
    guard::finish();
    ExitCode::from(code)
}

/// Runs a command. Whatever it is, it leaves neither processes nor temporary files, however it ends.
fn run_guarded(arguments: Arguments) -> failure::Outcome<()> {
    // Workers end with the process that started them.
    if !matches!(
        arguments.command,
        Command::Worker | Command::CompileWorker | Command::FuzzWorker(_)
    ) {
        guard::start();
        interrupt::install();
    }
    run(arguments)
}

fn run(arguments: Arguments) -> failure::Outcome<()> {
    if arguments.wide {
        terminal::widen();
    }
    match arguments.command {
        Command::CompileWorker => laboratory::serve_compiler().or_fail(Kind::Other),
        Command::Tune(arguments) => commands::tune::run(&arguments),
        Command::Compile(arguments) => commands::compile::run(&arguments),
        // Its words never come so far.
        Command::Cc(_) => Ok(()),
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Table(arguments) => commands::table::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Scan(arguments) => commands::scan::run(&arguments),
        Command::Steps(arguments) => commands::steps::run(&arguments),
        Command::Polybench(arguments) => commands::polybench::run(&arguments),
        Command::Dataset(arguments) => commands::dataset::run(&arguments),
        Command::Model(arguments) => commands::model::run(&arguments),
        Command::Records(arguments) => commands::records::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Fuzz(arguments) => commands::fuzz::run(&arguments),
        Command::FuzzWorker(arguments) => commands::fuzz::worker(&arguments),
        Command::Worker => loopwright_runtime::worker_main(),
    }
}

/// Whether the innermost subcommand has `--json`.
fn asks_for_json(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, inner)) => asks_for_json(inner),
        None => matches.try_get_one::<bool>("json").ok().flatten() == Some(&true),
    }
}

/// Prints help, the version, or what is wrong with the command line, and gives the exit code.
fn usage(error: &clap::Error, json: bool) -> u8 {
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let text = error.render();
    if error.use_stderr() {
        if terminal::colours() {
            eprint!("{}", text.ansi())
        } else {
            eprint!("{text}")
        }
        if json {
            let reason = text.to_string();
            let reason = reason.trim().trim_start_matches("error: ");
            let _ = terminal::print_json(&json!({"exit_code": code, "reason": reason}));
        }
    } else if terminal::colours_on_output() {
        print!("{}", text.ansi());
    } else {
        print!("{text}");
    }
    code
}
