//! One pair by itself.

use super::process::{Answer, Process, Settings};
use super::{Arguments, found, reduce};
use crate::failure::Outcome;
use crate::terminal::print_json;
use loopwright_fuzz::protocol::{Case, Request};
use loopwright_fuzz::{Failure, Finding, View};
use serde_json::json;

/// Looks at a pair and prints it.
pub fn run(arguments: &Arguments, pair: u64) -> Outcome<()> {
    let settings = Settings { compiler: arguments.compiler.clone(), planted: None };
    let mut process = Process::start(&settings)?;
    let case = Case { seed: arguments.seed, pair, ..Case::default() };
    let texts = match process.ask(&Request::Case(case.clone()), &mut |_| {})? {
        Answer::Judged(judgement) => Some(judgement),
        Answer::Done(_) | Answer::Checked(_) | Answer::Texts(_) => None,
        Answer::Died { .. } => {
            process = Process::start(&settings)?;
            None
        }
    };
    let native = Case { native: true, ..case };
    let finding = match process.ask(&Request::Case(native), &mut |_| {})? {
        Answer::Judged(judgement) => judgement.finding,
        Answer::Done(_) | Answer::Checked(_) | Answer::Texts(_) => None,
        Answer::Died { reason, hung, .. } => {
            Some(Finding::new(if hung { View::Hang } else { View::Crash }, reason))
        }
    };
    let (source, schedule, loops) =
        texts.map(|it| (it.source, it.schedule, it.loops)).unwrap_or_default();
    if arguments.json {
        let document = json!({
            "seed": arguments.seed, "pair": pair, "finding": finding, "source": source,
            "schedule": schedule, "loops": loops,
        });
        print_json(&document)?;
    } else {
        println!("{source}\n{schedule}\n\n{loops}");
        match &finding {
            None => println!("all views agree"),
            Some(finding) => println!("{}: {}", finding.view, finding.detail),
        }
    }
    let Some(finding) = finding else { return Ok(()) };
    let suspects = Vec::new();
    let failure = Failure { seed: arguments.seed, pair, finding, source, schedule, suspects };
    for small in reduce::all(arguments, &[failure])? {
        eprintln!("{}", small.text());
    }
    Err(found(1))
}
