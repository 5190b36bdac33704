//! `loopwright dataset`: measured random programs, from which the cost model learns.

mod candidates;
mod compare;
mod compiling;
mod generate;
mod info;
mod labels;
mod looperset;
mod making;
mod plots;
mod recipe;
mod refeature;
mod replay;
mod slurm;

use crate::failure::Outcome;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

pub use candidates::{Candidate, Proposer};
pub use compiling::compile_all;
pub use generate::{BUSY, warn_of_load};
pub use info::read as read_records;
pub use labels::{Label, Labels};
use recipe::RecipeArguments;
pub use replay::with_features;

/// Make and look at the data from which the cost model learns.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Generate(GenerateArguments),
    Refeature(RefeatureArguments),
    Import(ImportArguments),
    Export(ExportArguments),
    Submit(SubmitArguments),
    Collect(CollectArguments),
    Compare(CompareArguments),
    Info(InfoArguments),
}

/// Make random programs, run each under many legal schedules and write all runs.
///
/// The original order comes first; the others are what a search would measure, their neighbours, and random ones.
/// Every result is compared with the original's bit for bit. All schedules of a program are run in turn until
/// their times have settled; what does not settle is left out. The same command goes on where it was stopped,
/// and does more with a larger --programs. Several machines share the work with --shard, or see
/// `dataset submit`.
#[derive(Args)]
pub struct GenerateArguments {
    /// The folder of the data set; it is made where it is missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    recipe: RecipeArguments,
    /// Make part I of N, counted from 1.
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = parse_shard)]
    shard: Shard,
    /// End after this time, as 90m: a sitting. What was begun is begun again by the next one.
    #[arg(long, value_name = "TIME", value_parser = crate::deadline::parse_duration)]
    time: Option<Duration>,
    /// Add to a data set that another machine or another version of the compiler has begun.
    #[arg(long)]
    mixed: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Make features anew from the sources and schedules of data sets, for training.
///
/// Records hold no features, or those of another version. This replays each schedule and writes the same records
/// with the features of this version.
#[derive(Args)]
pub struct RefeatureArguments {
    /// Folders or single shards.
    #[arg(required = true, value_name = "FOLDER")]
    data: Vec<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE.jsonl")]
    out: PathBuf,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Read LOOPerSet's JSON lines as a data set of ours.
///
/// Versions 1 and 2. Each program becomes C text, each schedule steps, which are checked like any other; what cannot
/// be represented is counted by its reason.
#[derive(Args)]
pub struct ImportArguments {
    /// LOOPerSet's file, not compressed.
    #[arg(value_name = "FILE.jsonl")]
    file: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE.jsonl")]
    out: PathBuf,
    /// Only so many programs.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Write data sets as LOOPerSet's JSON lines.
///
/// Steps that LOOPerSet has no words for are named in each schedule's `left_out`; what `import` needs to read the very
/// same records again stands under `loopwright`.
#[derive(Args)]
pub struct ExportArguments {
    /// Folders or single shards.
    #[arg(required = true, value_name = "FOLDER")]
    data: Vec<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE.jsonl")]
    out: PathBuf,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Make a data set on a cluster: write and submit a job array of `dataset generate`.
///
/// Each task makes one shard and appends program by program, so that one that is killed or requeued goes on where it
/// was stopped. `dataset collect` merges what is there and resubmits what is missing.
#[derive(Args)]
pub struct SubmitArguments {
    /// Submit to Slurm, with `sbatch`.
    #[arg(long, required = true)]
    slurm: bool,
    /// How many tasks share the programs.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tasks: u32,
    /// The folder of the data set, which all nodes have.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    recipe: RecipeArguments,
    /// Nodes of different kinds may be in the data set.
    #[arg(long)]
    mixed: bool,
    /// Let tasks share nodes with other work. Measurements want a node for themselves.
    #[arg(long)]
    shared: bool,
    /// Passed to sbatch as it is; may be repeated: --sbatch=--partition=long.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// Write the script, and print the command without running it.
    #[arg(long)]
    dry_run: bool,
}

/// Merge what the tasks of `dataset submit` have made, and say what is missing.
#[derive(Args)]
pub struct CollectArguments {
    /// The folder that was given to `dataset submit`.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Write all records to this file.
    #[arg(long, value_name = "FILE.jsonl")]
    out: Option<PathBuf>,
    /// Submit the tasks again of which something is missing and that neither run nor wait.
    #[arg(long)]
    resubmit: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Compare the labels of two data sets that were made with the same seeds and options: how well they repeat.
#[derive(Args)]
pub struct CompareArguments {
    /// A folder or shard.
    #[arg(value_name = "FOLDER")]
    first: PathBuf,
    /// Another one.
    #[arg(value_name = "FOLDER")]
    second: PathBuf,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Count what data sets hold, and draw how it is spread.
#[derive(Args)]
pub struct InfoArguments {
    /// Folders or single shards.
    #[arg(required = true, value_name = "FOLDER")]
    data: Vec<PathBuf>,
    /// Also draw the plots as SVG into this file.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    match &arguments.command {
        Command::Generate(arguments) => generate::run(arguments),
        Command::Refeature(arguments) => refeature::run(arguments),
        Command::Import(arguments) => looperset::import(arguments),
        Command::Export(arguments) => looperset::export(arguments),
        Command::Submit(arguments) => slurm::submit(arguments),
        Command::Collect(arguments) => slurm::collect(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Info(arguments) => info::run(arguments),
    }
}

/// One of several equal parts of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    /// From 1.
    position: u64,
    count: u64,
}

impl Shard {
    /// The positions, from 0, of the programs that are made here, among so many.
    fn positions(self, programs: u64) -> impl Iterator<Item = u64> {
        let step = usize::try_from(self.count).unwrap_or(usize::MAX);
        (self.position - 1..programs).step_by(step)
    }

    /// How many these are.
    fn size(self, programs: u64) -> u64 {
        programs.saturating_sub(self.position - 1).div_ceil(self.count)
    }

    fn file_name(self) -> String {
        format!("shard-{}-of-{}.jsonl", self.position, self.count)
    }
}

fn parse_shard(text: &str) -> Result<Shard, String> {
    let wrong = || format!("`{text}` is not a part such as 2/8, counted from 1");
    let (position, count) = text.split_once('/').ok_or_else(wrong)?;
    let position = position.parse().map_err(|_| wrong())?;
    let count = count.parse().map_err(|_| wrong())?;
    if position < 1 || position > count {
        return Err(wrong());
    }
    Ok(Shard { position, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_part_the_programs() {
        let shards: Vec<Shard> =
            ["1/3", "2/3", "3/3"].iter().map(|text| parse_shard(text).unwrap()).collect();
        let mut all: Vec<u64> = shards.iter().flat_map(|shard| shard.positions(20)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
        let sizes: Vec<u64> = shards.iter().map(|shard| shard.size(20)).collect();
        assert_eq!(sizes, [7, 7, 6]);
        // Any number of programs takes no memory.
        let endless = shards[2];
        assert_eq!(endless.positions(u64::MAX).nth(1), Some(5));
        assert_eq!((endless.size(u64::MAX), endless.size(2)), (u64::MAX / 3, 0));
        for wrong in ["", "0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(parse_shard(wrong).is_err(), "{wrong}");
        }
    }
}
