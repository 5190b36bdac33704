//! Divided: the same instances under the names of several statements.
//!
//! `P'` is `P` *divided* if each statement of `P'` is a *copy* of one of `P`, with the same body, accesses and loops,
//! and the order of `P'` is a correct tree of `P` (C1 and C2 of the crate's text) when each copy's instance
//! counts as that of the statement that it is a copy of: each instance of `P` is in the domain of exactly one
//! copy, and each dependence keeps its order.

use super::{Change, malformed, order};
use crate::proof::{Form, Questions, Stop, once, order as dependences};
use crate::{Doubt, Limits};
use loopwright_ir::{Program, Statement};

const CHANGE: Change = Change::Divided;

pub(super) fn prove(before: &Program, after: &Program, limits: &Limits) -> Result<(), Stop> {
    let same = before.parameters == after.parameters
        && before.context == after.context
        && before.arrays == after.arrays;
    if !same {
        return Err(malformed(CHANGE, "something other than statements differs"));
    }
    let sets = order::sets(after)?;
    let mut origins = Vec::with_capacity(after.statements.len());
    for statement in &after.statements {
        let parameters = after.parameters.len();
        let iterators = (0..statement.iterators.len()).map(|at| Form::column(parameters + at));
        origins.push(Some((origin(before, statement)?, iterators.collect())));
    }
    let tree = order::as_tree(CHANGE, before, &sets, &origins)?;
    let mut questions = Questions::new(limits, tree.assumptions.clone())?;
    once::prove(before, &tree, &mut questions)?;
    dependences::prove(before, &tree, &mut questions)?;
    Ok(())
}

/// The statement that another one is a copy of. Where several do the same, the one of the same name, or else of the
/// same place in the file.
fn origin(before: &Program, copy: &Statement) -> Result<usize, Stop> {
    let same = |one: &&Statement| {
        one.body == copy.body
            && one.write == copy.write
            && one.reads == copy.reads
            && one.iterators == copy.iterators
    };
    let number = |wanted: &dyn Fn(&&Statement) -> bool| -> Vec<usize> {
        let all = before.statements.iter().enumerate();
        all.filter(|(_, one)| same(one) && wanted(one)).map(|(number, _)| number).collect()
    };
    let all = number(&|_| true);
    let named = number(&|one| one.name == copy.name);
    let placed = number(&|one| one.span == copy.span);
    match (all.as_slice(), named.as_slice(), placed.as_slice()) {
        ([], ..) => Err(malformed(CHANGE, format!("{} is no copy", copy.name))),
        ([one], ..) | (_, [one], _) | (_, _, [one]) => Ok(*one),
        _ => Err(Doubt::Ambiguous.into()),
    }
}
