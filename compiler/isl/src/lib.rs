//! The only door to isl, the integer set library.
//!
//! A [`Set`] is a finite union of conjunctions of affine constraints over integers, a [`Map`] the
//! same over pairs of points; both may have parameters and quotients. All questions are answered
//! exactly for integers, not for rationals. What can fail answers an [`IslError`]; nothing panics,
//! prints or aborts. Work whose cost is not known runs inside [`Context::with_quota`].
//!
//! The library comes with the `isl-rs` crate, which builds and links it. Its safe functions are not
//! used: several of them are unsound (contexts that may cross threads, options freed twice) and its
//! strings leak. `ffi` declares what is needed instead.
//!
//! Architecture invariant: no other crate names isl's functions, and nothing here leaks a raw
//! pointer. A context and everything made in it stay on one thread; another thread makes its own.
//! ```compile_fail
//! fn assert_send<T: Send>() {}
//! assert_send::<loopwright_isl::Set>();
//! ```

mod constraint;
mod context;
mod error;
#[allow(non_camel_case_types)]
mod ffi;
mod map;
mod schedule;
mod set;

pub use constraint::{Conjunction, ConstraintRow};
pub use context::{Context, version};
pub use error::IslError;
pub use map::Map;
pub use schedule::Schedule;
pub use set::Set;
