//! `loopwright model`: the learned cost model, described and judged.

mod data;
mod eval;
mod info;
mod polybench;

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
    #[arg(value_name = "DATA", conflicts_with = "polybench")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArguments,
    /// Measure schedules of the PolyBench kernels instead of reading data.
    #[arg(long)]
    polybench: bool,
    /// With --polybench: only these kernels.
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "polybench")]
    kernel: Vec<String>,
    /// With --polybench: mini, small, medium, large or extralarge.
    #[arg(long, default_value = "medium", requires = "polybench")]
    size: Size,
    /// With --polybench: how many schedules of each kernel, the original order included.
    #[arg(long, value_name = "N", default_value_t = 24, requires = "polybench", value_parser = clap::value_parser!(u32).range(2..=1000))]
    candidates: u32,
    /// With --polybench: the seed of the schedules.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "polybench")]
    seed: u64,
    /// With --polybench: threads that parallel loops run on; all by default, or OMP_NUM_THREADS.
    #[arg(long, value_name = "N", requires = "polybench", value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,
    /// With --polybench: the C compiler for the original.
    #[arg(long, value_name = "COMMAND", default_value = "clang-19", requires = "polybench")]
    compiler: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    match &arguments.command {
        Command::Info(arguments) => info::run(arguments),
        Command::Eval(arguments) => eval::run(arguments),
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
