//! Operations and bytes a second.

use loopwright_analysis::Work;
use serde_json::json;

/// What a program's work in some time comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// In units of 10⁹ operations a second: floating-point ones, or integer ones where there are no others.
    pub operations: f64,
    /// Whether the operations are on floating-point numbers.
    pub floating: bool,
    /// In units of 10⁹ bytes a second, of those that have to be moved at least: each element that is
    /// read once, and each that is written once.
    pub traffic: f64,
}

impl Rates {
    /// From a time in nanoseconds, in which 1 is 10⁹ a second.
    pub fn of(work: &Work, nanoseconds: u64) -> Self {
        let time = nanoseconds.max(1) as f64;
        Self {
            operations: work.operations() as f64 / time,
            floating: work.floating > 0,
            traffic: work.traffic() as f64 / time,
        }
    }

    /// As `123.4`, and `123.4 int` where the operations are on integers.
    pub fn operations_text(&self) -> String {
        let kind = if self.floating { "" } else { " int" };
        format!("{}{kind}", three_digits(self.operations))
    }

    /// As `123.4`.
    pub fn traffic_text(&self) -> String {
        three_digits(self.traffic)
    }

    /// Both rates.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "giga_operations_per_second": self.operations,
            "kind": if self.floating { "floating point" } else { "integer" },
            "compulsory_gigabytes_per_second": self.traffic,
        })
    }
}

/// A number with about three digits.
pub fn three_digits(value: f64) -> String {
    let decimals = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_per_nanosecond() {
        let work = Work {
            floating: 2_000,
            integer: 7,
            read_bytes: 300,
            written_bytes: 100,
            touched_bytes: 350,
        };
        let rates = Rates::of(&work, 100);
        assert_eq!((rates.operations, rates.traffic), (20.0, 4.0));
        assert_eq!(rates.operations_text(), "20.0");
        let integers = Rates::of(&Work { floating: 0, ..work }, 7);
        assert_eq!(integers.operations_text(), "1.00 int");
    }
}
