//! The file format of measured programs: JSON lines, one program a line, in LOOPerSet's manner.
//!
//! A data set is a folder of shards `*.jsonl`. A record holds what was measured and how it can be measured
//! again: the program's C text, its schedules, all runs, the machine and the compiler. What a model learns from
//! is made anew from source and schedule; a record that carries it also carries the hash of its schema.
//! The first schedule of a record is the empty one, which is the original order. A record's key says which
//! seed and which options made it. A writer that is killed leaves at most one torn line at the end of its
//! shard: readers skip it, and the next writer removes it.

mod record;
mod shard;

pub use record::{Circumstances, ProgramRecord, ScheduleRecord, key};
pub use shard::{ShardWriter, read_shard, shards, write_shard};

use std::io;
use std::path::PathBuf;

/// Why a data set cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("cannot use the data file {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(
        "the data file {} is being written by another process: wait for its end, or use another folder or \
         another `--shard`",
        path.display()
    )]
    InUse { path: PathBuf },
    #[error("{} ends with something that is no program record: nothing is written to it", path.display())]
    NoShard { path: PathBuf },
    #[error("{} line {line} is not a program record: {source}", path.display())]
    BadLine { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("{} line {line}: {reason}", path.display())]
    BadRecord { path: PathBuf, line: usize, reason: String },
    #[error(
        "a list of {length} numbers is not a set of features of this version; make features anew with \
         `loopwright dataset refeature`"
    )]
    BadFeatures { length: usize },
    #[error(
        "`{program}` has features of another version (schema {found}, this one is {expected}); make them \
         anew with `loopwright dataset refeature`"
    )]
    OtherSchema { program: String, expected: String, found: String },
}
