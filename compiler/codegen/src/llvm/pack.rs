//! A pack: its buffer, the copies, and the body with the accesses redirected.

use super::emitter::Emitter;
use super::storage::{Layout, Storage};
use crate::check::check_pack;
use crate::error::{CodegenError, Result};
use crate::kernel::written_arrays;
use crate::reads::source_of;
use loopwright_ir::Pack;
use std::collections::HashMap;

impl<'c> Emitter<'c, '_> {
    /// A pack's node.
    pub fn pack(&mut self, pack: &Pack) -> Result<()> {
        if !self.scheduled {
            // Without a promise that arrays do not overlap, a copy may miss what is written to another
            // array; a legal pack changes nothing else.
            return self.nodes(&pack.body);
        }
        if !self.state.group.members.is_empty() {
            return Err(CodegenError::ill_formed(
                "a pack inside a block of iterations in lock-step",
            ));
        }
        check_pack(self.program, pack)?;
        let missing = || CodegenError::ill_formed("an array that does not exist");
        let position = pack.array.0;
        let outside = self.state.storages.get(position).cloned().ok_or_else(missing)?;
        let source = source_of(self.program, pack);
        let array = self.state.storages.get(source.0).cloned().ok_or_else(missing)?;
        let facts = self.buffer_facts.get(position).copied().ok_or_else(missing)?;
        let products = self.make_products(pack, &array)?;
        // What is read in products only needs no copy of its own.
        let buffer = if products.plain { Some(self.take_buffer(pack)?) } else { None };
        let (known, layout) = (products.known(), Layout::of_buffer(pack));
        let copy = match &buffer {
            Some(buffer) => {
                let (array, base) = (pack.array, buffer.base);
                Storage { array, base, own: true, facts, layout, products: known }
            }
            None => Storage { products: known, ..outside.clone() },
        };
        if pack.copy_in && buffer.is_some() {
            self.copy_box(pack, &array, &copy)?;
        }
        self.state.storages[position] = copy.clone();
        // Addresses in the array are none in the buffer, and the other way round.
        let addresses = self.state.addresses.replace(vec![HashMap::new()]);
        let outcome = self.scoped(|inside| inside.nodes(&pack.body));
        self.state.addresses.replace(addresses);
        self.state.storages[position] = outside;
        outcome?;
        let written = written_arrays(self.program).get(position).copied().unwrap_or_default();
        if pack.copy_out && written {
            self.copy_box(pack, &copy, &array)?;
        }
        buffer.map_or(Ok(()), |buffer| self.give_back(buffer))?;
        self.forget_products(products)
    }
}
