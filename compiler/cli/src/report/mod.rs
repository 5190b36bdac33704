//! How results look: times with units, aligned tables, progress bars on terminals only.

pub mod short;
mod table;

use crate::terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

pub use table::{Listing, shortened, table};

/// A duration in nanoseconds with three significant digits and its unit.
pub fn duration(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        value if value < 1e3 => (value, "ns"),
        value if value < 1e6 => (value / 1e3, "µs"),
        value if value < 1e9 => (value / 1e6, "ms"),
        value => (value / 1e9, "s"),
    };
    let decimals = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

/// A speed-up as `3.21x`.
pub fn ratio(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}x") } else { "–".to_owned() }
}

/// The geometric mean of positive numbers; `None` for none.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some((values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp())
}

/// A progress bar on standard error, hidden where that is not a terminal.
pub fn progress(length: u64, quiet: bool) -> ProgressBar {
    bar(Some(length), quiet, "{pos}/{len} {elapsed} {wide_msg}")
}

/// What goes on for a time that is not known: how long it has taken, and a message.
pub fn activity(quiet: bool) -> ProgressBar {
    bar(None, quiet, "{spinner} {elapsed} {wide_msg}")
}

/// Work that ends with a budget of time: how much of it is gone.
pub fn countdown(budget: Duration, quiet: bool) -> ProgressBar {
    let text = format!("{{elapsed}} of {:.0?} {{wide_msg}}", budget);
    bar(Some(u64::try_from(budget.as_millis()).unwrap_or(u64::MAX)), quiet, &text)
}

fn bar(length: Option<u64>, quiet: bool, text: &str) -> ProgressBar {
    let target = if quiet || !std::io::stderr().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(length, target);
    let template = match (length, terminal::colours()) {
        (None, _) => text.to_owned(),
        (Some(_), true) => format!("{{bar:24.cyan/dim}} {text}"),
        (Some(_), false) => format!("{{bar:24}} {text}"),
    };
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits() {
        assert_eq!(duration(1.0), "1.00 ns");
        assert_eq!(duration(12_345.0), "12.3 µs");
        assert_eq!(duration(123_456_789.0), "123 ms");
        assert_eq!(duration(2.5e9), "2.50 s");
    }

    #[test]
    fn geometric_mean_of_reciprocals_is_one() {
        assert!((geometric_mean(&[4.0, 0.25]).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }
}
