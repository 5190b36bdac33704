//! isl's schedule trees in YAML, as isl, PPCG and Polly print them.
//!
//! # What is written
//! [`to_isl`] writes the statements' domains, a `sequence` of `filter`s where our tree has several
//! children, one `band` with one member for each loop, and above a loop's band a `mark` for each
//! thing that it carries: `parallel`, `vector 8`, `vector 8 x 2`, `unroll-and-jam 4`, `unroll 2`,
//! `separated`, `pack A`, `pack A order 1 0`, `pack A[i][k-1] of S2`, `promote C`. Loops that are marked parallel or vector
//! are `coincident`. The pieces of a split statement are filters with conditions.
//!
//! A loop's variable is written over the statement's (normalised) iterators: affine, or with
//! quotients rounded down as in `floor((i)/32)`. Anything else is not expressible, and neither is a
//! loop that counts the pieces of one statement differently.
//!
//! # What is read
//! [`from_isl`] reads `domain`, `band` (`schedule`), `sequence`, `set`, `filter`, `mark` and leaves.
//! - Statements are named as in the program. Names such as `S_0`, `S_1`, one for each statement with
//!   one beginning and different numbers, stand for the statements in the order of the numbers.
//!   The domain must have all instances of the program.
//! - Each member of a band becomes a loop. An expression is a sum of iterators, parameters, `floor`,
//!   `ceil` and `mod` by numbers; a quotient must be what remains of one loop of the path, or be the
//!   value of a loop outside: in `[{ S1[i] -> [(floor((i)/32))] }, { S1[i] -> [(i mod 32)] }]` the
//!   second member is `i - 32*t` for the first one's `t`. Expressions with conditions (piecewise
//!   ones) are refused. Common factors of a member are divided out, since our loops count by one.
//! - The loop of a member that is just `i` (for the first statement below) is named `i`, that of
//!   `floor(i/d)` is named `i_t`, all others, and names that are taken, `c0`, `c1`, ….
//! - Iterators that the bands do not determine run in further loops around the leaf, in their
//!   original order. What a leaf or a `set` leaves unordered is put in the order of the text,
//!   statement after statement.
//! - Our marks (above) go to the first member of the next band below; other marks, `options`,
//!   `context` and `guard` are not used, which a warning says. `permutable` and `coincident` are
//!   claims that we check ourselves when it matters: write the mark `parallel` for threads.
//! - A filter may have conditions. Where the instances of a statement are distributed over several
//!   leaves, they must be disjoint and complete, each a conjunction of affine conditions.
//! - `extension`, `expansion` and `contraction` are refused.
//!
//! The tree's legality is not judged here.

mod expression;
mod instances;
mod invert;
mod leaf;
mod marks;
mod names;
mod notation;
mod quasi;
mod read;
mod write;
mod yaml;

pub use read::{ImportedTree, from_isl};
pub use write::to_isl;

use crate::FormatError;
use loopwright_isl::IslError;

/// How many of isl's elementary operations one question may take.
const OPERATIONS: u64 = 20_000_000;

fn set_error(place: impl Into<String>, error: IslError) -> FormatError {
    FormatError::Set { place: place.into(), error }
}
