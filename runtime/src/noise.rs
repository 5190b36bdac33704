//! How noisy the machine is now: what a measurement's digits are worth.

use serde::{Deserialize, Serialize};
use std::fs;
use std::hint::black_box;
use std::time::Instant;

const PROBES: usize = 30;
/// Steps of the probe's loop, about a millisecond of dependent additions.
const STEPS: u64 = 700_000;

/// The state of the machine at the time of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// `median / minimum - 1` over repetitions of one fixed piece of arithmetic. On a quiet machine
    /// below 0.01.
    pub spread: f64,
    /// `maximum / minimum - 1` over the same.
    pub worst: f64,
    /// Processes that were ready to run, averaged over the last minute; `None` where it is not known.
    pub load: Option<f64>,
}

impl Noise {
    /// Takes about 30 milliseconds of one core.
    pub fn probe() -> Self {
        let mut times: Vec<u64> = (0..PROBES).map(|_| fixed_work()).collect();
        times.sort_unstable();
        let at = |position: usize| times.get(position).copied().unwrap_or(1) as f64;
        let minimum = at(0).max(1.0);
        Self {
            spread: at(PROBES / 2) / minimum - 1.0,
            worst: at(PROBES - 1) / minimum - 1.0,
            load: load(),
        }
    }

    /// Whether differences of a few percent mean little now.
    pub fn is_high(&self) -> bool {
        self.spread > 0.03
    }
}

/// Nanoseconds for a chain of additions of which each needs the one before.
fn fixed_work() -> u64 {
    let start = Instant::now();
    let mut sum = black_box(1.0_f64);
    for _ in 0..STEPS {
        sum += 1e-9;
    }
    black_box(sum);
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_gives_plausible_numbers() {
        let noise = Noise::probe();
        assert!(noise.spread >= 0.0 && noise.worst >= noise.spread, "{noise:?}");
        assert!(noise.load.is_some_and(|load| load >= 0.0));
        // The work is neither optimised away nor far from what it is meant to be.
        let milliseconds = fixed_work() as f64 / 1e6;
        assert!((0.1..100.0).contains(&milliseconds), "{milliseconds} ms");
    }
}
