//! How many times faster one side of alternating runs is than the other.

use loopwright_runtime::Timing;
use serde_json::json;

/// Time of one side over time of the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Of the minima.
    pub minimum: f64,
    /// Of the medians.
    pub median: f64,
    /// The quartiles of the ratios of runs that followed each other: the middle half of what a single
    /// look at the two would have said.
    pub quartiles: (f64, f64),
}

impl Ratio {
    /// `slower` over `faster`, whose runs alternated: more than 1 where `faster` is faster.
    pub fn of(slower: &Timing, faster: &Timing) -> Self {
        let over = |left: u64, right: u64| left as f64 / right.max(1) as f64;
        let mut pairs: Vec<f64> =
            slower.runs.iter().zip(&faster.runs).map(|(left, right)| over(*left, *right)).collect();
        pairs.sort_by(f64::total_cmp);
        let minimum = over(slower.minimum_ns, faster.minimum_ns);
        let at = |quarter: usize| {
            let position = (pairs.len().saturating_sub(1) * quarter + 2) / 4;
            pairs.get(position).copied().unwrap_or(minimum)
        };
        Self {
            minimum,
            median: over(slower.median_ns, faster.median_ns),
            quartiles: (at(1), at(3)),
        }
    }

    /// As `3.2–3.4`.
    pub fn spread(&self) -> String {
        format!("{:.2}–{:.2}", self.quartiles.0, self.quartiles.1)
    }

    /// All figures.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "of_minima": self.minimum,
            "of_medians": self.median,
            "lower_quartile": self.quartiles.0,
            "upper_quartile": self.quartiles.1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(runs: &[u64]) -> Timing {
        Timing::from_runs(runs.to_vec()).expect("there are runs")
    }

    #[test]
    fn pairs_are_compared_in_the_order_in_which_they_ran() {
        let ratio =
            Ratio::of(&timing(&[100, 200, 400, 300, 100]), &timing(&[50, 50, 100, 100, 50]));
        assert_eq!(ratio.minimum, 2.0);
        assert_eq!(ratio.median, 4.0);
        // 2, 4, 4, 3, 2 sorted: 2 2 3 4 4
        assert_eq!(ratio.quartiles, (2.0, 4.0));
        assert_eq!(ratio.spread(), "2.00–4.00");
    }

    #[test]
    fn one_pair_is_its_own_spread() {
        let ratio = Ratio::of(&timing(&[30]), &timing(&[10]));
        assert_eq!((ratio.minimum, ratio.quartiles), (3.0, (3.0, 3.0)));
    }
}
