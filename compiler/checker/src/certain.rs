//! What a statement accesses in each of its instances, and what in an arm of a choice only.
//!
//! Where a flag is not set, what is read behind it may not exist at all: so nothing else may read it in its place.

use loopwright_ir::{Access, ArrayId, Expression, Statement};

/// Whether each instance of the statement makes this access, or one to the same element.
pub(crate) fn surely_makes(statement: &Statement, access: &Access) -> bool {
    surely(statement, &|one| one == access)
}

/// Whether each instance of the statement accesses something of an array.
pub(crate) fn surely_uses(statement: &Statement, array: ArrayId) -> bool {
    surely(statement, &|one| one.array == array)
}

fn surely(statement: &Statement, wanted: &dyn Fn(&Access) -> bool) -> bool {
    let mut mentioned = vec![false; statement.reads.len()];
    statement.body.walk(&mut |node| {
        if let Expression::Read { position, .. } = node
            && let Some(mark) = mentioned.get_mut(*position)
        {
            *mark = true;
        }
    });
    // What the body does not say anything of is taken as made.
    let listed = statement.reads.iter().zip(&mentioned);
    let read = |position: usize| statement.reads.get(position).is_some_and(wanted);
    !is_guarded(statement) && wanted(&statement.write)
        || listed.into_iter().any(|(one, mentioned)| !mentioned && wanted(one))
        || evaluated(&statement.body, &read)
}

/// Whether the statement stores nothing where a condition does not hold: it would store what is there already.
fn is_guarded(statement: &Statement) -> bool {
    let Expression::Select { otherwise, .. } = &statement.body else { return false };
    let Expression::Read { position, .. } = **otherwise else { return false };
    statement.reads.get(position).is_some_and(|read| *read == statement.write)
}

fn evaluated(body: &Expression, read: &dyn Fn(usize) -> bool) -> bool {
    match body {
        Expression::Read { position, .. } => read(*position),
        Expression::Select { condition, then, otherwise, .. } => {
            evaluated(condition, read) || evaluated(then, read) && evaluated(otherwise, read)
        }
        other => other.operands().into_iter().any(|operand| evaluated(operand, read)),
    }
}
