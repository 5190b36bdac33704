//! Loops that run by blocks: unroll-and-jam, vector and unrolled loops.
//!
//! The main loop steps over whole blocks; what remains runs by smaller blocks (single vectors after
//! several), then one vector of which only some lanes run ([`masked`](super::masked)), or one iteration at
//! a time. Parts that the bounds show to be empty are not emitted.

use super::counted::Advance;
use super::emitter::Emitter;
use crate::error::Result;
use crate::trip::TripCount;
use inkwell::values::IntValue;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{For, LoopTreeNode, Mark};

/// No statement gets more copies than this: larger blocks only overflow the registers and the
/// instruction cache. Any smaller block is as legal as the one asked for.
const MOST_COPIES: usize = 64;

/// The copies of all statements of a loop's body together stay below this, so that a block of many
/// statements does not take seconds to compile.
const MOST_STATEMENT_COPIES: usize = 256;

/// Wider vectors are only cut into pieces again.
const MOST_LANES: u32 = 64;

impl<'c> Emitter<'c, '_> {
    /// `factor` iterations in lock-step.
    pub fn jammed_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        trip: &TripCount,
        factor: u32,
    ) -> Result<()> {
        let factor = self.affordable(factor, &inner.body);
        self.loop_by_blocks(inner, lower, upper, trip, &[(1, factor)])
    }

    /// `unroll` vectors of `width` iterations in lock-step.
    pub fn vector_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        trip: &TripCount,
        width: u32,
        unroll: u32,
    ) -> Result<()> {
        let width = width.min(MOST_LANES);
        let unroll = self.affordable(unroll, &inner.body);
        let blocks = [(width, unroll), (width, 1)];
        if let Some(streams) = self.streams(inner, trip, width)? {
            return self.streamed_loop(inner, lower, upper, &blocks, &streams);
        }
        self.loop_by_blocks(inner, lower, upper, trip, &blocks)
    }

    /// `factor` iterations one after another without a test between them.
    pub fn unrolled_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        trip: &TripCount,
        factor: u32,
    ) -> Result<()> {
        let weight = self.state.group.copies.len().saturating_mul(count_copies(&inner.body).max(1));
        let most = i64::try_from(MOST_STATEMENT_COPIES / weight).unwrap_or(1).max(1);
        let mut factor = i64::from(factor).clamp(1, most);
        if let Some(count) = trip.as_constant() {
            factor = factor.min(count.max(1));
        }
        if factor == 1 || trip.is_below(factor) {
            return self.counted(inner, lower, upper, Advance::ONE);
        }
        let unrolled = Advance { step: 1, unroll: factor, below: 0 };
        if trip.is_multiple_of(factor) {
            return self.counted(inner, lower, upper, unrolled);
        }
        let end = self.end_of_blocks(lower, upper, factor)?;
        self.counted(inner, lower, end, unrolled)?;
        let start = self.plus(end, 1)?;
        self.counted(inner, start, upper, Advance::ONE)
    }

    fn affordable(&self, factor: u32, body: &[LoopTreeNode]) -> u32 {
        let copies = self.state.group.copies.len();
        let most = (MOST_COPIES / copies)
            .min(MOST_STATEMENT_COPIES / (copies * count_statements(body).max(1)));
        factor.clamp(1, u32::try_from(most).unwrap_or(1).max(1))
    }

    /// Blocks of `(width, copies)` each, the larger ones first.
    pub fn loop_by_blocks(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        trip: &TripCount,
        blocks: &[(u32, u32)],
    ) -> Result<()> {
        let mut start = lower;
        let mut previous = 1;
        let mut trip = trip.clone();
        let lanes = blocks.iter().map(|(width, _)| *width).filter(|width| *width > 1).min();
        if let Some(width) = lanes
            && let Some(head) = self.aligned_head(inner, lower, upper, width)?
        {
            let last = self.constant(head.last);
            self.masked_vector(inner, lower, last, width, head.before)?;
            start = self.plus(last, 1)?;
            let left = self.builder.build_int_nsw_sub(upper, last, "")?;
            trip = TripCount::constant(left.get_sign_extended_constant().unwrap_or(0));
            if trip.is_below(1) {
                return Ok(());
            }
        }
        for (width, copies) in blocks {
            let size = i64::from(*width) * i64::from(*copies);
            if size == 1 || size == previous || trip.is_below(size) {
                continue;
            }
            previous = size;
            let whole = trip.is_multiple_of(size);
            let end = if whole { upper } else { self.end_of_blocks(start, upper, size)? };
            let group = self.state.group.with_block(inner.id.0, *width, *copies);
            self.in_group(group, |block| block.counted(inner, start, end, Advance::by(size)))?;
            if whole {
                return Ok(());
            }
            start = self.plus(end, 1)?;
            if planted(Fault::DoubledRemainder) {
                start = end;
            }
        }
        if planted(Fault::NoRemainder) && previous > 1 {
            return Ok(());
        }
        match lanes {
            Some(width) if self.can_mask(inner, width)? => {
                self.masked_vector(inner, start, upper, width, 0)
            }
            _ => self.counted(inner, start, upper, Advance::ONE),
        }
    }

    /// The last iteration of the last whole block of `size` from `start` on; `start - 1` if there
    /// is none.
    pub fn end_of_blocks(
        &self,
        start: IntValue<'c>,
        upper: IntValue<'c>,
        size: i64,
    ) -> Result<IntValue<'c>> {
        let count = self.builder.build_int_nsw_sub(upper, start, "")?;
        let count = self.plus(count, 1)?;
        let count = self.greater(count, self.constant(0))?;
        let rest = self.builder.build_int_unsigned_rem(count, self.constant(size), "")?;
        let whole = self.builder.build_int_nsw_sub(count, rest, "")?;
        let end = self.builder.build_int_nsw_add(start, whole, "")?;
        self.plus(end, -1)
    }
}

/// How many copies of statements the marked loops inside emit, ends that run one by one left out.
fn count_copies(nodes: &[LoopTreeNode]) -> usize {
    let of_node = |node: &LoopTreeNode| match node {
        LoopTreeNode::For(inner) => {
            let copies = match inner.mark {
                Mark::Sequential | Mark::Parallel | Mark::Pipelined | Mark::Doacross => 1,
                Mark::Vector { unroll: factor, .. }
                | Mark::UnrollJam { factor }
                | Mark::Unroll { factor } => usize::try_from(factor).unwrap_or(MOST_COPIES),
            };
            copies.clamp(1, MOST_COPIES).saturating_mul(count_copies(&inner.body))
        }
        LoopTreeNode::If { .. } | LoopTreeNode::Pack(_) => {
            node.bodies().into_iter().map(count_copies).fold(0, usize::saturating_add)
        }
        LoopTreeNode::Statement(_) => 1,
    };
    nodes.iter().map(of_node).fold(0, usize::saturating_add)
}

fn count_statements(nodes: &[LoopTreeNode]) -> usize {
    nodes
        .iter()
        .map(|node| match node {
            LoopTreeNode::For(inner) => count_statements(&inner.body),
            LoopTreeNode::If { .. } | LoopTreeNode::Pack(_) => {
                node.bodies().into_iter().map(count_statements).sum()
            }
            LoopTreeNode::Statement(_) => 1,
        })
        .sum()
}
