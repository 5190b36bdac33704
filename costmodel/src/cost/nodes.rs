//! A loop tree made ready for questions about numbers: every expression over the loops around, by position.
//!
//! Nodes stand in the order of the text, so that what is inside of a node is the range behind it. A condition becomes
//! one node for each of its sides, a pack becomes its copies and its body. Storage is numbered: the program's arrays
//! first, then one buffer for each pack.

use super::linear::{Condition, Limit, Linear};
use loopwright_ir::{Expression, Mark, Program, StatementId};
use std::ops::Range;

/// Accesses of one statement, or of a copy, to one storage that differ in constants only.
#[derive(Clone, Debug)]
pub struct Group {
    /// Position in [`Nodes::storages`].
    pub storage: usize,
    /// One a dimension; constants are those of the first access.
    pub subscripts: Vec<Linear>,
    /// What the constants of the accesses are beyond that, each dimension's least and greatest.
    pub spread: Vec<(i64, i64)>,
    /// Each distinct access's distance from the first, in elements as they lie in storage.
    pub offsets: Vec<i64>,
    /// The offset that is written.
    pub written: Option<i64>,
    /// The offsets that are read.
    pub read: Vec<i64>,
    /// Elements that each loop's variable moves the address by, by depth.
    pub strides: Vec<i64>,
}

/// An array or a buffer.
#[derive(Clone, Debug)]
pub struct Storage {
    pub element_bytes: f64,
    pub extents: Vec<i64>,
    /// Dimensions from the outermost to the contiguous one.
    pub order: Vec<usize>,
    /// Elements between neighbours in each dimension.
    pub weights: Vec<i64>,
    /// The program's array that it is, or is a copy of.
    pub array: usize,
    /// Whether it is one element in a register.
    pub register: bool,
}

impl Storage {
    pub(super) fn new(
        element_bytes: u64,
        extents: Vec<i64>,
        order: Vec<usize>,
        array: usize,
    ) -> Self {
        let mut weights = vec![1; extents.len()];
        let mut weight: i64 = 1;
        for dimension in order.iter().rev() {
            if let Some(place) = weights.get_mut(*dimension) {
                *place = weight;
            }
            weight = weight.saturating_mul(extents.get(*dimension).copied().unwrap_or(1).max(1));
        }
        let element_bytes = element_bytes as f64;
        Self { element_bytes, extents, order, weights, array, register: false }
    }

    pub fn bytes(&self) -> f64 {
        self.extents.iter().map(|extent| (*extent).max(1) as f64).product::<f64>()
            * self.element_bytes
    }
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The whole tree.
    Root,
    Loop {
        lower: Limit,
        upper: Limit,
        mark: Mark,
        depth: usize,
        position: usize,
    },
    /// One side of a condition: it runs where all hold, or where one does not.
    Side {
        conditions: Vec<Condition>,
        holds: bool,
    },
    Statement {
        statement: StatementId,
        iterators: Vec<Linear>,
        streamed: bool,
    },
    /// A box of an array is copied to a buffer, or back: elements, and whether rows stay rows.
    Copy {
        elements: f64,
        row: f64,
        straight: bool,
    },
}

/// A node with what is inside.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    pub parent: usize,
    /// How many loops are around it.
    pub depth: usize,
    /// The nodes directly inside.
    pub children: Vec<usize>,
    /// Behind the last node inside of it.
    pub end: usize,
    /// Accesses, of statements and copies.
    pub groups: Vec<Group>,
    /// For each read of the statement, its group and its offset.
    pub reads: Vec<(usize, i64)>,
}

/// The whole tree.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    pub program: &'a Program,
    pub list: Vec<Node>,
    pub storages: Vec<Storage>,
}

impl<'a> Nodes<'a> {
    /// The nodes inside of one, itself first.
    pub fn inside(&self, node: usize) -> Range<usize> {
        node..self.list.get(node).map_or(node, |one| one.end)
    }

    pub fn statement(&self, id: StatementId) -> &Expression {
        &self.program.statement(id).body
    }
}
