//! LOOPerSet's records: JSON lines, one program a line, with its schedules and their times.
//!
//! [`read_record`] turns a record into C text, which our frontend reads, and its schedules into strings that
//! [`from_looperset`](super::from_looperset) reads; [`write_record`] makes a record of one of our programs.
//!
//! # What is read
//! - `program_annotation`: iterators with affine bounds (numbers or texts, the upper one exclusive); buffers with
//!   sizes and types; computations with their iterators, the written element as an isl relation, and the
//!   expression as a tree of `add`, `sub`, `mul`, `div`, `sqrt`, `min`, `max`, `access` and `value`. A value
//!   without a number is 1, since the schema keeps none. Not representable: bounds that are not affine, other
//!   expressions, a loop that is entered again after it was left.
//! - `schedules_list`: the string in `sched_str`, or else v2's `transformations_list` of named transformations
//!   with `loop_levels` and `parameters`, or v1's fields of each computation as long as no matrix is among
//!   them. What `legality_check` calls illegal has no times.
//! - `execution_times` and `initial_execution_time`, in milliseconds: a number, a list, or either by hardware.
//!
//! # What is written
//! The same, as v1 has it. Steps that LOOPerSet has no words for are named in `left_out`, and our own text of the
//! whole schedule stands in `loopwright_schedule`, which [`read_record`] gives back.

mod annotation;
mod program;
mod schedule;
mod write;

pub use program::{LooperProgram, read_record};
pub use schedule::LooperSchedule;
pub use write::{Measurements, write_record};
