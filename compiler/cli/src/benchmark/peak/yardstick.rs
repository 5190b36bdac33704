//! What share of the machine's peak a program's rates are.

use super::{Level, Peak};
use crate::benchmark::Rates;
use crate::benchmark::rates::three_digits;
use crate::target::vector_bits_of;
use loopwright_analysis::Work;
use loopwright_ir::{ElementType, Program};
use loopwright_runtime::Machine;

/// A part of what the machine can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// From 0 to about 1.
    pub fraction: f64,
    /// Of what: `fma`, or the name of a level of memory.
    pub of: &'static str,
}

impl Share {
    /// As `87% fma`.
    pub fn text(&self) -> String {
        format!("{:.0}% {}", 100.0 * self.fraction, self.of)
    }

    /// Both parts.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "fraction": self.fraction, "of": self.of })
    }
}

/// A machine's peak for code of one kind.
#[derive(Clone, Debug)]
pub struct Yardstick {
    pub machine: Machine,
    pub threads: u32,
    peak: Option<Peak>,
    /// The widest vectors that the code may use.
    bits: u32,
}

impl Yardstick {
    /// For this machine, as far as it was measured before, and code for `-march=NAME`.
    pub fn new(threads: u32, march: &str) -> Self {
        let machine = Machine::detect();
        let bits = vector_bits_of(march).unwrap_or(machine.vector_bits);
        Self { peak: Peak::load(&machine), threads, bits, machine }
    }

    /// How close rates come to the limit that is nearest: multiply-adds of the program's elements, or the
    /// bandwidth of the level in which all of its data fits. `None` where the peak was not measured, or
    /// not with that many threads.
    pub fn share(&self, program: &Program, work: &Work, rates: &Rates) -> Option<Share> {
        let doubles = program.arrays.iter().any(|array| array.element == ElementType::F64);
        self.share_of(if doubles { "double" } else { "float" }, work, rates)
    }

    fn share_of(&self, element: &str, work: &Work, rates: &Rates) -> Option<Share> {
        let peak = self.peak.as_ref()?;
        let level = self.level(work.touched_bytes);
        let traffic = peak
            .bandwidth(level, self.threads)
            .map(|most| Share { fraction: rates.traffic / most, of: level.name() });
        let arithmetic = peak
            .multiply_adds(element, self.threads, self.bits)
            .filter(|_| rates.floating)
            .map(|most| Share { fraction: rates.operations / most, of: "fma" });
        let both = [traffic, arithmetic];
        both.into_iter().flatten().max_by(|left, right| left.fraction.total_cmp(&right.fraction))
    }

    /// Where so many bytes live when all threads' cores work on them.
    fn level(&self, bytes: u64) -> Level {
        let cores = u64::from(self.threads).min(self.machine.cores as u64);
        let caches = &self.machine.caches;
        match bytes {
            _ if bytes <= caches.l1_data * cores => Level::L1,
            _ if bytes <= caches.l2 * cores => Level::L2,
            _ if bytes <= caches.l3 => Level::L3,
            _ => Level::Memory,
        }
    }

    /// A line that says where shares come from, or how to get them.
    pub fn origin(&self) -> String {
        let Some(peak) = &self.peak else {
            return "no shares of the peak: `loopwright doctor --peak` measures it once".to_owned();
        };
        let threads = self.threads;
        let rate = |value: Option<f64>| value.map_or("–".to_owned(), three_digits);
        let levels: Vec<String> = Level::ALL
            .into_iter()
            .map(|level| format!("{} {}", level.name(), rate(peak.bandwidth(level, threads))))
            .collect();
        format!(
            "peak with {threads} threads: fma {} GFLOP/s double, {} float; triad in GB/s: {} \
             (measured {} by doctor --peak, {})",
            rate(peak.multiply_adds("double", threads, self.bits)),
            rate(peak.multiply_adds("float", threads, self.bits)),
            levels.join(", "),
            peak.age(),
            Peak::path(&self.machine).unwrap_or_default().display()
        )
    }

    /// The figures that shares are taken of; `null` where there are none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!(self.peak)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::peak::tests::peak;

    #[test]
    fn the_nearest_limit_is_the_share() {
        let mut machine = Machine::detect();
        machine.cores = 2;
        machine.caches.l1_data = 32 << 10;
        machine.caches.l2 = 1 << 20;
        machine.caches.l3 = 32 << 20;
        let mut work = Work { floating: 100, touched_bytes: 1 << 20, ..Work::default() };
        let rates = Rates { operations: 50.0, floating: true, traffic: 20.0 };
        let ask = |work: &Work, rates: &Rates, threads, bits| {
            let machine = machine.clone();
            let yardstick = Yardstick { machine, threads, bits, peak: Some(peak()) };
            yardstick.share_of("double", work, rates).map(|share| share.text())
        };
        assert_eq!(ask(&work, &rates, 2, 512).as_deref(), Some("25% fma"));
        assert_eq!(ask(&work, &rates, 2, 256).as_deref(), Some("50% fma"));
        work.touched_bytes = 1 << 30;
        assert_eq!(ask(&work, &rates, 2, 512).as_deref(), Some("40% memory"));
        let integers = Rates { floating: false, ..rates };
        work.touched_bytes = 1 << 20;
        assert_eq!(ask(&work, &integers, 2, 512).as_deref(), Some("5% L2"));
        assert_eq!(ask(&work, &rates, 3, 512), None);
    }

    #[test]
    fn where_shares_come_from_is_said() {
        let machine = Machine::detect();
        let mut yardstick = Yardstick { machine, threads: 2, bits: 512, peak: Some(peak()) };
        assert!(yardstick.origin().contains("fma 200 GFLOP/s double, 400 float"));
        yardstick.peak = None;
        assert!(yardstick.origin().contains("doctor --peak"));
    }
}
