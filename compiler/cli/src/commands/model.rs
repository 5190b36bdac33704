//! `loopwright model`: the learned cost model, described and judged.

mod check;
mod data;
mod eval;
mod info;
mod pool;

use crate::failure::{Failure, Kind, Outcome};
use clap::{Args, Subcommand};
use loopwright_costmodel::CostModel;
use loopwright_costmodel::model::{metadata, shipped_bytes};
use loopwright_polybench::Size;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Look at the cost model, or judge it.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Info(InfoArguments),
    Eval(EvalArguments),
    Pool(PoolArguments),
    Check(CheckArguments),
}

/// Which model.
#[derive(Args)]
pub struct ModelArguments {
    /// A model in place of the one that is shipped.
    #[arg(long, value_name = "FILE.onnx")]
    model: Option<PathBuf>,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Print what a model file says of itself, and how long its predictions take.
#[derive(Args)]
pub struct InfoArguments {
    #[command(flatten)]
    model: ModelArguments,
}

/// Judge the model's predictions against measurements, beside the analytical estimate.
///
/// Within each program the schedules are ranked by prediction and by measurement: Spearman's
/// correlation of the ranks, and the regret, which is the part of the best measured speed that is
/// lost by running what was predicted best (or the best of the five that were predicted best).
/// Errors are those of the predicted speed-up over the original order.
///
/// The data should be of programs that the model was not trained on.
#[derive(Args)]
pub struct EvalArguments {
    /// Folders or shards of measured programs; the held-out ones of this repository by default.
    #[arg(value_name = "DATA")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArguments,
}

/// Measure schedules of the PolyBench kernels and keep their times.
///
/// Each kernel's original order, its expert schedule, the first plans of a search and random members of
/// what it searches run in turn. Nothing that predicts has a say in which they are. The file is one line
/// of JSON a kernel; kernels that it has are not measured again.
#[derive(Args)]
pub struct PoolArguments {
    /// The file that lines are appended to.
    #[arg(long, value_name = "FILE.jsonl")]
    out: PathBuf,
    /// Only these kernels.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    kernel: Vec<String>,
    /// mini, small, medium, large or extralarge.
    #[arg(long, default_value = "medium")]
    size: Size,
    /// How many schedules of each kernel, the original order included.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(2..=1000))]
    schedules: u32,
    /// How long the schedules of one kernel take turns, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 4.0)]
    seconds: f64,
    /// The seed of the schedules.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Threads that parallel loops run on; all by default, or OMP_NUM_THREADS.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
    /// The C compiler for the original.
    #[arg(long, value_name = "COMMAND", default_value = "clang-19")]
    compiler: String,
}

/// Judge how well the estimate ranks the schedules of pools, and how many it scores in a second.
///
/// For each kernel: Spearman's correlation of predicted and measured ranks; the regret, which is the part of the best
/// measured speed that is lost by running what was predicted best (or the best of the five predicted best); and the share
/// of the other schedules that are predicted to be faster than the expert's.
#[derive(Args)]
pub struct CheckArguments {
    /// Files that `model pool` made.
    #[arg(required = true, value_name = "FILE.jsonl")]
    pools: Vec<PathBuf>,
    /// Only these kernels.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    kernel: Vec<String>,
    /// Judge this learned model beside the estimate: a file, or `shipped`.
    #[arg(long, value_name = "FILE.onnx")]
    model: Option<PathBuf>,
    /// List each kernel's schedules, the fastest first, with the estimate's terms.
    #[arg(long)]
    list: bool,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    match &arguments.command {
        Command::Info(arguments) => info::run(arguments),
        Command::Eval(arguments) => eval::run(arguments),
        Command::Pool(arguments) => pool::run(arguments),
        Command::Check(arguments) => check::run(arguments),
    }
}

/// A model file that can be used.
pub struct ModelFile {
    /// A path, or that it is the shipped one.
    pub name: String,
    /// Bytes of the file.
    pub size: usize,
    /// What training wrote into it.
    pub metadata: BTreeMap<String, String>,
    pub model: CostModel,
}

impl ModelArguments {
    /// Loads the file; one that cannot be used is a failure, there is no falling back here.
    fn load(&self) -> Outcome<ModelFile> {
        load(self.model.as_ref())
    }
}

/// Loads the file at the path, or the shipped one without a path.
pub fn load(path: Option<&PathBuf>) -> Outcome<ModelFile> {
    let name = path.map_or("the shipped model".to_owned(), |path| path.display().to_string());
    let failure = |error: &dyn std::fmt::Display| {
        Failure::with_help(
            Kind::Environment,
            format!("{name}: {error}"),
            "train a model with costmodel/train/run.sh, or leave --model out",
        )
    };
    let bytes: Cow<'static, [u8]> = match path {
        Some(path) => CostModel::read(path).map_err(|error| failure(&error))?.into(),
        None => shipped_bytes().into(),
    };
    let model = CostModel::from_bytes(&bytes).map_err(|error| failure(&error))?;
    let metadata = metadata(&bytes).map_err(|error| failure(&error))?;
    Ok(ModelFile { name, size: bytes.len(), metadata, model })
}
