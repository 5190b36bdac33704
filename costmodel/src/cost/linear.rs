//! Affine expressions over the loops around, and their ranges.

/// A sum of loops' variables, each by how many loops are around its own, and a constant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linear {
    pub terms: Vec<(usize, i64)>,
    pub constant: i64,
}

impl Linear {
    /// The value where the variables have these values.
    pub fn at(&self, values: &[i64]) -> i64 {
        self.terms.iter().fold(self.constant, |sum, (depth, factor)| {
            sum.saturating_add(factor.saturating_mul(values.get(*depth).copied().unwrap_or(0)))
        })
    }

    /// The least and the greatest value where each variable lies in its range.
    pub fn range(&self, ranges: &[(i64, i64)]) -> (i64, i64) {
        let mut sum = (self.constant, self.constant);
        for (depth, factor) in &self.terms {
            let (low, high) = ranges.get(*depth).copied().unwrap_or((0, 0));
            let (low, high) = if *factor < 0 { (high, low) } else { (low, high) };
            sum.0 = sum.0.saturating_add(factor.saturating_mul(low));
            sum.1 = sum.1.saturating_add(factor.saturating_mul(high));
        }
        sum
    }

    /// What it grows by with a loop's variable.
    pub fn coefficient(&self, depth: usize) -> i64 {
        self.terms.iter().find(|(known, _)| *known == depth).map_or(0, |(_, factor)| *factor)
    }
}

/// A loop's bound over the loops around it.
#[derive(Clone, Debug)]
pub enum Limit {
    Quotient(Linear, i64),
    Minimum(Vec<Limit>),
    Maximum(Vec<Limit>),
}

impl Limit {
    pub fn at(&self, up: bool, values: &[i64]) -> i64 {
        self.of(up, &|linear| linear.at(values))
    }

    /// Its least value, where the variables lie in ranges.
    pub fn least(&self, up: bool, ranges: &[(i64, i64)]) -> i64 {
        self.of(up, &|linear| linear.range(ranges).0)
    }

    /// Its greatest value.
    pub fn greatest(&self, up: bool, ranges: &[(i64, i64)]) -> i64 {
        self.of(up, &|linear| linear.range(ranges).1)
    }

    fn of(&self, up: bool, value: &dyn Fn(&Linear) -> i64) -> i64 {
        match self {
            Self::Quotient(linear, 1) => value(linear),
            Self::Quotient(linear, divisor) if up => {
                value(linear).saturating_neg().div_euclid(*divisor).saturating_neg()
            }
            Self::Quotient(linear, divisor) => value(linear).div_euclid(*divisor),
            Self::Minimum(parts) => parts.iter().map(|part| part.of(up, value)).min().unwrap_or(0),
            Self::Maximum(parts) => parts.iter().map(|part| part.of(up, value)).max().unwrap_or(0),
        }
    }

    /// How fast it changes with a loop's variable, at most.
    pub fn slope(&self, depth: usize) -> f64 {
        match self {
            Self::Quotient(linear, divisor) => {
                linear.coefficient(depth).unsigned_abs() as f64 / *divisor as f64
            }
            Self::Minimum(parts) | Self::Maximum(parts) => {
                parts.iter().map(|part| part.slope(depth)).fold(0.0, f64::max)
            }
        }
    }
}

/// A condition over the loops around.
#[derive(Clone, Debug)]
pub struct Condition {
    pub linear: Linear,
    pub equality: bool,
}

impl Condition {
    pub fn holds(&self, values: &[i64]) -> bool {
        let value = self.linear.at(values);
        if self.equality { value == 0 } else { value >= 0 }
    }
}

/// `left + factor * right`.
pub fn sum(left: &Linear, right: &Linear, factor: i64) -> Linear {
    let mut result = left.clone();
    result.constant = result.constant.saturating_add(factor.saturating_mul(right.constant));
    for (depth, coefficient) in &right.terms {
        let more = factor.saturating_mul(*coefficient);
        match result.terms.iter_mut().find(|(known, _)| known == depth) {
            Some((_, known)) => *known = known.saturating_add(more),
            None => result.terms.push((*depth, more)),
        }
    }
    result.terms.retain(|(_, coefficient)| *coefficient != 0);
    result.terms.sort_unstable();
    result
}
