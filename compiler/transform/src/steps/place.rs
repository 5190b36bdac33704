//! Finding the statement and the loops that a step names.

use crate::Cause;
use loopwright_ir::{
    Affine, Constraint, LeafId, LoopId, NamedAffine, Node, Program, ScheduleTree, StatementId,
    TreeLoop, Variable,
};

/// A loop of the path, without what is inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathLoop {
    pub id: LoopId,
    pub name: String,
}

/// A statement's piece and the loops around it, outermost first.
pub struct Place {
    pub leaf: LeafId,
    pub statement_name: String,
    pub path: Vec<PathLoop>,
}

impl Place {
    /// The place of the statement, or the piece of one, with that name.
    pub fn find(program: &Program, tree: &ScheduleTree, name: &str) -> Result<Self, Cause> {
        let found = tree.leaf_named(program, name);
        let found = found.and_then(|leaf| tree.path_to(leaf).map(|path| (leaf, path)));
        let Some((leaf, path)) = found else {
            let known = tree.leaves().into_iter().map(|(_, leaf)| leaf.id().name(program));
            return Err(Cause::UnknownStatement { name: name.to_owned(), known: known.collect() });
        };
        let path =
            path.iter().map(|inner| PathLoop { id: inner.id, name: inner.name.clone() }).collect();
        Ok(Self { leaf, statement_name: name.to_owned(), path })
    }

    /// An expression over the names of the `depth` outermost loops and of parameters.
    pub fn affine(
        &self,
        program: &Program,
        depth: usize,
        named: &NamedAffine,
    ) -> Result<Affine, Cause> {
        let outer = self.path.get(..depth).unwrap_or(&self.path);
        let mut result = Affine::constant(named.constant_term());
        for (name, coefficient) in named.terms() {
            let term = if let Some(known) = outer.iter().rev().find(|known| known.name == *name) {
                Affine::variable(known.id.variable())
            } else if let Some(position) =
                program.parameters.iter().position(|known| known.name == *name)
            {
                parameter(program, position)
            } else {
                let loops = outer.iter().map(|known| known.name.clone());
                let parameters = program.parameters.iter().map(|known| known.name.clone());
                let known = loops.chain(parameters).collect();
                return Err(Cause::UnknownName { name: name.clone(), known });
            };
            result = &result + &(&term * *coefficient);
        }
        Ok(result)
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

/// The statement of the source that a step names which changes the program.
pub fn known_statement(program: &Program, name: &str) -> Result<StatementId, Cause> {
    program.statement_named(name).ok_or_else(|| {
        let known = program.statements.iter().map(|known| known.name.clone()).collect();
        Cause::UnknownStatement { name: name.to_owned(), known }
    })
}

/// A parameter as an expression: its value where the program was specialised to that.
pub fn parameter(program: &Program, position: usize) -> Affine {
    let variable = Variable::Parameter(u32::try_from(position).unwrap_or(u32::MAX));
    let value = program.parameters.get(position).and_then(|parameter| parameter.value);
    let domains = program.statements.iter().flat_map(|statement| &statement.domain);
    let extents = program.arrays.iter().flat_map(|array| &array.extents);
    let mut known = domains.map(|constraint| &constraint.affine).chain(extents);
    match value {
        Some(value) if !known.any(|affine| affine.mentions(variable)) => Affine::constant(value),
        _ => Affine::variable(variable),
    }
}

/// Whether a leaf is in the node.
pub fn contains(node: &Node, wanted: LeafId) -> bool {
    match node {
        Node::Leaf(leaf) => leaf.id() == wanted,
        Node::Loop(inner) => inner.body.iter().any(|child| contains(child, wanted)),
    }
}

/// Replaces a loop's variable by an expression in all leaves for which `wanted` holds.
pub fn substitute(
    nodes: &mut [Node],
    variable: Variable,
    value: &Affine,
    wanted: &dyn Fn(LeafId) -> bool,
) {
    for node in nodes {
        match node {
            Node::Loop(inner) => substitute(&mut inner.body, variable, value, wanted),
            Node::Leaf(leaf) if wanted(leaf.id()) => {
                let affines = leaf
                    .iterators
                    .iter_mut()
                    .chain(leaf.constraints.iter_mut().map(|constraint| &mut constraint.affine));
                for affine in affines {
                    *affine = affine.substitute_one(variable, value);
                }
            }
            Node::Leaf(_) => {}
        }
    }
}

/// For planted faults: replaces a loop's variable in the leaves' iterators, but not in their constraints.
pub fn disturb(nodes: &mut [Node], variable: Variable, value: &Affine) {
    for node in nodes {
        match node {
            Node::Loop(inner) => disturb(&mut inner.body, variable, value),
            Node::Leaf(leaf) => leaf
                .iterators
                .iter_mut()
                .for_each(|iterator| *iterator = iterator.substitute_one(variable, value)),
        }
    }
}

/// Adds a constraint to all leaves of some nodes.
pub fn constrain(nodes: &mut [Node], constraint: &Constraint) {
    for node in nodes {
        match node {
            Node::Loop(inner) => constrain(&mut inner.body, constraint),
            Node::Leaf(leaf) => leaf.constraints.push(constraint.clone()),
        }
    }
}

/// All leaves of some nodes, in textual order.
pub fn leaves_below(nodes: &[Node]) -> Vec<LeafId> {
    let below = |node: &Node| match node {
        Node::Leaf(leaf) => vec![leaf.id()],
        Node::Loop(inner) => leaves_below(&inner.body),
    };
    nodes.iter().flat_map(below).collect()
}

/// `name`, or with the least number from 2 on that makes it free.
pub fn free_name(name: &str, taken: &dyn Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    (2..)
        .map(|number: u64| format!("{name}{number}"))
        .find(|name| !taken(name))
        .unwrap_or_else(|| name.to_owned())
}

/// Renames the loops that have a name which is taken outside of them, to one that no loop `around` has.
pub fn rename_inside(nodes: &mut [Node], taken: &str, instead: &str, around: &[PathLoop]) {
    fn names(nodes: &[Node], found: &mut Vec<String>) {
        for node in nodes {
            if let Node::Loop(inner) = node {
                found.push(inner.name.clone());
                names(&inner.body, found);
            }
        }
    }
    fn rename(nodes: &mut [Node], from: &str, to: &str) {
        for node in nodes {
            if let Node::Loop(inner) = node {
                if inner.name == from {
                    to.clone_into(&mut inner.name);
                }
                rename(&mut inner.body, from, to);
            }
        }
    }
    let mut known = Vec::new();
    names(nodes, &mut known);
    if !known.iter().any(|name| name == taken) {
        return;
    }
    known.extend(around.iter().map(|outer| outer.name.clone()));
    let free = free_name(instead, &|name| name == taken || known.iter().any(|one| one == name));
    rename(nodes, taken, &free);
}

/// The tree without some leaves and what is empty then, and the position among its roots of what is to stand where the
/// first of them stood: in front of what stays of its nest, or behind if some of that stood before it.
pub fn remove_leaves(
    tree: &ScheduleTree,
    removed: &[LeafId],
    first: LeafId,
) -> (ScheduleTree, usize) {
    fn without(nodes: &[Node], removed: &[LeafId]) -> Vec<Node> {
        let kept = |node: &Node| match node {
            Node::Leaf(leaf) => (!removed.contains(&leaf.id())).then(|| node.clone()),
            Node::Loop(inner) => {
                let body = without(&inner.body, removed);
                (!body.is_empty()).then(|| Node::Loop(TreeLoop { body, ..inner.clone() }))
            }
        };
        nodes.iter().filter_map(kept).collect()
    }
    let mut roots = Vec::new();
    let mut at = None;
    for root in &tree.roots {
        let stays = without(std::slice::from_ref(root), removed);
        if contains(root, first) {
            let before = leaves_below(std::slice::from_ref(root)).into_iter();
            let mut before = before.take_while(|leaf| *leaf != first);
            let behind = before.any(|leaf| !removed.contains(&leaf));
            at = Some(roots.len() + usize::from(behind));
        }
        roots.extend(stays);
    }
    let at = at.unwrap_or(roots.len());
    (ScheduleTree { roots, next_loop: tree.next_loop }, at)
}

/// The tree after a change of its roots that makes loops.
pub fn with_fresh(
    mut tree: ScheduleTree,
    change: impl FnOnce(&mut Vec<Node>, &mut Fresh) -> Result<(), Cause>,
) -> Result<ScheduleTree, Cause> {
    let mut fresh = Fresh { next: tree.next_loop };
    change(&mut tree.roots, &mut fresh)?;
    tree.next_loop = fresh.next;
    Ok(tree)
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
