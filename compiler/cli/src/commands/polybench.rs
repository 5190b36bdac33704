//! `loopwright polybench`: the 30 kernels, checked bit for bit or tuned.

mod beside;
mod check;
mod expert;
mod latency;
mod tune;
mod variants;

use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::input::InputFlags;
use crate::tuning::SearchArguments;
use clap::Args;
use loopwright_frontend::{Region, Unit};
use loopwright_ir::Program;
use loopwright_polybench::{Kernel, Size};
use std::path::PathBuf;
use tempfile::TempDir;

/// Check or tune the PolyBench kernels.
///
/// With --check every kernel runs in its original order and under random legal schedules, and its
/// results are compared bit for bit with the same C file compiled by `clang -O0`. Otherwise (or with
/// --tune) every kernel is tuned, and a table shows the original's time against the tuned one's. With
/// --expert nothing is searched: the table shows the original against its expert schedule, both
/// compiled for the same machine and run in turn.
#[derive(Args)]
pub struct Arguments {
    /// The kernels; all by default.
    #[arg(value_name = "KERNEL")]
    kernels: Vec<String>,
    /// mini, small, medium, large or extralarge.
    #[arg(long, default_value = "medium")]
    size: Size,
    /// Compare results.
    #[arg(long)]
    check: bool,
    /// Time the compiler's own questions: dependences, legality of steps, loops, features.
    #[arg(long)]
    latency: bool,
    /// Tune, also after --check.
    #[arg(long)]
    tune: bool,
    /// With --check: how many random legal schedules each kernel runs under.
    #[arg(long, value_name = "N", default_value_t = 10)]
    schedules: u32,
    /// With --check: each kernel's example schedule (see polybench/schedules) in place of random ones,
    /// checked by the independent checker too.
    #[arg(long, requires = "check")]
    examples: bool,
    /// Time the expert schedules (of polybench/expert, or of another folder of files KERNEL.schedule)
    /// against clang -O3; --budget is how long the two sides of a kernel take turns at most.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true)]
    expert: Option<Option<PathBuf>>,
    /// Tune, and show each result beside the kernel's expert schedule, run in turn after the search.
    #[arg(long)]
    with_expert: bool,
    /// Tune so many other ways to write each kernel, by random legal rewritings printed as C, and compare
    /// their times with the kernel's own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    variants: Option<u32>,
    /// With --variants: the folder in which the C files stay.
    #[arg(long, value_name = "FOLDER", requires = "variants")]
    variants_folder: Option<PathBuf>,
    #[command(flatten)]
    search: SearchArguments,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let mut kernels = kernels(&arguments.kernels)?;
    if arguments.examples {
        kernels.retain(|kernel| loopwright_polybench::example_schedule(kernel.name).is_some());
    }
    let strict = arguments.check || arguments.latency || arguments.expert.is_some();
    if strict && arguments.search.arithmetic.fast_math {
        return Err(Failure::with_help(
            Kind::Other,
            "--check, --latency and --expert are about strict arithmetic",
            "leave --fast-math out, or tune with it",
        ));
    }
    let sources = Sources::write()?;
    if arguments.check {
        check::run(arguments, &kernels, &sources)?;
    }
    if arguments.latency {
        latency::run(arguments, &kernels, &sources)?;
    }
    if arguments.expert.is_some() {
        expert::run(arguments, &kernels, &sources)?;
    }
    if let Some(count) = arguments.variants {
        variants::run(arguments, count, &kernels, &sources)?;
    }
    let other = strict || arguments.variants.is_some();
    if arguments.tune || arguments.with_expert || !other {
        tune::run(arguments, &kernels, &sources)?;
    }
    Ok(())
}

/// The kernels with the given names, all for none.
pub fn kernels(names: &[String]) -> Outcome<Vec<&'static Kernel>> {
    if names.is_empty() {
        return Ok(loopwright_polybench::kernels().iter().collect());
    }
    names
        .iter()
        .map(|name| {
            loopwright_polybench::by_name(name).ok_or_else(|| {
                let known: Vec<&str> =
                    loopwright_polybench::kernels().iter().map(|kernel| kernel.name).collect();
                Failure::with_help(
                    Kind::Input,
                    format!("there is no kernel `{name}`"),
                    format!("the kernels are {}", known.join(", ")),
                )
            })
        })
        .collect()
}

/// The kernels' C files in a temporary folder.
pub struct Sources {
    folder: TempDir,
}

impl Sources {
    /// Writes all of them.
    pub fn write() -> Outcome<Self> {
        let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
        loopwright_polybench::write_sources(folder.path()).or_fail(Kind::Environment)?;
        Ok(Self { folder })
    }

    /// Parses a kernel at a size, as any other C file with a `-D`.
    pub fn load(&self, kernel: &Kernel, size: Size) -> Outcome<Loaded> {
        let mut flags = InputFlags::plain();
        let (unit, program) = self.parsed(kernel, size, &mut flags)?;
        let program = crate::input::specialized(&unit, &program)?;
        Ok(Loaded { unit, flags, program })
    }

    /// A kernel's file, and its program with the values of the parameters at a size, whose macro is added to the flags.
    pub fn parsed(
        &self,
        kernel: &Kernel,
        size: Size,
        flags: &mut InputFlags,
    ) -> Outcome<(Unit, Program)> {
        flags.definitions.push(size.define().to_owned());
        let unit = crate::input::parse(&self.folder.path().join(kernel.relative_path), flags)?;
        let mut program = crate::input::accepted(&unit.regions)?
            .first()
            .map(|accepted| accepted.program.clone())
            .ok_or_else(|| Failure::new(Kind::Other, format!("{} has no region", kernel.name)))?;
        // Numbers of time steps are no array's extent; the registry knows them.
        for (name, value) in kernel.sizes(size) {
            let unknown = program.parameters.iter_mut().find(|parameter| {
                parameter.value.is_none() && parameter.name.eq_ignore_ascii_case(name)
            });
            if let Some(parameter) = unknown {
                parameter.value = i64::try_from(value).ok();
            }
        }
        Ok((unit, program))
    }
}

/// A kernel that is ready to be worked on.
pub struct Loaded {
    pub unit: Unit,
    pub flags: InputFlags,
    /// Specialised for the size.
    pub program: Program,
}

impl Loaded {
    /// The region that the program is of.
    pub fn region(&self) -> Outcome<&Region> {
        let mut regions = self.unit.regions.iter();
        regions
            .find(|region| region.result.is_ok())
            .ok_or_else(|| Failure::new(Kind::Other, "the kernel has no region"))
    }
}
