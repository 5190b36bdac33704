//! Values that a statement reads in a loop: when they may be read from a copy that was made before the loop.
//!
//! Let `l` be a loop of the source around `S`, and `A[e]` an element that `S` reads. In each run of `l`, `S` may read
//! copies that are made right before, if
//!
//! - `e` does not mention the iterator of `l`, so that the elements are the same in all its iterations,
//! - `S` reads the element in each of its instances, not only under a condition in its value, and
//! - no statement in `l` writes an element before `S` reads it in the same run.
//!
//! What is written after the last read may then be written earlier, in another order than the source's.

use crate::expansion::{ExpansionError, Judge, User};
use crate::source::{iterator, users, without};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Access, Affine, Constraint, Program, StatementId};
use loopwright_isl::IslError;

/// What is known of reads that may be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Keeping {
    /// How many loops of the source are around the loop.
    pub depth: usize,
    /// The greatest value of each of these, over the parameters; none is below 0.
    pub greatest: Vec<Affine>,
    /// The depths of the loops inside which tell one element from another.
    pub inner: Vec<usize>,
    /// The elements that one run reads: conditions on the iterators around the loop and those of `inner`.
    pub elements: Vec<Constraint>,
}

/// Why reads cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepingError {
    /// The loop is not one of the source around the statement.
    #[error("the source has no loop `{loop_name}` around {statement}")]
    UnknownLoop { statement: String, loop_name: String },
    /// Each iteration reads another element.
    #[error(
        "each iteration of `{loop_name}` reads another element of `{array}`; name a loop inside of it"
    )]
    Changes { array: String, loop_name: String },
    /// Where the condition does not hold, the array may not be there.
    #[error(
        "{statement} reads `{array}` only under a condition on data, and a copy would read it without that; where it \
         does not hold, there may be nothing to read"
    )]
    Conditional { statement: String, array: String },
    /// The copy would be too old.
    #[error(
        "{other} may write an element of `{array}` before {statement} reads it in the same run of `{loop_name}`; \
         divide the loop where that is"
    )]
    Written { statement: String, other: String, array: String, loop_name: String },
    /// The loops have bounds for which elements cannot be told apart by constraints alone.
    #[error(
        "the bounds of the loops inside `{loop_name}` have factors: it cannot be told which elements are read"
    )]
    Strided { loop_name: String },
    /// A question about the loops or accesses.
    #[error(transparent)]
    Question(#[from] ExpansionError),
}

/// Decides whether a statement may read an element from copies made before a loop of the source.
///
/// # Errors
/// [`KeepingError`]: what stands against it.
pub fn keeping(
    program: &Program,
    statement: StatementId,
    read: &Access,
    loop_name: &str,
    quota: u64,
) -> Result<Keeping, KeepingError> {
    let users = users(program);
    let named = users.iter().find(|user| user.id == statement);
    let depth = named.and_then(|user| user.loops.iter().position(|one| one.1 == loop_name));
    let loop_name = loop_name.to_owned();
    let (Some(named), Some(depth)) = (named, depth) else {
        let statement = program.statements.get(statement.0);
        let statement = statement.map_or_else(String::new, |found| found.name.clone());
        return Err(KeepingError::UnknownLoop { statement, loop_name });
    };
    let array_name = program.arrays.get(read.array.0).map(|found| found.name.clone());
    let judge = Judge {
        program,
        array: read.array,
        depth,
        quota,
        array_name: array_name.unwrap_or_default(),
        loop_name: loop_name.clone(),
    };
    let mentions = |depth| read.subscripts.iter().any(|one| one.mentions(iterator(depth)));
    if mentions(depth) {
        return Err(KeepingError::Changes { array: judge.array_name, loop_name });
    }
    if !named.statement.is_certain(read) && !planted(Fault::KeepConditional) {
        let (statement, array) = (named.statement.name.clone(), judge.array_name);
        return Err(KeepingError::Conditional { statement, array });
    }
    let inside = users.iter().filter(|user| user.loops.get(depth) == named.loops.get(depth));
    for other in inside.filter(|user| user.statement.write.array == read.array) {
        if !planted(Fault::KeepWritten) && is_written_before(&judge, (named, read), other)? {
            return Err(KeepingError::Written {
                statement: named.statement.name.clone(),
                other: other.statement.name.clone(),
                array: judge.array_name,
                loop_name,
            });
        }
    }
    let depths = depth..named.statement.iterators.len();
    let (inner, gone): (Vec<usize>, Vec<usize>) = depths.partition(|depth| mentions(*depth));
    let mut elements = named.statement.domain.clone();
    for depth in gone.into_iter().rev() {
        elements = without(elements, iterator(depth))
            .ok_or_else(|| KeepingError::Strided { loop_name: loop_name.clone() })?;
    }
    let greatest = judge.greatest(std::slice::from_ref(named))?;
    Ok(Keeping { depth, greatest, inner, elements })
}

/// Whether an instance of `other` may write an element before the reading one in the same run of the loop.
fn is_written_before(
    judge: &Judge<'_>,
    (user, read): (&User<'_>, &Access),
    other: &User<'_>,
) -> Result<bool, ExpansionError> {
    let (system, first) = judge.meeting((user, read), (other, &other.statement.write))?;
    for case in judge.before(system, first, user, other) {
        match case.is_empty(judge.quota) {
            Ok(true) => {}
            // What is not known may be.
            Ok(false) | Err(IslError::Quota) => return Ok(true),
            Err(error) => return Err(judge.failed(error)),
        }
    }
    Ok(false)
}
