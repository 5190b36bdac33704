//! A sufficient test that a conjunction of inequalities has no integer point: Fourier-Motzkin
//! elimination, with each row divided by its common divisor and its constant rounded down.
//!
//! Of the rows with the same coefficients only the strongest is kept, and a column is chosen that
//! makes the fewest rows. The work is bounded: too many rows leave the answer open.

use loopwright_isl::ConstraintRow;
use std::collections::HashMap;

/// More rows than this are not worth eliminating.
const MAXIMUM_ROWS: usize = 700;

/// Inequalities `coefficients · x + constant >= 0`: the least constant for each list of coefficients.
type Rows = HashMap<Vec<i64>, i64>;

/// Whether it is certain that no integer point satisfies all rows. The rows that define tiles and those
/// that relate two instances are tried alone first: they decide most questions, whatever the sizes.
pub(super) fn is_empty(width: usize, rows: &[ConstraintRow]) -> bool {
    let deciding: Vec<ConstraintRow> =
        rows.iter().filter(|row| row.equality || is_deciding(row, rows)).cloned().collect();
    certainly_empty(width, &deciding) == Some(true) || certainly_empty(width, rows) == Some(true)
}

/// Whether the row is one side of a tile, `0 <= x - s t <= s - 1`, or the difference of two variables.
fn is_deciding(row: &ConstraintRow, rows: &[ConstraintRow]) -> bool {
    let largest = row.coefficients.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
    let used = || row.coefficients.iter().filter(|value| **value != 0);
    let is_difference = used().count() == 2 && used().sum::<i64>() == 0;
    is_difference
        || rows.iter().any(|other| {
            let opposite = row
                .coefficients
                .iter()
                .zip(&other.coefficients)
                .all(|(left, right)| left.checked_neg() == Some(*right));
            let width = row.constant.checked_add(other.constant);
            opposite
                && width
                    .and_then(|width| u64::try_from(width).ok())
                    .is_some_and(|width| width < largest)
        })
}

/// `None` when the work or the numbers grow too large.
fn certainly_empty(width: usize, rows: &[ConstraintRow]) -> Option<bool> {
    let mut left = Rows::new();
    for row in rows {
        let mut coefficients = row.coefficients.clone();
        coefficients.resize(width, 0);
        if row.equality {
            let negated = coefficients.iter().map(|value| value.checked_neg());
            let negated = negated.collect::<Option<Vec<_>>>()?;
            if !add(&mut left, negated, row.constant.checked_neg()?) {
                return Some(true);
            }
        }
        if !add(&mut left, coefficients, row.constant) {
            return Some(true);
        }
    }
    while let Some(column) = cheapest(width, &left) {
        let (bounding, mut rest): (Rows, Rows) =
            left.into_iter().partition(|(row, _)| entry(row, column) != 0);
        let (lower, upper): (Rows, Rows) =
            bounding.into_iter().partition(|(row, _)| entry(row, column) > 0);
        for low in &lower {
            for high in &upper {
                let (row, constant) = combine(low, high, column)?;
                if !add(&mut rest, row, constant) {
                    return Some(true);
                }
            }
            if rest.len() > MAXIMUM_ROWS {
                return None;
            }
        }
        left = rest;
    }
    Some(false)
}

fn entry(row: &[i64], column: usize) -> i64 {
    row.get(column).copied().unwrap_or(0)
}

/// The column whose elimination makes the fewest rows, of those first that have no other coefficients
/// than 1 and -1: what remains then has common divisors by which it can be tightened. `None` when
/// all are gone.
fn cheapest(width: usize, rows: &Rows) -> Option<usize> {
    let cost = |column: usize| {
        let count =
            |sign: i64| rows.keys().filter(|row| entry(row, column).signum() == sign).count();
        let (lower, upper) = (count(1), count(-1));
        let units = rows.keys().all(|row| entry(row, column).abs() <= 1);
        let growth = (lower * upper) as i64 - (lower + upper) as i64;
        (lower + upper > 0).then_some((!units, growth))
    };
    (0..width).filter_map(|column| Some((cost(column)?, column))).min().map(|(_, column)| column)
}

/// The sum of multiples of a lower and an upper bound in which a column is gone.
fn combine(
    low: (&Vec<i64>, &i64),
    high: (&Vec<i64>, &i64),
    column: usize,
) -> Option<(Vec<i64>, i64)> {
    let (right, left) = (entry(low.0, column), entry(high.0, column).checked_neg()?);
    let divisor = gcd(left, right);
    let (left, right) = (left / divisor, right / divisor);
    let sum = |low: i64, high: i64| left.checked_mul(low)?.checked_add(right.checked_mul(high)?);
    let row = low.0.iter().zip(high.0).map(|(low, high)| sum(*low, *high));
    Some((row.collect::<Option<_>>()?, sum(*low.1, *high.1)?))
}

/// Adds a row in its strongest form; `false` when it is false by itself.
fn add(rows: &mut Rows, mut row: Vec<i64>, mut constant: i64) -> bool {
    let divisor = row.iter().fold(0, |divisor, value| gcd(divisor, *value));
    if divisor == 0 {
        return constant >= 0;
    }
    row.iter_mut().for_each(|value| *value /= divisor);
    constant = constant.div_euclid(divisor);
    let least = rows.entry(row).or_insert(constant);
    *least = constant.min(*least);
    true
}

fn gcd(left: i64, right: i64) -> i64 {
    let (mut left, mut right) = (left.saturating_abs(), right.saturating_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_keep_the_order_of_their_points() {
        // 8a <= x <= 8a + 7, 8b <= y <= 8b + 7 and x < y, but b < a.
        let mut rows = vec![
            ConstraintRow::non_negative(vec![-8, 0, 1, 0], 0),
            ConstraintRow::non_negative(vec![8, 0, -1, 0], 7),
            ConstraintRow::non_negative(vec![0, -8, 0, 1], 0),
            ConstraintRow::non_negative(vec![0, 8, 0, -1], 7),
            ConstraintRow::non_negative(vec![0, 0, -1, 1], -1),
        ];
        assert!(!is_empty(4, &rows));
        rows.push(ConstraintRow::non_negative(vec![1, -1, 0, 0], -1));
        assert!(is_empty(4, &rows));
        // 3x = 3y + 1.
        assert!(is_empty(2, &[ConstraintRow::zero(vec![3, -3], -1)]));
    }
}
