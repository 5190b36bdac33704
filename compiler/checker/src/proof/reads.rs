//! C4g: what is read from a copy for some reads was not written since it was made.

use super::order::{levels, same_element};
use super::rows::{composed_row, moved_row};
use super::scope::Scope;
use super::tree::{Copying, Element, Occurrence, ReadsOf};
use super::{Questions, Stop, Tree};
use crate::Refutation;
use loopwright_ir::Program;
use loopwright_isl::ConstraintRow;

/// Proves it for one pack node.
pub(crate) fn prove(
    program: &Program,
    tree: &Tree,
    (position, copying): (usize, &Copying),
    reads: &ReadsOf,
    questions: &mut Questions,
) -> Result<(), Stop> {
    let Some(reader) = tree.sources.get(reads.statement) else { return Ok(()) };
    let elements = reader.elements.iter().filter(|element| copying.takes(reads.statement, element));
    for read in elements {
        for (writer, source) in tree.sources.iter().enumerate() {
            let written = source.elements.iter();
            for write in written.filter(|one| one.written && one.array == copying.array) {
                let flows = flows(tree, [writer, reads.statement], [write, read])?;
                let inside = |statement| {
                    let all = tree.of(statement).map(|(_, occurrence)| occurrence);
                    all.filter(|occurrence: &&Occurrence| occurrence.inside.contains(&position))
                };
                for (first, second) in inside(writer)
                    .flat_map(|first| inside(reads.statement).map(move |second| (first, second)))
                {
                    for rows in &flows {
                        apart(program, tree, copying, rows, [first, second], questions)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// The instances that write an element, and the later ones that read it, for each level of the source's
/// order: over the parameters, the writing statement's iterators and the reading one's.
fn flows(
    tree: &Tree,
    [writer, reader]: [usize; 2],
    [write, read]: [&Element; 2],
) -> Result<Vec<Vec<ConstraintRow>>, Stop> {
    let (Some(first), Some(second)) = (tree.sources.get(writer), tree.sources.get(reader)) else {
        return Ok(Vec::new());
    };
    let parameters = tree.parameters;
    let mut base = first.domain.clone();
    base.extend(second.domain.iter().map(|row| moved_row(row, parameters, first.depth)));
    base.extend(same_element(write, read, parameters, first.depth)?);
    let levels = levels(first, second, parameters)?;
    Ok(levels.iter().map(|level| [base.as_slice(), level].concat()).collect())
}

/// Both executions are never in the same execution of the pack node.
fn apart(
    program: &Program,
    tree: &Tree,
    copying: &Copying,
    flow: &[ConstraintRow],
    [first, second]: [&Occurrence; 2],
    questions: &mut Questions,
) -> Result<(), Stop> {
    let left = Scope::new(tree.parameters, 0, &first.place);
    let right = Scope::new(tree.parameters, left.depth, &second.place);
    let iterators = [left.forms(&first.iterators), right.forms(&second.iterators)].concat();
    let composed = flow.iter().map(|row| composed_row(row, tree.parameters, &iterators));
    let mut rows: Vec<ConstraintRow> = composed.collect::<Result<_, _>>()?;
    for depth in 0..copying.place.loops.len() {
        rows.push(left.variable(depth).equals(&right.variable(depth))?);
    }
    let width = tree.parameters + left.depth + right.depth;
    if questions.point(width, &[&left.part, &right.part], &rows)?.is_none() {
        return Ok(());
    }
    let array = program.arrays.get(copying.array).map(|array| array.name.clone());
    Err(Refutation::OutdatedCopy { array: array.unwrap_or_default() }.into())
}
