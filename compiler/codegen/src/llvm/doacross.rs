//! Doacross loops: a loop `p` in each iteration of a loop `w`, of which several run at once.
//!
//! An iteration `w` runs `p` in order, each when all `v <= p`, `v < w`, have ended. The threads take the iterations of
//! `w` from one counter and publish which they work on, as in a pipelined loop (see there): an iteration has ended when
//! every other thread has published a greater number.
//!
//! ```c
//! known = 0; // All others are at this number or beyond, or will take one that is not less.
//! for (number = take(); number < count; number = take()) {
//!   w = lower + number;
//!   for (p = lo(w); p <= hi(w); p++) {
//!     needed = min(p - lower, number - 1);
//!     if (needed >= known)
//!       known = min(number, wait(needed));
//!     body(w, p);
//!   }
//! }
//! publish(IDLE);
//! ```
//!
//! The thread with the least number never waits, since it needs lesser ones only, which all have ended.

use super::counted::Advance;
use super::emitter::Emitter;
use super::parallel::Share;
use super::pipeline::Line;
use crate::access::VariableRange;
use crate::error::Result;
use inkwell::IntPredicate;
use inkwell::values::{IntValue, PointerValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{For, Mark};

impl<'c> Emitter<'c, '_> {
    /// The loop inside, where this one can run so.
    pub fn doacross<'a>(&self, outer: &'a For) -> Option<&'a For> {
        outer.sequential_body().filter(|_| self.overlaps(outer, Mark::Doacross))
    }

    /// Runs the iterations of `outer` from `lower` to `upper`, those of `inner` in each.
    pub fn doacross_loop(
        &mut self,
        outer: &For,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
    ) -> Result<()> {
        self.in_line(lower, upper, &mut |team, share| {
            team.stand_in_line(&share, &mut |inside, line| {
                inside.take_rows(outer, inner, share, line)
            })
        })
    }

    fn take_rows(
        &mut self,
        outer: &For,
        inner: &For,
        share: Share<'c>,
        line: &Line<'c>,
    ) -> Result<()> {
        let known =
            self.on_entry(|emitter| Ok(emitter.builder.build_alloca(emitter.i64(), "known")?))?;
        self.builder.build_store(known, self.constant(0))?;
        let last = self.builder.build_int_nsw_sub(share.upper, share.lower, "")?;
        let last = if planted(Fault::DoacrossRow) { self.plus(last, -1)? } else { last };
        let taken = self.take(line)?;
        let entry = self.current_block()?;
        let (head, row, after) = (self.block("next"), self.block("row"), self.block("after"));
        self.builder.build_unconditional_branch(head)?;
        self.builder.position_at_end(head);
        let turn = self.builder.build_phi(self.i64(), "")?;
        let number = turn.as_basic_value().into_int_value();
        let here = self.builder.build_int_compare(IntPredicate::SLE, number, last, "")?;
        self.builder.build_conditional_branch(here, row, after)?;
        self.builder.position_at_end(row);
        let value = self.builder.build_int_nsw_add(share.lower, number, "")?;
        self.state.variables.push((outer.id.0, value));
        self.state.ranges.push(VariableRange::new(outer.id.variable(), &outer.lower, &outer.upper));
        let emitted = self.scoped(|inside| {
            let low = inside.bound(&inner.lower, true)?;
            let high = inside.bound(&inner.upper, false)?;
            let some = inside.builder.build_int_compare(IntPredicate::SLE, low, high, "")?;
            inside.when(some, "steps", |inside| {
                inside.simple_loop("step", low, high, 1, |inside, step| {
                    let ahead = inside.plus(number, -1)?;
                    let needed = inside.builder.build_int_nsw_sub(step, share.lower, "")?;
                    let needed = inside.lesser(needed, ahead)?;
                    inside.reach(line, known, number, needed)?;
                    inside.counted(inner, step, step, Advance::ONE)
                })
            })
        });
        self.state.ranges.pop();
        self.state.variables.pop();
        emitted?;
        let another = self.take(line)?;
        turn.add_incoming(&[(&taken, entry), (&another, self.current_block()?)]);
        self.builder.build_unconditional_branch(head)?;
        self.builder.position_at_end(after);
        Ok(())
    }

    /// Waits until all iterations up to a number have ended, and notes how far all others are.
    fn reach(
        &mut self,
        line: &Line<'c>,
        known: PointerValue<'c>,
        own: IntValue<'c>,
        needed: IntValue<'c>,
    ) -> Result<()> {
        let before = self.builder.build_load(self.i64(), known, "")?.into_int_value();
        let unknown = self.builder.build_int_compare(IntPredicate::SGE, needed, before, "")?;
        self.when(unknown, "wait", |inside| {
            // Who is idle now may still take any number that nobody has taken, greater than this thread's.
            inside.builder.build_store(known, own)?;
            inside.wait_for_all(line, needed, |inside, number| {
                let least = inside.builder.build_load(inside.i64(), known, "")?.into_int_value();
                // Who is idle has published the greatest number there is.
                let less =
                    inside.builder.build_int_compare(IntPredicate::ULT, number, least, "")?;
                let least = inside.builder.build_select(less, number, least, "")?;
                inside.builder.build_store(known, least)?;
                Ok(())
            })
        })
    }
}
