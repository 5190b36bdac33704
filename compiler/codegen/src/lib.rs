//! Code generation: a [`LoopTree`](loopwright_ir::LoopTree) becomes native code or C.
//!
//! # Calling convention
//! An object has up to two functions ([`SymbolNames`]):
//!
//! - `void loopwright_entry(void **buffers, const int64_t *parameters)`, a weak symbol: pointers to the first
//!   elements of the arrays in the order of [`Program::arrays`](loopwright_ir::Program) (a scalar is
//!   a buffer of one element) and the parameters' values in their order. It runs the scheduled loops
//!   and checks nothing: the parameters must have the values the program was specialised for, and
//!   distinct arrays of which one is written must not overlap.
//! - `void loopwright_<program>(T *array…, int64_t parameter…)`: the same arguments one by one, as
//!   [`c_prototype`] prints it. It checks at run time what the other function assumes, and where that
//!   does not hold it runs the original order, compiled for any parameters and any overlap.
//!
//! Both are thread-safe as far as the buffers are. Parallel loops call the OpenMP runtime (libomp),
//! whose library has to be linked or loaded; libm likewise where its functions are called. Local copies
//! too large for the stack come from `aligned_alloc`; when it has no memory left, `abort` is called.
//!
//! # Results
//! Every floating-point operation is the one that the program's expressions name, rounded once, in
//! the order of the loops: no reassociation, no contraction but [`MultiplyAdd`], no fast-math flags.
//! So the bits do not depend on the schedule, the vector width or the number of threads.
//!
//! [`MultiplyAdd`]: loopwright_ir::Expression::MultiplyAdd
//!
//! Architecture invariant: `unsafe` occurs in the folder `llvm` only; no I/O happens here.

mod access;
mod annotation;
mod balance;
mod c;
mod check;
mod dot;
mod error;
mod kernel;
mod llvm;
mod lockstep;
mod reads;
mod regions;
mod target;
mod transposition;
mod trip;

pub use c::{
    COptions, Place, PlacedArray, PlacedLoops, c_prototype, helper_function, helper_name, print_c,
    print_in_place,
};
pub use dot::print_dot;
pub use error::CodegenError;
pub use kernel::{DEFAULT_PIPELINE, ENTRY, Kernel, Options, SymbolNames, typed_name};
pub use llvm::{
    Compiled, Effort, QUICK_PIPELINE, compile, emit_assembly, emit_batch, emit_llvm, emit_object,
};
pub use target::{MARCHES, Target, host_target, llvm_version, target_for_march, target_for_triple};
