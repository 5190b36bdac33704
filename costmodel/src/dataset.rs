//! The file format of measured programs: JSON lines, one program a line, in LOOPerSet's manner.
//!
//! A data set is a folder of shards `*.jsonl`. Features are stored beside the measured times, so
//! that training needs nothing but the files; each record carries the hash of their schema. The
//! first schedule of a record is the empty one, which is the original order. A writer that is killed
//! leaves at most one torn line at the end of its shard: readers skip it, and the next writer
//! removes it.

use crate::features::Features;
use crate::{MachineFeatures, schema_hash};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// One program with its measured schedules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramRecord {
    /// Unique in the data set.
    pub program_name: String,
    /// The family of the generator that made it.
    pub shape: String,
    /// The seed from which the generator makes it again.
    pub seed: u64,
    /// The program as C.
    pub source: String,
    /// The hash of the layout of all `features` here.
    pub feature_schema: String,
    pub machine: MachineFeatures,
    /// Shortest measured time of the original program, in milliseconds.
    pub initial_execution_time: f64,
    /// The empty schedule first.
    pub schedules_list: Vec<ScheduleRecord>,
}

/// One measured schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleRecord {
    /// The schedule's text; empty for the original order.
    pub sched_str: String,
    /// All measured times, in milliseconds.
    pub execution_times: Vec<f64>,
    /// [`Features::to_list`] of the scheduled tree.
    pub features: Vec<f32>,
}

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
    #[error(
        "a list of {length} numbers is not a set of features of this version; generate the data again"
    )]
    BadFeatures { length: usize },
    #[error(
        "`{program}` has features of another version (schema {found}, this one is {expected}); \
         generate the data again"
    )]
    OtherSchema { program: String, expected: String, found: String },
}

impl ScheduleRecord {
    /// A record of a tree's features and its measured times in milliseconds.
    pub fn new(sched_str: String, execution_times: Vec<f64>, features: &Features) -> Self {
        Self { sched_str, execution_times, features: features.to_list() }
    }

    /// The shortest time in milliseconds, `None` when nothing valid was measured.
    pub fn best_time(&self) -> Option<f64> {
        let valid = self.execution_times.iter().copied().filter(|time| *time > 0.0);
        valid.filter(|time| time.is_finite()).min_by(f64::total_cmp)
    }
}

impl ProgramRecord {
    /// The schedules that have both a time and features of this version, with their times in
    /// milliseconds.
    pub fn measured(&self) -> Result<Vec<(&ScheduleRecord, Features, f64)>, DatasetError> {
        let expected = schema_hash();
        if self.feature_schema != expected {
            return Err(DatasetError::OtherSchema {
                program: self.program_name.clone(),
                expected,
                found: self.feature_schema.clone(),
            });
        }
        self.schedules_list
            .iter()
            .filter_map(|schedule| schedule.best_time().map(|time| (schedule, time)))
            .map(|(schedule, time)| Ok((schedule, Features::from_list(&schedule.features)?, time)))
            .collect()
    }
}

/// More bytes than any record has.
const LONGEST_LINE: u64 = 64 << 20;

/// Reads all records of a shard; a torn last line is left out.
pub fn read_shard(path: &Path) -> Result<Vec<ProgramRecord>, DatasetError> {
    let file_error = |source| DatasetError::File { path: path.to_owned(), source };
    let mut reader = BufReader::new(File::open(path).map_err(file_error)?);
    let mut records = Vec::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(file_error)?;
        if bytes.len() as u64 == LONGEST_LINE {
            let text = format!("line {line} is longer than {} MiB", LONGEST_LINE >> 20);
            return Err(file_error(io::Error::other(text)));
        }
        if bytes.last() != Some(&b'\n') {
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let record = serde_json::from_slice(&bytes);
        records.push(record.map_err(|source| DatasetError::BadLine {
            path: path.to_owned(),
            line,
            source,
        })?);
    }
    Ok(records)
}

/// The shards that the given files and folders hold, sorted by name.
pub fn shards(paths: &[PathBuf]) -> Result<Vec<PathBuf>, DatasetError> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let file_error = |source| DatasetError::File { path: path.clone(), source };
        for entry in std::fs::read_dir(path).map_err(file_error)? {
            let entry = entry.map_err(file_error)?.path();
            if entry.extension().is_some_and(|extension| extension == "jsonl") {
                found.push(entry);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Appends records to one shard, each in a single flushed write. Only one writer has it open, in whatever
/// process; that it has is forgotten by the system when it ends, however it ends.
#[derive(Debug)]
pub struct ShardWriter {
    path: PathBuf,
    file: File,
}

impl ShardWriter {
    /// Opens or makes a shard, removes a torn last line, and gives the names of the programs that
    /// it already holds, so that a generator can go on where it was stopped. A last line that is only
    /// without its end is kept, and nothing is removed of a file that holds something else.
    pub fn open(path: &Path) -> Result<(Self, HashSet<String>), DatasetError> {
        let file_error = |source| DatasetError::File { path: path.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(file_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DatasetError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(file_error(error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(file_error)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let (_, tail) = bytes.split_at(whole);
        if serde_json::from_slice::<ProgramRecord>(tail).is_ok() {
            file.seek(SeekFrom::End(0)).map_err(file_error)?;
            file.write_all(b"\n").map_err(file_error)?;
        } else if tail.is_empty() || tail.starts_with(b"{") {
            file.set_len(whole as u64).map_err(file_error)?;
        } else {
            return Err(DatasetError::NoShard { path: path.to_owned() });
        }
        file.seek(SeekFrom::End(0)).map_err(file_error)?;
        let present = read_shard(path)?.into_iter().map(|record| record.program_name).collect();
        Ok((Self { path: path.to_owned(), file }, present))
    }

    /// Appends one record and hands it to the operating system before it returns.
    pub fn append(&mut self, record: &ProgramRecord) -> Result<(), DatasetError> {
        let write = |file: &mut File| -> io::Result<()> {
            let mut line = serde_json::to_vec(record)?;
            line.push(b'\n');
            file.write_all(&line)?;
            file.flush()
        };
        write(&mut self.file)
            .map_err(|source| DatasetError::File { path: self.path.clone(), source })
    }
}
