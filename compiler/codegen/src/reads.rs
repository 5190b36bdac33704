//! Reads with a copy to themselves become reads of an array of their own.
//!
//! ```text
//! pack A[j][k] of S2: [0 : 48][k_t : 16] in        pack A_j_k[0 : 48][k_t : 16], filled from A
//!   C[i][j] += A[i][k] * A[j][k]              →      C[i][j] += A[i][k] * A_j_k[j][k]
//! ```
//! So all that follows, which tells memory apart by its array, needs to know nothing of such copies: above all
//! that what is written cannot be what is read there. The new arrays are storage of ours (see
//! [`ArrayKind::Expanded`]), but their packs are filled from the arrays that they stand for.

use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Array, ArrayId, ArrayKind, LoopTree, LoopTreeNode, Pack, PackedReads, Program, StatementId,
};
use std::collections::HashMap;

/// The program and the loops with arrays for such reads; `None` where there are none.
pub(crate) fn with_own_arrays(program: &Program, tree: &LoopTree) -> Option<(Program, LoopTree)> {
    if !any(&tree.roots) {
        return None;
    }
    let mut separation = Separation {
        original: program,
        program: program.clone(),
        arrays: Vec::new(),
        statements: HashMap::new(),
    };
    let mut tree = tree.clone();
    separation.sequence(&mut tree.roots, &mut Vec::new());
    Some((separation.program, tree))
}

/// The array that a pack is filled from, and written back to.
pub(crate) fn source_of(program: &Program, pack: &Pack) -> ArrayId {
    let stands_for = program.arrays.get(pack.array.0).and_then(Array::storage_of);
    stands_for.filter(|_| pack.reads.is_some()).unwrap_or(pack.array)
}

fn any(nodes: &[LoopTreeNode]) -> bool {
    nodes.iter().any(|node| {
        matches!(node, LoopTreeNode::Pack(pack) if pack.reads.is_some())
            || node.bodies().into_iter().any(any)
    })
}

struct Separation<'a> {
    original: &'a Program,
    program: Program,
    /// The reads of an array, and the array that stands for it there.
    arrays: Vec<(ArrayId, PackedReads, ArrayId)>,
    /// The statements with other arrays, by the arrays of the packs around.
    statements: HashMap<(StatementId, Vec<ArrayId>), StatementId>,
}

impl Separation<'_> {
    /// `around` are the arrays for reads whose packs are around.
    fn sequence(&mut self, nodes: &mut [LoopTreeNode], around: &mut Vec<ArrayId>) {
        for node in nodes {
            match node {
                LoopTreeNode::Statement(instance) => {
                    instance.statement = self.statement(instance.statement, around);
                }
                LoopTreeNode::Pack(pack) => {
                    let own = pack.reads.clone().map(|reads| self.array(pack.array, reads));
                    if let Some(own) = own {
                        pack.array = own;
                        around.push(own);
                    }
                    self.sequence(&mut pack.body, around);
                    if own.is_some() {
                        around.pop();
                    }
                }
                LoopTreeNode::For(inner) => self.sequence(&mut inner.body, around),
                LoopTreeNode::If { body, otherwise, .. } => {
                    self.sequence(body, around);
                    self.sequence(otherwise, around);
                }
            }
        }
    }

    /// The array for some reads of another one.
    fn array(&mut self, of: ArrayId, reads: PackedReads) -> ArrayId {
        let known = self.arrays.iter().find(|(array, one, _)| *array == of && *one == reads);
        if let Some((_, _, own)) = known {
            return *own;
        }
        let own = ArrayId(self.program.arrays.len());
        let brackets = reads.brackets(self.original);
        let words = brackets.split(|letter: char| !letter.is_ascii_alphanumeric());
        let array = self.original.array(of);
        let name = words
            .filter(|word| !word.is_empty())
            .fold(array.name.clone(), |name, word| format!("{name}_{word}"));
        let kind = ArrayKind::Expanded { of };
        self.program.arrays.push(Array { name, kind, ..array.clone() });
        self.arrays.push((of, reads, own));
        own
    }

    /// The statement with the arrays of the packs around in place of those that they stand for.
    fn statement(&mut self, id: StatementId, around: &[ArrayId]) -> StatementId {
        let Some(original) = self.original.statements.get(id.0) else { return id };
        let mut statement = original.clone();
        for (of, reads, own) in self.arrays.iter().filter(|(_, _, own)| around.contains(own)) {
            for read in &mut statement.reads {
                let shared = planted(Fault::PackedReadsShared) && reads.statement == id;
                if read.array == *of && (shared || reads.contain(id, read)) {
                    read.array = *own;
                }
            }
        }
        if statement.reads == original.reads {
            return id;
        }
        let statements = &mut self.program.statements;
        *self.statements.entry((id, around.to_vec())).or_insert_with(|| {
            statements.push(statement);
            StatementId(statements.len() - 1)
        })
    }
}
