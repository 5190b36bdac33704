//! What a data set is made of: programs and schedules by seed and options.

use crate::failure::Outcome;
use crate::target::{runnable, vector_bits_of};
use crate::tuning::{machine_features, search_machine};
use clap::Args;
use loopwright_codegen::Target;
use loopwright_costmodel::MachineFeatures;
use loopwright_costmodel::dataset::key;
use loopwright_runtime::Machine;
use loopwright_synth::{Shape, SynthOptions, SynthProgram, generate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::RangeInclusive;

/// The programs' seeds count up from the user's; other draws must not use the same numbers.
const SCHEDULE_SEED: u64 = 0x5c4e_d01e_0000_0000;
const MACHINE_SEED: u64 = 0x3ac1_19e0_0000_0000;

/// The programs and schedules of a data set.
#[derive(Args, Clone, Debug)]
pub struct RecipeArguments {
    /// How many programs all shards have together.
    #[arg(long, value_name = "N", default_value_t = 420)]
    pub programs: u64,
    /// How many schedules a program is measured under, the original order included.
    #[arg(long, value_name = "M", default_value_t = 28, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub schedules: u32,
    /// The seed of the first program; the others count up from it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Only this family of programs; several separated by commas take turns.
    #[arg(long, value_name = "SHAPE", value_delimiter = ',')]
    pub shape: Vec<Shape>,
    /// Threads that parallel loops run on; each program is measured with one of several numbers separated by
    /// commas. One and all by default.
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Vec<u32>,
    /// The machines that code is for, as native,x86-64-v3; each program is for one of them. By default native,
    /// and x86-64-v3 where that has narrower vectors.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub march: Vec<String>,
    /// About how long a program runs in its original order, in milliseconds.
    #[arg(long, value_name = "LOW..HIGH", default_value = "0.05..6", value_parser = parse_range)]
    pub milliseconds: RangeInclusive<f64>,
    /// The arrays of a program are no bigger than this together, as 64M or 1G.
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = parse_size)]
    pub memory: u64,
}

/// The same with every default decided, for one machine.
#[derive(Clone, Debug)]
pub struct Recipe {
    arguments: RecipeArguments,
    machine: Machine,
    /// What decides beside the seed, in words.
    pub options: String,
}

/// What one program is measured with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub march: String,
    pub target: Target,
    pub features: MachineFeatures,
    pub search: loopwright_search::Machine,
}

impl Recipe {
    /// For a machine.
    pub fn new(arguments: &RecipeArguments, machine: &Machine) -> Self {
        let mut arguments = arguments.clone();
        if arguments.threads.is_empty() {
            let all = u32::try_from(machine.threads).unwrap_or(1);
            arguments.threads = if all > 1 { vec![1, all] } else { vec![1] };
        }
        if arguments.march.is_empty() {
            arguments.march = vec!["native".to_owned()];
            if machine.vector_bits > 256 {
                arguments.march.push("x86-64-v3".to_owned());
            }
        }
        let list = |words: Vec<String>| words.join(",");
        let shapes: Vec<String> = arguments.shape.iter().map(ToString::to_string).collect();
        let options = format!(
            "schedules={} shapes={} threads={} march={} milliseconds={}..{} memory={}",
            arguments.schedules,
            if shapes.is_empty() { "all".to_owned() } else { list(shapes) },
            list(arguments.threads.iter().map(u32::to_string).collect()),
            list(arguments.march.clone()),
            arguments.milliseconds.start(),
            arguments.milliseconds.end(),
            arguments.memory,
        );
        Self { arguments, machine: machine.clone(), options }
    }

    /// The command-line words that say the same on any machine.
    pub fn words(&self) -> Vec<String> {
        let RecipeArguments { programs, schedules, seed, .. } = &self.arguments;
        let range = &self.arguments.milliseconds;
        let mut words = vec![
            format!("--programs={programs}"),
            format!("--schedules={schedules}"),
            format!("--seed={seed}"),
            format!("--milliseconds={}..{}", range.start(), range.end()),
            format!("--memory={}", self.arguments.memory),
        ];
        words.extend(self.arguments.threads.iter().map(|count| format!("--threads={count}")));
        words.extend(self.arguments.march.iter().map(|name| format!("--march={name}")));
        words.extend(self.arguments.shape.iter().map(|shape| format!("--shape={shape}")));
        words
    }

    /// What [`Self::words`] says.
    pub fn of_words(words: &[String], machine: &Machine) -> Option<Self> {
        #[derive(clap::Parser)]
        struct Words {
            #[command(flatten)]
            recipe: RecipeArguments,
        }
        let all = std::iter::once("generate").chain(words.iter().map(String::as_str));
        let parsed = <Words as clap::Parser>::try_parse_from(all).ok()?;
        Some(Self::new(&parsed.recipe, machine))
    }

    /// The seed of the program at a position of the whole data set.
    pub fn seed(&self, position: u64) -> u64 {
        self.arguments.seed.wrapping_add(position)
    }

    /// How many programs there are.
    pub fn programs(&self) -> u64 {
        self.arguments.programs
    }

    /// How many schedules a program has beside its original order.
    pub fn others(&self) -> usize {
        self.arguments.schedules as usize - 1
    }

    /// The key of a record.
    pub fn key(&self, seed: u64) -> String {
        key(seed, &self.options)
    }

    /// The program of a seed.
    pub fn program(&self, seed: u64) -> SynthProgram {
        let shapes = &self.arguments.shape;
        let turn = usize::try_from(seed).unwrap_or(0).checked_rem(shapes.len());
        let options = SynthOptions {
            shape: turn.and_then(|turn| shapes.get(turn).copied()),
            milliseconds: self.arguments.milliseconds.clone(),
            memory: self.arguments.memory,
        };
        generate(seed, &options)
    }

    /// What draws a program's schedules.
    pub fn random(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(SCHEDULE_SEED ^ seed)
    }

    /// What the program of a seed is measured with.
    pub fn settings(&self, seed: u64) -> Outcome<Settings> {
        let mut random = ChaCha8Rng::seed_from_u64(MACHINE_SEED ^ seed);
        let (threads, marches) = (&self.arguments.threads, &self.arguments.march);
        let count = threads.get(random.random_range(0..threads.len())).copied().unwrap_or(1);
        let march = marches.get(random.random_range(0..marches.len())).cloned();
        let march = march.unwrap_or_else(|| "native".to_owned());
        let vector_bits = vector_bits_of(&march).unwrap_or(self.machine.vector_bits);
        Ok(Settings {
            target: runnable(&march)?,
            features: MachineFeatures { vector_bits, ..machine_features(&self.machine, count) },
            search: loopwright_search::Machine {
                vector_bits,
                ..search_machine(&self.machine, count)
            },
            march,
        })
    }
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
    fn words_say_the_same_again() {
        let machine = Machine::detect();
        let words: Vec<String> = [
            "--programs=7",
            "--schedules=5",
            "--seed=3",
            "--shape=stencil",
            "--shape=chain",
            "--milliseconds=0.05..1.5",
            "--memory=1048576",
            "--threads=1",
            "--threads=3",
            "--march=native",
        ]
        .map(str::to_owned)
        .into();
        let recipe = Recipe::of_words(&words, &machine).expect("they parse");
        let again = Recipe::of_words(&recipe.words(), &machine).expect("they parse");
        assert_eq!(
            (recipe.options.as_str(), recipe.words()),
            (again.options.as_str(), again.words())
        );
        assert!(recipe.options.contains("shapes=stencil,chain threads=1,3"), "{}", recipe.options);
        assert_eq!((again.programs(), again.seed(2)), (7, 5));
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
