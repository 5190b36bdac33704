//! What became of each region: lines for `-v`, warnings as a compiler's, and `--report FILE.json`.

use super::command_line::CommandLine;
use crate::terminal;
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What is said while a file is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    verbose: bool,
    warns: bool,
}

/// A region and what runs in its place.
#[derive(Clone, Debug)]
pub struct RegionReport {
    pub function: String,
    pub line: u32,
    /// Whether the user marked it, or we found it.
    pub marked: bool,
    /// Why it is left to the host compiler: where, and what the reason is.
    pub left: Option<Left>,
    pub versions: Vec<VersionReport>,
    /// Why there are no more versions.
    pub notes: Vec<String>,
}

/// A reason and its place.
#[derive(Clone, Debug)]
pub struct Left {
    pub line: u32,
    pub column: u32,
    pub reason: String,
    pub help: Option<String>,
    /// Whether its user can do something about it.
    pub is_rejection: bool,
}

/// One form of a region's loops.
#[derive(Clone, Debug)]
pub struct VersionReport {
    /// `n = 100`, or `any size`.
    pub sizes: String,
    pub schedule: String,
    /// Where the schedule comes from.
    pub origin: String,
    pub predicted: Option<f64>,
    /// What the independent checker says.
    pub verdict: String,
    /// What is checked at each call.
    pub checks: Vec<String>,
}

/// A file and its regions.
#[derive(Clone, Debug)]
pub struct FileReport {
    pub file: PathBuf,
    pub object: PathBuf,
    pub regions: Vec<RegionReport>,
}

impl Messages {
    /// As the words ask for.
    pub fn of(line: &CommandLine) -> Self {
        Self { verbose: line.has("-v"), warns: !line.has("-w") }
    }

    /// A warning at a place, as compilers write it.
    pub fn warning(self, file: &Path, at: Option<(u32, u32)>, text: &str) {
        if !self.warns {
            return;
        }
        let place = match at {
            Some((line, column)) => format!("{}:{line}:{column}: ", file.display()),
            None => format!("{}: ", file.display()),
        };
        let (bold, magenta, end) =
            if terminal::colours() { ("\x1b[1m", "\x1b[1;35m", "\x1b[0m") } else { ("", "", "") };
        eprintln!("{bold}{place}{end}{magenta}warning: {end}{bold}{text}{end} [-Wloopwright]");
    }

    /// Says something of a file to who wants to know everything.
    pub fn note(self, file: &Path, text: &str) {
        if self.verbose {
            eprintln!("{}: {text}", file.display());
        }
    }

    /// Says what became of a file's regions.
    pub fn tell(self, report: &FileReport, host: &str) {
        for region in &report.regions {
            if let Some(left) = &region.left
                && region.marked
                && left.is_rejection
                && !self.verbose
            {
                let help = left.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
                let text = format!(
                    "the region in '{}' is left to {host}: {}{help}",
                    region.function, left.reason
                );
                self.warning(&report.file, Some((left.line, left.column)), &text);
            }
            if self.verbose {
                let file = report.file.display();
                match &region.left {
                    Some(left) => eprintln!(
                        "{file}:{}:{}: {}: left to {host}: {}",
                        left.line, left.column, region.function, left.reason
                    ),
                    None => eprintln!("{file}:{}: {}: compiled", region.line, region.function),
                }
                for note in &region.notes {
                    eprintln!("    {note}");
                }
                for version in &region.versions {
                    let predicted = version
                        .predicted
                        .map(|ratio| format!(", predicted {}", crate::report::ratio(ratio)));
                    eprintln!(
                        "    {}: {} ({}{}; {})",
                        version.sizes,
                        version.schedule,
                        version.origin,
                        predicted.unwrap_or_default(),
                        version.verdict
                    );
                }
            }
        }
    }
}

impl FileReport {
    fn json(&self) -> Value {
        let regions = self.regions.iter().map(|region| {
            json!({
                "function": region.function,
                "line": region.line,
                "marked": region.marked,
                "status": if region.left.is_some() { "left" } else { "compiled" },
                "left": region.left.as_ref().map(|left| json!({
                    "line": left.line,
                    "column": left.column,
                    "reason": left.reason,
                    "help": left.help,
                })),
                "notes": region.notes,
                "versions": region.versions.iter().map(|version| json!({
                    "sizes": version.sizes,
                    "schedule": version.schedule,
                    "origin": version.origin,
                    "predicted_speedup": version.predicted,
                    "checker": version.verdict,
                    "checked_at_run_time": version.checks,
                })).collect::<Vec<_>>(),
            })
        });
        json!({
            "file": self.file.to_string_lossy(),
            "object": self.object.to_string_lossy(),
            "regions": regions.collect::<Vec<_>>(),
        })
    }
}

/// Puts what was found into the report's file. Several compilers of one build keep one report: a file's entry is
/// replaced, the others stay.
pub fn finish(line: &CommandLine, messages: Messages, reports: &[FileReport]) {
    let Some(path) = &line.own.report else { return };
    if let Err(error) = keep(path, reports) {
        messages.warning(path, None, &format!("the report cannot be written: {error}"));
    }
}

fn keep(path: &Path, reports: &[FileReport]) -> std::io::Result<()> {
    // Its folder is what is locked: the file itself is replaced.
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let lock = File::open(folder.unwrap_or(Path::new(".")))?;
    lock.lock()?;
    let before = std::fs::read(path).ok();
    let before = before.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let mut files: Vec<Value> = before
        .and_then(|document| Some(document.get("files")?.as_array()?.clone()))
        .unwrap_or_default();
    for report in reports {
        let file = json!(report.file.to_string_lossy());
        files.retain(|other| other.get("file") != Some(&file));
        files.push(report.json());
    }
    files.sort_by_key(|file| file.get("file").map(ToString::to_string));
    let document = json!({ "version": env!("CARGO_PKG_VERSION"), "files": files });
    let text = serde_json::to_vec_pretty(&document).map_err(std::io::Error::other)?;
    loopwright_runtime::write_atomically(path, &text)
}
