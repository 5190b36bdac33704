//! From the command line's file and flags to a program with known parameter values.

use crate::failure::{Failure, Kind, Outcome};
use clap::{Args, ValueEnum};
use loopwright_frontend::{Options, Region, Unit, ValueOrigin};
use loopwright_ir::Program;
use loopwright_transform::forward_scalars;
use std::path::{Path, PathBuf};

/// Whether `a*b+c` inside one C expression is rounded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contraction {
    /// As `-ffp-contract=on`: fused inside one expression.
    On,
    /// As `-ffp-contract=off`: every operation is rounded.
    Off,
}

impl Contraction {
    /// The flag by which a C compiler follows the same rule.
    pub fn compiler_flag(self) -> &'static str {
        match self {
            Self::On => "-ffp-contract=on",
            Self::Off => "-ffp-contract=off",
        }
    }
}

/// The C file and how to read it.
#[derive(Args, Clone, Debug)]
pub struct InputArguments {
    /// A C file with `#pragma scop` … `#pragma endscop` regions.
    #[arg(value_name = "FILE.c")]
    pub file: PathBuf,
    #[command(flatten)]
    pub flags: InputFlags,
}

/// How to read a C file.
#[derive(Args, Clone, Debug)]
pub struct InputFlags {
    /// Only the regions of this function, or the region of this name (`f_2` is the second one of `f`).
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// The value of a parameter whose value the file does not tell.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = parse_parameter)]
    pub parameters: Vec<(String, i64)>,
    /// The function that fills the arrays before a measurement; its arguments are matched by name.
    #[arg(long, value_name = "NAME", default_value = "init_array")]
    pub init: String,
    /// A folder in which included files are looked for.
    #[arg(short = 'I', value_name = "DIR")]
    include_directories: Vec<String>,
    /// A macro.
    #[arg(short = 'D', value_name = "NAME[=VALUE]")]
    pub definitions: Vec<String>,
    /// A file that is included before the first line.
    #[arg(long = "include", value_name = "FILE")]
    include_files: Vec<String>,
    /// Any other flag for the C compiler, as `--cflag=-std=c11`.
    #[arg(long = "cflag", value_name = "FLAG", allow_hyphen_values = true)]
    compiler_flags: Vec<String>,
    /// Whether `a*b+c` in one C expression becomes a fused multiply-add, where no pragma says so: on unless
    /// `--cflag=-ffp-contract=off` says otherwise.
    #[arg(long, value_enum)]
    pub fp_contract: Option<Contraction>,
}

fn parse_parameter(text: &str) -> Result<(String, i64), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, as in n=1000")?;
    let value = value.parse().map_err(|_| format!("`{value}` is not an integer"))?;
    Ok((name.to_owned(), value))
}

impl InputFlags {
    /// No flags at all, as for files of our own.
    pub fn plain() -> Self {
        Self {
            function: None,
            parameters: Vec::new(),
            init: "init_array".to_owned(),
            include_directories: Vec::new(),
            definitions: Vec::new(),
            include_files: Vec::new(),
            compiler_flags: Vec::new(),
            fp_contract: None,
        }
    }

    /// Flags of a C compiler, with what they mean for multiply-adds.
    pub fn of_compiler(flags: &[String], contracts: bool) -> Self {
        let contraction = if contracts { Contraction::On } else { Contraction::Off };
        // How much is optimised is another question.
        let flags =
            flags.iter().filter(|flag| !flag.starts_with("-O") && !flag.starts_with("-march="));
        Self {
            compiler_flags: flags.cloned().collect(),
            fp_contract: Some(contraction),
            ..Self::plain()
        }
    }

    /// The files that are included before the first line.
    pub fn include_files(&self) -> impl Iterator<Item = &Path> {
        self.include_files.iter().map(Path::new)
    }

    /// The flags as the C compiler takes them.
    pub fn compiler_arguments(&self) -> Vec<String> {
        let mut arguments = self.compiler_flags.clone();
        arguments.extend(self.include_directories.iter().map(|name| format!("-I{name}")));
        arguments.extend(self.definitions.iter().map(|name| format!("-D{name}")));
        for file in &self.include_files {
            arguments.extend(["-include".to_owned(), file.clone()]);
        }
        arguments
    }

    /// Whether multiply-adds are fused: as `--fp-contract` says, or the last flag for the C compiler.
    pub fn contraction(&self) -> Contraction {
        self.fp_contract.or_else(|| self.flagged_contraction()).unwrap_or(Contraction::On)
    }

    fn flagged_contraction(&self) -> Option<Contraction> {
        self.compiler_flags.iter().rev().find_map(|flag| match flag.as_str() {
            "-ffp-contract=on" => Some(Contraction::On),
            "-ffp-contract=off" => Some(Contraction::Off),
            _ => None,
        })
    }

    /// Two answers to one question are a mistake.
    fn check_contraction(&self) -> Outcome<()> {
        match (self.fp_contract, self.flagged_contraction()) {
            (Some(said), Some(flagged)) if said != flagged => Err(Failure::with_help(
                Kind::Input,
                format!("`--fp-contract` contradicts `--cflag={}`", flagged.compiler_flag()),
                "give one of them",
            )),
            _ => Ok(()),
        }
    }

    /// As the frontend takes them, for a search for regions.
    pub fn searching(&self) -> Options {
        Options { auto: true, ..self.frontend_options() }
    }

    fn frontend_options(&self) -> Options {
        Options {
            compiler_arguments: self.compiler_arguments(),
            parameters: self.parameters.clone(),
            contraction: self.contraction() == Contraction::On,
            function: self.function.clone(),
            auto: false,
        }
    }
}

/// A region that can be represented.
pub struct Accepted<'a> {
    pub region: &'a Region,
    /// With the parameters as symbols.
    pub program: &'a Program,
}

impl InputArguments {
    /// Parses the file.
    pub fn parse(&self) -> Outcome<Unit> {
        parse(&self.file, &self.flags)
    }
}

/// Parses a file.
pub fn parse(file: &Path, flags: &InputFlags) -> Outcome<Unit> {
    flags.check_contraction()?;
    loopwright_frontend::parse(file, &flags.frontend_options())
        .map_err(|error| Failure::diagnostic(Kind::Input, error).about(file, None))
}

/// The regions that can be represented; the others are reported as warnings on standard error. None
/// at all is a failure.
pub fn accepted<'a>(regions: impl IntoIterator<Item = &'a Region>) -> Outcome<Vec<Accepted<'a>>> {
    let mut accepted = Vec::new();
    let mut rejects = Vec::new();
    for region in regions {
        match &region.result {
            Ok(program) => accepted.push(Accepted { region, program }),
            Err(reject) => rejects.push(reject.clone()),
        }
    }
    if accepted.is_empty()
        && let Some(last) = rejects.pop()
    {
        for reject in rejects {
            eprintln!("{:?}", miette::Report::new(reject));
        }
        return Err(Failure::diagnostic(Kind::Input, last));
    }
    for reject in rejects {
        eprintln!("{:?}", miette::Report::new(reject));
    }
    Ok(accepted)
}

/// The regions, or the one whose program has the name that `--function` gives: a function's first region is
/// called like the function, and where one region is wanted, that is the one.
pub fn chosen<'a>(unit: &'a Unit, flags: &InputFlags) -> Vec<&'a Region> {
    let is_named = |region: &&Region| {
        region.result.as_ref().is_ok_and(|program| flags.function.as_ref() == Some(&program.name))
    };
    match unit.regions.iter().find(is_named) {
        Some(named) => vec![named],
        None => unit.regions.iter().collect(),
    }
}

/// Where the value of a region's parameter comes from.
fn origin_of<'a>(unit: &'a Unit, program: &Program, name: &str) -> Option<&'a ValueOrigin> {
    let position = program.parameters.iter().position(|parameter| parameter.name == name)?;
    let is_its =
        |region: &&Region| region.result.as_ref().is_ok_and(|other| other.name == program.name);
    unit.regions.iter().find(is_its)?.origins.get(position)
}

/// The program for its known parameter values, after checking that they are all known, that extents
/// are positive and that accesses are in bounds; without the scalars that only stand for elements.
pub fn specialized(unit: &Unit, program: &Program) -> Outcome<Program> {
    if let Err(name) = program.parameter_values() {
        let origin = origin_of(unit, program, &name);
        if let Some(ValueOrigin::Contradicting { .. }) = origin {
            return Err(Failure::with_help(
                Kind::Input,
                format!(
                    "{}: the value of the parameter `{name}` of `{}` is {}",
                    unit.file.display(),
                    program.name,
                    origin.map(ToString::to_string).unwrap_or_default()
                ),
                format!("choose one with --param {name}=VALUE"),
            ));
        }
        return Err(Failure::with_help(
            Kind::Input,
            format!(
                "{}: the value of the parameter `{name}` of `{}` is not known",
                unit.file.display(),
                program.name
            ),
            format!("give it with --param {name}=VALUE"),
        ));
    }
    loopwright_frontend::validate(program)
        .map_err(|reject| Failure::diagnostic(Kind::Input, reject))?;
    Ok(forward_scalars(&program.specialize()))
}
