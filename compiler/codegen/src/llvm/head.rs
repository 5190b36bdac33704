//! Where the vectors of a loop begin: with its first iteration, or with a cache line.
//!
//! A stencil's row begins at its second element. Vectors from there on all lie across two cache lines if a vector is one,
//! and each load and store takes as long as two. So where the row's place in memory is known, the loop begins with a vector of
//! which only the last lanes run ([`masked`](super::masked)), and all that follow are aligned:
//!
//! ```c
//! for (k = 1; k < n - 1; k++)   // B[i][1], …    0 of the row at a multiple of 8
//!   B[i][k] = …;                // → k = [0] 1 … 7, 8 … 15, 16 … 23, …
//! ```
//!
//! Stores decide: all that the loop writes has to be aligned by the same iterations, whatever the other loops' variables are.
//! Arrays are taken to begin with a line. If one does not, the loop has at most one vector more than it would need.

use super::emitter::Emitter;
use crate::error::Result;
use inkwell::values::IntValue;
use loopwright_ir::For;

/// So many whole vectors are worth one vector more.
const WORTH: i64 = 4;

/// Smaller vectors mostly lie in one line wherever they begin.
const LEAST_BYTES: u64 = 32;

/// The iterations of a loop before its first aligned vector.
pub(super) struct Head {
    /// How many lanes of the first vector come before them.
    pub before: u32,
    /// The last of these iterations.
    pub last: i64,
}

impl<'c> Emitter<'c, '_> {
    /// The head of a loop by vectors, if it has one that is worth it.
    pub fn aligned_head(
        &self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        width: u32,
    ) -> Result<Option<Head>> {
        let constant = |bound: IntValue<'c>| bound.get_sign_extended_constant();
        let (Some(first), Some(last)) = (constant(lower), constant(upper)) else {
            return Ok(None);
        };
        let Some(before) = self.lanes_before(inner, first, width)? else { return Ok(None) };
        let lanes = i64::from(width);
        let count = last.saturating_sub(first).saturating_add(1);
        let vectors = |count: i64| count.saturating_add(lanes - 1).div_euclid(lanes);
        let more = vectors(count.saturating_add(i64::from(before))) > vectors(count);
        let worth = before > 0 && count > 0 && (!more || count / lanes >= WORTH);
        if !worth || !self.can_mask(inner, width)? {
            return Ok(None);
        }
        let end = first.saturating_add(lanes - 1 - i64::from(before));
        Ok(Some(Head { before, last: end.min(last) }))
    }

    /// How far behind a multiple of a vector's size all stores of a statement's first iteration are, in elements.
    fn lanes_before(&self, inner: &For, first: i64, width: u32) -> Result<Option<u32>> {
        let lanes = i64::from(width);
        let variable = inner.id.variable();
        let mut before = None;
        for access in self.body_accesses(inner)?.unwrap_or_default() {
            if !access.written {
                continue;
            }
            let Some(position) = self.storage(&access.access)?.layout.position(&access.access)?
            else {
                return Ok(None);
            };
            let known = position.terms().iter().all(|&(of, coefficient)| {
                if of == variable { coefficient == 1 } else { coefficient % lanes == 0 }
            });
            let own = first.saturating_add(position.constant_term()).rem_euclid(lanes);
            let small = access.element.bytes() * u64::from(width) < LEAST_BYTES;
            if small || !known || before.is_some_and(|other| other != own) {
                return Ok(None);
            }
            before = Some(own);
        }
        Ok(before.and_then(|before| u32::try_from(before).ok()))
    }
}
