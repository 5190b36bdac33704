//! Dependences of a program, the legality of an order, and the parallelism in it.
//!
//! [`Dependences::compute`] finds once per program which instances must stay before which.
//! [`check`] then says whether a [`ScheduleTree`](loopwright_ir::ScheduleTree) keeps them all, and
//! names two clashing instances in the source's terms when it does not; [`coincident`] and
//! [`permutable_band`] say what more a tree allows.
//!
//! All answers are exact for integers. Most questions are decided by a small own elimination, and
//! what that leaves open by isl, within a quota; where the quota runs out, the answer is the
//! cautious one.
//!
//! Architecture invariant: this crate changes no program and no tree, and knows nothing of
//! transformations; it judges the tree that it is given.

mod dependence;
mod dependences;
mod distance;
mod elimination;
mod expansion;
mod footprint;
mod keeping;
mod legality;
mod ordering;
mod packing;
mod parallelism;
mod polyhedron;
mod regrouping;
mod row;
mod source;
mod system;
mod violation;
mod work;

pub use dependence::{AccessPosition, Dependence, DependenceId, DependenceKind, Level};
pub use dependences::{DEFAULT_QUOTA, DependenceError, Dependences};
pub use distance::{ShiftRange, fusion_shifts};
pub use elimination::within_effort;
pub use expansion::{Expansion, ExpansionError, expansion};
pub use footprint::{Footprint, footprint, mentioned_below, touching};
pub use keeping::{Keeping, KeepingError, keeping};
pub use legality::{LegalityError, check, check_changed, legal, legal_changed};
pub use loopwright_isl::{ConstraintRow, version as isl_version};
pub use packing::PackingError;
pub use parallelism::{carried_by, coincident, permutable_band};
pub use polyhedron::{Polyhedron, within_proofs};
pub use regrouping::{PartialSums, Regrouping, RegroupingError, regrouping};
pub use row::{Normalized, Row};
pub use violation::{InstanceWitness, Reason, Violation};
pub use work::Work;
