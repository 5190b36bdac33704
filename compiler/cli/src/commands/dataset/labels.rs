//! Labels: all schedules of a program in turn, each until its time has settled.
//!
//! A turn runs every schedule that has not settled once or twice, so that whatever else the machine does hits all
//! alike, and the times of a program can be compared. A schedule has settled when the shortest times of two turns
//! agree. Runs that other work disturbed are kept, but no turn counts that has no other. What does not settle in a
//! bounded number of turns has no label.

use crate::laboratory::Laboratory;
use loopwright_runtime::{EntryPoint, Outcome};
use std::fmt;
use std::time::{Duration, Instant};

/// A schedule that is this much slower than the original is not run more than once …
const HOPELESS: u64 = 20;
/// … unless it is quick all the same, in nanoseconds.
const QUICK: u64 = 3_000_000;
/// The shortest times of two turns agree within this.
const AGREEMENT: f64 = 1.02;
/// A schedule that has not settled after so many turns has no label.
const TURNS: usize = 12;
/// A run that is shorter, in nanoseconds, is made twice a turn: the first one warms up.
const SHORT: u64 = 10_000_000;
/// For each so many nanoseconds a run may be interrupted once: the kernel itself does that.
const UNDISTURBED: u64 = 20_000_000;

/// What came of one schedule.
#[derive(Clone, Debug)]
pub enum Label {
    /// All its runs, in milliseconds, and how many were disturbed; the results are right.
    Times { runs: Vec<f64>, disturbed: u64 },
    /// Its time did not settle: other work is going on.
    Unsettled { disturbed: u64 },
    /// It computes something else: a fault of the compiler's.
    Wrong(String),
    /// It could not be compiled or did not run to its end.
    Failed(String),
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times { runs, .. } => write!(formatter, "{} runs", runs.len()),
            Self::Unsettled { disturbed } => {
                write!(formatter, "its time does not settle: {disturbed} runs were disturbed")
            }
            Self::Wrong(found) => write!(formatter, "wrong result: {found}"),
            Self::Failed(reason) => formatter.write_str(reason),
        }
    }
}

/// One schedule's runs so far.
struct Series<'e> {
    entry: &'e EntryPoint,
    runs: Vec<u64>,
    disturbed: u64,
    /// The shortest undisturbed run of each turn that has one.
    turns: Vec<u64>,
    end: Option<Label>,
}

impl<'e> Series<'e> {
    fn new(entry: &'e EntryPoint) -> Self {
        Self { entry, runs: Vec::new(), disturbed: 0, turns: Vec::new(), end: None }
    }

    fn shortest(&self) -> u64 {
        self.runs.iter().copied().min().unwrap_or(u64::MAX)
    }

    fn is_settled(&self) -> bool {
        has_settled(&self.turns, self.shortest())
    }

    fn times(&self) -> Label {
        let runs = self.runs.iter().map(|nanoseconds| *nanoseconds as f64 / 1e6).collect();
        Label::Times { runs, disturbed: self.disturbed }
    }

    /// One or two runs.
    fn turn(&mut self, laboratory: &mut Laboratory<'_>, limit: Duration) {
        let repetitions = if self.shortest() < SHORT { 2 } else { 1 };
        let mut shortest = None;
        for _ in 0..repetitions {
            match laboratory.sample_within(self.entry, limit) {
                Ok((Outcome::Time(timing), preempted)) => {
                    let time = timing.minimum_ns;
                    self.runs.push(time);
                    if preempted > time / UNDISTURBED {
                        self.disturbed += 1;
                    } else {
                        shortest = Some(shortest.unwrap_or(u64::MAX).min(time));
                    }
                }
                Ok((other, _)) => self.end = Some(Label::Failed(other.to_string())),
                Err(error) => self.end = Some(Label::Failed(error.to_string())),
            }
            if self.end.is_some() {
                return;
            }
        }
        self.turns.extend(shortest);
        if self.is_settled() {
            self.end = Some(self.times());
        }
    }
}

/// Whether the shortest times of two turns agree, and no other run was clearly shorter.
fn has_settled(turns: &[u64], shortest: u64) -> bool {
    let near = |time: &&u64| **time as f64 <= shortest as f64 * AGREEMENT;
    turns.iter().filter(near).count() >= 2
}

/// Labels schedules in one laboratory.
pub struct Labels<'l, 'p> {
    laboratory: &'l mut Laboratory<'p>,
    hopeless: u64,
    /// What all labels of a program may take, the first run of each not counted.
    patience: Duration,
}

impl<'l, 'p> Labels<'l, 'p> {
    /// The turns end after `patience`.
    pub fn new(laboratory: &'l mut Laboratory<'p>, patience: Duration) -> Self {
        let hopeless = laboratory.original_nanoseconds().saturating_mul(HOPELESS).max(QUICK);
        Self { laboratory, hopeless, patience }
    }

    /// Checks and times compiled schedules, or says why there are none; ends early, with failures, where `stop`
    /// says so.
    pub fn all(
        &mut self,
        entries: &[&Result<EntryPoint, String>],
        stop: &dyn Fn() -> bool,
    ) -> Vec<Label> {
        let limit = Duration::from_nanos(self.hopeless).max(Duration::from_secs(1));
        let mut series: Vec<Result<Series<'_>, Label>> = Vec::new();
        for entry in entries {
            series.push(match entry {
                _ if stop() => Err(Label::Failed("interrupted".to_owned())),
                Ok(entry) => self.checked(entry),
                Err(reason) => Err(Label::Failed(reason.clone())),
            });
        }
        let started = Instant::now();
        for _ in 0..TURNS {
            let open = series.iter_mut().flatten().filter(|one| one.end.is_none());
            let mut any = false;
            for one in open {
                if stop() || started.elapsed() > self.patience {
                    break;
                }
                one.turn(self.laboratory, limit);
                any = true;
            }
            if !any {
                break;
            }
        }
        let label = |one: Result<Series<'_>, Label>| match one {
            Ok(one) => one.end.unwrap_or(Label::Unsettled { disturbed: one.disturbed }),
            Err(label) => label,
        };
        series.into_iter().map(label).collect()
    }

    /// The first run, whose results are compared. What is hopeless has its label then.
    fn checked<'e>(&mut self, entry: &'e EntryPoint) -> Result<Series<'e>, Label> {
        let mut series = Series::new(entry);
        match self.laboratory.check(entry) {
            Ok(Outcome::Time(timing)) => series.runs.push(timing.minimum_ns),
            Ok(Outcome::WrongResult(mismatch)) => return Err(Label::Wrong(mismatch.to_string())),
            Ok(other) => return Err(Label::Failed(other.to_string())),
            Err(error) => return Err(Label::Failed(error.to_string())),
        }
        if series.shortest() > self.hopeless {
            series.end = Some(series.times());
        } else {
            // It is not to be trusted: it may be the one that starts the threads, in memory of its own.
            series.runs.clear();
        }
        Ok(series)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_turns_have_to_agree_with_the_shortest_run() {
        assert!(!has_settled(&[], u64::MAX));
        assert!(!has_settled(&[1000], 1000));
        assert!(has_settled(&[1000, 1019], 1000));
        assert!(!has_settled(&[1000, 1021], 1000));
        // Two slow turns agree, but there was a shorter run.
        assert!(!has_settled(&[1200, 1000, 1200], 1000));
        assert!(has_settled(&[1200, 1000, 1200, 1010], 1000));
    }
}
