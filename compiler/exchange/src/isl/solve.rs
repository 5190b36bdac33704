//! Integer elimination: unknowns as affine functions of everything else.

use super::quasi::{add_scaled, substitute};
use loopwright_ir::{Affine, Variable};

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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(terms: &[(u32, i64)], result: u32) -> Affine {
        let terms = terms.iter().map(|&(depth, value)| (Variable::Iterator(depth), value));
        Affine::from_terms(terms.chain([(Variable::Loop(result), -1)]), 0)
    }

    #[test]
    fn unimodular_systems_are_inverted() {
        let unknowns = [Variable::Iterator(0), Variable::Iterator(1)];
        let equations = vec![row(&[(0, 2), (1, 3)], 0), row(&[(0, 3), (1, 4)], 1)];
        let solution = solve(equations, &unknowns).unwrap();
        let texts: Vec<_> =
            unknowns.iter().map(|one| solution.value(*one).unwrap().to_string()).collect();
        assert_eq!(texts, ["-4*t0 + 3*t1", "3*t0 - 2*t1"]);
    }

    #[test]
    fn what_is_not_determined_stays() {
        let unknowns = [Variable::Iterator(0), Variable::Iterator(1)];
        let solution = solve(vec![row(&[(0, 2)], 0)], &unknowns).unwrap();
        assert!(solution.values.is_empty());
        let solution = solve(vec![row(&[(0, 2), (1, 1)], 0)], &unknowns).unwrap();
        assert_eq!(solution.value(unknowns[0]), None);
        assert_eq!(solution.value(unknowns[1]).unwrap().to_string(), "-2*i0 + t0");
    }
}
