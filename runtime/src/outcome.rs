//! What can come of running a candidate: a closed list, so that every caller handles every case.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The result of running native code in a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran to its end; where a check was asked for, its results were right.
    Time(Timing),
    /// A signal ended the process.
    Crashed { signal: i32 },
    /// The code ended the process by itself. `message` is the end of what it wrote to standard error.
    Exited { status: i32, message: String },
    /// One call took longer than the limit.
    TimedOut { limit: Duration },
    /// The system ended the process for want of memory, or memory could not be had.
    OutOfMemory,
    /// Somebody else ended the process.
    Killed,
    /// It needs something that no file defines: a function that it called, or, where a signal ended it,
    /// perhaps one of these names.
    Undefined { symbols: Vec<String>, signal: Option<i32> },
    /// Its results differ from the original's.
    WrongResult(Mismatch),
    /// The shared object could not be loaded, or lacks the symbol.
    LoadFailed(String),
    /// The constructors of the shared object took longer than the limit.
    LoadTimedOut { library: PathBuf, limit: Duration },
}

impl Outcome {
    /// The timing, where there is one.
    pub fn timing(&self) -> Option<&Timing> {
        match self {
            Self::Time(timing) => Some(timing),
            _ => None,
        }
    }

    /// Whether it divided an integer by zero, which nothing else raises this signal for.
    pub fn is_arithmetic_exception(&self) -> bool {
        matches!(self, Self::Crashed { signal: libc::SIGFPE })
    }
}

/// The durations of repeated calls, each from the same buffer contents. Nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    pub minimum_ns: u64,
    pub median_ns: u64,
    /// `median / minimum - 1`: how far a typical call lies above the best one.
    pub spread: f64,
    /// Every call, in the order in which they ran.
    pub runs: Vec<u64>,
}

impl Timing {
    /// Summarises the calls; `None` where there are none.
    pub fn from_runs(runs: Vec<u64>) -> Option<Self> {
        let mut sorted = runs.clone();
        sorted.sort_unstable();
        let minimum_ns = *sorted.first()?;
        let median_ns = *sorted.get((sorted.len() - 1) / 2)?;
        let spread = median_ns as f64 / minimum_ns.max(1) as f64 - 1.0;
        Some(Self { minimum_ns, median_ns, spread, runs })
    }

    /// The minimum in seconds.
    pub fn seconds(&self) -> f64 {
        self.minimum_ns as f64 * 1e-9
    }
}

/// How a candidate's buffers differ from the original's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// The first element that differs. Bits are compared, except that any NaN equals any other: which
    /// payload a NaN carries depends on the order of an instruction's operands, which C leaves open.
    Value {
        /// Position among the buffers of the setup.
        buffer: usize,
        /// Linear index of the element.
        index: u64,
        /// Hexadecimal bits, most significant first.
        expected_bits: String,
        found_bits: String,
        /// The same in decimal.
        expected: String,
        found: String,
        /// How many elements differ in all buffers together.
        differing: u64,
    },
    /// Bytes behind the end of a buffer were written.
    OutOfBounds { buffer: usize },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value {
                buffer,
                index,
                expected_bits,
                found_bits,
                expected,
                found,
                differing,
            } => {
                write!(
                    formatter,
                    "buffer {buffer}, element {index}: {found} (0x{found_bits}) instead of {expected} \
                     (0x{expected_bits}); {differing} elements differ"
                )
            }
            Self::OutOfBounds { buffer } => {
                write!(formatter, "bytes behind the end of buffer {buffer} were written")
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(timing) => write!(formatter, "{:.3} ms", timing.seconds() * 1e3),
            Self::Crashed { signal } => write!(formatter, "crashed ({})", signal_name(*signal)),
            Self::Exited { status, message } if message.is_empty() => {
                write!(formatter, "ended its process with status {status}")
            }
            Self::Exited { status, message } => {
                write!(formatter, "ended its process with status {status}: {message}")
            }
            Self::TimedOut { limit } => {
                write!(formatter, "took longer than {:.3} s", limit.as_secs_f64())
            }
            Self::OutOfMemory => formatter.write_str("ran out of memory"),
            Self::Killed => formatter.write_str("was killed from outside (signal 9)"),
            Self::Undefined { symbols, signal } => {
                let names: Vec<String> =
                    symbols.iter().map(|symbol| format!("`{symbol}`")).collect();
                let names = names.join(", ");
                match signal {
                    None => write!(
                        formatter,
                        "it needs {names}, which is defined nowhere; compile the file that defines it along"
                    ),
                    Some(signal) => write!(
                        formatter,
                        "crashed ({}); it refers to {names}, which is defined nowhere: if the region \
                         needs it, compile the file that defines it along",
                        signal_name(*signal)
                    ),
                }
            }
            Self::WrongResult(mismatch) => write!(formatter, "wrong result: {mismatch}"),
            Self::LoadFailed(message) => write!(formatter, "could not be loaded: {message}"),
            Self::LoadTimedOut { library, limit } => write!(
                formatter,
                "could not be loaded: {}: its constructors did not end within {:.1} s",
                library.display(),
                limit.as_secs_f64()
            ),
        }
    }
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGSEGV => "segmentation fault",
        libc::SIGBUS => "bus error",
        libc::SIGILL => "illegal instruction",
        libc::SIGFPE => "arithmetic exception",
        libc::SIGABRT => "aborted",
        libc::SIGKILL => "killed",
        libc::SIGTRAP => "trap",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timing_summarises_its_runs() {
        let timing = Timing::from_runs(vec![30, 10, 20, 11]).expect("there are runs");
        assert_eq!((timing.minimum_ns, timing.median_ns), (10, 11));
        assert!((timing.spread - 0.1).abs() < 1e-12);
        assert_eq!(timing.runs, [30, 10, 20, 11]);
        assert!(Timing::from_runs(Vec::new()).is_none());
    }

    #[test]
    fn an_outcome_survives_json() {
        for outcome in [
            Outcome::TimedOut { limit: Duration::from_millis(1500) },
            Outcome::OutOfMemory,
            Outcome::Undefined { symbols: vec!["f".to_owned()], signal: None },
            Outcome::WrongResult(Mismatch::OutOfBounds { buffer: 3 }),
        ] {
            let text = serde_json::to_string(&outcome).expect("serialises");
            assert_eq!(serde_json::from_str::<Outcome>(&text).expect("parses"), outcome);
        }
    }
}
