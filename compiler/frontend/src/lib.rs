//! The frontend: from a C file to the [`Program`]s of its regions, or the reason why not.
//!
//! A *region* is the text between `#pragma scop` and `#pragma endscop` in a function, or a piece of a function without
//! pragmas that [`Options::auto`] has looked for. Reading one
//! goes through four stages, each a module:
//!
//! 1. `libclang` parses the file (macros, includes and types are the compiler's business);
//! 2. `syntax` copies the region into plain typed data, without judging it;
//! 3. `lower` turns it into statements with domains, accesses and bodies, or rejects it;
//! 4. `parameters` finds values and extents that the source implies.
//!
//! [`validate`] checks a program once its parameters have values, and `outline` writes the user's own
//! translation unit with the region cut out where it stands: to measure it ([`measuring_unit`]), and as a
//! part of the user's program ([`program_unit`]).
//!
//! Architecture invariant: `unsafe` code and libclang's functions live in `libclang` alone; no input
//! makes this crate panic.

mod assumptions;
mod error;
mod gathered;
mod host;
mod libclang;
mod lower;
mod origin;
mod outline;
mod parameters;
mod polyhedron;
mod pragmas;
mod reject;
mod sizes;
mod source;
mod syntax;
mod unit;
mod validate;
mod values;

pub use assumptions::Assumption;
pub use error::{FrontendError, Located, PragmaProblem};
pub use host::{
    FunctionParameter, FunctionSignature, HostDeclaration, HostDeclarationKind, HostFunction,
    HostMember, Storage,
};
pub use loopwright_ir::Program;
pub use origin::ValueOrigin;
pub use outline::{
    Check, MeasuringUnit, OutlineError, PlacedRegion, Placement, Replacement, Site, Substitution,
    Version, callable_name, caller_unit, folder, in_place_unit, measuring_unit, own_name,
    placement, program_unit, run_time_checks, substituted_unit,
};
pub use reject::{OutOfBounds, Reject, RejectReason};
pub use sizes::{AnySize, any_size, estimated_instances};
pub use unit::{Options, Region, Unit, parse};
pub use validate::validate;
