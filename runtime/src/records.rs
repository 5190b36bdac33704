//! The tuning database: what was found, one JSON object a line, only ever appended to.
//!
//! Several processes may append at once: a lock is held around each write. A line that a killed process
//! left torn is skipped by readers and closed by the next writer. Databases of several machines are
//! merged by appending; each record knows its machine.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What tuning a program on a machine found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`crate::Machine::fingerprint`].
    pub machine: String,
    /// The C compiler that the source was compiled by, as a command line.
    pub compiler: String,
    /// What follows `-march=`.
    pub march: String,
    pub threads: u32,
    /// `hot` or `cold`.
    pub cache: String,
    /// Whether results may differ in their last bits.
    pub fast_math: bool,
    /// A hash of the program with its sizes, without its names.
    pub program: String,
    /// The same without its sizes.
    pub shape: String,
    /// What the program is called, for those who read lists.
    pub name: String,
    /// Its parameters' values, for those who read lists.
    pub sizes: BTreeMap<String, i64>,
    /// The names that the schedule's text speaks of, as whoever wrote it orders them.
    pub names: serde_json::Value,
    /// The schedule's text.
    pub schedule: String,
    /// The source's time, in turn with the schedule's.
    pub source_ns: u64,
    pub tuned_ns: u64,
    /// Seconds since 1970.
    pub when: u64,
    /// The version of the tool that measured.
    pub version: String,
}

impl Record {
    /// How many times faster than the source.
    pub fn speedup(&self) -> f64 {
        self.source_ns as f64 / self.tuned_ns.max(1) as f64
    }

    /// Seconds since 1970, now.
    pub fn now() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

/// A database file, which need not exist yet.
#[derive(Clone, Debug)]
pub struct Database {
    path: PathBuf,
}

/// What a database file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// In the order in which they were written.
    pub records: Vec<Record>,
    /// Lines that are no record: torn by a kill, or of another version.
    pub skipped_lines: usize,
}

impl Database {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends records as whole lines and waits until they are on the disk. A folder that lacks is made.
    pub fn append(&self, records: &[Record]) -> io::Result<()> {
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record)?;
            lines.push(b'\n');
        }
        if lines.is_empty() {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&self.path)?;
        file.lock()?;
        if !ends_with_newline(&mut file)? {
            lines.insert(0, b'\n');
        }
        file.write_all(&lines)?;
        // The lock goes with the file.
        file.sync_data()
    }

    /// Reads all records; a file that does not exist holds none.
    pub fn read(&self) -> io::Result<Contents> {
        let mut bytes = Vec::new();
        match File::open(&self.path) {
            Ok(mut file) => file.read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let mut contents = Contents::default();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(record) => contents.records.push(record),
                Err(_) => contents.skipped_lines += 1,
            }
        }
        Ok(contents)
    }

    /// Appends what another database has and this one lacks; the number of records added.
    pub fn merge(&self, other: &Database) -> io::Result<usize> {
        let key = |record: &Record| serde_json::to_string(record).unwrap_or_default();
        let mut known: HashSet<String> = self.read()?.records.iter().map(key).collect();
        let mut added = other.read()?.records;
        added.retain(|record| known.insert(key(record)));
        self.append(&added)?;
        Ok(added.len())
    }
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(schedule: &str, ns: u64) -> Record {
        let text = |text: &str| text.to_owned();
        Record {
            machine: text("machine"),
            compiler: text("cc"),
            march: text("native"),
            threads: 2,
            cache: text("hot"),
            fast_math: false,
            program: text("program"),
            shape: text("shape"),
            name: text("name"),
            sizes: BTreeMap::from([(text("n"), 5)]),
            names: serde_json::Value::Null,
            schedule: text(schedule),
            source_ns: 100,
            tuned_ns: ns,
            when: Record::now(),
            version: text("0"),
        }
    }

    #[test]
    fn a_torn_line_loses_only_itself() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let database = Database::new(folder.path().join("new folder/records"));
        assert_eq!(database.read().expect("no file yet"), Contents::default());
        database.append(&[record("a", 30), record("b", 20)]).expect("appended");
        let whole = std::fs::read(database.path()).expect("read");
        std::fs::write(database.path(), &whole[..whole.len() - 7]).expect("torn");
        database.append(&[record("c", 25)]).expect("appended");
        let contents = database.read().expect("read");
        let schedules: Vec<&str> = contents.records.iter().map(|it| it.schedule.as_str()).collect();
        assert_eq!((schedules.as_slice(), contents.skipped_lines), (&["a", "c"][..], 1));
        assert_eq!(contents.records[1].speedup(), 4.0);
    }

    #[test]
    fn merging_adds_each_record_once() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let here = Database::new(folder.path().join("here"));
        let there = Database::new(folder.path().join("there"));
        let common = record("common", 1);
        here.append(std::slice::from_ref(&common)).expect("appended");
        there.append(&[common.clone(), record("new", 2), common]).expect("appended");
        assert_eq!(here.merge(&there).expect("merged"), 1);
        assert_eq!(here.merge(&there).expect("merged"), 0);
        assert_eq!(here.read().expect("read").records.len(), 2);
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let database = Database::new(folder.path().join("records.jsonl"));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let database = &database;
                scope.spawn(move || {
                    for index in 0..10 {
                        database
                            .append(&[record(&format!("{writer}/{index}"), 5)])
                            .expect("appended");
                    }
                });
            }
        });
        let contents = database.read().expect("read");
        assert_eq!((contents.records.len(), contents.skipped_lines), (40, 0));
    }
}
