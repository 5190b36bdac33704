//! Many kernels in one object: for fuzzing, where linking and loading each by itself would take
//! longer than everything else.

use super::{module, write};
use crate::error::{CodegenError, Result};
use crate::kernel::{DEFAULT_PIPELINE, Kernel, Options, SymbolNames};
use crate::target::{Target, target_machine_at};
use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetTriple};

/// The passes of a quick compilation: what keeps the code that is emitted small.
pub const QUICK_PIPELINE: &str = "function(early-cse,simplifycfg),globaldce";

/// How much work LLVM does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// [`QUICK_PIPELINE`] and the quickest selection of instructions: nearly what was emitted. Neighbours are
    /// made in registers wherever that is possible, so that small loops test it, too.
    Quick,
    /// [`DEFAULT_PIPELINE`] and all of the back end, as for a kernel by itself.
    Full,
}

/// Compiles kernels to the bytes of one object file in which each has the entry point of the name
/// beside it (see the crate's text); the names must be distinct.
///
/// # Errors
/// As for one kernel; the whole batch fails with its first failure.
pub fn emit_batch(
    kernels: &[(Kernel<'_>, String)],
    target: &Target,
    effort: Effort,
) -> Result<Vec<u8>> {
    let (level, pipeline) = match effort {
        Effort::Quick => (OptimizationLevel::None, QUICK_PIPELINE),
        Effort::Full => (OptimizationLevel::Aggressive, DEFAULT_PIPELINE),
    };
    let machine = target_machine_at(target, level)?;
    let context = Context::create();
    let module = context.create_module("batch");
    module.set_triple(&TargetTriple::create(&target.triple));
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    for (kernel, name) in kernels {
        let names = SymbolNames { entry: Some(name.clone()), typed: None };
        let any_neighbours = effort == Effort::Quick;
        let options = Options { any_neighbours, ..Options::new(target.clone(), names) };
        module::emit_module(&context, &module, kernel, &options, false)?;
    }
    // Code that never runs may be wrong without showing, or end the process in the back end.
    module.verify().map_err(|error| CodegenError::Verification(error.to_string()))?;
    module.run_passes(pipeline, &machine, PassBuilderOptions::create()).map_err(|error| {
        CodegenError::Pipeline { pipeline: pipeline.to_owned(), reason: error.to_string() }
    })?;
    write(&module, &machine, FileType::Object)
}
