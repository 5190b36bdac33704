//! Questions about the rational points of a conjunction of affine constraints, answered by
//! Fourier–Motzkin elimination with the integer tightening of constants.
//!
//! Answers are one-sided: "empty" and "bounded by" are proofs for the integer points; the lack of
//! one proves nothing. Numbers that outgrow 128 bits and systems that outgrow a limit give up.

use loopwright_ir::{Affine, Constraint, Variable};
use std::collections::BTreeMap;
use std::mem;

/// Rows beyond which elimination gives up.
const ROW_LIMIT: usize = 4000;

/// Stands for the expression whose bounds are asked for; no program has so many loops.
const TARGET: Variable = Variable::Loop(u32::MAX);

/// `terms + constant >= 0`, or `= 0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// Sorted by variable, without zeros.
    terms: Vec<(Variable, i128)>,
    constant: i128,
    equality: bool,
}

/// `factor * expression <= bound`, with a positive factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpperBound {
    pub factor: i64,
    pub bound: Affine,
}

/// Where some variables may be, whatever the others are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shadow {
    Nothing,
    Within(Vec<Constraint>),
}

/// A conjunction of constraints.
#[derive(Clone, Debug, Default)]
pub(crate) struct System {
    rows: Vec<Row>,
    /// A constraint without variables that does not hold was met.
    contradiction: bool,
}

impl System {
    pub fn new<'a>(constraints: impl IntoIterator<Item = &'a Constraint>) -> Self {
        let mut system = Self::default();
        for constraint in constraints {
            system.add(constraint);
        }
        system
    }

    pub fn add(&mut self, constraint: &Constraint) {
        self.push(Row {
            terms: constraint
                .affine
                .terms()
                .iter()
                .map(|&(variable, coefficient)| (variable, i128::from(coefficient)))
                .collect(),
            constant: i128::from(constraint.affine.constant_term()),
            equality: constraint.equality,
        });
    }

    /// Whether the constraints are proved to have no integer point.
    pub fn is_empty(&self) -> bool {
        let mut system = self.clone();
        while !system.contradiction {
            let Some(variable) = system.cheapest(|_| true) else {
                return false;
            };
            match system.eliminate(variable) {
                Some(next) => system = next,
                None => return false,
            }
        }
        true
    }

    /// Whether `affine >= 0` is proved for all integer points.
    pub fn implies_non_negative(&self, affine: &Affine) -> bool {
        let mut system = self.clone();
        system.add(&Constraint::less(affine, &Affine::constant(0)));
        system.is_empty()
    }

    /// Upper bounds of an expression in the variables that are kept; all of them hold at once.
    /// `None` when the elimination gave up.
    pub fn upper_bounds(
        &self,
        expression: &Affine,
        keep: impl Fn(Variable) -> bool,
    ) -> Option<Vec<UpperBound>> {
        let mut system = self.clone();
        let mut difference = expression.clone();
        difference.add_term(TARGET, -1);
        system.add(&Constraint::zero(difference));
        while let Some(variable) = system.cheapest(|variable| variable != TARGET && !keep(variable))
        {
            system = system.eliminate(variable)?;
        }
        let mut bounds = Vec::new();
        for row in &system.rows {
            let coefficient = row.coefficient(TARGET);
            let sign = match (coefficient.signum(), row.equality) {
                (-1, _) => 1,
                (1, true) => -1,
                _ => continue,
            };
            let terms = row
                .terms
                .iter()
                .filter(|(variable, _)| *variable != TARGET)
                .map(|(variable, value)| Some((*variable, i64::try_from(sign * value).ok()?)))
                .collect::<Option<Vec<_>>>()?;
            let bound = UpperBound {
                factor: i64::try_from(coefficient.checked_abs()?).ok()?,
                bound: Affine::from_terms(terms, i64::try_from(sign * row.constant).ok()?),
            };
            if !bounds.contains(&bound) {
                bounds.push(bound);
            }
        }
        Some(bounds)
    }

    /// What the constraints say of the variables that are kept: all of it holds wherever they have an integer
    /// point. `None` when the elimination gave up.
    pub fn shadow(&self, keep: impl Fn(Variable) -> bool) -> Option<Shadow> {
        let mut system = self.clone();
        while let Some(variable) = system.cheapest(|variable| !keep(variable)) {
            if system.contradiction {
                break;
            }
            system = system.eliminate(variable)?;
        }
        if system.contradiction {
            return Some(Shadow::Nothing);
        }
        let constraint = |row: &Row| {
            let terms = row.terms.iter();
            let terms = terms.map(|(name, value)| Some((*name, i64::try_from(*value).ok()?)));
            let constant = i64::try_from(row.constant).ok()?;
            let affine = Affine::from_terms(terms.collect::<Option<Vec<_>>>()?, constant);
            Some(Constraint { affine, equality: row.equality })
        };
        system.rows.iter().map(constraint).collect::<Option<_>>().map(Shadow::Within)
    }

    fn push(&mut self, mut row: Row) {
        row.terms.retain(|term| term.1 != 0);
        let divisor = row.terms.iter().fold(0, |sum: i128, term| gcd(sum, term.1));
        if divisor == 0 {
            let holds = if row.equality { row.constant == 0 } else { row.constant >= 0 };
            self.contradiction |= !holds;
            return;
        }
        if divisor > 1 {
            if row.equality && row.constant % divisor != 0 {
                self.contradiction = true;
                return;
            }
            for term in &mut row.terms {
                term.1 /= divisor;
            }
            row.constant = row.constant.div_euclid(divisor);
        }
        if !row.equality {
            // Only the tightest of several parallel constraints says anything.
            let parallel =
                self.rows.iter_mut().find(|other| !other.equality && other.terms == row.terms);
            if let Some(other) = parallel {
                other.constant = other.constant.min(row.constant);
                return;
            }
        }
        self.rows.push(row);
    }

    /// The wanted variable whose elimination makes the fewest rows.
    fn cheapest(&self, wanted: impl Fn(Variable) -> bool) -> Option<Variable> {
        let mut counts: BTreeMap<Variable, (usize, usize, bool)> = BTreeMap::new();
        for row in &self.rows {
            for (variable, coefficient) in &row.terms {
                let entry = counts.entry(*variable).or_default();
                if row.equality {
                    entry.2 = true;
                } else if *coefficient > 0 {
                    entry.0 += 1;
                } else {
                    entry.1 += 1;
                }
            }
        }
        counts
            .into_iter()
            .filter(|(variable, _)| wanted(*variable))
            .min_by_key(|(_, (lower, upper, equal))| if *equal { 0 } else { 1 + lower * upper })
            .map(|(variable, _)| variable)
    }

    fn eliminate(mut self, variable: Variable) -> Option<Self> {
        // Rows that do not mention the variable stay as they are; most do not.
        let all = mem::take(&mut self.rows);
        let (mut touched, kept): (Vec<Row>, Vec<Row>) =
            all.into_iter().partition(|row| row.coefficient(variable) != 0);
        self.rows = kept;
        let pivot = (touched.iter().enumerate())
            .filter(|(_, row)| row.equality)
            .min_by_key(|(_, row)| row.coefficient(variable).unsigned_abs())
            .map(|(position, _)| position);
        if let Some(position) = pivot {
            let pivot = touched.swap_remove(position);
            for row in touched.iter().filter(|row| **row != pivot) {
                self.push(combine(row, &pivot, variable)?);
            }
            return Some(self);
        }
        for lower in touched.iter().filter(|row| row.coefficient(variable) > 0) {
            for upper in touched.iter().filter(|row| row.coefficient(variable) < 0) {
                self.push(combine(lower, upper, variable)?);
                if self.rows.len() > ROW_LIMIT {
                    return None;
                }
            }
        }
        Some(self)
    }
}

impl Row {
    fn coefficient(&self, variable: Variable) -> i128 {
        match self.terms.binary_search_by_key(&variable, |term| term.0) {
            Ok(position) => self.terms.get(position).map_or(0, |term| term.1),
            Err(_) => 0,
        }
    }
}

/// A positive multiple of `row` plus a multiple of `other` in which `variable` is gone. `other` is an
/// equality, or an inequality in which the variable has the opposite sign.
fn combine(row: &Row, other: &Row, variable: Variable) -> Option<Row> {
    let left = row.coefficient(variable);
    let right = other.coefficient(variable);
    if left == 0 {
        return Some(row.clone());
    }
    let row_factor = right.checked_abs()?;
    let other_factor = if right > 0 { left.checked_neg()? } else { left };
    let mut terms: Vec<(Variable, i128)> = Vec::with_capacity(row.terms.len() + other.terms.len());
    for (factor, source) in [(row_factor, row), (other_factor, other)] {
        for (name, value) in &source.terms {
            terms.push((*name, value.checked_mul(factor)?));
        }
    }
    terms.sort_by_key(|term| term.0);
    let mut merged: Vec<(Variable, i128)> = Vec::with_capacity(terms.len());
    for (name, value) in terms {
        match merged.last_mut() {
            Some(last) if last.0 == name => last.1 = last.1.checked_add(value)?,
            _ => merged.push((name, value)),
        }
    }
    let terms = merged;
    let constant = row
        .constant
        .checked_mul(row_factor)?
        .checked_add(other.constant.checked_mul(other_factor)?)?;
    Some(Row { terms, constant, equality: row.equality && other.equality })
}

fn gcd(left: i128, right: i128) -> i128 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i(depth: u32) -> Affine {
        Affine::variable(Variable::Iterator(depth))
    }

    fn n() -> Affine {
        Affine::variable(Variable::Parameter(0))
    }

    fn triangle() -> System {
        System::new(&[
            Constraint::less_or_equal(&Affine::constant(0), &i(0)),
            Constraint::less(&i(0), &n()),
            Constraint::less_or_equal(&Affine::constant(0), &i(1)),
            Constraint::less_or_equal(&i(1), &i(0)),
        ])
    }

    #[test]
    fn the_inner_iterator_is_bounded_through_the_outer_one() {
        let bounds =
            triangle().upper_bounds(&i(1), |variable| matches!(variable, Variable::Parameter(_)));
        assert_eq!(bounds, Some(vec![UpperBound { factor: 1, bound: n().with_constant(-1) }]));
    }

    #[test]
    fn contradictions_are_found() {
        let mut system = triangle();
        assert!(!system.is_empty());
        assert!(system.implies_non_negative(&(&i(0) - &i(1))));
        assert!(!system.implies_non_negative(&(&i(1) - &i(0))));
        system.add(&Constraint::less(&n(), &Affine::constant(1)));
        assert!(system.is_empty());
    }

    #[test]
    fn an_even_number_is_never_odd() {
        let system = System::new(&[Constraint::equal(&(&i(0) * 2), &Affine::constant(5))]);
        assert!(system.is_empty());
    }
}
