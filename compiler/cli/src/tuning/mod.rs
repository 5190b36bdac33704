//! Tuning one region: what `tune` and `polybench --tune` share.

mod choice;
mod confirmation;
mod surroundings;

use crate::arithmetic::{Accuracy, ArithmeticArguments};
use crate::cache::Cache;
use crate::deadline::{Deadline, parse_duration};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::input::InputFlags;
use crate::laboratory::{
    CompilerSettings, DataReport, Laboratory, LaboratoryOptions, Optimization,
};
use crate::records::Memory;
use crate::report::duration;
use clap::Args;
use loopwright_analysis::{DEFAULT_QUOTA, DependenceError, Dependences};
use loopwright_costmodel::{MachineFeatures, Scorer};
use loopwright_frontend::{Region, Unit};
use loopwright_ir::{LoopTree, Program, Schedule, ScheduleTree};
use loopwright_search::{
    Budget, Candidate, Observer, Origin, SearchOptions, SearchReport, StopReason, search,
};
use loopwright_transform::lower;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use choice::time_choice;
pub use confirmation::Confirmation;
use confirmation::confirm;
pub use surroundings::{
    Surroundings, machine_features, rates_of, scorer, search_machine, thread_count,
};

/// How hard to search.
#[derive(Args, Clone, Debug)]
pub struct SearchArguments {
    /// How long the command may take, as 20s or 2m; one run of the original is not counted.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_duration)]
    pub budget: Duration,
    /// Measure at most so many candidates; without it, as many as the budget allows.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub measure: Option<u32>,
    /// Choose by prediction alone.
    #[arg(long)]
    pub no_measure: bool,
    /// The seed of what is random in the search.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Threads that parallel loops run on; all by default, or OMP_NUM_THREADS.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Option<u32>,
    /// The machine that code is for: native, x86-64-v3 (AVX2, 16 registers) or x86-64-v4. The source is
    /// compiled for the same one.
    #[arg(long, value_name = "NAME", default_value = "native")]
    pub march: String,
    /// Whether the data is in the caches when a measured run begins.
    #[arg(long, value_enum, default_value_t = Cache::Hot)]
    pub cache: Cache,
    /// A learned cost model in place of the estimate from first principles: a file, or `shipped`.
    #[arg(long, value_name = "FILE.onnx")]
    pub model: Option<PathBuf>,
    /// The C compiler for the original.
    #[arg(long, value_name = "COMMAND", default_value = "clang-19")]
    pub compiler: String,
    #[command(flatten)]
    pub arithmetic: ArithmeticArguments,
    /// Whether what was considered is to be told.
    #[arg(skip)]
    pub explain: bool,
}

/// The cost model as the search asks it.
pub struct Predictor<'a> {
    pub scorer: &'a Scorer,
    pub machine: MachineFeatures,
    warned: bool,
}

impl<'a> Predictor<'a> {
    /// Predicts for one machine.
    pub fn new(scorer: &'a Scorer, machine: MachineFeatures) -> Self {
        Self { scorer, machine, warned: false }
    }
}

impl loopwright_search::Scorer for Predictor<'_> {
    fn score(
        &mut self,
        original: (&Program, &LoopTree),
        program: &Program,
        trees: &[&LoopTree],
    ) -> Vec<f64> {
        match self.scorer.score(original, program, trees, &self.machine) {
            Ok(scores) => scores,
            Err(error) => {
                if !std::mem::replace(&mut self.warned, true) {
                    eprintln!("warning: {error} (the analytical estimate takes over)");
                }
                let estimate = self.scorer.estimate();
                (estimate.score(original, program, trees, &self.machine))
                    .unwrap_or_else(|_| vec![1.0; trees.len()])
            }
        }
    }
}

/// How the source is compiled that everything is compared with.
pub fn compiler_settings(flags: &InputFlags, arguments: &SearchArguments) -> CompilerSettings {
    CompilerSettings {
        compiler: arguments.compiler.clone(),
        optimization: Optimization::Full,
        march: arguments.march.clone(),
        contraction: flags.contraction().compiler_flag(),
        arguments: flags.compiler_arguments(),
        initializer: flags.init.clone(),
    }
}

/// How candidates are compiled and timed.
pub fn laboratory_options(
    arguments: &SearchArguments,
    surroundings: &Surroundings,
) -> LaboratoryOptions {
    LaboratoryOptions {
        threads: Some(surroundings.threads as usize),
        interrupt: Some(Arc::clone(&surroundings.interrupt)),
        target: Some(surroundings.target.clone()),
        fast_math: arguments.arithmetic.fast_math,
        cold: arguments.cache == Cache::Cold,
        ..LaboratoryOptions::default()
    }
}

/// What tuning a region gave.
pub struct Tuned {
    pub program: Program,
    pub report: SearchReport,
    /// Original and choice in turn, after the search.
    pub confirmation: Confirmation,
    /// What the arrays held; `None` without measuring.
    pub data: Option<DataReport>,
    /// The source's time in nanoseconds; `None` without measuring.
    pub original_nanoseconds: Option<u64>,
    pub compile_seconds: Vec<f64>,
    /// From the program to the first run of native code of ours.
    pub first_measured: Option<Duration>,
    /// What the search began with, where it began with anything.
    pub recalled: Option<String>,
    /// Why nothing was tried, where that is so.
    pub given_up: Option<String>,
    /// How long the original's first run took, which the budget does not count.
    pub excused: Duration,
}

impl Tuned {
    /// A report of what was not measured.
    fn unmeasured(program: Program, report: SearchReport) -> Self {
        Self {
            program,
            report,
            confirmation: Confirmation::unmeasured(),
            data: None,
            original_nanoseconds: None,
            compile_seconds: Vec::new(),
            first_measured: None,
            recalled: None,
            given_up: None,
            excused: Duration::ZERO,
        }
    }

    /// How the choice's results compare with the original's, in words.
    pub fn accuracy_text(&self) -> String {
        match (&self.confirmation.accuracy, &self.data) {
            (Some(accuracy), Some(data)) => accuracy.text(data),
            (None, Some(data)) => data.equal_bits(),
            (accuracy, None) => accuracy.as_ref().map(Accuracy::to_string).unwrap_or_default(),
        }
    }

    /// The measured speedup of the choice; 1 where the source stays as it is.
    pub fn speedup(&self) -> Option<f64> {
        if self.confirmation.source_stays {
            return Some(1.0);
        }
        match &self.confirmation.comparison {
            Some(comparison) => comparison.speedup(),
            None => self.report.speedup(),
        }
    }

    /// Minimum times of source and choice in nanoseconds.
    pub fn times(&self) -> (Option<f64>, Option<f64>) {
        let original = self.original_nanoseconds.map(|time| time as f64);
        match &self.confirmation.comparison {
            Some(comparison) => (
                comparison.original.as_ref().map(|timing| timing.minimum_ns as f64).or(original),
                comparison.candidate.timing().map(|timing| timing.minimum_ns as f64),
            ),
            None => (original, original.zip(self.speedup()).map(|(time, ratio)| time / ratio)),
        }
    }
}

/// Searches, measures, and compares the choice with the original once more, all before the deadline, which is
/// moved by what the original's first run takes. What there is no time for is not done, and the source stays.
#[expect(clippy::too_many_arguments, reason = "each is of another kind")]
pub fn tune(
    unit: &Unit,
    region: &Region,
    program: Program,
    flags: &InputFlags,
    arguments: &SearchArguments,
    surroundings: &Surroundings,
    deadline: Deadline,
    observer: &mut dyn Observer,
) -> Outcome<Tuned> {
    let started = Instant::now();
    let original = lower(&program, &ScheduleTree::original(&program)).or_fail(Kind::Other)?;
    let original = Arc::new(original);
    let cancelled = || surroundings.interrupt.load(Ordering::SeqCst);
    let until = deadline.less(deadline.remaining().mul_f64(1.0 - ANALYSIS_SHARE));
    let found =
        Dependences::compute_until(&program, DEFAULT_QUOTA, &|| until.is_over() || cancelled());
    let dependences = match found {
        Ok(dependences) => dependences,
        Err(error @ (DependenceError::Stopped | DependenceError::TooMany { .. })) => {
            return Ok(given_up(program, original, error.to_string()));
        }
        Err(error) => return Err(Failure::new(Kind::Other, error.to_string())),
    };
    let memory = surroundings
        .records
        .as_ref()
        .map(|database| Memory::recall(database, &program, arguments, surroundings));
    let mut predictor = Predictor::new(&surroundings.scorer, surroundings.features());
    let options = |end: Deadline| SearchOptions {
        measure: arguments.measure.map(|count| count as usize),
        seed: arguments.seed,
        seeds: memory.as_ref().map(|memory| memory.seeds.clone()).unwrap_or_default(),
        explain: arguments.explain,
        budget: Budget::until(end.end()).with_cancel(Arc::clone(&surroundings.interrupt)),
    };
    let machine = surroundings.search_machine();
    if arguments.no_measure {
        let options = options(deadline);
        let report =
            search(&program, &dependences, &mut predictor, &machine, &options, observer, None)
                .or_fail(Kind::Other)?;
        let recalled = memory.as_ref().and_then(Memory::text);
        let tuned = Tuned { recalled, ..Tuned::unmeasured(program, report) };
        return match surroundings.times_choice {
            true => time_choice(unit, region, tuned, flags, arguments, surroundings),
            false => Ok(tuned),
        };
    }
    let settings = compiler_settings(flags, arguments);
    let laboratory_options = LaboratoryOptions {
        deadline: Some(deadline),
        original_order: Some(Arc::clone(&original)),
        ..laboratory_options(arguments, surroundings)
    };
    let opened = Laboratory::of_region(unit, region, &program, &settings, &laboratory_options);
    let mut laboratory = match opened {
        Ok(laboratory) => laboratory,
        Err(failure) if failure.is_for_want_of_time() && !cancelled() => {
            return Ok(given_up(program, original, failure.text()));
        }
        Err(failure) => return Err(failure),
    };
    let original_time = Duration::from_nanos(laboratory.original_nanoseconds());
    let excused = laboratory.excused();
    let deadline = deadline.excused(excused);
    tell_of_slow_original(&program.name, original_time, deadline);
    let tried = match deadline.is_over() {
        true => Some("no time was left after the original's first run".to_owned()),
        false => laboratory.try_original_order()?,
    };
    if let Some(reason) = tried {
        let original_nanoseconds = Some(laboratory.original_nanoseconds());
        let compile_seconds = std::mem::take(&mut laboratory.compile_seconds);
        let data = Some(laboratory.data());
        drop(laboratory);
        let stays = given_up(program, original, reason);
        return Ok(Tuned { original_nanoseconds, compile_seconds, data, excused, ..stays });
    }
    let end = deadline.less(CONFIRMATION.min(deadline.total().mul_f64(CONFIRMATION_SHARE)));
    let mut report = search(
        &program,
        &dependences,
        &mut predictor,
        &machine,
        &options(end),
        observer,
        Some(&mut laboratory),
    )
    .or_fail(Kind::Other)?;
    let confirmation = confirm(&mut laboratory, &mut report, arguments.arithmetic.fast_math)?;
    let data = Some(laboratory.data());
    let original_nanoseconds = Some(laboratory.original_nanoseconds());
    let compile_seconds = std::mem::take(&mut laboratory.compile_seconds);
    let first_measured = laboratory.first_measured().map(|first| first - started);
    drop(laboratory);
    let tuned = Tuned {
        recalled: memory.as_ref().and_then(Memory::text),
        confirmation,
        data,
        original_nanoseconds,
        compile_seconds,
        first_measured,
        excused,
        ..Tuned::unmeasured(program, report)
    };
    if let Some(memory) = &memory {
        memory.remember(&tuned);
    }
    Ok(tuned)
}

/// What is left where nothing could be tried: the source as it is.
fn given_up(program: Program, loops: Arc<LoopTree>, reason: String) -> Tuned {
    let candidate = Candidate {
        schedule: Schedule::original(),
        program: Arc::new(program.clone()),
        loops,
        origin: Arc::new(Origin::named("the source's order")),
        predicted: 1.0,
    };
    let report = SearchReport::of_original(candidate, StopReason::BudgetEnded);
    let confirmation = Confirmation { source_stays: true, ..Confirmation::unmeasured() };
    let given_up = Some(reason);
    Tuned { confirmation, given_up, ..Tuned::unmeasured(program, report) }
}

/// Says at once what an original that takes most of the budget means.
fn tell_of_slow_original(name: &str, original: Duration, deadline: Deadline) {
    let left = deadline.remaining();
    if original * FEW_RUNS < left || original < NO_TIME {
        return;
    }
    let time = |time: Duration| duration(time.as_nanos() as f64);
    eprintln!(
        "note: one run of the original of {name} takes {}, and {} of the budget of {} {} left: what does not \
         end in that time is stopped, and unless something is faster the source stays",
        time(original),
        time(left),
        time(deadline.total()),
        if left.as_secs_f64() == 1.0 { "is" } else { "are" },
    );
}

/// The part of the time after which no more dependences are looked for.
const ANALYSIS_SHARE: f64 = 0.6;

/// How long the choice and the original alternate in the end, and the part of the time that this may take.
const CONFIRMATION: Duration = Duration::from_secs(3);
const CONFIRMATION_SHARE: f64 = 0.12;

/// An original of which so few runs fit into the time is slow, unless it takes no time at all.
const FEW_RUNS: u32 = 4;
const NO_TIME: Duration = Duration::from_millis(50);
