//! What this machine can do at most, as measured, and what share of that a kernel reaches.
//!
//! `doctor --peak` measures and keeps the figures in a file of the user's cache folder, one for each
//! machine; `bench` and `polybench --expert` only read it.

mod measure;
mod yardstick;

pub use measure::measure;
pub use yardstick::{Share, Yardstick};

use crate::failure::{Kind, OrFail, Outcome};
use crate::folders::user_cache;
use loopwright_runtime::{Machine, write_atomically};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::SystemTime;

/// A level of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    L1,
    L2,
    L3,
    Memory,
}

impl Level {
    /// From the nearest to the farthest.
    pub const ALL: [Level; 4] = [Level::L1, Level::L2, Level::L3, Level::Memory];

    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
            Self::Memory => "memory",
        }
    }
}

/// Fused multiply-adds in registers alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiplyAdds {
    /// `double` or `float`.
    pub element: String,
    /// Width of the vectors.
    pub bits: u32,
    pub threads: u32,
    /// In units of 10⁹ a second; a multiply-add is two.
    pub giga_operations: f64,
}

/// STREAM's triad on arrays that lie in one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bandwidth {
    pub level: Level,
    /// Of all three arrays and all threads together.
    pub bytes: u64,
    pub threads: u32,
    /// In units of 10⁹ bytes a second: two elements that are read and one that is written.
    pub gigabytes: f64,
}

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// The machine's, see [`Machine::fingerprint`].
    pub fingerprint: String,
    /// When, in seconds since 1970.
    pub measured: u64,
    /// All threads of the machine.
    pub threads: u32,
    pub multiply_adds: Vec<MultiplyAdds>,
    pub bandwidth: Vec<Bandwidth>,
}

impl Peak {
    /// The file for a machine, where the user has a cache folder.
    pub fn path(machine: &Machine) -> Option<PathBuf> {
        Some(user_cache()?.join(format!("peak-{}.json", machine.fingerprint())))
    }

    /// What was measured on this machine some time ago.
    pub fn load(machine: &Machine) -> Option<Self> {
        let text = std::fs::read(Self::path(machine)?).ok()?;
        let peak: Self = serde_json::from_slice(&text).ok()?;
        (peak.fingerprint == machine.fingerprint()).then_some(peak)
    }

    /// Writes the machine's file and gives its name.
    pub fn store(&self, machine: &Machine) -> Outcome<Option<PathBuf>> {
        let Some(path) = Self::path(machine) else { return Ok(None) };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).or_fail(Kind::Environment)?;
        }
        let text = serde_json::to_vec_pretty(self).or_fail(Kind::Other)?;
        write_atomically(&path, &text).or_fail(Kind::Environment)?;
        Ok(Some(path))
    }

    /// Keeps the better one of each figure: noise only ever lowers what was reached.
    pub fn improve_by(&mut self, older: &Self) {
        for one in &mut self.multiply_adds {
            let same = older.multiply_adds.iter().filter(|other| {
                (&other.element, other.bits, other.threads) == (&one.element, one.bits, one.threads)
            });
            one.giga_operations =
                same.map(|other| other.giga_operations).fold(one.giga_operations, f64::max);
        }
        for one in &mut self.bandwidth {
            let same = older.bandwidth.iter().filter(|other| {
                (other.level, other.bytes, other.threads) == (one.level, one.bytes, one.threads)
            });
            one.gigabytes = same.map(|other| other.gigabytes).fold(one.gigabytes, f64::max);
        }
    }

    /// Whether all threads together did hardly more in registers than one alone: something else ran.
    pub fn is_doubtful(&self) -> bool {
        self.threads > 1
            && self.multiply_adds.iter().filter(|one| one.threads == 1).any(|one| {
                let all = self.multiply_adds(&one.element, self.threads, u32::MAX);
                all.is_some_and(|all| all < 1.3 * one.giga_operations)
            })
    }

    /// The most multiply-adds of an element on so many threads with vectors of at most so many bits.
    pub fn multiply_adds(&self, element: &str, threads: u32, bits: u32) -> Option<f64> {
        self.multiply_adds
            .iter()
            .filter(|one| one.element == element && one.threads == threads && one.bits <= bits)
            .map(|one| one.giga_operations)
            .max_by(f64::total_cmp)
    }

    /// The bandwidth of a level.
    pub fn bandwidth(&self, level: Level, threads: u32) -> Option<f64> {
        let mut all = self.bandwidth.iter();
        let found = all.find(|one| one.level == level && one.threads == threads)?;
        Some(found.gigabytes)
    }

    /// When it was measured, in words.
    pub fn age(&self) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seconds = now.map_or(0, |now| now.as_secs().saturating_sub(self.measured));
        match seconds {
            0..120 => "just now".to_owned(),
            120..7200 => format!("{} minutes ago", seconds / 60),
            7200..172_800 => format!("{} hours ago", seconds / 3600),
            _ => format!("{} days ago", seconds / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With round numbers.
    pub(super) fn peak() -> Peak {
        let adds = |element: &str, bits, threads, giga_operations| MultiplyAdds {
            element: element.to_owned(),
            bits,
            threads,
            giga_operations,
        };
        let triad = |level, gigabytes| Bandwidth { level, bytes: 1, threads: 2, gigabytes };
        Peak {
            fingerprint: Machine::detect().fingerprint(),
            measured: 0,
            threads: 2,
            multiply_adds: vec![
                adds("double", 512, 2, 200.0),
                adds("double", 256, 2, 100.0),
                adds("float", 512, 2, 400.0),
                adds("double", 512, 1, 100.0),
            ],
            bandwidth: vec![triad(Level::L2, 400.0), triad(Level::Memory, 50.0)],
        }
    }

    #[test]
    fn figures_only_improve() {
        let (mut newer, mut older) = (peak(), peak());
        older.multiply_adds[0].giga_operations = 220.0;
        older.multiply_adds[1].giga_operations = 90.0;
        older.bandwidth[0].gigabytes = 500.0;
        older.bandwidth[1].bytes = 7;
        older.bandwidth[1].gigabytes = 900.0;
        newer.improve_by(&older);
        assert_eq!(newer.multiply_adds("double", 2, 512), Some(220.0));
        assert_eq!(newer.multiply_adds("double", 2, 256), Some(100.0));
        assert_eq!(newer.bandwidth(Level::L2, 2), Some(500.0));
        // Of another size, so another question.
        assert_eq!(newer.bandwidth(Level::Memory, 2), Some(50.0));
        assert!(!newer.is_doubtful());
        newer.multiply_adds[3].giga_operations = 200.0;
        assert!(newer.is_doubtful());
    }

    #[test]
    fn the_file_keeps_every_figure() {
        let text = serde_json::to_string(&peak()).expect("serialises");
        assert_eq!(serde_json::from_str::<Peak>(&text).expect("parses"), peak());
        assert!(peak().age().ends_with("days ago"));
    }
}
