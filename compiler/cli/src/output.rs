//! Writing what `--emit` asks for: whole files only, by way of a temporary file and a rename.

use crate::emission::{self, Emission, Part};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::laboratory::CompilerSettings;
use crate::terminal;
use clap::{Args, ValueEnum};
use loopwright_codegen::Target;
use loopwright_exchange::{to_isl, to_looperset};
use loopwright_frontend::{Region, Unit};
use loopwright_ir::{LoopTree, Program, Schedule, ScheduleTree};
use std::path::{Path, PathBuf};

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// A relocatable object file.
    Obj,
    /// A shared object.
    Shared,
    /// LLVM's textual representation, after optimisation.
    Llvm,
    /// Assembly.
    Asm,
    /// C with OpenMP.
    C,
    /// A header with the functions of what takes the file's place.
    Header,
    /// The schedule's text.
    Schedule,
    /// The schedule as a LOOPerSet string, as far as it has words for it.
    Looperset,
    /// The order as an isl schedule tree in YAML.
    Isl,
    /// The command's report as JSON.
    Json,
}

impl Emit {
    fn extension(self) -> &'static str {
        match self {
            Self::Obj => "o",
            Self::Shared => "so",
            Self::Llvm => "ll",
            Self::Asm => "s",
            Self::C => "c",
            Self::Header => "h",
            Self::Schedule => "schedule",
            Self::Looperset => "looperset",
            Self::Isl => "yaml",
            Self::Json => "json",
        }
    }
}

impl Emit {
    /// Whether one of several regions' replacements is written, too.
    fn is_of_whole_files(self) -> bool {
        matches!(self, Self::Obj | Self::Shared | Self::C | Self::Header)
    }
}

/// Which files to write, and where.
#[derive(Args, Clone, Debug)]
pub struct OutputArguments {
    /// What to write, several separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub emit: Vec<Emit>,
    /// The file to write, for a single --emit of a single region, or what the files' names begin with;
    /// otherwise they are named after the input. `-` is standard output, for a single --emit.
    #[arg(short, long, value_name = "PATH", requires = "emit")]
    pub output: Option<PathBuf>,
}

/// One kernel's final form.
pub struct Product<'a> {
    pub unit: &'a Unit,
    pub region: &'a Region,
    /// How the user's file is compiled.
    pub settings: &'a CompilerSettings,
    /// The program for the known parameter values, before any step.
    pub source: &'a Program,
    /// Whether nothing is faster than the source as its compiler compiles it, so that it stays.
    pub source_stays: bool,
    /// With symbolic parameters and the original order: what runs when the checks at entry fail, where the
    /// user's file cannot be compiled.
    pub generic: (&'a Program, &'a LoopTree),
    /// For the known parameter values.
    pub specialized: (&'a Program, &'a LoopTree),
    /// The steps, where the order was not given as a tree.
    pub schedule: Option<&'a Schedule>,
    /// The order for the known parameter values.
    pub tree: &'a ScheduleTree,
    /// The machine that code is for.
    pub target: &'a Target,
    /// Whether results may differ in their last bits. Printed C leaves that to its compiler's flags.
    pub fast_math: bool,
    pub json: serde_json::Value,
}

impl OutputArguments {
    /// Looks, before any work is done, whether the files can be written as the arguments say: standard output
    /// takes one file and no report beside it, and no file that is read is written to. Where a file goes to
    /// standard output, reports go to standard error from here on.
    pub fn prepare(&self, unit: &Unit, json: bool, read: &[&Path]) -> Outcome<()> {
        let accepted: Vec<&str> = unit
            .regions
            .iter()
            .filter_map(|region| Some(region.result.as_ref().ok()?.name.as_str()))
            .collect();
        if self.is_standard_output() {
            let problem = match (self.emit.as_slice(), accepted.as_slice()) {
                (_, _) if json => Some(("--json prints there, too", "write to a file")),
                ([_], [] | [_]) => None,
                ([kind], _) if kind.is_of_whole_files() => None,
                ([_], _) => Some(("the file has several regions", "choose one with --function")),
                _ => Some(("--emit names several", "choose one")),
            };
            if let Some((problem, help)) = problem {
                let text = format!("standard output takes one file, and {problem}");
                return Err(Failure::with_help(Kind::Other, text, help));
            }
            terminal::reserve();
            return Ok(());
        }
        let several = accepted.into_iter().map(Some).filter(|_| unit.regions.len() > 1);
        for region in several.chain([None]) {
            for kind in &self.emit {
                let path = self.path(&unit.file, *kind, region);
                let mut read = std::iter::once(unit.file.as_path()).chain(read.iter().copied());
                if let Some(same) = read.find(|read| is_same_file(read, &path)) {
                    let (path, same) = (path.display(), same.display());
                    return Err(Failure::with_help(
                        Kind::Other,
                        format!("{path} would overwrite {same}, which is read"),
                        "give another name with --output",
                    ));
                }
            }
        }
        Ok(())
    }

    fn is_standard_output(&self) -> bool {
        self.output.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// Writes the files for one region and says so. `several` says that the input has more than one region,
    /// so that the region's name must be in the file's name.
    pub fn write(&self, input: &Path, several: bool, product: &Product<'_>) -> Outcome<()> {
        for kind in &self.emit {
            if several && self.is_standard_output() {
                continue;
            }
            let path = self.path(input, *kind, several.then_some(product.generic.0.name.as_str()));
            self.put(&path, &bytes(*kind, product, &path)?)?;
        }
        Ok(())
    }

    /// Writes the objects and the C of a whole file of which all regions are replaced, beside those for one
    /// region each.
    pub fn write_whole(&self, emission: &Emission<'_>) -> Outcome<()> {
        // The name that the user gave is what the files' names begin with.
        let whole = emission.parts.len() > 1 && !emission.is_foreign();
        for kind in self.emit.iter().filter(|_| whole) {
            let path = self.named(&emission.unit.file, *kind, None);
            let bytes = match kind {
                Emit::Obj => emission::object(emission)?,
                Emit::Shared => emission::shared(emission, &path)?,
                Emit::C => emission::c_file(emission, &path)?,
                Emit::Header => emission::header(emission),
                _ => continue,
            };
            self.put(&path, &bytes)?;
        }
        Ok(())
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> Outcome<()> {
        if self.is_standard_output() {
            terminal::write(bytes);
            return Ok(());
        }
        loopwright_runtime::write_atomically(path, bytes).or_fail(Kind::Environment)?;
        eprintln!("wrote {}", path.display());
        Ok(())
    }

    fn path(&self, input: &Path, kind: Emit, region: Option<&str>) -> PathBuf {
        if let (Some(path), [_], None) = (&self.output, self.emit.as_slice(), region) {
            return path.clone();
        }
        self.named(input, kind, region)
    }

    /// The output's name or the input's, the region's, and the kind's ending.
    fn named(&self, input: &Path, kind: Emit, region: Option<&str>) -> PathBuf {
        let base = self.output.clone().unwrap_or_else(|| {
            PathBuf::from(input.file_stem().unwrap_or_else(|| "loopwright".as_ref()))
        });
        let mut name = base.into_os_string();
        if let Some(region) = region {
            name.push(format!(".{region}"));
        }
        name.push(format!(".loopwright.{}", kind.extension()));
        PathBuf::from(name)
    }
}

impl<'a> Product<'a> {
    /// The region with what runs in its place.
    pub fn part(&self) -> Part<'a> {
        let scheduled = (!self.source_stays).then_some(self.specialized);
        Part {
            region: self.region,
            scheduled,
            source: self.source,
            generic: Some(self.generic),
            schedule: self.schedule,
        }
    }
}

/// Whether two names lead to one file, by whatever path or link.
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(one), Ok(other)) = (one.metadata(), other.metadata()) else { return false };
    one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn bytes(kind: Emit, product: &Product<'_>, path: &Path) -> Outcome<Vec<u8>> {
    let program = product.specialized.0;
    let part = [product.part()];
    let emission = Emission {
        unit: product.unit,
        parts: &part,
        settings: product.settings,
        target: product.target,
        fast_math: product.fast_math,
    };
    match kind {
        Emit::Obj => emission::object(&emission),
        Emit::Shared => emission::shared(&emission, path),
        Emit::Llvm => emission::llvm(&emission),
        Emit::Asm => emission::assembly(&emission),
        Emit::C => emission::c_file(&emission, path),
        Emit::Header => Ok(emission::header(&emission)),
        Emit::Schedule => Ok(format!("{}\n", steps(product)?).into_bytes()),
        Emit::Looperset => {
            let written = to_looperset(program, steps(product)?, true).or_fail(Kind::Schedule)?;
            for step in &written.left_out {
                eprintln!("left out of the LOOPerSet string, which has no word for it: {step}");
            }
            Ok(format!("{}\n", written.text).into_bytes())
        }
        Emit::Isl => to_isl(program, product.tree).map(String::into_bytes).or_fail(Kind::Schedule),
        Emit::Json => serde_json::to_vec_pretty(&product.json).or_fail(Kind::Other),
    }
}

fn steps<'a>(product: &Product<'a>) -> Outcome<&'a Schedule> {
    product.schedule.ok_or_else(|| {
        Failure::with_help(
            Kind::Schedule,
            "an order that was given as an isl schedule tree is no list of steps",
            "write it with --emit isl",
        )
    })
}
