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

/// The statement that another one is a copy of. Where several do the same, the one of the same name; or of those of
/// the same place in the file the one with most of the copy's conditions. A guess, which the proof tells from wrong
/// ones.
fn origin(before: &Program, copy: &Statement) -> Result<usize, Stop> {
    let same = |one: &Statement| {
        one.body == copy.body
            && one.write == copy.write
            && one.reads == copy.reads
            && one.iterators == copy.iterators
    };
    let all: Vec<(usize, &Statement)> =
        before.statements.iter().enumerate().filter(|(_, one)| same(one)).collect();
    match all.as_slice() {
        [] => return Err(malformed(CHANGE, format!("{} is no copy", copy.name))),
        [(one, _)] => return Ok(*one),
        _ => {}
    }
    if let Some((one, _)) = all.iter().find(|(_, one)| one.name == copy.name) {
        return Ok(*one);
    }
    let common = |one: &Statement| {
        one.domain.iter().all(|row| copy.domain.contains(row)).then_some(one.domain.len())
    };
    let near = all.iter().filter(|(_, one)| one.span == copy.span);
    let near = near.filter_map(|(number, one)| Some((common(one)?, *number)));
    let (most, number) = near.clone().max().ok_or(Doubt::Ambiguous)?;
    let alone = near.filter(|(count, _)| *count == most).count() == 1;
    if alone { Ok(number) } else { Err(Doubt::Ambiguous.into()) }
}
