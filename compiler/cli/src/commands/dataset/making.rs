//! One program's record in the making: schedules are drawn, compiled and measured.

use super::generate::Totals;
use super::recipe::{Recipe, Settings};
use super::replay::program_of;
use super::{Candidate, Label, Labels, Proposer, compile_all};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::laboratory::{Laboratory, LaboratoryOptions};
use indicatif::ProgressBar;
use loopwright_analysis::{DEFAULT_QUOTA, Dependences};
use loopwright_costmodel::dataset::Circumstances;
use loopwright_costmodel::{ProgramRecord, ScheduleRecord};
use loopwright_ir::{LoopTree, Program, ScheduleTree};
use loopwright_runtime::Noise;
use loopwright_synth::SynthProgram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the turns of one program's schedules may take for each schedule.
const TIMING: Duration = Duration::from_millis(400);
/// The longest run of anything.
const RUN_LIMIT: Duration = Duration::from_secs(2);
/// Neighbours are drawn around so many of the fastest schedules.
const FASTEST: usize = 3;

/// What came of one program.
pub enum Made {
    Record(Box<ProgramRecord>),
    /// Other work disturbed it: the next sitting tries again.
    Disturbed(String),
    /// Nothing of it can be measured, here or anywhere.
    LeftOut(String),
}

/// A record without measurements.
pub fn record(
    recipe: &Recipe,
    synthetic: &SynthProgram,
    settings: &Settings,
    circumstances: &Circumstances,
) -> ProgramRecord {
    ProgramRecord {
        program_name: synthetic.name.clone(),
        shape: synthetic.shape.name().to_owned(),
        seed: synthetic.seed,
        key: recipe.key(synthetic.seed),
        options: recipe.options.clone(),
        source: synthetic.source_c.clone(),
        feature_schema: String::new(),
        machine: settings.features,
        circumstances: Circumstances {
            march: settings.march.clone(),
            load: Noise::probe().load.unwrap_or(0.0),
            ..circumstances.clone()
        },
        initial_execution_time: 0.0,
        schedules_list: Vec::new(),
        left_out: None,
    }
}

/// All runs of one schedule, in milliseconds, and how many were disturbed.
struct Runs {
    times: Vec<f64>,
    disturbed: u64,
}

impl Runs {
    fn best(&self) -> f64 {
        self.times.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// What is measured of one program, and where it is counted.
pub struct Making<'a> {
    pub synthetic: &'a SynthProgram,
    pub settings: &'a Settings,
    /// How many schedules are wanted beside the original order.
    pub others: usize,
    pub bar: &'a ProgressBar,
    pub interrupt: &'a Arc<AtomicBool>,
    pub totals: &'a mut Totals,
}

type Measured = (Runs, Vec<(Candidate, Runs)>);

impl Making<'_> {
    /// Completes a record that has no measurements yet.
    pub fn make(&mut self, mut record: ProgramRecord) -> Outcome<Made> {
        let left_out = |failure: Failure| match failure.kind {
            // The machine's fault is none of the program's.
            Kind::Environment => Err(failure),
            _ => Ok(Made::LeftOut(failure.text())),
        };
        let program = match program_of(&self.synthetic.name, &self.synthetic.source_c) {
            Ok(program) => program,
            Err(failure) => return left_out(failure),
        };
        let (dependences, original) = match prepared(&program) {
            Ok(prepared) => prepared,
            Err(failure) => return left_out(failure),
        };
        let mut random = Recipe::random(self.synthetic.seed);
        let mut proposer = Proposer::new(&program, &dependences, &original, &self.settings.search)
            .or_fail(Kind::Other)?;
        let options = LaboratoryOptions {
            threads: Some(self.settings.features.threads as usize),
            run_limit: Some(RUN_LIMIT),
            interrupt: Some(Arc::clone(self.interrupt)),
            target: Some(self.settings.target.clone()),
            ..LaboratoryOptions::default()
        };
        let mut laboratory = match Laboratory::of_tree(&program, &original, &options) {
            Ok(laboratory) => laboratory,
            // It may be for want of memory or of room on a disk.
            Err(failure) if failure.kind == Kind::Environment => {
                return Ok(Made::Disturbed(failure.text()));
            }
            Err(failure) => return left_out(failure),
        };
        let order = (&program, &original);
        let first = proposer.first(self.others, &mut random);
        let (mut original_runs, mut points) = match self.measure(&mut laboratory, order, first)? {
            Ok(measured) => measured,
            Err(made) => return Ok(made),
        };
        points.sort_by(|left, right| left.1.best().total_cmp(&right.1.best()));
        let fastest: Vec<&Candidate> = points.iter().take(FASTEST).map(|one| &one.0).collect();
        let wanted = self.others.saturating_sub(points.len());
        let more = proposer.neighbours(&fastest, wanted, &mut random);
        if !more.is_empty() {
            match self.measure(&mut laboratory, order, more)? {
                Ok((runs, more)) => {
                    original_runs.times.extend(runs.times);
                    original_runs.disturbed += runs.disturbed;
                    points.extend(more);
                }
                Err(made) => return Ok(made),
            }
        }
        record.initial_execution_time = original_runs.best();
        record.circumstances.disturbed = original_runs.disturbed;
        record.schedules_list.push(ScheduleRecord::new(String::new(), "", original_runs.times));
        for (candidate, runs) in points {
            record.circumstances.disturbed += runs.disturbed;
            let text = candidate.schedule.to_string();
            record.schedules_list.push(ScheduleRecord::new(text, candidate.origin, runs.times));
        }
        Ok(Made::Record(Box::new(record)))
    }

    /// Compiles candidates and times them in turn with the original order; or why there is no record.
    fn measure(
        &mut self,
        laboratory: &mut Laboratory<'_>,
        original: (&Program, &LoopTree),
        candidates: Vec<Candidate>,
    ) -> Outcome<Result<Measured, Made>> {
        let others = candidates.iter().map(|one| (&*one.program, &*one.loops));
        let trees: Vec<(&Program, &LoopTree)> = std::iter::once(original).chain(others).collect();
        let compiled = compile_all(&trees, &self.settings.target)?;
        let entries: Vec<_> = compiled.entries.iter().collect();
        let stop = || self.interrupt.load(Ordering::SeqCst);
        let patience = TIMING * u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let mut labels = Labels::new(laboratory, patience).all(&entries, &stop).into_iter();
        let original = match labels.next() {
            Some(Label::Times { runs, disturbed }) => Runs { times: runs, disturbed },
            Some(label @ Label::Wrong(_)) => {
                return Ok(Err(Made::LeftOut(format!("the original order: {label}"))));
            }
            Some(label) => {
                return Ok(Err(Made::Disturbed(format!("the original order: {label}"))));
            }
            None => return Err(Failure::new(Kind::Other, "nothing was compiled")),
        };
        let (mut points, mut refused) = (Vec::new(), 0);
        let count = candidates.len();
        for (candidate, label) in candidates.into_iter().zip(labels) {
            match label {
                Label::Times { runs, disturbed } => {
                    points.push((candidate, Runs { times: runs, disturbed }));
                }
                Label::Unsettled { .. } => refused += 1,
                label => self.tell(&candidate, &label),
            }
        }
        if 2 * refused > count {
            let reason = format!("{refused} of {count} schedules were disturbed");
            return Ok(Err(Made::Disturbed(reason)));
        }
        self.totals.refused += refused as u64;
        Ok(Ok((original, points)))
    }

    /// Counts and prints what went wrong, unless nothing more is wanted.
    fn tell(&mut self, candidate: &Candidate, label: &Label) {
        if self.interrupt.load(Ordering::SeqCst) {
            return;
        }
        let (name, schedule) = (&self.synthetic.name, &candidate.schedule);
        if matches!(label, Label::Wrong(_)) {
            self.totals.wrong += 1;
            let source = &self.synthetic.source_c;
            self.bar.suspend(|| eprintln!("error: {name}: {label}\n{source}\n{schedule}\n"));
        } else {
            self.totals.failed += 1;
            self.bar.suspend(|| eprintln!("warning: {name}: {label}\n{schedule}"));
        }
    }
}

/// A program's dependences, and its original order.
fn prepared(program: &Program) -> Outcome<(Dependences, LoopTree)> {
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).or_fail(Kind::Other)?;
    let original = ScheduleTree::original(program);
    let original = loopwright_transform::lower(program, &original).or_fail(Kind::Other)?;
    Ok((dependences, original))
}
