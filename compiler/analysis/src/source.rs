//! The statements of a program with the loops of the source around them.

use crate::expansion::User;
use loopwright_ir::{Affine, Constraint, Program, ScheduleTree, Variable};

/// All statements, in the order of the text.
pub(crate) fn users(program: &Program) -> Vec<User<'_>> {
    let original = ScheduleTree::original(program);
    let mut users = Vec::new();
    for (position, (loops, leaf)) in original.leaves().into_iter().enumerate() {
        let Some(statement) = program.statements.get(leaf.statement.0) else { continue };
        let name = |id| {
            let depth = loops.iter().position(|inner| inner.id == id)?;
            statement.iterators.get(depth).map(|iterator| iterator.name.as_str())
        };
        let loops = loops.iter().filter_map(|inner| Some((inner.id, name(inner.id)?))).collect();
        users.push(User { id: leaf.statement, statement, loops, position });
    }
    users
}

/// The iterator of the loop at a depth.
pub(crate) fn iterator(depth: usize) -> Variable {
    Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX))
}

/// The constraints on the other variables under which there is a value of `gone`: exactly, or `None` where factors
/// would leave holes.
pub(crate) fn without(constraints: Vec<Constraint>, gone: Variable) -> Option<Vec<Constraint>> {
    let (about, mut rest): (Vec<_>, Vec<_>) =
        constraints.into_iter().partition(|constraint| constraint.affine.mentions(gone));
    if about.iter().any(|constraint| constraint.affine.coefficient(gone).abs() != 1) {
        return None;
    }
    if let Some(equal) = about.iter().find(|constraint| constraint.equality) {
        // x = rest, from x - rest = 0 or -x + rest = 0.
        let variable = Affine::variable(gone);
        let value = match equal.affine.coefficient(gone) {
            1 => &variable - &equal.affine,
            _ => &variable + &equal.affine,
        };
        let others = about.iter().filter(|constraint| *constraint != equal);
        rest.extend(others.map(|constraint| Constraint {
            affine: constraint.affine.substitute_one(gone, &value),
            equality: constraint.equality,
        }));
        return Some(rest);
    }
    let (lower, upper): (Vec<_>, Vec<_>) =
        about.iter().partition(|constraint| constraint.affine.coefficient(gone) == 1);
    for low in &lower {
        for high in &upper {
            rest.push(Constraint::non_negative(&low.affine + &high.affine));
        }
    }
    Some(rest)
}
