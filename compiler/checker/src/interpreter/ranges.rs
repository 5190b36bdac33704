//! What a statement's domain says of each of its iterators, given the outer ones.

use super::flat::Test;
use super::{Flat, InterpretError, Slots};
use loopwright_ir::{Program, Statement, Variable};

/// `factor * iterator + rest >= 0`, or `= 0`, where `rest` has outer iterators only.
pub(super) struct LevelRow {
    pub factor: i64,
    pub rest: Flat,
    pub equality: bool,
}

/// The domain of a statement, by depth.
pub(super) struct Nest {
    pub statement: String,
    pub names: Vec<String>,
    /// Whether the constraints without iterators hold.
    pub possible: bool,
    pub levels: Vec<Vec<LevelRow>>,
}

pub(super) fn nests(program: &Program, parameters: &[i64]) -> Result<Vec<Nest>, InterpretError> {
    program.statements.iter().map(|statement| nest(statement, parameters)).collect()
}

fn nest(statement: &Statement, parameters: &[i64]) -> Result<Nest, InterpretError> {
    let depth = statement.iterators.len();
    let slot_of = |variable| match variable {
        Variable::Iterator(position) if (position as usize) < depth => Some(position as usize),
        _ => None,
    };
    let slots = Slots { parameters, slot_of: &slot_of };
    let mut nest = Nest {
        statement: statement.name.clone(),
        names: statement.iterators.iter().map(|iterator| iterator.name.clone()).collect(),
        possible: true,
        levels: (0..depth).map(|_| Vec::new()).collect(),
    };
    let mut tests = Vec::new();
    for constraint in &statement.domain {
        tests.push(slots.test(constraint)?);
    }
    for test in &tests {
        nest.add(test)?;
    }
    if !nest.bounded() {
        nest.eliminate(&tests, depth)?;
    }
    Ok(nest)
}

impl Nest {
    fn add(&mut self, test: &Test) -> Result<(), InterpretError> {
        match test.flat.terms.iter().max_by_key(|term| term.0) {
            None => self.possible &= test.holds(&[])?,
            Some(&(innermost, factor)) => {
                let mut rest = test.flat.clone();
                rest.terms.retain(|term| term.0 != innermost);
                if let Some(level) = self.levels.get_mut(innermost) {
                    level.push(LevelRow { factor, rest, equality: test.equality });
                }
            }
        }
        Ok(())
    }

    /// Whether each iterator has a bound on both sides.
    fn bounded(&self) -> bool {
        self.levels.iter().all(|level| {
            level.iter().any(|row| row.equality || row.factor > 0)
                && level.iter().any(|row| row.equality || row.factor < 0)
        })
    }

    /// Adds what follows from the constraints on inner iterators for the outer ones, by
    /// Fourier-Motzkin elimination: implied bounds only, so that the walk stays exact.
    fn eliminate(&mut self, tests: &[Test], depth: usize) -> Result<(), InterpretError> {
        let mut rows: Vec<Vec<i64>> = Vec::new();
        for test in tests {
            let mut row = vec![0; depth + 1];
            for &(slot, coefficient) in &test.flat.terms {
                set(&mut row, slot, coefficient);
            }
            set(&mut row, depth, test.flat.constant);
            if test.equality {
                rows.push(row.iter().map(|value| value.wrapping_neg()).collect());
            }
            rows.push(row);
        }
        for innermost in (1..depth).rev() {
            let (bounding, mut others): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|row| get(row, innermost) != 0);
            let (lower, upper): (Vec<_>, Vec<_>) =
                bounding.into_iter().partition(|row| get(row, innermost) > 0);
            for low in &lower {
                for high in &upper {
                    if let Some(row) = combine(low, high, innermost)
                        && !others.contains(&row)
                    {
                        others.push(row);
                    }
                }
            }
            if others.len() > MAXIMUM_ROWS {
                return Err(InterpretError::Budget);
            }
            rows = others;
            for row in &rows {
                let terms: Vec<_> = row
                    .iter()
                    .take(depth)
                    .copied()
                    .enumerate()
                    .filter(|(_, coefficient)| *coefficient != 0)
                    .collect();
                let flat = Flat { terms, constant: get(row, depth) };
                self.add(&Test { flat, equality: false })?;
            }
        }
        Ok(())
    }
}

/// More rows than this are not worth eliminating.
const MAXIMUM_ROWS: usize = 2000;

fn get(row: &[i64], position: usize) -> i64 {
    row.get(position).copied().unwrap_or(0)
}

fn set(row: &mut [i64], position: usize, value: i64) {
    if let Some(entry) = row.get_mut(position) {
        *entry = value;
    }
}

/// The sum of multiples of two rows in which a column is gone, as small as possible; `None` when it
/// says nothing or does not fit (the bound is then only missing).
fn combine(low: &[i64], high: &[i64], column: usize) -> Option<Vec<i64>> {
    let (left, right) = (i128::from(get(high, column)).abs(), i128::from(get(low, column)));
    let sums: Vec<i128> = low
        .iter()
        .zip(high)
        .map(|(low, high)| left * i128::from(*low) + right * i128::from(*high))
        .collect();
    let (constant, coefficients) = sums.split_last()?;
    let mut divisor = coefficients.iter().fold(0_i128, |divisor, value| gcd(divisor, value.abs()));
    if divisor == 0 {
        // No iterator is left: only a contradiction says anything.
        if *constant >= 0 {
            return None;
        }
        divisor = constant.abs();
    }
    let mut row = Vec::with_capacity(sums.len());
    for value in coefficients {
        row.push(i64::try_from(value / divisor).ok()?);
    }
    row.push(i64::try_from(constant.div_euclid(divisor)).ok()?);
    Some(row)
}

fn gcd(mut left: i128, mut right: i128) -> i128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}
