//! How good a ranking is, by program: what counts is the order of one program's schedules and the
//! time that is lost by trusting it.

/// Predicted and measured speedups of one program's schedules, in the same order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProgramPredictions {
    pub predicted: Vec<f64>,
    pub measured: Vec<f64>,
}

/// Figures over many programs; programs with fewer than two schedules are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Programs that were judged.
    pub programs: usize,
    /// Schedules of those programs.
    pub schedules: usize,
    /// Mean over the programs of Spearman's rank correlation, ties ranked by their mean. Programs
    /// whose measured speedups are all equal have none and are left out of this mean.
    pub spearman: f64,
    /// Mean over the programs of one minus the measured speedup of the schedule predicted best,
    /// over the best measured one: 0 when the best was chosen.
    pub top_one_regret: f64,
    /// The same with the best measured of the five that are predicted best.
    pub top_five_regret: f64,
    /// Mean of `|predicted - measured| / measured` over all schedules.
    pub relative_error: f64,
    /// Mean of `|ln predicted - ln measured|` over all schedules.
    pub log_error: f64,
}

/// Judges predictions; `None` without any program of two schedules.
pub fn report(programs: &[ProgramPredictions]) -> Option<Report> {
    let judged: Vec<_> = programs
        .iter()
        .filter(|program| program.predicted.len() >= 2)
        .filter(|program| program.predicted.len() == program.measured.len())
        .collect();
    let pairs: Vec<(f64, f64)> = judged
        .iter()
        .flat_map(|program| program.predicted.iter().copied().zip(program.measured.iter().copied()))
        .collect();
    let correlations: Vec<f64> = judged
        .iter()
        .filter_map(|program| spearman(&program.predicted, &program.measured))
        .collect();
    let regret = |kept: usize| mean(judged.iter().map(|program| top_regret(program, kept)));
    let tiny = f64::MIN_POSITIVE;
    Some(Report {
        programs: judged.len(),
        schedules: pairs.len(),
        spearman: mean(correlations.iter().copied()).unwrap_or(0.0),
        top_one_regret: regret(1)?,
        top_five_regret: regret(5)?,
        relative_error: mean(
            pairs.iter().map(|(predicted, measured)| (predicted - measured).abs() / measured),
        )?,
        log_error: mean(pairs.iter().map(|(predicted, measured)| {
            (predicted.max(tiny).ln() - measured.max(tiny).ln()).abs()
        }))?,
    })
}

/// Spearman's rank correlation with mean ranks for ties; `None` when one side is constant, the
/// lengths differ or there are fewer than two values.
pub fn spearman(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() != right.len() || left.len() < 2 {
        return None;
    }
    let left = ranks(left);
    let right = ranks(right);
    let centre = (left.len() as f64 - 1.0) / 2.0;
    let product = |one: &[f64], other: &[f64]| -> f64 {
        one.iter().zip(other).map(|(one, other)| (one - centre) * (other - centre)).sum()
    };
    let spread = (product(&left, &left) * product(&right, &right)).sqrt();
    (spread > 0.0).then(|| product(&left, &right) / spread)
}

/// Ranks from 0 in rising order, equal values sharing the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|left, right| values[*left] == values[*right]) {
        let rank = first as f64 + (tied.len() as f64 - 1.0) / 2.0;
        for position in tied {
            ranks[*position] = rank;
        }
        first += tied.len();
    }
    ranks
}

fn top_regret(program: &ProgramPredictions, kept: usize) -> f64 {
    let mut order: Vec<_> = program.predicted.iter().zip(&program.measured).collect();
    order.sort_by(|left, right| right.0.total_cmp(left.0));
    let best = program.measured.iter().copied().fold(0.0, f64::max);
    let chosen = order.iter().take(kept).map(|pair| *pair.1).fold(0.0, f64::max);
    if best > 0.0 { 1.0 - chosen / best } else { 0.0 }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
    }

    #[test]
    fn correlation_of_known_lists() {
        let rising = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(spearman(&rising, &[2.0, 4.0, 8.0, 9.0]), Some(1.0));
        assert_eq!(spearman(&rising, &[4.0, 3.0, 2.0, 1.0]), Some(-1.0));
        assert_eq!(spearman(&rising, &[5.0; 4]), None);
        // Rank differences 1, 1, 0, 0: 1 - 6 * 2 / (4 * 15).
        let swapped = spearman(&rising, &[2.0, 1.0, 3.0, 4.0]).unwrap();
        assert!((swapped - 0.8).abs() < 1e-12);
    }

    #[test]
    fn regret_and_errors() {
        let program =
            ProgramPredictions { predicted: vec![1.0, 3.0, 2.0], measured: vec![1.0, 2.0, 4.0] };
        let report = report(&[program, ProgramPredictions::default()]).unwrap();
        assert_eq!((report.programs, report.schedules), (1, 3));
        assert_eq!(report.top_one_regret, 0.5);
        assert_eq!(report.top_five_regret, 0.0);
        assert!((report.relative_error - (0.0 + 0.5 + 0.5) / 3.0).abs() < 1e-12);
        assert!(super::report(&[]).is_none());
    }
}
