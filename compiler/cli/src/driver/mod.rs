//! The compiler driver: a C compiler's command line, with regions compiled by us and the rest by the host
//! compiler.
//!
//! `command_line` reads the words; `host` is the compiler that does the rest, and what it says of its target;
//! `flags` picks from the words what reading C and compiling the rewritten file need; `unit` compiles one file;
//! `region` finds the versions of a region's loops, `schedules` where they come from, and `join` makes one object;
//! `report` says what became of everything.
//!
//! Whatever we cannot do, the host compiler does with the user's own file: a region is left to it, never a file
//! refused.

mod command_line;
mod decisions;
mod flags;
mod host;
mod join;
mod options;
mod region;
mod report;
mod response;
mod schedules;
mod unit;

pub use command_line::CommandLine;

use command_line::{Item, Language, Mode};
use host::Host;
use report::{FileReport, Messages};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Why the driver ends: the host compiler's exit code, which said why itself, or our own words.
#[derive(Debug)]
pub enum Stop {
    Host(i32),
    Error(String),
}

impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::Error(text)
    }
}

/// What a step of the driver gives.
pub type Step<T> = Result<T, Stop>;

/// Whether the host compiler alone does what the words ask for, with no look into the files.
pub fn is_for_host_alone(line: &CommandLine) -> bool {
    line.mode() == Mode::Other
}

/// Becomes the host compiler, with the words as they are.
pub fn become_host(line: &CommandLine) -> Step<()> {
    let host = Host::of(&line.own)?;
    Err(Stop::Error(host.become_it(&line.host_words())))
}

/// Compiles, and links if the words say so.
pub fn run(line: &CommandLine) -> Step<()> {
    let host = Host::of(&line.own)?;
    let messages = Messages::of(line);
    let folder = loopwright_runtime::guard::folder().map_err(|error| error.to_string())?;
    let mut reports: Vec<FileReport> = Vec::new();
    let mut objects: Vec<Option<PathBuf>> = Vec::new();
    let compiles = line.mode() == Mode::Compile;
    let several = line.inputs().filter(|(_, language)| *language != Language::Other).count() > 1;
    if compiles && several && line.output().is_some() {
        return Err("cannot specify -o with -c and several files".to_owned().into());
    }
    for (position, item) in line.items.iter().enumerate() {
        let (file, language) = match item {
            Item::Input { file, language } if *language != Language::Other => (file, *language),
            _ => {
                objects.push(None);
                continue;
            }
        };
        let file = Path::new(file);
        let target = object_of(line, file);
        let object = match compiles {
            true => target.clone(),
            false => folder.path().join(format!("{position}.o")),
        };
        let (host, object, target) = (&host, &object, &target);
        let work = unit::Work { line, host, messages, file, language, object, target };
        let (report, made) = unit::compile(&work, folder.path())?;
        reports.push(report);
        objects.push(made.then(|| object.clone()));
    }
    let left = line.without(&objects, compiles);
    // Whoever wants to know what became of the regions does not want the host compiler's own talk as well.
    let told = reports.iter().any(|report| !report.regions.is_empty());
    let left: Vec<OsString> = left.into_iter().filter(|word| !told || word != "-v").collect();
    // What nothing was made of is the host compiler's.
    let outcome = if compiles {
        if line.inputs_without(&objects) == 0 { Ok(()) } else { host.run(&left) }
    } else {
        let mut words = left;
        // Where a file is missing the host compiler says so, and nothing else.
        if line.inputs().all(|(file, _)| Path::new(file).exists()) {
            words.extend(host.libraries(line));
        }
        host.run(&words)
    };
    report::finish(line, messages, &reports);
    outcome
}

/// What some words of a compiler's command line mean to reading the file.
pub fn reading_flags(words: &[OsString]) -> Vec<String> {
    CommandLine::read(words).map_or_else(|_| Vec::new(), |line| flags::for_reading(&line))
}

/// The object that a compiler makes of a file.
fn object_of(line: &CommandLine, file: &Path) -> PathBuf {
    if line.mode() == Mode::Compile
        && let Some(output) = line.output()
    {
        return PathBuf::from(output);
    }
    let mut name = OsString::from(file.file_stem().unwrap_or_else(|| "a".as_ref()));
    name.push(".o");
    PathBuf::from(name)
}
