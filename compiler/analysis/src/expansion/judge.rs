//! What is asked about all accesses to one array.

use super::ExpansionError;
use crate::system::System;
use loopwright_ir::{
    Access, Affine, ArrayId, Constraint, LoopId, Program, Statement, StatementId, Variable,
};
use loopwright_isl::{ConstraintRow, IslError};

/// A statement that accesses the array.
#[derive(Clone)]
pub(crate) struct User<'p> {
    pub id: StatementId,
    pub statement: &'p Statement,
    pub loops: Vec<(LoopId, &'p str)>,
    /// Its place in the text.
    pub position: usize,
}

#[derive(Clone)]
pub(crate) struct Judge<'p> {
    pub program: &'p Program,
    pub array: ArrayId,
    pub depth: usize,
    pub quota: u64,
    pub array_name: String,
    pub loop_name: String,
}

impl Judge<'_> {
    pub fn failed(&self, error: IslError) -> ExpansionError {
        match error {
            IslError::Quota => ExpansionError::Undecided { array: self.array_name.clone() },
            other => ExpansionError::Set(other),
        }
    }

    pub fn malformed(&self) -> ExpansionError {
        self.failed(IslError::Invalid("a statement's domain or subscripts".to_owned()))
    }

    pub fn parameters(&self) -> usize {
        self.program.parameters.len()
    }

    /// The instances of a statement: parameters, then iterators.
    pub fn domain(&self, user: &User<'_>) -> Result<System, ExpansionError> {
        let columns = self.parameters() + user.statement.iterators.len();
        let mut system = System::new(columns);
        self.add(&mut system, user, &user.statement.domain, self.parameters())?;
        self.add(&mut system, user, &self.program.context, self.parameters())?;
        Ok(system)
    }

    pub fn add(
        &self,
        system: &mut System,
        user: &User<'_>,
        constraints: &[Constraint],
        first: usize,
    ) -> Result<(), ExpansionError> {
        for constraint in constraints {
            let column = |variable| self.column(variable, user, first);
            system.add(constraint, column).ok_or_else(|| self.malformed())?;
        }
        Ok(())
    }

    /// Where a variable stands if the iterators of the statement begin at `first`.
    pub fn column(&self, variable: Variable, user: &User<'_>, first: usize) -> Option<usize> {
        match variable {
            Variable::Iterator(depth) => {
                let depth = depth as usize;
                (depth < user.statement.iterators.len()).then_some(first + depth)
            }
            Variable::Parameter(at) => ((at as usize) < self.parameters()).then_some(at as usize),
            Variable::Loop(_) => None,
        }
    }

    /// The instances of `user` extended by one of `other`, with equal elements of the array.
    pub fn meeting(
        &self,
        (user, access): (&User<'_>, &Access),
        (other, written): (&User<'_>, &Access),
    ) -> Result<(System, usize), ExpansionError> {
        let own = self.domain(user)?;
        let first = own.columns;
        let mut system = System::new(first + other.statement.iterators.len());
        self.add(&mut system, user, &user.statement.domain, self.parameters())?;
        self.add(&mut system, other, &other.statement.domain, first)?;
        for (left, right) in access.subscripts.iter().zip(&written.subscripts) {
            let mut row = ConstraintRow::zero(vec![0; system.columns], 0);
            let sides = [(left, user, self.parameters(), 1_i64), (right, other, first, -1)];
            for (affine, side, start, sign) in sides {
                let mut terms = affine.terms().iter();
                let fits = terms.all(|(variable, coefficient)| {
                    let at = self.column(*variable, side, start);
                    let entry = at.and_then(|at| row.coefficients.get_mut(at));
                    entry.is_some_and(|entry| {
                        let sum =
                            coefficient.checked_mul(sign).and_then(|one| entry.checked_add(one));
                        *entry = sum.unwrap_or(0);
                        sum.is_some()
                    })
                });
                let constant = affine.constant_term().checked_mul(sign);
                let constant = constant.and_then(|one| row.constant.checked_add(one));
                row.constant = constant.filter(|_| fits).ok_or_else(|| self.malformed())?;
            }
            system.rows.push(row);
        }
        Ok((system, first))
    }

    /// The greatest value of each loop, with proof that no statement goes beyond it or below 0.
    pub fn greatest(&self, users: &[User<'_>]) -> Result<Vec<Affine>, ExpansionError> {
        let mut greatest: Vec<Affine> = Vec::new();
        for level in 0..self.depth {
            let variable = Variable::Iterator(u32::try_from(level).unwrap_or(u32::MAX));
            let mut candidates = Vec::new();
            for constraint in users.iter().flat_map(|user| &user.statement.domain) {
                // -factor * x + rest >= 0, or x - rest = 0.
                let (side, factor) = match constraint.affine.coefficient(variable) {
                    1 if constraint.equality => (-&constraint.affine, 1),
                    coefficient if coefficient < 0 => (constraint.affine.clone(), -coefficient),
                    _ => continue,
                };
                let rest = &side + &(&Affine::variable(variable) * factor);
                // Where it is greatest the others are greatest or 0.
                let bound = rest.clone();
                let rest = rest.substitute(|found| match found {
                    Variable::Iterator(_) if bound.coefficient(found) < 0 => Affine::constant(0),
                    Variable::Iterator(depth) => greatest
                        .get(depth as usize)
                        .cloned()
                        .unwrap_or_else(|| Affine::variable(found)),
                    other => Affine::variable(other),
                });
                let rest = match (factor, rest.as_constant()) {
                    (1, _) => rest,
                    (_, Some(value)) => Affine::constant(value.div_euclid(factor)),
                    _ => continue,
                };
                let known = rest.variables().all(|one| matches!(one, Variable::Parameter(_)));
                if known && !candidates.contains(&rest) {
                    candidates.push(rest);
                }
            }
            let value = Affine::variable(variable);
            let least = Constraint::less_or_equal(&Affine::constant(0), &value);
            let mut found = None;
            for candidate in candidates {
                let bound = Constraint::less_or_equal(&value, &candidate);
                if self.holds(users, &least)? && self.holds(users, &bound)? {
                    found = Some(candidate);
                    break;
                }
            }
            let name = |user: &User<'_>| user.loops.get(level).map(|one| one.1.to_owned());
            greatest.push(found.ok_or_else(|| ExpansionError::NoSize {
                loop_name: users.first().and_then(name).unwrap_or_default(),
            })?);
        }
        Ok(greatest)
    }

    /// Whether a constraint on the loops holds for all instances.
    pub fn holds(
        &self,
        users: &[User<'_>],
        constraint: &Constraint,
    ) -> Result<bool, ExpansionError> {
        for user in users {
            let mut violated = self.domain(user)?;
            for opposite in opposites(constraint) {
                let before = violated.rows.len();
                self.add(&mut violated, user, &[opposite], self.parameters())?;
                if !violated.is_empty(self.quota).map_err(|error| self.failed(error))? {
                    return Ok(false);
                }
                violated.rows.truncate(before);
            }
        }
        Ok(true)
    }
}

/// The ways in which a constraint can fail.
fn opposites(constraint: &Constraint) -> Vec<Constraint> {
    let zero = Affine::constant(0);
    let mut ways = vec![Constraint::less(&constraint.affine, &zero)];
    if constraint.equality {
        ways.push(Constraint::less(&zero, &constraint.affine));
    }
    ways
}
