//! Objects: the C compiler's of the user's file and LLVM's of the loops, made one.

use super::{Emission, Part};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_codegen::{CodegenError, Kernel, Options};
use loopwright_runtime::{ProcessError, compile_c, link_shared, run_bounded};
use object::{Object, ObjectSymbol};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long the C compiler may take.
const COMPILE_LIMIT: Duration = Duration::from_secs(120);
/// How long joining two objects may take; it takes milliseconds.
const JOIN_LIMIT: Duration = Duration::from_secs(30);

/// A relocatable object. For another machine it is LLVM's alone.
pub fn object(emission: &Emission<'_>) -> Outcome<Vec<u8>> {
    if let (true, [part]) = (emission.is_foreign(), emission.parts)
        && let Some((kernel, options)) = emission.kernel(part)
    {
        let compiled = loopwright_codegen::compile(&kernel, &options).or_fail(Kind::Other)?;
        return Ok(compiled.object);
    }
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let unit = folder.path().join("unit.o");
    compile_unit(emission, folder.path(), &["-c"], &unit)?;
    let mut inputs = vec![unit];
    let mut local = Vec::new();
    for (position, part) in emission.parts.iter().enumerate() {
        let Some((kernel, options)) = emission.kernel(part) else { continue };
        let compiled = loopwright_codegen::compile(&kernel, &options).or_fail(Kind::Other)?;
        let input = folder.path().join(format!("loops{position}.o"));
        std::fs::write(&input, &compiled.object).or_fail(Kind::Environment)?;
        inputs.push(input);
        local.push(part.symbol(emission.unit));
    }
    let joined = folder.path().join("joined.o");
    let mut linker = Command::new("ld");
    linker.args(["-r", "-z", "noexecstack", "-o"]).arg(&joined).args(&inputs);
    run("ld", linker)?;
    let names = folder.path().join("weak");
    let defined = definitions(&std::fs::read(&joined).or_fail(Kind::Environment)?)?;
    std::fs::write(&names, defined.join("\n")).or_fail(Kind::Environment)?;
    let finished = folder.path().join("finished.o");
    let mut tool = Command::new("objcopy");
    tool.args(local.iter().map(|symbol| format!("--localize-symbol={symbol}")));
    tool.arg("--weaken-symbols").arg(&names).arg(&joined).arg(&finished);
    run("objcopy", tool)?;
    std::fs::read(&finished).or_fail(Kind::Environment)
}

/// The symbols that an object defines for others. What it only mentions stays as it is: a weak symbol that
/// nobody defines would be null without a word.
fn definitions(object: &[u8]) -> Outcome<Vec<String>> {
    let file = object::File::parse(object).or_fail(Kind::Other)?;
    Ok(file
        .symbols()
        .filter(|symbol| symbol.is_global() && !symbol.is_undefined())
        .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
        .collect())
}

/// Assembly of the loops, or of the source where nothing is faster.
pub fn assembly(emission: &Emission<'_>) -> Outcome<Vec<u8>> {
    match emission.parts {
        [part] if part.scheduled.is_none() => compiled_text(emission, &["-S"]),
        parts => text_of_loops(emission, parts, loopwright_codegen::emit_assembly),
    }
}

/// LLVM's textual representation of the loops, or of the source where nothing is faster and clang compiles it.
pub fn llvm(emission: &Emission<'_>) -> Outcome<Vec<u8>> {
    match emission.parts {
        [part] if part.scheduled.is_none() => compiled_text(emission, &["-S", "-emit-llvm"]),
        parts => text_of_loops(emission, parts, loopwright_codegen::emit_llvm),
    }
}

fn text_of_loops(
    emission: &Emission<'_>,
    parts: &[Part<'_>],
    print: impl Fn(&Kernel<'_>, &Options) -> Result<String, CodegenError>,
) -> Outcome<Vec<u8>> {
    let mut text = String::new();
    for part in parts {
        if let Some((kernel, options)) = emission.kernel(part) {
            text.push_str(&print(&kernel, &options).or_fail(Kind::Other)?);
        }
    }
    Ok(text.into_bytes())
}

fn compiled_text(emission: &Emission<'_>, how: &[&str]) -> Outcome<Vec<u8>> {
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let output = folder.path().join("unit");
    compile_unit(emission, folder.path(), how, &output)?;
    std::fs::read(output).or_fail(Kind::Environment)
}

/// A shared object.
pub fn shared(emission: &Emission<'_>, path: &Path) -> Outcome<Vec<u8>> {
    if emission.is_foreign() {
        return Err(Failure::with_help(
            Kind::Environment,
            format!("a shared object for {} cannot be linked here", emission.target.triple),
            "write an object with --emit obj, and link it with that machine's tools",
        ));
    }
    let bytes = object(emission)?;
    let folder = loopwright_runtime::guard::folder().or_fail(Kind::Environment)?;
    let name = path.file_name().and_then(OsStr::to_str).filter(|name| !name.starts_with('-'));
    let linked = link_shared(&bytes, folder.path(), name.unwrap_or("kernel.so"))
        .or_fail(Kind::Environment)?;
    std::fs::read(linked).or_fail(Kind::Environment)
}

/// Compiles the user's file with the regions replaced.
fn compile_unit(
    emission: &Emission<'_>,
    folder: &Path,
    how: &[&str],
    output: &Path,
) -> Outcome<()> {
    let source = folder.join("unit.c");
    std::fs::write(&source, emission.unit_text()?).or_fail(Kind::Environment)?;
    let settings = emission.settings;
    let beside = loopwright_frontend::folder(emission.unit);
    let march = format!("-march={}", settings.march);
    let mut flags: Vec<&OsStr> = settings.arguments.iter().map(OsStr::new).collect();
    flags.extend(["-iquote".as_ref(), beside.as_os_str()]);
    flags.extend(["-O3", &march, settings.contraction, "-fPIC", "-w"].into_iter().map(OsStr::new));
    flags.extend(how.iter().map(OsStr::new));
    compile_c(&source, &flags, &settings.compiler, output, COMPILE_LIMIT).map_err(|error| {
        Failure::new(Kind::Environment, format!("the source cannot be compiled: {error}"))
    })
}

fn run(program: &str, command: Command) -> Outcome<()> {
    let failed = |reason: String| {
        Failure::with_help(
            Kind::Environment,
            format!("the object cannot be put together: {reason}"),
            "`ld` and `objcopy` are in the package binutils",
        )
    };
    let output = run_bounded(command, JOIN_LIMIT)
        .map_err(|error: ProcessError| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(failed(format!("`{program}` failed: {}", words.trim_end())))
}
