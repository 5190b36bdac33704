//! What a search found and how it went.

use crate::{Candidate, Measured, Measurement, StopReason, StructureStory};
use loopwright_ir::Schedule;
use std::fmt;

/// The result of a search; there is always a best candidate.
#[derive(Clone, Debug)]
pub struct SearchReport {
    /// The choice: the fastest as measured, or the best predicted where nothing was measured.
    pub best: Candidate,
    /// Everything that was measured, in that order; the original is the first.
    pub measured: Vec<Measured>,
    /// The most promising candidates by prediction, best first.
    pub predicted: Vec<Candidate>,
    /// How many schedules were scored.
    pub evaluated: usize,
    /// How many schedules gave loops that had been seen.
    pub deduplicated: usize,
    pub stop: StopReason,
    pub seconds: f64,
    /// What was considered, where [`crate::SearchOptions::explain`] asks for that; the structure of the best one has
    /// its loops' obstacles.
    pub structures: Vec<StructureStory>,
}

impl SearchReport {
    /// Of a search that did not take place.
    pub fn of_original(original: Candidate, stop: StopReason) -> Self {
        Self {
            best: original,
            measured: Vec::new(),
            predicted: Vec::new(),
            evaluated: 0,
            deduplicated: 0,
            stop,
            seconds: 0.0,
            structures: Vec::new(),
        }
    }

    /// The measured speedup of the choice over the reference.
    pub fn speedup(&self) -> Option<f64> {
        self.measured
            .iter()
            .filter(|measured| measured.candidate.schedule == self.best.schedule)
            .filter_map(|measured| measured.measurement.speedup())
            .max_by(f64::total_cmp)
    }

    /// Has all measurements refer to one time of the reference, so that they rank by their own times.
    pub fn refer_to(&mut self, seconds: f64) {
        for measured in &mut self.measured {
            if let Measurement::Time { reference, .. } = &mut measured.measurement {
                *reference = seconds;
            }
        }
    }

    /// Puts what was measured again, or why it failed, in the place of a schedule's measurement.
    pub fn correct(&mut self, schedule: &Schedule, again: Result<f64, String>) {
        for measured in &mut self.measured {
            if measured.candidate.schedule != *schedule {
                continue;
            }
            match (&mut measured.measurement, &again) {
                (Measurement::Time { seconds, .. }, Ok(time)) => *seconds = *time,
                (measurement, Err(reason)) => {
                    *measurement = Measurement::Failed { reason: reason.clone() };
                }
                (Measurement::Failed { .. }, Ok(_)) => {}
            }
        }
    }

    /// What took the least time.
    pub fn fastest(&self) -> Option<&Measured> {
        let timed = self.measured.iter().filter_map(|measured| Some((measured, measured.time()?)));
        timed.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(measured, _)| measured)
    }

    /// The schedules that took less time than a schedule.
    pub fn faster_than(&self, schedule: &Schedule) -> impl Iterator<Item = &Schedule> {
        let of_it = |measured: &&Measured| measured.candidate.schedule == *schedule;
        let limit = self.measured.iter().filter(of_it).filter_map(Measured::time);
        let limit = limit.min_by(f64::total_cmp);
        self.measured
            .iter()
            .filter(move |one| limit.zip(one.time()).is_some_and(|(limit, time)| time < limit))
            .map(|one| &one.candidate.schedule)
    }

    /// Makes a measured schedule the choice.
    pub fn choose(&mut self, schedule: &Schedule) {
        let found = self.measured.iter().find(|one| one.candidate.schedule == *schedule);
        if let Some(found) = found {
            self.best = found.candidate.clone();
        }
    }
}

impl fmt::Display for SearchReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} schedules scored, {} repeated, {} measured in {:.1} s: {}",
            self.evaluated,
            self.deduplicated,
            self.measured.len(),
            self.seconds,
            self.stop
        )?;
        if !self.measured.is_empty() {
            writeln!(formatter, "predicted  measured  schedule")?;
        }
        for measured in &self.measured {
            let text = measured.candidate.schedule.to_string().replace('\n', "; ");
            let text = if text.is_empty() { "(the original)" } else { &text };
            let time = match measured.measurement.speedup() {
                Some(speedup) => format!("{speedup:.2}x"),
                None => "failed".to_owned(),
            };
            writeln!(formatter, "{:>8.2}x  {time:>8}  {text}", measured.candidate.predicted)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;
    use loopwright_ir::{LoopTree, Program, Span};
    use std::sync::Arc;

    fn empty() -> Program {
        Program {
            name: "empty".to_owned(),
            parameters: Vec::new(),
            context: Vec::new(),
            arrays: Vec::new(),
            statements: Vec::new(),
            order: Vec::new(),
            span: Span::default(),
        }
    }

    fn measured(schedule: &str, seconds: f64, reference: f64) -> Measured {
        let schedule = schedule.parse().expect("a schedule");
        let loops = Arc::new(LoopTree { roots: Vec::new() });
        Measured {
            candidate: Candidate {
                schedule,
                program: Arc::new(empty()),
                loops,
                origin: Arc::new(Origin::named("a test")),
                predicted: 1.0,
            },
            measurement: Measurement::Time { seconds, reference },
            changed_from: None,
        }
    }

    /// The original's best time falls from 3 to 1 while the search goes on.
    fn report() -> SearchReport {
        let list = vec![
            measured("", 1.1, 3.0),
            measured("parallelize(S1, i)", 1.0, 2.7),
            measured("parallelize(S1, j)", 0.5, 1.0),
        ];
        SearchReport {
            best: list[1].candidate.clone(),
            measured: list,
            predicted: Vec::new(),
            evaluated: 3,
            deduplicated: 0,
            stop: StopReason::Finished,
            seconds: 1.0,
            structures: Vec::new(),
        }
    }

    #[test]
    fn ratios_are_over_one_time_of_the_original() {
        let mut report = report();
        report.refer_to(1.0);
        assert_eq!(report.speedup(), Some(1.0));
        let fastest = report.fastest().expect("times").candidate.schedule.clone();
        assert_eq!(fastest.to_string(), "parallelize(S1, j)");
        report.choose(&fastest);
        assert_eq!(report.speedup(), Some(2.0));
    }

    #[test]
    fn what_is_measured_again_counts() {
        let mut report = report();
        let schedule: Schedule = "parallelize(S1, j)".parse().expect("a schedule");
        report.correct(&schedule, Ok(1.05));
        assert_eq!(report.faster_than(&schedule).count(), 1);
        report.correct(&schedule, Err("it crashed".to_owned()));
        assert_eq!(report.fastest().and_then(Measured::time), Some(1.0));
    }
}
