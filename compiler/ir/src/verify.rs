//! The invariants of the representation, numbered, and the function that checks them.
//!
//! Of a [`Program`]:
//! - **P1** Statement names are unique; every statement occurs exactly once in the original order.
//! - **P2** A statement has as many iterators as loops around it in the original order.
//! - **P3** Domains, subscripts and indices mention only the statement's own iterators and the
//!   program's parameters; extents and the context only parameters.
//! - **P4** An access has as many subscripts as its array has dimensions, and its array exists.
//! - **P5** Reads in a body are positions in the statement's list of reads, of the array's type.
//! - **P6** Expanded arrays stand behind all others.
//! - **P8** An array of which elements are gathered exists, has as many dimensions as there are subscripts, and is
//!   written by no statement.
//! - **P7** No more than [`MOST_NESTED`] operations of a body are nested in each other.
//!
//! Of a [`ScheduleTree`]:
//! - **T1** Every statement has at least one leaf, no two with the same piece number, all with as many
//!   iterators as the statement.
//! - **T2** Loop ids are unique; a leaf mentions only its enclosing loops and parameters; loop names
//!   are unique along each path.
//! - **T3** Each instance is in exactly one piece, where it has exactly one value of the loop variables
//!   (kept by construction of the steps; not checked here).
//! - **T4** A packing's array exists, its order is a permutation of the array's dimensions, the reads that it
//!   is for exist, and no loop inside packs the same array, or the same reads of it, again.

use crate::{
    Affine, Expression, Node, Packing, Program, ScheduleTree, SourceNode, StatementId, Variable,
};
use std::collections::HashSet;

/// A broken invariant: a fault of ours, never of a user's input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("internal error: invariant {invariant} is broken: {detail}")]
pub struct InvariantBroken {
    pub invariant: &'static str,
    pub detail: String,
}

fn broken(invariant: &'static str, detail: impl Into<String>) -> InvariantBroken {
    InvariantBroken { invariant, detail: detail.into() }
}

/// The most operations that a statement's body may have nested in each other: what walks through it is recursive, and
/// threads have small stacks. A sum of so many terms is nested as deep.
pub const MOST_NESTED: usize = 1024;

/// Checks P1 to P8.
pub fn verify_program(program: &Program) -> Result<(), InvariantBroken> {
    let mut depths = vec![None; program.statements.len()];
    depths_of(&program.order, 0, &mut depths)?;
    let mut names = HashSet::new();
    for (statement, depth) in program.statements.iter().zip(&depths) {
        if !names.insert(&statement.name) {
            return Err(broken("P1", format!("two statements are named {}", statement.name)));
        }
        let Some(depth) = depth else {
            return Err(broken("P1", format!("{} has no place in the order", statement.name)));
        };
        if *depth != statement.iterators.len() {
            return Err(broken("P2", format!("{} is at depth {depth}", statement.name)));
        }
        let known = |variable: Variable| match variable {
            Variable::Iterator(position) => (position as usize) < statement.iterators.len(),
            Variable::Parameter(position) => (position as usize) < program.parameters.len(),
            Variable::Loop(_) => false,
        };
        let check = |affine: &Affine| match affine.variables().find(|variable| !known(*variable)) {
            Some(variable) => Err(broken("P3", format!("{} mentions {variable}", statement.name))),
            None => Ok(()),
        };
        for constraint in &statement.domain {
            check(&constraint.affine)?;
        }
        for access in std::iter::once(&statement.write).chain(&statement.reads) {
            let Some(array) = program.arrays.get(access.array.0) else {
                return Err(broken("P4", format!("{} uses no known array", statement.name)));
            };
            if array.extents.len() != access.subscripts.len() {
                return Err(broken("P4", format!("{} in {}", array.name, statement.name)));
            }
            for subscript in &access.subscripts {
                check(subscript)?;
            }
        }
        if !statement.body.is_nested_within(MOST_NESTED) {
            return Err(broken("P7", format!("the value of {}", statement.name)));
        }
        let mut result = Ok(());
        statement.body.walk(&mut |expression| match expression {
            Expression::Read { position, element } => {
                let declared = statement
                    .reads
                    .get(*position)
                    .and_then(|access| program.arrays.get(access.array.0))
                    .map(|array| array.element);
                if declared != Some(*element) {
                    result = Err(broken("P5", format!("read {position} of {}", statement.name)));
                }
            }
            Expression::Index { value, .. } => {
                if let Err(error) = check(value) {
                    result = Err(error);
                }
            }
            Expression::Gather { array, element, subscripts } => {
                let fits = program.arrays.get(array.0).is_some_and(|known| {
                    known.element == *element && known.extents.len() == subscripts.len()
                });
                let written = program.statements.iter().any(|other| other.write.array == *array);
                if !fits || written {
                    result = Err(broken("P8", format!("what {} gathers", statement.name)));
                }
            }
            _ => {}
        });
        result?;
    }
    let parameters_only = |affine: &Affine| {
        affine.variables().all(|variable| {
            matches!(variable, Variable::Parameter(position)
                if (position as usize) < program.parameters.len())
        })
    };
    let mut behind = program.arrays.iter().skip(program.external_arrays().len());
    if behind.any(|array| array.storage_of().is_none()) {
        return Err(broken("P6", "an array of the source stands behind an expanded one"));
    }
    for array in &program.arrays {
        if !array.extents.iter().all(parameters_only) {
            return Err(broken("P3", format!("an extent of {}", array.name)));
        }
    }
    if !program.context.iter().all(|constraint| parameters_only(&constraint.affine)) {
        return Err(broken("P3", "the context"));
    }
    Ok(())
}

fn depths_of(
    order: &[SourceNode],
    depth: usize,
    depths: &mut [Option<usize>],
) -> Result<(), InvariantBroken> {
    for node in order {
        match node {
            SourceNode::Loop(inner) => depths_of(&inner.body, depth + 1, depths)?,
            SourceNode::Statement(StatementId(id)) => match depths.get_mut(*id) {
                Some(slot @ None) => *slot = Some(depth),
                Some(Some(_)) => return Err(broken("P1", format!("S{} occurs twice", id + 1))),
                None => return Err(broken("P1", format!("S{} does not exist", id + 1))),
            },
        }
    }
    Ok(())
}

/// Checks T1, T2 and T4.
pub fn verify_tree(program: &Program, tree: &ScheduleTree) -> Result<(), InvariantBroken> {
    let mut seen = HashSet::new();
    for (path, leaf) in tree.leaves() {
        let Some(statement) = program.statements.get(leaf.statement.0) else {
            return Err(broken("T1", format!("{} does not exist", leaf.statement)));
        };
        if !seen.insert(leaf.id()) || leaf.iterators.len() != statement.iterators.len() {
            return Err(broken("T1", format!("leaf of {}", statement.name)));
        }
        let mut packed: Vec<&Packing> = Vec::new();
        for packing in path.iter().flat_map(|inner| &inner.packs) {
            let dimensions = program.arrays.get(packing.array.0).map(|array| array.extents.len());
            let mut order = packing.order.clone();
            order.sort_unstable();
            let permutation = order.iter().enumerate().all(|(at, dimension)| at == *dimension);
            let twice = packed.iter().any(|known| known.excludes(packing));
            let names_reads = packing.reads.as_ref().is_none_or(|reads| {
                let reader = program.statements.get(reads.statement.0);
                let takes = |read| packing.takes(reads.statement, read, false);
                reader.is_some_and(|reader| reader.reads.iter().any(takes))
            });
            if dimensions != Some(order.len()) || !permutation || twice || !names_reads {
                return Err(broken("T4", format!("a packing around {}", statement.name)));
            }
            packed.push(packing);
        }
        let names: HashSet<_> = path.iter().map(|inner| &inner.name).collect();
        if names.len() != path.len() {
            return Err(broken("T2", format!("loop names around {}", statement.name)));
        }
        let known = |variable: Variable| match variable {
            Variable::Loop(id) => path.iter().any(|inner| inner.id.0 == id),
            Variable::Parameter(position) => (position as usize) < program.parameters.len(),
            Variable::Iterator(_) => false,
        };
        let constraints = leaf.constraints.iter().map(|constraint| &constraint.affine);
        for affine in leaf.iterators.iter().chain(constraints) {
            if !affine.variables().all(known) {
                return Err(broken("T2", format!("leaf of {} mentions {affine}", statement.name)));
            }
        }
    }
    let statements: HashSet<_> = seen.iter().map(|leaf| leaf.statement).collect();
    if statements.len() != program.statements.len() {
        return Err(broken("T1", "a statement has no leaf"));
    }
    let mut ids = HashSet::new();
    fn unique(nodes: &[Node], ids: &mut HashSet<u32>) -> bool {
        nodes.iter().all(|node| match node {
            Node::Loop(inner) => ids.insert(inner.id.0) && unique(&inner.body, ids),
            Node::Leaf(_) => true,
        })
    }
    if !unique(&tree.roots, &mut ids) || ids.iter().any(|id| *id >= tree.next_loop) {
        return Err(broken("T2", "loop ids"));
    }
    Ok(())
}
