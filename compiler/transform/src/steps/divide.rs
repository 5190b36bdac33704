//! Makes two loops of a loop of the source.
//!
//! `divide(S1, i, k)`:
//! ```text
//! for (i = 0; i < n; i++)              for (i = 0; i < k; i++)
//!   A[i] = A[i] + A[k];                  A[i] = A[i] + A[k];      // S1
//!                                →     for (i = k; i < n; i++)
//!                                        A[i] = A[i] + A[k];      // S2
//! ```
//! All statements in the loop stand in both, under new names in the second one. The order stays what it was; what
//! changes is that the parts are statements of their own, as other steps that change the program need
//! them: `keep`, `expand` and `regroup`. Where only the order is to change, `split` does.
//!
//! The point is over the source's variables of the loops around and the parameters, and is the first iteration of
//! the second part. It is always legal, because nothing is reordered.

use super::place::{known_statement, parameter};
use crate::Cause;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Affine, Constraint, NamedAffine, Program, SourceLoop, SourceNode, Statement, StatementId,
    Variable,
};
use std::collections::HashMap;

/// The program with a loop divided.
pub fn divide(
    program: &Program,
    statement: &str,
    loop_name: &str,
    at: &NamedAffine,
) -> Result<Program, Cause> {
    let named = known_statement(program, statement)?;
    let of = program.statement(named);
    let path: Vec<String> = of.iterators.iter().map(|iterator| iterator.name.clone()).collect();
    let Some(depth) = path.iter().position(|name| name == loop_name) else {
        let (name, statement) = (loop_name.to_owned(), statement.to_owned());
        return Err(Cause::UnknownLoop { name, statement, path });
    };
    let point = resolve(program, of, depth, at)?;
    let mut result = program.clone();
    let mut ids = Vec::new();
    loop_around(&mut result.order, named, depth, &mut |level, position| {
        let Some(SourceNode::Loop(first)) = level.get(position) else { return };
        collect(&first.body, &mut ids);
        let count = program.statements.len();
        let new = ids.iter().enumerate().map(|(at, id)| (*id, StatementId(count + at)));
        let new: HashMap<StatementId, StatementId> = new.collect();
        let second =
            SourceNode::Loop(SourceLoop { body: renamed(&first.body, &new), ..first.clone() });
        level.insert(position + 1, second);
    });
    for id in ids {
        let Some(found) = result.statements.get(id.0).cloned() else { continue };
        // How far the iteration is behind the point, in the direction in which the source counts.
        let iterator = Variable::Iterator(u32::try_from(depth).unwrap_or(u32::MAX));
        let value = found.iterators.get(depth).map(|known| known.source_value.clone());
        let behind = &value.unwrap_or_default() - &point;
        let behind = if behind.coefficient(iterator) < 0 { -&behind } else { behind };
        let late = Affine::constant(i64::from(planted(Fault::DividePoint)));
        let name = result.free_statement_name();
        let mut second = Statement { name, ..found };
        second.domain.push(Constraint::less_or_equal(&late, &behind));
        result.statements.push(second);
        if let Some(first) = result.statements.get_mut(id.0) {
            first.domain.push(Constraint::less(&behind, &Affine::constant(0)));
        }
    }
    Ok(result)
}

/// The point over the iterators of the loops around and the parameters.
fn resolve(
    program: &Program,
    statement: &Statement,
    depth: usize,
    at: &NamedAffine,
) -> Result<Affine, Cause> {
    let around = statement.iterators.get(..depth).unwrap_or_default();
    let mut result = Affine::constant(at.constant_term());
    for (name, coefficient) in at.terms() {
        let iterator = around.iter().rev().find(|known| known.name == *name);
        let known = program.parameters.iter().position(|known| known.name == *name);
        let value = match (iterator, known) {
            (Some(known), _) => known.source_value.clone(),
            (None, Some(position)) => parameter(program, position),
            (None, None) => {
                let loops = around.iter().map(|known| known.name.clone());
                let parameters = program.parameters.iter().map(|known| known.name.clone());
                let known = loops.chain(parameters).collect();
                return Err(Cause::UnknownName { name: name.clone(), known });
            }
        };
        result = &result + &(&value * *coefficient);
    }
    Ok(result)
}

/// Hands the level on which the loop at a depth around a statement stands, and its position there, to `change`.
pub fn loop_around(
    nodes: &mut Vec<SourceNode>,
    named: StatementId,
    depth: usize,
    change: &mut dyn FnMut(&mut Vec<SourceNode>, usize),
) {
    let Some(position) = nodes.iter().position(|node| holds(node, named)) else { return };
    match nodes.get_mut(position) {
        Some(SourceNode::Loop(inner)) if depth > 0 => {
            loop_around(&mut inner.body, named, depth - 1, change);
        }
        _ => change(nodes, position),
    }
}

fn holds(node: &SourceNode, id: StatementId) -> bool {
    match node {
        SourceNode::Statement(found) => *found == id,
        SourceNode::Loop(inner) => inner.body.iter().any(|node| holds(node, id)),
    }
}

/// The statements in the nodes, in the order of the text.
pub fn collect(nodes: &[SourceNode], ids: &mut Vec<StatementId>) {
    for node in nodes {
        match node {
            SourceNode::Statement(id) => ids.push(*id),
            SourceNode::Loop(inner) => collect(&inner.body, ids),
        }
    }
}

fn renamed(nodes: &[SourceNode], new: &HashMap<StatementId, StatementId>) -> Vec<SourceNode> {
    let rename = |node: &SourceNode| match node {
        SourceNode::Statement(id) => SourceNode::Statement(new.get(id).copied().unwrap_or(*id)),
        SourceNode::Loop(inner) => {
            let body = renamed(&inner.body, new);
            SourceNode::Loop(SourceLoop { body, ..inner.clone() })
        }
    };
    nodes.iter().map(rename).collect()
}
