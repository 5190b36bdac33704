//! Quasi-affine expressions: sums of variables and of quotients rounded down.
//!
//! They are kept in a canonical form, so that equal functions that occur in practice are equal
//! values: `⌊(e + d·k)/d⌋ = ⌊e/d⌋ + k`, `⌊g·e/(g·d)⌋ = ⌊e/d⌋`, `⌊⌊e/a⌋/b⌋ = ⌊e/(a·b)⌋`, and
//! `⌊-e/d⌋ = -⌊(e + d - 1)/d⌋` where `e` begins with a positive coefficient.
//! All arithmetic is checked; `None` means that a number is out of range.

use loopwright_ir::solve::LARGEST_COEFFICIENT;
pub use loopwright_ir::solve::{add_scaled, greatest_common_divisor, in_range};
use loopwright_ir::{Affine, Variable};

/// `⌊numerator / divisor⌋` with a divisor of at least 2.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Floor {
    pub numerator: Quasi,
    pub divisor: i64,
}

/// `affine + sum of coefficient * floor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quasi {
    pub affine: Affine,
    /// Sorted by the quotient, without repetition and zero coefficients.
    pub floors: Vec<(i64, Floor)>,
}

impl From<Affine> for Quasi {
    fn from(affine: Affine) -> Self {
        Self { affine, floors: Vec::new() }
    }
}

impl Quasi {
    /// The constant.
    pub fn constant(value: i64) -> Self {
        Affine::constant(value).into()
    }

    /// The expression when it has no quotient.
    pub fn as_affine(&self) -> Option<&Affine> {
        self.floors.is_empty().then_some(&self.affine)
    }

    /// `self + factor * other`.
    pub fn add_scaled(&self, factor: i64, other: &Quasi) -> Option<Quasi> {
        let mut result =
            Quasi { affine: add_scaled(&self.affine, factor, &other.affine)?, ..self.clone() };
        for (coefficient, floor) in &other.floors {
            let product = in_range(coefficient.checked_mul(factor)?)?;
            match result.floors.binary_search_by(|known| known.1.cmp(floor)) {
                Ok(at) => {
                    let known = result.floors.get_mut(at)?;
                    known.0 = in_range(known.0.checked_add(product)?)?;
                }
                Err(at) => result.floors.insert(at, (product, floor.clone())),
            }
        }
        result.floors.retain(|(coefficient, _)| *coefficient != 0);
        Some(result)
    }

    /// Every coefficient: of the variables, then of the quotients.
    pub fn coefficients(&self) -> impl Iterator<Item = i64> + '_ {
        let variables = self.affine.terms().iter().map(|term| term.1);
        variables.chain(self.floors.iter().map(|floor| floor.0))
    }

    /// The expression divided by a number that divides every coefficient; the constant rounds down.
    pub fn divided(&self, by: i64) -> Quasi {
        let terms = self.affine.terms().iter().map(|&(variable, value)| (variable, value / by));
        Quasi {
            affine: Affine::from_terms(terms, self.affine.constant_term().div_euclid(by)),
            floors: self.floors.iter().map(|(value, floor)| (value / by, floor.clone())).collect(),
        }
    }

    /// `⌊self / divisor⌋`.
    pub fn floor(&self, divisor: i64) -> Option<Quasi> {
        if !(1..=LARGEST_COEFFICIENT).contains(&divisor) {
            return None;
        }
        if divisor == 1 {
            return Some(self.clone());
        }
        // Whole multiples of the divisor come out.
        let split = |value: i64| {
            let rest = value.rem_euclid(divisor);
            // Half a divisor keeps the sign of the whole.
            let negative = 2 * rest > divisor || (2 * rest == divisor && value < 0);
            let rest = if negative { rest - divisor } else { rest };
            ((value - rest) / divisor, rest)
        };
        let constant = self.affine.constant_term();
        let mut outside = Quasi::constant(constant.div_euclid(divisor));
        let mut inside = Quasi::constant(constant.rem_euclid(divisor));
        for &(variable, value) in self.affine.terms() {
            let (whole, rest) = split(value);
            outside.affine.add_term(variable, whole);
            inside.affine.add_term(variable, rest);
        }
        for (value, floor) in &self.floors {
            let (whole, rest) = split(*value);
            for (factor, target) in [(whole, &mut outside), (rest, &mut inside)] {
                if factor != 0 {
                    target.floors.push((factor, floor.clone()));
                }
            }
        }
        let common = inside.coefficients().fold(0, greatest_common_divisor);
        if common == 0 {
            return Some(outside);
        }
        let common = greatest_common_divisor(common, divisor);
        let (inside, divisor) = (inside.divided(common), divisor / common);
        if divisor == 1 {
            return outside.add_scaled(1, &inside);
        }
        if inside.coefficients().next().is_some_and(|leading| leading < 0) {
            let negated = Quasi::constant(divisor - 1).add_scaled(-1, &inside)?;
            return outside.add_scaled(-1, &negated.floor(divisor)?);
        }
        if let ([(1, inner)], true) = (inside.floors.as_slice(), inside.affine.terms().is_empty()) {
            let constant = inside.affine.constant_term().checked_mul(inner.divisor)?;
            let numerator = inner.numerator.add_scaled(1, &Quasi::constant(constant))?;
            let combined = numerator.floor(inner.divisor.checked_mul(divisor)?)?;
            return outside.add_scaled(1, &combined);
        }
        let floor = Floor { numerator: inside, divisor };
        outside.add_scaled(1, &Quasi { affine: Affine::constant(0), floors: vec![(1, floor)] })
    }

    /// Every variable replaced by an expression; those without a replacement stay.
    pub fn substitute(&self, replacement: &dyn Fn(Variable) -> Option<Quasi>) -> Option<Quasi> {
        let mut result = Quasi::constant(self.affine.constant_term());
        for &(variable, coefficient) in self.affine.terms() {
            let value = replacement(variable).unwrap_or_else(|| Affine::variable(variable).into());
            result = result.add_scaled(coefficient, &value)?;
        }
        for (coefficient, floor) in &self.floors {
            let value = floor.numerator.substitute(replacement)?.floor(floor.divisor)?;
            result = result.add_scaled(*coefficient, &value)?;
        }
        Some(result)
    }

    /// Text in isl's notation.
    pub fn display_with(&self, name_of: &dyn Fn(Variable) -> String) -> String {
        let mut text = String::new();
        for (coefficient, floor) in &self.floors {
            let sign = match (text.is_empty(), *coefficient < 0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            let factor = match coefficient.unsigned_abs() {
                1 => String::new(),
                factor => format!("{factor}*"),
            };
            let numerator = floor.numerator.display_with(name_of);
            text.push_str(&format!("{sign}{factor}floor(({numerator})/{})", floor.divisor));
        }
        if text.is_empty() {
            return self.affine.display_with(name_of);
        }
        match self.affine.display_with(name_of) {
            affine if affine == "0" => text,
            affine => match affine.strip_prefix('-') {
                Some(positive) => format!("{text} - {positive}"),
                None => format!("{text} + {affine}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i() -> Quasi {
        Affine::variable(Variable::Iterator(0)).into()
    }

    fn text(quasi: &Quasi) -> String {
        quasi.display_with(&|variable| variable.to_string())
    }

    #[test]
    fn equal_functions_are_equal_values() {
        let tile = i().floor(32).unwrap();
        assert_eq!(text(&tile), "floor((i0)/32)");
        assert_eq!(tile.floor(2).unwrap(), i().floor(64).unwrap());
        // -32 - 32*floor((-1 - i)/32) is 32*floor(i/32).
        let negated = Quasi::constant(-1).add_scaled(-1, &i()).unwrap().floor(32).unwrap();
        let other = Quasi::constant(-32).add_scaled(-32, &negated).unwrap();
        assert_eq!(other, Quasi::default().add_scaled(32, &tile).unwrap());
        let shifted = i().add_scaled(1, &Quasi::constant(67)).unwrap().floor(32).unwrap();
        assert_eq!(text(&shifted), "floor((i0 + 3)/32) + 2");
        let doubled = Quasi::constant(1).add_scaled(2, &i()).unwrap();
        assert_eq!(doubled.floor(4).unwrap(), i().floor(2).unwrap());
        assert_eq!(doubled.floor(2).unwrap(), i());
    }

    #[test]
    fn floors_agree_with_numbers() {
        let value = |quasi: &Quasi, at: i64| {
            fn evaluate(quasi: &Quasi, at: i64) -> i64 {
                let floors = quasi.floors.iter().map(|(coefficient, floor)| {
                    coefficient * evaluate(&floor.numerator, at).div_euclid(floor.divisor)
                });
                quasi.affine.evaluate(|_| at).unwrap() + floors.sum::<i64>()
            }
            evaluate(quasi, at)
        };
        for (a, b, d) in [(1, 0, 2), (-1, 3, 4), (5, -7, 3), (31, 1, 32), (-6, 5, 9), (4, 2, 6)] {
            let inner = Quasi::constant(b).add_scaled(a, &i()).unwrap();
            let quotient = inner.floor(d).unwrap();
            for at in -40..40 {
                assert_eq!(value(&quotient, at), (a * at + b).div_euclid(d), "({a}*{at}+{b})/{d}");
            }
        }
    }
}
