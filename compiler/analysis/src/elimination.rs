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

mod parts;
mod refutation;
mod rows;
#[cfg(test)]
mod tests;

use loopwright_isl::ConstraintRow;
use parts::{Part, parts};
use refutation::{essential, refute};
use rows::{
    Opposites, Row, add_multiple, content, greatest_common_divisor, opposites, solve, tighten,
};
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
/// hundred nanoseconds each, and do not ask isl. What is not decided by then counts as not decidable:
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

/// Takes from the bounded work what it costs to look at so many rows of so many columns before anything is
/// asked of them. False when nothing is left.
pub(crate) fn charge(rows: usize, columns: usize) -> bool {
    let left = EFFORT.get();
    if left == u64::MAX {
        return true;
    }
    let left = left.saturating_sub(u64::try_from(1 + width(rows, columns)).unwrap_or(u64::MAX));
    EFFORT.set(left);
    left > 0
}

/// The work of touching every number of so many rows: next to nothing, unless there are many.
fn width(rows: usize, columns: usize) -> usize {
    rows.saturating_mul(columns) / 256
}

/// Whether some integer point satisfies all rows, which have `columns` coefficients each.
pub(crate) fn decide(columns: usize, rows: &[ConstraintRow]) -> Answer {
    if rows.iter().any(|row| row.coefficients.len() != columns) {
        return Answer::Open;
    }
    let limit = FUEL.min(EFFORT.get());
    let mut fuel = limit;
    let answer = decide_parts(columns, rows, &mut fuel).unwrap_or(Answer::Open);
    if is_bounded() {
        EFFORT.set(EFFORT.get() - (limit - fuel));
    }
    answer
}

/// The answers for the parts that have no column in common, together: one without a point suffices. The
/// small ones are asked first. `None` without fuel.
fn decide_parts(columns: usize, rows: &[ConstraintRow], fuel: &mut u64) -> Option<Answer> {
    spend(fuel, width(rows.len(), columns))?;
    let Some(parts) = parts(columns, rows) else { return Some(Answer::Empty) };
    let mut whole = Answer::Inhabited;
    for Part { columns, equalities, inequalities } in parts {
        match look(columns, equalities, inequalities, fuel) {
            Answer::Empty => return Some(Answer::Empty),
            Answer::Open => whole = Answer::Open,
            Answer::Inhabited => {}
        }
    }
    Some(whole)
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
        spend(fuel, width(inequalities.len(), columns))?;
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

/// The variable to eliminate next: one whose elimination is exact and adds the fewest rows.
///
/// Exactness comes first where only a contradiction is looked for, too: what remains then has common
/// factors by which its constants can be tightened.
fn choose<'r>(columns: usize, inequalities: impl Iterator<Item = &'r Row>) -> Option<usize> {
    /// How often a column bounds from below and from above, and whether always with the factor 1.
    #[derive(Clone, Copy)]
    struct Count {
        lower: usize,
        upper: usize,
        lower_unit: bool,
        upper_unit: bool,
    }
    let none = Count { lower: 0, upper: 0, lower_unit: true, upper_unit: true };
    let mut counts = vec![none; columns];
    for row in inequalities {
        for (count, &value) in counts.iter_mut().zip(row) {
            if value > 0 {
                count.lower += 1;
                count.lower_unit &= value == 1;
            } else if value < 0 {
                count.upper += 1;
                count.upper_unit &= value == -1;
            }
        }
    }
    let rated = counts.into_iter().enumerate().filter_map(|(column, count)| {
        let Count { lower, upper, lower_unit, upper_unit } = count;
        if lower + upper == 0 {
            return None;
        }
        let inexact = lower > 0 && upper > 0 && !lower_unit && !upper_unit;
        // Added rows less removed ones, kept from going below zero by the larger term.
        let growth = lower * upper + 2 * ROW_LIMIT - (lower + upper).min(2 * ROW_LIMIT);
        Some((inexact, growth, column))
    });
    rated.min().map(|(_, _, column)| column)
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
