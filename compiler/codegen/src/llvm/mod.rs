//! The LLVM backend: one context and one module for each compilation.
//!
//! The files follow the code they emit: `module` the functions of the calling convention, `nodes`
//! the loop tree, `blocks` loops by blocks of copies and lanes, `counted` one counting loop with the
//! elements it keeps in registers, `transpose` its lanes along another dimension than its own, `parallel` OpenMP, `statement` and `expression` the bodies,
//! `storage`, `address` and `index` where elements are, `pack`, `buffers` and `copies` local copies of
//! parts of arrays, `values` operations on scalars or vectors alike.

mod address;
mod ahead;
mod batch;
mod blocks;
mod buffers;
mod copies;
mod counted;
mod emitter;
mod expression;
mod index;
mod math;
mod metadata;
mod module;
mod nodes;
mod pack;
mod parallel;
mod statement;
mod storage;
mod transpose;
mod values;

pub use batch::{Effort, QUICK_PIPELINE, emit_batch};
pub(crate) use math::is_exact;

use crate::error::{CodegenError, Result};
use crate::kernel::{Kernel, Options};
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
    emit(kernel, options, |module, machine| write(module, machine, FileType::Object))
}

/// Compiles to assembly text.
pub fn emit_assembly(kernel: &Kernel<'_>, options: &Options) -> Result<String> {
    emit(kernel, options, |module, machine| {
        let bytes = write(module, machine, FileType::Assembly)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}

/// Compiles to LLVM's text form, after the passes.
pub fn emit_llvm(kernel: &Kernel<'_>, options: &Options) -> Result<String> {
    emit(kernel, options, |module, _| Ok(module.print_to_string().to_string_lossy().into_owned()))
}

fn emit<T>(
    kernel: &Kernel<'_>,
    options: &Options,
    finish: impl FnOnce(&Module<'_>, &TargetMachine) -> Result<T>,
) -> Result<T> {
    let machine = target_machine(&options.target)?;
    let context = Context::create();
    let module = context.create_module(&kernel.program.name.replace('\0', ""));
    module.set_triple(&TargetTriple::create(&options.target.triple));
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    module::emit_module(&context, &module, kernel, options)?;
    if options.verify {
        module.verify().map_err(|error| CodegenError::Verification(error.to_string()))?;
    }
    module.run_passes(&options.pipeline, &machine, PassBuilderOptions::create()).map_err(
        |error| CodegenError::Pipeline {
            pipeline: options.pipeline.clone(),
            reason: error.to_string(),
        },
    )?;
    finish(&module, &machine)
}

fn write(module: &Module<'_>, machine: &TargetMachine, kind: FileType) -> Result<Vec<u8>> {
    let buffer = machine
        .write_to_memory_buffer(module, kind)
        .map_err(|error| CodegenError::Emission(error.to_string()))?;
    Ok(buffer.as_slice().to_vec())
}
