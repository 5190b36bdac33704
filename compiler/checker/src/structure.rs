//! C0 and C4h for copies: what is asked of every pack node before anything is proven or enumerated, so that no
//! limit of a proof can leave it out.

use crate::Refutation;
use crate::certain::surely_uses;
use loopwright_ir::{ArrayId, LoopTree, LoopTreeNode, Pack, PackedReads, Program};

/// A pack node around: its array, and the reads if it is for some only.
type Packed<'a> = (usize, Option<&'a PackedReads>);

/// Checks every pack node; how many there are.
///
/// # Errors
/// [`Refutation::Malformed`]: a copy of an array that does not exist, with other dimensions than the
/// array, with an order that is no permutation of them, or inside of a copy for the same accesses; a copy of an
/// expanded array that is filled or written back, or an access to one outside of all its copies; a copy for reads
/// that do not exist, that is not filled, or written back. [`Refutation::Conditional`] (C4h).
pub(crate) fn check_copies(program: &Program, tree: &LoopTree) -> Result<usize, Refutation> {
    sequence(program, &tree.roots, &mut Vec::new())
}

fn sequence<'a>(
    program: &Program,
    nodes: &'a [LoopTreeNode],
    packed: &mut Vec<Packed<'a>>,
) -> Result<usize, Refutation> {
    let mut count = 0;
    for node in nodes {
        let array = match node {
            LoopTreeNode::Pack(pack) => {
                one(program, pack, packed)?;
                count += 1;
                Some((pack.array.0, pack.reads.as_ref()))
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
fn in_storage(
    program: &Program,
    statement: usize,
    packed: &[Packed<'_>],
) -> Result<(), Refutation> {
    let Some(found) = program.statements.get(statement) else { return Ok(()) };
    for access in found.reads.iter().chain([&found.write]) {
        let inside = packed.iter().any(|(array, _)| *array == access.array.0);
        if program.is_expanded(access.array) && !inside {
            let detail = format!("{} uses an expanded array outside of its storage", found.name);
            return Err(Refutation::Malformed(detail));
        }
    }
    Ok(())
}

/// C4h: something in the nodes accesses the array whatever the data are.
fn present(program: &Program, array: ArrayId, nodes: &[LoopTreeNode]) -> bool {
    nodes.iter().any(|node| match node {
        LoopTreeNode::Statement(instance) => {
            let statement = program.statements.get(instance.statement.0);
            statement.is_some_and(|statement| surely_uses(statement, array))
        }
        _ => node.bodies().into_iter().any(|body| present(program, array, body)),
    })
}

fn one(program: &Program, pack: &Pack, packed: &[Packed<'_>]) -> Result<(), Refutation> {
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
    let same = |(other, reads): &Packed<'_>| {
        *other == pack.array.0
            && (reads.is_none() || pack.reads.is_none() || *reads == pack.reads.as_ref())
    };
    if packed.iter().any(same) {
        return malformed(format!("{} is packed inside of a copy of it", array.name));
    }
    if pack.copy_in && !present(program, pack.array, &pack.body) {
        return Err(Refutation::Conditional { array: array.name.clone() });
    }
    if let Some(reads) = &pack.reads {
        let reader = program.statements.get(reads.statement.0);
        let read = reader
            .into_iter()
            .flat_map(|reader| &reader.reads)
            .any(|read| read.array == pack.array && read.subscripts == reads.subscripts);
        if !read || !pack.copy_in || pack.copy_out || program.is_expanded(pack.array) {
            return malformed(format!("the copy of {} for some reads is none", array.name));
        }
    }
    Ok(())
}
