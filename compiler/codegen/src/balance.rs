//! Whether the iterations of a parallel loop do about the same work.

use loopwright_ir::{Bound, Constraint, For, LoopTreeNode, Variable};

/// Whether the number of iterations of a loop inside, or a condition, depends on the loop's variable.
/// A loop like `for j = 32*i .. 32*i + 31` is only shifted by it; what depends on such a loop's
/// variable then counts as depending on the outer one.
pub(crate) fn is_unbalanced(outer: &For) -> bool {
    fn search(nodes: &[LoopTreeNode], shifted: &mut Vec<Variable>) -> bool {
        nodes.iter().any(|node| match node {
            LoopTreeNode::Statement(_) => false,
            LoopTreeNode::If { conditions, body, otherwise } => {
                // Whether a tile is full hardly changes the work in it.
                let varies = otherwise.is_empty()
                    && conditions.iter().any(|condition| mentions(condition, shifted));
                varies || search(body, shifted) || search(otherwise, shifted)
            }
            LoopTreeNode::Pack(pack) => search(&pack.body, shifted),
            LoopTreeNode::For(inner) => {
                let depends = shifted.iter().any(|variable| {
                    inner.lower.mentions(*variable) || inner.upper.mentions(*variable)
                });
                if !depends {
                    return search(&inner.body, shifted);
                }
                if !is_shifted(inner, shifted) {
                    return true;
                }
                shifted.push(inner.id.variable());
                let found = search(&inner.body, shifted);
                shifted.pop();
                found
            }
        })
    }
    search(&outer.body, &mut vec![outer.id.variable()])
}

fn mentions(condition: &Constraint, variables: &[Variable]) -> bool {
    variables.iter().any(|variable| condition.affine.mentions(*variable))
}

/// Whether some upper and some lower bound differ by what does not depend on the variables.
fn is_shifted(inner: &For, variables: &[Variable]) -> bool {
    fn flatten<'a>(bound: &'a Bound, parts: &mut Vec<&'a Bound>) {
        match bound {
            Bound::Quotient { .. } => parts.push(bound),
            Bound::Minimum(bounds) | Bound::Maximum(bounds) => {
                bounds.iter().for_each(|bound| flatten(bound, parts));
            }
        }
    }
    let (mut lowers, mut uppers) = (Vec::new(), Vec::new());
    flatten(&inner.lower, &mut lowers);
    flatten(&inner.upper, &mut uppers);
    uppers.iter().any(|upper| {
        lowers.iter().any(|lower| match (upper, lower) {
            (
                Bound::Quotient { affine: upper, divisor: left },
                Bound::Quotient { affine: lower, divisor: right },
            ) => {
                let difference = upper - lower;
                left == right && !variables.iter().any(|variable| difference.mentions(*variable))
            }
            _ => false,
        })
    })
}
