//! Affine expressions in the form in which they are evaluated: parameters put in, variables by slot.

use super::InterpretError;
use loopwright_ir::{Affine, Bound, Constraint, Variable};

/// `constant + sum of coefficient * slots[slot]`.
#[derive(Clone, Debug)]
pub(crate) struct Flat {
    pub terms: Vec<(usize, i64)>,
    pub constant: i64,
}

/// Where variables stand in the slice of values, and what the parameters are.
pub(crate) struct Slots<'a> {
    pub parameters: &'a [i64],
    /// The position of a variable that is no parameter.
    pub slot_of: &'a dyn Fn(Variable) -> Option<usize>,
}

impl Slots<'_> {
    /// The expression with the parameters' values put in.
    pub fn flat(&self, affine: &Affine) -> Result<Flat, InterpretError> {
        let mut constant = affine.constant_term();
        let mut terms = Vec::new();
        for &(variable, coefficient) in affine.terms() {
            let unknown = || InterpretError::BadTree(format!("{variable} has no value here"));
            if let Variable::Parameter(position) = variable {
                let value = self.parameters.get(position as usize).ok_or_else(unknown)?;
                let product = coefficient.checked_mul(*value).ok_or(InterpretError::Overflow)?;
                constant = constant.checked_add(product).ok_or(InterpretError::Overflow)?;
            } else {
                terms.push(((self.slot_of)(variable).ok_or_else(unknown)?, coefficient));
            }
        }
        Ok(Flat { terms, constant })
    }

    pub fn flats(&self, affines: &[Affine]) -> Result<Vec<Flat>, InterpretError> {
        affines.iter().map(|affine| self.flat(affine)).collect()
    }

    pub fn test(&self, constraint: &Constraint) -> Result<Test, InterpretError> {
        Ok(Test { flat: self.flat(&constraint.affine)?, equality: constraint.equality })
    }

    pub fn limit(&self, bound: &Bound) -> Result<Limit, InterpretError> {
        let list = |bounds: &[Bound]| -> Result<Vec<Limit>, InterpretError> {
            if bounds.is_empty() {
                return Err(InterpretError::BadTree("a bound is an empty list".to_owned()));
            }
            bounds.iter().map(|bound| self.limit(bound)).collect()
        };
        Ok(match bound {
            Bound::Quotient { divisor, .. } if *divisor < 1 => {
                return Err(InterpretError::BadTree(format!("a bound is divided by {divisor}")));
            }
            Bound::Quotient { affine, divisor } => Limit::Quotient(self.flat(affine)?, *divisor),
            Bound::Minimum(bounds) => Limit::Minimum(list(bounds)?),
            Bound::Maximum(bounds) => Limit::Maximum(list(bounds)?),
        })
    }
}

impl Flat {
    pub fn value(&self, values: &[i64]) -> Result<i64, InterpretError> {
        let mut sum = self.constant;
        for &(slot, coefficient) in &self.terms {
            let value = values.get(slot).copied().unwrap_or(0);
            sum = coefficient
                .checked_mul(value)
                .and_then(|product| sum.checked_add(product))
                .ok_or(InterpretError::Overflow)?;
        }
        Ok(sum)
    }
}

/// A constraint.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub flat: Flat,
    pub equality: bool,
}

impl Test {
    pub fn holds(&self, values: &[i64]) -> Result<bool, InterpretError> {
        let value = self.flat.value(values)?;
        Ok(if self.equality { value == 0 } else { value >= 0 })
    }
}

/// A bound of a loop.
#[derive(Clone, Debug)]
pub(crate) enum Limit {
    Quotient(Flat, i64),
    Minimum(Vec<Limit>),
    Maximum(Vec<Limit>),
}

impl Limit {
    /// The bound's value, quotients rounded up if `up` is set and down otherwise.
    pub fn value(&self, up: bool, values: &[i64]) -> Result<i64, InterpretError> {
        match self {
            Self::Quotient(flat, 1) => flat.value(values),
            Self::Quotient(flat, divisor) => {
                let value = flat.value(values)?;
                Ok(if up { ceiling(value, *divisor) } else { value.div_euclid(*divisor) })
            }
            Self::Minimum(limits) => fold(limits, up, values, i64::min),
            Self::Maximum(limits) => fold(limits, up, values, i64::max),
        }
    }
}

/// `value / divisor` rounded up, for a positive divisor.
pub(crate) fn ceiling(value: i64, divisor: i64) -> i64 {
    let quotient = value.div_euclid(divisor);
    if value.rem_euclid(divisor) == 0 { quotient } else { quotient + 1 }
}

fn fold(
    limits: &[Limit],
    up: bool,
    values: &[i64],
    choose: fn(i64, i64) -> i64,
) -> Result<i64, InterpretError> {
    let mut result = None;
    for limit in limits {
        let value = limit.value(up, values)?;
        result = Some(result.map_or(value, |other| choose(other, value)));
    }
    result.ok_or_else(|| InterpretError::BadTree("a bound is an empty list".to_owned()))
}
