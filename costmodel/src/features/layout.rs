//! The layout of the features by name, and the hash that a model file must carry.
//!
//! The names here are the layout: the number of values in a block is the number of its names.
//! Whoever changes a name, their order, or what a value means (then also [`VERSION`]) changes the
//! hash, and a model trained on the old features is refused.

use sha2::{Digest, Sha256};

/// Raised when a value's meaning changes and its name does not.
pub const VERSION: u32 = 1;

/// What the features are, in words. Part of the hashed schema.
pub const SCHEMA: &str = "\
Loopwright features of a scheduled loop tree.
Two arrays: `statements` [count, STATEMENT_WIDTH], the costliest occurrence first, and `globals` [GLOBAL_WIDTH].
A statement's row is: the statement values; LEVELS blocks of level values, the innermost loop first, \
absent levels zero, levels beyond the last block multiplied into it; ACCESSES blocks of access \
values, the written access first, then by bytes moved, absent ones zero.
Logarithms are to base 2 of one plus the value, unless the name says ratio (then of the value, within -20 to 20).
Values are rounded to thousandths.";

/// Occurrences that are kept.
pub const STATEMENTS: usize = 12;
/// Loop levels that are kept.
pub const LEVELS: usize = 8;
/// Access groups that are kept.
pub const ACCESSES: usize = 8;

/// Values of a statement itself.
pub const STATEMENT_FIELDS: [&str; 52] = [
    "present",
    "log_instances",
    "log_bodies",
    "depth",
    "log_element_bytes",
    "is_float",
    "add",
    "multiply",
    "multiply_add",
    "divide",
    "square_root",
    "call",
    "select",
    "integer",
    "convert",
    "log_arithmetic_cycles",
    "log_loads",
    "log_stores",
    "log_chain_cycles",
    "ratio_chain_to_throughput",
    "reduction",
    "log_accumulators",
    "log_recurrence_distance",
    "log_registers",
    "log_spilled",
    "vector_marked",
    "vector_automatic",
    "vector_innermost",
    "log_lanes",
    "log_vectors",
    "ratio_lanes_to_register",
    "log_jam",
    "jammed_loops",
    "lockstep_blocked",
    "remainder",
    "parallel",
    "log_parallel_trip",
    "log_forks",
    "log_cycles_per_fork",
    "log_active_threads",
    "imbalance",
    "guards",
    "log_guard_share",
    "clipped_loops",
    "clipped_innermost",
    "ratio_arithmetic_per_instance",
    "ratio_l1_bytes_per_instance",
    "ratio_l2_bytes_per_instance",
    "ratio_l3_bytes_per_instance",
    "ratio_estimate_computing",
    "ratio_estimate_memory",
    "log_estimate",
];

/// Values of a loop level.
pub const LEVEL_FIELDS: [&str; 11] = [
    "present",
    "log_trip",
    "parallel",
    "tile",
    "jammed",
    "vector",
    "uneven",
    "ratio_bytes_to_l1",
    "ratio_bytes_to_l2",
    "ratio_bytes_to_l3",
    "invariant_accesses",
];

/// Values of an access group.
pub const ACCESS_FIELDS: [&str; 15] = [
    "present",
    "written",
    "log_reads",
    "log_element_bytes",
    "innermost_zero",
    "innermost_one",
    "log_innermost_stride",
    "lane_zero",
    "lane_one",
    "log_lane_stride",
    "log_next_stride",
    "log_array_bytes",
    "ratio_l1_bytes_per_instance",
    "ratio_l2_bytes_per_instance",
    "ratio_l3_bytes_per_instance",
];

/// Values of the whole tree.
pub const GLOBAL_FIELDS: [&str; 16] = [
    "log_l1_bytes",
    "log_l2_bytes",
    "log_l3_bytes",
    "log_threads",
    "log_vector_bits",
    "log_occurrences",
    "log_dropped",
    "dropped_share",
    "log_loops",
    "log_instances",
    "log_arithmetic",
    "ratio_total_bytes_to_l1",
    "ratio_total_bytes_to_l2",
    "ratio_total_bytes_to_l3",
    "log_forks",
    "log_estimate",
];

/// Values in a statement's row before its accesses.
pub const OWN_WIDTH: usize = STATEMENT_FIELDS.len() + LEVELS * LEVEL_FIELDS.len();
/// Values in a statement's row.
pub const STATEMENT_WIDTH: usize = OWN_WIDTH + ACCESSES * ACCESS_FIELDS.len();
/// Values of the whole tree.
pub const GLOBAL_WIDTH: usize = GLOBAL_FIELDS.len();

/// The SHA-256 of the schema, its version and all names, in hexadecimal.
pub fn schema_hash() -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{SCHEMA}\nversion {VERSION}\n"));
    hash.update(format!("statements {STATEMENTS} levels {LEVELS} accesses {ACCESSES}\n"));
    for (block, names) in [
        ("statement", STATEMENT_FIELDS.as_slice()),
        ("level", &LEVEL_FIELDS),
        ("access", &ACCESS_FIELDS),
        ("global", &GLOBAL_FIELDS),
    ] {
        hash.update(format!("{block}: {}\n", names.join(" ")));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
