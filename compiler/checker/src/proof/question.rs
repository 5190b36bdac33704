//! Questions to the integer set library, each with a quota, all together with a deadline.

use super::{elimination, simple};
use crate::{Doubt, Limits};
use loopwright_isl::{ConstraintRow, Context, IslError, Set};
use std::time::Instant;

/// A part of a question that is a union of conjunctions, all of which imply `always`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// What holds in every case.
    pub always: Vec<ConstraintRow>,
    /// What holds besides in each case; empty when there is only one.
    pub cases: Vec<Vec<ConstraintRow>>,
}

/// Asks questions within limits.
pub(crate) struct Questions {
    context: Context,
    operations: u64,
    deadline: Option<Instant>,
    /// What is known of the parameters.
    assumptions: Vec<ConstraintRow>,
    pub asked: usize,
}

impl Questions {
    pub fn new(limits: &Limits, assumptions: Vec<ConstraintRow>) -> Result<Self, Doubt> {
        Ok(Self {
            context: Context::new().map_err(doubt)?,
            operations: limits.operations.max(1),
            deadline: Instant::now().checked_add(limits.time),
            assumptions,
            asked: 0,
        })
    }

    fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() > deadline)
    }

    fn in_time(&self) -> Result<(), Doubt> {
        if self.is_over() { Err(Doubt::Time) } else { Ok(()) }
    }

    /// A point that satisfies all parts and rows, or `None` when there is none.
    pub fn point(
        &mut self,
        width: usize,
        parts: &[&Part],
        rows: &[ConstraintRow],
    ) -> Result<Option<Vec<i64>>, Doubt> {
        let mut all = rows.to_vec();
        all.extend(parts.iter().flat_map(|part| part.always.iter().cloned()));
        if parts.iter().all(|part| part.cases.is_empty()) {
            return self.conjunction(width, &all);
        }
        // A point of what all cases share says nothing yet, so it is not looked for.
        if self.is_surely_empty(width, &all)? {
            Ok(None)
        } else {
            self.cases(width, parts, &mut all)
        }
    }

    /// Goes through the combinations of cases.
    fn cases(
        &mut self,
        width: usize,
        parts: &[&Part],
        rows: &mut Vec<ConstraintRow>,
    ) -> Result<Option<Vec<i64>>, Doubt> {
        let Some((part, rest)) = parts.split_first() else {
            return self.conjunction(width, rows);
        };
        if part.cases.is_empty() {
            return self.cases(width, rest, rows);
        }
        for case in &part.cases {
            let before = rows.len();
            rows.extend(case.iter().cloned());
            let found = self.cases(width, rest, rows)?;
            rows.truncate(before);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn conjunction(
        &mut self,
        width: usize,
        rows: &[ConstraintRow],
    ) -> Result<Option<Vec<i64>>, Doubt> {
        if self.is_surely_empty(width, rows)? {
            return Ok(None);
        }
        let rows = self.padded(width, rows);
        let Self { context, operations, .. } = self;
        let ask = || {
            let set = Set::from_constraints(context, width, &rows)?;
            if set.is_empty()? { Ok(None) } else { set.sample_point() }
        };
        context.with_quota(*operations, ask).map_err(doubt)
    }

    /// Whether our own tests show that there is no point.
    fn is_surely_empty(&mut self, width: usize, rows: &[ConstraintRow]) -> Result<bool, Doubt> {
        self.in_time()?;
        self.asked += 1;
        let rows = self.padded(width, rows);
        Ok(simple::is_empty(width, &rows) || elimination::is_empty(width, &rows, || self.is_over()))
    }

    fn padded(&self, width: usize, rows: &[ConstraintRow]) -> Vec<ConstraintRow> {
        let mut rows: Vec<_> = rows.iter().chain(&self.assumptions).cloned().collect();
        rows.iter_mut().for_each(|row| row.coefficients.resize(width, 0));
        rows
    }

    /// As [`uncovered`](Self::uncovered), but asked only where our own tests do not show that `whole` is empty.
    pub fn escapes(
        &mut self,
        width: usize,
        whole: &[ConstraintRow],
        pieces: &[(usize, Vec<ConstraintRow>)],
    ) -> Result<Option<Vec<i64>>, Doubt> {
        if self.is_surely_empty(width, whole)? {
            return Ok(None);
        }
        self.uncovered(width, whole, pieces)
    }

    /// A point of the conjunction `whole` that is in none of the `pieces`, or `None` when they cover
    /// it. A piece has more columns than `width`, which are quantified existentially.
    pub fn uncovered(
        &mut self,
        width: usize,
        whole: &[ConstraintRow],
        pieces: &[(usize, Vec<ConstraintRow>)],
    ) -> Result<Option<Vec<i64>>, Doubt> {
        self.in_time()?;
        self.asked += 1;
        let whole = self.padded(width, whole);
        let pieces: Vec<_> = pieces
            .iter()
            .map(|(columns, rows)| (*columns, self.padded((*columns).max(width), rows)))
            .collect();
        let Self { context, operations, .. } = self;
        let ask = || {
            let whole = Set::from_constraints(context, width, &whole)?;
            let mut left = whole;
            for (columns, rows) in &pieces {
                let columns = (*columns).max(width);
                let piece = Set::from_constraints(context, columns, rows)?;
                let piece = piece.project_out(width, columns - width)?;
                left = left.subtract(&piece)?;
                if left.is_empty()? {
                    return Ok(None);
                }
            }
            left.sample_point()
        };
        context.with_quota(*operations, ask).map_err(doubt)
    }
}

fn doubt(error: IslError) -> Doubt {
    match error {
        IslError::Quota => Doubt::Operations,
        other => Doubt::Library(other.to_string()),
    }
}
