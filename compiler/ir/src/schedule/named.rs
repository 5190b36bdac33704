//! What steps consist of beside names and numbers.

use std::fmt;

/// An affine expression over names of loops and parameters, as a step writes it.
///
/// Terms are sorted by name, without repetition and zero coefficients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NamedAffine {
    terms: Vec<(String, i64)>,
    constant: i64,
}

impl NamedAffine {
    /// The constant expression.
    pub fn constant(value: i64) -> Self {
        Self { terms: Vec::new(), constant: value }
    }

    /// From terms in any order, repeated names added up; `None` on overflow.
    pub fn from_terms(
        terms: impl IntoIterator<Item = (String, i64)>,
        constant: i64,
    ) -> Option<Self> {
        let mut result = Self::constant(constant);
        for (name, coefficient) in terms {
            match result.terms.binary_search_by(|known| known.0.cmp(&name)) {
                Ok(at) => {
                    let known = result.terms.get_mut(at)?;
                    known.1 = known.1.checked_add(coefficient)?;
                }
                Err(at) => result.terms.insert(at, (name, coefficient)),
            }
        }
        result.terms.retain(|(_, coefficient)| *coefficient != 0);
        Some(result)
    }

    /// Names with their coefficients, sorted by name.
    pub fn terms(&self) -> &[(String, i64)] {
        &self.terms
    }

    /// The constant term.
    pub fn constant_term(&self) -> i64 {
        self.constant
    }
}

impl fmt::Display for NamedAffine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (name, coefficient) in &self.terms {
            let sign = match (first, *coefficient < 0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            match coefficient.unsigned_abs() {
                1 => write!(formatter, "{sign}{name}")?,
                size => write!(formatter, "{sign}{size}*{name}")?,
            }
            first = false;
        }
        match (first, self.constant) {
            (true, constant) => write!(formatter, "{constant}"),
            (false, 0) => Ok(()),
            (false, constant) if constant < 0 => {
                write!(formatter, " - {}", constant.unsigned_abs())
            }
            (false, constant) => write!(formatter, " + {constant}"),
        }
    }
}

/// The place of a statement's instances in an order that is given outright: vectors that are compared one entry
/// after the other, over the names of the loops around the statement and of parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AffineOrder {
    /// The statement, or the piece of one.
    pub statement: String,
    pub rows: Vec<NamedAffine>,
}

impl fmt::Display for AffineOrder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<String> = self.rows.iter().map(ToString::to_string).collect();
        write!(formatter, "{}: [{}]", self.statement, rows.join(", "))
    }
}

/// By how much loops are skewed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SkewFactors {
    /// One for each target.
    Given(Vec<i64>),
    /// The smallest non-negative ones with which source and targets can be tiled.
    Tilable,
    /// Of two loops the outer one moves by the least multiple of the inner one with which the
    /// inner one becomes parallel.
    InnerParallel,
    /// Of two loops the outer one moves by the multiple of the inner one with which the outer one
    /// becomes parallel.
    OuterParallel,
}

/// The name of the storage that stands for an array that was expanded, the `number`-th of its storages, from 1.
pub fn expanded_name(array: &str, number: usize) -> String {
    if number == 1 { format!("{array}_expanded") } else { format!("{array}_expanded{number}") }
}

/// The name of the storage of an array's partial sums.
pub fn partial_name(array: &str) -> String {
    format!("{array}_partial")
}

/// The name of the storage of what is kept of an array, the `number`-th of its storages, from 1.
pub fn kept_name(array: &str, number: usize) -> String {
    if number == 1 { format!("{array}_kept") } else { format!("{array}_kept{number}") }
}
