//! A statement's iterators from the loops that bands made around it.

use super::quasi::{Floor, Quasi, add_scaled};
use crate::FormatError;
use loopwright_ir::solve::determine;
use loopwright_ir::{Affine, Constraint, LoopId, Program, StatementId, Variable};

/// A loop and the value that its variable has for a statement, over the statement's iterators.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: LoopId,
    pub value: Quasi,
}

/// What a leaf says, with the iterators that no loop determines.
#[derive(Clone, Debug)]
pub struct Placed {
    pub iterators: Vec<Affine>,
    pub constraints: Vec<Constraint>,
    /// Further loops around the leaf, outermost first, each for the iterator at a depth.
    pub further: Vec<(LoopId, usize)>,
}

/// The equations `value = loop variable`, with quotients replaced by the loops that have their values.
struct Equations {
    /// Each is zero, over iterators, loop variables and parameters.
    zero: Vec<Affine>,
    /// `d*q <= e <= d*q + d - 1` for each quotient `q`.
    blocks: Vec<Constraint>,
}

/// Solves the members for the iterators. `conditions` are over the iterators, `fresh` makes loops.
pub fn place(
    program: &Program,
    id: StatementId,
    members: &[Member],
    conditions: &[Constraint],
    fresh: &mut dyn FnMut() -> LoopId,
) -> Result<Placed, FormatError> {
    let statement = program.statement(id);
    let what = || format!("the order of {}", statement.name);
    let beyond = || FormatError::not_expressible(what(), "a coefficient is out of range");
    let equations =
        equations(members).map_err(|reason| FormatError::not_expressible(what(), reason))?;
    let unknowns: Vec<Variable> = (0..statement.iterators.len())
        .filter_map(|depth| u32::try_from(depth).ok())
        .map(Variable::Iterator)
        .collect();
    let implied: Vec<Affine> = statement
        .domain
        .iter()
        .filter(|constraint| constraint.equality)
        .map(|constraint| constraint.affine.clone())
        .collect();
    let (solution, further) =
        determine(&equations.zero, &implied, &unknowns, fresh).ok_or_else(beyond)?;
    let mut constraints: Vec<Constraint> = Vec::new();
    let given = statement.domain.iter().chain(conditions).chain(&equations.blocks).cloned();
    for constraint in given.chain(equations.zero.iter().cloned().map(Constraint::zero)) {
        let affine = solution.apply(&constraint.affine).ok_or_else(beyond)?;
        let constraint = Constraint { affine, ..constraint };
        let trivial = constraint.affine.as_constant();
        let holds = trivial.is_some_and(|value| value == 0 || (value > 0 && !constraint.equality));
        if !holds && !constraints.contains(&constraint) {
            constraints.push(constraint);
        }
    }
    let iterators = unknowns.iter().map(|one| solution.value(*one).cloned().ok_or_else(beyond));
    Ok(Placed { iterators: iterators.collect::<Result<_, _>>()?, constraints, further })
}

fn equations(members: &[Member]) -> Result<Equations, String> {
    let beyond = || "a coefficient is out of range".to_owned();
    let mut known: Vec<(Floor, Affine)> = Vec::new();
    let mut result = Equations { zero: Vec::new(), blocks: Vec::new() };
    let mut open: Vec<&Member> = members.iter().collect();
    // Innermost members may have the quotients that outer ones need, so until nothing changes.
    while !open.is_empty() {
        let before = open.len();
        let mut rest = Vec::new();
        for member in open {
            let (affine, unknown) = resolve(&member.value, &known).ok_or_else(beyond)?;
            let variable = Affine::variable(member.id.variable());
            match unknown.as_slice() {
                [] => result.zero.push(add_scaled(&affine, -1, &variable).ok_or_else(beyond)?),
                [(sign @ (1 | -1), floor)] => {
                    let (numerator, inner) =
                        resolve(&floor.numerator, &known).ok_or_else(beyond)?;
                    if !inner.is_empty() {
                        rest.push(member);
                        continue;
                    }
                    // variable = affine + sign * quotient
                    let difference = add_scaled(&variable, -1, &affine).ok_or_else(beyond)?;
                    let quotient =
                        add_scaled(&Affine::constant(0), *sign, &difference).ok_or_else(beyond)?;
                    let remainder =
                        add_scaled(&numerator, -floor.divisor, &quotient).ok_or_else(beyond)?;
                    let last = Affine::constant(floor.divisor - 1);
                    let above = add_scaled(&last, -1, &remainder).ok_or_else(beyond)?;
                    result.blocks.push(Constraint::non_negative(remainder));
                    result.blocks.push(Constraint::non_negative(above));
                    known.push((floor.clone(), quotient));
                }
                _ => rest.push(member),
            }
        }
        if rest.len() == before {
            let names = |variable: Variable| variable.to_string();
            let value = rest.first().map(|member| member.value.display_with(&names));
            return Err(format!(
                "`{}` has quotients that no loop around it stands for (i0 is the outermost \
                 iterator); give each quotient a member of its own outside",
                value.unwrap_or_default()
            ));
        }
        open = rest;
    }
    Ok(result)
}

/// The affine part once the known quotients are replaced, and the quotients that are not known.
fn resolve(value: &Quasi, known: &[(Floor, Affine)]) -> Option<(Affine, Vec<(i64, Floor)>)> {
    let mut affine = value.affine.clone();
    let mut unknown = Vec::new();
    for (coefficient, floor) in &value.floors {
        match known.iter().find(|(one, _)| one == floor) {
            Some((_, quotient)) => affine = add_scaled(&affine, *coefficient, quotient)?,
            None => unknown.push((*coefficient, floor.clone())),
        }
    }
    Some((affine, unknown))
}
