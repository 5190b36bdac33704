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
            for row in self.rows.iter().filter(|row| *row != definition) {
                let coefficient = row.coefficient(column);
                if coefficient == 0 {
                    result.add(row.clone());
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
                    result.add(combined);
                }
            }
            return result;
        }
        spend(self.rows.len());
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for row in &self.rows {
            match row.coefficient(column) {
                0 => result.add(row.clone()),
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

    /// The column whose elimination adds the fewest rows, and how many those are at most.
    fn cheapest_column(&self) -> Option<(isize, usize)> {
        let mut best = None;
        for column in 0..self.columns {
            let (mut lower, mut upper, mut defined) = (0usize, 0usize, false);
            for row in &self.rows {
                match row.coefficient(column) {
                    0 => {}
                    _ if row.equality => defined = true,
                    positive if positive > 0 => lower += 1,
                    _ => upper += 1,
                }
            }
            if defined {
                return Some((-1, column));
            }
            if lower + upper == 0 {
                continue;
            }
            let growth = (lower * upper).cast_signed() - (lower + upper).cast_signed();
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
        for row in &self.rows {
            result.add(row.substitute(column, definition)?);
        }
        Some(result)
    }

    /// Without the rows that the others imply. For conjunctions that elimination has made large.
    pub fn without_redundant_rows(mut self) -> Self {
        let mut position = self.rows.len();
        while position > 0 {
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
mod tests {
    use super::*;

    fn row(coefficients: &[i64], constant: i64) -> Row {
        Row { coefficients: coefficients.to_vec(), constant, equality: false }
    }

    fn equal(coefficients: &[i64], constant: i64) -> Row {
        Row { equality: true, ..row(coefficients, constant) }
    }

    #[test]
    fn opposite_inequalities_become_an_equality() {
        let point = Polyhedron::new(1, [row(&[1], -3), row(&[-1], 3)]);
        assert_eq!(point.rows(), [equal(&[1], -3)]);
        assert!(Polyhedron::new(1, [row(&[1], -3), row(&[-1], 2)]).has_contradiction());
    }

    #[test]
    fn the_tile_loop_of_a_rectangle_is_its_shadow() {
        // Columns N, t, i: 0 <= i <= N - 1, 32 t <= i <= 32 t + 31.
        let tiled = Polyhedron::new(
            3,
            [row(&[0, 0, 1], 0), row(&[1, 0, -1], -1), row(&[0, -32, 1], 0), row(&[0, 32, -1], 31)],
        );
        let shadow = tiled.eliminate(2);
        assert!(shadow.implies(&row(&[0, 1, 0], 0)));
        assert!(shadow.implies(&row(&[1, -32, 0], -1)));
        assert!(!shadow.implies(&row(&[0, 1, 0], -1)));
    }

    #[test]
    fn proofs_that_are_given_up_are_told() {
        let triangle = Polyhedron::new(2, [row(&[1, 0], 0), row(&[-1, 1], 0), row(&[0, -1], 9)]);
        let nine = row(&[-1, 0], 9);
        assert_eq!(within_proofs(1_000, || triangle.implies(&nine)), (true, true));
        assert!(!within_proofs(1, || triangle.implies(&nine)).1);
        assert!(triangle.implies(&nine), "the limit ends with the work");
    }

    #[test]
    fn integers_see_what_rationals_do_not() {
        // 2 x = 2 y + 1 has rational points only.
        assert!(Polyhedron::new(2, [equal(&[2, -2], -1)]).is_empty());
        // 1 <= 3 x <= 2.
        assert!(Polyhedron::new(1, [row(&[3], -1), row(&[-3], 2)]).is_empty());
    }

    /// All answers against enumeration on a small box.
    #[test]
    fn answers_are_sound_on_random_systems() {
        let mut state = 7u64;
        let mut next = |range: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from((state >> 33) % u64::try_from(range).unwrap()).unwrap()
        };
        let mut proved = 0;
        for _ in 0..400 {
            let count = 2 + next(3);
            let mut rows: Vec<Row> = (0..count)
                .map(|_| Row {
                    coefficients: (0..3).map(|_| next(7) - 3).collect(),
                    constant: next(11) - 5,
                    equality: next(5) == 0,
                })
                .collect();
            for column in 0..3 {
                let mut unit = vec![0; 3];
                unit[column] = 1;
                rows.push(row(&unit, 3));
                unit[column] = -1;
                rows.push(row(&unit, 3));
            }
            let system = Polyhedron::new(3, rows.clone());
            let goal = row(&[next(5) - 2, next(5) - 2, next(5) - 2], next(7) - 3);
            let shadow = system.eliminate(1);
            let minimal = system.clone().without_redundant_rows();
            let (mut points, mut goal_holds) = (0, true);
            let value = |row: &Row, point: &[i64; 3]| {
                row.coefficients.iter().zip(point).map(|(a, b)| a * b).sum::<i64>() + row.constant
            };
            let holds = |row: &Row, point: &[i64; 3]| {
                if row.equality { value(row, point) == 0 } else { value(row, point) >= 0 }
            };
            for code in 0..343 {
                let point = [code / 49 - 3, code / 7 % 7 - 3, code % 7 - 3];
                let inside = rows.iter().all(|row| holds(row, &point));
                let kept = minimal.rows().iter().all(|row| holds(row, &point));
                assert_eq!(inside, kept && !minimal.has_contradiction());
                if inside {
                    points += 1;
                    goal_holds &= holds(&goal, &point);
                    assert!(shadow.rows().iter().all(|row| holds(row, &point)));
                    assert!(!system.has_contradiction());
                }
            }
            if system.is_empty() {
                assert_eq!(points, 0);
            }
            if system.implies(&goal) {
                proved += 1;
                assert!(goal_holds);
            }
        }
        assert!(proved > 20, "the test would prove nothing with {proved} implications");
    }
}
