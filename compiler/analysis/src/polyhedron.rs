//! Conjunctions of integer constraints: elimination of columns, emptiness, implication.
//!
//! Everything is Fourier–Motzkin elimination in exact arithmetic with integer tightening of
//! constants. Its answers err to one side only: a projection may hold more than the shadow of the
//! integer points, "empty" and "implies" are only said when they are proved. A row whose numbers
//! outgrow 64 bits is left out, and a proof that outgrows [`MAXIMUM_ROWS`] is given up; both make
//! the answer weaker, never wrong.

use crate::row::{Normalized, Row};
use std::cell::Cell;

/// The number of rows at which a proof of emptiness is given up.
const MAXIMUM_ROWS: usize = 160;

thread_local! {
    /// What is left of the work that proofs of this thread together may take.
    static PROOFS: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Runs `work` in which all proofs together may combine or look at so many rows, some ten nanoseconds
/// each. Those that come later are given up, which makes answers weaker, never wrong. Also gives whether
/// the work was enough for all of them: only then another run with more gives the same answers.
pub fn within_proofs<T>(units: u64, work: impl FnOnce() -> T) -> (T, bool) {
    let before = PROOFS.replace(units);
    let result = work();
    let left = PROOFS.replace(before);
    (result, left > 0)
}

/// Whether nothing is left for proofs, so that answers are weaker from now on.
pub(crate) fn proofs_are_spent() -> bool {
    PROOFS.get() == 0
}

fn spend(units: usize) {
    let left = PROOFS.get();
    if left != u64::MAX {
        PROOFS.set(left.saturating_sub(u64::try_from(units).unwrap_or(u64::MAX)));
    }
}

/// The integer points that satisfy all rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polyhedron {
    columns: usize,
    rows: Vec<Row>,
    contradiction: bool,
}

impl Polyhedron {
    /// All points of a space with that many columns.
    pub fn universe(columns: usize) -> Self {
        Self { columns, rows: Vec::new(), contradiction: false }
    }

    /// The points that satisfy all of the rows, each of which has `columns` coefficients.
    pub fn new(columns: usize, rows: impl IntoIterator<Item = Row>) -> Self {
        let mut result = Self::universe(columns);
        for row in rows {
            result.add(row);
        }
        result
    }

    /// The constraints, in normal form; of parallel ones only the tightest.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether a constraint alone, or a pair of them, was found to have no solution. Cheap;
    /// [`is_empty`](Self::is_empty) finds more.
    pub fn has_contradiction(&self) -> bool {
        self.contradiction
    }

    /// Adds a constraint.
    pub fn add(&mut self, row: Row) {
        let mut row = match row.normalize() {
            Normalized::True => return,
            Normalized::False => {
                self.contradiction = true;
                return;
            }
            Normalized::Row(row) => row,
        };
        let mut position = 0;
        while let Some(other) = self.rows.get(position) {
            if other.same_direction(&row) {
                match (other.equality, row.equality) {
                    (true, true) if other.constant == row.constant => return,
                    (true, true) => self.contradiction = true,
                    // An equality a·x = -c against a·x >= -d.
                    (true, false) if other.constant > row.constant => self.contradiction = true,
                    (true, false) => return,
                    (false, true) if row.constant > other.constant => self.contradiction = true,
                    (false, false) if other.constant <= row.constant => return,
                    (false, _) => {
                        self.rows.swap_remove(position);
                        continue;
                    }
                }
                return;
            }
            if other.opposite_direction(&row) {
                let slack = other.constant.saturating_add(row.constant);
                match (other.equality, row.equality) {
                    (false, false) if slack < 0 => self.contradiction = true,
                    (false, false) if slack == 0 => {
                        // a·x + c >= 0 and -a·x - c >= 0.
                        row.equality = true;
                        self.rows.swap_remove(position);
                        return self.add(row);
                    }
                    (true, false) if slack < 0 => self.contradiction = true,
                    (true, false) => return,
                    (false, true) if slack < 0 => self.contradiction = true,
                    (false, true) => {
                        self.rows.swap_remove(position);
                        continue;
                    }
                    _ => {}
                }
            }
            position += 1;
        }
        self.rows.push(row);
    }

    /// Adds one of another polyhedron's rows, of which none is parallel to another. Beside such rows only the `fresh`
    /// ones are there, so that nothing else has to be looked at.
    fn keep(&mut self, row: &Row, fresh: &[Row]) {
        let parallel = |other: &Row| {
            let sides = row.coefficients.iter().zip(&other.coefficients);
            sides.into_iter().all(|(left, right)| (*left == 0) == (*right == 0))
        };
        if fresh.iter().any(parallel) {
            self.add(row.clone());
        } else {
            self.rows.push(row.clone());
        }
    }

    /// The shadow along a column: constraints on the others that every point satisfies.
    pub fn eliminate(&self, column: usize) -> Self {
        let mut result = Self::universe(self.columns);
        result.contradiction = self.contradiction;
        let definition = self
            .rows
            .iter()
            .filter(|row| row.equality && row.coefficient(column) != 0)
            .min_by_key(|row| row.coefficient(column).unsigned_abs());
        if let Some(definition) = definition {
            let scale = definition.coefficient(column);
            let mut fresh = Vec::new();
            for row in self.rows.iter().filter(|row| *row != definition) {
                let coefficient = row.coefficient(column);
                if coefficient == 0 {
                    result.keep(row, &fresh);
                    continue;
                }
                // The row's own factor is positive, so that an inequality keeps its direction.
                let (Some(own), Some(other)) =
                    (scale.checked_abs(), coefficient.checked_mul(-scale.signum()))
                else {
                    continue;
                };
                if let Some(mut combined) = row.combine(own, definition, other) {
                    combined.equality = row.equality;
                    fresh.push(combined.clone());
                    result.add(combined);
                }
            }
            return result;
        }
        spend(self.rows.len());
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for row in &self.rows {
            match row.coefficient(column) {
                0 => result.keep(row, &[]),
                positive if positive > 0 => lower.push(row),
                _ => upper.push(row),
            }
        }
        // Each new row is compared with those that are there.
        spend(lower.len() * upper.len() * (1 + self.rows.len() / 4));
        for low in &lower {
            for high in &upper {
                let Some(factor) = high.coefficient(column).checked_neg() else { continue };
                if let Some(combined) = low.combine(factor, high, low.coefficient(column)) {
                    result.add(combined);
                }
            }
        }
        result
    }

    /// Whether it is proved that there is no integer point.
    pub fn is_empty(&self) -> bool {
        let mut rest = self.clone();
        loop {
            if rest.contradiction {
                return true;
            }
            match rest.cheapest_column() {
                Some(_) if proofs_are_spent() => return false,
                Some((growth, column))
                    if rest.rows.len().saturating_add_signed(growth) <= MAXIMUM_ROWS =>
                {
                    rest = rest.eliminate(column);
                }
                _ => return false,
            }
        }
    }

    /// How many rows the elimination of a column adds at most, less those that it removes; `None` where no
    /// row mentions it.
    pub fn growth(&self, column: usize) -> Option<isize> {
        let (mut lower, mut upper) = (0usize, 0usize);
        for row in &self.rows {
            match row.coefficient(column) {
                0 => {}
                _ if row.equality => return Some(-1),
                positive if positive > 0 => lower += 1,
                _ => upper += 1,
            }
        }
        let growth = (lower * upper).cast_signed() - (lower + upper).cast_signed();
        (lower + upper > 0).then_some(growth)
    }

    /// The column whose elimination adds the fewest rows, the first one that an equality defines if there
    /// is one, and how many rows those are at most.
    fn cheapest_column(&self) -> Option<(isize, usize)> {
        let mut best = None;
        for column in 0..self.columns {
            let Some(growth) = self.growth(column) else { continue };
            let defined = growth == -1
                && self.rows.iter().any(|row| row.equality && row.coefficient(column) != 0);
            if defined {
                return Some((growth, column));
            }
            if best.is_none_or(|(least, _)| growth < least) {
                best = Some((growth, column));
            }
        }
        best
    }

    /// Whether it is proved that every integer point satisfies the row.
    pub fn implies(&self, row: &Row) -> bool {
        self.implies_with(&[], row)
    }

    /// Whether that is proved of the points that also satisfy the rows `more`.
    pub fn implies_with(&self, more: &[&Row], row: &Row) -> bool {
        let known: Vec<&Row> = self.rows.iter().chain(more.iter().copied()).collect();
        self.contradiction || proves(self.columns, &known, row)
    }

    /// `column` replaced by what `definition` says it is (see [`Row::substitute`]); `None` on
    /// overflow.
    pub fn substitute(&self, column: usize, definition: &Row) -> Option<Self> {
        let mut result = Self::universe(self.columns);
        result.contradiction = self.contradiction;
        let mut fresh = Vec::new();
        for row in &self.rows {
            if row.coefficient(column) == 0 {
                result.keep(row, &fresh);
            } else {
                let row = row.substitute(column, definition)?;
                fresh.push(row.clone());
                result.add(row);
            }
        }
        Some(result)
    }

    /// Without the rows that the others imply, as far as proofs reach. For conjunctions that elimination
    /// has made large.
    pub fn without_redundant_rows(mut self) -> Self {
        let mut position = self.rows.len();
        while position > 0 && !proofs_are_spent() {
            position -= 1;
            let others: Vec<&Row> = (self.rows.iter().enumerate())
                .filter(|(at, _)| *at != position)
                .map(|(_, row)| row)
                .collect();
            let redundant =
                self.rows.get(position).is_some_and(|row| proves(self.columns, &others, row));
            if redundant {
                self.rows.remove(position);
            }
        }
        self
    }
}

/// Whether it is proved that every integer point that satisfies the `known` rows satisfies `goal`.
fn proves(columns: usize, known: &[&Row], goal: &Row) -> bool {
    let goal = match goal.clone().normalize() {
        Normalized::True => return true,
        Normalized::False => {
            return Polyhedron::new(columns, known.iter().map(|row| (*row).clone())).is_empty();
        }
        Normalized::Row(goal) => goal,
    };
    let at_a_glance = known.iter().any(|known| {
        if goal.equality {
            **known == goal
        } else {
            (known.same_direction(&goal) && known.constant <= goal.constant)
                || (known.equality
                    && known.opposite_direction(&goal)
                    && known.constant.checked_neg().is_some_and(|value| value <= goal.constant))
        }
    });
    at_a_glance
        || goal.inequalities().iter().all(|inequality| {
            let Some(negation) = inequality.negation() else { return false };
            connected(columns, known, negation).is_empty()
        })
}

/// `start` with the rows that share columns with it, directly or through others: the rest cannot
/// help to refute it.
fn connected(columns: usize, known: &[&Row], start: Row) -> Polyhedron {
    // Each row is compared with those before it, which counts where it takes longer than the proof.
    if known.len() > MAXIMUM_ROWS / 2 {
        spend(known.len() * known.len() / 16);
    }
    let mut reached: Vec<bool> = start.coefficients.iter().map(|&value| value != 0).collect();
    let mut rest: Vec<&Row> = known.to_vec();
    let mut result = Polyhedron::new(columns, [start]);
    loop {
        let before = rest.len();
        rest.retain(|row| {
            let touches =
                row.coefficients.iter().zip(&reached).any(|(&value, &on)| on && value != 0);
            if touches {
                for (on, &value) in reached.iter_mut().zip(&row.coefficients) {
                    *on |= value != 0;
                }
                result.add((*row).clone());
            }
            !touches
        });
        if rest.len() == before || result.contradiction {
            return result;
        }
    }
}

#[cfg(test)]
#[path = "polyhedron_tests.rs"]
mod tests;
