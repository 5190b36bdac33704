//! The order of execution as a tree: loops without bounds, sequences, and leaves.
//!
//! # Meaning
//! A leaf stands for all instances of its statement. Its enclosing loops, outermost first, have the
//! variables `t`; [`Leaf::iterators`] gives the statement's iterators `x = f(t)`, and
//! [`Leaf::constraints`] is the conjunction over `t` and the parameters that says which `t` occur.
//! Each instance has exactly one `t` (invariant T3), so the tree orders instances: along the path
//! from the root, a loop orders by its variable and a list of children by position.
//!
//! Marks refine that order. The iterations of a [`Mark::Parallel`] or [`Mark::Vector`] loop have no
//! order among themselves. A loop with [`Mark::UnrollJam`] runs blocks of `factor` consecutive
//! iterations; inside a block, everything deeper (inner loops, then sequence positions) is ordered
//! first and the block's own variable last. The blocks may begin anywhere.

use crate::{Affine, Constraint, Program, SourceNode, StatementId, Variable};

/// A loop variable, unique in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(pub u32);

impl LoopId {
    /// The variable as affine expressions mention it.
    pub fn variable(self) -> Variable {
        Variable::Loop(self.0)
    }
}

/// How the iterations of a loop run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mark {
    #[default]
    Sequential,
    /// Shared among threads; the loop carries no dependence.
    Parallel,
    /// `width` consecutive iterations in the lanes of a vector, `unroll` vectors at a time in
    /// lock-step; the loop carries no dependence.
    Vector { width: u32, unroll: u32 },
    /// `factor` consecutive iterations in lock-step (see the module's text).
    UnrollJam { factor: u32 },
}

/// A loop and what is inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeLoop {
    pub id: LoopId,
    /// Unique along any path from the root to a leaf.
    pub name: String,
    pub mark: Mark,
    pub body: Vec<Node>,
}

/// All instances of one statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub statement: StatementId,
    /// Each iterator of the statement over the enclosing loops' variables and the parameters.
    pub iterators: Vec<Affine>,
    /// Which values of the enclosing loops' variables occur.
    pub constraints: Vec<Constraint>,
}

/// An element of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Loop(TreeLoop),
    Leaf(Leaf),
}

/// The order in which a program's instances run.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleTree {
    pub roots: Vec<Node>,
    /// The number that the next new loop takes.
    pub next_loop: u32,
}

impl ScheduleTree {
    /// The order of the source.
    pub fn original(program: &Program) -> Self {
        let mut next_loop = 0;
        let roots = build(program, &program.order, &mut Vec::new(), &mut next_loop);
        Self { roots, next_loop }
    }

    /// A number that no loop of the tree has.
    pub fn fresh_loop(&mut self) -> LoopId {
        let id = LoopId(self.next_loop);
        self.next_loop += 1;
        id
    }

    /// The loops around a statement's leaf, outermost first; `None` if the statement has no leaf.
    pub fn path(&self, statement: StatementId) -> Option<Vec<&TreeLoop>> {
        fn search<'a>(
            nodes: &'a [Node],
            statement: StatementId,
            path: &mut Vec<&'a TreeLoop>,
        ) -> bool {
            nodes.iter().any(|node| match node {
                Node::Leaf(leaf) => leaf.statement == statement,
                Node::Loop(inner) => {
                    path.push(inner);
                    let found = search(&inner.body, statement, path);
                    if !found {
                        path.pop();
                    }
                    found
                }
            })
        }
        let mut path = Vec::new();
        search(&self.roots, statement, &mut path).then_some(path)
    }

    /// All leaves with the loops around them, in textual order.
    pub fn leaves(&self) -> Vec<(Vec<&TreeLoop>, &Leaf)> {
        fn collect<'a>(
            nodes: &'a [Node],
            path: &mut Vec<&'a TreeLoop>,
            leaves: &mut Vec<(Vec<&'a TreeLoop>, &'a Leaf)>,
        ) {
            for node in nodes {
                match node {
                    Node::Leaf(leaf) => leaves.push((path.clone(), leaf)),
                    Node::Loop(inner) => {
                        path.push(inner);
                        collect(&inner.body, path, leaves);
                        path.pop();
                    }
                }
            }
        }
        let mut leaves = Vec::new();
        collect(&self.roots, &mut Vec::new(), &mut leaves);
        leaves
    }

    /// All loops, outer before inner.
    pub fn loops(&self) -> Vec<&TreeLoop> {
        fn collect<'a>(nodes: &'a [Node], loops: &mut Vec<&'a TreeLoop>) {
            for node in nodes {
                if let Node::Loop(inner) = node {
                    loops.push(inner);
                    collect(&inner.body, loops);
                }
            }
        }
        let mut loops = Vec::new();
        collect(&self.roots, &mut loops);
        loops
    }

    /// The loop with an id, for changing it.
    pub fn loop_mut(&mut self, id: LoopId) -> Option<&mut TreeLoop> {
        fn search(nodes: &mut [Node], id: LoopId) -> Option<&mut TreeLoop> {
            nodes.iter_mut().find_map(|node| match node {
                Node::Loop(inner) => {
                    if inner.id == id {
                        Some(inner)
                    } else {
                        search(&mut inner.body, id)
                    }
                }
                Node::Leaf(_) => None,
            })
        }
        search(&mut self.roots, id)
    }

    /// Text with one line a loop or leaf, indented by depth.
    pub fn display(&self, program: &Program) -> String {
        fn write(nodes: &[Node], program: &Program, depth: usize, text: &mut String) {
            for node in nodes {
                text.push_str(&"  ".repeat(depth));
                match node {
                    Node::Leaf(leaf) => {
                        text.push_str(&program.statement(leaf.statement).name);
                        text.push('\n');
                    }
                    Node::Loop(inner) => {
                        text.push_str(&inner.name);
                        match inner.mark {
                            Mark::Sequential => {}
                            Mark::Parallel => text.push_str(" parallel"),
                            Mark::Vector { width, unroll: 1 } => {
                                text.push_str(&format!(" vector {width}"));
                            }
                            Mark::Vector { width, unroll } => {
                                text.push_str(&format!(" vector {width} x {unroll}"));
                            }
                            Mark::UnrollJam { factor } => {
                                text.push_str(&format!(" unroll-and-jam {factor}"));
                            }
                        }
                        text.push('\n');
                        write(&inner.body, program, depth + 1, text);
                    }
                }
            }
        }
        let mut text = String::new();
        write(&self.roots, program, 0, &mut text);
        text
    }
}

fn build(
    program: &Program,
    order: &[SourceNode],
    path: &mut Vec<LoopId>,
    next_loop: &mut u32,
) -> Vec<Node> {
    order
        .iter()
        .map(|node| match node {
            SourceNode::Statement(id) => {
                let rename = |variable| match variable {
                    Variable::Iterator(depth) => match path.get(depth as usize) {
                        Some(id) => Affine::variable(id.variable()),
                        None => Affine::variable(variable),
                    },
                    other => Affine::variable(other),
                };
                let statement = program.statement(*id);
                Node::Leaf(Leaf {
                    statement: *id,
                    iterators: path.iter().map(|id| Affine::variable(id.variable())).collect(),
                    constraints: statement
                        .domain
                        .iter()
                        .map(|constraint| constraint.substitute(rename))
                        .collect(),
                })
            }
            SourceNode::Loop(source) => {
                let id = LoopId(*next_loop);
                *next_loop += 1;
                path.push(id);
                let body = build(program, &source.body, path, next_loop);
                path.pop();
                Node::Loop(TreeLoop { id, name: source.name.clone(), mark: Mark::Sequential, body })
            }
        })
        .collect()
}
