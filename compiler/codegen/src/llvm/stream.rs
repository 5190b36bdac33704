//! Vectors that are stored past the caches.
//!
//! x86 has such stores for whole vectors at multiples of their size only. So a vector loop with streamed
//! statements first runs until the first of its stores is aligned, and then, if all of them are, the loop
//! with these stores, or else the ordinary one:
//! ```text
//! head = elements up to the next aligned &B[lower];
//! …iterations before lower + head
//! if (all addresses are aligned at lower + head)
//!   …blocks with streamed stores
//! else
//!   …blocks
//! ```
//! Each block is a whole number of vectors, so that what is aligned in the first is aligned in all. What is left
//! after whole vectors is stored as usual.
//!
//! Such stores are not ordered with other ones. Before other threads may learn that something has been
//! written (where a team begins, meets or ends, where a tile of a pipeline or the whole function ends), a fence
//! waits for them. A thread sees its own stores in their order.

use super::counted::Advance;
use super::emitter::{Emitter, Lanes};
use crate::access::ResolvedAccess;
use crate::error::{CodegenError, Result};
use crate::trip::TripCount;
use inkwell::IntPredicate;
use inkwell::intrinsics::Intrinsic;
use inkwell::values::{BasicMetadataValueEnum, IntValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{ElementType, For, LoopTreeNode};

/// The largest vectors that one instruction stores, which are whole cache lines, too.
const LARGEST: u64 = 64;
/// The smallest ones that go past the caches.
const SMALLEST: u64 = 16;

/// What a vector loop stores past the caches.
pub(super) struct Streams {
    /// The accesses, each with what its addresses must be multiples of.
    accesses: Vec<(ResolvedAccess, u64)>,
    /// The bytes of an element of the first one.
    element: u64,
}

/// Whether any statement's stores go past the caches.
pub(super) fn any_streamed(nodes: &[LoopTreeNode]) -> bool {
    nodes.iter().any(|node| match node {
        LoopTreeNode::Statement(instance) => instance.streamed,
        _ => node.bodies().into_iter().any(any_streamed),
    })
}

/// What the address of a vector must be a multiple of; `None` for one that cannot be streamed.
fn alignment_of(width: u32, element: ElementType) -> Option<u64> {
    let bytes = u64::from(width) * element.bytes();
    (bytes.is_power_of_two() && bytes >= SMALLEST).then_some(bytes.min(LARGEST))
}

impl<'c> Emitter<'c, '_> {
    /// What a vector loop streams; `None` where that is nothing, or where it cannot be aligned.
    pub fn streams(&self, inner: &For, trip: &TripCount, width: u32) -> Result<Option<Streams>> {
        if !self.streams || !self.state.registers.is_empty() || trip.is_below(width.into()) {
            return Ok(None);
        }
        let group = self.state.group.with_block(inner.id.0, width, 1);
        let mut streams = Streams { accesses: Vec::new(), element: 1 };
        for node in &inner.body {
            // Addresses under a condition, or in further loops, are not known ahead.
            let LoopTreeNode::Statement(instance) = node else { return Ok(None) };
            let write = &self.statement_of(instance)?.write;
            let element = self.program.array(write.array).element;
            let Some(alignment) = alignment_of(width, element).filter(|_| instance.streamed) else {
                continue;
            };
            for offsets in &group.copies {
                let access = ResolvedAccess::new(write, &instance.iterators, offsets);
                let layout = &self.storage(&access)?.layout;
                if layout.constant_step(&access, inner.id.variable())? != Some(1) {
                    continue;
                }
                let first = streams.accesses.first().map(|(first, _)| first);
                if let Some(first) = first.filter(|first| first.array == access.array)
                    && let (Some(one), Some(other)) =
                        (layout.position(first)?, layout.position(&access)?)
                    && let Some(apart) = (&one - &other).as_constant()
                    && !apart.unsigned_abs().is_multiple_of(alignment / element.bytes())
                {
                    return Ok(None);
                }
                if streams.accesses.is_empty() {
                    streams.element = element.bytes();
                }
                streams.accesses.push((access, alignment));
            }
        }
        Ok((!streams.accesses.is_empty()).then_some(streams))
    }

    /// A vector loop with what it streams.
    pub fn streamed_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        blocks: &[(u32, u32)],
        streams: &Streams,
    ) -> Result<()> {
        // Where nothing runs, the address may be none.
        let some = self.builder.build_int_compare(IntPredicate::SLE, lower, upper, "")?;
        self.when(some, "stream", |inside| {
            let start = inside.head(inner, lower, upper, blocks, streams)?;
            let misaligned = inside.misaligned(inner, start, &streams.accesses)?;
            let zero = inside.constant(0);
            let aligned =
                inside.builder.build_int_compare(IntPredicate::EQ, misaligned, zero, "aligned")?;
            let unknown = TripCount::default();
            inside.either(
                aligned,
                ["aligned", "misaligned"],
                |then| {
                    let outer = std::mem::replace(&mut then.state.aligned, true);
                    let outcome = then.loop_by_blocks(inner, start, upper, &unknown, blocks);
                    then.state.aligned = outer;
                    outcome
                },
                |other| other.loop_by_blocks(inner, start, upper, &unknown, blocks),
            )
        })
    }

    /// Runs the iterations until the first store is aligned, and gives the one that comes next.
    fn head(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        blocks: &[(u32, u32)],
        streams: &Streams,
    ) -> Result<IntValue<'c>> {
        let first = streams.accesses.get(..1).unwrap_or_default();
        let alignment = first.first().map_or(1, |(_, alignment)| alignment.cast_signed());
        let over = self.misaligned(inner, lower, first)?;
        let bytes = self.builder.build_int_nsw_sub(self.constant(alignment), over, "")?;
        let bytes = self.builder.build_and(bytes, self.constant(alignment - 1), "")?;
        let size = self.constant(streams.element.cast_signed());
        let count = self.builder.build_int_unsigned_div(bytes, size, "head")?;
        let start = self.builder.build_int_nsw_add(lower, count, "")?;
        let behind = self.plus(upper, 1)?;
        let start = self.lesser(start, behind)?;
        let last = self.plus(start, -1)?;
        match blocks.first() {
            Some((width, _)) if self.can_mask(inner, *width)? => {
                self.masked_vector(inner, lower, last, *width, 0)?;
            }
            _ => self.counted(inner, lower, last, Advance::ONE)?,
        }
        if planted(Fault::StreamedHead) {
            let later = self.builder.build_int_compare(IntPredicate::SGT, start, lower, "")?;
            let later = self.builder.build_int_z_extend(later, self.i64(), "")?;
            return Ok(self.builder.build_int_nsw_add(start, later, "")?);
        }
        Ok(start)
    }

    /// By how many bytes the accesses' addresses are no multiples when the loop's variable has the value; of
    /// several accesses, zero if none is.
    fn misaligned(
        &mut self,
        inner: &For,
        value: IntValue<'c>,
        accesses: &[(ResolvedAccess, u64)],
    ) -> Result<IntValue<'c>> {
        self.state.variables.push((inner.id.0, value));
        let bytes = self.scoped(|inside| {
            let mut all = inside.constant(0);
            for (access, alignment) in accesses {
                let address = inside.address(access)?;
                let address = inside.builder.build_ptr_to_int(address, inside.i64(), "")?;
                let bits = inside.constant(alignment.cast_signed() - 1);
                let bytes = inside.builder.build_and(address, bits, "")?;
                all = inside.builder.build_or(all, bytes, "")?;
            }
            Ok(all)
        });
        self.state.variables.pop();
        bytes
    }

    /// Stores to memory what a streamed statement writes.
    pub fn stream_memory(
        &self,
        access: &ResolvedAccess,
        element: ElementType,
        lanes: Lanes<'c>,
    ) -> Result<()> {
        let variable = self.state.group.vector.map(|(id, _)| loopwright_ir::Variable::Loop(id));
        let neighbours = match variable {
            Some(variable) => self.step_of(access, variable)? == Some(1),
            None => false,
        };
        let whole = self.state.aligned && self.state.mask.is_none() && neighbours;
        let Some(alignment) = alignment_of(self.width(), element).filter(|_| whole) else {
            return self.store_memory(access, element, lanes);
        };
        let address = self.address(access)?;
        let value = self.splat(lanes)?.value;
        let wrong = |error: &dyn std::fmt::Display| CodegenError::ill_formed(error.to_string());
        let store = self.builder.build_store(address, value)?;
        let alignment = u32::try_from(alignment).unwrap_or(1);
        store.set_alignment(alignment).map_err(|error| wrong(&error))?;
        let one = BasicMetadataValueEnum::from(self.context.i32_type().const_int(1, false));
        store
            .set_metadata(
                self.context.metadata_node(&[one]),
                self.context.get_kind_id("nontemporal"),
            )
            .map_err(|error| wrong(&error))?;
        self.storage(access)?.facts.attach(self.context, store, false)
    }

    /// Waits until all streamed stores can be seen.
    pub fn finish_streams(&self) -> Result<()> {
        let fence = Intrinsic::find("llvm.x86.sse.sfence")
            .filter(|_| self.streams && self.target.is_x86())
            .and_then(|fence| fence.get_declaration(self.module, &[]));
        if let Some(fence) = fence {
            self.builder.build_call(fence, &[], "")?;
        }
        Ok(())
    }
}
