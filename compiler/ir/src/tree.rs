//! The order of execution as a tree: loops without bounds, sequences, and leaves.
//!
//! # Meaning
//! A leaf stands for all instances of its statement. Its enclosing loops, outermost first, have the
//! variables `t`; [`Leaf::iterators`] gives the statement's iterators `x = f(t)`, and
//! [`Leaf::constraints`] is the conjunction over `t` and the parameters that says which `t` occur.
//! Each instance has exactly one `t` (invariant T3), so the tree orders instances: along the path
//! from the root, a loop orders by its variable and a list of children by position.
//!
//! A statement whose index set was split has several leaves, its *pieces*: they are disjoint and
//! together have all instances. Piece 0 of `S2` is named `S2`, the next `S2_2`, `S2_3`, ….
//!
//! Two things that a loop may carry change no order. With [`TreeLoop::separated`], each iteration
//! runs code without guards where all tiles inside are full. With [`TreeLoop::packs`], each
//! iteration works on local copies of parts of arrays (see [`Packing`]).
//!
//! The stores of a leaf may go past the caches ([`Leaf::streamed`]), which changes no order either.
//!
//! Marks refine that order. The iterations of a [`Mark::Parallel`] or [`Mark::Vector`] loop have no
//! order among themselves. A [`Mark::Pipelined`] loop `w` has one parallel loop `p` for a body; `(v, q)`
//! comes before `(w, p)` only if `v < w` and `q <= p`. A [`Mark::Doacross`] loop `w` has one sequential loop
//! `p` for a body; of earlier iterations, `(v, q)` with `v < w` comes before `(w, p)` only if `v <= p`. A loop with [`Mark::UnrollJam`] runs blocks of `factor` consecutive
//! iterations; inside a block, everything deeper (inner loops, then sequence positions) is ordered
//! first and the block's own variable last. The blocks may begin anywhere. [`Mark::Unroll`] keeps
//! the order of a sequential loop.

use crate::{
    Access, Affine, ArrayId, Constraint, PackedReads, Program, SourceNode, StatementId, Variable,
};
use serde::{Deserialize, Serialize};

/// A loop variable, unique in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LoopId(pub u32);

impl LoopId {
    /// The variable as affine expressions mention it.
    pub fn variable(self) -> Variable {
        Variable::Loop(self.0)
    }
}

/// How the iterations of a loop run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mark {
    #[default]
    Sequential,
    /// Shared among threads; the loop carries no dependence.
    Parallel,
    /// Its iterations overlap: in the parallel loop inside, which is all that it has, an iteration waits only
    /// for those of earlier iterations that are not behind it (see the module's text).
    Pipelined,
    /// Its iterations overlap: in the sequential loop inside, which is all that it has, an iteration waits only
    /// for those of earlier iterations whose number is not above its own (see the module's text).
    Doacross,
    /// `width` consecutive iterations in the lanes of a vector, `unroll` vectors at a time in
    /// lock-step; the loop carries no dependence.
    Vector { width: u32, unroll: u32 },
    /// `factor` consecutive iterations in lock-step (see the module's text).
    UnrollJam { factor: u32 },
    /// `factor` consecutive iterations one after another without a test between them.
    Unroll { factor: u32 },
}

impl Mark {
    /// Whether the loop's own iterations run on several threads.
    pub fn on_threads(self) -> bool {
        matches!(self, Self::Parallel | Self::Doacross)
    }
}

/// A local copy of the part of an array that one iteration of a loop touches.
///
/// The part is the smallest box of constant size that is known to hold all elements that the leaves
/// below access. It is copied in before the iteration's body as far as it lies in the array, and back
/// after it if the body writes the array; all accesses below to the array go to the copy. Of an expanded
/// array it is all the storage that there is, and nothing is copied; without a packing the array's storage is
/// there for all loops.
///
/// With [`reads`](Self::reads) only these work on the copy, which holds what they touch and is never copied back;
/// all other accesses go where they would go without it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Packing {
    pub array: ArrayId,
    /// The reads that have the copy to themselves; `None` for all accesses to the array.
    pub reads: Option<PackedReads>,
    /// The array's dimensions in the order in which the copy stores them, the outermost first.
    pub order: Vec<usize>,
    /// Whether the copy is one element, to be kept in a register.
    pub register: bool,
}

impl Packing {
    /// Whether a statement's access works on the copy.
    pub fn takes(&self, statement: StatementId, access: &Access, write: bool) -> bool {
        access.array == self.array
            && self.reads.as_ref().is_none_or(|reads| !write && reads.contain(statement, access))
    }

    /// Whether both cannot be around one leaf: they are copies for the same accesses, or one of them is for
    /// all of the array.
    pub fn excludes(&self, other: &Packing) -> bool {
        self.array == other.array
            && (self.reads.is_none() || other.reads.is_none() || self.reads == other.reads)
    }

    /// `A`, or `A[i][k] of S2`.
    pub fn name(&self, program: &Program) -> String {
        let mut name = program.array(self.array).name.clone();
        if let Some(reads) = &self.reads {
            name.push_str(&reads.display(program));
        }
        name
    }
}

/// A leaf: a statement, and which of its pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafId {
    pub statement: StatementId,
    pub piece: u32,
}

impl LeafId {
    /// The statement's name, followed by `_2`, `_3`, … for its later pieces.
    pub fn name(self, program: &Program) -> String {
        let statement = &program.statement(self.statement).name;
        match self.piece {
            0 => statement.clone(),
            piece => format!("{statement}_{}", u64::from(piece) + 1),
        }
    }
}

/// A loop and what is inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeLoop {
    pub id: LoopId,
    /// Unique along any path from the root to a leaf.
    pub name: String,
    pub mark: Mark,
    /// Whether the tiles inside of each iteration run without guards where they are full.
    pub separated: bool,
    /// What each iteration works on copies of, at most one for an access.
    pub packs: Vec<Packing>,
    pub body: Vec<Node>,
}

impl TreeLoop {
    /// A sequential loop that carries nothing.
    pub fn new(id: LoopId, name: impl Into<String>, body: Vec<Node>) -> Self {
        let (name, mark) = (name.into(), Mark::Sequential);
        Self { id, name, mark, separated: false, packs: Vec::new(), body }
    }
}

/// All instances of one piece of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub statement: StatementId,
    /// Which of the statement's pieces it is; 0 unless its index set was split.
    pub piece: u32,
    /// Each iterator of the statement over the enclosing loops' variables and the parameters.
    pub iterators: Vec<Affine>,
    /// Which values of the enclosing loops' variables occur.
    pub constraints: Vec<Constraint>,
    /// Whether the vectors that it stores go past the caches.
    pub streamed: bool,
}

impl Leaf {
    /// The leaf's identity in its tree.
    pub fn id(&self) -> LeafId {
        LeafId { statement: self.statement, piece: self.piece }
    }
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

    /// The loops around a statement's first piece, outermost first; `None` if it has no leaf.
    pub fn path(&self, statement: StatementId) -> Option<Vec<&TreeLoop>> {
        self.path_to(LeafId { statement, piece: 0 })
    }

    /// The leaf with that name (see [`LeafId::name`]).
    pub fn leaf_named(&self, program: &Program, name: &str) -> Option<LeafId> {
        self.leaves().into_iter().map(|(_, leaf)| leaf.id()).find(|id| id.name(program) == name)
    }

    /// The loops around a leaf, outermost first; `None` if it is not in the tree.
    pub fn path_to(&self, wanted: LeafId) -> Option<Vec<&TreeLoop>> {
        fn search<'a>(nodes: &'a [Node], wanted: LeafId, path: &mut Vec<&'a TreeLoop>) -> bool {
            nodes.iter().any(|node| match node {
                Node::Leaf(leaf) => leaf.id() == wanted,
                Node::Loop(inner) => {
                    path.push(inner);
                    let found = search(&inner.body, wanted, path);
                    if !found {
                        path.pop();
                    }
                    found
                }
            })
        }
        let mut path = Vec::new();
        search(&self.roots, wanted, &mut path).then_some(path)
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
                        text.push_str(&leaf.id().name(program));
                        text.push_str(if leaf.streamed { " streamed\n" } else { "\n" });
                    }
                    Node::Loop(inner) => {
                        text.push_str(&inner.name);
                        match inner.mark {
                            Mark::Sequential => {}
                            Mark::Parallel => text.push_str(" parallel"),
                            Mark::Pipelined => text.push_str(" pipelined"),
                            Mark::Doacross => text.push_str(" doacross"),
                            Mark::Vector { width, unroll: 1 } => {
                                text.push_str(&format!(" vector {width}"));
                            }
                            Mark::Vector { width, unroll } => {
                                text.push_str(&format!(" vector {width} x {unroll}"));
                            }
                            Mark::UnrollJam { factor } => {
                                text.push_str(&format!(" unroll-and-jam {factor}"));
                            }
                            Mark::Unroll { factor } => {
                                text.push_str(&format!(" unroll {factor}"));
                            }
                        }
                        if inner.separated {
                            text.push_str(" separated");
                        }
                        for packing in &inner.packs {
                            let verb = if packing.register { "promote" } else { "pack" };
                            text.push_str(&format!(" {verb} {}", packing.name(program)));
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
                    piece: 0,
                    iterators: path.iter().map(|id| Affine::variable(id.variable())).collect(),
                    constraints: statement
                        .domain
                        .iter()
                        .map(|constraint| constraint.substitute(rename))
                        .collect(),
                    streamed: false,
                })
            }
            SourceNode::Loop(source) => {
                let id = LoopId(*next_loop);
                *next_loop += 1;
                path.push(id);
                let body = build(program, &source.body, path, next_loop);
                path.pop();
                Node::Loop(TreeLoop::new(id, source.name.clone(), body))
            }
        })
        .collect()
}
