//! Decides whether a conjunction of integer constraints has a point, by the Omega test, without isl.
//!
//! Equalities are solved by unimodular changes of variables. Inequalities are eliminated pair by
//! pair: from `a x + l >= 0` and `-b x + u >= 0` follows `b l + a u >= 0`, the *real shadow*, which
//! may have points above which no integer `x` lies. Where `b l + a u >= (a - 1)(b - 1)`, the *dark
//! shadow*, there always is one; when both shadows are the same the elimination is exact. The
//! constraints of loop nests nearly always are of that kind, and this takes microseconds where a
//! general answer takes milliseconds. Otherwise there is no point if the real shadow has none, and
//! there is one if the dark shadow has; what lies between are the *splinters*: for a lower bound
//! `a x + l >= 0`, points with `a x + l = i` for one of the `i` from 0 to `(a b - a - b) / b`, where `b` is
//! the largest factor in an upper bound.
//!
//! Where that leads to too many rows, a second run looks for a contradiction alone, and leaves out
//! rows that others imply: after `k` eliminations, one that stems from more than `k + 1` of the first
//! rows (D. A. Kohler, "Projections of convex polyhedral sets", 1967).
//!
//! The work is bounded; what stays open is for the caller to ask isl.
//!
//! The method is that of W. Pugh, "The Omega test: a fast and practical integer programming
//! algorithm for dependence analysis", 1991.

use loopwright_isl::ConstraintRow;
use std::cell::Cell;

/// What elimination found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// There is no integer point: proven.
    Empty,
    /// There is an integer point: proven.
    Inhabited,
    /// Neither could be proven within the limits.
    Open,
}

/// Beyond this many inequalities the question is left to isl.
const ROW_LIMIT: usize = 400;

/// How many rows one question may look at or make: about a millisecond.
const FUEL: u64 = 20_000;

thread_local! {
    /// What is left of the work that all questions of this thread together may take.
    static EFFORT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Runs `work` in which all questions about orders together may take so many units of work, some
/// ten nanoseconds each, and do not ask isl. What is not decided by then counts as not decidable:
/// the answer is the cautious one.
pub fn within_effort<T>(units: u64, work: impl FnOnce() -> T) -> T {
    let before = EFFORT.replace(units);
    let result = work();
    EFFORT.set(before);
    result
}

/// Whether the work of questions is bounded now.
pub(crate) fn is_bounded() -> bool {
    EFFORT.get() != u64::MAX
}

/// Whether some integer point satisfies all rows, which have `columns` coefficients each.
pub(crate) fn decide(columns: usize, rows: &[ConstraintRow]) -> Answer {
    let mut equalities: Vec<Row> = Vec::new();
    let mut inequalities: Vec<Row> = Vec::new();
    for row in rows {
        if row.coefficients.len() != columns {
            return Answer::Open;
        }
        let mut values = Vec::with_capacity(columns + 1);
        values.extend_from_slice(&row.coefficients);
        values.push(row.constant);
        if row.equality {
            equalities.push(values);
        } else {
            inequalities.push(values);
        }
    }
    let limit = FUEL.min(EFFORT.get());
    let mut fuel = limit;
    let answer = look(columns, equalities, inequalities, &mut fuel);
    if is_bounded() {
        EFFORT.set(EFFORT.get() - (limit - fuel));
    }
    answer
}

fn look(columns: usize, equalities: Vec<Row>, inequalities: Vec<Row>, fuel: &mut u64) -> Answer {
    if inequalities.len() >= MANY_ROWS {
        let mut part = *fuel / 3;
        *fuel -= part;
        let essential = essential(&inequalities);
        let found = refute(columns, equalities.clone(), essential, false, &mut part);
        *fuel += part;
        if found == Some(true) {
            return Answer::Empty;
        }
    }
    let mut part = *fuel / 2;
    *fuel -= part;
    let found = run(columns, equalities.clone(), inequalities.clone(), &mut part);
    *fuel += part;
    match found {
        Some(answer @ (Answer::Empty | Answer::Inhabited)) => answer,
        _ if refute(columns, equalities, inequalities, true, fuel) == Some(true) => Answer::Empty,
        _ => Answer::Open,
    }
}

/// From this many rows on, a contradiction is first looked for among the essential ones.
const MANY_ROWS: usize = 16;

/// Without the rows that bound domains: what remains are those of tiles, `0 <= x - s t <= s - 1`, and
/// those that relate two instances, which nearly always decide alone, whatever the sizes.
fn essential(inequalities: &[Row]) -> Vec<Row> {
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

/// Coefficients, then the constant.
type Row = Vec<i64>;

/// `None` when a limit or the range of 64 bits is exceeded.
fn run(
    columns: usize,
    mut equalities: Vec<Row>,
    mut inequalities: Vec<Row>,
    fuel: &mut u64,
) -> Option<Answer> {
    loop {
        while let Some(equality) = equalities.pop() {
            spend(fuel, inequalities.len() + 1)?;
            if !solve(equality, &mut equalities, &mut inequalities)? {
                return Some(Answer::Empty);
            }
        }
        if !tighten(&mut inequalities) {
            return Some(Answer::Empty);
        }
        match opposites(&mut inequalities, &mut equalities)? {
            Opposites::Contradiction => return Some(Answer::Empty),
            Opposites::Equality => continue,
            Opposites::None => {}
        }
        let Some(column) = choose(columns, inequalities.iter()) else {
            return Some(Answer::Inhabited);
        };
        let sides = Sides::new(column, inequalities)?;
        let combinations = sides.lower.len() * sides.upper.len();
        spend(fuel, 2 * sides.rest.len() + 2 * combinations + 1)?;
        let (real, exact) = sides.shadow(columns, false)?;
        if exact {
            inequalities = real;
            continue;
        }
        return Some(inexact(columns, &sides, real, fuel));
    }
}

/// Whether there is certainly no point. Only real shadows are followed, of which rows may be left out
/// without harm: the answer is for one side only. With `prune` those that others imply are.
fn refute(
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

fn spend(fuel: &mut u64, work: usize) -> Option<()> {
    *fuel = fuel.checked_sub(u64::try_from(work).ok()?)?;
    Some(())
}

/// The answer where the real shadow may have points above which no integer lies.
fn inexact(columns: usize, sides: &Sides, real: Vec<Row>, fuel: &mut u64) -> Answer {
    let mut ask = |equalities: Vec<Row>, inequalities: Vec<Row>| {
        run(columns, equalities, inequalities, fuel).unwrap_or(Answer::Open)
    };
    if ask(Vec::new(), real) == Answer::Empty {
        return Answer::Empty;
    }
    let dark = match sides.shadow(columns, true) {
        Some((dark, _)) => ask(Vec::new(), dark),
        None => Answer::Open,
    };
    if dark == Answer::Inhabited {
        return Answer::Inhabited;
    }
    let mut open = dark == Answer::Open;
    let all = sides.all();
    let most = sides.upper.iter().map(|(factor, _)| *factor).max().unwrap_or(1);
    for (factor, row) in &sides.lower {
        let Some(last) = factor
            .checked_mul(most)
            .and_then(|product| product.checked_sub(*factor)?.checked_sub(most))
        else {
            return Answer::Open;
        };
        for offset in 0..=last.div_euclid(most) {
            let mut splinter = row.clone();
            let Some(constant) = splinter.last_mut() else { return Answer::Open };
            let Some(value) = constant.checked_sub(offset) else { return Answer::Open };
            *constant = value;
            match ask(vec![splinter], all.clone()) {
                Answer::Inhabited => return Answer::Inhabited,
                Answer::Open => open = true,
                Answer::Empty => {}
            }
            if open {
                return Answer::Open;
            }
        }
    }
    if open { Answer::Open } else { Answer::Empty }
}

fn greatest_common_divisor(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// Of the coefficients; 0 when there are none. `None` beyond 63 bits.
fn content(row: &[i64]) -> Option<i64> {
    let (_, coefficients) = row.split_last()?;
    let divisor = coefficients.iter().fold(0, |divisor, value| match (divisor, value) {
        (1, _) => 1,
        (divisor, value) => greatest_common_divisor(divisor, value.unsigned_abs()),
    });
    i64::try_from(divisor).ok()
}

/// `target += factor * source`; `None` on overflow.
fn add_multiple(target: &mut [i64], factor: i64, source: &[i64]) -> Option<()> {
    for (value, &other) in target.iter_mut().zip(source) {
        *value = value.checked_add(factor.checked_mul(other)?)?;
    }
    Some(())
}

/// Eliminates one variable by an equality from all other rows, exactly. `Some(false)` when the
/// equality has no integer solution.
fn solve(mut equality: Row, equalities: &mut [Row], inequalities: &mut [Row]) -> Option<bool> {
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
fn tighten(inequalities: &mut Vec<Row>) -> bool {
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

enum Opposites {
    Contradiction,
    Equality,
    None,
}

/// Looks for `e + c >= 0` and `-e + d >= 0`: no point when `c + d < 0`, an equality when it is 0.
fn opposites(inequalities: &mut Vec<Row>, equalities: &mut Vec<Row>) -> Option<Opposites> {
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

/// The variable to eliminate next: one whose elimination is exact and adds the fewest rows.
///
/// Exactness comes first where only a contradiction is looked for, too: what remains then has common
/// factors by which its constants can be tightened.
fn choose<'r>(
    columns: usize,
    inequalities: impl Iterator<Item = &'r Row> + Clone,
) -> Option<usize> {
    (0..columns)
        .filter_map(|column| {
            let (mut lower, mut upper) = (0_usize, 0_usize);
            let (mut lower_unit, mut upper_unit) = (true, true);
            for row in inequalities.clone() {
                match row.get(column).copied().unwrap_or(0) {
                    0 => {}
                    value if value > 0 => {
                        lower += 1;
                        lower_unit &= value == 1;
                    }
                    value => {
                        upper += 1;
                        upper_unit &= value == -1;
                    }
                }
            }
            if lower + upper == 0 {
                return None;
            }
            let inexact = lower > 0 && upper > 0 && !lower_unit && !upper_unit;
            // Added rows less removed ones, kept from going below zero by the larger term.
            let growth = lower * upper + 2 * ROW_LIMIT - (lower + upper).min(2 * ROW_LIMIT);
            Some((inexact, growth, column))
        })
        .min()
        .map(|(_, _, column)| column)
}

/// The inequalities by what they say of one variable.
struct Sides {
    column: usize,
    /// `a x + l >= 0` with `a`.
    lower: Vec<(i64, Row)>,
    /// `-b x + u >= 0` with `b`.
    upper: Vec<(i64, Row)>,
    rest: Vec<Row>,
}

impl Sides {
    fn new(column: usize, inequalities: Vec<Row>) -> Option<Self> {
        let mut sides = Self { column, lower: Vec::new(), upper: Vec::new(), rest: Vec::new() };
        for row in inequalities {
            match *row.get(column)? {
                0 => sides.rest.push(row),
                value if value > 0 => sides.lower.push((value, row)),
                value => sides.upper.push((value.checked_neg()?, row)),
            }
        }
        Some(sides)
    }

    /// The inequalities again.
    fn all(&self) -> Vec<Row> {
        let both = self.lower.iter().chain(&self.upper).map(|(_, row)| row);
        both.chain(&self.rest).cloned().collect()
    }

    /// The real or the dark shadow, and whether the two are the same.
    fn shadow(&self, columns: usize, dark: bool) -> Option<(Vec<Row>, bool)> {
        let mut result = self.rest.clone();
        let mut exact = true;
        for (lower_factor, lower_row) in &self.lower {
            for (upper_factor, upper_row) in &self.upper {
                let common = i64::try_from(greatest_common_divisor(
                    lower_factor.unsigned_abs(),
                    upper_factor.unsigned_abs(),
                ))
                .ok()?;
                let mut combined = vec![0; columns + 1];
                add_multiple(&mut combined, upper_factor / common, lower_row)?;
                add_multiple(&mut combined, lower_factor / common, upper_row)?;
                debug_assert_eq!(combined.get(self.column), Some(&0));
                // The dark shadow asks for (a - 1)(b - 1) of `b l + a u`, which here is divided by
                // the common divisor.
                let gap = (lower_factor - 1).checked_mul(upper_factor - 1)?;
                let gap = gap / common + i64::from(gap % common != 0);
                if gap > 0 {
                    let constant = *combined.last()?;
                    let darker = constant.checked_sub(gap)?;
                    let divisor = content(&combined)?;
                    let same = if divisor == 0 {
                        (constant >= 0) == (darker >= 0)
                    } else {
                        constant.div_euclid(divisor) == darker.div_euclid(divisor)
                    };
                    exact &= same;
                    if dark {
                        *combined.last_mut()? = darker;
                    }
                }
                result.push(combined);
            }
            if result.len() > ROW_LIMIT * 4 {
                return None;
            }
        }
        (result.len() <= ROW_LIMIT).then_some((result, exact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loopwright_isl::{Context, Set};

    /// Numbers that look random and are the same in every run.
    struct Sequence(u64);

    impl Sequence {
        fn below(&mut self, limit: i64) -> i64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % limit.unsigned_abs()) as i64
        }

        fn system(&mut self, columns: usize) -> Vec<ConstraintRow> {
            let size = 1 + self.below(6);
            (0..size)
                .map(|_| ConstraintRow {
                    coefficients: (0..columns).map(|_| self.below(9) - 4).collect(),
                    constant: self.below(25) - 12,
                    equality: self.below(4) == 0,
                })
                .collect()
        }
    }

    #[test]
    fn agrees_with_isl() {
        let context = Context::new().unwrap();
        let mut sequence = Sequence(7);
        let mut open = 0;
        let mut empty = 0;
        for round in 0..6000 {
            let columns = 1 + round % 4;
            let rows = sequence.system(columns);
            let set = Set::from_constraints(&context, columns, &rows).unwrap();
            let expected = set.is_empty().unwrap();
            match decide(columns, &rows) {
                Answer::Empty => assert!(expected, "{rows:?}"),
                Answer::Inhabited => assert!(!expected, "{rows:?}"),
                Answer::Open => open += 1,
            }
            empty += usize::from(expected);
        }
        assert!((1000..5000).contains(&empty), "{empty} empty systems");
        assert!(open < 20, "{open} systems left open");
    }

    #[test]
    fn tiled_loops_are_decided() {
        // 32 t <= i <= 32 t + 31, 0 <= i <= n - 1, n >= 1
        let mut rows = vec![
            ConstraintRow::non_negative(vec![-32, 1, 0], 0),
            ConstraintRow::non_negative(vec![32, -1, 0], 31),
            ConstraintRow::non_negative(vec![0, 1, 0], 0),
            ConstraintRow::non_negative(vec![0, -1, 1], -1),
            ConstraintRow::non_negative(vec![0, 0, 1], -1),
        ];
        assert_eq!(decide(3, &rows), Answer::Inhabited);
        rows.push(ConstraintRow::non_negative(vec![-1, 0, 0], -1));
        assert_eq!(decide(3, &rows), Answer::Empty);
    }

    #[test]
    fn holes_between_integers_are_seen() {
        // 5x = 3y + 1 with 0 <= x <= 1 has no point; x = 2, y = 3 is the first.
        let mut rows = vec![
            ConstraintRow::zero(vec![5, -3], -1),
            ConstraintRow::non_negative(vec![1, 0], 0),
            ConstraintRow::non_negative(vec![-1, 0], 1),
        ];
        assert_eq!(decide(2, &rows), Answer::Empty);
        rows[2].constant = 2;
        assert_eq!(decide(2, &rows), Answer::Inhabited);
    }

    /// Waves over skewed tiles of a stencil in time, at sizes of many digits.
    #[test]
    fn waves_over_tiles_are_decided() {
        let rows = [
            ConstraintRow {
                coefficients: vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0],
                constant: 499,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -2, 1, 0, 0, 0, 0, 0, 0, 0],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 2, -1, 0, 0, 0, 0, 0, 0, 0],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -2, 0, 1, 0, 0, 0, 0, 0, 0],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 2, 0, -1, 0, 0, 0, 0, 0, 0],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![-8, 8, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![8, -8, -8, -1, 0, 0, 0, 0, 0, 0, 0, 0],
                constant: 7,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, -32, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 32, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0],
                constant: 31,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, -64, 0, 0, 1, 0, 0, 0, 0, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 64, 0, 0, -1, 0, 0, 0, 0, 0, 0],
                constant: 63,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0],
                constant: 499,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 1, 0],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 2, -1, 0],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 0, 1],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, -1],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, -8, 8, 8, 1, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 8, -8, -8, -1, 0, 0],
                constant: 7,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, -32, 0, 0, 1, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 32, 0, 0, -1, 0],
                constant: 31,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, -64, 0, 0, 1],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, -1],
                constant: 63,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0],
                constant: 499,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 2, -1, 0, 0, 0, 0, 0, 0, 0],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 2, 0, -1, 0, 0, 0, 0, 0, 0],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0],
                constant: 499,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 2, -1, 0],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, -1],
                constant: 1298,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 0, 1],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, -2, 1, 0],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -2, 0, 1, 0, 0, 0, 2, 0, -1],
                constant: 0,
                equality: true,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -2, 0, 1, 0, 0, 0, 0, 0, 0],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -2, 1, 0, 0, 0, 0, 2, -1, 0],
                constant: 0,
                equality: true,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, -2, 1, 0, 0, 0, 0, 0, 0, 0],
                constant: -1,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                constant: 0,
                equality: false,
            },
            ConstraintRow {
                coefficients: vec![1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0],
                constant: -1,
                equality: false,
            },
        ];
        assert_eq!(decide(12, &rows), Answer::Empty);
    }

    #[test]
    fn overflow_is_left_open() {
        let rows = [
            ConstraintRow::non_negative(vec![i64::MAX, -i64::MAX + 1], i64::MAX),
            ConstraintRow::non_negative(vec![-i64::MAX + 2, i64::MAX - 6], i64::MAX),
        ];
        assert_eq!(decide(2, &rows), Answer::Open);
    }
}
