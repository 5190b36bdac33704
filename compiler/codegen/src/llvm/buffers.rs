//! Memory for the buffers of packs.
//!
//! A buffer of constant size is taken once a call of the function that is being emitted, the worker
//! of a parallel loop included, so that each thread has its own: a small one on the stack, a large
//! one from the allocator. One whose size is known only at run time is allocated where its pack
//! begins and freed where it ends. A failure of the allocator ends the process.
//!
//! Packs of one array that follow one another share a buffer if it has the same size. Those of
//! different arrays never do, because LLVM is told that their buffers are distinct.

use super::emitter::Emitter;
use crate::error::{CodegenError, Result};
use inkwell::IntPredicate;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::module::Linkage;
use inkwell::values::{FunctionValue, IntValue, PointerValue};
use loopwright_ir::{Affine, ArrayId, ElementType, Pack};

/// Larger buffers come from the allocator.
const MOST_STACK_BYTES: u64 = 64 << 10;

/// All buffers of one function on the stack together: threads may have small stacks.
const MOST_STACK_BYTES_TOGETHER: u64 = 256 << 10;

/// A cache line, and the longest vector.
const ALIGNMENT: u64 = 64;

/// The buffers of one function.
#[derive(Default)]
pub(super) struct Buffers<'c> {
    /// Those of constant size that no pack uses at the moment.
    idle: Vec<Buffer<'c>>,
    /// What has to be freed where the function ends.
    allocated: Vec<PointerValue<'c>>,
    stack_bytes: u64,
}

/// A pack's buffer.
pub(super) struct Buffer<'c> {
    pub base: PointerValue<'c>,
    array: ArrayId,
    register: bool,
    /// `None` when it is known at run time only.
    bytes: Option<u64>,
}

impl<'c> Emitter<'c, '_> {
    /// A buffer for a pack at the present place.
    pub fn take_buffer(&mut self, pack: &Pack) -> Result<Buffer<'c>> {
        let element = self.program.array(pack.array).element;
        let (array, register) = (pack.array, pack.register);
        let Some(bytes) = constant_bytes(pack, element)? else {
            let bytes = self.runtime_bytes(pack, element)?;
            let base = self.allocate(bytes)?;
            return Ok(Buffer { base, array, register, bytes: None });
        };
        let buffers = &mut self.state.buffers;
        let fits = |idle: &Buffer<'c>| {
            idle.array == array && idle.register == register && idle.bytes == Some(bytes)
        };
        if let Some(position) = buffers.idle.iter().position(fits) {
            return Ok(buffers.idle.swap_remove(position));
        }
        let together = buffers.stack_bytes.saturating_add(bytes);
        let base = if register {
            let scalar = self.scalar_type(element);
            self.on_entry(|entry| Ok(entry.builder.build_alloca(scalar, "promoted")?))?
        } else if bytes <= MOST_STACK_BYTES && together <= MOST_STACK_BYTES_TOGETHER {
            buffers.stack_bytes = together;
            self.on_entry(|entry| entry.stack_memory(bytes))?
        } else {
            let size = self.constant(bytes.cast_signed());
            // It has to be there before code is added in the midst of a block.
            self.allocator()?;
            let base = self.on_entry(|entry| entry.allocate(size))?;
            self.state.buffers.allocated.push(base);
            base
        };
        Ok(Buffer { base, array, register, bytes: Some(bytes) })
    }

    /// The end of a buffer's pack.
    pub fn give_back(&mut self, buffer: Buffer<'c>) -> Result<()> {
        if buffer.bytes.is_none() {
            return self.free(buffer.base);
        }
        self.state.buffers.idle.push(buffer);
        Ok(())
    }

    /// The end of a function that may have taken buffers.
    pub fn return_from_loops(&mut self) -> Result<()> {
        for buffer in std::mem::take(&mut self.state.buffers.allocated) {
            self.free(buffer)?;
        }
        self.finish_streams()?;
        self.builder.build_return(None)?;
        Ok(())
    }

    fn stack_memory(&self, bytes: u64) -> Result<PointerValue<'c>> {
        let length = u32::try_from(bytes)
            .map_err(|_| CodegenError::ill_formed("a buffer too large for the stack"))?;
        let memory =
            self.builder.build_alloca(self.context.i8_type().array_type(length), "pack")?;
        if let Some(instruction) = memory.as_instruction() {
            instruction
                .set_alignment(u32::try_from(ALIGNMENT).unwrap_or(1))
                .map_err(|error| CodegenError::ill_formed(format!("alignment: {error}")))?;
        }
        Ok(memory)
    }

    /// The size in bytes, or more than any memory has where it overflows.
    fn runtime_bytes(&self, pack: &Pack, element: ElementType) -> Result<IntValue<'c>> {
        // A box without elements is one whose body never runs.
        let size = self.product(element.bytes().cast_signed(), &pack.extents, 1)?;
        let most_padding = self.constant((ALIGNMENT - 1).cast_signed());
        let padded = self.builder.build_int_add(size, most_padding, "")?;
        let mask = self.constant(-ALIGNMENT.cast_signed());
        Ok(self.builder.build_and(padded, mask, "")?)
    }

    /// `unit` times all extents, none of them taken for less than `least`: two negative ones do not make a positive
    /// number. Where the product is no number of 64 bits, it is more than any memory has.
    pub fn product(&self, unit: i64, extents: &[Affine], least: i64) -> Result<IntValue<'c>> {
        let most = self.constant(i64::MAX - i64::from(u16::MAX));
        let mut size = self.constant(unit);
        for extent in extents {
            let extent = self.affine(extent)?;
            let extent = self.greater(extent, self.constant(least))?;
            let divisor = self.greater(extent, self.constant(1))?;
            let limit = self.builder.build_int_unsigned_div(most, divisor, "")?;
            let fits = self.builder.build_int_compare(IntPredicate::ULE, size, limit, "")?;
            let product = self.builder.build_int_mul(size, extent, "")?;
            size = self.builder.build_select(fits, product, most, "")?.into_int_value();
        }
        Ok(size)
    }

    fn allocate(&self, bytes: IntValue<'c>) -> Result<PointerValue<'c>> {
        let function = self.allocator()?;
        let call = self.builder.build_call(function, &[bytes.into()], "pack")?;
        let pointer = call
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| CodegenError::ill_formed("a function without a value"))?;
        Ok(pointer.into_pointer_value())
    }

    fn free(&self, pointer: PointerValue<'c>) -> Result<()> {
        const NAME: &str = "free";
        let function = self.module.get_function(NAME).unwrap_or_else(|| {
            let function_type = self.context.void_type().fn_type(&[self.pointer().into()], false);
            let function = self.module.add_function(NAME, function_type, None);
            self.describe(function, AttributeLoc::Function, "nounwind");
            self.describe(function, AttributeLoc::Param(0), "nocapture");
            function
        });
        self.builder.build_call(function, &[pointer.into()], "")?;
        Ok(())
    }

    /// `void *allocate(i64 bytes)`: aligned memory, or the end of the process.
    fn allocator(&self) -> Result<FunctionValue<'c>> {
        const NAME: &str = "loopwright.allocate";
        if let Some(known) = self.module.get_function(NAME) {
            return Ok(known);
        }
        let (pointer, integer) = (self.pointer(), self.i64());
        let function_type = pointer.fn_type(&[integer.into()], false);
        let function = self.define(NAME, function_type, Linkage::Internal);
        self.describe(function, AttributeLoc::Return, "noalias");
        let library_type = pointer.fn_type(&[integer.into(), integer.into()], false);
        let library = self.module.add_function("aligned_alloc", library_type, None);
        self.describe(library, AttributeLoc::Function, "nounwind");
        self.describe(library, AttributeLoc::Return, "noalias");
        let abort =
            self.module.add_function("abort", self.context.void_type().fn_type(&[], false), None);
        self.describe(abort, AttributeLoc::Function, "noreturn");
        self.describe(abort, AttributeLoc::Function, "nounwind");

        let here = self.current_block()?;
        let block = |name| self.context.append_basic_block(function, name);
        let (entry, failed, good) = (block("entry"), block("failed"), block("good"));
        self.builder.position_at_end(entry);
        let scope = self.enter_function(function);
        let bytes = function
            .get_first_param()
            .ok_or_else(|| CodegenError::ill_formed("an allocator without a size"))?;
        let alignment = self.constant(ALIGNMENT.cast_signed());
        let call = self.builder.build_call(library, &[alignment.into(), bytes.into()], "")?;
        let memory = call
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| CodegenError::ill_formed("a function without a value"))?
            .into_pointer_value();
        let missing = self.builder.build_is_null(memory, "")?;
        self.builder.build_conditional_branch(missing, failed, good)?;
        self.builder.position_at_end(failed);
        self.builder.build_call(abort, &[], "")?;
        self.builder.build_unreachable()?;
        self.builder.position_at_end(good);
        self.builder.build_return(Some(&memory))?;
        self.builder.position_at_end(here);
        self.leave_function(scope);
        Ok(function)
    }

    fn describe(&self, function: FunctionValue<'c>, place: AttributeLoc, attribute: &str) {
        let kind = Attribute::get_named_enum_kind_id(attribute);
        function.add_attribute(place, self.context.create_enum_attribute(kind, 0));
    }
}

/// The size of a pack's buffer where all extents are constant, a multiple of the alignment.
fn constant_bytes(pack: &Pack, element: ElementType) -> Result<Option<u64>> {
    let mut bytes = element.bytes();
    for extent in &pack.extents {
        let Some(extent) = extent.as_constant() else {
            return Ok(None);
        };
        // A box without elements is one whose body never runs.
        let extent = extent.max(1).cast_unsigned();
        bytes = bytes
            .checked_mul(extent)
            .filter(|bytes| *bytes < 1 << 60)
            .ok_or_else(|| CodegenError::ill_formed("a pack larger than any memory"))?;
    }
    Ok(Some(bytes.next_multiple_of(ALIGNMENT)))
}
