//! Every instance, one by one, at small sizes: what is left where a proof is out of reach.
//!
//! The values of the parameters that anything depends on are small numbers that the program's context
//! allows; without such parameters there is one size, the program's own. Each size is judged
//! completely or not at all, so that what is reported as enumerated was.

mod copies;
mod judge;
mod walk;

use crate::Refutation;
use crate::interpreter::InterpretError;
use loopwright_ir::{Affine, LoopTree, LoopTreeNode, Program, Variable};

/// Values that each parameter takes, combined in all ways.
const SMALL: [i64; 6] = [0, 1, 2, 3, 4, 6];
/// The same for more than three parameters.
const SMALLER: [i64; 3] = [1, 2, 4];
/// Values that all parameters take together: beyond usual tiles and vectors.
const LARGER: [i64; 5] = [7, 9, 13, 17, 34];
/// The most parameters whose values are combined.
const MOST_COMBINED: usize = 6;

/// Why a size gives no verdict.
pub(crate) enum Ended {
    Refuted(Box<Refutation>),
    Failed(InterpretError),
}

impl From<Refutation> for Ended {
    fn from(refutation: Refutation) -> Self {
        Self::Refuted(Box::new(refutation))
    }
}

impl From<InterpretError> for Ended {
    fn from(error: InterpretError) -> Self {
        Self::Failed(error)
    }
}

/// Judges at as many sizes as the budget allows: how many sizes, and instances in all; `None` when no
/// size could be judged.
pub(crate) fn enumerate(
    program: &Program,
    tree: &LoopTree,
    budget: u64,
) -> Result<Option<(usize, u64)>, Refutation> {
    let (mut count, mut instances, mut left) = (0, 0, budget);
    for parameters in sizes(program, tree) {
        match judge::judge(program, tree, &parameters, &mut left) {
            Ok(found) => {
                count += 1;
                instances += found;
            }
            Err(Ended::Refuted(refutation)) => return Err(*refutation),
            Err(Ended::Failed(InterpretError::Overflow)) => return Err(Refutation::Overflow),
            Err(Ended::Failed(InterpretError::BadTree(detail))) => {
                return Err(Refutation::Malformed(detail));
            }
            Err(Ended::Failed(_)) if left == 0 => break,
            Err(Ended::Failed(_)) => {}
        }
    }
    Ok((count > 0).then_some((count, instances)))
}

/// The values of the parameters to look at.
fn sizes(program: &Program, tree: &LoopTree) -> Vec<Vec<i64>> {
    let used = used_parameters(program, tree);
    let fixed: Vec<i64> =
        program.parameters.iter().map(|parameter| parameter.value.unwrap_or(0)).collect();
    let mut sizes = vec![fixed.clone()];
    if used.is_empty() {
        return sizes;
    }
    let choices: &[i64] = match used.len() {
        1..=3 => &SMALL,
        4..=MOST_COMBINED => &SMALLER,
        _ => &[],
    };
    for &position in &used {
        let with = |value: i64, size: &Vec<i64>| {
            let mut size = size.clone();
            if let Some(entry) = size.get_mut(position) {
                *entry = value;
            }
            size
        };
        if !choices.is_empty() {
            let next = sizes.iter().flat_map(|size| choices.iter().map(|value| with(*value, size)));
            sizes = next.collect();
        }
    }
    for value in LARGER {
        let mut size = fixed.clone();
        for &position in &used {
            if let Some(entry) = size.get_mut(position) {
                *entry = value;
            }
        }
        sizes.push(size);
    }
    sizes.retain(|size| allowed(program, size));
    sizes
}

fn allowed(program: &Program, size: &[i64]) -> bool {
    let value_of = |variable| match variable {
        Variable::Parameter(at) => size.get(at as usize).copied().unwrap_or(0),
        _ => 0,
    };
    program.context.iter().all(|constraint| constraint.holds(value_of) == Some(true))
}

/// The parameters that domains, extents, accesses or loops mention.
fn used_parameters(program: &Program, tree: &LoopTree) -> Vec<usize> {
    let mut used = vec![false; program.parameters.len()];
    let mut visit = |affine: &Affine| {
        for variable in affine.variables() {
            if let Variable::Parameter(at) = variable
                && let Some(entry) = used.get_mut(at as usize)
            {
                *entry = true;
            }
        }
    };
    program.context.iter().for_each(|constraint| visit(&constraint.affine));
    program.arrays.iter().flat_map(|array| &array.extents).for_each(&mut visit);
    for statement in &program.statements {
        statement.domain.iter().for_each(|constraint| visit(&constraint.affine));
        let accesses = std::iter::once(&statement.write).chain(&statement.reads);
        accesses.flat_map(|access| &access.subscripts).for_each(&mut visit);
    }
    visit_tree(&tree.roots, &mut visit);
    used.iter().enumerate().filter(|(_, used)| **used).map(|(position, _)| position).collect()
}

fn visit_tree(nodes: &[LoopTreeNode], visit: &mut dyn FnMut(&Affine)) {
    for node in nodes {
        match node {
            LoopTreeNode::For(inner) => {
                inner.lower.visit_affine(visit);
                inner.upper.visit_affine(visit);
            }
            LoopTreeNode::If { conditions, .. } => {
                conditions.iter().for_each(|condition| visit(&condition.affine));
            }
            LoopTreeNode::Pack(pack) => {
                pack.origin.iter().chain(&pack.extents).for_each(&mut *visit);
            }
            LoopTreeNode::Statement(instance) => instance.iterators.iter().for_each(&mut *visit),
        }
        node.bodies().into_iter().for_each(|body| visit_tree(body, visit));
    }
}
