//! Objects: the C compiler's of the user's file and LLVM's of the loops, made one.

use super::Emission;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_runtime::{ProcessError, compile_c, link_shared, run_bounded};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long the C compiler may take.
const COMPILE_LIMIT: Duration = Duration::from_secs(120);
/// How long joining two objects may take; it takes milliseconds.
const JOIN_LIMIT: Duration = Duration::from_secs(30);

/// A relocatable object.
pub fn object(emission: &Emission<'_>) -> Outcome<Vec<u8>> {
    let folder = tempfile::tempdir().or_fail(Kind::Environment)?;
    let unit = folder.path().join("unit.o");
    compile_unit(emission, folder.path(), &unit)?;
    let mut inputs = vec![unit];
    let mut local = Vec::new();
    for (position, part) in emission.parts.iter().enumerate() {
        let Some((kernel, options)) = emission.kernel(part) else { continue };
        let compiled = loopwright_codegen::compile(&kernel, &options).or_fail(Kind::Other)?;
        let input = folder.path().join(format!("loops{position}.o"));
        std::fs::write(&input, &compiled.object).or_fail(Kind::Environment)?;
        inputs.push(input);
        local.push(part.symbol());
    }
    let joined = folder.path().join("joined.o");
    let mut linker = Command::new("ld");
    linker.args(["-r", "-z", "noexecstack", "-o"]).arg(&joined).args(&inputs);
    run("ld", linker)?;
    let weak = folder.path().join("weak.o");
    let mut tool = Command::new("objcopy");
    tool.args(local.iter().map(|symbol| format!("--localize-symbol={symbol}")));
    tool.arg("--weaken").arg(&joined).arg(&weak);
    run("objcopy", tool)?;
    std::fs::read(&weak).or_fail(Kind::Environment)
}

/// A shared object.
pub fn shared(emission: &Emission<'_>, path: &Path) -> Outcome<Vec<u8>> {
    let bytes = object(emission)?;
    let folder = tempfile::tempdir().or_fail(Kind::Environment)?;
    let name = path.file_name().and_then(OsStr::to_str).filter(|name| !name.starts_with('-'));
    let linked = link_shared(&bytes, folder.path(), name.unwrap_or("kernel.so"))
        .or_fail(Kind::Environment)?;
    std::fs::read(linked).or_fail(Kind::Environment)
}

/// Compiles the user's file with the regions replaced.
fn compile_unit(emission: &Emission<'_>, folder: &Path, output: &Path) -> Outcome<()> {
    let source = folder.join("unit.c");
    std::fs::write(&source, emission.unit_text()?).or_fail(Kind::Environment)?;
    let settings = emission.settings;
    let beside = loopwright_frontend::folder(emission.unit);
    let march = format!("-march={}", settings.march);
    let mut flags: Vec<&OsStr> = settings.arguments.iter().map(OsStr::new).collect();
    flags.extend(["-iquote".as_ref(), beside.as_os_str()]);
    flags.extend(
        ["-O3", &march, settings.contraction, "-fPIC", "-w", "-c"].into_iter().map(OsStr::new),
    );
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
