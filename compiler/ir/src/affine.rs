//! Affine expressions and constraints with integer coefficients.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

/// What an affine expression may mention.
///
/// A statement's domain and accesses speak of [`Iterator`](Variable::Iterator)s (by depth, the
/// outermost is 0) and parameters; a schedule tree and a loop tree speak of
/// [`Loop`](Variable::Loop) variables (by [`LoopId`](crate::LoopId)) and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Variable {
    Iterator(u32),
    Loop(u32),
    Parameter(u32),
}

/// `sum of coefficient * variable + constant`.
///
/// Terms are sorted by variable, without repetition and without zero coefficients, so equality of
/// values is equality of expressions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Affine {
    terms: Vec<(Variable, i64)>,
    constant: i64,
}

impl Affine {
    /// The constant expression.
    pub fn constant(value: i64) -> Self {
        Self { terms: Vec::new(), constant: value }
    }

    /// The expression that is just `variable`.
    pub fn variable(variable: Variable) -> Self {
        Self { terms: vec![(variable, 1)], constant: 0 }
    }

    /// From terms in any order, repeated variables added up.
    pub fn from_terms(terms: impl IntoIterator<Item = (Variable, i64)>, constant: i64) -> Self {
        let mut result = Self::constant(constant);
        for (variable, coefficient) in terms {
            result.add_term(variable, coefficient);
        }
        result
    }

    /// Adds `coefficient * variable` in place.
    pub fn add_term(&mut self, variable: Variable, coefficient: i64) {
        match self.terms.binary_search_by_key(&variable, |term| term.0) {
            Ok(position) => {
                self.terms[position].1 += coefficient;
                if self.terms[position].1 == 0 {
                    self.terms.remove(position);
                }
            }
            Err(position) if coefficient != 0 => {
                self.terms.insert(position, (variable, coefficient));
            }
            Err(_) => {}
        }
    }

    /// The nonzero terms, sorted by variable.
    pub fn terms(&self) -> &[(Variable, i64)] {
        &self.terms
    }

    /// The constant term.
    pub fn constant_term(&self) -> i64 {
        self.constant
    }

    /// The same expression with another constant term.
    pub fn with_constant(mut self, constant: i64) -> Self {
        self.constant = constant;
        self
    }

    /// The coefficient of `variable`, zero when it is absent.
    pub fn coefficient(&self, variable: Variable) -> i64 {
        self.terms
            .binary_search_by_key(&variable, |term| term.0)
            .map_or(0, |position| self.terms[position].1)
    }

    /// The variables with a nonzero coefficient.
    pub fn variables(&self) -> impl std::iter::Iterator<Item = Variable> + '_ {
        self.terms.iter().map(|term| term.0)
    }

    /// Whether `variable` occurs.
    pub fn mentions(&self, variable: Variable) -> bool {
        self.coefficient(variable) != 0
    }

    /// The value when no variable occurs.
    pub fn as_constant(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.constant)
    }

    /// The variable when the expression is just that variable.
    pub fn as_variable(&self) -> Option<Variable> {
        match self.terms.as_slice() {
            [(variable, 1)] if self.constant == 0 => Some(*variable),
            _ => None,
        }
    }

    /// Every variable replaced by an expression.
    pub fn substitute(&self, mut replacement: impl FnMut(Variable) -> Affine) -> Affine {
        let mut result = Affine::constant(self.constant);
        for &(variable, coefficient) in &self.terms {
            let value = replacement(variable);
            result.constant += coefficient * value.constant;
            for (inner, inner_coefficient) in value.terms {
                result.add_term(inner, coefficient * inner_coefficient);
            }
        }
        result
    }

    /// One variable replaced by an expression.
    pub fn substitute_one(&self, variable: Variable, value: &Affine) -> Affine {
        if !self.mentions(variable) {
            return self.clone();
        }
        self.substitute(
            |other| {
                if other == variable { value.clone() } else { Affine::variable(other) }
            },
        )
    }

    /// The value at a point, `None` on overflow of 64 bits.
    pub fn evaluate(&self, mut value_of: impl FnMut(Variable) -> i64) -> Option<i64> {
        let mut sum = self.constant;
        for &(variable, coefficient) in &self.terms {
            sum = sum.checked_add(coefficient.checked_mul(value_of(variable))?)?;
        }
        Some(sum)
    }

    /// Text with the given names, as `2*i - j + N + 1`; the zero expression is `0`.
    pub fn display_with(&self, name_of: &dyn Fn(Variable) -> String) -> String {
        let mut text = String::new();
        for &(variable, coefficient) in &self.terms {
            let name = name_of(variable);
            let magnitude = coefficient.unsigned_abs();
            let product = if magnitude == 1 { name } else { format!("{magnitude}*{name}") };
            push_signed(&mut text, coefficient < 0, &product);
        }
        if self.constant != 0 || text.is_empty() {
            push_signed(&mut text, self.constant < 0, &self.constant.unsigned_abs().to_string());
        }
        text
    }
}

fn push_signed(text: &mut String, negative: bool, magnitude: &str) {
    match (text.is_empty(), negative) {
        (true, false) => {}
        (true, true) => text.push('-'),
        (false, false) => text.push_str(" + "),
        (false, true) => text.push_str(" - "),
    }
    text.push_str(magnitude);
}

impl Add for &Affine {
    type Output = Affine;
    fn add(self, other: &Affine) -> Affine {
        let mut result = self.clone();
        result.constant += other.constant;
        for &(variable, coefficient) in &other.terms {
            result.add_term(variable, coefficient);
        }
        result
    }
}

impl Sub for &Affine {
    type Output = Affine;
    fn sub(self, other: &Affine) -> Affine {
        self + &(other * -1)
    }
}

impl Mul<i64> for &Affine {
    type Output = Affine;
    fn mul(self, factor: i64) -> Affine {
        if factor == 0 {
            return Affine::constant(0);
        }
        Affine {
            terms: self.terms.iter().map(|&(variable, value)| (variable, value * factor)).collect(),
            constant: self.constant * factor,
        }
    }
}

impl Neg for &Affine {
    type Output = Affine;
    fn neg(self) -> Affine {
        self * -1
    }
}

/// `affine >= 0`, or `affine = 0` when `equality` is set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Constraint {
    pub affine: Affine,
    pub equality: bool,
}

impl Constraint {
    /// `affine >= 0`.
    pub fn non_negative(affine: Affine) -> Self {
        Self { affine, equality: false }
    }

    /// `affine = 0`.
    pub fn zero(affine: Affine) -> Self {
        Self { affine, equality: true }
    }

    /// `left <= right`.
    pub fn less_or_equal(left: &Affine, right: &Affine) -> Self {
        Self::non_negative(right - left)
    }

    /// `left < right`, on integers.
    pub fn less(left: &Affine, right: &Affine) -> Self {
        let difference = right - left;
        let constant = difference.constant_term() - 1;
        Self::non_negative(difference.with_constant(constant))
    }

    /// `left = right`.
    pub fn equal(left: &Affine, right: &Affine) -> Self {
        Self::zero(right - left)
    }

    /// Every variable replaced by an expression.
    pub fn substitute(&self, replacement: impl FnMut(Variable) -> Affine) -> Self {
        Self { affine: self.affine.substitute(replacement), equality: self.equality }
    }

    /// Whether the constraint holds at a point; `None` on overflow.
    pub fn holds(&self, value_of: impl FnMut(Variable) -> i64) -> Option<bool> {
        let value = self.affine.evaluate(value_of)?;
        Some(if self.equality { value == 0 } else { value >= 0 })
    }

    /// Text with the given names, as `i - j >= 0`.
    pub fn display_with(&self, name_of: &dyn Fn(Variable) -> String) -> String {
        let mut left = Affine::constant(0);
        let mut right = Affine::constant(0);
        for &(variable, coefficient) in self.affine.terms() {
            if coefficient > 0 {
                left.add_term(variable, coefficient);
            } else {
                right.add_term(variable, -coefficient);
            }
        }
        let constant = self.affine.constant_term();
        let strict = !self.equality && constant < 0;
        if self.equality || constant >= 0 {
            left = if constant > 0 && !left.terms().is_empty() {
                right = right.with_constant(-constant);
                left
            } else {
                left.with_constant(constant)
            };
        }
        if self.equality && constant < 0 {
            left = left.with_constant(0);
            right = right.with_constant(-constant);
        }
        if strict {
            right = right.with_constant(-constant);
        }
        let operator = if self.equality { "=" } else { ">=" };
        format!("{} {operator} {}", left.display_with(name_of), right.display_with(name_of))
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iterator(depth) => write!(formatter, "i{depth}"),
            Self::Loop(id) => write!(formatter, "t{id}"),
            Self::Parameter(id) => write!(formatter, "p{id}"),
        }
    }
}

impl fmt::Display for Affine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.display_with(&|variable| variable.to_string()))
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.display_with(&|variable| variable.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i(depth: u32) -> Affine {
        Affine::variable(Variable::Iterator(depth))
    }

    #[test]
    fn terms_are_canonical() {
        let left = &(&i(0) + &i(1)) - &i(0);
        assert_eq!(left, i(1));
        assert_eq!((&i(1) - &i(1)).as_constant(), Some(0));
    }

    #[test]
    fn substitution_is_simultaneous() {
        let swapped = (&(&i(0) * 2) + &i(1)).substitute(|variable| match variable {
            Variable::Iterator(depth) => i(1 - depth),
            other => Affine::variable(other),
        });
        assert_eq!(swapped, &(&i(1) * 2) + &i(0));
    }

    #[test]
    fn constraints_print_with_positive_terms() {
        let constraint = Constraint::less(&i(0), &i(1));
        assert_eq!(constraint.to_string(), "i1 >= i0 + 1");
        let constraint = Constraint::equal(&i(0), &Affine::constant(3));
        assert_eq!(constraint.to_string(), "3 = i0");
    }

    #[test]
    fn evaluation_reports_overflow() {
        let huge = Affine::from_terms([(Variable::Iterator(0), i64::MAX)], 1);
        assert_eq!(huge.evaluate(|_| 2), None);
        assert_eq!(huge.evaluate(|_| 0), Some(1));
    }
}
