//! `loopwright dataset submit`: the script of a task, and the array.

use super::super::SubmitArguments;
use super::super::recipe::Recipe;
use super::{Submission, quoted};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_runtime::Machine;
use std::path::Path;

/// Writes the script and submits it.
pub fn submit(arguments: &SubmitArguments) -> Outcome<()> {
    debug_assert!(arguments.slurm);
    std::fs::create_dir_all(&arguments.out).map_err(|error| {
        Failure::new(Kind::Environment, format!("{}: {error}", arguments.out.display()))
    })?;
    let folder = arguments.out.canonicalize().or_fail(Kind::Environment)?;
    // What depends on the machine is decided here, so that all nodes do the same.
    let mut words = Recipe::new(&arguments.recipe, &Machine::detect()).words();
    if arguments.mixed {
        words.push("--mixed".to_owned());
    }
    let mut sbatch = arguments.sbatch.clone();
    if !arguments.shared {
        sbatch.insert(0, "--exclusive".to_owned());
    }
    if Submission::path(&folder).exists() {
        let before = Submission::read(&folder)?;
        if before.tasks != arguments.tasks || before.words != words {
            return Err(Failure::with_help(
                Kind::Input,
                format!("{} holds another submission", folder.display()),
                "use another folder with --out",
            ));
        }
        if !before.jobs.is_empty() && !arguments.dry_run {
            return Err(Failure::with_help(
                Kind::Input,
                format!("that was submitted already, as job {}", before.jobs.join(", ")),
                format!(
                    "loopwright dataset collect {} --resubmit",
                    quoted(&folder.to_string_lossy())
                ),
            ));
        }
    }
    let mut submission = Submission { tasks: arguments.tasks, words, sbatch, jobs: Vec::new() };
    write_script(&submission, &folder)?;
    submission.write(&folder)?;
    let tasks = format!("1-{}", submission.tasks);
    if arguments.dry_run {
        let words = submission.sbatch_words(&folder, &tasks);
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        println!("sbatch {}", words.join(" "));
        return Ok(());
    }
    let job = submission.send(&folder, &tasks)?;
    println!(
        "job {job}: {} tasks; then `loopwright dataset collect {}`",
        submission.tasks,
        folder.display()
    );
    Ok(())
}

fn write_script(submission: &Submission, folder: &Path) -> Outcome<()> {
    let program = std::env::current_exe().or_fail(Kind::Environment)?;
    let words: Vec<String> = submission.words.iter().map(|word| quoted(word)).collect();
    let text = format!(
        "#!/bin/sh\n# Task I makes shard I of the data set, from where it was stopped.\nexec {} dataset generate --out {} \
         --shard \"$SLURM_ARRAY_TASK_ID/{}\" {}\n",
        quoted(&program.to_string_lossy()),
        quoted(&folder.to_string_lossy()),
        submission.tasks,
        words.join(" "),
    );
    loopwright_runtime::write_atomically(&folder.join("task.sh"), text.as_bytes())
        .or_fail(Kind::Environment)
}
