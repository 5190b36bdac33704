//! An affine scheduler: orders of several statements in one permutable band, from exact dependences.
//!
//! It answers for every group of statements within a bounded effort, with no rows where there are none.

mod distance;
mod solve;

use crate::{Base, Draft};
use distance::Pairs;
use loopwright_analysis::ConstraintRow;
use loopwright_ir::{Access, Affine, Node, Statement, StatementId, Variable};
use solve::{Group, Row};

/// A group has at most so many statements.
const MOST_STATEMENTS: usize = 12;
/// A statement has at most so many loops around it.
const DEEPEST: usize = 6;
/// A group has at most so many dependences.
const MOST_DEPENDENCES: usize = 400;
/// How many partial assignments are looked at for one row.
const EFFORT: usize = 60_000;

/// The draft with the statements of some of the outermost loops, which no step has touched, in one band; everything
/// else stays.
pub fn banded(draft: &Draft, roots: &[usize]) -> Option<Draft> {
    let base = &draft.base;
    let original = base.original();
    let mut statements: Vec<StatementId> = Vec::new();
    for root in roots {
        collect(original.tree.roots.get(*root)?, &mut statements);
    }
    let parts = entries(base, statements, None)?;
    let mut next = draft.clone();
    next.text(&format!("affine({})", parts.join("; ")))?;
    next.is_legal().then_some(next)
}

/// The draft with components of an outermost loop's statements one behind the other, each in a band where there is
/// one, otherwise in its own loops.
pub fn banded_components(
    draft: &Draft,
    root: usize,
    components: &[Vec<StatementId>],
) -> Option<Draft> {
    let base = &draft.base;
    let mut inside = Vec::new();
    collect(base.original().tree.roots.get(root)?, &mut inside);
    if inside.len() > MOST_STATEMENTS {
        return None;
    }
    let mut parts = Vec::new();
    for (number, component) in components.iter().enumerate() {
        match component.as_slice() {
            [single] => {
                let statement = base.program.statement(*single);
                let loops = statement.iterators.iter().map(|iterator| iterator.name.clone());
                let row: Vec<String> = std::iter::once(number.to_string()).chain(loops).collect();
                parts.push(format!("{}: [{}]", statement.name, row.join(", ")));
            }
            several => parts.extend(entries(base, several.to_vec(), Some(number))?),
        }
    }
    let mut next = draft.clone();
    next.text(&format!("affine({})", parts.join("; ")))?;
    next.is_legal().then_some(next)
}

/// What the step says of each of some statements in one band, behind a number if one is given.
fn entries(
    base: &Base,
    statements: Vec<StatementId>,
    number: Option<usize>,
) -> Option<Vec<String>> {
    if statements.is_empty() || statements.len() > MOST_STATEMENTS {
        return None;
    }
    let program = &base.program;
    let depths: Vec<usize> =
        statements.iter().map(|id| program.statement(*id).iterators.len()).collect();
    let many = base.dependences.distinct().filter(|one| statements.contains(&one.source)).count();
    if depths.iter().any(|depth| *depth > DEEPEST) || many > MOST_DEPENDENCES {
        return None;
    }
    let contiguous = statements
        .iter()
        .map(|id| {
            let last = program.statement(*id).write.subscripts.last()?;
            let moves = |at: &usize| last.coefficient(iterator(*at)).abs() == 1;
            // A vector says nothing of how a matrix lies.
            let flat = program.statement(*id).write.subscripts.len() < 2;
            (0..program.statement(*id).iterators.len()).rev().find(|at| !flat && moves(at))
        })
        .collect();
    let shared = shared_reads(base, &statements);
    let dependences = base.dependences.distinct();
    let group = Group::new(statements, depths, contiguous, dependences, shared, EFFORT);
    let rows = group.band();
    let deepest = group.depths.iter().copied().max().unwrap_or(0);
    if rows.len() < deepest || rows.len() < 2 {
        return None;
    }
    let order = in_text(&group, &rows)?;
    Some(text(base, &group, &rows, &order, number))
}

fn iterator(depth: usize) -> Variable {
    Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX))
}

/// Pairs of instances of statements that do not depend on each other and read the same element of a matrix.
fn shared_reads(base: &Base, statements: &[StatementId]) -> Vec<(StatementId, StatementId, Pairs)> {
    let program = &base.program;
    let independent = |one: StatementId, other: StatementId| {
        base.dependences.distinct().all(|known| {
            (known.source, known.destination) != (one, other)
                && (known.source, known.destination) != (other, one)
        })
    };
    let mut all = Vec::new();
    for (position, from) in statements.iter().enumerate() {
        for to in statements.iter().skip(position + 1).filter(|to| independent(*from, **to)) {
            let (source, destination) = (program.statement(*from), program.statement(*to));
            for read in &source.reads {
                let alike = destination.reads.iter().filter(|other| other.array == read.array);
                for other in alike.filter(|other| other.subscripts.len() > 1) {
                    all.extend(
                        meeting(source, read, destination, other).map(|pairs| (*from, *to, pairs)),
                    );
                }
            }
        }
    }
    all
}

/// The pairs of instances whose accesses meet.
fn meeting(from: &Statement, read: &Access, to: &Statement, other: &Access) -> Option<Pairs> {
    let (first, second) = (from.iterators.len(), to.iterators.len());
    let row = |affine: &Affine, offset: usize, sign: i64, row: &mut ConstraintRow| {
        for (variable, coefficient) in affine.terms() {
            let Variable::Iterator(depth) = variable else { return None };
            *row.coefficients.get_mut(offset + *depth as usize)? += sign * coefficient;
        }
        row.constant += sign * affine.constant_term();
        Some(())
    };
    let empty =
        |equality| ConstraintRow { coefficients: vec![0; first + second], constant: 0, equality };
    let mut rows = Vec::new();
    for (statement, offset) in [(from, 0), (to, first)] {
        for constraint in &statement.domain {
            let mut one = empty(constraint.equality);
            row(&constraint.affine, offset, 1, &mut one)?;
            rows.push(one);
        }
    }
    for (left, right) in read.subscripts.iter().zip(&other.subscripts) {
        let mut one = empty(true);
        row(left, 0, 1, &mut one)?;
        row(right, first, -1, &mut one)?;
        rows.push(one);
    }
    Some(rows.into())
}

fn collect(node: &Node, statements: &mut Vec<StatementId>) {
    match node {
        Node::Leaf(leaf) => statements.push(leaf.statement),
        Node::Loop(inner) => inner.body.iter().for_each(|child| collect(child, statements)),
    }
}

/// The order of the statements within one point of the band: what may depend on what there comes later.
fn in_text(group: &Group, rows: &[Row]) -> Option<Vec<usize>> {
    let count = group.statements.len();
    let mut after = vec![Vec::new(); count];
    for (from, to, apart) in group.kept_apart(rows) {
        if !apart && from != to {
            after.get_mut(from)?.push(to);
        }
    }
    // Kahn's algorithm, the first in the text first.
    let mut order: Vec<usize> = Vec::new();
    while order.len() < count {
        let free = (0..count).find(|one| {
            !order.contains(one)
                && (0..count).all(|other| {
                    order.contains(&other)
                        || other == *one
                        || !after.get(other).is_some_and(|list| list.contains(one))
                })
        })?;
        order.push(free);
    }
    Some(order)
}

/// What the step says of each statement.
fn text(
    base: &Base,
    group: &Group,
    rows: &[Row],
    order: &[usize],
    number: Option<usize>,
) -> Vec<String> {
    let mut parts = Vec::new();
    for (position, id) in group.statements.iter().enumerate() {
        let statement = base.program.statement(*id);
        let mut entries: Vec<String> = rows
            .iter()
            .map(|row| {
                let mut terms: Vec<String> = Vec::new();
                let coefficients = row.coefficients.get(position).cloned().unwrap_or_default();
                for (iterator, coefficient) in statement.iterators.iter().zip(coefficients) {
                    match coefficient {
                        0 => {}
                        1 => terms.push(iterator.name.clone()),
                        factor => terms.push(format!("{factor}*{}", iterator.name)),
                    }
                }
                let shift = row.shifts.get(position).copied().unwrap_or(0);
                if shift != 0 || terms.is_empty() {
                    terms.push(shift.to_string());
                }
                terms.join(" + ")
            })
            .collect();
        if let Some(number) = number {
            entries.insert(0, number.to_string());
        }
        if group.statements.len() > 1 {
            let place = order.iter().position(|one| *one == position).unwrap_or(0);
            entries.push(place.to_string());
        }
        parts.push(format!("{}: [{}]", statement.name, entries.join(", ")));
    }
    parts
}
