//! Conjunctions of constraints over numbered columns, and the exact questions asked of them.

use crate::elimination::{Answer, decide, is_bounded};
use loopwright_ir::{Affine, Constraint, Variable};
use loopwright_isl::{ConstraintRow, Context, IslError, Set};

thread_local! {
    /// isl's objects stay on their thread, so every thread that asks has a context of its own.
    static CONTEXT: Result<Context, IslError> = Context::new();
}

/// A conjunction over `columns` integers.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub columns: usize,
    pub rows: Vec<ConstraintRow>,
}

impl System {
    pub fn new(columns: usize) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a constraint whose variables `column_of` places. `None`, and nothing added, when a
    /// variable has no column.
    pub fn add(
        &mut self,
        constraint: &Constraint,
        column_of: impl Fn(Variable) -> Option<usize>,
    ) -> Option<()> {
        let row = self.row(&constraint.affine, constraint.equality, column_of)?;
        self.rows.push(row);
        Some(())
    }

    fn row(
        &self,
        affine: &Affine,
        equality: bool,
        column_of: impl Fn(Variable) -> Option<usize>,
    ) -> Option<ConstraintRow> {
        let mut coefficients = vec![0_i64; self.columns];
        for &(variable, coefficient) in affine.terms() {
            let entry = coefficients.get_mut(column_of(variable)?)?;
            *entry = entry.checked_add(coefficient)?;
        }
        Some(ConstraintRow { coefficients, constant: affine.constant_term(), equality })
    }

    /// `x[greater] - x[less] + constant >= 0`, or `= 0`.
    pub fn difference(
        &self,
        greater: usize,
        less: usize,
        constant: i64,
        equality: bool,
    ) -> ConstraintRow {
        let mut coefficients = vec![0; self.columns];
        for (column, value) in [(greater, 1), (less, -1)] {
            if let Some(entry) = coefficients.get_mut(column) {
                *entry += value;
            }
        }
        ConstraintRow { coefficients, constant, equality }
    }

    /// Whether there is no integer point.
    ///
    /// # Errors
    /// [`IslError::Quota`] when it could not be decided within `quota` operations of isl.
    pub fn is_empty(&self, quota: u64) -> Result<bool, IslError> {
        match decide(self.columns, &self.rows) {
            Answer::Empty => Ok(true),
            Answer::Inhabited => Ok(false),
            Answer::Open if is_bounded() => Err(IslError::Quota),
            Answer::Open => self.with_set(quota, |set| set.is_empty()),
        }
    }

    /// Whether every integer point is one of some piece. A piece has further columns behind those of
    /// this system, which are quantified existentially.
    ///
    /// # Errors
    /// [`IslError::Quota`] when it could not be decided within `quota` operations of isl.
    pub fn is_covered(&self, pieces: &[System], quota: u64) -> Result<bool, IslError> {
        self.with_set(quota, |whole| {
            let mut left = whole.coalesce()?;
            for piece in pieces {
                let set = Set::from_constraints(whole.context(), piece.columns, &piece.rows)?;
                let more = piece.columns.saturating_sub(self.columns);
                left = left.subtract(&set.project_out(self.columns, more)?)?;
                if left.is_empty()? {
                    return Ok(true);
                }
            }
            left.is_empty()
        })
    }

    /// Whether it is quickly seen that there is no integer point; isl is not asked.
    pub fn is_clearly_empty(&self) -> bool {
        decide(self.columns, &self.rows) == Answer::Empty
    }

    /// The lexicographically first integer point, or any when a column is unbounded below or the
    /// first one takes too long to find. Columns that no row mentions are 0.
    ///
    /// # Errors
    /// Those of isl, [`IslError::Quota`] among them.
    pub fn first_point(&self, quota: u64) -> Result<Option<Vec<i64>>, IslError> {
        let mut mentioned = vec![false; self.columns];
        for row in &self.rows {
            for (seen, value) in mentioned.iter_mut().zip(&row.coefficients) {
                *seen |= *value != 0;
            }
        }
        let mut system = self.clone();
        for column in (0..self.columns).filter(|column| mentioned.get(*column) == Some(&false)) {
            let mut row = ConstraintRow::zero(vec![0; self.columns], 0);
            if let Some(entry) = row.coefficients.get_mut(column) {
                *entry = 1;
            }
            system.rows.push(row);
        }
        let first = system.with_set(quota, |set| set.lexicographic_minimum_point());
        match first {
            // Any point is better than none, and cheaper.
            Err(IslError::Invalid(_) | IslError::Quota) => {
                system.with_set(quota, |set| set.sample_point())
            }
            other => other,
        }
    }

    fn with_set<T>(
        &self,
        quota: u64,
        question: impl FnOnce(&Set) -> Result<T, IslError>,
    ) -> Result<T, IslError> {
        CONTEXT.with(|context| {
            let context = context.as_ref().map_err(Clone::clone)?;
            context.with_quota(quota, || {
                question(&Set::from_constraints(context, self.columns, &self.rows)?)
            })
        })
    }
}

/// The equalities of a system in echelon form, to see which expressions are constant.
pub(crate) struct Echelon {
    /// Each with the column of its pivot; later rows do not mention earlier pivots.
    rows: Vec<(usize, Vec<i128>)>,
}

impl Echelon {
    /// `None` on overflow.
    pub fn new(system: &System) -> Option<Self> {
        let mut echelon = Self { rows: Vec::new() };
        for row in system.rows.iter().filter(|row| row.equality) {
            let reduced = echelon.reduce(row)?;
            let (_, coefficients) = reduced.split_last()?;
            if let Some(pivot) = coefficients.iter().position(|value| *value != 0) {
                echelon.rows.push((pivot, reduced));
            }
        }
        Some(echelon)
    }

    /// The value that the equalities give to `coefficients · x + constant` everywhere, if they do.
    pub fn constant(&self, row: &ConstraintRow) -> Option<i64> {
        // A last column of scale: the row is multiplied on the way.
        let reduced = self.reduce_scaled(row)?;
        let (scale, values) = reduced.split_last()?;
        let (constant, coefficients) = values.split_last()?;
        if coefficients.iter().any(|value| *value != 0) || constant % scale != 0 {
            return None;
        }
        i64::try_from(constant / scale).ok()
    }

    fn reduce(&self, row: &ConstraintRow) -> Option<Vec<i128>> {
        let mut reduced = self.reduce_scaled(row)?;
        reduced.pop();
        let divisor = reduced.iter().fold(0, |divisor, value| gcd(divisor, value.unsigned_abs()));
        if divisor > 1 {
            let divisor = i128::try_from(divisor).ok()?;
            for value in &mut reduced {
                *value /= divisor;
            }
        }
        Some(reduced)
    }

    fn reduce_scaled(&self, row: &ConstraintRow) -> Option<Vec<i128>> {
        let mut values: Vec<i128> = row
            .coefficients
            .iter()
            .chain([&row.constant])
            .map(|value| i128::from(*value))
            .collect();
        values.push(1);
        for (pivot, known) in &self.rows {
            let entry = *values.get(*pivot)?;
            if entry == 0 {
                continue;
            }
            let pivot_value = *known.get(*pivot)?;
            let divisor =
                i128::try_from(gcd(entry.unsigned_abs(), pivot_value.unsigned_abs())).ok()?;
            let (own, other) = (pivot_value / divisor, entry / divisor);
            for (index, value) in values.iter_mut().enumerate() {
                let subtracted = other.checked_mul(known.get(index).copied().unwrap_or(0))?;
                *value = value.checked_mul(own)?.checked_sub(subtracted)?;
            }
        }
        Some(values)
    }
}

fn gcd(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}
