//! Failures made small, printed as tests and saved.

use super::Arguments;
use super::process::{Answer, Process, Settings};
use crate::failure::{Failure as CommandFailure, Kind, OrFail, Outcome};
use loopwright_fuzz::protocol::{Case, Judgement, Request};
use loopwright_fuzz::shrink::shrink;
use loopwright_fuzz::{Failure, Finding, View};
use std::path::Path;

/// So many failures of a run are made small; the others are only named.
const MOST: usize = 6;

/// A failure, smaller.
pub struct Reduced {
    pub seed: u64,
    pub pair: u64,
    pub finding: Finding,
    pub source: String,
    pub parameters: String,
    pub schedule: String,
    pub loops: String,
}

/// The first failures, made small and saved where the arguments say so.
pub fn all(arguments: &Arguments, failures: &[Failure]) -> Outcome<Vec<Reduced>> {
    if failures.is_empty() || arguments.shrink == 0 {
        return Ok(Vec::new());
    }
    let settings = Settings { compiler: arguments.compiler.clone(), planted: None };
    let mut judge = Judge { process: Process::start(&settings)?, settings, failure: None };
    let mut reduced = Vec::new();
    for failure in failures.iter().filter(can_be_reduced).take(MOST) {
        let small = judge.reduce(failure, arguments.shrink)?;
        if let Some(folder) = &arguments.save {
            save(folder, &small)?;
        }
        reduced.push(small);
    }
    Ok(reduced)
}

/// What hangs takes too long, and what does not show by itself cannot be repeated.
fn can_be_reduced(failure: &&Failure) -> bool {
    failure.finding.view != View::Hang && failure.suspects.is_empty()
}

/// Runs cases in a process that may die of them.
struct Judge {
    settings: Settings,
    process: Process,
    failure: Option<CommandFailure>,
}

impl Judge {
    fn judge(&mut self, case: &Case) -> Outcome<(Option<Finding>, Option<Judgement>)> {
        match self.process.ask(&Request::Case(case.clone()), &mut |_| {})? {
            Answer::Judged(judgement) => {
                let finding = judgement.finding.clone().filter(|_| judgement.valid);
                Ok((finding, Some(judgement)))
            }
            Answer::Done(_) | Answer::Checked(_) | Answer::Texts(_) => Ok((None, None)),
            Answer::Died { reason, hung, .. } => {
                self.process = Process::start(&self.settings)?;
                let view = if hung { View::Hang } else { View::Crash };
                Ok((Some(Finding::new(view, reason)), None))
            }
        }
    }

    fn reduce(&mut self, failure: &Failure, most: usize) -> Outcome<Reduced> {
        let start = Case {
            seed: failure.seed,
            pair: failure.pair,
            reductions: Vec::new(),
            schedule: Some(failure.schedule.clone()),
            native: true,
        };
        let (case, finding) =
            shrink(&start, &failure.finding, most, &mut |case| match self.judge(case) {
                Ok((finding, _)) => finding,
                Err(failure) => {
                    self.failure.get_or_insert(failure);
                    None
                }
            });
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        // Without running it, the texts are there even where the run kills the process.
        let texts = Case { native: false, ..case.clone() };
        let (_, judgement) = self.judge(&texts)?;
        Ok(Reduced {
            seed: failure.seed,
            pair: failure.pair,
            finding,
            source: judgement.as_ref().map_or(&failure.source, |it| &it.source).clone(),
            parameters: judgement.as_ref().map(|it| it.parameters.clone()).unwrap_or_default(),
            schedule: case.schedule.unwrap_or_default(),
            loops: judgement.map(|it| it.loops).unwrap_or_default(),
        })
    }
}

impl Reduced {
    /// The failure as a test: C text, schedule, what disagrees, and how to see it again.
    pub fn text(&self) -> String {
        let mut text = format!("// {}: {}\n", self.finding.view, self.finding.detail);
        text.push_str(&format!(
            "// repeat: loopwright fuzz --seed {} --only {}\n",
            self.seed, self.pair
        ));
        if !self.parameters.is_empty() {
            text.push_str(&format!("// parameters: {}\n", self.parameters));
        }
        text.push_str("// schedule:\n");
        for line in self.schedule.lines() {
            text.push_str(&format!("//   {line}\n"));
        }
        if !self.loops.is_empty() {
            text.push_str("// loops:\n");
            for line in self.loops.lines() {
                text.push_str(&format!("//   {line}\n"));
            }
        }
        text.push_str(self.source.trim_end());
        text.push('\n');
        text
    }
}

fn save(folder: &Path, reduced: &Reduced) -> Outcome<()> {
    std::fs::create_dir_all(folder).or_fail(Kind::Environment)?;
    let name = format!("seed{}-pair{}", reduced.seed, reduced.pair);
    for (extension, text) in
        [("c", reduced.text()), ("schedule", format!("{}\n", reduced.schedule.trim_end()))]
    {
        let path = folder.join(format!("{name}.{extension}"));
        loopwright_runtime::write_atomically(&path, text.as_bytes()).or_fail(Kind::Environment)?;
    }
    Ok(())
}
