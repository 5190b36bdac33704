//! Looking for a contradiction alone, which may leave rows out.

use super::rows::{
    Opposites, Row, add_multiple, content, greatest_common_divisor, opposites, solve, tighten,
};
use super::{ROW_LIMIT, choose, spend};

/// Without the rows that bound domains: what remains are those of tiles, `0 <= x - s t <= s - 1`, and
/// those that relate two instances, which nearly always decide alone, whatever the sizes.
pub(super) fn essential(inequalities: &[Row]) -> Vec<Row> {
    let largest = |row: &Row| {
        let coefficients = row.split_last().map_or(&[][..], |(_, coefficients)| coefficients);
        coefficients.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0)
    };
    let opposite = |row: &Row, other: &Row| {
        let coefficients = row.len().saturating_sub(1);
        row.iter()
            .zip(other)
            .take(coefficients)
            .all(|(left, right)| left.checked_neg() == Some(*right))
    };
    let width = |row: &Row, other: &Row| {
        row.last()?.checked_add(*other.last()?).and_then(|width| u64::try_from(width).ok())
    };
    let narrow = |row: &&Row| {
        inequalities.iter().any(|other| {
            opposite(row, other) && width(row, other).is_some_and(|width| width < largest(row))
        })
    };
    let differences = |row: &Row| {
        let coefficients = row.split_last().map_or(&[][..], |(_, coefficients)| coefficients);
        let terms = coefficients.iter().filter(|value| **value != 0);
        terms.clone().count() == 2 && terms.sum::<i64>() == 0
    };
    inequalities.iter().filter(|row| narrow(row) || differences(row)).cloned().collect()
}

/// Whether there is certainly no point. Only real shadows are followed, of which rows may be left out
/// without harm: the answer is for one side only. With `prune` those that others imply are.
pub(super) fn refute(
    columns: usize,
    mut equalities: Vec<Row>,
    mut inequalities: Vec<Row>,
    prune: bool,
    fuel: &mut u64,
) -> Option<bool> {
    while let Some(equality) = equalities.pop() {
        if !solve(equality, &mut equalities, &mut inequalities)? {
            return Some(true);
        }
    }
    if !tighten(&mut inequalities) {
        return Some(true);
    }
    if inequalities.len() > 128 {
        return None;
    }
    let mut rows: Vec<(Row, u128)> =
        inequalities.into_iter().enumerate().map(|(at, row)| (row, 1 << at)).collect();
    for eliminated in 1.. {
        let plain = |row: &(Row, u128)| row.0.clone();
        let Some(column) = choose(columns, rows.iter().map(|row| &row.0)) else {
            return Some(false);
        };
        let (mut lower, mut upper, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            match *row.0.get(column)? {
                0 => rest.push(row),
                value if value > 0 => lower.push((value, row)),
                value => upper.push((value.checked_neg()?, row)),
            }
        }
        spend(fuel, 2 * rest.len() + 2 * lower.len() * upper.len() + 1)?;
        for (lower_factor, below) in &lower {
            for (upper_factor, above) in &upper {
                let ancestors = below.1 | above.1;
                if prune && ancestors.count_ones() > eliminated + 1 {
                    continue;
                }
                let common = greatest_common_divisor(
                    lower_factor.unsigned_abs(),
                    upper_factor.unsigned_abs(),
                );
                let common = i64::try_from(common).ok()?;
                let mut combined = vec![0; columns + 1];
                add_multiple(&mut combined, upper_factor / common, &below.0)?;
                add_multiple(&mut combined, lower_factor / common, &above.0)?;
                let divisor = content(&combined)?;
                if divisor == 0 {
                    if combined.last().is_some_and(|constant| *constant < 0) {
                        return Some(true);
                    }
                    continue;
                }
                for value in &mut combined {
                    *value = value.div_euclid(divisor);
                }
                rest.push((combined, ancestors));
            }
        }
        // Of equal coefficients the least constant is the strongest; of equal rows, fewer ancestors.
        rest.sort_unstable_by(|left, right| {
            (&left.0, left.1.count_ones()).cmp(&(&right.0, right.1.count_ones()))
        });
        rest.dedup_by(|later, earlier| {
            later.0.split_last().map(|(_, one)| one) == earlier.0.split_last().map(|(_, one)| one)
        });
        let mut sorted: Vec<Row> = rest.iter().map(plain).collect();
        if matches!(opposites(&mut sorted, &mut Vec::new())?, Opposites::Contradiction) {
            return Some(true);
        }
        if rest.len() > 4 * ROW_LIMIT {
            return None;
        }
        rows = rest;
    }
    None
}
