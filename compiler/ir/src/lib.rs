//! The polyhedral intermediate representation: what every part of the compiler reads and writes.
//!
//! A [`Program`] is one static control part: parameters, arrays and statements, with the loops that
//! surround the statements in the source. A [`Statement`] has an *iteration domain* (the integer
//! points of a conjunction of affine constraints over its iterators and the parameters), one write,
//! its reads, and a body that is an expression tree. Iterators are *normalised*: every loop counts
//! upwards by one, and an [`Iterator`](program::Iterator) remembers the value that the source's own
//! variable has.
//!
//! A [`Schedule`] is an immutable list of [`Step`]s, the trace by which the original order is
//! changed. Applying it gives a [`ScheduleTree`]: loops without bounds, sequences and leaves, where a
//! leaf says how its statement's iterators follow from the loop variables. Scanning that tree gives
//! a [`LoopTree`]: loops with bounds, conditions and statement instances, which is all that code
//! generation, the features of the cost model, the checker and the interpreter read.
//!
//! Architecture invariant: this crate depends on nothing of ours, does no I/O, reads no clock and
//! no environment. What a well-formed value is stands in [`verify`], numbered.

pub mod accumulation;
pub mod affine;
pub mod certainty;
pub mod contraction;
pub mod element;
pub mod expression;
pub mod loop_tree;
#[doc(hidden)]
pub mod planted;
pub mod program;
pub mod reads;
pub mod schedule;
pub mod solve;
pub mod tree;
pub mod verify;

pub use accumulation::{Accumulation, Combination};
pub use affine::{Affine, Constraint, Variable};
pub use element::ElementType;
pub use expression::{BinaryOperation, CompareOperation, Expression, MathFunction, UnaryOperation};
pub use loop_tree::{Bound, For, Instance, LoopTree, LoopTreeNode, Pack};
pub use program::{
    Access, Array, ArrayId, ArrayKind, Iterator, Parameter, ParameterId, Program, SourceLoop,
    SourceNode, Span, Statement, StatementId,
};
pub use reads::{PackedReads, as_written};
pub use schedule::{
    AffineOrder, NamedAffine, ParseError, Schedule, SkewFactors, Step, expanded_name, kept_name,
    partial_name,
};
pub use tree::{Leaf, LeafId, LoopId, Mark, Node, Packing, ScheduleTree, TreeLoop};
