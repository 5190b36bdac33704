//! A sufficient test that a conjunction of inequalities has no integer point: Fourier-Motzkin
//! elimination, with each row divided by its common divisor and its constant rounded down.
//!
//! Of the rows with the same coefficients only the strongest is kept. After `n` eliminations a row
//! that comes from more than `n + 1` of the first rows follows from others (Kohler, "Projections of
//! convex polyhedral sets", 1967) and is dropped; rounding may make such a row useful, so that only
//! an answer is lost. The work is bounded: too many rows leave the answer open.

use super::simple;
use loopwright_isl::ConstraintRow;
use std::collections::HashMap;

/// More rows than this are not worth eliminating.
const MAXIMUM_ROWS: usize = 700;

/// By coefficients the rest of an inequality.
type Rows = HashMap<Vec<i64>, Rest>;

/// What an inequality `coefficients · x + constant >= 0` has besides its coefficients.
#[derive(Clone, Copy)]
struct Rest {
    constant: i64,
    /// Of which of the first rows it is a sum, one bit each.
    origin: u128,
}

/// In which order columns are eliminated.
#[derive(Clone, Copy)]
enum Preference {
    /// Those first that have no other coefficients than 1 and -1: what remains then has common divisors
    /// by which it can be tightened.
    Units,
    /// Those first that make the fewest rows.
    Growth,
}

/// Whether it is certain that no integer point satisfies all rows. The rows that define tiles and those
/// that relate two instances are tried alone first: they decide most questions, whatever the sizes.
///
/// Nothing is certain any more when the time is `over`: a hundred columns take a good part of a second.
pub(super) fn is_empty(width: usize, rows: &[ConstraintRow], over: impl Fn() -> bool) -> bool {
    let deciding: Vec<ConstraintRow> =
        rows.iter().filter(|row| row.equality || is_deciding(row, rows)).cloned().collect();
    [deciding.as_slice(), rows].into_iter().any(|rows| {
        simple::substituted(width, rows).is_some_and(|rows| {
            [Preference::Units, Preference::Growth]
                .into_iter()
                .any(|preference| certainly_empty(width, &rows, preference, &over) == Some(true))
        })
    })
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

/// `None` when the work or the numbers grow too large, or the time is `over`.
fn certainly_empty(
    width: usize,
    rows: &[ConstraintRow],
    preference: Preference,
    over: &impl Fn() -> bool,
) -> Option<bool> {
    let mut left = Rows::new();
    let mut bits = 0;
    let mut first = |left: &mut Rows, coefficients: Vec<i64>, constant| {
        // Rows beyond the width of the bit set are taken for ones without origin, which are kept.
        let origin = 1_u128.checked_shl(bits).unwrap_or(0);
        bits += 1;
        add(left, coefficients, Rest { constant, origin })
    };
    for row in rows {
        let mut coefficients = row.coefficients.clone();
        coefficients.resize(width, 0);
        if row.equality {
            let negated = coefficients.iter().map(|value| value.checked_neg());
            let negated = negated.collect::<Option<Vec<_>>>()?;
            if !first(&mut left, negated, row.constant.checked_neg()?) {
                return Some(true);
            }
        }
        if !first(&mut left, coefficients, row.constant) {
            return Some(true);
        }
    }
    let mut eliminated = 0;
    while let Some(column) = cheapest(width, &left, preference) {
        if over() {
            return None;
        }
        eliminated += 1;
        let (bounding, mut rest): (Rows, Rows) =
            left.into_iter().partition(|(row, _)| entry(row, column) != 0);
        let (lower, upper): (Rows, Rows) =
            bounding.into_iter().partition(|(row, _)| entry(row, column) > 0);
        for low in &lower {
            for high in &upper {
                let (row, sum) = combine(low, high, column)?;
                if sum.origin.count_ones() <= eliminated + 1 && !add(&mut rest, row, sum) {
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

/// The column to eliminate next; `None` when all are gone.
fn cheapest(width: usize, rows: &Rows, preference: Preference) -> Option<usize> {
    let cost = |column: usize| {
        let count =
            |sign: i64| rows.keys().filter(|row| entry(row, column).signum() == sign).count();
        let (lower, upper) = (count(1), count(-1));
        let units = || rows.keys().all(|row| entry(row, column).abs() <= 1);
        let growth = (lower * upper) as i64 - (lower + upper) as i64;
        let late = matches!(preference, Preference::Units) && !units();
        (lower + upper > 0).then_some((late, growth))
    };
    (0..width).filter_map(|column| Some((cost(column)?, column))).min().map(|(_, column)| column)
}

/// The sum of multiples of a lower and an upper bound in which a column is gone.
fn combine(
    low: (&Vec<i64>, &Rest),
    high: (&Vec<i64>, &Rest),
    column: usize,
) -> Option<(Vec<i64>, Rest)> {
    let (right, left) = (entry(low.0, column), entry(high.0, column).checked_neg()?);
    let divisor = gcd(left, right);
    let (left, right) = (left / divisor, right / divisor);
    let sum = |low: i64, high: i64| left.checked_mul(low)?.checked_add(right.checked_mul(high)?);
    let row = low.0.iter().zip(high.0).map(|(low, high)| sum(*low, *high));
    let constant = sum(low.1.constant, high.1.constant)?;
    Some((row.collect::<Option<_>>()?, Rest { constant, origin: low.1.origin | high.1.origin }))
}

/// Adds a row in its strongest form; `false` when it is false by itself.
fn add(rows: &mut Rows, mut row: Vec<i64>, mut rest: Rest) -> bool {
    let divisor = row.iter().fold(0, |divisor, value| gcd(divisor, *value));
    if divisor == 0 {
        return rest.constant >= 0;
    }
    row.iter_mut().for_each(|value| *value /= divisor);
    rest.constant = rest.constant.div_euclid(divisor);
    let kept = rows.entry(row).or_insert(rest);
    let shorter = rest.origin.count_ones() < kept.origin.count_ones();
    if rest.constant < kept.constant || (rest.constant == kept.constant && shorter) {
        *kept = rest;
    }
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

    fn never() -> bool {
        false
    }

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
        assert!(!is_empty(4, &rows, never));
        rows.push(ConstraintRow::non_negative(vec![1, -1, 0, 0], -1));
        assert!(is_empty(4, &rows, never));
        // 3x = 3y + 1.
        assert!(is_empty(2, &[ConstraintRow::zero(vec![3, -3], -1)], never));
    }

    #[test]
    fn equalities_are_used_up_before_rows_are_combined() {
        // Of two points of a time-tiled nest (six loops each, the point loops leaning by one) that are
        // the same instance, the second stands in the next tile of the innermost tile loop.
        let row = |entries: &[(usize, i64)], constant: i64, equality: bool| {
            let mut coefficients = vec![0; 12];
            entries.iter().for_each(|(column, value)| coefficients[*column] = *value);
            ConstraintRow { coefficients, constant, equality }
        };
        let mut rows = vec![
            row(&[(3, 1), (9, -1)], 0, true),
            row(&[(3, -1), (4, 1), (9, 1), (10, -1)], 0, true),
            row(&[(3, -1), (5, 1), (9, 1), (11, -1)], 0, true),
            row(&[(0, -1), (6, 1)], 0, true),
            row(&[(1, -1), (7, 1)], 0, true),
        ];
        for side in [0, 6] {
            let at = |entries: &[(usize, i64)], constant| {
                let moved: Vec<_> = entries.iter().map(|(at, value)| (at + side, *value)).collect();
                row(&moved, constant, false)
            };
            rows.extend([
                at(&[(0, 1)], 0),
                at(&[(0, -1)], 8),
                at(&[(0, -1), (1, 1)], 5),
                at(&[(0, -2), (1, 11)], 9),
                at(&[(0, 1), (1, -1)], 0),
                at(&[(0, 2), (1, -11)], 19),
                at(&[(2, 1)], 0),
                at(&[(0, -1), (1, 1), (2, 1)], 4),
                at(&[(0, -1), (1, 5), (2, 1)], 3),
                at(&[(2, -1)], 1),
                at(&[(0, 1), (1, -1), (2, -1)], 0),
                at(&[(0, 1), (1, -5), (2, -1)], 8),
                at(&[(0, -8), (1, 8), (2, 8), (3, 1)], 0),
                at(&[(0, 8), (1, -8), (2, -8), (3, -1)], 7),
                at(&[(1, -32), (4, 1)], 0),
                at(&[(3, -1), (4, 1)], 0),
                at(&[(1, 32), (4, -1)], 31),
                at(&[(3, 1), (4, -1)], 59),
                at(&[(2, -64), (5, 1)], 0),
                at(&[(3, -1), (5, 1)], 0),
                at(&[(2, 64), (5, -1)], 63),
                at(&[(3, 1), (5, -1)], 79),
            ]);
        }
        assert!(!is_empty(12, &rows, never));
        rows.push(row(&[(2, -1), (8, 1)], -1, false));
        assert!(is_empty(12, &rows, never));
    }
}
