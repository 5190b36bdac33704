//! Pipelined loops: a parallel loop `p` in each iteration of a loop `w`, in one parallel region.
//!
//! A tile `(w, p)` may begin when all `(v, q)` with `v < w` and `q <= p` have ended. The threads take
//! tiles from one counter, in the order of `w` and then `p`; each publishes the number of the tile that it
//! works on. A tile has ended when it was taken and no thread works on it, that is, when every thread has
//! published a greater number; so a thread waits until all others are beyond the last tile that it needs:
//!
//! ```c
//! number = take();
//! for (w = lower, first = 0; w <= upper; w++, first += count) {
//!   count = max(0, hi(w) - lo(w) + 1);
//!   for (; number < first + count; number = take()) {
//!     p = lo(w) + number - first;
//!     // Of the iteration before, up to p; of all others, everything.
//!     wait(first_before + min(max(p - lo_before, -1), count_before - 1));
//!     body(w, p);
//!   }
//! }
//! publish(IDLE);
//! ```
//!
//! Before it takes a tile, a thread publishes the counter's value, which is at most the number that it is
//! going to get: between the two nobody can take it for idle. The thread with the least number never
//! waits, since it needs lesser ones only.

use super::counted::Advance;
use super::emitter::Emitter;
use super::parallel::Share;
use crate::access::VariableRange;
use crate::error::{CodegenError, Result};
use inkwell::intrinsics::Intrinsic;
use inkwell::values::{BasicValue, IntValue, PointerValue};
use inkwell::{AtomicOrdering, AtomicRMWBinOp, IntPredicate};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{For, Mark};

/// More threads than this do not take part.
const MOST_THREADS: u32 = 256;
/// 64-bit words of a cache line: each thread's number has one to itself.
const LINE: i64 = 8;
/// A waiting thread gives its core to others after so many looks.
const PATIENCE: i64 = 4096;

impl<'c> Emitter<'c, '_> {
    /// The parallel loop inside, where this one can run so.
    pub fn pipelined<'a>(&self, outer: &'a For) -> Option<&'a For> {
        outer.parallel_body().filter(|_| self.overlaps(outer, Mark::Pipelined))
    }

    /// Whether iterations of a loop with this mark can be taken by threads here.
    pub(super) fn overlaps(&self, outer: &For, mark: Mark) -> bool {
        self.scheduled
            && outer.mark_in_effect() == mark
            && self.state.group.members.is_empty()
            && !self.state.in_parallel
    }

    /// Runs the iterations of `outer` from `lower` to `upper`, those of `inner` in each.
    pub fn pipelined_loop(
        &mut self,
        outer: &For,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
    ) -> Result<()> {
        self.in_line(lower, upper, &mut |inside, share| inside.pipeline_share(outer, inner, share))
    }

    /// Has the threads run a share each, with a line of numbers that all see: first a counter, then for each thread
    /// what it works on, at first nothing.
    pub(super) fn in_line(
        &mut self,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        share: &mut dyn FnMut(&mut Self, Share<'c>) -> Result<()>,
    ) -> Result<()> {
        let captured = self.captured(lower, upper)?;
        let slots = self.fill_slots(&captured)?;
        let words = u32::try_from(LINE).unwrap_or(8) * (MOST_THREADS + 1);
        let shared = self.on_entry(|emitter| {
            let words = emitter.builder.build_alloca(emitter.i64().array_type(words), "numbers")?;
            if let Some(instruction) = words.as_instruction() {
                instruction
                    .set_alignment(64)
                    .map_err(|error| CodegenError::ill_formed(error.to_string()))?;
            }
            Ok(words)
        })?;
        let last = self.slot(slots, i64::try_from(captured.len()).unwrap_or(i64::MAX))?;
        self.builder.build_store(last, shared)?;
        let team = self.team(share)?;
        let some = self.builder.build_int_compare(IntPredicate::SLE, lower, upper, "")?;
        self.when(some, "fork", |inside| {
            // Everybody is idle, and the first tile has the number 0.
            let bytes = inside.constant(i64::from(words) * 8);
            let ones = inside.context.i8_type().const_all_ones();
            inside.builder.build_memset(shared, 64, ones, bytes)?;
            inside.builder.build_store(shared, inside.constant(0))?;
            inside.fork(&team, slots)
        })
    }

    /// One thread's part.
    fn pipeline_share(&mut self, outer: &For, inner: &For, share: Share<'c>) -> Result<()> {
        self.stand_in_line(&share, &mut |inside, line| inside.take_tiles(outer, inner, share, line))
    }

    /// Runs what a thread does with its place in the line, after which it is idle.
    pub(super) fn stand_in_line(
        &mut self,
        share: &Share<'c>,
        body: &mut dyn FnMut(&mut Self, &Line<'c>) -> Result<()>,
    ) -> Result<()> {
        let counter =
            self.builder.build_load(self.pointer(), share.last, "counter")?.into_pointer_value();
        let most = self.constant(i64::from(MOST_THREADS));
        let takes_part =
            self.builder.build_int_compare(IntPredicate::ULT, share.thread, most, "")?;
        self.when(takes_part, "part", |inside| {
            let threads = inside.lesser(share.threads, most)?;
            let own = inside.number_of(counter, share.thread)?;
            let line = Line { counter, own, thread: share.thread, threads };
            body(inside, &line)?;
            inside.publish(own, inside.i64().const_all_ones())
        })
    }

    fn take_tiles(
        &mut self,
        outer: &For,
        inner: &For,
        share: Share<'c>,
        line: &Line<'c>,
    ) -> Result<()> {
        let zero = self.constant(0);
        let taken = self.take(line)?;
        let entry = self.current_block()?;
        let (rows, after) = (self.block("row"), self.block("after"));
        self.builder.build_unconditional_branch(rows)?;
        self.builder.position_at_end(rows);
        let phi = |emitter: &Self, start: IntValue<'c>| -> Result<_> {
            let phi = emitter.builder.build_phi(emitter.i64(), "")?;
            phi.add_incoming(&[(&start, entry)]);
            Ok(phi)
        };
        // The iteration, the number of its first tile, and the same and more of the one before.
        let starts = [share.lower, zero, zero, zero, zero, taken];
        let phis = starts.into_iter().map(|start| phi(self, start)).collect::<Result<Vec<_>>>()?;
        let values: Vec<_> = phis.iter().map(|phi| phi.as_basic_value().into_int_value()).collect();
        let [row, first, first_before, low_before, count_before, number] = values[..] else {
            return Err(CodegenError::ill_formed("a pipeline without its values"));
        };
        self.state.variables.push((outer.id.0, row));
        let range = VariableRange::new(outer.id.variable(), &outer.lower, &outer.upper);
        self.state.ranges.push(range);
        let emitted = self.scoped(|inside| {
            let low = inside.bound(&inner.lower, true)?;
            let high = inside.bound(&inner.upper, false)?;
            let count = inside.builder.build_int_nsw_sub(high, low, "")?;
            let count = inside.greater(inside.plus(count, 1)?, zero)?;
            let end = inside.builder.build_int_nsw_add(first, count, "")?;
            let (head, tile, next) =
                (inside.block("next"), inside.block("tile"), inside.block("row.end"));
            let before = inside.current_block()?;
            inside.builder.build_unconditional_branch(head)?;
            inside.builder.position_at_end(head);
            let turn = inside.builder.build_phi(inside.i64(), "")?;
            let mine = turn.as_basic_value().into_int_value();
            let here = inside.builder.build_int_compare(IntPredicate::SLT, mine, end, "")?;
            inside.builder.build_conditional_branch(here, tile, next)?;
            inside.builder.position_at_end(tile);
            let place = inside.builder.build_int_nsw_sub(mine, first, "")?;
            let value = inside.builder.build_int_nsw_add(low, place, "")?;
            let needed = inside.builder.build_int_nsw_sub(value, low_before, "")?;
            let needed = inside.greater(needed, inside.constant(-1))?;
            let needed = inside.lesser(needed, inside.plus(count_before, -1)?)?;
            let needed = inside.builder.build_int_nsw_add(first_before, needed, "")?;
            inside.wait_for(line, needed)?;
            inside.scoped(|tile| tile.counted(inner, value, value, Advance::ONE))?;
            let another = inside.take(line)?;
            turn.add_incoming(&[(&number, before), (&another, inside.current_block()?)]);
            inside.builder.build_unconditional_branch(head)?;
            inside.builder.position_at_end(next);
            let taken = if planted(Fault::PipelineTile) {
                inside.greater(mine, inside.plus(end, 1)?)?
            } else {
                mine
            };
            Ok([inside.plus(row, 1)?, end, first, low, count, taken])
        });
        self.state.ranges.pop();
        self.state.variables.pop();
        let latch = self.current_block()?;
        let nexts = emitted?;
        for (phi, next) in phis.iter().zip(&nexts) {
            phi.add_incoming(&[(next, latch)]);
        }
        let [following, ..] = nexts;
        let more = self.builder.build_int_compare(IntPredicate::SLE, following, share.upper, "")?;
        self.builder.build_conditional_branch(more, rows, after)?;
        self.builder.position_at_end(after);
        Ok(())
    }

    /// The next tile's number, which the thread has published.
    pub(super) fn take(&self, line: &Line<'c>) -> Result<IntValue<'c>> {
        let least = self.builder.build_load(self.i64(), line.counter, "")?;
        self.ordered(least.as_instruction_value(), AtomicOrdering::Monotonic)?;
        self.publish(line.own, least.into_int_value())?;
        let number = self.builder.build_atomicrmw(
            AtomicRMWBinOp::Add,
            line.counter,
            self.constant(1),
            AtomicOrdering::AcquireRelease,
        )?;
        self.publish(line.own, number)?;
        Ok(number)
    }

    fn publish(&self, own: PointerValue<'c>, number: IntValue<'c>) -> Result<()> {
        self.finish_streams()?;
        let store = self.builder.build_store(own, number)?;
        self.ordered(Some(store), AtomicOrdering::Release)
    }

    fn ordered(
        &self,
        instruction: Option<inkwell::values::InstructionValue<'c>>,
        ordering: AtomicOrdering,
    ) -> Result<()> {
        let wrong = |error: &dyn std::fmt::Display| CodegenError::ill_formed(error.to_string());
        let Some(instruction) = instruction else { return Ok(()) };
        instruction.set_alignment(8).map_err(|error| wrong(&error))?;
        instruction.set_atomic_ordering(ordering).map_err(|error| wrong(&error))
    }

    /// Where a thread's number is.
    fn number_of(
        &self,
        counter: PointerValue<'c>,
        thread: IntValue<'c>,
    ) -> Result<PointerValue<'c>> {
        let place = self.plus(thread, 1)?;
        let place = self.builder.build_int_nsw_mul(place, self.constant(LINE), "")?;
        // SAFETY: threads beyond `MOST_THREADS` do not come here, and the others have a line each.
        Ok(unsafe { self.builder.build_in_bounds_gep(self.i64(), counter, &[place], "")? })
    }

    /// Waits until all tiles up to a number have ended.
    fn wait_for(&mut self, line: &Line<'c>, needed: IntValue<'c>) -> Result<()> {
        let zero = self.constant(0);
        let some = self.builder.build_int_compare(IntPredicate::SGE, needed, zero, "")?;
        self.when(some, "wait", |inside| inside.wait_for_all(line, needed, |_, _| Ok(())))
    }

    /// Waits until each other thread is beyond a number; `seen` gets the number at which one is then.
    pub(super) fn wait_for_all(
        &mut self,
        line: &Line<'c>,
        needed: IntValue<'c>,
        seen: impl FnOnce(&Self, IntValue<'c>) -> Result<()>,
    ) -> Result<()> {
        let (zero, last) = (self.constant(0), self.plus(line.threads, -1)?);
        self.simple_loop("other", zero, last, 1, |inside, other| {
            let is_other =
                inside.builder.build_int_compare(IntPredicate::NE, other, line.thread, "")?;
            inside.when(is_other, "look", |inside| {
                let number = inside.wait_for_one(line, other, needed)?;
                seen(inside, number)
            })
        })
    }

    /// Waits until a thread is beyond a number; the number at which it is then.
    fn wait_for_one(
        &mut self,
        line: &Line<'c>,
        other: IntValue<'c>,
        needed: IntValue<'c>,
    ) -> Result<IntValue<'c>> {
        let place = self.number_of(line.counter, other)?;
        let entry = self.current_block()?;
        let (look, behind, yields, after) =
            (self.block("look"), self.block("behind"), self.block("yield"), self.block("beyond"));
        self.builder.build_unconditional_branch(look)?;
        self.builder.position_at_end(look);
        let looks = self.builder.build_phi(self.i64(), "")?;
        let number = self.builder.build_load(self.i64(), place, "")?;
        self.ordered(number.as_instruction_value(), AtomicOrdering::Acquire)?;
        let beyond = self.builder.build_int_compare(
            IntPredicate::UGT,
            number.into_int_value(),
            needed,
            "",
        )?;
        self.builder.build_conditional_branch(beyond, after, behind)?;
        self.builder.position_at_end(behind);
        self.pause()?;
        let count = looks.as_basic_value().into_int_value();
        let next = self.plus(count, 1)?;
        let weary =
            self.builder.build_int_compare(IntPredicate::SGE, next, self.constant(PATIENCE), "")?;
        self.builder.build_conditional_branch(weary, yields, look)?;
        self.builder.position_at_end(yields);
        let function = self.module.get_function("sched_yield").unwrap_or_else(|| {
            let function_type = self.context.i32_type().fn_type(&[], false);
            self.module.add_function("sched_yield", function_type, None)
        });
        self.builder.build_call(function, &[], "")?;
        self.builder.build_unconditional_branch(look)?;
        let zero = self.constant(0);
        looks.add_incoming(&[(&zero, entry), (&next, behind), (&zero, yields)]);
        self.builder.position_at_end(after);
        Ok(number.into_int_value())
    }

    /// Tells the core that it is waiting, where it understands that.
    fn pause(&self) -> Result<()> {
        let pause = Intrinsic::find("llvm.x86.sse2.pause")
            .filter(|_| self.target.is_x86())
            .and_then(|pause| pause.get_declaration(self.module, &[]));
        if let Some(pause) = pause {
            self.builder.build_call(pause, &[], "")?;
        }
        Ok(())
    }
}

/// Where a thread takes tiles and says which.
pub(super) struct Line<'c> {
    counter: PointerValue<'c>,
    own: PointerValue<'c>,
    pub thread: IntValue<'c>,
    /// How many take part.
    pub threads: IntValue<'c>,
}
