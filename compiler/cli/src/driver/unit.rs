//! One C file: read, its regions compiled, the rest by the host compiler, all in one object.

use super::command_line::{CommandLine, Language};
use super::host::Host;
use super::join::{Loops, join};
use super::region::{Context, planned};
use super::report::{FileReport, Messages};
use super::{Step, Stop, flags, schedules};
use crate::input::InputFlags;
use crate::interrupt;
use crate::tuning::Surroundings;
use loopwright_frontend::{
    FrontendError, Options, Substitution, Version, own_name, parse, substituted_unit,
};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What is to be done with a file.
pub struct Work<'a> {
    pub line: &'a CommandLine,
    pub host: &'a Host,
    pub messages: Messages,
    pub file: &'a Path,
    pub language: Language,
    /// The object to write.
    pub object: &'a Path,
    /// The object that the compiler would make, for `-MD`.
    pub target: &'a Path,
}

/// Compiles a file that has something for us; else nothing is made, and the host compiler is to do it.
pub fn compile(work: &Work<'_>, folder: &Path) -> Step<(FileReport, bool)> {
    let Work { line, host, messages, file, object, .. } = work;
    let mut report = FileReport {
        file: file.to_path_buf(),
        object: work.target.to_owned(),
        regions: Vec::new(),
    };
    // What cannot be read the host compiler complains of.
    let marked = std::fs::read(file).is_ok_and(|bytes| contains(&bytes, b"scop"));
    if !marked && !line.own.auto {
        return Ok((report, false));
    }
    let Some(macros) = host.macros(&flags::without_files(line), language_of(work)) else {
        return Ok((report, false));
    };
    if let Some(reason) = flags::obstacle(line, &macros) {
        messages.note(file, &format!("left to {}: {reason}", host.name()));
        return Ok((report, false));
    }
    let mut words = flags::for_reading(line);
    words.push(format!("-x{}", language_of(work)));
    let options = Options {
        compiler_arguments: words,
        contraction: flags::contracts(line, &macros),
        auto: line.own.auto,
        ..Options::default()
    };
    let unit = match parse(file, &options) {
        Ok(unit) => unit,
        // The host compiler says so in its own words, if it is none of its extensions.
        Err(error @ FrontendError::Syntax { .. }) => {
            messages.note(file, &format!("left to {}: {error}", host.name()));
            return Ok((report, false));
        }
        Err(FrontendError::NoRegion { .. }) => return Ok((report, false)),
        Err(error) => {
            messages.warning(file, None, &format!("the file is left to {}: {error}", host.name()));
            return Ok((report, false));
        }
    };
    let (target, processor) = flags::target(line, &macros);
    let fast_math = flags::relaxes(line);
    let arguments = schedules::arguments(&line.own, host.program(), &target, fast_math);
    let surroundings = || Surroundings::new(&arguments, interrupt::flag());
    let flags = InputFlags::of_compiler(&flags::for_reading(line), options.contraction);
    let context = Context {
        own: &line.own,
        target: &target,
        processor,
        fast_math,
        is_cxx: work.language == Language::Cxx,
        flags,
        arguments: arguments.clone(),
        surroundings: &surroundings,
    };
    let mut plans = Vec::new();
    for region in &unit.regions {
        let (region_report, planned) = planned(&unit, region, &context);
        report.regions.push(region_report);
        plans.push(planned);
    }
    messages.tell(&report, host.name());
    if plans.iter().all(Vec::is_empty) {
        return Ok((report, false));
    }
    // The user's own text: its warnings, its errors, and what it includes.
    host.run(&check(work))?;
    let (mut substitutions, mut loops) = (Vec::new(), Vec::new());
    for (region, planned) in unit.regions.iter().zip(&plans) {
        let Ok(program) = &region.result else { continue };
        let mut versions = Vec::new();
        for (number, one) in planned.iter().enumerate() {
            let symbol = own_name(&unit, &format!("loops{number}_{}", program.name));
            versions.push(Version { symbol: symbol.clone(), checks: one.checks.clone() });
            loops.push(Loops { program: &one.program, tree: &one.loops, symbol });
        }
        // Arrays that live in the region only have the extents that are known.
        let known = planned.first().map_or(program, |one| &one.program);
        substitutions.push(Substitution { region, program: known, versions });
    }
    let text = substituted_unit(&unit, &substitutions).map_err(|error| error.to_string())?;
    let compiled = folder.join("rewritten.o");
    let is_clang = macros.has("__clang__");
    if let Err(reason) = rewritten((work, is_clang), &text, folder, &compiled)? {
        let text = format!(
            "the file is left to {}, which does not take it rewritten: {reason}",
            host.name()
        );
        messages.warning(file, None, &text);
        return Ok((report, false));
    }
    let joined = join(&compiled, &loops, (&target, fast_math), folder)?;
    loopwright_runtime::write_atomically(object, &joined)
        .map_err(|error| Stop::Error(error.to_string()))?;
    Ok((report, true))
}

/// Has the host compiler compile the rewritten text; `Err` inside is why it does not.
fn rewritten(
    (work, is_clang): (&Work<'_>, bool),
    text: &[u8],
    folder: &Path,
    output: &Path,
) -> Step<Result<(), String>> {
    let name = work.file.file_name().unwrap_or_else(|| OsStr::new("file.c"));
    let source = folder.join(name);
    std::fs::write(&source, text).map_err(|error| error.to_string())?;
    let mut words = flags::for_rewritten(work.line);
    let parent = work.file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let language: &OsStr = language_of(work).as_ref();
    let mapped = |from: &OsStr| {
        let mut flag = OsString::from("-ffile-prefix-map=");
        flag.push(from);
        flag.push("=");
        flag.push(work.file);
        flag
    };
    words.extend(["-c".into(), "-o".into(), output.as_os_str().to_owned()]);
    // What the file includes is looked for in its folder first: that of the rewritten text is another one.
    let input = match parent {
        Some(parent) => {
            words.extend(["-iquote".into(), parent.as_os_str().to_owned()]);
            words.push(mapped(source.as_os_str()));
            words.extend(["-x".into(), language.to_owned(), source.clone().into_os_string()]);
            None
        }
        None => {
            words.push(mapped("<stdin>".as_ref()));
            if is_clang {
                words.extend(["-Xclang", "-main-file-name", "-Xclang"].map(OsString::from));
                words.push(work.file.as_os_str().to_owned());
            }
            words.extend(["-x".into(), language.to_owned(), "-".into()]);
            Some(source.as_path())
        }
    };
    let result = work.host.output(&words, input)?;
    let said = String::from_utf8_lossy(&result.stderr);
    let first = said.lines().find(|line| line.contains("error")).unwrap_or_default();
    Ok(if result.status.success() { Ok(()) } else { Err(first.to_owned()) })
}

/// The words with which the host compiler judges the user's own file and writes what it depends on.
fn check(work: &Work<'_>) -> Vec<OsString> {
    let line = work.line;
    let mut words = flags::without_files(line);
    words.retain(|word| word != "-v");
    words.extend(["-fsyntax-only", "-Wno-unknown-pragmas"].map(OsString::from));
    if let Some(kind) = ["-MD", "-MMD"].into_iter().rev().find(|kind| line.has(kind)) {
        words.push(kind.into());
        let file = line.value("-MF").map(PathBuf::from);
        let file = file.unwrap_or_else(|| work.target.with_extension("d"));
        words.extend(["-MF".into(), file.into_os_string()]);
        let named =
            line.options().filter(|(name, _)| name.starts_with("-MT") || name.starts_with("-MQ"));
        let mut named = named.peekable();
        if named.peek().is_none() {
            words.extend(["-MQ".into(), work.target.as_os_str().to_owned()]);
        }
        for (name, rest) in named {
            words.push(name.into());
            words.extend(rest.iter().cloned());
        }
        words.extend(["-MP", "-MG"].into_iter().filter(|flag| line.has(flag)).map(OsString::from));
    }
    words.extend(["-x", language_of(work)].map(OsString::from));
    words.push(work.file.as_os_str().to_owned());
    words
}

/// As `-x` takes it.
fn language_of(work: &Work<'_>) -> &'static str {
    if work.language == Language::Cxx { "c++" } else { "c" }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}
