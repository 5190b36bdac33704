//! C2: every dependence keeps its order.

use super::rows::{composed_row, moved_row};
use super::scope::Scope;
use super::tree::{Element, Occurrence, Source};
use super::{Form, Questions, Stop, Tree};
use crate::refutation::Lost;
use crate::{Doubt, InstanceWitness, Refutation};
use loopwright_ir::{Mark, Program};
use loopwright_isl::ConstraintRow;

/// Proves C2 and says how many dependences there are.
pub(crate) fn prove(
    program: &Program,
    tree: &Tree,
    questions: &mut Questions,
) -> Result<usize, Stop> {
    prove_but(program, tree, questions, &|_, _, _| false)
}

/// Which dependences are left out: those between two statements because of an array, where both or only one of them
/// write the element.
pub(crate) type Skipped<'a> = &'a dyn Fn([usize; 2], usize, bool) -> bool;

/// Proves C2 for all dependences but some.
pub(crate) fn prove_but(
    program: &Program,
    tree: &Tree,
    questions: &mut Questions,
    skipped: Skipped<'_>,
) -> Result<usize, Stop> {
    let mut count = 0;
    for first in 0..tree.sources.len() {
        for second in 0..tree.sources.len() {
            count += pair(program, tree, [first, second], questions, skipped)?;
        }
    }
    Ok(count)
}

/// A dependence between two statements at one level of the original order.
struct Dependence {
    statements: [usize; 2],
    array: usize,
    /// Over the parameters, the first statement's iterators and the second's.
    rows: Vec<ConstraintRow>,
}

fn pair(
    program: &Program,
    tree: &Tree,
    statements: [usize; 2],
    questions: &mut Questions,
    skipped: Skipped<'_>,
) -> Result<usize, Stop> {
    let [Some(first), Some(second)] = statements.map(|statement| tree.sources.get(statement))
    else {
        return Ok(0);
    };
    let parameters = tree.parameters;
    let mut count = 0;
    for left in &first.elements {
        for right in &second.elements {
            if left.array != right.array || !(left.written || right.written) {
                continue;
            }
            if skipped(statements, left.array, left.written && right.written) {
                continue;
            }
            let mut base = first.domain.clone();
            let moved = |row: &ConstraintRow| moved_row(row, parameters, first.depth);
            base.extend(second.domain.iter().map(moved));
            base.extend(same_element(left, right, parameters, first.depth)?);
            for level in levels(first, second, parameters)? {
                let rows = [base.as_slice(), &level].concat();
                let width = parameters + first.depth + second.depth;
                if questions.point(width, &[], &rows)?.is_some() {
                    count += 1;
                    let dependence = Dependence { statements, array: left.array, rows };
                    kept(program, tree, &dependence, questions)?;
                }
            }
        }
    }
    Ok(count)
}

pub(super) fn same_element(
    left: &Element,
    right: &Element,
    parameters: usize,
    offset: usize,
) -> Result<Vec<ConstraintRow>, Doubt> {
    let pairs = left.subscripts.iter().zip(&right.subscripts);
    pairs.map(|(left, right)| left.equals(&right.moved(parameters, offset))).collect()
}

/// The ways in which an instance of the first statement comes before one of the second in the source.
pub(super) fn levels(
    first: &Source,
    second: &Source,
    parameters: usize,
) -> Result<Vec<Vec<ConstraintRow>>, Doubt> {
    let pairs = first.loops.iter().zip(&second.loops);
    let common = pairs.take_while(|(left, right)| left == right).count();
    let mut levels = Vec::new();
    let mut equal = Vec::new();
    for depth in 0..common {
        let left = Form::column(parameters + depth);
        let right = Form::column(parameters + first.depth + depth);
        let mut rows = equal.clone();
        rows.push(right.above(&left)?);
        levels.push(rows);
        equal.push(right.equals(&left)?);
    }
    if first.position < second.position {
        levels.push(equal);
    }
    Ok(levels)
}

/// The dependence keeps its order wherever its two statements stand.
fn kept(
    program: &Program,
    tree: &Tree,
    dependence: &Dependence,
    questions: &mut Questions,
) -> Result<(), Stop> {
    let [source, destination] = dependence.statements;
    for (before, first) in tree.of(source) {
        for (after, second) in tree.of(destination) {
            let left = Scope::new(tree.parameters, 0, &first.place);
            let right = Scope::new(tree.parameters, left.depth, &second.place);
            let iterators = [left.forms(&first.iterators), right.forms(&second.iterators)].concat();
            let rows: Vec<_> = dependence
                .rows
                .iter()
                .map(|row| composed_row(row, tree.parameters, &iterators))
                .collect::<Result<_, _>>()?;
            let width = tree.parameters + left.depth + right.depth;
            for (violation, lost) in violations(first, &left, second, &right, after < before)? {
                let rows = [rows.as_slice(), &violation].concat();
                let parts = [&left.part, &right.part];
                if let Some(point) = questions.point(width, &parts, &rows)? {
                    let parameters = point.get(..tree.parameters).unwrap_or_default();
                    let values: Vec<i64> =
                        iterators.iter().map(|form| form.value(&point).unwrap_or(0)).collect();
                    let (one, two) = values.split_at(first.iterators.len().min(values.len()));
                    let array = program.arrays.get(dependence.array);
                    return Err(Refutation::Misordered {
                        first: Box::new(InstanceWitness::new(program, source, one, parameters)),
                        second: Box::new(InstanceWitness::new(
                            program,
                            destination,
                            two,
                            parameters,
                        )),
                        array: array.map(|array| array.name.clone()).unwrap_or_default(),
                        lost,
                    }
                    .into());
                }
            }
        }
    }
    Ok(())
}

type Violation = (Vec<ConstraintRow>, Lost);

/// The ways in which an execution of the first node does not surely come before one of the second
/// (the relation of the crate's text, negated); `textually_after` says that the second node stands
/// before the first in the text.
fn violations(
    first: &Occurrence,
    left: &Scope,
    second: &Occurrence,
    right: &Scope,
    textually_after: bool,
) -> Result<Vec<Violation>, Doubt> {
    let mut violations = Vec::new();
    // What lets the decision go on to the next loop inside.
    let mut passed: Vec<ConstraintRow> = Vec::new();
    for depth in 0..first.place.common(&second.place) {
        let (own, other) = (left.variable(depth), right.variable(depth));
        let mark = first.place.loops.get(depth).map(|around| around.mark).unwrap_or_default();
        let unordered = matches!(mark, Mark::Parallel | Mark::Vector { .. });
        let lost = if unordered { Lost::Unordered } else { Lost::Reversed };
        violations.push(([passed.as_slice(), &[own.above(&other)?]].concat(), lost));
        if unordered {
            violations.push(([passed.as_slice(), &[other.above(&own)?]].concat(), lost));
        }
        if mark == Mark::Pipelined {
            // Its body is one parallel loop, in which the first of the two is further ahead.
            let mut rows = vec![other.above(&own)?];
            if depth + 1 < first.place.common(&second.place) {
                rows.push(left.variable(depth + 1).above(&right.variable(depth + 1))?);
            }
            violations.push(([passed.as_slice(), &rows].concat(), Lost::Unordered));
        }
        if mark == Mark::Doacross {
            // Its body is one loop, which in the second has not reached the first one's iteration.
            let mut rows = vec![other.above(&own)?];
            if depth + 1 < first.place.common(&second.place) {
                rows.push(own.above(&right.variable(depth + 1))?);
            }
            violations.push(([passed.as_slice(), &rows].concat(), Lost::Unordered));
        }
        match mark {
            Mark::UnrollJam { factor } if factor > 1 => {
                passed.push(other.at_least(&own)?);
                passed.push(own.plus_constant(i64::from(factor) - 1)?.at_least(&other)?);
            }
            _ => passed.push(other.equals(&own)?),
        }
    }
    if textually_after {
        violations.push((passed, Lost::Reversed));
    }
    Ok(violations)
}
