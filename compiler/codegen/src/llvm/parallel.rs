//! Parallel loops on the OpenMP runtime.
//!
//! The loop becomes two functions: a *worker* that runs one thread's share, given the thread's number
//! and the team's size, and a *microtask*, which the runtime calls in every thread and which calls the
//! worker. What the loop needs from around it (pointers, parameters, outer loop variables, bounds) is
//! passed in an array of 64-bit slots on the stack. A loop of one iteration calls the worker directly. Several
//! loops, one after another or in a loop around, have one worker together ([`region`](super::region)).
//!
//! Iterations are shared out in contiguous chunks of equal length. Where the work of an iteration
//! depends on the loop's variable (a bound inside does, and not only by being shifted), every thread
//! takes every n-th iteration instead, forwards and backwards in turn, so that work that grows or shrinks
//! along the loop is shared out evenly.

use super::buffers::Buffers;
use super::counted::Advance;
use super::emitter::{Emitter, FunctionState};
use crate::balance::is_unbalanced;
use crate::error::{CodegenError, Result};
use crate::lockstep::Group;
use inkwell::IntPredicate;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::module::Linkage;
use inkwell::types::BasicType;
use inkwell::values::{BasicValue, BasicValueEnum, FunctionValue, IntValue, PointerValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, For, Variable};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// A loop's two functions.
pub(super) struct Team<'c> {
    worker: FunctionValue<'c>,
    microtask: FunctionValue<'c>,
}

/// What a worker knows of its part.
#[derive(Clone, Copy)]
pub(super) struct Share<'c> {
    /// The loop's bounds, both inclusive.
    pub lower: IntValue<'c>,
    pub upper: IntValue<'c>,
    /// The slot behind the captured values.
    pub last: PointerValue<'c>,
    pub thread: IntValue<'c>,
    pub threads: IntValue<'c>,
}

impl<'c> Emitter<'c, '_> {
    /// Shares the iterations from `lower` to `upper` among the threads.
    pub fn parallel_loop(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
    ) -> Result<()> {
        let slots = self.fill_slots(&self.captured(lower, upper)?)?;
        let team = self.team(&mut |inside, share| {
            let Share { lower, upper, thread, threads, .. } = share;
            inside.share(inner, lower, upper, thread, threads)
        })?;
        let several = self.builder.build_int_compare(IntPredicate::SLT, lower, upper, "")?;
        self.when(several, "fork", |inside| inside.fork(&team, slots))?;
        let one = self.builder.build_int_compare(IntPredicate::EQ, lower, upper, "")?;
        self.when(one, "alone", |inside| inside.run_alone(&team, slots))
    }

    /// A thread's share of the iterations.
    pub fn share(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        thread: IntValue<'c>,
        threads: IntValue<'c>,
    ) -> Result<()> {
        if is_unbalanced(inner) {
            self.every_nth(inner, lower, upper, thread, threads)
        } else {
            self.contiguous(inner, lower, upper, thread, threads)
        }
    }

    /// Runs the worker in this thread only.
    pub fn run_alone(&self, team: &Team<'c>, slots: PointerValue<'c>) -> Result<()> {
        let (thread, threads) = (self.constant(0), self.constant(1));
        let arguments = [slots.into(), thread.into(), threads.into()];
        self.builder.build_call(team.worker, &arguments, "")?;
        Ok(())
    }

    /// Runs the worker in all threads.
    pub fn fork(&self, team: &Team<'c>, slots: PointerValue<'c>) -> Result<()> {
        self.finish_streams()?;
        let arguments = [
            self.location().into(),
            self.context.i32_type().const_int(1, false).into(),
            team.microtask.as_global_value().as_pointer_value().into(),
            slots.into(),
        ];
        self.builder.build_call(self.fork_function(), &arguments, "")?;
        Ok(())
    }

    /// The two functions, the worker's body being what `emit` makes for one thread.
    pub fn team(
        &mut self,
        emit: &mut dyn FnMut(&mut Self, Share<'c>) -> Result<()>,
    ) -> Result<Team<'c>> {
        self.next_function += 1;
        let name = format!("{}.parallel.{}", self.program.name, self.next_function);
        let worker = self.worker(&name, emit)?;
        Ok(Team { worker, microtask: self.microtask(&name, worker)? })
    }

    /// The values that the worker needs, in the order of the slots.
    pub fn captured(
        &self,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
    ) -> Result<Vec<BasicValueEnum<'c>>> {
        let state = &self.state;
        let pointers = state.storages.iter().map(|storage| storage.base.into());
        let variables: Result<Vec<_>> = state
            .variables
            .iter()
            .map(|(id, _)| self.affine(&Affine::variable(Variable::Loop(*id))))
            .collect();
        let integers = state
            .parameters
            .iter()
            .copied()
            .chain(variables?)
            .chain([lower, upper])
            .map(BasicValueEnum::from);
        Ok(pointers.chain(integers).collect())
    }

    /// An array of 64-bit slots with the values, and room for one pointer more.
    pub fn fill_slots(&self, values: &[BasicValueEnum<'c>]) -> Result<PointerValue<'c>> {
        let count = u32::try_from(values.len() + 1)
            .map_err(|_| CodegenError::ill_formed("too many captured values"))?;
        let slots = self.on_entry(|emitter| {
            Ok(emitter.builder.build_alloca(emitter.i64().array_type(count), "captured")?)
        })?;
        for (position, value) in (0_i64..).zip(values) {
            let slot = self.slot(slots, position)?;
            self.builder.build_store(slot, *value)?;
        }
        Ok(slots)
    }

    pub fn slot(&self, slots: PointerValue<'c>, position: i64) -> Result<PointerValue<'c>> {
        // SAFETY: `fill_slots` and `worker` count the same slots, and the position is one of them.
        Ok(unsafe {
            self.builder.build_in_bounds_gep(self.i64(), slots, &[self.constant(position)], "")?
        })
    }

    /// `void worker(i64 *slots, i64 thread, i64 threads)`.
    fn worker(
        &mut self,
        name: &str,
        emit: &mut dyn FnMut(&mut Self, Share<'c>) -> Result<()>,
    ) -> Result<FunctionValue<'c>> {
        let types = [self.pointer().into(), self.i64().into(), self.i64().into()];
        let function_type = self.context.void_type().fn_type(&types, false);
        let function = self.define(&format!("{name}.worker"), function_type, Linkage::Internal);
        let here = self.current_block()?;
        let block = self.context.append_basic_block(function, "entry");
        self.builder.position_at_end(block);
        let scope = self.enter_function(function);

        let mut parameters = function.get_param_iter();
        let (Some(slots), Some(thread), Some(threads)) =
            (parameters.next(), parameters.next(), parameters.next())
        else {
            return Err(CodegenError::ill_formed("a worker without parameters"));
        };
        let slots = slots.into_pointer_value();
        let mut next = 0;
        let mut slot = |emitter: &Self, pointer: bool| -> Result<BasicValueEnum<'c>> {
            let place = emitter.slot(slots, next)?;
            next += 1;
            let wanted =
                if pointer { emitter.pointer().as_basic_type_enum() } else { emitter.i64().into() };
            Ok(emitter.builder.build_load(wanted, place, "")?)
        };
        let mut storages = self.state.storages.clone();
        for storage in &mut storages {
            storage.base = slot(self, true)?.into_pointer_value();
        }
        let mut parameters = Vec::new();
        for _ in &self.state.parameters {
            parameters.push(slot(self, false)?.into_int_value());
        }
        let mut variables = Vec::new();
        for (id, _) in &self.state.variables {
            variables.push((*id, slot(self, false)?.into_int_value()));
        }
        let lower = slot(self, false)?.into_int_value();
        let upper = slot(self, false)?.into_int_value();
        let last = self.slot(slots, next)?;

        let inside = FunctionState {
            function,
            storages,
            parameters,
            variables,
            offsets: Vec::new(),
            ranges: self.state.ranges.clone(),
            group: Group::single(),
            mask: None,
            guard: Cell::new(None),
            registers: Vec::new(),
            squares: Vec::new(),
            rows: Vec::new(),
            ahead: Vec::new(),
            addresses: RefCell::new(vec![HashMap::new()]),
            buffers: Buffers::default(),
            aligned: false,
            in_parallel: true,
            region: None,
        };
        let outside = std::mem::replace(&mut self.state, inside);
        let (thread, threads) = (thread.into_int_value(), threads.into_int_value());
        let emitted = emit(self, Share { lower, upper, last, thread, threads });
        let emitted = emitted.and_then(|()| self.return_from_loops());
        self.state = outside;
        emitted?;
        self.builder.position_at_end(here);
        self.leave_function(scope);
        Ok(function)
    }

    /// Thread `t` of `n` runs `count / n` iterations, the first `count % n` threads one more.
    fn contiguous(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        thread: IntValue<'c>,
        threads: IntValue<'c>,
    ) -> Result<()> {
        let builder = &self.builder;
        let count = self.plus(builder.build_int_nsw_sub(upper, lower, "")?, 1)?;
        let share = builder.build_int_unsigned_div(count, threads, "")?;
        let rest = builder.build_int_unsigned_rem(count, threads, "")?;
        let before = builder.build_int_nsw_mul(thread, share, "")?;
        let before = builder.build_int_nsw_add(before, self.lesser(thread, rest)?, "")?;
        let first = builder.build_int_nsw_add(lower, before, "")?;
        let longer = builder.build_int_compare(IntPredicate::SLT, thread, rest, "")?;
        let longer = builder.build_int_z_extend(longer, self.i64(), "")?;
        let last = builder.build_int_nsw_add(first, share, "")?;
        let last = self.plus(builder.build_int_nsw_add(last, longer, "")?, -1)?;
        let first = if planted(Fault::ChunkStart) { lower } else { first };
        let last = if planted(Fault::ChunkEnd) { self.plus(last, -1)? } else { last };
        self.counted(inner, first, last, Advance::ONE)
    }

    /// Of each `n` iterations that follow one another, thread `t` of `n` runs one: number `t` of the first,
    /// `n - 1 - t` of the next, `t` again, ….
    fn every_nth(
        &mut self,
        inner: &For,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        thread: IntValue<'c>,
        threads: IntValue<'c>,
    ) -> Result<()> {
        let count = self.builder.build_int_nsw_sub(upper, lower, "")?;
        let (head, body, after) = (self.block("turn"), self.block("mine"), self.block("after"));
        let entry = self.current_block()?;
        self.builder.build_unconditional_branch(head)?;
        self.builder.position_at_end(head);
        let counter = self.builder.build_phi(self.i64(), "")?;
        let place = self.builder.build_phi(self.i64(), "")?;
        let round = counter.as_basic_value().into_int_value();
        let own = place.as_basic_value().into_int_value();
        let turn = self.builder.build_int_nsw_add(round, own, "")?;
        let more = self.builder.build_int_compare(IntPredicate::SLE, turn, count, "")?;
        self.builder.build_conditional_branch(more, body, after)?;
        self.builder.position_at_end(body);
        let value = self.builder.build_int_nsw_add(lower, turn, "")?;
        let value = self.plus(value, i64::from(planted(Fault::EveryNth)))?;
        self.scoped(|inside| inside.counted(inner, value, value, Advance::ONE))?;
        let next = self.builder.build_int_nsw_add(round, threads, "")?;
        let mirrored = self.builder.build_int_nsw_sub(self.plus(threads, -1)?, own, "")?;
        let end = self.current_block()?;
        counter.add_incoming(&[(&self.constant(0), entry), (&next, end)]);
        place.add_incoming(&[(&thread, entry), (&mirrored, end)]);
        self.builder.build_unconditional_branch(head)?;
        self.builder.position_at_end(after);
        Ok(())
    }

    /// `void microtask(i32 *global_thread, i32 *bound_thread, i64 *slots)`.
    fn microtask(&self, name: &str, worker: FunctionValue<'c>) -> Result<FunctionValue<'c>> {
        let types = [self.pointer().into(); 3];
        let function_type = self.context.void_type().fn_type(&types, false);
        let function = self.define(name, function_type, Linkage::Internal);
        let here = self.current_block()?;
        self.builder.position_at_end(self.context.append_basic_block(function, "entry"));
        let scope = self.enter_function(function);
        let thread = self.runtime_integer("omp_get_thread_num")?;
        let threads = self.runtime_integer("omp_get_num_threads")?;
        let slots = function
            .get_nth_param(2)
            .ok_or_else(|| CodegenError::ill_formed("a microtask without parameters"))?;
        self.builder.build_call(worker, &[slots.into(), thread.into(), threads.into()], "")?;
        self.builder.build_return(None)?;
        self.builder.position_at_end(here);
        self.leave_function(scope);
        Ok(function)
    }

    /// A function of the runtime without arguments that gives a small positive `int`.
    fn runtime_integer(&self, name: &str) -> Result<IntValue<'c>> {
        let function = self.module.get_function(name).unwrap_or_else(|| {
            let function_type = self.context.i32_type().fn_type(&[], false);
            let function = self.module.add_function(name, function_type, None);
            let kind = Attribute::get_named_enum_kind_id("nounwind");
            let attribute = self.context.create_enum_attribute(kind, 0);
            function.add_attribute(AttributeLoc::Function, attribute);
            function
        });
        let call = self.builder.build_call(function, &[], "")?;
        let value = call
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| CodegenError::ill_formed("a function without a value"))?;
        Ok(self.builder.build_int_s_extend(value.into_int_value(), self.i64(), "")?)
    }

    fn fork_function(&self) -> FunctionValue<'c> {
        const NAME: &str = "__kmpc_fork_call";
        self.module.get_function(NAME).unwrap_or_else(|| {
            let types =
                [self.pointer().into(), self.context.i32_type().into(), self.pointer().into()];
            let function_type = self.context.void_type().fn_type(&types, true);
            self.module.add_function(NAME, function_type, None)
        })
    }

    /// The runtime's `ident_t`, which names the place in the source for its debuggers.
    pub fn location(&self) -> PointerValue<'c> {
        const NAME: &str = "openmp.location";
        if let Some(known) = self.module.get_global(NAME) {
            return known.as_pointer_value();
        }
        let text = self.context.const_string(b";unknown;unknown;0;0;;", true);
        let text_global = self.module.add_global(text.get_type(), None, "openmp.place");
        text_global.set_initializer(&text);
        text_global.set_linkage(Linkage::Private);
        text_global.set_constant(true);
        let integer =
            |value: u64| self.context.i32_type().const_int(value, false).as_basic_value_enum();
        // The flag 2 says that the call comes from a compiler; 22 is the text's length.
        let fields = [
            integer(0),
            integer(2),
            integer(0),
            integer(22),
            text_global.as_pointer_value().into(),
        ];
        let value = self.context.const_struct(&fields, false);
        let global = self.module.add_global(value.get_type(), None, NAME);
        global.set_initializer(&value);
        global.set_linkage(Linkage::Private);
        global.set_constant(true);
        global.as_pointer_value()
    }
}
