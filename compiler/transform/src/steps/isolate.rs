//! Giving what is beside a statement, inside some loops around it, loops of its own.

use super::place::{Fresh, contains, substitute};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, LeafId, LoopId, Node, TreeLoop};

/// A loop split by a statement inside it.
pub struct Split {
    pub before: Option<TreeLoop>,
    pub core: TreeLoop,
    pub after: Option<TreeLoop>,
}

impl Split {
    /// The loops in order, with the middle one changed.
    pub fn into_nodes(self, change: impl FnOnce(TreeLoop) -> TreeLoop) -> Vec<Node> {
        let core = Some(change(self.core));
        [self.before, core, self.after].into_iter().flatten().map(Node::Loop).collect()
    }
}

/// Distributes the loops from `outer` to the parent of the loop `last`, so that between them there
/// is nothing but the path to the statement. The loops around the statement keep their numbers;
/// those around what was before and after it get new ones.
pub fn isolate(outer: TreeLoop, last: LoopId, leaf: LeafId, fresh: &mut Fresh) -> Split {
    if outer.id == last {
        return Split { before: None, core: outer, after: None };
    }
    split(outer, leaf, fresh, &|child, fresh| isolate(child, last, leaf, fresh))
}

/// Distributes one loop around the child that holds the statement.
pub fn distribute(outer: TreeLoop, leaf: LeafId, fresh: &mut Fresh) -> Split {
    split(outer, leaf, fresh, &|core, _| Split { before: None, core, after: None })
}

fn split(
    mut outer: TreeLoop,
    leaf: LeafId,
    fresh: &mut Fresh,
    split_child: &dyn Fn(TreeLoop, &mut Fresh) -> Split,
) -> Split {
    let (mut before, mut middle, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for child in std::mem::take(&mut outer.body) {
        match child {
            child if !contains(&child, leaf) => {
                if middle.is_empty() { &mut before } else { &mut after }.push(child);
            }
            Node::Loop(inner) => {
                let inner = split_child(inner, fresh);
                before.extend(inner.before.map(Node::Loop));
                middle.push(Node::Loop(inner.core));
                after.extend(inner.after.map(Node::Loop));
            }
            other @ Node::Leaf(_) => middle.push(other),
        }
    }
    let mut copy = |body: Vec<Node>| (!body.is_empty()).then(|| copy_around(&outer, body, fresh));
    if planted(Fault::InterchangeLoses) {
        after.clear();
    }
    let before = copy(before);
    let after = copy(after);
    outer.body = middle;
    Split { before, core: outer, after }
}

/// A copy of a loop with a new number around part of its body.
fn copy_around(original: &TreeLoop, mut body: Vec<Node>, fresh: &mut Fresh) -> TreeLoop {
    let id = fresh.loop_id();
    let variable = Affine::variable(id.variable());
    substitute(&mut body, original.id.variable(), &variable, &|_| true);
    TreeLoop {
        id,
        name: original.name.clone(),
        mark: original.mark,
        separated: original.separated,
        packs: original.packs.clone(),
        body,
    }
}
