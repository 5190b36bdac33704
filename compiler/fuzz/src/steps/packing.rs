//! Copies of array parts, whole or for some reads.

use super::Drawer;
use loopwright_ir::{Step, as_written};

impl Drawer<'_> {
    pub(super) fn pack(&mut self) -> Option<Step> {
        let (array, rank) = self.array()?;
        let mut order: Vec<usize> = Vec::new();
        if rank > 1 && self.chance(0.4) {
            order = (0..rank).collect();
            for last in (1..rank).rev() {
                let other = self.below(last + 1);
                order.swap(last, other);
            }
        }
        // An outer loop, so that there is something to copy.
        let depth =
            if self.chance(0.7) { self.below(self.path.len().min(2)) } else { self.depth()? };
        let loop_name = self.name(depth)?;
        let statement = self.statement.clone();
        Some(Step::Pack { statement, array, subscripts: Vec::new(), loop_name, order })
    }

    /// A copy for some reads of the statement, now and then for reads that it does not have.
    pub(super) fn pack_reads(&mut self) -> Option<Step> {
        let statement = self.program.statements.get(self.leaf.statement.0)?;
        let place = self.below(statement.reads.len());
        let read = statement.reads.get(place)?;
        let mut subscripts = Vec::new();
        for subscript in &read.subscripts {
            subscripts.push(as_written(self.program, self.leaf.statement, subscript)?);
        }
        if self.chance(0.02) {
            subscripts.reverse();
        }
        let whole = self.pack()?;
        let array = self.program.array(read.array).name.clone();
        match whole {
            Step::Pack { statement, loop_name, mut order, .. } => {
                if order.len() != subscripts.len() {
                    order.clear();
                }
                Some(Step::Pack { statement, array, subscripts, loop_name, order })
            }
            other => Some(other),
        }
    }
}
