//! Sums that a loop of the source carries: when they may be taken apart.
//!
//! Let `l` be a loop of the source and `S: s[e] = s[e] ⊕ x` a statement in it. The sums of `S` may be taken
//! apart at `l` if
//!
//! - `e` does not mention the iterator of `l`, so that its iterations add to the same elements, and
//! - no other access in one run of `l` touches an element that `S` adds to in that run.
//!
//! Then `⊕` over all iterations of a run may be grouped in any way: that is exact for integers, whose
//! arithmetic wraps, and changes the rounding of floating-point numbers.

use crate::expansion::{ExpansionError, Judge, User};
use crate::source::{iterator, users, without};
use loopwright_ir::{
    Access, Accumulation, Affine, ArrayId, Constraint, Program, StatementId, Variable,
};
use loopwright_isl::IslError;

/// What is known of a loop whose sums are to be taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Regrouping {
    /// How many loops of the source are around it.
    pub depth: usize,
    /// The greatest value of each of these, then its own, over the parameters; none is below 0.
    pub greatest: Vec<Affine>,
    /// The loop's first value in the named statement, over the iterators around it.
    pub first: Affine,
    /// The statements whose sums it carries, the named one among them.
    pub sums: Vec<PartialSums>,
}

/// A statement whose sums may be taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialSums {
    pub statement: StatementId,
    pub accumulation: Accumulation,
    /// The depths of the loops inside which tell one element from another.
    pub inner: Vec<usize>,
    /// The elements that one run adds to: conditions on the iterators around the loop and those of `inner`.
    pub elements: Vec<Constraint>,
}

/// Why the sums of a loop cannot be taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegroupingError {
    /// The loop is not one of the source around the statement.
    #[error("the source has no loop `{loop_name}` around {statement}")]
    UnknownLoop { statement: String, loop_name: String },
    /// The statement is of another form.
    #[error(
        "{statement} is no sum, product, minimum or maximum of what its own type holds: its form is \
         `s = s + …`, where `…` does not read `s`"
    )]
    NoSum { statement: String },
    /// Each iteration adds to another element.
    #[error(
        "each iteration of `{loop_name}` writes other elements of `{array}`: it carries no sum"
    )]
    NotCarried { array: String, loop_name: String },
    /// The sum is read or changed while it grows.
    #[error(
        "{other} may access an element of `{array}` while the loop `{loop_name}` of {statement} adds to it"
    )]
    Disturbed { statement: String, other: String, array: String, loop_name: String },
    /// The loops have bounds for which elements cannot be told apart by constraints alone.
    #[error(
        "the bounds of the loops inside `{loop_name}` have factors: it cannot be told which elements are summed up"
    )]
    Strided { loop_name: String },
    /// A question about the loops or accesses.
    #[error(transparent)]
    Question(#[from] ExpansionError),
}

/// Decides which sums a loop of the source around a statement carries.
///
/// # Errors
/// [`RegroupingError`]: what stands against taking the named statement's sums apart.
pub fn regrouping(
    program: &Program,
    statement: StatementId,
    loop_name: &str,
    quota: u64,
) -> Result<Regrouping, RegroupingError> {
    let users = users(program);
    let named = users.iter().find(|user| user.id == statement);
    let depth = named.and_then(|user| user.loops.iter().position(|one| one.1 == loop_name));
    let (Some(named), Some(depth)) = (named, depth) else {
        let statement = program.statements.get(statement.0);
        let statement = statement.map_or_else(String::new, |found| found.name.clone());
        return Err(RegroupingError::UnknownLoop { statement, loop_name: loop_name.to_owned() });
    };
    let inside: Vec<&User<'_>> =
        users.iter().filter(|user| user.loops.get(depth) == named.loops.get(depth)).collect();
    let question = Question { program, inside, depth, loop_name, quota };
    let mut sums = vec![question.sums(named)?];
    for user in question.inside.iter().filter(|user| user.id != statement) {
        sums.extend(question.sums(user).ok());
    }
    let judge = question.judge(named.statement.write.array, depth + 1);
    let greatest = judge.greatest(std::slice::from_ref(named))?;
    let first = named.statement.domain.iter().find_map(|constraint| question.least(constraint));
    let no_size = || ExpansionError::NoSize { loop_name: loop_name.to_owned() };
    Ok(Regrouping { depth, greatest, first: first.ok_or_else(no_size)?, sums })
}

struct Question<'p> {
    program: &'p Program,
    /// The statements in the loop.
    inside: Vec<&'p User<'p>>,
    depth: usize,
    loop_name: &'p str,
    quota: u64,
}

impl Question<'_> {
    fn judge(&self, array: ArrayId, depth: usize) -> Judge<'_> {
        let array_name = self.program.arrays.get(array.0).map(|found| found.name.clone());
        Judge {
            program: self.program,
            array,
            depth,
            quota: self.quota,
            array_name: array_name.unwrap_or_default(),
            loop_name: self.loop_name.to_owned(),
        }
    }

    /// The loop's value from below, if a constraint is such a bound over the loops around it.
    fn least(&self, constraint: &Constraint) -> Option<Affine> {
        let own = iterator(self.depth);
        if constraint.affine.coefficient(own) != 1 {
            return None;
        }
        // i - first >= 0.
        let first = &Affine::variable(own) - &constraint.affine;
        let around = |variable| match variable {
            Variable::Iterator(at) => (at as usize) < self.depth,
            _ => true,
        };
        let known = first.variables().all(around);
        known.then_some(first)
    }

    fn sums(&self, user: &User<'_>) -> Result<PartialSums, RegroupingError> {
        let name = || user.statement.name.clone();
        let accumulation = Accumulation::of(user.statement)
            .ok_or_else(|| RegroupingError::NoSum { statement: name() })?;
        let write = &user.statement.write;
        let mentions = |depth| write.subscripts.iter().any(|one| one.mentions(iterator(depth)));
        let judge = self.judge(write.array, self.depth);
        let loop_name = self.loop_name.to_owned();
        if mentions(self.depth) {
            let array = judge.array_name;
            return Err(RegroupingError::NotCarried { array, loop_name });
        }
        for other in &self.inside {
            let statement = other.statement;
            let reads = statement.reads.iter().enumerate().filter(|(position, _)| {
                other.id != user.id || !accumulation.reads.contains(position)
            });
            let writes = (other.id != user.id).then_some(&statement.write);
            let accesses = reads.map(|(_, read)| read).chain(writes);
            for access in accesses.filter(|access| access.array == write.array) {
                if self.meet(&judge, user, (other, access))? {
                    return Err(RegroupingError::Disturbed {
                        statement: name(),
                        other: other.statement.name.clone(),
                        array: judge.array_name,
                        loop_name,
                    });
                }
            }
        }
        let depths = self.depth..user.statement.iterators.len();
        let (inner, gone): (Vec<usize>, Vec<usize>) = depths.partition(|depth| mentions(*depth));
        let mut elements = user.statement.domain.clone();
        for depth in gone.into_iter().rev() {
            elements = without(elements, iterator(depth))
                .ok_or_else(|| RegroupingError::Strided { loop_name: loop_name.clone() })?;
        }
        Ok(PartialSums { statement: user.id, accumulation, inner, elements })
    }

    /// Whether another access may touch an element that the statement writes in the same run of the loop.
    fn meet(
        &self,
        judge: &Judge<'_>,
        user: &User<'_>,
        (other, access): (&User<'_>, &Access),
    ) -> Result<bool, ExpansionError> {
        let (mut system, first) = judge.meeting((user, &user.statement.write), (other, access))?;
        let own = self.program.parameters.len();
        for level in 0..self.depth {
            let row = system.difference(own + level, first + level, 0, true);
            system.rows.push(row);
        }
        match system.is_empty(self.quota) {
            Ok(empty) => Ok(!empty),
            // What is not known may be.
            Err(IslError::Quota) => Ok(true),
            Err(error) => Err(judge.failed(error)),
        }
    }
}
