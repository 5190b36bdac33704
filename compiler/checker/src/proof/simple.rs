//! A quick sufficient test that a conjunction has no integer point.
//!
//! Equalities in which a column has the coefficient 1 or -1 are used up by substitution; what is left
//! is empty if a row is false by itself or two rows demand opposite things of the same expression.
//! Most questions of a correct tree end here.

use loopwright_isl::ConstraintRow;
use std::collections::HashMap;

/// Whether it is certain that no integer point satisfies all rows. Numbers that do not fit make it
/// uncertain.
pub(super) fn is_empty(width: usize, rows: &[ConstraintRow]) -> bool {
    substituted(width, rows).is_some_and(|mut rows| contradictory(&mut rows))
}

/// The rows without the columns that an equality gives as a sum of others, which have the same points
/// but for those columns; `None` when a number does not fit.
pub(super) fn substituted(width: usize, rows: &[ConstraintRow]) -> Option<Vec<ConstraintRow>> {
    let mut rows: Vec<ConstraintRow> = rows.to_vec();
    let mut position = 0;
    // Substitution leaves rows before `position` alone: they have no pivot or are used up.
    while position < rows.len() {
        let Some(row) = rows.get(position) else { break };
        let pivot = (0..width).find(|column| row.equality && coefficient(row, *column).abs() == 1);
        let Some(pivot) = pivot else {
            position += 1;
            continue;
        };
        let row = rows.swap_remove(position);
        for other in &mut rows {
            if !substitute(other, &row, pivot) {
                return None;
            }
        }
        position = 0;
    }
    Some(rows)
}

fn coefficient(row: &ConstraintRow, column: usize) -> i64 {
    row.coefficients.get(column).copied().unwrap_or(0)
}

/// Removes a column from a row by an equality; `false` when a number does not fit.
fn substitute(row: &mut ConstraintRow, equality: &ConstraintRow, pivot: usize) -> bool {
    let factor = coefficient(row, pivot);
    if factor == 0 {
        return true;
    }
    // The pivot is 1 or -1, so this multiple of the equality cancels the column.
    let factor = -factor * coefficient(equality, pivot);
    let sum = |left: i64, right: i64| {
        factor.checked_mul(right).and_then(|product| left.checked_add(product))
    };
    for (left, right) in row.coefficients.iter_mut().zip(&equality.coefficients) {
        match sum(*left, *right) {
            Some(value) => *left = value,
            None => return false,
        }
    }
    match sum(row.constant, equality.constant) {
        Some(value) => row.constant = value,
        None => return false,
    }
    true
}

/// Whether a row is false by itself, or two rows are false together. Of each expression (up to its
/// sign) the best lower and upper bound are kept.
fn contradictory(rows: &mut [ConstraintRow]) -> bool {
    // By expression with a positive first coefficient: the least and the greatest value allowed.
    let mut ranges: HashMap<Vec<i64>, (i64, i64)> = HashMap::new();
    for row in rows {
        let divisor = row
            .coefficients
            .iter()
            .fold(0_u64, |divisor, value| gcd(divisor, value.unsigned_abs()));
        let Ok(divisor) = i64::try_from(divisor) else { return false };
        if divisor == 0 {
            if row.constant < 0 || (row.equality && row.constant != 0) {
                return true;
            }
            continue;
        }
        if row.equality && row.constant % divisor != 0 {
            return true;
        }
        let leading = row.coefficients.iter().find(|value| **value != 0).copied().unwrap_or(1);
        let sign = leading.signum();
        let key: Vec<i64> = row.coefficients.iter().map(|value| value / divisor * sign).collect();
        let entry = ranges.entry(key).or_insert((i64::MIN, i64::MAX));
        // divisor * sign * key + constant >= 0.
        let limit = row.constant.div_euclid(divisor);
        let Some(negated) = limit.checked_neg() else { return false };
        if row.equality {
            let value = if sign > 0 { negated } else { limit };
            *entry = (entry.0.max(value), entry.1.min(value));
        } else if sign > 0 {
            entry.0 = entry.0.max(negated);
        } else {
            entry.1 = entry.1.min(limit);
        }
        if entry.0 > entry.1 {
            return true;
        }
    }
    false
}

fn gcd(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_found_after_substitution() {
        // x = y + 1 and y >= x.
        let rows =
            [ConstraintRow::zero(vec![1, -1], -1), ConstraintRow::non_negative(vec![-1, 1], 0)];
        assert!(is_empty(2, &rows));
        // 2x = 1 has no integer solution, 2x = 2 has.
        assert!(is_empty(1, &[ConstraintRow::zero(vec![2], -1)]));
        assert!(!is_empty(1, &[ConstraintRow::zero(vec![2], -2)]));
        // 4x >= 1 and 4x <= 3.
        let rows =
            [ConstraintRow::non_negative(vec![4], -1), ConstraintRow::non_negative(vec![-4], 3)];
        assert!(is_empty(1, &rows));
    }
}
