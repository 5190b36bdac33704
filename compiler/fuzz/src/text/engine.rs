//! A batch of regions: made, read, compiled in one go, run and compared.

use super::build;
use super::choices::Choices;
use super::contents::{MOST_BUFFERS, MOST_BYTES};
use super::finding::{TextFailure, TextTally, TextView};
use super::generate::generate;
use super::guard;
use super::prepare::{self, Prepared};
use super::region::Region;
use super::report::Report;
use crate::engine::EngineError;
use crate::protocol::Event;
use crate::subject::mixed;
use loopwright_codegen::{Effort, Target, host_target};
use loopwright_frontend::{FrontendError, Unit};
use loopwright_runtime::{GuardedPages, InsideLibraries};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// One region that is wanted: of the seed's own decisions or of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub number: u64,
    pub choices: Option<Vec<u32>>,
    /// The only schedule that is looked at.
    pub schedule: Option<String>,
}

/// A batch that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub seed: u64,
    pub cases: Vec<Case>,
    /// The text is compared with itself, optimised by the C compiler at this level.
    pub optimised: Option<String>,
    /// Who compiles the printed C, if not clang.
    pub other_compiler: Option<String>,
    /// All of LLVM's passes.
    pub full: bool,
    /// The only view that is wanted, for what is made small.
    pub only: Option<TextView>,
}

/// What all batches of a process share.
pub struct TextEngine {
    pub(super) folder: PathBuf,
    compiler: String,
    target: Target,
    pub(super) libraries: InsideLibraries,
    pub(super) pages: GuardedPages,
    support: Option<PathBuf>,
    pub(super) batches: u64,
}

/// The libraries of a batch.
pub(super) struct Libraries {
    pub reference: PathBuf,
    pub checked: PathBuf,
    pub optimised: Option<PathBuf>,
    pub native: PathBuf,
    pub printed: PathBuf,
    /// The user's file with its regions replaced.
    pub replaced: Option<PathBuf>,
}

/// The region of a case.
pub fn region_of(seed: u64, case: &Case) -> Region {
    let choices = match &case.choices {
        Some(choices) => Choices::replay(choices.clone()),
        None => Choices::random(mixed(seed ^ 0x7e97, case.number)),
    };
    generate(case.number, choices)
}

impl TextEngine {
    /// An engine that keeps its files in a folder and compiles C with the given clang.
    ///
    /// # Errors
    /// If there is no memory for the buffers.
    pub fn new(folder: &Path, compiler: &str) -> Result<Self, EngineError> {
        Ok(Self {
            folder: folder.to_owned(),
            compiler: compiler.to_owned(),
            target: host_target(),
            libraries: InsideLibraries::new(),
            pages: GuardedPages::new(MOST_BUFFERS, MOST_BYTES)?,
            support: None,
            batches: 0,
        })
    }

    /// Looks at all regions of a batch.
    ///
    /// # Errors
    /// If a program that is needed is missing or a file cannot be written.
    pub fn batch(&mut self, batch: &Batch, report: &mut Report<'_>) -> Result<(), EngineError> {
        self.batches += 1;
        let folder = self.folder.join(format!("texts{}", self.batches));
        std::fs::create_dir_all(&folder)?;
        let support = self.support()?;
        let (prepared, unit) = read(batch, &folder, report)?;
        if !prepared.is_empty() {
            let unit = unit.as_ref();
            let libraries = self.compile(batch, (&prepared, unit), &support, &folder, report)?;
            let started = Instant::now();
            for prepared in &prepared {
                self.look(prepared, &libraries, report);
            }
            report.spend("run", started);
        }
        // The loader has the libraries mapped; their files are not needed any more.
        let _ = std::fs::remove_dir_all(&folder);
        Ok(())
    }

    /// What all native code is linked with.
    pub(super) fn support(&mut self) -> Result<PathBuf, EngineError> {
        if let Some(support) = &self.support {
            return Ok(support.clone());
        }
        let made = build::support(&self.compiler, &self.folder)?;
        Ok(self.support.insert(made).clone())
    }

    pub(super) fn compile(
        &mut self,
        batch: &Batch,
        (prepared, unit): (&[Prepared], Option<&Unit>),
        support: &Path,
        folder: &Path,
        report: &mut Report<'_>,
    ) -> Result<Libraries, EngineError> {
        report.tell(&Event::Compiling);
        let started = Instant::now();
        let build = |flags: &[&str], name: &str| {
            build::references(prepared, &self.compiler, flags, folder, name)
        };
        // Clang makes instructions of `fmin` and `fmax` at any level, and C leaves open which of two zeros of
        // different signs they give. Calls of libm stay calls, as in the reference of a measurement.
        let reference = build(&["-O0", "-fno-builtin"], "reference")?;
        let checking = ["-O0", "-fno-builtin", guard::SANITIZERS, "-fsanitize-trap=all"];
        let checked = build(&checking, "checked")?;
        let optimised = match &batch.optimised {
            Some(level) => Some(build(&[level, "-fno-builtin"], "optimised")?),
            None => None,
        };
        report.spend("C compiler", started);
        let started = Instant::now();
        let effort = if batch.full { Effort::Full } else { Effort::Quick };
        let native = build::native(prepared, &self.target, effort, support, folder)?;
        let (native, refused) = native;
        for (number, job, reason) in refused {
            let found = prepared.iter().find(|it| it.region.number == number);
            if let Some(found) = found {
                let schedule = found.jobs.get(job).map(|job| job.schedule.to_string());
                report.fail(
                    &found.region,
                    TextView::Compile,
                    reason,
                    &schedule.unwrap_or_default(),
                );
            }
        }
        report.spend("LLVM", started);
        let started = Instant::now();
        let compiler = batch.other_compiler.as_ref().unwrap_or(&self.compiler);
        let printed = match batch.only {
            None | Some(TextView::Printed) => build::printed(prepared, compiler, folder)?,
            Some(_) => PathBuf::new(),
        };
        report.spend("printed C", started);
        let started = Instant::now();
        let wanted = batch.only.is_none_or(|view| view == TextView::Fallback);
        let level = batch.optimised.as_deref().unwrap_or("-O1");
        let replaced = match unit.filter(|_| wanted) {
            Some(unit) => {
                let compiler = (self.compiler.as_str(), level);
                Some(build::replaced(unit, prepared, compiler, support, folder)?)
            }
            None => None,
        };
        report.spend("replaced regions", started);
        Ok(Libraries { reference, checked, optimised, native, printed, replaced })
    }
}

/// Makes the regions and has the frontend read them.
fn read(
    batch: &Batch,
    folder: &Path,
    report: &mut Report<'_>,
) -> Result<(Vec<Prepared>, Option<Unit>), EngineError> {
    let started = Instant::now();
    let regions: Vec<Region> = batch.cases.iter().map(|case| region_of(batch.seed, case)).collect();
    for region in &regions {
        report.count(region);
    }
    let mut prepared = Vec::new();
    let unit = read_some(batch, &regions, &batch.cases, folder, report, &mut prepared)?;
    report.spend("read and schedule", started);
    Ok((prepared, unit))
}

/// Reads all regions as one file, and where that is none, each by itself.
fn read_some(
    batch: &Batch,
    regions: &[Region],
    cases: &[Case],
    folder: &Path,
    report: &mut Report<'_>,
    prepared: &mut Vec<Prepared>,
) -> Result<Option<Unit>, EngineError> {
    let file = folder.join("regions.c");
    std::fs::write(&file, build::text(regions))?;
    if let Some(region) = regions.first() {
        report.tell(&Event::ReadingText { region: region.number });
    }
    let unit = match crate::draw::guarded(|| prepare::parse(&file, regions)) {
        Ok(Ok(unit)) => unit,
        Ok(Err(FrontendError::Libclang { reason })) => {
            return Err(std::io::Error::other(reason).into());
        }
        other => {
            if let ([region], [_]) = (regions, cases) {
                match other {
                    Ok(Err(error)) => report.reject(region, &format!("(not read: {error})")),
                    Err(finding) => report.fail(region, TextView::Panic, finding.detail, ""),
                    Ok(Ok(_)) => {}
                }
                return Ok(None);
            }
            for (region, case) in regions.iter().zip(cases) {
                let (region, case) = (std::slice::from_ref(region), std::slice::from_ref(case));
                read_some(batch, region, case, folder, report, prepared)?;
            }
            return Ok(None);
        }
    };
    for (region, case) in regions.iter().zip(cases) {
        let found = unit.regions.iter().find(|it| it.function == region.function);
        match found.map(|found| &found.result) {
            Some(Ok(program)) => {
                report.tell(&Event::ReadingText { region: region.number });
                prepared.extend(prepare::prepare(region, case, program, batch.only, report));
            }
            Some(Err(reject)) => report.reject(region, &reject.to_string()),
            None => report.reject(region, "(no region was found)"),
        }
    }
    Ok(Some(unit))
}

/// What a run in this process found.
#[derive(Debug, Default)]
pub struct Summary {
    pub tally: TextTally,
    pub failures: Vec<TextFailure>,
}

/// Looks at so many regions of a seed from a first one on in this process, for tests: a crash ends it.
///
/// # Errors
/// As for [`TextEngine::batch`].
pub fn check(
    engine: &mut TextEngine,
    seed: u64,
    regions: std::ops::Range<u64>,
) -> Result<Summary, EngineError> {
    let cases = regions.map(|number| Case { number, ..Case::default() }).collect();
    let batch = Batch { seed, cases, ..Batch::default() };
    let mut failures = Vec::new();
    let mut keep = |event: &Event| {
        if let Event::FoundText(failure) = event {
            failures.push(failure.clone());
        }
    };
    let mut report = Report::new(seed, &mut keep);
    engine.batch(&batch, &mut report)?;
    let tally = report.tally;
    Ok(Summary { tally, failures })
}
