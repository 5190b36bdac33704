//! Measurements decide: first the most promising candidates, all of different kinds, then small
//! changes of the best one as long as they help, then whatever is next in the pool.

use super::{Scorer, SearchOptions, score_all};
use crate::observer::{Event, Observer};
use crate::space::neighbours::neighbours;
use crate::space::nest::Estimates;
use crate::{Candidate, Ground, Measured, Measurement, Measurer, StopReason};
use loopwright_ir::{Program, Schedule, Statement, StatementId};
use std::collections::HashSet;
use std::sync::Arc;

/// A statement with less of the program's work than this is not worth measurements of its own.
const LITTLE_WORK: f64 = 0.05;

/// A candidate must beat the original by this factor to be chosen over it.
const NOISE: f64 = 1.01;

/// The state of the measurements.
pub struct Measuring<'a> {
    ground: &'a Ground<'a>,
    original: &'a Candidate,
    /// The statements that most of the time is spent on, by name.
    heavy: HashSet<String>,
    options: &'a SearchOptions,
    measurer: &'a mut dyn Measurer,
    measured: Vec<Measured>,
    tried: HashSet<Schedule>,
    /// The loops measured, as text: two schedules with the same loops are one candidate.
    loops: HashSet<String>,
    scored: usize,
    stop: Option<StopReason>,
}

impl<'a> Measuring<'a> {
    pub fn new(
        ground: &'a Ground<'a>,
        original: &'a Candidate,
        estimates: &Estimates,
        options: &'a SearchOptions,
        measurer: &'a mut dyn Measurer,
    ) -> Self {
        Self {
            ground,
            original,
            heavy: heavy_statements(ground.program, estimates),
            options,
            measurer,
            measured: Vec::new(),
            tried: HashSet::new(),
            loops: HashSet::new(),
            scored: 0,
            stop: None,
        }
    }

    /// Measures the original, the seeds, the best of `pool`, and what refinement proposes, until the budget
    /// ends or nothing promising is left.
    pub fn run(
        &mut self,
        seeds: &[Candidate],
        pool: &[Candidate],
        scorer: &mut dyn Scorer,
        observer: &mut dyn Observer,
    ) {
        self.measure(self.original, observer);
        for candidate in seeds {
            self.measure(candidate, observer);
        }
        for candidate in diverse(pool, self.options.measure, &self.heavy) {
            self.measure(&candidate, observer);
        }
        // Refinement without a deadline stops after as many changes as candidates were measured.
        let unlimited = self.options.budget.remaining().is_none();
        let mut allowed = if unlimited { 2 * self.options.measure } else { usize::MAX };
        loop {
            while self.stop.is_none() && allowed > 0 && self.climb(scorer, observer, &mut allowed) {
            }
            let fresh = diverse(pool, pool.len(), &self.heavy).into_iter();
            let rest = fresh.filter(|candidate| !self.tried.contains(&candidate.schedule)).take(2);
            let rest: Vec<Candidate> = rest.collect();
            if rest.is_empty() || unlimited || self.stop.is_some() {
                return;
            }
            for candidate in rest {
                self.measure(&candidate, observer);
            }
        }
    }

    /// Measures the neighbours of the best candidate until one is better; false when none is.
    fn climb(
        &mut self,
        scorer: &mut dyn Scorer,
        observer: &mut dyn Observer,
        allowed: &mut usize,
    ) -> bool {
        let (best, speedup) = self.best();
        observer.event(Event::Refining { best: &best });
        let mut candidates = Vec::new();
        let heavy = |statement: &str| self.heavy.contains(statement);
        for schedule in neighbours(&best.schedule, &heavy) {
            if self.tried.contains(&schedule) {
                continue;
            }
            if let Some(reason) = self.options.budget.exhausted() {
                self.stop = Some(reason);
                return false;
            }
            let point = self.ground.replay(&schedule);
            let Some(loops) = point.and_then(|point| self.ground.lower(&point)) else {
                self.tried.insert(schedule);
                continue;
            };
            candidates.push(Candidate { schedule, loops: Arc::new(loops), predicted: 0.0 });
        }
        let trees: Vec<_> = candidates.iter().map(|candidate| &*candidate.loops).collect();
        let budget = &self.options.budget;
        let scores = score_all(scorer, self.ground.program, &self.original.loops, &trees, budget);
        candidates.truncate(scores.len());
        self.scored += candidates.len();
        for (candidate, score) in candidates.iter_mut().zip(scores) {
            candidate.predicted = score;
        }
        candidates.sort_by(|left, right| right.predicted.total_cmp(&left.predicted));
        for candidate in candidates {
            if *allowed == 0 || self.stop.is_some() {
                return false;
            }
            *allowed -= 1;
            self.measure(&candidate, observer);
            let last =
                self.measured.last().filter(|last| last.candidate.schedule == candidate.schedule);
            let now = last.and_then(|last| last.measurement.speedup()).unwrap_or(0.0);
            if now > speedup * NOISE {
                return true;
            }
        }
        false
    }

    fn measure(&mut self, candidate: &Candidate, observer: &mut dyn Observer) {
        if self.stop.is_some() || !self.tried.insert(candidate.schedule.clone()) {
            return;
        }
        if !self.loops.insert(candidate.loops.display(self.ground.program)) {
            return;
        }
        if let Some(reason) = self.options.budget.exhausted() {
            self.stop = Some(reason);
            return;
        }
        let position = self.measured.len() + 1;
        observer.event(Event::Measuring { position, candidate });
        let best_seconds = self
            .measured
            .iter()
            .filter_map(|measured| match measured.measurement {
                Measurement::Time { seconds, .. } => Some(seconds),
                Measurement::Failed { .. } => None,
            })
            .min_by(f64::total_cmp);
        let measurement =
            self.measurer.measure(candidate, best_seconds, self.options.budget.remaining());
        let Some(measurement) = measurement else {
            self.stop = Some(self.options.budget.exhausted().unwrap_or(StopReason::BudgetEnded));
            return;
        };
        observer.event(Event::Measured { position, candidate, measurement: &measurement });
        self.measured.push(Measured { candidate: candidate.clone(), measurement });
    }

    /// The best measured until now, and its speedup; the original unless something clearly beats it.
    fn best(&self) -> (Candidate, f64) {
        let original = self
            .measured
            .iter()
            .find(|measured| measured.candidate.schedule.is_original())
            .and_then(|measured| measured.measurement.speedup())
            .unwrap_or(0.0);
        let mut best = (self.original, original);
        let mut needed = original * NOISE;
        for measured in &self.measured {
            if let Some(speedup) = measured.measurement.speedup()
                && speedup > needed
            {
                best = (&measured.candidate, speedup);
                needed = speedup;
            }
        }
        (best.0.clone(), best.1)
    }

    /// The choice, all measurements, how many schedules were scored here, and why it ended.
    pub fn finish(self) -> (Candidate, Vec<Measured>, usize, StopReason) {
        let (best, _) = self.best();
        // Where no time was left to take steps, there was nothing to measure either.
        let stop = self.stop.or_else(|| self.options.budget.exhausted());
        (best, self.measured, self.scored, stop.unwrap_or(StopReason::Finished))
    }
}

/// The names of the statements with more than a little of the program's work.
fn heavy_statements(program: &Program, estimates: &Estimates) -> HashSet<String> {
    let work = |position: usize, statement: &Statement| {
        estimates.instances(StatementId(position)) * (statement.reads.len() + 1) as f64
    };
    let statements = || program.statements.iter().enumerate();
    let total: f64 = statements().map(|(position, statement)| work(position, statement)).sum();
    statements()
        .filter(|(position, statement)| work(*position, statement) >= LITTLE_WORK * total)
        .map(|(_, statement)| statement.name.clone())
        .collect()
}

/// The first `count` candidates of the pool such that no kind is taken a second time while another
/// kind is left, and so on; the original is not among them. Two schedules are of one kind when they
/// differ only in numbers and in what is done to statements that are not heavy.
fn diverse(pool: &[Candidate], count: usize, heavy: &HashSet<String>) -> Vec<Candidate> {
    let mut chosen: Vec<Candidate> = Vec::new();
    let mut left: Vec<&Candidate> =
        pool.iter().filter(|candidate| !candidate.schedule.is_original()).collect();
    while chosen.len() < count && !left.is_empty() {
        let mut kinds = HashSet::new();
        left.retain(|candidate| {
            let take = chosen.len() < count && kinds.insert(kind(&candidate.schedule, heavy));
            if take {
                chosen.push((*candidate).clone());
            }
            !take
        });
    }
    chosen
}

/// The steps of the heavy statements with their numbers left out.
fn kind<'a>(
    schedule: &'a Schedule,
    heavy: &HashSet<String>,
) -> Vec<(&'static str, &'a str, Vec<&'a str>)> {
    let mut kind: Vec<_> = schedule
        .steps()
        .iter()
        .filter(|step| heavy.contains(step.statement()))
        .map(|step| (step.name(), step.statement(), step.loops()))
        .collect();
    kind.sort_unstable();
    kind
}
