//! A data set as an array of Slurm's jobs.
//!
//! Task I of N makes shard I of N. All that is known stands in the folder: the shards, which hold whole records and at
//! most one torn line, and `submission.json`, which says what was submitted. So a task that is killed, requeued or
//! submitted again goes on where the shard ends, and nothing is made twice.

mod collect;
mod controller;
mod submit;

pub use collect::collect;
pub use submit::submit;

use crate::failure::{Failure, Kind, OrFail, Outcome};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What was submitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Submission {
    tasks: u32,
    /// The words of `dataset generate` that say what is made.
    words: Vec<String>,
    /// Options of sbatch.
    sbatch: Vec<String>,
    /// The jobs so far, the latest last.
    jobs: Vec<String>,
}

impl Submission {
    fn path(folder: &Path) -> PathBuf {
        folder.join("submission.json")
    }

    fn read(folder: &Path) -> Outcome<Self> {
        let path = Self::path(folder);
        let bytes = loopwright_runtime::read_bounded(&path, 1 << 20).map_err(|error| {
            Failure::with_help(
                Kind::Input,
                format!("cannot read {}: {error}", path.display()),
                "name the folder that was given to `loopwright dataset submit --out`",
            )
        })?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::new(Kind::Input, format!("{} is no submission: {error}", path.display()))
        })
    }

    fn write(&self, folder: &Path) -> Outcome<()> {
        let mut text = serde_json::to_vec_pretty(self).or_fail(Kind::Other)?;
        text.push(b'\n');
        loopwright_runtime::write_atomically(&Self::path(folder), &text).or_fail(Kind::Environment)
    }

    /// Submits some of the tasks, and notes the job.
    fn send(&mut self, folder: &Path, tasks: &str) -> Outcome<String> {
        let job = controller::submit(&self.sbatch_words(folder, tasks))?;
        self.jobs.push(job.clone());
        self.write(folder)?;
        Ok(job)
    }

    /// What sbatch gets.
    fn sbatch_words(&self, folder: &Path, tasks: &str) -> Vec<String> {
        let folder = folder.display();
        let mut words = vec![
            "--parsable".to_owned(),
            format!("--array={tasks}"),
            "--requeue".to_owned(),
            "--job-name=loopwright-dataset".to_owned(),
            "--open-mode=append".to_owned(),
            format!("--output={folder}/task-%a.log"),
        ];
        words.extend(self.sbatch.iter().cloned());
        words.push(format!("{folder}/task.sh"));
        words
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
