//! The loop variables around a leaf as functions of its statement's iterators.
//!
//! A leaf says which iterators a point of the loops stands for. Here that is turned around: a
//! variable that the equalities determine is affine in the iterators; one for which there is a pair
//! `e - d*t >= 0`, `d*t - e + s >= 0` with `0 <= s < d` can only be `⌊e/d⌋`.

use super::quasi::{Quasi, add_scaled};
use loopwright_ir::solve::solve;
use loopwright_ir::{Affine, Leaf, LoopId, Variable};
use std::collections::HashMap;

/// The values of the loops of `path`, in that order; the first loop without one is the error.
pub fn loop_values(path: &[LoopId], leaf: &Leaf) -> Result<Vec<Quasi>, LoopId> {
    let outermost = path.first().copied().unwrap_or(LoopId(0));
    let mut equations = Vec::new();
    for (depth, value) in leaf.iterators.iter().enumerate() {
        let iterator = u32::try_from(depth).map_err(|_| outermost)?;
        equations.push(value - &Affine::variable(Variable::Iterator(iterator)));
    }
    let equalities = leaf.constraints.iter().filter(|constraint| constraint.equality);
    equations.extend(equalities.map(|constraint| constraint.affine.clone()));
    let unknowns: Vec<Variable> = path.iter().map(|id| id.variable()).collect();
    let solution = solve(equations, &unknowns).ok_or(outermost)?;
    let mut rows = Vec::new();
    for constraint in &leaf.constraints {
        let row = solution.apply(&constraint.affine).ok_or(outermost)?;
        rows.extend(constraint.equality.then(|| -&row));
        rows.push(row);
    }
    let mut known: HashMap<Variable, Quasi> = HashMap::new();
    loop {
        let open = unknowns
            .iter()
            .copied()
            .filter(|one| solution.value(*one).is_none() && !known.contains_key(one));
        let found = open.into_iter().find_map(|unknown| {
            quotient(unknown, &rows, &unknowns, &known).map(|value| (unknown, value))
        });
        match found {
            Some((unknown, value)) => known.insert(unknown, value),
            None => break,
        };
    }
    path.iter()
        .map(|id| {
            let variable = id.variable();
            let value = match solution.value(variable) {
                Some(value) => Quasi::from(value.clone())
                    .substitute(&|one| known.get(&one).cloned())
                    .ok_or(*id)?,
                None => known.get(&variable).cloned().ok_or(*id)?,
            };
            let open = mentions_loop(&value);
            if open { Err(*id) } else { Ok(value) }
        })
        .collect()
}

fn mentions_loop(quasi: &Quasi) -> bool {
    quasi.affine.variables().any(|variable| matches!(variable, Variable::Loop(_)))
        || quasi.floors.iter().any(|(_, floor)| mentions_loop(&floor.numerator))
}

/// `⌊e/d⌋`, if two rows leave nothing else for the unknown and `e` is known.
fn quotient(
    unknown: Variable,
    rows: &[Affine],
    unknowns: &[Variable],
    known: &HashMap<Variable, Quasi>,
) -> Option<Quasi> {
    for upper in rows {
        let divisor = upper.coefficient(unknown).checked_neg()?;
        let numerator = add_scaled(upper, divisor, &Affine::variable(unknown))?;
        let determined = numerator
            .variables()
            .all(|variable| !unknowns.contains(&variable) || known.contains_key(&variable));
        if divisor < 1 || !determined {
            continue;
        }
        let pair = rows.iter().filter(|lower| lower.coefficient(unknown) == divisor).any(|lower| {
            let slack = add_scaled(upper, 1, lower).and_then(|sum| sum.as_constant());
            slack.is_some_and(|slack| (0..divisor).contains(&slack))
        });
        if pair {
            let numerator = Quasi::from(numerator).substitute(&|one| known.get(&one).cloned())?;
            return numerator.floor(divisor);
        }
    }
    None
}
