//! C1: each instance runs exactly once.

use super::rows::{composed_row, negations};
use super::scope::Scope;
use super::tree::Occurrence;
use super::{Form, Questions, Stop, Tree};
use crate::{Doubt, InstanceWitness, Refutation};
use loopwright_ir::Program;

pub(crate) fn prove(program: &Program, tree: &Tree, questions: &mut Questions) -> Result<(), Stop> {
    for (position, occurrence) in tree.occurrences.iter().enumerate() {
        belongs(program, tree, occurrence, questions)?;
        if !independent(&occurrence.iterators, tree.parameters, occurrence.place.loops.len()) {
            differs_from_itself(program, tree, occurrence, questions)?;
        }
        for (_, other) in tree.of(occurrence.statement).filter(|(other, _)| *other > position) {
            differs(program, tree, occurrence, other, questions)?;
        }
    }
    (0..tree.sources.len()).try_for_each(|statement| all_run(program, tree, statement, questions))
}

fn witness(
    program: &Program,
    tree: &Tree,
    occurrence: &Occurrence,
    point: &[i64],
) -> InstanceWitness {
    let values = occurrence.iterators.iter().map(|form| form.value(point).unwrap_or(0));
    let parameters = point.get(..tree.parameters).unwrap_or_default();
    InstanceWitness::new(program, occurrence.statement, &values.collect::<Vec<_>>(), parameters)
}

/// What the node runs are instances of the statement.
fn belongs(
    program: &Program,
    tree: &Tree,
    occurrence: &Occurrence,
    questions: &mut Questions,
) -> Result<(), Stop> {
    let Some(source) = tree.sources.get(occurrence.statement) else { return Ok(()) };
    let part = &occurrence.place.part;
    let width = tree.parameters + occurrence.place.loops.len();
    for row in &source.domain {
        let row = composed_row(row, tree.parameters, &occurrence.iterators)?;
        for broken in negations(&row)? {
            if let Some(point) = questions.point(width, &[part], &[broken])? {
                return Err(Refutation::Foreign(witness(program, tree, occurrence, &point)).into());
            }
        }
    }
    Ok(())
}

/// Whether different loop variables always give different iterators: whether the columns of the loop
/// variables are linearly independent.
fn independent(iterators: &[Form], parameters: usize, depth: usize) -> bool {
    let mut rows: Vec<Vec<i128>> = iterators
        .iter()
        .map(|form| (0..depth).map(|at| i128::from(form.coefficient(parameters + at))).collect())
        .collect();
    for column in 0..depth {
        let entry = |row: &[i128]| row.get(column).copied().unwrap_or(0);
        let Some(found) = rows.iter().position(|row| entry(row) != 0) else { return false };
        let pivot = rows.swap_remove(found);
        let factor = entry(&pivot);
        for row in &mut rows {
            let own = entry(row);
            for (left, right) in row.iter_mut().zip(&pivot) {
                let products = left.checked_mul(factor).zip(right.checked_mul(own));
                match products.and_then(|(left, right)| left.checked_sub(right)) {
                    Some(value) => *left = value,
                    None => return false,
                }
            }
        }
    }
    true
}

/// No two executions of one node are the same instance.
fn differs_from_itself(
    program: &Program,
    tree: &Tree,
    occurrence: &Occurrence,
    questions: &mut Questions,
) -> Result<(), Stop> {
    let depth = occurrence.place.loops.len();
    let first = Scope::new(tree.parameters, 0, &occurrence.place);
    let second = Scope::new(tree.parameters, depth, &occurrence.place);
    let mut rows = same_instance(occurrence, &first, occurrence, &second)?;
    for level in 0..depth {
        let (left, right) = (first.variable(level), second.variable(level));
        rows.push(right.above(&left)?);
        let width = tree.parameters + 2 * depth;
        if let Some(point) = questions.point(width, &[&first.part, &second.part], &rows)? {
            return Err(Refutation::Repeated(witness(program, tree, occurrence, &point)).into());
        }
        rows.pop();
        rows.push(right.equals(&left)?);
    }
    Ok(())
}

/// No instance runs in two nodes.
fn differs(
    program: &Program,
    tree: &Tree,
    occurrence: &Occurrence,
    other: &Occurrence,
    questions: &mut Questions,
) -> Result<(), Stop> {
    let first = Scope::new(tree.parameters, 0, &occurrence.place);
    let second = Scope::new(tree.parameters, first.depth, &other.place);
    let rows = same_instance(occurrence, &first, other, &second)?;
    let width = tree.parameters + first.depth + second.depth;
    match questions.point(width, &[&first.part, &second.part], &rows)? {
        Some(point) => Err(Refutation::Repeated(witness(program, tree, occurrence, &point)).into()),
        None => Ok(()),
    }
}

fn same_instance(
    left: &Occurrence,
    first: &Scope,
    right: &Occurrence,
    second: &Scope,
) -> Result<Vec<loopwright_isl::ConstraintRow>, Doubt> {
    let pairs = left.iterators.iter().zip(&right.iterators);
    pairs.map(|(left, right)| first.form(left).equals(&second.form(right))).collect()
}

/// Every instance of the statement runs in some node.
fn all_run(
    program: &Program,
    tree: &Tree,
    statement: usize,
    questions: &mut Questions,
) -> Result<(), Stop> {
    let Some(source) = tree.sources.get(statement) else { return Ok(()) };
    let width = tree.parameters + source.depth;
    let mut pieces = Vec::new();
    for (_, occurrence) in tree.of(statement) {
        let scope = Scope::new(tree.parameters, source.depth, &occurrence.place);
        let mut rows = scope.part.always.clone();
        for (depth, iterator) in occurrence.iterators.iter().enumerate() {
            let own = Form::column(tree.parameters + depth);
            rows.push(own.equals(&scope.form(iterator))?);
        }
        let columns = width + scope.depth;
        if scope.part.cases.is_empty() {
            pieces.push((columns, rows));
        } else {
            let case = |case: &Vec<_>| (columns, [rows.as_slice(), case].concat());
            pieces.extend(scope.part.cases.iter().map(case));
        }
    }
    if let Some(point) = questions.uncovered(width, &source.domain, &pieces)? {
        let (parameters, iterators) = point.split_at(tree.parameters.min(point.len()));
        let missing = InstanceWitness::new(program, statement, iterators, parameters);
        return Err(Refutation::Missing(missing).into());
    }
    Ok(())
}
