//! Arrays used as temporaries: when each iteration may have storage of its own.
//!
//! Let `l` be a loop of the source at the depth `d`, and `x` the values of it and the loops around it: an
//! *iteration* of the loops down to `l`. Expanding the array `A` at `l` gives `A[e]` in the iteration `x`
//! the storage `A'[x][e]`. That changes no value that is read, if
//!
//! - of the statements that access `A` those inside of `l` are changed, and for each instance outside that reads `A[e]` there is
//!   a loop around it, not around `l`, in whose same iteration an instance before it writes `A[e]`, and
//! - each instance inside that reads `A[e]` in the iteration `x` comes after one that writes it in the same `x`.
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

mod judge;

use crate::system::System;
pub(crate) use judge::{Judge, User};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, ArrayId, LoopId, Program, ScheduleTree, StatementId, Variable};
use loopwright_isl::IslError;

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
    /// The statements inside of the loop that access the array.
    pub statements: Vec<StatementId>,
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
    /// What is written in the loop may be read elsewhere.
    #[error(
        "{statement} may read in `{array}`, outside of the loop `{loop_name}`, what is written inside; name a loop around both"
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
    let (users, others): (Vec<User<'_>>, Vec<User<'_>>) =
        users.into_iter().partition(|user| user.loops.get(depth) == path.get(depth));
    judge.others_read_their_own(&path, &others)?;
    judge.reads(&users)?;
    let greatest = judge.greatest(&users)?;
    let live = program.arrays.get(array.0).is_none_or(|one| one.live_outside);
    let filler = if live { Some(judge.filler(&users, &greatest)?) } else { None };
    let statements = users.iter().map(|user| user.id).collect();
    Ok(Expansion { depth: judge.depth, greatest, filler, statements })
}

impl Judge<'_> {
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

    /// Nothing outside of the loop reads what is written inside: each read has a write before it in the same iteration of
    /// the outermost loop that is not around the path's loop as well.
    fn others_read_their_own(
        &self,
        path: &[(LoopId, &str)],
        others: &[User<'_>],
    ) -> Result<(), ExpansionError> {
        for reader in others {
            if reader.statement.reads.iter().all(|read| read.array != self.array) {
                continue;
            }
            let outside = || ExpansionError::UsedOutside {
                statement: reader.statement.name.clone(),
                array: self.array_name.clone(),
                loop_name: self.loop_name.clone(),
            };
            let pairs = reader.loops.iter().zip(path);
            let depth = pairs.take_while(|(left, right)| left == right).count() + 1;
            let Some(own) = reader.loops.get(..depth) else { return Err(outside()) };
            let beside: Vec<User<'_>> = others
                .iter()
                .filter(|user| user.loops.get(..depth) == Some(own))
                .cloned()
                .collect();
            let judge = Judge { depth, ..self.clone() };
            judge.reads(&beside).map_err(|error| match error {
                ExpansionError::ReadsEarlier { .. } => outside(),
                other => other,
            })?;
        }
        Ok(())
    }

    /// The cases in which the instance of `other` comes before that of `user` in the same iteration.
    pub fn before(
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
