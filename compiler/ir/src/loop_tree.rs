//! The scheduled loops as plain data: what code generation, features and interpreters read.
//!
//! Every `For` counts upwards by one from `lower` to `upper`, both inclusive; it does not run when
//! `lower > upper`. Variables are [`Variable::Loop`]s and [`Variable::Parameter`]s only.

use crate::tree::{LoopId, Mark};
use crate::{Access, Affine, ArrayId, Constraint, PackedReads, Program, StatementId, Variable};
use serde::{Deserialize, Serialize};

/// A loop bound. As a lower bound a quotient rounds up, as an upper bound it rounds down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bound {
    /// `affine / divisor` with `divisor >= 1`.
    Quotient {
        affine: Affine,
        divisor: i64,
    },
    Minimum(Vec<Bound>),
    Maximum(Vec<Bound>),
}

impl Bound {
    /// The value at a point, rounding up if `up` is set; `None` on overflow or an empty list.
    pub fn evaluate(&self, up: bool, value_of: &dyn Fn(Variable) -> i64) -> Option<i64> {
        match self {
            Self::Quotient { affine, divisor } => {
                let value = affine.evaluate(value_of)?;
                Some(if up {
                    -(value.checked_neg()?.div_euclid(*divisor))
                } else {
                    value.div_euclid(*divisor)
                })
            }
            Self::Minimum(bounds) => {
                let values: Option<Vec<_>> =
                    bounds.iter().map(|bound| bound.evaluate(up, value_of)).collect();
                values?.into_iter().min()
            }
            Self::Maximum(bounds) => {
                let values: Option<Vec<_>> =
                    bounds.iter().map(|bound| bound.evaluate(up, value_of)).collect();
                values?.into_iter().max()
            }
        }
    }

    /// Calls `visit` on every affine expression inside.
    pub fn visit_affine(&self, visit: &mut dyn FnMut(&Affine)) {
        match self {
            Self::Quotient { affine, .. } => visit(affine),
            Self::Minimum(bounds) | Self::Maximum(bounds) => {
                for bound in bounds {
                    bound.visit_affine(visit);
                }
            }
        }
    }

    /// Whether the bound mentions a variable.
    pub fn mentions(&self, variable: Variable) -> bool {
        let mut found = false;
        self.visit_affine(&mut |affine| found |= affine.mentions(variable));
        found
    }

    /// The value when it depends on nothing.
    pub fn as_constant(&self, up: bool) -> Option<i64> {
        let mut constant = true;
        self.visit_affine(&mut |affine| constant &= affine.as_constant().is_some());
        if constant { self.evaluate(up, &|_| 0) } else { None }
    }

    fn display_with(&self, up: bool, name_of: &dyn Fn(Variable) -> String) -> String {
        let list = |name: &str, bounds: &[Bound]| {
            let inner: Vec<_> =
                bounds.iter().map(|bound| bound.display_with(up, name_of)).collect();
            format!("{name}({})", inner.join(", "))
        };
        match self {
            Self::Quotient { affine, divisor: 1 } => affine.display_with(name_of),
            Self::Quotient { affine, divisor } => {
                let name = if up { "ceild" } else { "floord" };
                format!("{name}({}, {divisor})", affine.display_with(name_of))
            }
            Self::Minimum(bounds) => list("min", bounds),
            Self::Maximum(bounds) => list("max", bounds),
        }
    }
}

/// A loop with bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct For {
    pub id: LoopId,
    pub name: String,
    pub lower: Bound,
    pub upper: Bound,
    pub mark: Mark,
    pub body: Vec<LoopTreeNode>,
}

impl For {
    /// The mark by which the loop runs: what is left of a pipelined loop whose body is not one parallel
    /// loop, or of a doacross loop whose body is not one sequential loop, is sequential.
    pub fn mark_in_effect(&self) -> Mark {
        match self.mark {
            Mark::Pipelined if self.parallel_body().is_none() => Mark::Sequential,
            Mark::Doacross if self.sequential_body().is_none() => Mark::Sequential,
            mark => mark,
        }
    }

    /// The parallel loop that is the whole body, if that is so.
    pub fn parallel_body(&self) -> Option<&For> {
        match self.body.as_slice() {
            [LoopTreeNode::For(inner)] if inner.mark == Mark::Parallel => Some(inner),
            _ => None,
        }
    }

    /// The sequential loop that is the whole body, if that is so.
    pub fn sequential_body(&self) -> Option<&For> {
        match self.body.as_slice() {
            [LoopTreeNode::For(inner)] if inner.mark == Mark::Sequential => Some(inner),
            _ => None,
        }
    }
}

/// One instance of a statement for each execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub statement: StatementId,
    /// The statement's iterators over the loop variables and the parameters.
    pub iterators: Vec<Affine>,
    /// Whether the vectors that it stores go past the caches: what it writes is needed by nobody soon.
    pub streamed: bool,
}

/// A local copy of a box of an array, and what works on it.
///
/// The box has the elements `origin[d] .. origin[d] + extents[d] - 1` in each dimension `d` of the
/// array. First, if `copy_in`, every element of the box that lies inside of the array is copied to
/// the buffer; then the body runs, in which every access to the array at the subscripts `x` goes to
/// the buffer at `x - origin`; then, if `copy_out`, every element of the box that lies inside of the
/// array is copied back. Each execution of the node has a buffer of its own, the threads of a
/// parallel loop around included. In the body no other node packs the same array.
///
/// With `reads`, only these accesses go to the buffer, which is copied in and never back; all others go where
/// they would go without the node. In the body no other node packs the same reads, or the array as a whole. The
/// elements that the reads find there are those from before the body, so nothing in it may write one before
/// it is read.
///
/// An expanded array of the program has no other storage than such buffers, which are never copied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pack {
    pub array: ArrayId,
    /// The reads that have the buffer to themselves; `None` for all accesses to the array.
    pub reads: Option<PackedReads>,
    /// The first element of the box in each dimension of the array, over the loops around and the
    /// parameters. It may lie outside of the array.
    pub origin: Vec<Affine>,
    /// The size of the box in each dimension of the array, over the parameters, at least 1 where
    /// the body runs.
    pub extents: Vec<Affine>,
    /// The array's dimensions in the order in which the buffer stores them, the outermost first.
    pub order: Vec<usize>,
    /// The box is one element, to be kept in a register.
    pub register: bool,
    pub copy_in: bool,
    pub copy_out: bool,
    pub body: Vec<LoopTreeNode>,
}

/// A node of a [`LoopTree`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LoopTreeNode {
    For(For),
    /// The body runs when all conditions hold, `otherwise` (which may be empty) when one does not.
    If {
        conditions: Vec<Constraint>,
        body: Vec<LoopTreeNode>,
        otherwise: Vec<LoopTreeNode>,
    },
    Pack(Pack),
    Statement(Instance),
}

impl LoopTreeNode {
    /// The sequences inside of the node, in the order of the text.
    pub fn bodies(&self) -> Vec<&[LoopTreeNode]> {
        match self {
            Self::For(inner) => vec![&inner.body],
            Self::If { body, otherwise, .. } => vec![body, otherwise],
            Self::Pack(pack) => vec![&pack.body],
            Self::Statement(_) => Vec::new(),
        }
    }
}

impl Pack {
    /// Whether a statement's access in the body goes to the buffer.
    pub fn takes(&self, statement: StatementId, access: &Access, write: bool) -> bool {
        access.array == self.array
            && self.reads.as_ref().is_none_or(|reads| !write && reads.contain(statement, access))
    }

    /// `pack A[32*i_t : 32][k_t : 16] in out`: in each dimension the first element and how many. A pack of some
    /// reads names them: `pack A[i][k] of S2: [32*i_t : 32][k_t : 16] in`.
    fn display_with(&self, program: &Program, names: &dyn Fn(Variable) -> String) -> String {
        let mut text = if self.register { "promote " } else { "pack " }.to_owned();
        text.push_str(&program.array(self.array).name);
        if let Some(reads) = &self.reads {
            text.push_str(&format!("{}: ", reads.display(program)));
        }
        for (origin, extent) in self.origin.iter().zip(&self.extents) {
            let (origin, extent) = (origin.display_with(names), extent.display_with(names));
            text.push_str(&format!("[{origin} : {extent}]"));
        }
        if !self.order.is_sorted() {
            let order: Vec<_> = self.order.iter().map(usize::to_string).collect();
            text.push_str(&format!(" order({})", order.join(", ")));
        }
        for (flag, word) in [(self.copy_in, " in"), (self.copy_out, " out")] {
            text.push_str(if flag { word } else { "" });
        }
        text
    }
}

/// The scheduled loops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopTree {
    pub roots: Vec<LoopTreeNode>,
}

impl LoopTree {
    /// All loops, outer before inner.
    pub fn loops(&self) -> Vec<&For> {
        fn collect<'a>(nodes: &'a [LoopTreeNode], loops: &mut Vec<&'a For>) {
            for node in nodes {
                if let LoopTreeNode::For(inner) = node {
                    loops.push(inner);
                }
                node.bodies().into_iter().for_each(|body| collect(body, loops));
            }
        }
        let mut loops = Vec::new();
        collect(&self.roots, &mut loops);
        loops
    }

    /// A naming function for loop variables and parameters.
    pub fn names<'a>(&self, program: &'a Program) -> impl Fn(Variable) -> String + use<'a> {
        let names: std::collections::HashMap<u32, String> =
            self.loops().into_iter().map(|inner| (inner.id.0, inner.name.clone())).collect();
        move |variable| match variable {
            Variable::Loop(id) => names.get(&id).cloned().unwrap_or_else(|| variable.to_string()),
            other => program.parameter_name(other),
        }
    }

    /// Readable text: loops with bounds and marks, instances with their iterators.
    pub fn display(&self, program: &Program) -> String {
        let names = self.names(program);
        let mut text = String::new();
        write_nodes(&self.roots, program, &names, 0, &mut text);
        text
    }
}

impl LoopTreeNode {
    /// The node's own line of [`LoopTree::display`], without what is inside of it.
    pub fn line(&self, program: &Program, names: &dyn Fn(Variable) -> String) -> String {
        match self {
            Self::For(inner) => {
                let mark = match inner.mark {
                    Mark::Sequential => String::new(),
                    Mark::Parallel => "parallel ".to_owned(),
                    Mark::Pipelined => "pipelined ".to_owned(),
                    Mark::Doacross => "doacross ".to_owned(),
                    Mark::Vector { width, unroll: 1 } => format!("vector({width}) "),
                    Mark::Vector { width, unroll } => format!("vector({width} x {unroll}) "),
                    Mark::UnrollJam { factor } => format!("unroll-and-jam({factor}) "),
                    Mark::Unroll { factor } => format!("unroll({factor}) "),
                };
                format!(
                    "{mark}for {} = {} .. {}",
                    inner.name,
                    inner.lower.display_with(true, names),
                    inner.upper.display_with(false, names)
                )
            }
            Self::If { conditions, .. } => {
                let conditions: Vec<_> =
                    conditions.iter().map(|condition| condition.display_with(names)).collect();
                format!("if {}", conditions.join(" and "))
            }
            Self::Pack(pack) => pack.display_with(program, names),
            Self::Statement(instance) => {
                let iterators: Vec<_> =
                    instance.iterators.iter().map(|value| value.display_with(names)).collect();
                let word = if instance.streamed { "stream " } else { "" };
                let name = &program.statement(instance.statement).name;
                format!("{word}{name}({})", iterators.join(", "))
            }
        }
    }
}

fn write_nodes(
    nodes: &[LoopTreeNode],
    program: &Program,
    names: &dyn Fn(Variable) -> String,
    depth: usize,
    text: &mut String,
) {
    let indent = "  ".repeat(depth);
    for node in nodes {
        text.push_str(&format!("{indent}{}\n", node.line(program, names)));
        for (position, body) in node.bodies().into_iter().enumerate() {
            if position > 0 && !body.is_empty() {
                text.push_str(&format!("{indent}else\n"));
            }
            write_nodes(body, program, names, depth + 1, text);
        }
    }
}
