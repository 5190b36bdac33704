//! `loopwright dataset`: measured random programs, from which the cost model learns.

mod candidates;
mod generate;
mod info;
mod labels;

use crate::failure::Outcome;
use clap::{Args, Subcommand};
use loopwright_synth::Shape;
use std::ops::RangeInclusive;
use std::path::PathBuf;

pub use candidates::Proposer;
pub use generate::{BUSY, warn_of_load};
pub use info::read as read_records;
pub use labels::{Label, Labels, compile_all};

/// Make and look at the data from which the cost model learns.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Generate(GenerateArguments),
    Info(InfoArguments),
}

/// Make random programs, run each under random legal schedules and write the times.
///
/// The original order comes first; about half of the others are what a search would look at, the
/// rest are random. Every result is compared with the original's bit for bit. The same command
/// goes on where it was stopped. Several machines share the work with --shard.
#[derive(Args)]
pub struct GenerateArguments {
    /// The folder of the data set; it is made where it is missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many programs all shards have together.
    #[arg(long, value_name = "N", default_value_t = 420)]
    programs: u64,
    /// How many schedules a program is measured under, the original order included.
    #[arg(long, value_name = "M", default_value_t = 14, value_parser = clap::value_parser!(u32).range(2..=1000))]
    schedules: u32,
    /// The seed of the first program; the others count up from it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Only this family of programs; several separated by commas take turns.
    #[arg(long, value_name = "SHAPE", value_delimiter = ',')]
    shape: Vec<Shape>,
    /// Make part I of N, counted from 1.
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = parse_shard)]
    shard: Shard,
    /// Threads that parallel loops run on; all by default, or OMP_NUM_THREADS.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
    /// About how long a program runs in its original order, in milliseconds.
    #[arg(long, value_name = "LOW..HIGH", default_value = "0.3..10", value_parser = parse_range)]
    milliseconds: RangeInclusive<f64>,
    /// The arrays of a program are no bigger than this together, as 64M or 1G.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = parse_size)]
    memory: u64,
    /// The cost model that proposes schedules, in place of the one that is shipped.
    #[arg(long, value_name = "FILE.onnx")]
    model: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Count what data sets hold.
#[derive(Args)]
pub struct InfoArguments {
    /// Folders or single shards.
    #[arg(required = true, value_name = "FOLDER")]
    data: Vec<PathBuf>,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    match &arguments.command {
        Command::Generate(arguments) => generate::run(arguments),
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

fn parse_range(text: &str) -> Result<RangeInclusive<f64>, String> {
    let wrong = || format!("`{text}` is not a range such as 0.3..10");
    let (low, high) = text.split_once("..").ok_or_else(wrong)?;
    let low: f64 = low.parse().map_err(|_| wrong())?;
    let high: f64 = high.parse().map_err(|_| wrong())?;
    if !(low > 0.0 && high >= low && high.is_finite()) {
        return Err(wrong());
    }
    Ok(low..=high)
}

fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a size such as 64M");
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u64 = match text.strip_prefix(digits).unwrap_or_default() {
        "" => 1,
        "K" | "k" => 1 << 10,
        "M" | "m" => 1 << 20,
        "G" | "g" => 1 << 30,
        _ => return Err(wrong()),
    };
    let value: u64 = digits.parse().map_err(|_| wrong())?;
    value.checked_mul(unit).filter(|bytes| *bytes > 0).ok_or_else(wrong)
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

    #[test]
    fn ranges_and_sizes_are_read() {
        assert_eq!(parse_range("0.3..10"), Ok(0.3..=10.0));
        for wrong in ["", "3", "0..1", "2..1", "1..inf", "-1..2"] {
            assert!(parse_range(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_size("64M"), Ok(64 << 20));
        assert_eq!(parse_size("512"), Ok(512));
        for wrong in ["", "M", "0", "3T", "99999999999999G"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
