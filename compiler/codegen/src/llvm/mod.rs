//! The LLVM backend: one context and one module for each compilation.
//!
//! The files follow the code they emit: `module` the functions of the calling convention, `nodes`
//! the loop tree, `blocks` loops by blocks of copies and lanes, `head` where its vectors begin, `counted` one counting loop with the
//! elements it keeps in registers, `transpose` its lanes along another dimension than its own, `neighbours` rows that it keeps in registers, `parallel` OpenMP, `statement` and `expression` the bodies, `conditional` what they do under conditions on data, `stream` stores past the caches,
//! `storage`, `address` and `index` where elements are, `interleaved` those a few elements apart, `pack`, `buffers` and `copies` local copies of
//! parts of arrays, `values` operations on scalars or vectors alike, `math` and `vector_math` functions, `fast_math` relaxed arithmetic, `lines` which node of the tree code comes from.

mod address;
mod ahead;
mod batch;
mod blocks;
mod buffers;
mod conditional;
mod copies;
mod counted;
mod doacross;
mod emitter;
mod expression;
mod fast_math;
mod gather;
mod head;
mod index;
mod interleaved;
mod lines;
mod masked;
mod math;
mod metadata;
mod module;
mod neighbours;
mod nodes;
mod pack;
mod parallel;
mod pipeline;
mod products;
mod region;
mod statement;
mod storage;
mod stream;
mod transpose;
mod values;
mod vector_math;

pub use batch::{Effort, QUICK_PIPELINE, emit_batch};
pub(crate) use math::is_exact;

use crate::annotation::LineTable;
use crate::error::{CodegenError, Result};
use crate::kernel::{Kernel, Options, pipeline};
use crate::target::target_machine;
use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine, TargetTriple};

/// Native code in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// A relocatable object file of the target's format, position-independent.
    pub object: Vec<u8>,
}

/// Compiles to an object.
pub fn compile(kernel: &Kernel<'_>, options: &Options) -> Result<Compiled> {
    Ok(Compiled { object: emit_object(kernel, options)? })
}

/// Compiles to the bytes of an object file.
pub fn emit_object(kernel: &Kernel<'_>, options: &Options) -> Result<Vec<u8>> {
    emit(kernel, options, false, |module, machine, _| write(module, machine, FileType::Object))
}

/// Compiles to assembly text with comments that name the loops and statements that code came from.
///
/// The text begins with the loops, their lines numbered; where code of another line begins, a comment says
/// which one. Code that several lines share, or that belongs to none, is said to be so.
pub fn emit_assembly(kernel: &Kernel<'_>, options: &Options) -> Result<String> {
    emit(kernel, options, true, |module, machine, table| {
        let bytes = write(module, machine, FileType::Assembly)?;
        let comment = if options.target.triple.starts_with("aarch64") { "//" } else { "#" };
        Ok(table.annotate(&String::from_utf8_lossy(&bytes), comment))
    })
}

/// Compiles to LLVM's text form, after the passes.
pub fn emit_llvm(kernel: &Kernel<'_>, options: &Options) -> Result<String> {
    emit(kernel, options, false, |module, _, _| {
        Ok(module.print_to_string().to_string_lossy().into_owned())
    })
}

fn emit<T>(
    kernel: &Kernel<'_>,
    options: &Options,
    with_lines: bool,
    finish: impl FnOnce(&Module<'_>, &TargetMachine, &LineTable) -> Result<T>,
) -> Result<T> {
    let machine = target_machine(&options.target)?;
    let context = Context::create();
    let module = context.create_module(&kernel.program.name.replace('\0', ""));
    module.set_triple(&TargetTriple::create(&options.target.triple));
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    let table = module::emit_module(&context, &module, kernel, options, with_lines)?;
    if options.fast_math {
        fast_math::relax(&module)?;
    }
    // Locations of another function's would be dropped or worse: better to know.
    if options.verify || with_lines {
        module.verify().map_err(|error| CodegenError::Verification(error.to_string()))?;
    }
    let pipeline = pipeline(options, kernel.tree);
    module.run_passes(pipeline, &machine, PassBuilderOptions::create()).map_err(|error| {
        CodegenError::Pipeline { pipeline: pipeline.to_owned(), reason: error.to_string() }
    })?;
    finish(&module, &machine, &table)
}

fn write(module: &Module<'_>, machine: &TargetMachine, kind: FileType) -> Result<Vec<u8>> {
    let buffer = machine
        .write_to_memory_buffer(module, kind)
        .map_err(|error| CodegenError::Emission(error.to_string()))?;
    Ok(buffer.as_slice().to_vec())
}
