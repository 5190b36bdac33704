//! The files of a batch: the user's text, our native code and our C, each as a library.

use super::guard;
use super::prepare::{Job, Prepared};
use super::region::Region;
use crate::engine::EngineError;
use crate::native::{self, NativeError};
use crate::original;
use loopwright_codegen::{COptions, Effort, Kernel, Target, emit_batch, print_c};
use loopwright_frontend::{Replacement, Unit, program_unit};
use loopwright_ir::{Array, Program};
use loopwright_runtime::compile_c;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a compiler may take for a batch.
const LIMIT: Duration = Duration::from_secs(120);

/// What every compilation of a text has in common with the code that it is compared with.
const COMMON: [&str; 7] = [
    "-fstack-clash-protection",
    "-march=native",
    "-ffp-contract=on",
    "-shared",
    "-fPIC",
    "-w",
    "-Wl,-Bsymbolic",
];

/// The name of a job's native function.
pub fn symbol(prepared: &Prepared, job: &Job) -> String {
    format!("native_{}_{}", prepared.region.number, job.number)
}

/// The name of the function that calls a job's printed one.
pub fn printed_symbol(prepared: &Prepared, job: &Job) -> String {
    format!("call_printed_{}_{}", prepared.region.number, job.number)
}

/// The text of a batch as the user would have it in one file.
pub fn text(regions: &[Region]) -> String {
    let mut text = guard::HEADER.to_owned();
    texts(&mut text, regions.iter());
    text
}

/// The text of each region; of several out of one file, that file once.
fn texts<'a>(text: &mut String, regions: impl Iterator<Item = &'a Region>) {
    let mut last = String::new();
    for region in regions {
        let own = region.text();
        if region.written.is_none() || own != last {
            text.push('\n');
            text.push_str(&own);
            last = own;
        }
    }
}

/// Compiles the texts with calls from outside.
pub fn references(
    batch: &[Prepared],
    compiler: &str,
    flags: &[&str],
    folder: &Path,
    name: &str,
) -> Result<PathBuf, EngineError> {
    let mut source = guard::HEADER.to_owned();
    texts(&mut source, batch.iter().map(|prepared| &prepared.region));
    source.push('\n');
    for prepared in batch {
        source.push_str(&prepared.region.trampoline());
    }
    let path = folder.join(format!("{name}.c"));
    std::fs::write(&path, source)?;
    let library = folder.join(format!("{name}.so"));
    let flags: Vec<&str> = COMMON.iter().chain(flags).copied().collect();
    compile_c(&path, &flags, compiler, &library, LIMIT).map_err(NativeError::Original)?;
    Ok(library)
}

/// The guard and the OpenMP runtime of this fuzzer, as an object.
pub fn support(compiler: &str, folder: &Path) -> Result<PathBuf, EngineError> {
    let source = format!("#define _GNU_SOURCE\n{}{}", guard::GUARD, original::text(&[]));
    let (path, object) = (folder.join("support.c"), folder.join("support.o"));
    std::fs::write(&path, source)?;
    let flags = ["-O1", "-fPIC", "-c", "-w"];
    compile_c(&path, &flags, compiler, &object, LIMIT).map_err(NativeError::Original)?;
    Ok(object)
}

/// A region's number, a job's, and why there is no code for it.
pub type Refused = (u64, usize, String);

fn kernel<'a>((prepared, job): &(&'a Prepared, &'a Job)) -> (Kernel<'a>, String) {
    let kernel = Kernel { program: &job.program, tree: &job.loops, fallback: None };
    (kernel, symbol(prepared, job))
}

/// A library of all native code, with the support; what cannot be compiled comes back with the reason, by region and job.
pub fn native(
    batch: &[Prepared],
    target: &Target,
    effort: Effort,
    support: &Path,
    folder: &Path,
) -> Result<(PathBuf, Vec<Refused>), EngineError> {
    let all: Vec<(&Prepared, &Job)> = batch
        .iter()
        .flat_map(|prepared| prepared.jobs.iter().map(move |job| (prepared, job)))
        .collect();
    let mut refused = Vec::new();
    let kernels: Vec<_> = all.iter().map(kernel).collect();
    let object = match emit_batch(&kernels, target, effort) {
        Ok(object) => object,
        Err(_) => {
            let mut fine = Vec::new();
            for entry in &all {
                match emit_batch(&[kernel(entry)], target, effort) {
                    Ok(_) => fine.push(kernel(entry)),
                    Err(error) => {
                        refused.push((entry.0.region.number, entry.1.number, error.to_string()));
                    }
                }
            }
            emit_batch(&fine, target, effort)
                .map_err(|error| NativeError::Link(error.to_string()))?
        }
    };
    let path = folder.join("native.o");
    std::fs::write(&path, object)?;
    let library = folder.join("native.so");
    native::link(&[path, support.to_owned()], &library)?;
    Ok((library, refused))
}

/// A library of the user's file with all regions replaced by calls, as `--emit obj` makes it: the C compiler's object of
/// the file, and our loops.
pub fn replaced(
    unit: &Unit,
    batch: &[Prepared],
    (compiler, level): (&str, &str),
    support: &Path,
    folder: &Path,
) -> Result<PathBuf, EngineError> {
    let mut replacements = Vec::new();
    let mut after = String::new();
    for prepared in batch.iter().filter(|prepared| prepared.region.is_replaced()) {
        let found = unit.regions.iter().find(|it| it.function == prepared.region.function);
        let (Some(region), Some(job)) = (found, prepared.jobs.last()) else { continue };
        let scheduled = format!("scheduled_{}", prepared.region.number);
        loops(&mut after, &scheduled, &symbol(prepared, job), &prepared.program);
        let name = format!("loopwright_{}", prepared.program.name);
        call(&mut after, &emitted_symbol(prepared), &name, job);
        after.push_str(&prepared.region.trampoline());
        let program = &prepared.program;
        replacements.push(Replacement { region, program, scheduled: Some(scheduled) });
    }
    let mut source = program_unit(unit, &replacements)
        .map_err(|error| NativeError::Link(format!("the user's file: {error}")))?;
    source.extend(after.bytes());
    let path = folder.join("replaced.c");
    std::fs::write(&path, source)?;
    let object = folder.join("replaced.o");
    let flags = [
        level,
        "-fstack-clash-protection",
        "-march=native",
        "-ffp-contract=on",
        "-fno-builtin",
        "-fPIC",
        "-w",
        "-c",
    ];
    compile_c(&path, &flags, compiler, &object, LIMIT).map_err(NativeError::Original)?;
    let library = folder.join("replaced.so");
    native::link(&[object, folder.join("native.o"), support.to_owned()], &library)?;
    Ok(library)
}

/// The name of the function that calls a region's emitted one.
pub fn emitted_symbol(prepared: &Prepared) -> String {
    format!("call_emitted_{}", prepared.region.number)
}

/// The function that takes arrays and parameters one by one and calls the one that takes them in lists.
fn loops(text: &mut String, name: &str, lists: &str, program: &Program) {
    let arrays = program.external_arrays();
    let mut parameters: Vec<String> = Vec::new();
    let mut pointers: Vec<String> = Vec::new();
    for (position, array) in arrays.iter().enumerate() {
        parameters.push(declarator(array, &format!("a{position}")));
        pointers.push(format!("a{position}"));
    }
    let count = program.parameters.len();
    parameters.extend((0..count).map(|position| format!("__INT64_TYPE__ p{position}")));
    let values: Vec<String> = (0..count).map(|position| format!("p{position}")).collect();
    let list = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let _ = writeln!(text, "void {lists}(void **, const long *);");
    let _ = writeln!(text, "void {name}({list}) {{");
    let _ = writeln!(text, "  void *buffers[] = {{{}}};", joined(&pointers));
    let _ = writeln!(text, "  long values[] = {{{}}};", joined(&values));
    let _ = writeln!(text, "  {lists}(buffers, values);\n}}");
}

/// The elements of an initialiser, of which there must be one.
fn joined(elements: &[String]) -> String {
    if elements.is_empty() { "0".to_owned() } else { elements.join(", ") }
}

/// How the emitted function declares an array.
fn declarator(array: &Array, name: &str) -> String {
    let inner = array.extents.get(1..).unwrap_or_default();
    let inner: Option<String> =
        inner.iter().map(|extent| Some(format!("[{}]", extent.as_constant()?))).collect();
    let element = array.element.c_name();
    match inner {
        Some(inner) if !inner.is_empty() => format!("{element} (*{name}){inner}"),
        _ => format!("{element} *{name}"),
    }
}

/// `void name(void **buffers, const long *values)`, which calls a function that takes them one by one.
fn call(text: &mut String, name: &str, function: &str, job: &Job) {
    let buffers = 0..job.program.external_arrays().len();
    let buffers = buffers.map(|position| format!("(void *)buffers[{position}]"));
    let values = (0..job.program.parameters.len()).map(|position| format!("values[{position}]"));
    let arguments: Vec<String> = buffers.chain(values).collect();
    let _ = writeln!(
        text,
        "void {name}(void **buffers, const long *values) {{ {function}({}); }}",
        arguments.join(", ")
    );
}

/// A library of the printed C.
pub fn printed(batch: &[Prepared], compiler: &str, folder: &Path) -> Result<PathBuf, EngineError> {
    let mut source = String::new();
    for prepared in batch {
        for job in prepared.jobs.iter().filter(|job| job.printed) {
            print(&mut source, prepared, job);
        }
    }
    let path = folder.join("printed.c");
    std::fs::write(&path, source)?;
    let library = folder.join("printed.so");
    let flags = [
        "-O1",
        "-march=native",
        "-ffp-contract=off",
        "-fno-builtin",
        "-shared",
        "-fPIC",
        "-w",
        "-Wl,-Bsymbolic",
    ];
    compile_c(&path, &flags, compiler, &library, LIMIT).map_err(NativeError::Original)?;
    Ok(library)
}

/// One printed file among others, and the function that calls it on buffers.
fn print(source: &mut String, prepared: &Prepared, job: &Job) {
    let suffix = format!("{}_{}", prepared.region.number, job.number);
    let function = format!("printed_{suffix}");
    let kernel = Kernel { program: &job.program, tree: &job.loops, fallback: None };
    let options = COptions { function: function.clone(), openmp: false };
    let _ = writeln!(source, "#define pack_memory pack_memory_{suffix}");
    source.push_str(&print_c(&kernel, &options));
    let _ = writeln!(source, "#undef pack_memory");
    call(source, &printed_symbol(prepared, job), &function, job);
}
