//! Asking Slurm's controller, which may not answer.

use crate::failure::{Failure, Kind, Outcome};
use loopwright_runtime::run_bounded;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

/// How long a command of Slurm may take; it tries again by itself for a while.
const LIMIT: Duration = Duration::from_secs(60);

/// What the command prints, or what it complains about.
fn run(program: &str, words: &[String]) -> Outcome<Result<String, String>> {
    let mut command = Command::new(program);
    command.args(words);
    let output = run_bounded(command, LIMIT).map_err(|error| {
        Failure::with_help(
            Kind::Environment,
            error.to_string(),
            "run this where Slurm's commands are installed and its controller answers",
        )
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) })
}

/// The number of the job that sbatch makes.
pub fn submit(words: &[String]) -> Outcome<String> {
    match run("sbatch", words)? {
        // With several clusters the name follows behind a semicolon.
        Ok(text) => match text.split(';').next().map(str::trim) {
            Some(job) if !job.is_empty() && job.bytes().all(|one| one.is_ascii_digit()) => {
                Ok(job.to_owned())
            }
            _ => {
                let text = format!("sbatch answered `{text}`, which is no job's number");
                Err(Failure::new(Kind::Environment, text))
            }
        },
        Err(complaint) => Err(Failure::with_help(
            Kind::Environment,
            format!("nothing was submitted: {complaint}"),
            "what was made so far is kept; try again when the controller answers: `sinfo` says whether it does",
        )),
    }
}

/// The state of each task that waits or runs.
pub fn queued(jobs: &[String]) -> Outcome<Result<BTreeMap<u32, String>, String>> {
    let mut tasks = BTreeMap::new();
    for job in jobs {
        let words = ["--noheader", "--array", "--format=%K %T", "--jobs"].map(str::to_owned);
        let text = match run("squeue", &[words.to_vec(), vec![job.clone()]].concat())? {
            Ok(text) => text,
            // Jobs that ended are forgotten after a while.
            Err(complaint) if complaint.contains("Invalid job id") => continue,
            Err(complaint) => return Ok(Err(complaint)),
        };
        for line in text.lines() {
            if let Some((task, state)) = line.trim().split_once(' ')
                && let Ok(task) = task.parse()
            {
                tasks.insert(task, state.trim().to_ascii_lowercase());
            }
        }
    }
    Ok(Ok(tasks))
}
