//! Files of records: reading what is whole, appending what is done.

use super::{DatasetError, ProgramRecord};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

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
        let path = || path.to_owned();
        let record: ProgramRecord = serde_json::from_slice(&bytes)
            .map_err(|source| DatasetError::BadLine { path: path(), line, source })?;
        if let Some(reason) = record.fault() {
            return Err(DatasetError::BadRecord { path: path(), line, reason });
        }
        records.push(record);
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

/// Writes records as a whole file that appears at once or not at all.
pub fn write_shard<'a>(
    path: &Path,
    records: impl IntoIterator<Item = &'a ProgramRecord>,
) -> Result<(), DatasetError> {
    let file_error = |source| DatasetError::File { path: path.to_owned(), source };
    let beside = path.with_extension(format!("part{}", std::process::id()));
    let write = || -> io::Result<()> {
        let mut writer = io::BufWriter::new(File::create(&beside)?);
        for record in records {
            serde_json::to_writer(&mut writer, record)?;
            writer.write_all(b"\n")?;
        }
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|source| {
        // What could not be written whole is not left behind.
        let _ = std::fs::remove_file(&beside);
        file_error(source)
    })
}

/// Appends records to one shard, each in a single flushed write. Only one writer has it open, in whatever
/// process; that it has is forgotten by the system when it ends, however it ends.
#[derive(Debug)]
pub struct ShardWriter {
    path: PathBuf,
    file: File,
    /// Bytes of whole records.
    length: u64,
}

impl ShardWriter {
    /// Opens or makes a shard, removes a torn last line, and gives the records that it already holds, so
    /// that a generator can go on where it was stopped. A last line that is only without its end is kept,
    /// and nothing is removed of a file that holds something else.
    pub fn open(path: &Path) -> Result<(Self, Vec<ProgramRecord>), DatasetError> {
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
        let mut length = whole as u64;
        if serde_json::from_slice::<ProgramRecord>(tail).is_ok() {
            file.seek(SeekFrom::End(0)).map_err(file_error)?;
            file.write_all(b"\n").map_err(file_error)?;
            length = bytes.len() as u64 + 1;
        } else if tail.is_empty() || tail.starts_with(b"{") {
            file.set_len(whole as u64).map_err(file_error)?;
        } else {
            return Err(DatasetError::NoShard { path: path.to_owned() });
        }
        file.seek(SeekFrom::End(0)).map_err(file_error)?;
        let present = read_shard(path)?;
        Ok((Self { path: path.to_owned(), file, length }, present))
    }

    /// Appends one record and hands it to the operating system before it returns. What cannot be written
    /// whole, as on a full disk, is taken back.
    pub fn append(&mut self, record: &ProgramRecord) -> Result<(), DatasetError> {
        let file_error = |source| DatasetError::File { path: self.path.clone(), source };
        let mut line = serde_json::to_vec(record).map_err(|error| file_error(error.into()))?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.flush());
        if let Err(source) = written {
            let failure = file_error(source);
            self.file.set_len(self.length).map_err(file_error)?;
            self.file.seek(SeekFrom::End(0)).map_err(file_error)?;
            return Err(failure);
        }
        self.length += line.len() as u64;
        Ok(())
    }
}
