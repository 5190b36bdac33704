//! Operands as `pack` names them.

use super::names_of;
use crate::Draft;
use crate::facts::{AccessFact, LeafFact};
use loopwright_ir::Program;

/// An operand of a statement that is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// Its array.
    pub array: String,
    /// As `pack` takes it: the array where the statement has no other use of it, otherwise the read.
    pub name: String,
    /// The array's dimensions in the order in which the copy has them; empty for the array's own.
    pub order: Vec<usize>,
}

/// An operand whose copy has the dimension last that moves with the loop at a depth.
pub fn operand(program: &Program, leaf: &LeafFact, access: &AccessFact, along: usize) -> Operand {
    let array = program.array(access.array).name.clone();
    let mut others = leaf.accesses.iter().filter(|one| one.array == access.array);
    let mut name = array.clone();
    if !others.all(|one| one.access == access.access) {
        let names = names_of(program, leaf.id.statement);
        for subscript in &access.access.subscripts {
            name.push_str(&format!("[{}]", subscript.display_with(&names)));
        }
    }
    let dimensions = access.access.subscripts.len();
    let last = leaf.dimensions_with(access, along).into_iter().next_back();
    let order = match last {
        Some(last) if last + 1 != dimensions => {
            (0..dimensions).filter(|one| *one != last).chain([last]).collect()
        }
        _ => Vec::new(),
    };
    Operand { array, name, order }
}

/// Operands of which no two have the same name.
pub fn unique(operands: impl Iterator<Item = Operand>) -> Vec<Operand> {
    let mut all: Vec<Operand> = Vec::new();
    for operand in operands {
        if !all.iter().any(|known| known.name == operand.name) {
            all.push(operand);
        }
    }
    all
}

impl Operand {
    /// Copies it around a loop, in its order.
    pub fn pack(&self, draft: &mut Draft, piece: &str, loop_name: &str) -> Option<()> {
        let order: String = self.order.iter().map(|one| format!(", {one}")).collect();
        draft.text(&format!("pack({piece}, {}, {loop_name}{order})", self.name))
    }

    /// The same with the array's own order.
    pub fn as_it_lies(&self) -> Self {
        Self { order: Vec::new(), ..self.clone() }
    }
}
