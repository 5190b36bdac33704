//! Integer elimination: unknowns as affine functions of everything else, in checked arithmetic.

use crate::{Affine, LoopId, Variable};

/// Coefficients stay below this, so that sums of a few products cannot overflow.
pub const LARGEST_COEFFICIENT: i64 = 1 << 40;

/// The number, if it is small enough for checked sums of products.
pub fn in_range(value: i64) -> Option<i64> {
    (-LARGEST_COEFFICIENT..=LARGEST_COEFFICIENT).contains(&value).then_some(value)
}

/// The greatest number that divides both, 0 only where both are 0.
pub fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or(i64::MAX)
}

/// `a + factor * b`; `None` when a number is out of range.
pub fn add_scaled(a: &Affine, factor: i64, b: &Affine) -> Option<Affine> {
    let product = b.constant_term().checked_mul(factor)?;
    let constant = in_range(a.constant_term().checked_add(product)?)?;
    let mut result = a.clone().with_constant(constant);
    for &(variable, coefficient) in b.terms() {
        let product = in_range(coefficient.checked_mul(factor)?)?;
        in_range(result.coefficient(variable).checked_add(product)?)?;
        result.add_term(variable, product);
    }
    Some(result)
}

/// Every variable replaced; those for which there is no replacement stay. `None` when a number is out of range.
pub fn substitute(
    affine: &Affine,
    replacement: impl Fn(Variable) -> Option<Affine>,
) -> Option<Affine> {
    let mut result = Affine::constant(affine.constant_term());
    for &(variable, coefficient) in affine.terms() {
        let value = replacement(variable).unwrap_or_else(|| Affine::variable(variable));
        result = add_scaled(&result, coefficient, &value)?;
    }
    Some(result)
}

/// What equations say of some unknowns.
#[derive(Clone, Debug, Default)]
pub struct Solution {
    /// Unknowns with their values, in which only unknowns occur that are not determined.
    pub values: Vec<(Variable, Affine)>,
}

impl Solution {
    /// The value of an unknown, if the equations determine it as far as the other unknowns.
    pub fn value(&self, unknown: Variable) -> Option<&Affine> {
        self.values.iter().find(|(known, _)| *known == unknown).map(|(_, value)| value)
    }

    /// An expression with the values in place; `None` when a number is out of range.
    pub fn apply(&self, affine: &Affine) -> Option<Affine> {
        substitute(affine, |variable| self.value(variable).cloned())
    }
}

/// Solves `equation = 0` for all equations, over integers: an unknown is determined where the
/// equations give it the coefficient 1. `None` when a number is out of range.
pub fn solve(mut equations: Vec<Affine>, unknowns: &[Variable]) -> Option<Solution> {
    let mut pivots: Vec<(Variable, Affine)> = Vec::new();
    for &unknown in unknowns {
        // Euclid's algorithm on the coefficients of this unknown, until one equation has it.
        loop {
            equations.retain(|equation| *equation != Affine::constant(0));
            equations.sort_by_key(|equation| match equation.coefficient(unknown).abs() {
                0 => i64::MAX,
                size => size,
            });
            let Some((first, rest)) = equations.split_first_mut() else { break };
            let size = first.coefficient(unknown);
            if size == 0 {
                break;
            }
            let mut changed = false;
            for other in rest {
                let quotient = other.coefficient(unknown).div_euclid(size);
                if quotient != 0 {
                    *other = add_scaled(other, -quotient, first)?;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        let Some(first) = equations.first() else { continue };
        let sign = first.coefficient(unknown);
        if sign.abs() != 1 {
            continue;
        }
        // unknown = -sign * (equation - sign * unknown)
        let equation = equations.remove(0);
        let rest = add_scaled(&equation, -sign, &Affine::variable(unknown))?;
        let value = add_scaled(&Affine::constant(0), -sign, &rest)?;
        let replace = |affine: &Affine| {
            substitute(affine, |variable| (variable == unknown).then(|| value.clone()))
        };
        equations = equations.iter().map(replace).collect::<Option<_>>()?;
        for (_, other) in &mut pivots {
            *other = replace(other)?;
        }
        pivots.push((unknown, value));
    }
    Some(Solution { values: pivots })
}

/// [`solve`], with what the equations leave open given the value of a new loop's variable, the first unknown first:
/// the second list has those loops and the positions of their unknowns. What `implied` says is used only where it is needed.
/// `None` when a number is out of range.
pub fn determine(
    equations: &[Affine],
    implied: &[Affine],
    unknowns: &[Variable],
    fresh: &mut dyn FnMut() -> LoopId,
) -> Option<(Solution, Vec<(LoopId, usize)>)> {
    let mut fixed = Solution::default();
    let mut further = Vec::new();
    loop {
        let open: Vec<Variable> =
            unknowns.iter().copied().filter(|one| fixed.value(*one).is_none()).collect();
        let fix = |equations: &[Affine]| {
            equations.iter().map(|equation| fixed.apply(equation)).collect::<Option<Vec<_>>>()
        };
        let undetermined =
            |solution: &Solution| open.iter().position(|one| solution.value(*one).is_none());
        let mut solution = solve(fix(equations)?, &open)?;
        if undetermined(&solution).is_some() && !implied.is_empty() {
            solution = solve([fix(implied)?, fix(equations)?].concat(), &open)?;
        }
        solution.values.extend(fixed.values.iter().cloned());
        let Some(first) = undetermined(&solution).and_then(|at| open.get(at)).copied() else {
            return Some((solution, further));
        };
        let id = fresh();
        fixed.values.push((first, Affine::variable(id.variable())));
        further.push((id, unknowns.iter().position(|one| *one == first)?));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(terms: &[(u32, i64)], result: u32) -> Affine {
        let terms = terms.iter().map(|&(depth, value)| (Variable::Iterator(depth), value));
        Affine::from_terms(terms.chain([(Variable::Loop(result), -1)]), 0)
    }

    const UNKNOWNS: [Variable; 2] = [Variable::Iterator(0), Variable::Iterator(1)];

    #[test]
    fn unimodular_systems_are_inverted() {
        let equations = vec![row(&[(0, 2), (1, 3)], 0), row(&[(0, 3), (1, 4)], 1)];
        let solution = solve(equations, &UNKNOWNS).unwrap();
        let texts: Vec<_> =
            UNKNOWNS.iter().map(|one| solution.value(*one).unwrap().to_string()).collect();
        assert_eq!(texts, ["-4*t0 + 3*t1", "3*t0 - 2*t1"]);
    }

    #[test]
    fn what_is_not_determined_stays() {
        let solution = solve(vec![row(&[(0, 2)], 0)], &UNKNOWNS).unwrap();
        assert!(solution.values.is_empty());
        let solution = solve(vec![row(&[(0, 2), (1, 1)], 0)], &UNKNOWNS).unwrap();
        assert_eq!(solution.value(UNKNOWNS[0]), None);
        assert_eq!(solution.value(UNKNOWNS[1]).unwrap().to_string(), "-2*i0 + t0");
    }

    #[test]
    fn what_is_left_open_gets_loops() {
        let mut next = 7;
        let mut fresh = || {
            next += 1;
            LoopId(next)
        };
        let (solution, further) =
            determine(&[row(&[(0, 2), (1, 1)], 0)], &[], &UNKNOWNS, &mut fresh).unwrap();
        assert_eq!(further, [(LoopId(8), 0)]);
        assert_eq!(solution.value(UNKNOWNS[1]).unwrap().to_string(), "t0 - 2*t8");
        // The implied equality is enough, so no variable is needed.
        let implied = [Affine::from_terms([(UNKNOWNS[0], 1)], -3)];
        let (solution, further) =
            determine(&[row(&[(0, 2), (1, 1)], 0)], &implied, &UNKNOWNS, &mut fresh).unwrap();
        assert!(further.is_empty());
        assert_eq!(solution.value(UNKNOWNS[1]).unwrap().to_string(), "t0 - 6");
    }

    #[test]
    fn overflow_is_said() {
        let huge = Affine::from_terms([(UNKNOWNS[0], LARGEST_COEFFICIENT)], 0);
        assert_eq!(add_scaled(&huge, 2, &huge), None);
        assert_eq!(add_scaled(&huge, i64::MAX, &huge), None);
    }
}
