//! Views 2 and 3: the interpreter in the order of the source and on the scheduled loops.

use crate::failure::{Finding, View};
use crate::subject::{BUDGET, Subject};
use loopwright_checker::{InterpretError, Order, run_loops};
use loopwright_ir::{LoopTree, LoopTreeNode, Mark};

/// Compares the scheduled loops with the order of the source, in all ways in which the marks allow
/// them to run.
pub fn compare(subject: &Subject, loops: &LoopTree, seed: u64) -> Option<Finding> {
    let mut orders = vec![(View::Forward, Order::Forward)];
    if is_marked(&loops.roots) {
        orders.push((View::Reversed, Order::Reversed));
        orders.push((View::Shuffled, Order::Shuffled(seed)));
    }
    orders.into_iter().find_map(|(view, order)| {
        match run_loops(&subject.program, loops, &subject.parameters, order, BUDGET) {
            Ok(memory) => subject
                .memory
                .first_difference(&memory, &subject.program)
                .map(|difference| Finding::new(view, difference)),
            // A schedule may run many empty iterations; that alone says nothing.
            Err(InterpretError::Budget) => None,
            Err(error) => Some(Finding::new(view, error)),
        }
    })
}

fn is_marked(nodes: &[LoopTreeNode]) -> bool {
    nodes.iter().any(|node| {
        let own = match node {
            LoopTreeNode::For(inner) => inner.mark != Mark::Sequential,
            _ => false,
        };
        own || node.bodies().into_iter().any(is_marked)
    })
}

/// Whether a loop runs on several threads.
pub fn is_parallel(nodes: &[LoopTreeNode]) -> bool {
    nodes.iter().any(|node| {
        let own = match node {
            LoopTreeNode::For(inner) => inner.mark.on_threads(),
            _ => false,
        };
        own || node.bodies().into_iter().any(is_parallel)
    })
}

/// Whether some elements are worked on in copies.
pub fn is_packed(nodes: &[LoopTreeNode]) -> bool {
    nodes.iter().any(|node| {
        matches!(node, LoopTreeNode::Pack(_)) || node.bodies().into_iter().any(is_packed)
    })
}
