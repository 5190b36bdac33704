//! The frontend: from a C file to the [`Program`]s of its regions, or the reason why not.
//!
//! A *region* is the text between `#pragma scop` and `#pragma endscop` in a function. Reading one
//! goes through four stages, each a module:
//!
//! 1. `libclang` parses the file (macros, includes and types are the compiler's business);
//! 2. `syntax` copies the region into plain typed data, without judging it;
//! 3. `lower` turns it into statements with domains, accesses and bodies, or rejects it;
//! 4. `parameters` finds values and extents that the source implies.
//!
//! [`validate`] checks a program once its parameters have values, and [`original_harness`] writes
//! the C text by which the untouched source is run on the program's buffers.
//!
//! Architecture invariant: `unsafe` code and libclang's functions live in `libclang` alone; no input
//! makes this crate panic.

mod caller;
mod calls;
mod error;
mod harness;
mod host;
mod libclang;
mod lower;
mod parameters;
mod polyhedron;
mod pragmas;
mod reject;
mod syntax;
mod unit;
mod validate;

pub use caller::caller_harness;
pub use error::{FrontendError, Located, PragmaProblem};
pub use harness::{Harness, HarnessError, original_harness};
pub use host::{
    FunctionParameter, FunctionSignature, HostDeclaration, HostDeclarationKind, HostFunction,
};
pub use loopwright_ir::Program;
pub use reject::{OutOfBounds, Reject, RejectReason};
pub use unit::{Options, Region, Unit, parse};
pub use validate::validate;
