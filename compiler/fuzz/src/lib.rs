//! Random programs under random schedules, looked at in four independent ways that must agree.
//!
//! A *pair* is a program and a legal schedule of it; everything about it follows from a seed and the
//! pair's number. Its views are
//!
//! 1. the program's own C text, compiled by clang without optimisation, run on random data;
//! 2. the interpreter of `loopwright-checker` in the order of the source, on hashes;
//! 3. the same interpreter on the scheduled loops, whose parallel and vector loops run forward,
//!    reversed and shuffled;
//! 4. native code of `loopwright-codegen` for the scheduled loops, on the same random data.
//!
//! Views 2 and 3 must leave equal hashes, views 1 and 4 equal bits. Of some pairs there is native code with relaxed
//! arithmetic as well, which must stay within what that explains ([`relaxed`]). Whether a schedule is legal is
//! `loopwright-transform`'s own answer, step by step: an illegal step that it lets pass is a
//! difference between the views. The printed schedule must make the same loops again, and so must the
//! schedule in the languages of others ([`foreign`]), as far as they can express it.
//!
//! The way of a pair: [`subject`] makes the program, [`steps`] and [`draw`] the schedule, [`views`]
//! looks at the hashes, [`original`] and [`native`] make and run code, [`engine`] does all of that for
//! a batch of programs at once, and [`shrink`] makes what failed small. [`protocol`] is what a worker
//! process says while it does that, so that its parent knows which pair a crash belongs to.
//!
//! [`checking`] asks the independent checker about pairs, and compares its verdicts with the views.
//!
//! [`text`] makes random C instead of random programs: there, the frontend and all that is written out
//! are tried.
//!
//! [`variant`] writes a program otherwise, as C: not to find faults, but for those who ask whether the same computation
//! is tuned as well in other words.
//!
//! [`legality`] compares the verdicts on random orders with an enumeration of all dependent
//! instances. Deliberate faults ([`loopwright_ir::planted`]) show that the views see what they
//! should.

pub mod checking;
pub mod draw;
pub mod engine;
pub mod failure;
pub mod foreign;
pub mod legality;
pub mod native;
pub mod original;
pub mod protocol;
pub mod relaxed;
pub mod server;
pub mod shrink;
pub mod steps;
pub mod subject;
pub mod tally;
pub mod text;
pub mod variant;
pub mod views;

pub use engine::{Engine, EngineError, check};
pub use failure::{Failure, Finding, View};
pub use subject::{SCHEDULES, Subject};
pub use tally::Tally;
