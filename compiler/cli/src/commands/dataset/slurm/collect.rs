//! `loopwright dataset collect`: what is there, what is missing, and once more what is missing.

use super::super::recipe::Recipe;
use super::super::{CollectArguments, Shard};
use super::{Submission, controller};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::table;
use crate::terminal::print_json;
use loopwright_costmodel::ProgramRecord;
use loopwright_costmodel::dataset::{read_shard, write_shard};
use loopwright_runtime::Machine;
use serde_json::json;
use std::collections::HashSet;

/// One task's shard.
struct Part {
    task: u32,
    /// The programs that it is for.
    wanted: usize,
    records: Vec<ProgramRecord>,
    /// What is wrong with the file.
    fault: Option<String>,
}

impl Part {
    fn missing(&self) -> usize {
        self.wanted - self.records.len()
    }
}

/// Merges, reports, and resubmits where that is asked for.
pub fn collect(arguments: &CollectArguments) -> Outcome<()> {
    let folder = arguments.folder.canonicalize().map_err(|error| {
        Failure::new(Kind::Input, format!("{}: {error}", arguments.folder.display()))
    })?;
    let mut submission = Submission::read(&folder)?;
    let words: Vec<String> =
        submission.words.iter().filter(|word| *word != "--mixed").cloned().collect();
    let recipe = Recipe::of_words(&words, &Machine::detect()).ok_or_else(|| {
        let path = Submission::path(&folder);
        Failure::new(
            Kind::Input,
            format!("{}: the words are none of `dataset generate`", path.display()),
        )
    })?;
    let parts: Vec<Part> = (1..=submission.tasks)
        .map(|task| {
            let shard = Shard { position: u64::from(task), count: u64::from(submission.tasks) };
            part(&folder.join(shard.file_name()), task, shard, &recipe)
        })
        .collect();
    if let Some(out) = &arguments.out {
        write_shard(out, parts.iter().flat_map(|part| &part.records)).or_fail(Kind::Environment)?;
    }
    let queue = controller::queued(&submission.jobs).unwrap_or_else(|failure| Err(failure.text()));
    let mut again = Vec::new();
    if let Ok(tasks) = &queue {
        let is_idle = |part: &&Part| part.missing() > 0 && !tasks.contains_key(&part.task);
        again.extend(parts.iter().filter(is_idle).filter(|part| part.fault.is_none()));
    }
    let mut job = None;
    if arguments.resubmit && !again.is_empty() {
        let tasks: Vec<String> = again.iter().map(|part| part.task.to_string()).collect();
        job = Some(submission.send(&folder, &tasks.join(","))?);
    }
    report(arguments, &parts, &queue, job.as_deref())?;
    if let Err(complaint) = &queue
        && arguments.resubmit
    {
        return Err(Failure::with_help(
            Kind::Environment,
            format!("nothing was resubmitted, since Slurm does not say what runs: {complaint}"),
            "what was made so far is kept; try again when the controller answers",
        ));
    }
    let faults: Vec<&str> = parts.iter().filter_map(|part| part.fault.as_deref()).collect();
    if !faults.is_empty() {
        return Err(Failure::with_help(
            Kind::Input,
            faults.join("\n  "),
            "move such files away; `collect --resubmit` makes what was in them anew",
        ));
    }
    Ok(())
}

/// The records of a shard that belong there, each once.
fn part(path: &std::path::Path, task: u32, shard: Shard, recipe: &Recipe) -> Part {
    let wanted: HashSet<String> =
        shard.positions(recipe.programs()).map(|at| recipe.key(recipe.seed(at))).collect();
    let mut part = Part { task, wanted: wanted.len(), records: Vec::new(), fault: None };
    if !path.exists() {
        return part;
    }
    let records = match read_shard(path) {
        Ok(records) => records,
        Err(error) => return Part { fault: Some(error.to_string()), ..part },
    };
    let mut seen = HashSet::new();
    let mut foreign = 0;
    for record in records {
        if !wanted.contains(&record.key) {
            foreign += 1;
        } else if seen.insert(record.key.clone()) {
            part.records.push(record);
        }
    }
    if foreign > 0 {
        let text = format!("{} holds {foreign} records of something else", path.display());
        part.fault = Some(text);
    }
    part
}

fn report(
    arguments: &CollectArguments,
    parts: &[Part],
    queue: &Result<std::collections::BTreeMap<u32, String>, String>,
    job: Option<&str>,
) -> Outcome<()> {
    let records = || parts.iter().flat_map(|part| &part.records);
    let (programs, points) =
        (records().count(), records().map(|one| one.schedules_list.len()).sum::<usize>());
    let missing: usize = parts.iter().map(Part::missing).sum();
    let open: Vec<&Part> = parts.iter().filter(|part| part.missing() > 0).collect();
    let state = |part: &Part| match queue {
        Ok(tasks) => tasks.get(&part.task).map_or("ended", String::as_str),
        Err(_) => "not known",
    };
    if arguments.json {
        let open: Vec<_> = open
            .iter()
            .map(|part| json!({"task": part.task, "missing": part.missing(), "state": state(part)}))
            .collect();
        return print_json(&json!({
            "programs": programs, "points": points, "missing": missing, "open": open, "job": job,
        }));
    }
    if !open.is_empty() {
        let rows = open.iter().map(|part| {
            let counts = [part.task as usize, part.records.len(), part.missing()];
            let mut row: Vec<String> = counts.iter().map(ToString::to_string).collect();
            row.push(state(part).to_owned());
            row
        });
        println!("{}", table(&[">task", ">programs", ">missing", "state"], rows.collect()));
    }
    println!("{programs} programs, {points} points; {missing} programs are missing");
    if let Err(complaint) = queue {
        eprintln!("warning: what runs is not known: {complaint}");
    }
    match job {
        Some(job) => println!("resubmitted as job {job}"),
        None if missing > 0 && !arguments.resubmit => {
            println!("`collect --resubmit` submits again what neither runs nor waits");
        }
        None => {}
    }
    Ok(())
}
