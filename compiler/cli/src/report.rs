//! How results look: times with units, aligned tables, progress bars on terminals only.

use comfy_table::{CellAlignment, ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

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

/// A table with a header; columns whose header begins with `>` are aligned to the right.
pub fn table(headers: &[&str], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headers.iter().map(|header| header.trim_start_matches('>')));
    for row in rows {
        table.add_row(row);
    }
    for (position, header) in headers.iter().enumerate() {
        if let Some(column) = table.column_mut(position)
            && header.starts_with('>')
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A progress bar on standard error, hidden where that is not a terminal.
pub fn progress(length: u64, quiet: bool) -> ProgressBar {
    let target = if quiet || !std::io::stderr().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(length), target);
    let template = if std::env::var_os("NO_COLOR").is_some() {
        "{bar:30} {pos}/{len} {elapsed} {msg}"
    } else {
        "{bar:30.cyan/dim} {pos}/{len} {elapsed} {msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
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
