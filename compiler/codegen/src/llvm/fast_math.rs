//! What `Options::fast_math` lets LLVM do.
//!
//! Operations may be regrouped, fused with others and replaced by reciprocals, functions by approximations
//! of them, and zeros may lose their signs. Infinities and NaN are honoured: LLVM is not told that there
//! are none, so comparisons, selections and tests for them go on to work.

use crate::error::{CodegenError, Result};
use inkwell::module::Module;
use inkwell::values::FastMathFlags;

/// Marks every floating-point operation of the module's functions.
pub(super) fn relax(module: &Module<'_>) -> Result<()> {
    let flags = FastMathFlags::AllowReassoc
        | FastMathFlags::AllowContract
        | FastMathFlags::NoSignedZeros
        | FastMathFlags::AllowReciprocal
        | FastMathFlags::ApproxFunc;
    for function in module.get_functions() {
        for block in function.get_basic_block_iter() {
            for instruction in block.get_instructions() {
                if instruction.can_use_fast_math_flags() {
                    instruction.set_fast_math_flags(flags).map_err(|error| {
                        CodegenError::ill_formed(format!("an operation without flags: {error}"))
                    })?;
                }
            }
        }
    }
    Ok(())
}
