//! Scalars that stand for an array's element while it is being computed.
//!
//! ```text
//! w = A[i][j];                              A[i][j] -= A[i][k] * A[k][j];   (for all k)
//! for (k = 0; k < j; k++)             →     A[i][j] = A[i][j] / A[j][j];
//!   w -= A[i][k] * A[k][j];
//! A[i][j] = w / A[j][j];
//! ```
//! One `w` for all elements puts all of them into one order; the element itself does not, and while a loop
//! runs code generation keeps it in a register anyway. So before anything is scheduled, the scalar is
//! replaced by the element that takes its last value, and assignments of an element to itself go.
//!
//! A *web* is a stretch of one sequence that begins with a statement that only writes the scalar and ends
//! with one that only reads it and writes the element `Z[f]`. The scalar is replaced when all of its
//! accesses are in webs, nothing outside of the region sees it, and in each web
//!
//! - the first and the last statement run in the same iterations, and what is between only in those,
//! - the scalar and the element are of one type, so that values are rounded alike, and
//! - nothing else that runs after the first statement's reads and before the last one's write, the last
//!   one's reads included, accesses `Z[f]`: for each access `Z[g]` there is no instance with `g = f`.
//!
//! Then every read of `Z[f]` in the new web finds what it found in the scalar, and nobody else notices. Arrays
//! that overlap each other would, so it is done only to a program whose arrays are distinct.

use loopwright_analysis::{Polyhedron, Row};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, ArrayId, Constraint, Expression, Program, SourceNode, Statement, StatementId,
    Variable,
};

/// The program without the scalars that stand for elements of arrays.
pub fn forward_scalars(program: &Program) -> Program {
    let mut result = program.clone();
    let mut changed = Vec::new();
    for (position, array) in program.arrays.iter().enumerate() {
        let scalar = ArrayId(position);
        if !array.extents.is_empty() || array.live_outside {
            continue;
        }
        let mut webs = Vec::new();
        if collect(&result, scalar, &result.order, &mut webs).is_none() {
            continue;
        }
        for web in webs {
            for id in &web.members {
                if let Some(statement) = result.statements.get_mut(id.0) {
                    let accesses =
                        std::iter::once(&mut statement.write).chain(&mut statement.reads);
                    for access in accesses.filter(|access| access.array == scalar) {
                        access.clone_from(&web.element);
                    }
                    changed.push(*id);
                }
            }
        }
    }
    changed.retain(|id| result.statements.get(id.0).is_some_and(changes_nothing));
    without(&result, &changed)
}

/// A web: the statements that access the scalar, and the element that takes its place.
struct Web {
    members: Vec<StatementId>,
    element: Access,
}

/// Finds the webs of a scalar in a sequence and the loops inside; `None` where an access is in none.
fn collect(
    program: &Program,
    scalar: ArrayId,
    nodes: &[SourceNode],
    webs: &mut Vec<Web>,
) -> Option<()> {
    // The first and last position of the web at hand.
    let mut open: Option<(usize, usize)> = None;
    let close = |open: Option<(usize, usize)>, webs: &mut Vec<Web>| {
        if let Some((first, last)) = open {
            webs.push(web(program, scalar, nodes.get(first..=last)?)?);
        }
        Some(())
    };
    for (position, node) in nodes.iter().enumerate() {
        if !statements_of(node).iter().any(|id| accesses(program, *id, scalar)) {
            continue;
        }
        match node {
            SourceNode::Statement(id)
                if writes(program, *id, scalar) && !reads(program, *id, scalar) =>
            {
                close(open.replace((position, position)), webs)?;
                continue;
            }
            SourceNode::Loop(inner) => {
                let mut inside = Vec::new();
                if collect(program, scalar, &inner.body, &mut inside).is_some() {
                    close(open.take(), webs)?;
                    webs.append(&mut inside);
                    continue;
                }
            }
            SourceNode::Statement(_) => {}
        }
        open.as_mut()?.1 = position;
    }
    close(open, webs)
}

/// The web that these nodes are, if they are one.
fn web(program: &Program, scalar: ArrayId, nodes: &[SourceNode]) -> Option<Web> {
    let (Some(SourceNode::Statement(first)), Some(SourceNode::Statement(last))) =
        (nodes.first(), nodes.last())
    else {
        return None;
    };
    let [begin, end] = [first, last].map(|id| program.statements.get(id.0));
    let (begin, end) = (begin?, end?);
    let element = &end.write;
    let ids: Vec<_> = nodes.iter().flat_map(statements_of).collect();
    let members: Vec<_> = ids.iter().copied().filter(|id| accesses(program, *id, scalar)).collect();
    let same_type =
        program.arrays.get(scalar.0)?.element == program.arrays.get(element.array.0)?.element;
    let ends = element.array != scalar && reads(program, *last, scalar);
    if first == last || !ends || !same_type || element.subscripts.is_empty() {
        return None;
    }
    let within = |inner: &Statement, outer: &Statement| {
        planted(Fault::ForwardGuard)
            || outer.domain.iter().all(|constraint| inner.domain.contains(constraint))
    };
    if !within(begin, end) {
        return None;
    }
    for id in &ids {
        let statement = program.statements.get(id.0)?;
        if !within(statement, begin) && members.contains(id) {
            return None;
        }
        // What the first statement reads it reads before it writes; the last one writes at the end.
        let read = if id == first { &[] } else { statement.reads.as_slice() };
        let written = if id == last { None } else { Some(&statement.write) };
        let clashes = |access: &Access| {
            access.array == element.array
                && !planted(Fault::ForwardClash)
                && !is_other(program, statement, access, element)
        };
        if read.iter().chain(written).any(clashes) {
            return None;
        }
    }
    Some(Web { members, element: element.clone() })
}

/// Whether an access is proved to be to another element wherever the statement runs. The element's
/// subscripts are over outer loops, which both have.
fn is_other(program: &Program, statement: &Statement, access: &Access, element: &Access) -> bool {
    let parameters = program.parameters.len();
    let columns = parameters + statement.iterators.len();
    let row = |affine: &Affine, equality: bool| {
        let mut coefficients = vec![0; columns];
        for &(variable, coefficient) in affine.terms() {
            let at = match variable {
                Variable::Parameter(position) => position as usize,
                Variable::Iterator(depth) => parameters + depth as usize,
                Variable::Loop(_) => return None,
            };
            *coefficients.get_mut(at)? = coefficient;
        }
        Some(Row { coefficients, constant: affine.constant_term(), equality })
    };
    // A row that cannot be expressed is left out, which proves less.
    let known = |constraint: &Constraint| row(&constraint.affine, constraint.equality);
    let domain = statement.domain.iter().chain(&program.context).filter_map(known);
    let equal = access
        .subscripts
        .iter()
        .zip(&element.subscripts)
        .filter_map(|(left, right)| row(&(left - right), true));
    Polyhedron::new(columns, domain.chain(equal)).is_empty()
}

fn statements_of(node: &SourceNode) -> Vec<StatementId> {
    match node {
        SourceNode::Statement(id) => vec![*id],
        SourceNode::Loop(inner) => inner.body.iter().flat_map(statements_of).collect(),
    }
}

fn writes(program: &Program, id: StatementId, array: ArrayId) -> bool {
    program.statements.get(id.0).is_some_and(|statement| statement.write.array == array)
}

fn reads(program: &Program, id: StatementId, array: ArrayId) -> bool {
    let statement = program.statements.get(id.0);
    statement.is_some_and(|statement| statement.reads.iter().any(|read| read.array == array))
}

fn accesses(program: &Program, id: StatementId, array: ArrayId) -> bool {
    writes(program, id, array) || reads(program, id, array)
}

/// Whether a statement gives an element the value that it has.
fn changes_nothing(statement: &Statement) -> bool {
    match &statement.body {
        Expression::Read { position, .. } => {
            statement.reads.get(*position) == Some(&statement.write)
        }
        _ => false,
    }
}

/// The program without some statements; the others keep their names.
fn without(program: &Program, gone: &[StatementId]) -> Program {
    if gone.is_empty() {
        return program.clone();
    }
    let mut result = program.clone();
    result.statements.clear();
    let mut places = Vec::with_capacity(program.statements.len());
    for (position, statement) in program.statements.iter().enumerate() {
        places.push(StatementId(result.statements.len()));
        if !gone.contains(&StatementId(position)) {
            result.statements.push(statement.clone());
        }
    }
    result.order = renumbered(&program.order, gone, &places);
    result
}

fn renumbered(
    nodes: &[SourceNode],
    gone: &[StatementId],
    places: &[StatementId],
) -> Vec<SourceNode> {
    let mut result = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            SourceNode::Statement(id) if gone.contains(id) => {}
            SourceNode::Statement(id) => {
                result.extend(places.get(id.0).map(|place| SourceNode::Statement(*place)));
            }
            SourceNode::Loop(inner) => {
                let body = renumbered(&inner.body, gone, places);
                if !body.is_empty() {
                    let mut inner = inner.clone();
                    inner.body = body;
                    result.push(SourceNode::Loop(inner));
                }
            }
        }
    }
    result
}

#[cfg(test)]
#[path = "forward_tests.rs"]
mod tests;
