//! `loopwright doctor`: whether everything that is needed is here, and what the machine is like.

mod machine;
mod peak;
mod tools;

use crate::failure::{Failure, Kind, Outcome};
use crate::report::table;
use crate::terminal::print_json;
use clap::Args;
use serde_json::json;

/// Check what is installed and describe the machine.
#[derive(Args)]
pub struct Arguments {
    /// The C compiler for originals.
    #[arg(long, value_name = "COMMAND", default_value = "clang-19")]
    compiler: String,
    /// Measure what the machine can do instead: fused multiply-adds in registers, and the bandwidth of each
    /// level of memory, with one and all threads. `bench` and `polybench --expert` then show shares of it.
    #[arg(long)]
    peak: bool,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// How one thing is.
enum State {
    /// A property of the machine, neither good nor bad.
    Fact,
    /// It works.
    Works,
    /// Not as it should be, but nothing fails for it; with advice.
    Notice(String),
    /// Something needed is missing or broken; with what to do.
    Missing(String),
}

/// One line of the table.
struct Finding {
    name: &'static str,
    /// A version, a size, or what went wrong.
    found: String,
    state: State,
}

impl Finding {
    fn fact(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, found: found.into(), state: State::Fact }
    }

    fn works(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, found: found.into(), state: State::Works }
    }

    fn notice(name: &'static str, found: impl Into<String>, advice: &str) -> Self {
        Self { name, found: found.into(), state: State::Notice(advice.to_owned()) }
    }

    fn missing(name: &'static str, found: impl Into<String>, remedy: &str) -> Self {
        Self { name, found: found.into(), state: State::Missing(remedy.to_owned()) }
    }

    fn row(&self) -> Vec<String> {
        let (state, advice) = self.words();
        let found = match advice {
            Some(advice) => format!("{}\n→ {advice}", self.found),
            None => self.found.clone(),
        };
        vec![self.name.to_owned(), state.to_owned(), found]
    }

    fn words(&self) -> (&'static str, Option<&str>) {
        match &self.state {
            State::Fact => ("", None),
            State::Works => ("ok", None),
            State::Notice(advice) => ("note", Some(advice)),
            State::Missing(remedy) => ("missing", Some(remedy)),
        }
    }
}

/// Runs all checks; something missing is a failure after the table.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    if arguments.peak {
        return peak::run(arguments.json);
    }
    let mut findings = tools::findings(&arguments.compiler);
    findings.extend(machine::findings());
    if arguments.json {
        let lines: Vec<_> = findings
            .iter()
            .map(|finding| {
                let (state, advice) = finding.words();
                let state = if state.is_empty() { "fact" } else { state };
                json!({
                    "name": finding.name, "state": state, "found": finding.found, "advice": advice,
                })
            })
            .collect();
        print_json(&lines)?;
    } else {
        println!("{}", table(&["what", "", "found"], findings.iter().map(Finding::row).collect()));
    }
    let missing: Vec<&str> = findings
        .iter()
        .filter(|finding| matches!(finding.state, State::Missing(_)))
        .map(|finding| finding.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::with_help(
        Kind::Environment,
        format!("missing or broken: {}", missing.join(", ")),
        "`make setup` in the repository installs what is needed on Debian",
    ))
}
