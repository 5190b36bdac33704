//! `loopwright scan`: the loops of a project by estimated work, and what could be done with them.

mod database;

use crate::failure::{Failure, Kind, Outcome};
use crate::input::InputFlags;
use crate::report::table;
use crate::terminal::print_json;
use clap::Args;
use database::Database;
use loopwright_frontend::{FrontendError, Options, Region, any_size, estimated_instances, parse};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// List the loop nests of a project by estimated work, with what could be done with each.
///
/// C files are read with the flags of a `compile_commands.json` in the folder or its `build`, where there is one.
/// Loops need no pragmas. Sizes that a file does not tell are taken to be --size.
#[derive(Args)]
pub struct Arguments {
    /// Folders and C files.
    #[arg(value_name = "DIR|FILE.c", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    flags: InputFlags,
    /// What unknown sizes are taken to be.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    size: i64,
    /// How many loops to list.
    #[arg(long, value_name = "N", default_value_t = 40)]
    list: usize,
    /// Print JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Folders in folders are looked into so far.
const DEEPEST: usize = 32;

/// A nest of loops.
pub struct Nest {
    file: PathBuf,
    line: u32,
    function: String,
    depth: usize,
    /// About how many statements run.
    work: f64,
    /// Whether it can be scheduled, and for which sizes, or why not.
    verdict: Result<String, (u32, String)>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome<()> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, 0, &mut files);
        if !path.exists() {
            let text = format!("there is no file or folder `{}`", path.display());
            return Err(Failure::new(Kind::Input, text));
        }
    }
    files.sort();
    files.dedup();
    let database = Database::of(&arguments.paths);
    let mut nests = Vec::new();
    let mut unreadable = Vec::new();
    for file in &files {
        let mut options = arguments.flags.searching();
        options.compiler_arguments.extend(database.flags(file));
        match nests_of(file, &options, arguments.size) {
            Ok(found) => nests.extend(found),
            Err(error) => unreadable.push((file.clone(), error.to_string())),
        }
    }
    show(&mut nests, &unreadable, (arguments.list, arguments.size), arguments.json)?;
    if files.is_empty() || unreadable.len() == files.len() {
        let text = match unreadable.first() {
            Some((_, error)) => format!("no file could be read; the first: {error}"),
            None => "there are no C files".to_owned(),
        };
        return Err(Failure::new(Kind::Input, text));
    }
    Ok(())
}

/// The loops of one file, marked or not.
pub fn nests_of(file: &Path, options: &Options, size: i64) -> Result<Vec<Nest>, FrontendError> {
    let unit = parse(file, options)?;
    Ok(unit.regions.iter().map(|region| nest(file, region, size)).collect())
}

fn nest(file: &Path, region: &Region, size: i64) -> Nest {
    let (depth, work, verdict) = match &region.result {
        Ok(program) => {
            let depth = program.statements.iter().map(|one| one.iterators.len()).max();
            let known = program
                .parameters
                .iter()
                .filter_map(|parameter| Some(format!("{} = {}", parameter.name, parameter.value?)));
            let known: Vec<String> = known.collect();
            let sizes = if program.parameters.is_empty() {
                "fixed sizes".to_owned()
            } else if any_size(region, program).is_some() {
                "any size".to_owned()
            } else if known.len() == program.parameters.len() {
                known.join(", ")
            } else {
                "sizes that --param gives".to_owned()
            };
            let work = estimated_instances(program, size);
            (depth.unwrap_or(0), work, Ok(format!("can be scheduled: {sizes}")))
        }
        Err(reject) => {
            let power = i32::try_from(region.depth.max(1)).unwrap_or(1);
            let work = (size as f64).powi(power);
            (region.depth, work, Err((reject.span.line, reject.reason.to_string())))
        }
    };
    let (file, line) = (file.to_owned(), region.span.line);
    Nest { file, line, function: region.function.clone(), depth, work, verdict }
}

/// Prints them, most work first.
pub fn show(
    nests: &mut [Nest],
    unreadable: &[(PathBuf, String)],
    (list, size): (usize, i64),
    json: bool,
) -> Outcome<()> {
    nests.sort_by(|one, other| {
        let key = |nest: &Nest| (nest.file.clone(), nest.line);
        other.work.total_cmp(&one.work).then_with(|| key(one).cmp(&key(other)))
    });
    if json {
        let document = json!({
            "size": size,
            "nests": nests.iter().map(Nest::json).collect::<Vec<_>>(),
            "unreadable": unreadable.iter().map(|(file, reason)| json!({
                "file": file.to_string_lossy(),
                "reason": reason,
            })).collect::<Vec<_>>(),
        });
        return print_json(&document);
    }
    let rows = nests.iter().take(list).map(|nest| {
        vec![
            format!("{}:{}", nest.file.display(), nest.line),
            nest.function.clone(),
            nest.depth.to_string(),
            format!("{:.0e}", nest.work),
            match &nest.verdict {
                Ok(text) => text.clone(),
                Err((line, reason)) => format!("left: line {line}: {reason}"),
            },
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let able = nests.iter().filter(|nest| nest.verdict.is_ok()).count();
    if !rows.is_empty() {
        println!(
            "{}",
            table(&["loops", "function", ">deep", ">work", "~what could be done"], rows)
        );
    }
    println!(
        "{able} of {} nests of loops can be scheduled; unknown sizes count as {size}",
        nests.len()
    );
    for (file, reason) in unreadable {
        eprintln!("{}: not read: {reason}", file.display());
    }
    Ok(())
}

impl Nest {
    fn json(&self) -> Value {
        let (line, reason) = match &self.verdict {
            Ok(_) => (None, None),
            Err((line, reason)) => (Some(*line), Some(reason)),
        };
        json!({
            "file": self.file.to_string_lossy(),
            "line": self.line,
            "function": self.function,
            "depth": self.depth,
            "work": self.work,
            "can_be_scheduled": self.verdict.is_ok(),
            "sizes": self.verdict.as_ref().ok().and_then(|text| text.split_once(": ")).map(|it| it.1),
            "reason": reason,
            "reason_line": line,
        })
    }
}

/// The C files below a folder, without what is hidden.
fn collect(path: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        if depth == 0 || path.extension().and_then(OsStr::to_str) == Some("c") {
            files.push(path.to_owned());
        }
        return;
    }
    if depth > DEEPEST || depth > 0 && path.is_symlink() {
        return;
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden {
            collect(&entry.path(), depth + 1, files);
        }
    }
}
