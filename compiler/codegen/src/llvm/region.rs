//! One parallel region around several parallel loops (see [`regions`](crate::regions)).
//!
//! All threads run the loops and conditions around the parallel loops, whose bounds depend on nothing but
//! variables that every thread has; each runs its share of a parallel loop; what is not parallel the first
//! thread runs alone. Nobody waits before it has to: a flag, the same in all threads, says what is
//! [under way](UnderWay) that others may depend on.
//!
//! ```c
//! // A parallel loop
//! if (lower <= upper) {
//!   if (lower < upper ? state != NOTHING : state == SHARES) barrier();
//!   share of lower .. upper;              // all of a single iteration is the first thread's
//!   state = lower < upper ? SHARES : FIRST;
//! }
//! // What is not parallel
//! if (state == SHARES) {
//!   if (wait_for_all_as_the_first()) { body; release_the_others(); }
//!   state = NOTHING;
//! } else {
//!   if (thread == 0) body;
//!   state = FIRST;
//! }
//! ```
//!
//! So a parallel loop with something serial behind it costs one barrier of the runtime, which wakes
//! threads that have gone to sleep, too. A team of one thread has nobody to wait for.

use super::emitter::Emitter;
use super::parallel::Share;
use crate::error::{CodegenError, Result};
use crate::regions::{Part, part_of};
use inkwell::IntPredicate;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::types::BasicMetadataTypeEnum;
use inkwell::values::{BasicMetadataValueEnum, IntValue, PointerValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{For, LoopTreeNode, Mark};

/// What threads may have begun since they all waited for each other.
#[derive(Clone, Copy)]
enum UnderWay {
    Nothing = 0,
    /// Only the first thread has begun something.
    First = 1,
    /// Shares of a parallel loop.
    Shares = 2,
}

/// The region around the code, in one of its threads.
#[derive(Clone, Copy)]
pub(super) struct Region<'c> {
    thread: IntValue<'c>,
    threads: IntValue<'c>,
    /// The runtime's number of the thread.
    global_thread: IntValue<'c>,
    /// Whether there are others.
    is_team: IntValue<'c>,
    /// Where what is under way is kept.
    state: PointerValue<'c>,
}

impl<'c> Emitter<'c, '_> {
    /// Runs nodes in one region. Where only a single iteration of one parallel loop would run at a time, no
    /// threads are started.
    pub fn region(&mut self, nodes: &[LoopTreeNode]) -> Result<()> {
        let zero = self.constant(0);
        let slots = self.fill_slots(&self.captured(zero, zero)?)?;
        let team = self.team(&mut |inside, share| inside.region_share(nodes, share))?;
        let several = self.has_shares(nodes)?;
        self.either(
            several,
            ["fork", "alone"],
            |inside| inside.fork(&team, slots),
            |inside| inside.run_alone(&team, slots),
        )
    }

    /// Whether a parallel loop may have several iterations, as far as that is known ahead of all.
    fn has_shares(&self, nodes: &[LoopTreeNode]) -> Result<IntValue<'c>> {
        let mut found = self.context.bool_type().const_zero();
        for node in nodes {
            let here = match node {
                LoopTreeNode::For(inner) if part_of(node) != Part::Serial => {
                    let several = match inner.mark {
                        Mark::Parallel => IntPredicate::SLT,
                        _ => IntPredicate::SLE,
                    };
                    let lower = self.bound(&inner.lower, true)?;
                    let upper = self.bound(&inner.upper, false)?;
                    self.builder.build_int_compare(several, lower, upper, "")?
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let condition = self.all_hold(conditions)?;
                    let (then, otherwise) = (self.has_shares(body)?, self.has_shares(otherwise)?);
                    self.builder.build_select(condition, then, otherwise, "")?.into_int_value()
                }
                _ => continue,
            };
            found = self.builder.build_or(found, here, "")?;
        }
        Ok(found)
    }

    /// One thread's part.
    fn region_share(&mut self, nodes: &[LoopTreeNode], share: Share<'c>) -> Result<()> {
        let location = self.location().into();
        let global_thread = self.runtime_call("__kmpc_global_thread_num", &[location], true)?;
        let state =
            self.on_entry(|entry| Ok(entry.builder.build_alloca(entry.i64(), "state")?))?;
        self.set(state, self.under_way(UnderWay::Nothing))?;
        let Share { thread, threads, .. } = share;
        let one = self.constant(1);
        let is_team = self.builder.build_int_compare(IntPredicate::SGT, threads, one, "")?;
        let global_thread = global_thread.unwrap_or_else(|| self.context.i32_type().const_zero());
        self.state.region = Some(Region { thread, threads, global_thread, is_team, state });
        let outcome = self.nodes(nodes);
        self.state.region = None;
        outcome
    }

    /// A sequence inside of a region.
    pub fn nodes_of_region(
        &mut self,
        region: Region<'c>,
        mut nodes: &[LoopTreeNode],
    ) -> Result<()> {
        while !nodes.is_empty() {
            let serial = nodes.iter().take_while(|node| part_of(node) == Part::Serial).count();
            let (these, rest) = nodes.split_at(serial.max(1));
            match serial {
                0 => self.each_node(these)?,
                _ => self.by_first_thread(region, these)?,
            }
            nodes = rest;
        }
        Ok(())
    }

    /// A parallel loop: the thread's share, when everything that it may depend on has ended.
    pub fn share_of_region(
        &mut self,
        region: Region<'c>,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
    ) -> Result<()> {
        let some = self.builder.build_int_compare(IntPredicate::SLE, lower, upper, "")?;
        self.when(some, "shared", |inside| {
            let several = inside.builder.build_int_compare(IntPredicate::SLT, lower, upper, "")?;
            let anything = inside.is_under_way(region, IntPredicate::NE, UnderWay::Nothing)?;
            let shares = inside.is_under_way(region, IntPredicate::EQ, UnderWay::Shares)?;
            let waits = inside.builder.build_select(several, anything, shares, "")?;
            let waits = if planted(Fault::RegionBarrier) {
                inside.context.bool_type().const_zero()
            } else {
                inside.builder.build_and(waits.into_int_value(), region.is_team, "")?
            };
            inside.when(waits, "barrier", |inside| {
                inside.runtime_barrier("__kmpc_barrier", region, false).map(|_| ())
            })?;
            let [first, shares] =
                [UnderWay::First, UnderWay::Shares].map(|state| inside.under_way(state));
            let state = inside.builder.build_select(several, shares, first, "")?;
            inside.set(region.state, state.into_int_value())?;
            inside.outside_region(|inside| {
                inside.share(inner, lower, upper, region.thread, region.threads)
            })
        })
    }

    /// What is not parallel.
    fn by_first_thread(&mut self, region: Region<'c>, nodes: &[LoopTreeNode]) -> Result<()> {
        let shares = self.is_under_way(region, IntPredicate::EQ, UnderWay::Shares)?;
        let gathers = self.builder.build_and(shares, region.is_team, "gathers")?;
        let zero = self.constant(0);
        let is_first = self.builder.build_int_compare(IntPredicate::EQ, region.thread, zero, "")?;
        let entry = self.current_block()?;
        let (gather, join) = (self.block("gather"), self.block("join"));
        self.builder.build_conditional_branch(gathers, gather, join)?;
        self.builder.position_at_end(gather);
        let gathered = self
            .runtime_barrier("__kmpc_barrier_master", region, true)?
            .ok_or_else(|| CodegenError::ill_formed("a function without a value"))?;
        let none = gathered.get_type().const_zero();
        let gathered = self.builder.build_int_compare(IntPredicate::NE, gathered, none, "")?;
        self.builder.build_unconditional_branch(join)?;
        self.builder.position_at_end(join);
        let runs = self.builder.build_phi(self.context.bool_type(), "runs")?;
        runs.add_incoming(&[(&is_first, entry), (&gathered, gather)]);
        let runs = runs.as_basic_value().into_int_value();
        self.when(runs, "first", |inside| {
            inside.outside_region(|inside| inside.each_node(nodes))?;
            inside.when(gathers, "release", |inside| {
                inside.runtime_barrier("__kmpc_end_barrier_master", region, false).map(|_| ())
            })
        })?;
        let [nothing, first] =
            [UnderWay::Nothing, UnderWay::First].map(|state| self.under_way(state));
        let first = if planted(Fault::RegionFirst) { nothing } else { first };
        let state = self.builder.build_select(gathers, nothing, first, "")?;
        self.set(region.state, state.into_int_value())
    }

    /// Runs `emit` for code that one thread runs by itself.
    fn outside_region(&mut self, emit: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let region = self.state.region.take();
        let outcome = emit(self);
        self.state.region = region;
        outcome
    }

    fn under_way(&self, state: UnderWay) -> IntValue<'c> {
        self.constant(state as i64)
    }

    fn is_under_way(
        &self,
        region: Region<'c>,
        predicate: IntPredicate,
        state: UnderWay,
    ) -> Result<IntValue<'c>> {
        let present = self.builder.build_load(self.i64(), region.state, "")?.into_int_value();
        Ok(self.builder.build_int_compare(predicate, present, self.under_way(state), "")?)
    }

    fn set(&self, state: PointerValue<'c>, value: IntValue<'c>) -> Result<()> {
        self.builder.build_store(state, value)?;
        Ok(())
    }

    /// A function of the runtime in which threads wait for one another.
    fn runtime_barrier(
        &self,
        name: &str,
        region: Region<'c>,
        gives: bool,
    ) -> Result<Option<IntValue<'c>>> {
        self.finish_streams()?;
        let arguments = [self.location().into(), region.global_thread.into()];
        self.runtime_call(name, &arguments, gives)
    }

    /// A function of the runtime that gives an `int`, or nothing.
    fn runtime_call(
        &self,
        name: &str,
        arguments: &[BasicMetadataValueEnum<'c>],
        gives: bool,
    ) -> Result<Option<IntValue<'c>>> {
        let integer = self.context.i32_type();
        let function = self.module.get_function(name).unwrap_or_else(|| {
            let all: [BasicMetadataTypeEnum<'c>; 2] = [self.pointer().into(), integer.into()];
            let types = &all[..arguments.len().min(all.len())];
            let function_type = if gives {
                integer.fn_type(types, false)
            } else {
                self.context.void_type().fn_type(types, false)
            };
            let function = self.module.add_function(name, function_type, None);
            for attribute in ["nounwind", "convergent"] {
                let kind = Attribute::get_named_enum_kind_id(attribute);
                let attribute = self.context.create_enum_attribute(kind, 0);
                function.add_attribute(AttributeLoc::Function, attribute);
            }
            function
        });
        let call = self.builder.build_call(function, arguments, "")?;
        Ok(call.try_as_basic_value().basic().map(|value| value.into_int_value()))
    }
}
