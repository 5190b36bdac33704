//! Finding the statement and the loops that a step names.

use crate::Cause;
use loopwright_ir::{LoopId, Node, Program, ScheduleTree, StatementId, TreeLoop};

/// A loop of the path, without what is inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathLoop {
    pub id: LoopId,
    pub name: String,
}

/// A statement and the loops around it, outermost first.
pub struct Place {
    pub statement: StatementId,
    pub statement_name: String,
    pub path: Vec<PathLoop>,
}

impl Place {
    /// The place of the statement with that name.
    pub fn find(program: &Program, tree: &ScheduleTree, name: &str) -> Result<Self, Cause> {
        let found = program
            .statement_named(name)
            .and_then(|statement| tree.path(statement).map(|path| (statement, path)));
        let Some((statement, path)) = found else {
            let known = program.statements.iter().map(|statement| statement.name.clone());
            return Err(Cause::UnknownStatement { name: name.to_owned(), known: known.collect() });
        };
        let path =
            path.iter().map(|inner| PathLoop { id: inner.id, name: inner.name.clone() }).collect();
        Ok(Self { statement, statement_name: name.to_owned(), path })
    }

    /// The depth of a loop around the statement, the outermost is 0.
    pub fn depth(&self, name: &str) -> Result<usize, Cause> {
        self.path.iter().position(|known| known.name == name).ok_or_else(|| Cause::UnknownLoop {
            name: name.to_owned(),
            statement: self.statement_name.clone(),
            path: self.path.iter().map(|known| known.name.clone()).collect(),
        })
    }

    /// The loop with that name around the statement.
    pub fn loop_named(&self, name: &str) -> Result<&PathLoop, Cause> {
        let depth = self.depth(name)?;
        self.path.get(depth).ok_or_else(|| Cause::UnknownLoop {
            name: name.to_owned(),
            statement: self.statement_name.clone(),
            path: Vec::new(),
        })
    }
}

/// Whether the statement's leaf is in the node.
pub fn contains(node: &Node, statement: StatementId) -> bool {
    match node {
        Node::Leaf(leaf) => leaf.statement == statement,
        Node::Loop(inner) => inner.body.iter().any(|child| contains(child, statement)),
    }
}

/// The tree with the loop `id` replaced by the nodes that `replacement` makes of it. The function
/// also takes the number of the next new loop.
pub fn replace_loop(
    tree: &ScheduleTree,
    id: LoopId,
    replacement: impl FnOnce(TreeLoop, &mut Fresh) -> Vec<Node>,
) -> ScheduleTree {
    let mut fresh = Fresh { next: tree.next_loop };
    let roots = replace(tree.roots.clone(), id, &mut Some(replacement), &mut fresh);
    ScheduleTree { roots, next_loop: fresh.next }
}

/// Hands out numbers that no loop of the tree has.
pub struct Fresh {
    next: u32,
}

impl Fresh {
    /// A new loop's number.
    pub fn loop_id(&mut self) -> LoopId {
        let id = LoopId(self.next);
        self.next += 1;
        id
    }
}

fn replace<F: FnOnce(TreeLoop, &mut Fresh) -> Vec<Node>>(
    nodes: Vec<Node>,
    id: LoopId,
    replacement: &mut Option<F>,
    fresh: &mut Fresh,
) -> Vec<Node> {
    let mut result = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Loop(inner) if inner.id == id => match replacement.take() {
                Some(replacement) => result.extend(replacement(inner, fresh)),
                None => result.push(Node::Loop(inner)),
            },
            Node::Loop(mut inner) => {
                inner.body = replace(inner.body, id, replacement, fresh);
                result.push(Node::Loop(inner));
            }
            leaf @ Node::Leaf(_) => result.push(leaf),
        }
    }
    result
}
