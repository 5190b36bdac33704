//! C0 for copies: what is asked of every pack node before anything is proven or enumerated, so that no
//! limit of a proof can leave it out.

use crate::Refutation;
use loopwright_ir::{LoopTree, LoopTreeNode, Pack, Program};

/// Checks every pack node; how many there are.
///
/// # Errors
/// [`Refutation::Malformed`]: a copy of an array that does not exist, with other dimensions than the
/// array, with an order that is no permutation of them, or inside of a copy of the same array; a copy of an
/// expanded array that is filled or written back, or an access to one outside of all its copies.
pub(crate) fn check_copies(program: &Program, tree: &LoopTree) -> Result<usize, Refutation> {
    sequence(program, &tree.roots, &mut Vec::new())
}

fn sequence(
    program: &Program,
    nodes: &[LoopTreeNode],
    packed: &mut Vec<usize>,
) -> Result<usize, Refutation> {
    let mut count = 0;
    for node in nodes {
        let array = match node {
            LoopTreeNode::Pack(pack) => {
                one(program, pack, packed)?;
                count += 1;
                Some(pack.array.0)
            }
            LoopTreeNode::Statement(instance) => {
                in_storage(program, instance.statement.0, packed)?;
                None
            }
            _ => None,
        };
        packed.extend(array);
        for body in node.bodies() {
            count += sequence(program, body, packed)?;
        }
        if array.is_some() {
            packed.pop();
        }
    }
    Ok(count)
}

/// What a statement accesses of expanded arrays is in a copy.
fn in_storage(program: &Program, statement: usize, packed: &[usize]) -> Result<(), Refutation> {
    let Some(found) = program.statements.get(statement) else { return Ok(()) };
    for access in found.reads.iter().chain([&found.write]) {
        if program.is_expanded(access.array) && !packed.contains(&access.array.0) {
            let detail = format!("{} uses an expanded array outside of its storage", found.name);
            return Err(Refutation::Malformed(detail));
        }
    }
    Ok(())
}

fn one(program: &Program, pack: &Pack, packed: &[usize]) -> Result<(), Refutation> {
    let malformed = |detail: String| Err(Refutation::Malformed(detail));
    let Some(array) = program.arrays.get(pack.array.0) else {
        return malformed("an array that is packed does not exist".to_owned());
    };
    let dimensions = array.extents.len();
    let mut order = pack.order.clone();
    order.sort_unstable();
    if pack.origin.len() != dimensions
        || pack.extents.len() != dimensions
        || !order.iter().copied().eq(0..dimensions)
    {
        return malformed(format!("the copy of {} has other dimensions", array.name));
    }
    if program.is_expanded(pack.array) && (pack.copy_in || pack.copy_out) {
        return malformed(format!("{} is copied, but has no other storage", array.name));
    }
    if packed.contains(&pack.array.0) {
        return malformed(format!("{} is packed inside of a copy of it", array.name));
    }
    Ok(())
}
