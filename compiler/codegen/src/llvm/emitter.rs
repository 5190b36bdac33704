//! The state of emitting one module, and of the function that is being emitted.

use super::ahead::Ahead;
use super::buffers::Buffers;
use super::lines::Lines;
use super::metadata::ArrayFacts;
use super::neighbours::KeptRow;
use super::region::Region;
use super::storage::Storage;
use super::transpose::Square;
use crate::access::{ResolvedAccess, VariableRange};
use crate::error::{CodegenError, Result};
use crate::lockstep::Group;
use crate::target::Target;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::basic_block::BasicBlock;
use inkwell::builder::Builder;
use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::types::{BasicTypeEnum, FunctionType, IntType, PointerType};
use inkwell::values::{BasicValueEnum, FunctionValue, IntValue, PointerValue, VectorValue};
use inkwell::{AddressSpace, IntPredicate};
use loopwright_ir::{Affine, ArrayId, ElementType, Program};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// A value of an expression: one for all lanes, or a vector with one element a lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes<'c> {
    pub value: BasicValueEnum<'c>,
    pub varying: bool,
}

impl<'c> Lanes<'c> {
    pub fn uniform(value: impl Into<BasicValueEnum<'c>>) -> Self {
        Self { value: value.into(), varying: false }
    }

    pub fn varying(value: impl Into<BasicValueEnum<'c>>) -> Self {
        Self { value: value.into(), varying: true }
    }
}

/// An array element (or one a lane) that the innermost loop keeps in a register.
#[derive(Clone, Debug)]
pub(super) struct Register<'c> {
    pub access: ResolvedAccess,
    pub value: Lanes<'c>,
}

/// Where an address that was computed earlier may be found again: the array and the index without
/// its constant term.
pub(super) type AddressKey = (ArrayId, Affine);

/// The function that is being emitted.
pub(super) struct FunctionState<'c> {
    pub function: FunctionValue<'c>,
    /// Where the arrays' elements are here, by array.
    pub storages: Vec<Storage<'c>>,
    pub parameters: Vec<IntValue<'c>>,
    /// The values of the loop variables around the code, outermost first; of a block, the first.
    pub variables: Vec<(u32, IntValue<'c>)>,
    /// What the copy at hand of an unrolled loop's body adds to the loop's variable.
    pub offsets: Vec<(u32, i64)>,
    pub ranges: Vec<VariableRange>,
    pub group: Group,
    /// The lanes that run, where not all of the vector loop's do.
    pub mask: Option<VectorValue<'c>>,
    /// Those of the running lanes that the expression at hand is computed for, where that is an arm of a choice.
    pub guard: Cell<Option<VectorValue<'c>>>,
    pub registers: Vec<Register<'c>>,
    /// What the body at hand finds transposed in registers.
    pub squares: Vec<Square<'c>>,
    /// The rows of which the body at hand finds vectors in registers.
    pub rows: Vec<KeptRow<'c>>,
    /// The scalars that were computed ahead of the innermost loop.
    pub ahead: Vec<Ahead<'c>>,
    /// Addresses known in the code that dominates the present place, one map a scope.
    pub addresses: RefCell<Vec<HashMap<AddressKey, PointerValue<'c>>>>,
    pub buffers: Buffers<'c>,
    /// Whether what the vector loop at hand streams is aligned (see `stream`).
    pub aligned: bool,
    /// Whether the code runs inside a parallel loop already.
    pub in_parallel: bool,
    /// The region whose threads all run the code.
    pub region: Option<Region<'c>>,
}

/// Emits the functions of one program into a module.
pub(super) struct Emitter<'c, 'p> {
    pub context: &'c Context,
    pub module: &'p Module<'c>,
    pub builder: Builder<'c>,
    pub program: &'p Program,
    /// What is known of the buffers of each array's packs.
    pub buffer_facts: Vec<ArrayFacts<'c>>,
    /// Whether the loops' marks are obeyed and distinct arrays assumed not to overlap.
    pub scheduled: bool,
    pub target: Target,
    /// Whether any statement's stores go past the caches.
    pub streams: bool,
    /// Whether results may differ in their last bits.
    pub fast_math: bool,
    /// Whether neighbours are made in registers wherever that is possible, not only where it pays.
    pub any_neighbours: bool,
    pub attributes: Vec<Attribute>,
    pub state: FunctionState<'c>,
    pub next_function: u32,
    /// Where the code comes from, if that is to be kept.
    pub lines: Option<Lines<'c, 'p>>,
}

impl<'c> Emitter<'c, '_> {
    pub fn i64(&self) -> IntType<'c> {
        self.context.i64_type()
    }

    pub fn constant(&self, value: i64) -> IntValue<'c> {
        self.i64().const_int(value.cast_unsigned(), true)
    }

    pub fn pointer(&self) -> PointerType<'c> {
        self.context.ptr_type(AddressSpace::default())
    }

    /// The scalar type of an element.
    pub fn scalar_type(&self, element: ElementType) -> BasicTypeEnum<'c> {
        match element {
            ElementType::F32 => self.context.f32_type().into(),
            ElementType::F64 => self.context.f64_type().into(),
            integer => self.integer_type(integer).into(),
        }
    }

    /// The integer type with an element's size.
    pub fn integer_type(&self, element: ElementType) -> IntType<'c> {
        match element.bytes() {
            1 => self.context.i8_type(),
            2 => self.context.i16_type(),
            4 => self.context.i32_type(),
            _ => self.context.i64_type(),
        }
    }

    /// The number of lanes of the vector loop around the code, 1 without one.
    pub fn width(&self) -> u32 {
        self.state.group.vector.map_or(1, |(_, width)| width)
    }

    /// A new block at the end of the function.
    pub fn block(&self, name: &str) -> BasicBlock<'c> {
        self.context.append_basic_block(self.state.function, name)
    }

    /// The block that instructions are being added to.
    pub fn current_block(&self) -> Result<BasicBlock<'c>> {
        self.builder
            .get_insert_block()
            .ok_or_else(|| CodegenError::ill_formed("code outside a block"))
    }

    /// Declares a function of the target with the attributes that all have.
    pub fn define(
        &self,
        name: &str,
        function_type: FunctionType<'c>,
        linkage: Linkage,
    ) -> FunctionValue<'c> {
        let function = self.module.add_function(name, function_type, Some(linkage));
        for attribute in &self.attributes {
            function.add_attribute(AttributeLoc::Function, *attribute);
        }
        function
    }

    /// Runs `emit` where addresses found inside are forgotten afterwards.
    pub fn scoped<T>(&mut self, emit: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.state.addresses.borrow_mut().push(HashMap::new());
        let result = emit(self);
        self.state.addresses.borrow_mut().pop();
        result
    }

    /// Runs `emit` inside another group of copies.
    pub fn in_group<T>(
        &mut self,
        group: Group,
        emit: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outer = std::mem::replace(&mut self.state.group, group);
        let result = emit(self);
        self.state.group = outer;
        result
    }

    /// Emits `then` so that it runs only if the condition holds.
    pub fn when(
        &mut self,
        condition: IntValue<'c>,
        name: &str,
        then: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let (inside, after) = (self.block(name), self.block("after"));
        self.builder.build_conditional_branch(condition, inside, after)?;
        self.builder.position_at_end(inside);
        self.scoped(then)?;
        self.builder.build_unconditional_branch(after)?;
        self.builder.position_at_end(after);
        Ok(())
    }

    /// Emits a branch: `then` runs if the condition holds, `otherwise` if it does not.
    pub fn either(
        &mut self,
        condition: IntValue<'c>,
        names: [&str; 2],
        then: impl FnOnce(&mut Self) -> Result<()>,
        otherwise: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let [yes, no] = names.map(|name| self.block(name));
        let after = self.block("after");
        self.builder.build_conditional_branch(condition, yes, no)?;
        self.builder.position_at_end(yes);
        self.scoped(then)?;
        self.builder.build_unconditional_branch(after)?;
        self.builder.position_at_end(no);
        self.scoped(otherwise)?;
        self.builder.build_unconditional_branch(after)?;
        self.builder.position_at_end(after);
        Ok(())
    }

    /// Emits what belongs at the function's start: memory on the stack, which a loop around the
    /// present place must not take again and again.
    pub fn on_entry<T>(&self, emit: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let here = self.current_block()?;
        let first = self
            .state
            .function
            .get_first_basic_block()
            .ok_or_else(|| CodegenError::ill_formed("a function without a block"))?;
        match first.get_first_instruction() {
            Some(instruction) => self.builder.position_before(&instruction),
            None => self.builder.position_at_end(first),
        }
        let result = emit(self);
        self.builder.position_at_end(here);
        self.locate();
        result
    }

    /// Emits `for (v = lower; v <= upper; v += step)` around `body`, which gets `v`. The loop runs
    /// at least once.
    pub fn simple_loop(
        &mut self,
        name: &str,
        lower: IntValue<'c>,
        upper: IntValue<'c>,
        step: i64,
        body: impl FnOnce(&mut Self, IntValue<'c>) -> Result<()>,
    ) -> Result<()> {
        let entry = self.current_block()?;
        let (inside, after) = (self.block(name), self.block("after"));
        self.builder.build_unconditional_branch(inside)?;
        self.builder.position_at_end(inside);
        let counter = self.builder.build_phi(self.i64(), name)?;
        let value = counter.as_basic_value().into_int_value();
        self.scoped(|emitter| body(emitter, value))?;
        let next = self.plus(value, step)?;
        let more = self.builder.build_int_compare(IntPredicate::SLE, next, upper, "")?;
        counter.add_incoming(&[(&lower, entry), (&next, self.current_block()?)]);
        self.builder.build_conditional_branch(more, inside, after)?;
        self.builder.position_at_end(after);
        Ok(())
    }
}
