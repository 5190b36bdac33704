//! The schedule strings of LOOPerSet and TiraLib.
//!
//! # Grammar
//! ```text
//! string   = { [ "{" names "}:" ] command [ "|" | "," ] }
//! command  = "I(" level "," level ")"                        interchange
//!          | "R(" level ")"                                  reversal
//!          | "S(" level "," level "," a "," b ")"            skew
//!          | "Sh(" level "," amount ")"                      shift
//!          | "P(" level ")"                                  parallel loop
//!          | "T1(" level "," size ")"                        tiles
//!          | "T2(" level "," level "," size "," size ")"
//!          | "T3(" three levels "," three sizes ")"
//!          | "U(" level "," factor ")"                       unrolling
//!          | "F(" level ")"                                  fusion
//! level    = "L" number | "L-1"                              L-1 is the innermost loop
//! ```
//! Each command may end with `,comps=['comp00','comp01']`, as TiraLib writes it; without that and
//! without a prefix it is for all computations that have its levels.
//!
//! # Meaning
//! - **Computations** are our statements: by name (`S1`) if all names in the string are such, and
//!   otherwise by the number in the name, which counts from 0 in the order of the text
//!   (`comp00`, `C0`).
//! - **Levels** count the loops around the computation, the outermost is 0, *in the nest as the
//!   commands before have left it*, as Tiramisu counts them: after `I(L0,L1)` the level 0 is the loop
//!   that was inner, and after `T2(L0,L1,32,32)` the levels 0 and 1 are the tile loops, 2 and 3 the
//!   point loops, so that the innermost of three loops has level 4.
//! - `S(Lx,Ly,a,b)` gives the loops the iterators `(a*x + b*y, c*x + d*y)`; how `c` and `d` follow
//!   stands in `skew.rs`. `S(L0,L1,1,2)` is our `skew(S1, j, i, 2)`: the outer loop moves by twice
//!   the inner one.
//! - `T2` and `T3` are our `tile`. A loop that an earlier `P` named runs in parallel over its tiles
//!   afterwards, since LOOPerSet writes `P` before `T2`; an earlier `U` stays with the point loop.
//! - `P` and `U` are applied when the order stands, at the end.
//! - `F(Lx)` fuses the loops at the levels 0 to x around the first computation with those around each
//!   other one. Where an `Sh` of one of them stands before it, be it by 0, it moves no further;
//!   otherwise the dependences decide how far it moves (`fuse` without a shift).
//!
//! Not expressible in our steps: `M` (a matrix), `E` (expansion of an array), `D` and `TG` (use
//! `distribute` and `tile`). Not expressible in a string: `distribute`, `sink`, `split`, `peel`,
//! `separate`, `vectorize`, `unroll_and_jam`, `pack`, `promote`, `stream`, `expand`, tiles of more than three loops,
//! shifts by other than a number, a skew of the inner loop alone, and whatever takes a statement out of loops that it shares.

mod parse;
mod read;
pub mod record;
mod shape;
mod skew;
mod write;

pub use read::from_looperset;
pub use write::{LooperString, to_looperset};
