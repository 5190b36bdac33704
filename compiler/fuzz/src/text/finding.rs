//! What was found, and what was counted.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Where a difference from the user's own compilation shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextView {
    /// Native code in the original order.
    Native,
    /// Native code under a random schedule.
    Scheduled,
    /// The printed C, compiled.
    Printed,
    /// The emitted function for other sizes than the tuned ones, or on arrays that overlap.
    Fallback,
    /// The same text with the C compiler's optimisations.
    Optimised,
    /// Code generation or the C compiler refused what we made.
    Compile,
    /// A panic of the compiler.
    Panic,
    /// The process died.
    Crash,
    /// The process did not answer in time.
    Hang,
}

impl fmt::Display for TextView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Native => "native code",
            Self::Scheduled => "scheduled",
            Self::Printed => "printed C",
            Self::Fallback => "fallback",
            Self::Optimised => "C compiler, optimised",
            Self::Compile => "compile",
            Self::Panic => "panic",
            Self::Crash => "crash",
            Self::Hang => "hang",
        })
    }
}

/// A difference, and how to see it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFailure {
    pub seed: u64,
    pub region: u64,
    pub view: TextView,
    pub detail: String,
    /// The decisions that the text was made of.
    pub choices: Vec<u32>,
    pub source: String,
    /// The values of the parameters, as `n=3 m=4`.
    pub parameters: String,
    /// The schedule, where there was one.
    pub schedule: String,
}

impl TextFailure {
    /// A C file that shows it, with what it is in front.
    pub fn text(&self) -> String {
        let mut text = format!("// {}: {}\n", self.view, self.detail);
        text.push_str(&format!("// parameters: {}\n", self.parameters));
        for line in self.schedule.lines() {
            text.push_str(&format!("// schedule: {line}\n"));
        }
        let (seed, region) = (self.seed, self.region);
        text.push_str(&format!(
            "// repeat: loopwright fuzz --regions 1 --seed {seed} --only {region}\n"
        ));
        text.push_str("#include <math.h>\n");
        text.push_str(&self.source);
        text
    }
}

/// Of one construct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub regions: u64,
    pub accepted: u64,
}

/// Counts that add up over batches and workers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextTally {
    pub regions: u64,
    pub accepted: u64,
    /// Accepted, but what the text does is undefined or takes too long for the tuned sizes, so that it was not compared.
    pub undefined: u64,
    pub schedules: u64,
    /// Sizes for which the emitted function was called.
    pub sizes: u64,
    /// Other sizes for which the text is undefined.
    pub undefined_sizes: u64,
    /// Comparisons of all buffers, by view.
    pub comparisons: BTreeMap<String, u64>,
    pub constructs: BTreeMap<String, Seen>,
    /// Rejections by their text without names.
    pub rejected: BTreeMap<String, u64>,
    pub failures: u64,
    /// Microseconds by phase.
    pub microseconds: BTreeMap<String, u64>,
}

impl TextTally {
    /// Adds another one's counts.
    pub fn add(&mut self, other: &Self) {
        let merge = |into: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>| {
            for (key, count) in from {
                *into.entry(key.clone()).or_default() += count;
            }
        };
        self.regions += other.regions;
        self.accepted += other.accepted;
        self.undefined += other.undefined;
        self.schedules += other.schedules;
        self.sizes += other.sizes;
        self.undefined_sizes += other.undefined_sizes;
        self.failures += other.failures;
        merge(&mut self.comparisons, &other.comparisons);
        merge(&mut self.rejected, &other.rejected);
        merge(&mut self.microseconds, &other.microseconds);
        for (construct, seen) in &other.constructs {
            let own = self.constructs.entry(construct.clone()).or_default();
            own.regions += seen.regions;
            own.accepted += seen.accepted;
        }
    }

    /// Counts a comparison.
    pub fn compare(&mut self, view: TextView) {
        *self.comparisons.entry(view.to_string()).or_default() += 1;
    }
}
