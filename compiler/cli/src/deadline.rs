//! When a command has to end.

use std::time::{Duration, Instant};

/// The end of the time that a command was given, which is counted from its start.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Instant,
    total: Duration,
}

/// Longer times are no limits that anybody waits for, and the clock cannot count any number of seconds.
pub const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Deadline {
    /// Ends after so much time from now.
    pub fn after(total: Duration) -> Self {
        let total = total.min(LONGEST);
        Self { end: Instant::now() + total, total }
    }

    /// One of so many equal shares of what is left.
    pub fn share(self, of: usize) -> Self {
        let parts = u32::try_from(of.max(1)).unwrap_or(u32::MAX);
        Self::after(self.remaining() / parts)
    }

    /// The same for somebody who need not count something that took so long.
    pub fn excused(self, time: Duration) -> Self {
        Self { end: self.end + time.min(LONGEST), ..self }
    }

    /// The same, less what is kept for the end.
    pub fn less(self, kept: Duration) -> Self {
        Self { end: self.end.checked_sub(kept).unwrap_or(self.end), ..self }
    }

    /// The moment itself.
    pub fn end(self) -> Instant {
        self.end
    }

    /// All the time that there was.
    pub fn total(self) -> Duration {
        self.total
    }

    /// What is left.
    pub fn remaining(self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Whether nothing is left.
    pub fn is_over(self) -> bool {
        self.remaining().is_zero()
    }
}

/// `20s`, `1500ms`, `2m`, or a number of seconds: something, and not more than a year.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(char::is_alphabetic);
    let no_time = || format!("`{text}` is not a time; write one as 20s, 1500ms or 2m");
    if number.is_empty() {
        // Words that are numbers to a computer: inf, NaN.
        return Err(match text.parse::<f64>() {
            Ok(value) if value.is_infinite() => {
                "a time has to end; write it as 20s or 2m".to_owned()
            }
            _ => no_time(),
        });
    }
    let scale = match text.get(number.len()..).unwrap_or_default() {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        other => {
            return Err(format!("`{other}` is not a unit of time; use ms, s, m or h"));
        }
    };
    let value: f64 = number.parse().map_err(|_| no_time())?;
    in_range(value * scale, text)
}

/// A number of seconds: something, and not more than a year.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    in_range(value, text)
}

fn in_range(seconds: f64, text: &str) -> Result<Duration, String> {
    if seconds.is_nan() {
        return Err(format!("`{text}` is not a time"));
    }
    if seconds <= 0.0 {
        return Err(format!("`{text}` leaves no time for anything"));
    }
    let longest = LONGEST.as_secs_f64();
    if seconds > longest {
        return Err(format!("`{text}` is more than a year"));
    }
    // Less than the clock counts is its least.
    Duration::try_from_secs_f64(seconds)
        .map(|time| time.max(Duration::from_nanos(1)))
        .map_err(|_| format!("`{text}` is not a time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_units() {
        let milliseconds = |text| parse_duration(text).map(|time| time.as_millis());
        assert_eq!(milliseconds("20s"), Ok(20_000));
        assert_eq!(milliseconds("1500ms"), Ok(1500));
        assert_eq!(milliseconds("2m"), Ok(120_000));
        assert_eq!(milliseconds("0.25"), Ok(250));
        assert_eq!(milliseconds("1h"), Ok(3_600_000));
        assert_eq!(milliseconds("1e3"), Ok(1_000_000));
    }

    #[test]
    fn what_never_ends_or_never_begins_is_refused() {
        for text in [
            "inf", "Infinity", "nan", "0", "0s", "-1s", "-inf", "1e400", "1e18", "400000h", "",
            "s", "2 weeks", "5d", "1e-400",
        ] {
            let error = parse_duration(text).expect_err(text);
            assert!(!error.is_empty() && error.len() < 100, "{text}: {error}");
        }
        for text in ["inf", "nan", "-1", "0", "1e300", "x", ""] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
        assert_eq!(parse_seconds("1.5"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn a_deadline_can_be_shared_moved_and_shortened() {
        let deadline = Deadline::after(Duration::from_secs(100));
        assert!(deadline.share(4).total() <= Duration::from_secs(25));
        assert!(deadline.excused(Duration::from_secs(50)).remaining() > Duration::from_secs(140));
        assert!(deadline.less(Duration::from_secs(99)).remaining() <= Duration::from_secs(1));
        assert!(deadline.less(Duration::from_secs(101)).is_over());
        assert!(!Deadline::after(Duration::MAX).is_over());
    }
}
