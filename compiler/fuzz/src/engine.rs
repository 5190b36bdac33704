//! A batch of programs: drawn, interpreted, compiled in one go, run and compared.

use crate::draw::{Draw, Drawn, draw, guarded, replay};
use crate::failure::{Failure, Finding};
use crate::foreign;
use crate::native::{self, Expected, NativeError, Prepared};
use crate::protocol::{Case, Event, Judgement};
use crate::relaxed;
use crate::subject::{SCHEDULES, Subject, is_symbolic, program_of};
use crate::tally::Tally;
use crate::views;
use loopwright_codegen::{Effort, Target, host_target};
use loopwright_ir::{Schedule, Step};
use loopwright_runtime::InsideLibraries;
use loopwright_synth::SynthProgram;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The schedules of every so many pairs are written in other languages and read back.
const TRANSLATED_EVERY: u64 = 3;

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Native(#[from] NativeError),
    #[error("{0}")]
    Write(#[from] std::io::Error),
}

/// What all batches of a process share.
pub struct Engine {
    folder: PathBuf,
    compiler: String,
    target: Target,
    libraries: InsideLibraries,
    batches: u64,
}

/// Who is told what happens, and what is counted.
pub struct Report<'a> {
    seed: u64,
    observe: &'a mut dyn FnMut(&Event),
    pub tally: Tally,
}

impl<'a> Report<'a> {
    /// A report of a seed's run, empty so far.
    pub fn new(seed: u64, observe: &'a mut dyn FnMut(&Event)) -> Self {
        Self { seed, observe, tally: Tally::default() }
    }

    fn tell(&mut self, event: &Event) {
        (self.observe)(event);
    }

    fn fail(&mut self, pair: u64, finding: Finding, source: &str, schedule: String) {
        self.tally.fail(finding.view);
        let (seed, source) = (self.seed, source.to_owned());
        let suspects = Vec::new();
        self.tell(&Event::Found(Failure { seed, pair, finding, source, schedule, suspects }));
    }

    fn spend(&mut self, phase: &str, since: Instant) {
        let spent = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        *self.tally.microseconds.entry(phase.to_owned()).or_default() += spent;
    }

    fn count(&mut self, subject: &Subject, drawn: &Drawn) {
        if drawn.applied.schedule.is_original() {
            return;
        }
        self.tally.pairs += 1;
        self.tally.without_native += u64::from(!native::is_run(drawn));
        let full = native::effort(subject.index) == Effort::Full && native::is_run(drawn);
        self.tally.fully_optimised += u64::from(full);
        let shape = subject.synthetic.shape.name().to_owned();
        *self.tally.by_shape.entry(shape).or_default() += 1;
    }
}

impl Engine {
    /// An engine that keeps its files in a folder and compiles C with the given clang.
    pub fn new(folder: &Path, compiler: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            compiler: compiler.to_owned(),
            target: host_target(),
            libraries: InsideLibraries::new(),
            batches: 0,
        }
    }

    /// Looks at all pairs of the programs from `first` on, less those of `skip`.
    ///
    /// # Errors
    /// If a program that is needed is missing or a file cannot be written.
    pub fn batch(
        &mut self,
        first: u64,
        count: u64,
        skip: &[u64],
        report: &mut Report<'_>,
    ) -> Result<(), EngineError> {
        let started = Instant::now();
        let batch: Vec<Prepared> = (first..first.saturating_add(count))
            .filter_map(|index| prepare(index, skip, report))
            .filter(|prepared| !prepared.drawn.is_empty())
            .collect();
        report.spend("draw and interpret", started);
        self.run(&batch, report)
    }

    /// Compiles and runs what was prepared.
    fn run(&mut self, batch: &[Prepared], report: &mut Report<'_>) -> Result<(), EngineError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.batches += 1;
        let folder = self.folder.join(format!("batch{}", self.batches));
        std::fs::create_dir_all(&folder)?;
        report.tell(&Event::Compiling);
        let subjects: Vec<&Subject> = batch.iter().map(|prepared| &prepared.subject).collect();
        let started = Instant::now();
        let mut objects = vec![native::compile_originals(&subjects, &self.compiler, &folder)?];
        report.spend("clang", started);
        let started = Instant::now();
        let compiled = guarded(|| native::compile_pairs(batch, &self.target, &folder));
        let (compiled, mut uncompiled) = match compiled {
            Ok(compiled) => compiled?,
            Err(finding) => {
                let pairs = batch.iter().flat_map(|prepared| &prepared.drawn);
                (Vec::new(), pairs.map(|drawn| (drawn.pair, finding.clone())).take(1).collect())
            }
        };
        report.spend("LLVM", started);
        let started = Instant::now();
        let nothing = compiled.is_empty();
        objects.extend(compiled);
        let relaxed = guarded(|| relaxed::compile(batch, &self.target, &folder));
        let relaxed_pairs: Vec<u64> = match relaxed {
            Ok(relaxed) => {
                let (pairs, compiled) = relaxed?.into_iter().unzip();
                let compiled: Vec<PathBuf> = compiled;
                objects.extend(compiled);
                pairs
            }
            Err(finding) => {
                let first = batch.iter().flat_map(|prepared| &prepared.drawn).next();
                uncompiled.extend(first.map(|drawn| (drawn.pair, finding)));
                Vec::new()
            }
        };
        report.spend("LLVM, relaxed", started);
        let started = Instant::now();
        let library = folder.join("batch.so");
        native::link(&objects, &library)?;
        report.spend("link", started);
        let started = Instant::now();
        for Prepared { subject, drawn } in batch {
            let source = &subject.synthetic.source_c;
            let expected = Expected::of(subject, &mut self.libraries, &library);
            let mut expected = match expected {
                Ok(expected) => {
                    report.tally.without_array += u64::from(expected.missing() > 0);
                    Some(expected)
                }
                Err(finding) => {
                    let first = drawn.first().map_or(0, |drawn| drawn.pair);
                    uncompiled.push((first, finding));
                    None
                }
            };
            for drawn in drawn {
                report.count(subject, drawn);
                let known = uncompiled.iter().find(|(pair, _)| *pair == drawn.pair);
                let finding = match (known, &mut expected) {
                    (Some((_, finding)), _) => Some(finding.clone()),
                    (None, Some(expected)) if native::is_run(drawn) && !nothing => {
                        report.tell(&Event::Running { pair: drawn.pair });
                        let found = expected.run(subject, drawn, &mut self.libraries, &library);
                        let relaxed = found.is_none() && relaxed_pairs.contains(&drawn.pair);
                        report.tally.relaxed += u64::from(relaxed);
                        if relaxed {
                            expected.run_relaxed(subject, drawn, &mut self.libraries, &library)
                        } else {
                            found
                        }
                    }
                    _ => None,
                };
                if let Some(finding) = finding {
                    report.fail(drawn.pair, finding, source, drawn.applied.schedule.to_string());
                }
            }
        }
        report.spend("run", started);
        // The loader has the library mapped; its file is not needed any more.
        let _ = std::fs::remove_dir_all(&folder);
        Ok(())
    }

    /// Judges one pair, perhaps a changed one.
    ///
    /// # Errors
    /// As for [`batch`](Self::batch).
    pub fn judge(
        &mut self,
        case: &Case,
        observe: &mut dyn FnMut(&Event),
    ) -> Result<Judgement, EngineError> {
        let mut judgement = Judgement {
            finding: None,
            valid: false,
            source: String::new(),
            parameters: String::new(),
            schedule: case.schedule.clone().unwrap_or_default(),
            loops: String::new(),
        };
        let Some((subject, drawn)) = of_case(case, &mut judgement, observe) else {
            return Ok(judgement);
        };
        judgement.valid = true;
        judgement.schedule = drawn.applied.schedule.to_string();
        judgement.loops = drawn.loops.display(&drawn.ground(&subject).program);
        let prepared = Prepared { subject, drawn: vec![*drawn] };
        judgement.finding = self.look(prepared, case.native, observe)?;
        Ok(judgement)
    }

    /// What the views say of one pair; native code only where it is wanted and the others agree.
    ///
    /// # Errors
    /// As for [`batch`](Self::batch).
    pub fn look(
        &mut self,
        prepared: Prepared,
        native: bool,
        observe: &mut dyn FnMut(&Event),
    ) -> Result<Option<Finding>, EngineError> {
        let finding = prepared.drawn.iter().find_map(|drawn| {
            let ground = drawn.ground(&prepared.subject);
            let compared = views::compare(ground, &drawn.loops, drawn.pair);
            // Which texts are tried does not depend on the run's seed here, so that a smaller pair fails as well.
            compared.or_else(|| translated(&prepared.subject, drawn, 0))
        });
        if finding.is_some() || !native {
            return Ok(finding);
        }
        let mut found = None;
        let mut forward = |event: &Event| match event {
            Event::Found(failure) => found = Some(failure.finding.clone()),
            other => observe(other),
        };
        // The report's seed only names failures, which are not kept here.
        let mut report = Report::new(0, &mut forward);
        self.run(&[prepared], &mut report)?;
        Ok(found)
    }
}

/// The subject and the schedule of a case; `None` where there is none, with the reason in the
/// judgement if it is a failure.
fn of_case(
    case: &Case,
    judgement: &mut Judgement,
    observe: &mut dyn FnMut(&Event),
) -> Option<(Subject, Box<Drawn>)> {
    let (index, turn) = (case.pair / SCHEDULES, case.pair % SCHEDULES);
    observe(&Event::Drawing { pair: case.pair, schedule: true });
    let original = program_of(case.seed, index);
    let synthetic = if case.reductions.is_empty() {
        original
    } else {
        let mut outline = original.outline.clone();
        for reduction in &case.reductions {
            outline = outline.reduced(*reduction)?;
        }
        let (program, source_c) = outline.realise("reduced");
        SynthProgram { name: "reduced".to_owned(), source_c, program, outline, ..original }
    };
    judgement.source.clone_from(&synthetic.source_c);
    let values = synthetic.program.parameters.iter();
    let values = values.filter_map(|it| it.value.map(|value| format!("{}={value}", it.name)));
    judgement.parameters = values.collect::<Vec<_>>().join(" ");
    let symbolic = is_symbolic(case.seed, index);
    let subject = match guarded(|| Subject::from_synthetic(synthetic, index, symbolic)) {
        Ok(subject) => subject.ok()?,
        Err(finding) => {
            (judgement.finding, judgement.valid) = (Some(finding), true);
            return None;
        }
    };
    let mut tally = Tally::default();
    let drawn = match &case.schedule {
        None if turn == 0 => replay(&subject, case.pair, &[], &mut tally)?,
        None => draw(&subject, case.seed, case.pair, turn, &mut tally),
        Some(text) => {
            let schedule: Schedule = text.parse().ok()?;
            replay(&subject, case.pair, schedule.steps(), &mut tally)?
        }
    };
    match drawn {
        Draw::Schedule(drawn) => Some((subject, drawn)),
        Draw::Nothing => None,
        Draw::Failed { steps, finding } => {
            judgement.schedule = Schedule::from_steps(steps).to_string();
            (judgement.finding, judgement.valid) = (Some(finding), true);
            None
        }
    }
}

/// A program with its schedules, whose hashes agree; what does not goes to the report.
fn prepare(index: u64, skip: &[u64], report: &mut Report<'_>) -> Option<Prepared> {
    let first = index * SCHEDULES;
    report.tell(&Event::Drawing { pair: first, schedule: false });
    report.tally.programs += 1;
    let seed = report.seed;
    let subject = match guarded(|| Subject::of(seed, index)) {
        Ok(Ok(subject)) => subject,
        Ok(Err(error)) => {
            let finding = Finding::new(crate::View::Forward, error);
            let source = program_of(seed, index).source_c;
            report.fail(first, finding, &source, String::new());
            return None;
        }
        Err(finding) => {
            report.fail(first, finding, &program_of(seed, index).source_c, String::new());
            return None;
        }
    };
    let mut kept: Vec<Drawn> = Vec::new();
    for turn in 0..SCHEDULES {
        let pair = first + turn;
        if skip.contains(&pair) {
            continue;
        }
        report.tell(&Event::Drawing { pair, schedule: true });
        let source = &subject.synthetic.source_c;
        // The first schedule is the original order, which is not counted as a pair.
        let drawn = if turn == 0 {
            let none: &[Step] = &[];
            replay(&subject, pair, none, &mut Tally::default()).unwrap_or(Draw::Nothing)
        } else {
            draw(&subject, seed, pair, turn, &mut report.tally)
        };
        match drawn {
            Draw::Nothing => {}
            Draw::Failed { steps, finding } => {
                report.fail(pair, finding, source, Schedule::from_steps(steps).to_string());
            }
            Draw::Schedule(drawn) => {
                let schedule = &drawn.applied.schedule;
                if kept.iter().any(|other| other.applied.schedule == *schedule) {
                    continue;
                }
                let compared = views::compare(drawn.ground(&subject), &drawn.loops, pair);
                match compared.or_else(|| translated(&subject, &drawn, seed)) {
                    Some(finding) => {
                        report.count(&subject, &drawn);
                        report.fail(pair, finding, source, schedule.to_string());
                    }
                    None => kept.push(*drawn),
                }
            }
        }
    }
    Some(Prepared { subject, drawn: kept })
}

/// What is wrong with the schedules of some pairs in other languages.
fn translated(subject: &Subject, drawn: &Drawn, seed: u64) -> Option<Finding> {
    if drawn.pair.is_multiple_of(TRANSLATED_EVERY) {
        foreign::compare(subject, drawn, seed)
    } else {
        None
    }
}

/// What a run in this process found.
#[derive(Debug, Default)]
pub struct Summary {
    pub tally: Tally,
    pub failures: Vec<Failure>,
}

/// Looks at the first programs of a seed in this process, for tests: a crash ends it.
///
/// # Errors
/// As for [`Engine::batch`].
pub fn check(
    seed: u64,
    programs: u64,
    folder: &Path,
    compiler: &str,
) -> Result<Summary, EngineError> {
    let mut engine = Engine::new(folder, compiler);
    let mut failures = Vec::new();
    let mut keep = |event: &Event| {
        if let Event::Found(failure) = event {
            failures.push(failure.clone());
        }
    };
    let mut report = Report::new(seed, &mut keep);
    engine.batch(0, programs, &[], &mut report)?;
    let tally = report.tally;
    Ok(Summary { tally, failures })
}
