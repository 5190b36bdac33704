//! One object of the rewritten file's and those of its loops. It defines what the user's own object would.

use super::{Step, Stop};
use loopwright_codegen::{Kernel, Options, SymbolNames, Target, compile};
use loopwright_ir::{LoopTree, Program};
use std::path::Path;
use std::process::Command;

/// Loops and the function that has them.
pub struct Loops<'a> {
    pub program: &'a Program,
    pub tree: &'a LoopTree,
    pub symbol: String,
}

/// Compiles the loops and makes one object of all.
pub fn join(
    unit: &Path,
    loops: &[Loops<'_>],
    (target, fast_math): (&Target, bool),
    folder: &Path,
) -> Step<Vec<u8>> {
    let failed = |error: std::io::Error| Stop::Error(error.to_string());
    let mut inputs = vec![unit.to_owned()];
    for (number, one) in loops.iter().enumerate() {
        let names = SymbolNames { entry: None, typed: Some(one.symbol.clone()) };
        let options = Options { fast_math, ..Options::new(target.clone(), names) };
        let kernel = Kernel { program: one.program, tree: one.tree, fallback: None };
        let compiled = compile(&kernel, &options).map_err(|error| error.to_string())?;
        let path = folder.join(format!("loops{number}.o"));
        std::fs::write(&path, compiled.object).map_err(failed)?;
        inputs.push(path);
    }
    let (joined, finished) = (folder.join("joined.o"), folder.join("finished.o"));
    let mut linker = Command::new("ld");
    linker.args(["-r", "-z", "noexecstack", "-o"]).arg(&joined).args(&inputs);
    run(linker)?;
    let mut tool = Command::new("objcopy");
    tool.args(loops.iter().map(|one| format!("--localize-symbol={}", one.symbol)));
    tool.arg(&joined).arg(&finished);
    run(tool)?;
    std::fs::read(&finished).map_err(failed)
}

fn run(mut command: Command) -> Step<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| Stop::Error(format!("cannot run '{program}' of binutils: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(Stop::Error(format!("'{program}' failed: {}", words.trim_end())))
}
