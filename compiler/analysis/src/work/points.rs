//! The integer points of a conjunction with known numbers, scanned loop by loop.

use crate::polyhedron::Polyhedron;
use crate::row::Row;
use loopwright_ir::{Constraint, Variable};

/// Is given the outer columns' values and the last column's range; `None` ends the walk.
pub(super) type Visit<'a> = dyn FnMut(&[i64], i64, i64) -> Option<()> + 'a;

/// A domain as nested loops. Bounds come from eliminating the inner columns, so that the innermost
/// loop is exact, and outer ones wherever coefficients are 1, as those of C's loops are.
pub(super) struct Points {
    /// For each column the rows whose last column it is.
    levels: Vec<Vec<Row>>,
    /// For each column whether a deeper one's bounds mention it.
    mentioned: Vec<bool>,
    empty: bool,
}

impl Points {
    /// The points over iterators in another order: `order[column]` is the depth of the iterator that
    /// becomes that column. `None` where something else than iterators occurs.
    pub fn of(domain: &[Constraint], order: &[usize]) -> Option<Self> {
        let columns = order.len();
        let mut rows = Vec::new();
        for constraint in domain {
            let mut row = Row {
                coefficients: vec![0; columns],
                constant: constraint.affine.constant_term(),
                equality: constraint.equality,
            };
            for &(variable, value) in constraint.affine.terms() {
                let Variable::Iterator(depth) = variable else { return None };
                let column = order.iter().position(|&at| u32::try_from(at) == Ok(depth))?;
                *row.coefficients.get_mut(column)? = value;
            }
            rows.push(row);
        }
        let mut rest = Polyhedron::new(columns, rows);
        let mut levels = Vec::new();
        let mut empty = false;
        for column in (0..columns).rev() {
            rest = rest.without_redundant_rows();
            empty |= rest.has_contradiction();
            let of_column = rest.rows().iter().filter(|row| row.coefficient(column) != 0);
            levels.push(of_column.cloned().collect::<Vec<_>>());
            rest = rest.eliminate(column);
        }
        empty |= rest.has_contradiction();
        levels.reverse();
        let mentioned = (0..columns)
            .map(|column| {
                let mut deeper = levels.iter().skip(column + 1).flatten();
                deeper.any(|row| row.coefficient(column) != 0)
            })
            .collect();
        Some(Self { levels, mentioned, empty })
    }

    /// How many points there are; `None` for infinitely many or more than the effort allows to find.
    pub fn count(&self, effort: &mut u64) -> Option<u64> {
        if self.empty {
            return Some(0);
        }
        self.count_from(0, &mut vec![0; self.levels.len()], effort)
    }

    fn count_from(&self, column: usize, point: &mut [i64], effort: &mut u64) -> Option<u64> {
        if column == self.levels.len() {
            return Some(1);
        }
        *effort = effort.checked_sub(1)?;
        let Some((lower, upper)) = self.bounds(column, point)? else { return Some(0) };
        if !self.mentioned.get(column).copied()? {
            // Every iteration holds the same number of points: one product in place of a sum.
            let trips = u64::try_from(upper.checked_sub(lower)?.checked_add(1)?).ok()?;
            return trips.checked_mul(self.count_from(column + 1, point, effort)?);
        }
        let mut total = 0_u64;
        for value in lower..=upper {
            *point.get_mut(column)? = value;
            total = total.checked_add(self.count_from(column + 1, point, effort)?)?;
        }
        Some(total)
    }

    /// Calls `visit` with the values of all columns but the last of `columns` and the last one's range,
    /// for every point of the shadow on the first `columns` columns, which are at least one.
    pub fn rows_of_shadow(
        &self,
        columns: usize,
        effort: &mut u64,
        visit: &mut Visit<'_>,
    ) -> Option<()> {
        if self.empty {
            return Some(());
        }
        self.walk(0, columns, &mut vec![0; self.levels.len()], effort, visit)
    }

    fn walk(
        &self,
        column: usize,
        columns: usize,
        point: &mut [i64],
        effort: &mut u64,
        visit: &mut Visit<'_>,
    ) -> Option<()> {
        let Some((lower, upper)) = self.bounds(column, point)? else { return Some(()) };
        let trips = u64::try_from(upper.checked_sub(lower)?.checked_add(1)?).ok()?;
        *effort = effort.checked_sub(trips)?;
        if column + 1 == columns {
            return visit(point.get(..column)?, lower, upper);
        }
        for value in lower..=upper {
            *point.get_mut(column)? = value;
            self.walk(column + 1, columns, point, effort, visit)?;
        }
        Some(())
    }

    /// The range of a column where the ones before it have the point's values: `None` where it is
    /// unbounded, `Some(None)` where it is empty.
    fn bounds(&self, column: usize, point: &[i64]) -> Option<Option<(i64, i64)>> {
        let (mut lower, mut upper) = (i64::MIN, i64::MAX);
        for row in self.levels.get(column)? {
            let mut rest = row.constant;
            for (value, coefficient) in point.iter().zip(&row.coefficients).take(column) {
                rest = rest.checked_add(value.checked_mul(*coefficient)?)?;
            }
            let own = row.coefficient(column);
            // own * x + rest >= 0
            let negated = rest.checked_neg()?;
            if row.equality && negated.checked_rem(own)? != 0 {
                return Some(None);
            }
            if own > 0 || row.equality {
                lower = lower.max(round_up(negated, own)?);
            }
            if own < 0 || row.equality {
                upper = upper.min(round_down(negated, own)?);
            }
        }
        if lower == i64::MIN || upper == i64::MAX {
            return None;
        }
        Some((lower <= upper).then_some((lower, upper)))
    }
}

fn round_down(dividend: i64, divisor: i64) -> Option<i64> {
    let quotient = dividend.checked_div(divisor)?;
    let inexact = dividend.checked_rem(divisor)? != 0;
    Some(quotient - i64::from(inexact && (dividend < 0) != (divisor < 0)))
}

fn round_up(dividend: i64, divisor: i64) -> Option<i64> {
    let quotient = dividend.checked_div(divisor)?;
    let inexact = dividend.checked_rem(divisor)? != 0;
    Some(quotient + i64::from(inexact && (dividend < 0) == (divisor < 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use loopwright_ir::Affine;

    fn at_least(terms: &[(u32, i64)], constant: i64) -> Constraint {
        let terms = terms.iter().map(|&(depth, value)| (Variable::Iterator(depth), value));
        Constraint::non_negative(Affine::from_terms(terms, constant))
    }

    /// 0 <= j <= i < 100, 0 <= k < 2 * j.
    fn wedge() -> Vec<Constraint> {
        vec![
            at_least(&[(1, 1)], 0),
            at_least(&[(0, 1), (1, -1)], 0),
            at_least(&[(0, -1)], 99),
            at_least(&[(2, 1)], 0),
            at_least(&[(1, 2), (2, -1)], -1),
        ]
    }

    #[test]
    fn a_wedge_is_counted_in_every_order_of_its_loops() {
        let expected: u64 = (0..100_u64).map(|i| (0..=i).map(|j| 2 * j).sum::<u64>()).sum();
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
            let points = Points::of(&wedge(), &order).expect("iterators only");
            assert_eq!(points.count(&mut 1_000_000), Some(expected), "{order:?}");
        }
    }

    #[test]
    fn a_box_takes_no_effort_and_what_is_unbounded_or_too_large_has_no_count() {
        let cube: Vec<Constraint> = (0..3)
            .flat_map(|depth| [at_least(&[(depth, 1)], 0), at_least(&[(depth, -1)], 999)])
            .collect();
        let points = Points::of(&cube, &[0, 1, 2]).expect("iterators only");
        assert_eq!(points.count(&mut 3), Some(1_000_000_000));
        let open = Points::of(&[at_least(&[(0, 1)], 0)], &[0]).expect("iterators only");
        assert_eq!(open.count(&mut 100), None);
        let points = Points::of(&wedge(), &[0, 1, 2]).expect("iterators only");
        assert_eq!(points.count(&mut 50), None);
    }

    #[test]
    fn equalities_and_steps_are_exact() {
        // i = 3 * j, 0 <= i <= 10
        let step = [
            Constraint::zero(Affine::from_terms(
                [(Variable::Iterator(0), 1), (Variable::Iterator(1), -3)],
                0,
            )),
            at_least(&[(0, 1)], 0),
            at_least(&[(0, -1)], 10),
        ];
        for order in [[0, 1], [1, 0]] {
            let points = Points::of(&step, &order).expect("iterators only");
            assert_eq!(points.count(&mut 100), Some(4), "{order:?}");
        }
        let nothing = [at_least(&[(0, 1)], -5), at_least(&[(0, -1)], 3)];
        assert_eq!(Points::of(&nothing, &[0]).and_then(|it| it.count(&mut 9)), Some(0));
        assert_eq!(Points::of(&[], &[]).and_then(|it| it.count(&mut 9)), Some(1));
    }
}
