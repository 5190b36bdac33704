//! C4f: the storage of an expanded array lives as long as its values are read.

use super::order::{levels, same_element};
use super::rows::{composed_row, moved_row};
use super::scope::Scope;
use super::tree::{Occurrence, Source};
use super::{Questions, Stop, Tree};
use crate::Refutation;
use loopwright_ir::{ArrayId, Program};
use loopwright_isl::ConstraintRow;

/// Proves it for all expanded arrays. That accesses are in copies at all is asked of the structure.
pub(crate) fn prove(program: &Program, tree: &Tree, questions: &mut Questions) -> Result<(), Stop> {
    for (writer, first) in tree.sources.iter().enumerate() {
        for (reader, second) in tree.sources.iter().enumerate() {
            for flow in flows(program, tree, first, second)? {
                for (_, one) in tree.of(writer) {
                    for (_, other) in tree.of(reader) {
                        together(program, tree, &flow, [one, other], questions)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Instances that write an element, and later ones that read it, at one level of the source's order.
struct Flow {
    array: usize,
    /// Over the parameters, the first statement's iterators and the second's.
    rows: Vec<ConstraintRow>,
}

/// The flows of expanded arrays from one statement to another.
fn flows(
    program: &Program,
    tree: &Tree,
    first: &Source,
    second: &Source,
) -> Result<Vec<Flow>, Stop> {
    let parameters = tree.parameters;
    let mut found = Vec::new();
    for left in first.elements.iter().filter(|element| element.written) {
        for right in second.elements.iter().filter(|element| element.read) {
            if left.array != right.array || !program.is_expanded(ArrayId(left.array)) {
                continue;
            }
            let mut base = first.domain.clone();
            base.extend(second.domain.iter().map(|row| moved_row(row, parameters, first.depth)));
            base.extend(same_element(left, right, parameters, first.depth)?);
            for level in levels(first, second, parameters)? {
                let rows = [base.as_slice(), &level].concat();
                found.push(Flow { array: left.array, rows });
            }
        }
    }
    Ok(found)
}

/// Both executions are in the same execution of the pack node.
fn together(
    program: &Program,
    tree: &Tree,
    flow: &Flow,
    [first, second]: [&Occurrence; 2],
    questions: &mut Questions,
) -> Result<(), Stop> {
    let left = Scope::new(tree.parameters, 0, &first.place);
    let right = Scope::new(tree.parameters, left.depth, &second.place);
    let iterators = [left.forms(&first.iterators), right.forms(&second.iterators)].concat();
    let composed = flow.rows.iter().map(|row| composed_row(row, tree.parameters, &iterators));
    let mut rows: Vec<ConstraintRow> = composed.collect::<Result<_, _>>()?;
    let width = tree.parameters + left.depth + right.depth;
    let parts = [&left.part, &right.part];
    let refuted = || -> Stop {
        let array = program.arrays.get(flow.array).map(|array| array.name.clone());
        Refutation::NotFilled { array: array.unwrap_or_default() }.into()
    };
    let storage = |occurrence: &Occurrence| {
        let holds = |at: &usize| tree.copies.get(*at).is_some_and(|copy| copy.array == flow.array);
        occurrence.inside.iter().copied().find(holds)
    };
    let (own, other) = (storage(first), storage(second));
    let copy = own.filter(|_| own == other).and_then(|at| tree.copies.get(at));
    let Some(copy) = copy else {
        return match questions.point(width, &parts, &rows)? {
            Some(_) => Err(refuted()),
            None => Ok(()),
        };
    };
    for depth in 0..copy.place.loops.len() {
        let (own, other) = (left.variable(depth), right.variable(depth));
        for apart in [own.above(&other)?, other.above(&own)?] {
            rows.push(apart);
            if questions.point(width, &parts, &rows)?.is_some() {
                return Err(refuted());
            }
            rows.pop();
        }
    }
    Ok(())
}
