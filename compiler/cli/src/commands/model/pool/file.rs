//! The file of pools: a kernel a line, as JSON.

use crate::failure::{Failure, Kind, OrFail, Outcome};
use loopwright_costmodel::MachineFeatures;
use loopwright_runtime::read_bounded;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// More bytes than any pool has.
const LONGEST: u64 = 256 << 20;

/// A kernel's measured schedules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub kernel: String,
    pub size: String,
    pub machine: MachineFeatures,
    /// Of the machine that measured.
    pub fingerprint: String,
    /// Of the program that compiled.
    pub version: String,
    /// The original order first.
    pub members: Vec<Member>,
}

/// One schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// `original`, `expert`, or what the search says of how it came about.
    pub origin: String,
    /// Its steps, one a line.
    pub schedule: String,
    /// All its runs.
    pub milliseconds: Vec<f64>,
}

impl Member {
    /// The shortest run in milliseconds.
    pub fn best(&self) -> Option<f64> {
        self.milliseconds.iter().copied().min_by(f64::total_cmp)
    }

    /// The median run over the shortest, less one.
    pub fn spread(&self) -> Option<f64> {
        let mut runs = self.milliseconds.clone();
        runs.sort_by(f64::total_cmp);
        Some(runs.get(runs.len() / 2)? / runs.first()? - 1.0)
    }
}

/// All pools of a file.
///
/// # Errors
/// It cannot be read, or a line of it is no pool.
pub fn read(path: &Path) -> Outcome<Vec<Pool>> {
    let failed = |reason: String| {
        Failure::with_help(
            Kind::Input,
            format!("{}: {reason}", path.display()),
            "make such a file with `loopwright model pool --out FILE`",
        )
    };
    let bytes = read_bounded(path, LONGEST).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is no text".to_owned()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let pool: Pool = serde_json::from_str(line)
                .map_err(|error| failed(format!("line {}: {error}", number + 1)))?;
            let fine = |time: &f64| time.is_finite() && *time > 0.0;
            match pool.members.iter().flat_map(|member| &member.milliseconds).all(fine) {
                true => Ok(pool),
                false => Err(failed(format!("line {}: a time is no positive number", number + 1))),
            }
        })
        .collect()
}

/// Adds a line.
pub fn append(path: &Path, pool: &Pool) -> Outcome<()> {
    let mut line = serde_json::to_string(pool).or_fail(Kind::Other)?;
    line.push('\n');
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .or_fail(Kind::Environment)?;
    file.write_all(line.as_bytes()).or_fail(Kind::Environment)
}
