//! `loopwright cc`: in the place of a C compiler.

use crate::driver::{self, CommandLine, Stop};
use crate::interrupt;
use clap::Args;
use loopwright_runtime::guard;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compile and link C like a C compiler, with its regions compiled by us.
///
/// Takes a C compiler's command line (`make CC="loopwright cc"`): regions between `#pragma scop` and `#pragma
/// endscop` become scheduled loops, for the sizes that the file tells and for any other; everything else is done by
/// the host compiler, as are -E, -S and whatever else makes no object. -v says what became of each region.
#[derive(Args)]
pub struct Arguments {
    /// The compiler that does the rest; clang-19 by default, or what LOOPWRIGHT_HOST_CC says.
    #[arg(long, value_name = "COMMAND")]
    host_cc: Option<String>,
    /// Look for loops in functions without pragmas, too.
    #[arg(long)]
    auto: bool,
    /// Keep a report of all regions in a file, one for all files of a build.
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
    /// Look for schedules in a folder first: FILE.REGION.schedule or REGION.schedule.
    #[arg(long, value_name = "DIR")]
    schedule_dir: Option<PathBuf>,
    /// How long the search for a region's schedule may take: 2s by default, 20s with --tune.
    #[arg(long, value_name = "TIME")]
    budget: Option<String>,
    /// Measure schedules where the file tells the sizes, and remember the best.
    #[arg(long)]
    tune: bool,
    /// Everything else is a C compiler's: files and options.
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// Runs the command on the words behind `cc`, which no other parser looks at.
pub fn run(words: &[OsString]) -> ExitCode {
    let line = match CommandLine::read(words) {
        Ok(line) => line,
        Err(error) => return ended(Stop::Error(error)),
    };
    if driver::is_for_host_alone(&line) {
        return driver::become_host(&line).map_or_else(ended, |()| ExitCode::SUCCESS);
    }
    guard::start();
    interrupt::install();
    let code = driver::run(&line).map_or_else(ended, |()| ExitCode::SUCCESS);
    guard::finish();
    code
}

fn ended(stop: Stop) -> ExitCode {
    match stop {
        Stop::Host(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Stop::Error(text) => {
            eprintln!("loopwright cc: error: {text}");
            ExitCode::FAILURE
        }
    }
}
