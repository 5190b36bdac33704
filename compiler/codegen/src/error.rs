//! Why no code came out.

use inkwell::builder::BuilderError;

/// A failure of code generation. None of these is a fault of the user's program.
#[derive(Debug, thiserror::Error)]
pub enum CodegenError {
    /// The target's description is not one that LLVM was built for: correct the triple or the CPU.
    #[error("LLVM has no target for `{triple}`: {reason}")]
    UnknownTarget { triple: String, reason: String },
    /// A name after `-march=` that is not one of ours: use one of [`MARCHES`](crate::MARCHES).
    #[error("`{name}` is no machine that code can be made for; there are native, {}",
            crate::MARCHES.join(", "))]
    UnknownMarch { name: String },
    /// The pass pipeline's text is wrong: a fault of the options.
    #[error("LLVM refuses the pass pipeline `{pipeline}`: {reason}")]
    Pipeline { pipeline: String, reason: String },
    /// LLVM's verifier found ill-formed IR: a fault of this crate.
    #[error("internal error: LLVM's verifier rejects the module: {0}")]
    Verification(String),
    /// LLVM could not write the object or the assembly.
    #[error("LLVM cannot emit code: {0}")]
    Emission(String),
    /// The loop tree or the program breaks an invariant of the representation.
    #[error("internal error: the loop tree is ill-formed: {0}")]
    IllFormed(String),
    /// A statement's value has too many operations in each other: write it in several statements.
    #[error(
        "the value of {statement} has more than {} operations nested in each other; assign parts of it first",
        loopwright_ir::verify::MOST_NESTED
    )]
    TooDeep { statement: String },
    /// The LLVM builder refused an instruction: a fault of this crate.
    #[error("internal error: LLVM's builder: {0}")]
    Builder(#[from] BuilderError),
}

impl CodegenError {
    pub(crate) fn ill_formed(detail: impl Into<String>) -> Self {
        Self::IllFormed(detail.into())
    }
}

pub(crate) type Result<T, E = CodegenError> = std::result::Result<T, E>;
