//! Rows of coefficients, the constant last, and what is done to systems of them.

/// Coefficients, then the constant.
pub(super) type Row = Vec<i64>;

pub(super) fn greatest_common_divisor(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// Of the coefficients; 0 when there are none. `None` beyond 63 bits.
pub(super) fn content(row: &[i64]) -> Option<i64> {
    let (_, coefficients) = row.split_last()?;
    let divisor = coefficients.iter().fold(0, |divisor, value| match (divisor, value) {
        (1, _) => 1,
        (divisor, value) => greatest_common_divisor(divisor, value.unsigned_abs()),
    });
    i64::try_from(divisor).ok()
}

/// `target += factor * source`; `None` on overflow.
pub(super) fn add_multiple(target: &mut [i64], factor: i64, source: &[i64]) -> Option<()> {
    for (value, &other) in target.iter_mut().zip(source) {
        *value = value.checked_add(factor.checked_mul(other)?)?;
    }
    Some(())
}

/// Eliminates one variable by an equality from all other rows, exactly. `Some(false)` when the
/// equality has no integer solution.
pub(super) fn solve(
    mut equality: Row,
    equalities: &mut [Row],
    inequalities: &mut [Row],
) -> Option<bool> {
    loop {
        let divisor = content(&equality)?;
        let constant = *equality.last()?;
        if divisor == 0 {
            return Some(constant == 0);
        }
        if constant % divisor != 0 {
            return Some(false);
        }
        for value in &mut equality {
            *value /= divisor;
        }
        let (_, coefficients) = equality.split_last()?;
        let (column, &pivot) = coefficients
            .iter()
            .enumerate()
            .filter(|(_, value)| **value != 0)
            .min_by_key(|(_, value)| value.unsigned_abs())?;
        let others = equalities.iter_mut().chain(inequalities.iter_mut());
        if pivot.unsigned_abs() == 1 {
            for row in others {
                let entry = *row.get(column)?;
                if entry != 0 {
                    add_multiple(row, entry.checked_mul(pivot)?.checked_neg()?, &equality)?;
                }
            }
            return Some(true);
        }
        // x_column := x'_column - sum of quotient_i * x_i leaves remainders below the pivot.
        let quotients: Row = coefficients
            .iter()
            .enumerate()
            .map(|(index, value)| if index == column { 0 } else { value.div_euclid(pivot) })
            .collect();
        for row in others.chain([&mut equality]) {
            let entry = *row.get(column)?;
            if entry != 0 {
                add_multiple(row, entry.checked_neg()?, &quotients)?;
            }
        }
    }
}

/// Divides each inequality by its content, rounding the constant down, drops what always holds and
/// keeps the strongest of parallel ones. False when one never holds.
pub(super) fn tighten(inequalities: &mut Vec<Row>) -> bool {
    let mut possible = true;
    inequalities.retain_mut(|row| {
        let Some(divisor) = content(row) else {
            return true;
        };
        if divisor == 0 {
            possible &= row.last().is_none_or(|constant| *constant >= 0);
            return false;
        }
        if divisor > 1 {
            for value in row.iter_mut() {
                *value = value.div_euclid(divisor);
            }
        }
        true
    });
    // Among equal coefficients the least constant comes first and is the strongest.
    inequalities.sort_unstable();
    inequalities.dedup_by(|later, earlier| {
        later.split_last().map(|(_, left)| left) == earlier.split_last().map(|(_, left)| left)
    });
    possible
}

pub(super) enum Opposites {
    Contradiction,
    Equality,
    None,
}

/// Looks for `e + c >= 0` and `-e + d >= 0`: no point when `c + d < 0`, an equality when it is 0.
pub(super) fn opposites(
    inequalities: &mut Vec<Row>,
    equalities: &mut Vec<Row>,
) -> Option<Opposites> {
    let mut found = None;
    for (index, row) in inequalities.iter().enumerate() {
        let (constant, coefficients) = row.split_last()?;
        // Each pair is looked at once, from the row whose first coefficient is positive.
        if coefficients.iter().find(|value| **value != 0).is_none_or(|value| *value < 0) {
            continue;
        }
        let negated: Option<Row> = coefficients.iter().map(|value| value.checked_neg()).collect();
        let negated = negated?;
        let Ok(other) = inequalities.binary_search_by(|candidate| {
            candidate.split_last().map_or(&[][..], |(_, left)| left).cmp(&negated)
        }) else {
            continue;
        };
        let sum = constant.checked_add(*inequalities.get(other)?.last()?)?;
        if sum < 0 {
            return Some(Opposites::Contradiction);
        }
        if sum == 0 && found.is_none() {
            found = Some((index, other));
        }
    }
    let Some((index, other)) = found else {
        return Some(Opposites::None);
    };
    inequalities.swap_remove(index.max(other));
    equalities.push(inequalities.swap_remove(index.min(other)));
    Some(Opposites::Equality)
}
