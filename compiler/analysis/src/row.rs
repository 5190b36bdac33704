//! One constraint with its coefficients in columns: the arithmetic of the scanner.

/// `coefficients · x + constant >= 0`, or `= 0` when `equality` is set, over integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// One for each column.
    pub coefficients: Vec<i64>,
    pub constant: i64,
    pub equality: bool,
}

/// What is left of a row after it is put in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalized {
    /// Coefficients without a common factor, the constant as tight as integers allow.
    Row(Row),
    /// It always holds.
    True,
    /// No integer point satisfies it.
    False,
}

impl Row {
    /// The coefficient of a column; columns beyond the end are zero.
    pub fn coefficient(&self, column: usize) -> i64 {
        self.coefficients.get(column).copied().unwrap_or(0)
    }

    /// Whether every column from `first` on is zero.
    pub fn is_free_from(&self, first: usize) -> bool {
        self.coefficients.iter().skip(first).all(|&coefficient| coefficient == 0)
    }

    /// The number of columns that occur.
    pub fn term_count(&self) -> usize {
        self.coefficients.iter().filter(|&&coefficient| coefficient != 0).count()
    }

    /// Divides by the common factor of the coefficients. An inequality's constant rounds down,
    /// which cuts off no integer point; an equality whose constant does not divide has none. Of an
    /// equality's two forms the one whose first coefficient is positive is taken.
    pub fn normalize(mut self) -> Normalized {
        let divisor = self.coefficients.iter().fold(0, |divisor, &value| gcd(divisor, value));
        if divisor == 0 {
            let holds = if self.equality { self.constant == 0 } else { self.constant >= 0 };
            return if holds { Normalized::True } else { Normalized::False };
        }
        if self.equality && self.constant % divisor != 0 {
            return Normalized::False;
        }
        if divisor != 1 {
            self.coefficients.iter_mut().for_each(|coefficient| *coefficient /= divisor);
            self.constant = self.constant.div_euclid(divisor);
        }
        let leads_negative =
            self.coefficients.iter().find(|&&value| value != 0).is_some_and(|&value| value < 0);
        if self.equality && leads_negative {
            match self.scaled(-1) {
                Some(positive) => self = positive,
                None => return Normalized::Row(self),
            }
        }
        Normalized::Row(self)
    }

    /// Every number times `factor`; `None` on overflow.
    fn scaled(&self, factor: i64) -> Option<Row> {
        let coefficients: Option<Vec<_>> =
            self.coefficients.iter().map(|value| value.checked_mul(factor)).collect();
        Some(Row {
            coefficients: coefficients?,
            constant: self.constant.checked_mul(factor)?,
            equality: self.equality,
        })
    }

    /// The inequality that holds exactly where this one does not; `None` on overflow or for an
    /// equality, whose complement is not one inequality.
    pub fn negation(&self) -> Option<Row> {
        if self.equality {
            return None;
        }
        let mut row = self.scaled(-1)?;
        row.constant = row.constant.checked_sub(1)?;
        Some(row)
    }

    /// The two inequalities of an equality; an inequality alone.
    pub fn inequalities(&self) -> Vec<Row> {
        let first = Row { equality: false, ..self.clone() };
        if !self.equality {
            return vec![first];
        }
        match first.scaled(-1) {
            Some(second) => vec![first, second],
            None => vec![first],
        }
    }

    /// Whether the coefficients are the other's.
    pub fn same_direction(&self, other: &Row) -> bool {
        self.coefficients == other.coefficients
    }

    /// Whether the coefficients are the other's with opposite signs.
    pub fn opposite_direction(&self, other: &Row) -> bool {
        self.coefficients.len() == other.coefficients.len()
            && self
                .coefficients
                .iter()
                .zip(&other.coefficients)
                .all(|(&left, &right)| left.checked_neg() == Some(right))
    }

    /// `own_factor * self + other_factor * other`, divided by the common factor of all numbers,
    /// computed in 128 bits; `None` if the result does not fit in 64. An equality only if both are.
    pub fn combine(&self, own_factor: i64, other: &Row, other_factor: i64) -> Option<Row> {
        let add = |left: i64, right: i64| -> Option<i128> {
            i128::from(left)
                .checked_mul(i128::from(own_factor))?
                .checked_add(i128::from(right).checked_mul(i128::from(other_factor))?)
        };
        let mut small = Vec::with_capacity(self.coefficients.len());
        let constant = add(self.constant, other.constant)?;
        for (&left, &right) in self.coefficients.iter().zip(&other.coefficients) {
            match add(left, right).and_then(fit) {
                Some(value) => small.push(value),
                None => return self.combine_wide(&add, other, constant),
            }
        }
        let Some(constant) = fit(constant) else {
            return self.combine_wide(&add, other, constant);
        };
        Some(Row { coefficients: small, constant, equality: self.equality && other.equality })
    }

    /// The same where a number needs more than 64 bits before it is divided.
    fn combine_wide(
        &self,
        add: &dyn Fn(i64, i64) -> Option<i128>,
        other: &Row,
        constant: i128,
    ) -> Option<Row> {
        let wide: Option<Vec<i128>> = self
            .coefficients
            .iter()
            .zip(&other.coefficients)
            .map(|(&left, &right)| add(left, right))
            .collect();
        let wide = wide?;
        let divisor = wide.iter().fold(constant, |divisor, &value| wide_gcd(divisor, value));
        if divisor == 0 {
            return None;
        }
        let coefficients: Option<Vec<_>> = wide.iter().map(|value| fit(value / divisor)).collect();
        Some(Row {
            coefficients: coefficients?,
            constant: fit(constant / divisor)?,
            equality: self.equality && other.equality,
        })
    }

    /// The sum of the two inequalities, as it is; `None` on overflow.
    pub fn combine_plainly(&self, other: &Row) -> Option<Row> {
        let pairs = self.coefficients.iter().zip(&other.coefficients);
        let coefficients: Option<Vec<_>> =
            pairs.map(|(left, right)| left.checked_add(*right)).collect();
        Some(Row {
            coefficients: coefficients?,
            constant: self.constant.checked_add(other.constant)?,
            equality: false,
        })
    }

    /// `column` replaced by what `definition`, an equality in which it has the coefficient 1 or −1,
    /// says it is; `None` on overflow.
    pub fn substitute(&self, column: usize, definition: &Row) -> Option<Row> {
        let coefficient = self.coefficient(column);
        if coefficient == 0 {
            return Some(self.clone());
        }
        let factor = coefficient.checked_mul(-definition.coefficient(column))?;
        let mut row = self.combine(1, definition, factor)?;
        row.equality = self.equality;
        Some(row)
    }
}

/// A number whose negation fits in 64 bits as well.
fn fit(value: i128) -> Option<i64> {
    i64::try_from(value).ok().filter(|&value| value != i64::MIN)
}

fn gcd(left: i64, right: i64) -> i64 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    // Only the common factor of i64::MIN with itself or 0 does not fit; 1 divides it as well.
    i64::try_from(left).unwrap_or(1)
}

fn wide_gcd(left: i128, right: i128) -> i128 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(coefficients: &[i64], constant: i64, equality: bool) -> Row {
        Row { coefficients: coefficients.to_vec(), constant, equality }
    }

    #[test]
    fn inequalities_tighten_to_integers() {
        // 32 t + 31 >= 0 has the integer points of t >= 0.
        assert_eq!(row(&[32, 0], 31, false).normalize(), Normalized::Row(row(&[1, 0], 0, false)));
        assert_eq!(row(&[2, 4], 1, true).normalize(), Normalized::False);
        assert_eq!(row(&[0, 0], -1, false).normalize(), Normalized::False);
        assert_eq!(row(&[0, 0], 0, true).normalize(), Normalized::True);
        assert_eq!(row(&[-2, 4], 2, true).normalize(), Normalized::Row(row(&[1, -2], -1, true)));
    }

    #[test]
    fn combinations_that_do_not_fit_are_refused() {
        let large = row(&[i64::MAX, 1], 0, false);
        assert_eq!(large.combine(i64::MAX, &row(&[0, 1], 0, false), 1), None);
        // 128 bits in between, 64 after the division by the common factor.
        let sum = row(&[i64::MAX, 0], 0, false).combine(4, &row(&[i64::MAX, 0], 0, false), 4);
        assert_eq!(sum.map(|row| row.coefficients), Some(vec![1, 0]));
    }

    #[test]
    fn substitution_uses_an_equality() {
        // x = 2 y + 1 in 3 x - y + 4 >= 0.
        let definition = row(&[1, -2], -1, true);
        let result = row(&[3, -1], 4, false).substitute(0, &definition);
        assert_eq!(result, Some(row(&[0, 5], 7, false)));
    }
}
