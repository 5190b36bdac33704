//! The user's own translation unit with a region cut out where it stands.
//!
//! The region's text becomes a function directly in front of its host function, so that the macros, types,
//! constants, pragmas and variables at file scope are those that hold there; what is declared in the host
//! function before the region is repeated in it. Nothing of the file is left out or moved. From that follow
//!
//! - [`measuring_unit`]: the file with functions that run the region on a program's buffers, for timing and
//!   for comparing results;
//! - [`program_unit`]: the file with the region replaced by a call of scheduled loops, as part of the
//!   user's program;
//! - [`in_place_unit`]: the file with the region replaced by C that stands in its place;
//! - [`caller_unit`]: the file with a function that calls somebody else's version of the host function.
//!
//! All functions that a measurement calls are `void SYMBOL(void **buffers, const long *parameters)`: one
//! pointer for each array in the order of the program (a scalar is a buffer of one element), and the values
//! of the parameters in theirs. Variables at file scope are the file's own: `locate` puts their addresses
//! among the buffers.

mod caller;
mod checks;
mod directives;
mod in_place;
mod includes;
mod measuring;
mod names;
mod program;
mod site;
mod structures;
mod substitution;
mod text;

pub use caller::caller_unit;
pub use checks::{Check, run_time_checks};
pub use in_place::{PlacedRegion, Placement, in_place_unit, placement};
pub use measuring::measuring_unit;
use names::prefix;
pub use names::{callable_name, own_name};
pub use program::{Replacement, program_unit};
pub use site::Site;
pub(crate) use site::Source as SiteSource;
pub use substitution::{Substitution, Version, substituted_unit};

use crate::unit::Unit;
use std::path::PathBuf;

/// C text, and the functions in it that a measurement calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuringUnit {
    /// The whole translation unit. Bytes, because comments and strings need not be UTF-8.
    pub source: Vec<u8>,
    /// Where `#include "…"` has to look first (`-iquote`): the folder of the user's file.
    pub folder: PathBuf,
    /// Runs the region once.
    pub entry_symbol: String,
    /// Puts the addresses of variables at file scope among the buffers; `None` where the region has none.
    pub locator_symbol: Option<String>,
    /// Gives the buffers the program's own first values; `None` where nothing says any.
    pub initializer_symbol: Option<String>,
    /// Why the file's initialising function is not called although it has one.
    pub note: Option<String>,
}

/// Why there is no such text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutlineError {
    #[error("the region was rejected, so that its variables are not known")]
    Rejected,
    #[error("the file defines no function `{name}`")]
    UnknownInitializer { name: String },
    #[error(
        "`{function}` cannot be called on the program's arrays: its parameter `{parameter}` has the \
             name of no array, scalar or parameter of the region"
    )]
    UnmatchedParameter { function: String, parameter: String },
    #[error(
        "`{function}` cannot be called on the program's arrays: `{array}` is not among its parameters"
    )]
    UnreachableArray { function: String, array: String },
    #[error("the program is not the region's: `{name}` is not among its arrays and parameters")]
    OtherProgram { name: String },
}

/// The folder in which the user's file lies, where `#include "…"` has to look first.
pub fn folder(unit: &Unit) -> PathBuf {
    let file = std::path::absolute(&unit.file).unwrap_or_else(|_| unit.file.clone());
    file.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// The text without the mark of its encoding, which may only stand at a file's beginning.
fn without_mark(source: &[u8]) -> &[u8] {
    source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source)
}
