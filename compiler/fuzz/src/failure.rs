//! What disagrees, and for which pair.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a disagreement shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The interpreter, or the making of loops, on what was found legal.
    Forward,
    /// The interpreter with parallel and vector loops reversed.
    Reversed,
    /// The interpreter with parallel and vector loops shuffled.
    Shuffled,
    /// The bits of native code against the C text's.
    Native,
    /// The values of native code with relaxed arithmetic, further from the C text's than that explains.
    Relaxed,
    /// Bytes outside of the arrays that native code wrote.
    Fence,
    /// Code generation or linking.
    Compile,
    /// A panic of the compiler.
    Panic,
    /// The process died.
    Crash,
    /// The process did not answer in time.
    Hang,
    /// The printed schedule, read and replayed, makes other loops.
    Replay,
    /// The schedule in another language, read back, means another order.
    Foreign,
}

impl View {
    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Reversed => "reversed",
            Self::Shuffled => "shuffled",
            Self::Native => "native",
            Self::Relaxed => "relaxed",
            Self::Fence => "fence",
            Self::Compile => "compile",
            Self::Panic => "panic",
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Replay => "replay",
            Self::Foreign => "foreign",
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A disagreement by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub view: View,
    pub detail: String,
}

impl Finding {
    /// In words.
    pub fn new(view: View, detail: impl fmt::Display) -> Self {
        Self { view, detail: detail.to_string() }
    }
}

/// A disagreement and how to see it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub seed: u64,
    pub pair: u64,
    pub finding: Finding,
    /// The program's C text and the schedule's text, as far as they are known.
    pub source: String,
    pub schedule: String,
    /// Where it does not show when the pair runs by itself: the programs that its process had run until then, as the
    /// first one of each batch and how many there were. One of them may have done it.
    #[serde(default)]
    pub suspects: Vec<(u64, u64)>,
}

impl Failure {
    /// What is said of a pair that shows nothing by itself.
    pub fn innocence(&self) -> String {
        let ranges: Vec<String> = self
            .suspects
            .iter()
            .map(|(first, count)| {
                let end = first.saturating_add(*count).saturating_mul(crate::SCHEDULES);
                format!("{} to {}", first.saturating_mul(crate::SCHEDULES), end.saturating_sub(1))
            })
            .collect();
        format!(
            "not by itself: something else in its process did it, where the pairs {} had run",
            ranges.join(", ")
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "pair {}: {}: {}", self.pair, self.finding.view, self.finding.detail)?;
        writeln!(formatter, "{}", self.source.trim_end())?;
        for line in self.schedule.lines() {
            writeln!(formatter, "  {line}")?;
        }
        if !self.suspects.is_empty() {
            return write!(formatter, "  {}", self.innocence());
        }
        write!(formatter, "  repeat: loopwright fuzz --seed {} --only {}", self.seed, self.pair)
    }
}
