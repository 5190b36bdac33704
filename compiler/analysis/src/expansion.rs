//! Arrays used as temporaries: when each iteration may have storage of its own.
//!
//! Let `l` be a loop of the source at the depth `d`, and `x` the values of it and the loops around it: an
//! *iteration* of the loops down to `l`. Expanding the array `A` at `l` gives `A[e]` in the iteration `x`
//! the storage `A'[x][e]`. That changes no value that is read, if
//!
//! - all statements that access `A` stand inside of `l`, and
//! - each instance that reads `A[e]` in the iteration `x` comes after one that writes it in the same `x`.
//!
//! Iterations of the source run one after another, so the last write of `A[e]` before the read is then one
//! of the same iteration. What is in `A` before does not matter. After the loops `A` holds the last value
//! of each element that was written. Where it is read there, one statement `F` must say which:
//!
//! - `F` writes the same elements in each iteration in which it runs, among them all elements that any
//!   statement writes, and it runs wherever another one writes, and
//! - the values `u` of the loops, each the greatest that occurs, are an iteration in which it runs.
//!
//! Then `u` is the last iteration, all elements are written in it, and copying `A'[u]` back is right.

use crate::system::System;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, ArrayId, Constraint, LoopId, Program, ScheduleTree, Statement, StatementId,
    Variable,
};
use loopwright_isl::{ConstraintRow, IslError};

/// What is known of an array that may be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// How many loops of the source have iterations with storage of their own, the outermost first.
    pub depth: usize,
    /// The greatest value of each of these loops, over the parameters; none is below 0.
    pub greatest: Vec<Affine>,
    /// The statement whose elements are to be copied back in the last iteration; `None` where nobody
    /// reads the array afterwards.
    pub filler: Option<StatementId>,
}

/// Why an array cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpansionError {
    /// The loop is not one of the source around the statement.
    #[error("the source has no loop `{loop_name}` around {statement}")]
    UnknownLoop { statement: String, loop_name: String },
    /// The statement has nothing to do with the array.
    #[error("{statement} does not access `{array}`")]
    NotAccessed { statement: String, array: String },
    /// The array is used elsewhere as well.
    #[error(
        "{statement} accesses `{array}` outside of the loop `{loop_name}`; name a loop around both"
    )]
    UsedOutside { statement: String, array: String, loop_name: String },
    /// A value comes into an iteration.
    #[error(
        "{statement} may read in `{array}` what was written before the iteration of `{loop_name}` began, \
         so the iterations cannot have storage of their own"
    )]
    ReadsEarlier { statement: String, array: String, loop_name: String },
    /// There is no size for the storage.
    #[error(
        "how often the loop `{loop_name}` runs is not known from the parameters alone, or it counts from below 0"
    )]
    NoSize { loop_name: String },
    /// What the array holds in the end is not known.
    #[error(
        "`{array}` may be read after the loops, and no statement is known to write all of it in the last \
         iteration of `{loop_name}`"
    )]
    NoLast { array: String, loop_name: String },
    /// It could not be found out within the quota.
    #[error("whether `{array}` can be expanded takes too long to find out")]
    Undecided { array: String },
    /// A question about integer sets failed otherwise than by its quota.
    #[error(transparent)]
    Set(IslError),
}

/// Decides whether an array can be expanded at a loop of the source around a statement.
///
/// # Errors
/// [`ExpansionError`]: what stands against it.
pub fn expansion(
    program: &Program,
    statement: StatementId,
    array: ArrayId,
    loop_name: &str,
    quota: u64,
) -> Result<Expansion, ExpansionError> {
    let original = ScheduleTree::original(program);
    let mut users = Vec::new();
    let mut path = None;
    for (position, (loops, leaf)) in original.leaves().into_iter().enumerate() {
        let loops: Vec<(LoopId, &str)> =
            loops.iter().map(|inner| (inner.id, inner.name.as_str())).collect();
        let Some(found) = program.statements.get(leaf.statement.0) else { continue };
        if leaf.statement == statement {
            path = Some(loops.clone());
        }
        if found.write.array == array || found.reads.iter().any(|read| read.array == array) {
            users.push(User { id: leaf.statement, statement: found, loops, position });
        }
    }
    let name = |id: StatementId| {
        program.statements.get(id.0).map_or_else(|| id.to_string(), |found| found.name.clone())
    };
    let depth = path.as_ref().and_then(|path| path.iter().position(|one| one.1 == loop_name));
    let (Some(path), Some(depth)) = (path, depth) else {
        let (statement, loop_name) = (name(statement), loop_name.to_owned());
        return Err(ExpansionError::UnknownLoop { statement, loop_name });
    };
    let judge = Judge {
        program,
        array,
        depth: depth + 1,
        quota,
        array_name: program.arrays.get(array.0).map_or_else(String::new, |one| one.name.clone()),
        loop_name: loop_name.to_owned(),
    };
    if !users.iter().any(|user| user.id == statement) {
        let array = judge.array_name;
        return Err(ExpansionError::NotAccessed { statement: name(statement), array });
    }
    if let Some(other) = users.iter().find(|user| user.loops.get(depth) != path.get(depth)) {
        let (array, loop_name) = (judge.array_name, judge.loop_name);
        let statement = other.statement.name.clone();
        return Err(ExpansionError::UsedOutside { statement, array, loop_name });
    }
    judge.reads(&users)?;
    let greatest = judge.greatest(&users)?;
    let live = program.arrays.get(array.0).is_none_or(|one| one.live_outside);
    let filler = if live { Some(judge.filler(&users, &greatest)?) } else { None };
    Ok(Expansion { depth: judge.depth, greatest, filler })
}

/// A statement that accesses the array.
struct User<'p> {
    id: StatementId,
    statement: &'p Statement,
    loops: Vec<(LoopId, &'p str)>,
    /// Its place in the text.
    position: usize,
}

struct Judge<'p> {
    program: &'p Program,
    array: ArrayId,
    depth: usize,
    quota: u64,
    array_name: String,
    loop_name: String,
}

impl Judge<'_> {
    fn failed(&self, error: IslError) -> ExpansionError {
        match error {
            IslError::Quota => ExpansionError::Undecided { array: self.array_name.clone() },
            other => ExpansionError::Set(other),
        }
    }

    fn malformed(&self) -> ExpansionError {
        self.failed(IslError::Invalid("a statement's domain or subscripts".to_owned()))
    }

    fn parameters(&self) -> usize {
        self.program.parameters.len()
    }

    /// The instances of a statement: parameters, then iterators.
    fn domain(&self, user: &User<'_>) -> Result<System, ExpansionError> {
        let columns = self.parameters() + user.statement.iterators.len();
        let mut system = System::new(columns);
        self.add(&mut system, user, &user.statement.domain, self.parameters())?;
        self.add(&mut system, user, &self.program.context, self.parameters())?;
        Ok(system)
    }

    fn add(
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
    fn column(&self, variable: Variable, user: &User<'_>, first: usize) -> Option<usize> {
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
    fn meeting(
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

    /// Every read comes after a write of the same element in the same iteration.
    fn reads(&self, users: &[User<'_>]) -> Result<(), ExpansionError> {
        if planted(Fault::ExpandAnything) {
            return Ok(());
        }
        for user in users {
            for access in user.statement.reads.iter().filter(|read| read.array == self.array) {
                let mut pieces = Vec::new();
                for other in users.iter().filter(|other| other.statement.write.array == self.array)
                {
                    let written = &other.statement.write;
                    let (system, first) = self.meeting((user, access), (other, written))?;
                    pieces.extend(self.before(system, first, user, other));
                }
                let whole = self.domain(user)?;
                if !whole.is_covered(&pieces, self.quota).map_err(|error| self.failed(error))? {
                    return Err(ExpansionError::ReadsEarlier {
                        statement: user.statement.name.clone(),
                        array: self.array_name.clone(),
                        loop_name: self.loop_name.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The cases in which the instance of `other` comes before that of `user` in the same iteration.
    fn before(
        &self,
        mut system: System,
        first: usize,
        user: &User<'_>,
        other: &User<'_>,
    ) -> Vec<System> {
        let pairs = user.loops.iter().zip(&other.loops);
        let common = pairs.take_while(|(left, right)| left == right).count();
        let own = self.parameters();
        let mut cases = Vec::new();
        for level in 0..common {
            if level >= self.depth {
                let mut case = system.clone();
                case.rows.push(system.difference(own + level, first + level, -1, false));
                cases.push(case);
            }
            let row = system.difference(own + level, first + level, 0, true);
            system.rows.push(row);
        }
        if other.position < user.position {
            cases.push(system);
        }
        cases
    }

    /// The greatest value of each loop, with proof that no statement goes beyond it or below 0.
    fn greatest(&self, users: &[User<'_>]) -> Result<Vec<Affine>, ExpansionError> {
        let mut greatest: Vec<Affine> = Vec::new();
        for level in 0..self.depth {
            let variable = Variable::Iterator(u32::try_from(level).unwrap_or(u32::MAX));
            let mut candidates = Vec::new();
            for constraint in users.iter().flat_map(|user| &user.statement.domain) {
                // -x + rest >= 0, or x - rest = 0.
                let side = match constraint.affine.coefficient(variable) {
                    -1 => constraint.affine.clone(),
                    1 if constraint.equality => -&constraint.affine,
                    _ => continue,
                };
                let rest = &side + &Affine::variable(variable);
                let rest = rest.substitute(|found| match found {
                    Variable::Iterator(depth) => greatest
                        .get(depth as usize)
                        .cloned()
                        .unwrap_or_else(|| Affine::variable(found)),
                    other => Affine::variable(other),
                });
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
    fn holds(&self, users: &[User<'_>], constraint: &Constraint) -> Result<bool, ExpansionError> {
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

    /// The statement that says what the array holds in the end.
    fn filler(
        &self,
        users: &[User<'_>],
        greatest: &[Affine],
    ) -> Result<StatementId, ExpansionError> {
        for user in users.iter().filter(|user| user.statement.write.array == self.array) {
            if self.fills(user, users, greatest)? {
                return Ok(user.id);
            }
        }
        let (array, loop_name) = (self.array_name.clone(), self.loop_name.clone());
        Err(ExpansionError::NoLast { array, loop_name })
    }

    fn fills(
        &self,
        filler: &User<'_>,
        users: &[User<'_>],
        greatest: &[Affine],
    ) -> Result<bool, ExpansionError> {
        let outer = |variable: Variable| match variable {
            Variable::Iterator(depth) => (depth as usize) < self.depth,
            _ => false,
        };
        let inner =
            |variable: Variable| matches!(variable, Variable::Iterator(_)) && !outer(variable);
        let write = &filler.statement.write;
        if write.subscripts.iter().flat_map(Affine::variables).any(outer) {
            return Ok(false);
        }
        // The domain is a product: the iterations in which it runs, and the elements.
        let (mut iterations, mut elements) = (Vec::new(), Vec::new());
        for constraint in &filler.statement.domain {
            match (
                constraint.affine.variables().any(outer),
                constraint.affine.variables().any(inner),
            ) {
                (true, true) => return Ok(false),
                (_, false) => iterations.push(constraint.clone()),
                (false, true) => elements.push(constraint.clone()),
            }
        }
        // It runs in the last iteration, if it runs at all.
        for constraint in &iterations {
            let last = constraint.substitute(|variable| match variable {
                Variable::Iterator(depth) => greatest
                    .get(depth as usize)
                    .cloned()
                    .unwrap_or_else(|| Affine::variable(variable)),
                other => Affine::variable(other),
            });
            if !self.holds(std::slice::from_ref(filler), &last)? {
                return Ok(false);
            }
        }
        // Whatever is written, it runs in that iteration and writes that element.
        for user in users.iter().filter(|user| user.statement.write.array == self.array) {
            for constraint in &iterations {
                if !self.holds(std::slice::from_ref(user), constraint)? {
                    return Ok(false);
                }
            }
            let (mut piece, first) =
                self.meeting((user, &user.statement.write), (filler, write))?;
            for level in 0..self.depth {
                let row = piece.difference(self.parameters() + level, first + level, 0, true);
                piece.rows.push(row);
            }
            let whole = self.domain(user)?;
            if !whole.is_covered(&[piece], self.quota).map_err(|error| self.failed(error))? {
                return Ok(false);
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
