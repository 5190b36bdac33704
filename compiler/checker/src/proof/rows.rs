//! Affine expressions over numbered columns, with every sum checked.
//!
//! The columns of a *scope* are the program's parameters, then the variables of the loops around (or
//! a statement's iterators), outermost first. A question about two scopes has the parameters once.

use crate::Doubt;
use loopwright_ir::{Affine, Constraint, Variable};
use loopwright_isl::ConstraintRow;

/// `coefficients · columns + constant`; missing coefficients are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub coefficients: Vec<i64>,
    pub constant: i64,
}

/// Which column a variable has; `None` when it is not in scope.
pub(crate) struct Columns<'a> {
    pub column_of: &'a dyn Fn(Variable) -> Option<usize>,
}

impl Columns<'_> {
    /// The expression; the outer `None` when a variable is not in scope.
    pub fn form(&self, affine: &Affine) -> Option<Form> {
        let mut form = Form { coefficients: Vec::new(), constant: affine.constant_term() };
        for &(variable, coefficient) in affine.terms() {
            let column = (self.column_of)(variable)?;
            if form.coefficients.len() <= column {
                form.coefficients.resize(column + 1, 0);
            }
            if let Some(entry) = form.coefficients.get_mut(column) {
                *entry = coefficient;
            }
        }
        Some(form)
    }

    /// The constraint as one row.
    pub fn row(&self, constraint: &Constraint) -> Option<ConstraintRow> {
        let form = self.form(&constraint.affine)?;
        Some(if constraint.equality { form.zero() } else { form.non_negative() })
    }
}

impl Form {
    pub fn constant(constant: i64) -> Self {
        Self { coefficients: Vec::new(), constant }
    }

    pub fn column(column: usize) -> Self {
        let mut coefficients = vec![0; column];
        coefficients.push(1);
        Self { coefficients, constant: 0 }
    }

    pub fn coefficient(&self, column: usize) -> i64 {
        self.coefficients.get(column).copied().unwrap_or(0)
    }

    /// `self + factor * other`.
    pub fn plus(&self, factor: i64, other: &Form) -> Result<Form, Doubt> {
        let width = self.coefficients.len().max(other.coefficients.len());
        let sum = |left: i64, right: i64| {
            factor.checked_mul(right).and_then(|product| left.checked_add(product))
        };
        let coefficients: Option<Vec<i64>> = (0..width)
            .map(|column| sum(self.coefficient(column), other.coefficient(column)))
            .collect();
        match (coefficients, sum(self.constant, other.constant)) {
            (Some(coefficients), Some(constant)) => Ok(Form { coefficients, constant }),
            _ => Err(Doubt::Numbers),
        }
    }

    pub fn plus_constant(&self, constant: i64) -> Result<Form, Doubt> {
        self.plus(1, &Form::constant(constant))
    }

    /// The expression with columns from `parameters` on moved by `offset`.
    pub fn moved(&self, parameters: usize, offset: usize) -> Form {
        let coefficients = moved(&self.coefficients, parameters, offset);
        Form { coefficients, constant: self.constant }
    }

    /// The expression with the columns from `parameters` on replaced by expressions.
    pub fn composed(&self, parameters: usize, inner: &[Form]) -> Result<Form, Doubt> {
        let kept = self.coefficients.iter().take(parameters).copied().collect();
        let mut result = Form { coefficients: kept, constant: self.constant };
        for (coefficient, form) in self.coefficients.iter().skip(parameters).zip(inner) {
            if *coefficient != 0 {
                result = result.plus(*coefficient, form)?;
            }
        }
        Ok(result)
    }

    /// `self >= 0`.
    pub fn non_negative(self) -> ConstraintRow {
        ConstraintRow::non_negative(self.coefficients, self.constant)
    }

    /// `self = 0`.
    pub fn zero(self) -> ConstraintRow {
        ConstraintRow::zero(self.coefficients, self.constant)
    }

    /// `self >= other`.
    pub fn at_least(&self, other: &Form) -> Result<ConstraintRow, Doubt> {
        Ok(self.plus(-1, other)?.non_negative())
    }

    /// `self > other`.
    pub fn above(&self, other: &Form) -> Result<ConstraintRow, Doubt> {
        Ok(self.plus(-1, other)?.plus_constant(-1)?.non_negative())
    }

    /// `self = other`.
    pub fn equals(&self, other: &Form) -> Result<ConstraintRow, Doubt> {
        Ok(self.plus(-1, other)?.zero())
    }

    /// The value at a point.
    pub fn value(&self, point: &[i64]) -> Option<i64> {
        let mut sum = self.constant;
        for (coefficient, value) in self.coefficients.iter().zip(point) {
            sum = sum.checked_add(coefficient.checked_mul(*value)?)?;
        }
        Some(sum)
    }
}

fn moved(coefficients: &[i64], parameters: usize, offset: usize) -> Vec<i64> {
    let mut result = coefficients.to_vec();
    if result.len() > parameters {
        result.splice(parameters..parameters, std::iter::repeat_n(0, offset));
    }
    result
}

/// A row with columns from `parameters` on moved by `offset`.
pub(crate) fn moved_row(row: &ConstraintRow, parameters: usize, offset: usize) -> ConstraintRow {
    let coefficients = moved(&row.coefficients, parameters, offset);
    ConstraintRow { coefficients, constant: row.constant, equality: row.equality }
}

/// The ways in which a row can fail to hold: one, or two for an equality.
pub(crate) fn negations(row: &ConstraintRow) -> Result<Vec<ConstraintRow>, Doubt> {
    let form = Form { coefficients: row.coefficients.clone(), constant: row.constant };
    let zero = Form::constant(0);
    let mut result = vec![zero.above(&form)?];
    if row.equality {
        result.push(form.above(&zero)?);
    }
    Ok(result)
}

/// A row of another scope with its columns from `parameters` on replaced by expressions.
pub(crate) fn composed_row(
    row: &ConstraintRow,
    parameters: usize,
    inner: &[Form],
) -> Result<ConstraintRow, Doubt> {
    let form = Form { coefficients: row.coefficients.clone(), constant: row.constant };
    let form = form.composed(parameters, inner)?;
    Ok(if row.equality { form.zero() } else { form.non_negative() })
}
