//! Loads and stores of array elements.
//!
//! In vector code the elements of the lanes are `stride` apart, the derivative of the element's
//! position by the vector loop's variable. Stride 0 is one scalar for all lanes, 1 a vector load or
//! store, -1 the same reversed, up to 4 a few vectors of which the lanes are a part ([`interleaved`](super::interleaved)),
//! everything else one scalar load or store a lane. Where only some lanes
//! run ([`masked`](super::masked)), stores have the strides 0 and 1; where loads are for some lanes only
//! ([`conditional`](super::conditional) as well), they are masked, or a gather.

use super::emitter::{Emitter, Lanes};
use super::interleaved::Interleaved;
use super::values::vector_of;
use crate::access::{ResolvedAccess, shift};
use crate::error::{CodegenError, Result};
use inkwell::types::{BasicTypeEnum, VectorType};
use inkwell::values::{BasicValueEnum, IntValue, PointerValue, VectorValue};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Affine, ElementType, Variable};

/// How far apart the elements of neighbouring lanes are, in elements.
#[derive(Clone, Copy, Debug)]
pub(super) enum LaneStride<'c> {
    Constant(i64),
    Runtime(IntValue<'c>),
}

impl<'c> Emitter<'c, '_> {
    /// The element, or one a lane, from a register if a loop around keeps it in one.
    pub fn load(&self, access: &ResolvedAccess, element: ElementType) -> Result<Lanes<'c>> {
        if let Some(register) =
            self.state.registers.iter().rev().find(|register| register.access == *access)
        {
            return Ok(register.value);
        }
        if let Some(column) = self.square_column(access) {
            return Ok(column);
        }
        if let Some(neighbour) = self.cut_from_row(access)? {
            return Ok(neighbour);
        }
        self.load_memory(access, element)
    }

    /// The element, or one a lane, from memory.
    pub fn load_memory(&self, access: &ResolvedAccess, element: ElementType) -> Result<Lanes<'c>> {
        let address = self.address(access)?;
        let scalar = self.scalar_type(element);
        let width = self.width();
        match self.lane_stride(access)? {
            LaneStride::Constant(0) => {
                Ok(Lanes::uniform(self.load_at(access, scalar, address, element)?))
            }
            stride if let Some(lanes) = self.lanes_that_run() => {
                self.load_some(access, element, address, stride, lanes)
            }
            LaneStride::Constant(1) => {
                let vector = vector_of(scalar, width)?.into();
                Ok(Lanes::varying(self.load_at(access, vector, address, element)?))
            }
            LaneStride::Constant(-1) => {
                let lowest = self.step(scalar, address, self.constant(1 - i64::from(width)))?;
                let vector = vector_of(scalar, width)?.into();
                let loaded = self.load_at(access, vector, lowest, element)?.into_vector_value();
                Ok(Lanes::varying(self.reversed(loaded)?))
            }
            LaneStride::Constant(stride)
                if let Some(places) = Interleaved::new(stride, width, element) =>
            {
                self.load_interleaved(access, element, address, &places)
            }
            stride => {
                let mut scalars = Vec::new();
                for lane in 0..width {
                    let place = self.lane_address(scalar, address, stride, lane)?;
                    scalars.push(self.load_at(access, scalar, place, element)?);
                }
                Ok(Lanes::varying(self.gather_lanes(&scalars)?))
            }
        }
    }

    /// The elements of the lanes that run.
    fn load_some(
        &self,
        access: &ResolvedAccess,
        element: ElementType,
        address: PointerValue<'c>,
        stride: LaneStride<'c>,
        lanes: VectorValue<'c>,
    ) -> Result<Lanes<'c>> {
        let scalar = self.scalar_type(element);
        let width = self.width();
        let vector = vector_of(scalar, width)?;
        let (value, instruction) = match stride {
            LaneStride::Constant(1) => self.masked_load(vector, address, element, lanes)?,
            LaneStride::Constant(-1) => {
                let lowest = self.step(scalar, address, self.constant(1 - i64::from(width)))?;
                let lanes = self.reversed(lanes)?;
                self.masked_load(vector, lowest, element, lanes)?
            }
            stride => {
                let mut places = Vec::new();
                for lane in 0..width {
                    places.push(self.lane_address(scalar, address, stride, lane)?.into());
                }
                let places = self.gather_lanes(&places)?.into_vector_value();
                self.masked_gather(vector, places, element, lanes)?
            }
        };
        self.storage(access)?.facts.attach(self.context, instruction, true)?;
        if matches!(stride, LaneStride::Constant(-1)) {
            return Ok(Lanes::varying(self.reversed(value.into_vector_value())?));
        }
        Ok(Lanes::varying(value))
    }

    /// Stores to memory one value, or one a lane.
    pub fn store_memory(
        &self,
        access: &ResolvedAccess,
        element: ElementType,
        lanes: Lanes<'c>,
    ) -> Result<()> {
        let address = self.address(access)?;
        let scalar = self.scalar_type(element);
        let width = self.width();
        match self.lane_stride(access)? {
            LaneStride::Constant(0) => {
                // The lanes come one after another: the last one's value stays.
                let value = match lanes.value {
                    BasicValueEnum::VectorValue(vector) => self.lane(vector, width - 1)?,
                    scalar => scalar,
                };
                self.store_at(access, address, value, element)
            }
            LaneStride::Constant(1) if self.state.mask.is_some() => {
                let value = self.splat(lanes)?.value;
                let instruction = self.masked_store(value, address, element, self.mask()?)?;
                self.storage(access)?.facts.attach(self.context, instruction, false)
            }
            LaneStride::Constant(1) => {
                self.store_at(access, address, self.splat(lanes)?.value, element)
            }
            LaneStride::Constant(-1) => {
                let lowest = self.step(scalar, address, self.constant(1 - i64::from(width)))?;
                let reversed = self.reversed(self.splat(lanes)?.value.into_vector_value())?;
                self.store_at(access, lowest, reversed.into(), element)
            }
            LaneStride::Constant(stride)
                if let Some(places) = Interleaved::new(stride, width, element) =>
            {
                self.store_interleaved(access, element, (address, lanes), &places)
            }
            stride => {
                for lane in 0..width {
                    let place = self.lane_address(scalar, address, stride, lane)?;
                    let value = match lanes.value {
                        BasicValueEnum::VectorValue(vector) => self.lane(vector, lane)?,
                        scalar => scalar,
                    };
                    self.store_at(access, place, value, element)?;
                }
                Ok(())
            }
        }
    }

    /// Stores the elements of some lanes: under a mask where they lie side by side, else one after the other.
    pub fn store_lanes(
        &mut self,
        access: &ResolvedAccess,
        element: ElementType,
        value: Lanes<'c>,
        lanes: VectorValue<'c>,
    ) -> Result<()> {
        let stride = self.lane_stride(access)?;
        if matches!(stride, LaneStride::Constant(1)) {
            let outer = self.state.mask.replace(lanes);
            let stored = self.store_memory(access, element, value);
            self.state.mask = outer;
            return stored;
        }
        let address = self.address(access)?;
        let scalar = self.scalar_type(element);
        for lane in 0..self.width() {
            let place = match stride {
                LaneStride::Constant(0) => address,
                _ => self.lane_address(scalar, address, stride, lane)?,
            };
            let stored = match value.value {
                BasicValueEnum::VectorValue(vector) => self.lane(vector, lane)?,
                scalar => scalar,
            };
            let runs = self.lane(lanes, lane)?.into_int_value();
            self.when(runs, "lane", |emitter| emitter.store_at(access, place, stored, element))?;
        }
        Ok(())
    }

    /// What an access finds at an address, with its alignment and facts.
    pub fn load_at(
        &self,
        access: &ResolvedAccess,
        wanted: BasicTypeEnum<'c>,
        address: PointerValue<'c>,
        element: ElementType,
    ) -> Result<BasicValueEnum<'c>> {
        let loaded = self.builder.build_load(wanted, address, "")?;
        if let Some(instruction) = instruction_of(loaded) {
            self.finish_access(access, instruction, element, true)?;
        }
        Ok(loaded)
    }

    fn store_at(
        &self,
        access: &ResolvedAccess,
        address: PointerValue<'c>,
        value: BasicValueEnum<'c>,
        element: ElementType,
    ) -> Result<()> {
        let instruction = self.builder.build_store(address, value)?;
        self.finish_access(access, instruction, element, false)
    }

    /// Elements are aligned to their size, vectors no more than that.
    fn finish_access(
        &self,
        access: &ResolvedAccess,
        instruction: inkwell::values::InstructionValue<'c>,
        element: ElementType,
        load: bool,
    ) -> Result<()> {
        let alignment = u32::try_from(element.bytes()).unwrap_or(1);
        instruction
            .set_alignment(alignment)
            .map_err(|error| CodegenError::ill_formed(format!("alignment: {error}")))?;
        self.storage(access)?.facts.attach(self.context, instruction, load)
    }

    fn reversed(&self, vector: VectorValue<'c>) -> Result<VectorValue<'c>> {
        let last = vector.get_type().get_size().saturating_sub(1);
        let indices: Vec<_> = (0..=last)
            .map(|lane| if planted(Fault::ReversedLanes) { lane } else { last - lane })
            .map(|lane| self.context.i32_type().const_int(u64::from(lane), false))
            .collect();
        let mask = VectorType::const_vector(&indices);
        let poison = vector.get_type().get_poison();
        Ok(self.builder.build_shuffle_vector(vector, poison, mask, "")?)
    }

    /// The address of a lane's element, from that of the first one's.
    pub fn lane_address(
        &self,
        scalar: BasicTypeEnum<'c>,
        address: PointerValue<'c>,
        stride: LaneStride<'c>,
        lane: u32,
    ) -> Result<PointerValue<'c>> {
        let lane = i64::from(lane);
        let offset = match stride {
            LaneStride::Constant(stride) => {
                let closer = i64::from(planted(Fault::LaneStride));
                self.constant((stride - closer).wrapping_mul(lane))
            }
            LaneStride::Runtime(stride) => {
                self.builder.build_int_nsw_mul(stride, self.constant(lane), "")?
            }
        };
        self.step(scalar, address, offset)
    }

    /// The address `offset` elements further.
    pub fn step(
        &self,
        scalar: BasicTypeEnum<'c>,
        address: PointerValue<'c>,
        offset: IntValue<'c>,
    ) -> Result<PointerValue<'c>> {
        if self.state.guard.get().is_some() {
            // SAFETY: no access happens here, and of lanes that do not run nothing needs to exist.
            return Ok(unsafe { self.builder.build_gep(scalar, address, &[offset], "")? });
        }
        // SAFETY: the caller's element lies in the array, and so does the one that the program
        // accesses `offset` elements further; LLVM computes no address outside it.
        Ok(unsafe { self.builder.build_in_bounds_gep(scalar, address, &[offset], "")? })
    }

    /// The address of the element; in vector code, of lane 0's.
    pub fn address(&self, access: &ResolvedAccess) -> Result<PointerValue<'c>> {
        let storage = self.storage(access)?;
        let base = storage.base;
        let array = self.program.arrays.get(storage.array.0);
        let array =
            array.ok_or_else(|| CodegenError::ill_formed("an array that does not exist"))?;
        let scalar = self.scalar_type(array.element);
        let Some(position) = storage.layout.position(access)? else {
            let position = self.runtime_position(&storage.layout, access)?;
            return self.step(scalar, base, position);
        };
        let position = shift(position, &self.state.offsets);
        let constant = position.constant_term();
        let varying = position.with_constant(0);
        let mut address = base;
        if !varying.terms().is_empty() {
            address = self.cached_address(access, scalar, base, varying)?;
        }
        if constant != 0 {
            // One address for the part that copies share, a constant for what they do not.
            // SAFETY: as in `step`; the intermediate address need not lie in the array, so
            // this is no in-bounds computation.
            let offset = self.constant(constant);
            address = unsafe { self.builder.build_gep(scalar, address, &[offset], "")? };
        }
        Ok(address)
    }

    fn cached_address(
        &self,
        access: &ResolvedAccess,
        scalar: BasicTypeEnum<'c>,
        base: PointerValue<'c>,
        varying: Affine,
    ) -> Result<PointerValue<'c>> {
        let key = (access.array, varying);
        let known =
            self.state.addresses.borrow().iter().rev().find_map(|scope| scope.get(&key).copied());
        if let Some(known) = known {
            return Ok(known);
        }
        let mut index = self.affine_of_first(&key.1)?;
        if planted(Fault::NarrowIndex) {
            let narrow = self.context.i8_type();
            let truncated = self.builder.build_int_truncate(index, narrow, "")?;
            index = self.builder.build_int_s_extend(truncated, self.i64(), "")?;
        }
        // SAFETY: no access happens here, and the address need not lie in the array.
        let address = unsafe { self.builder.build_gep(scalar, base, &[index], "")? };
        if let Some(scope) = self.state.addresses.borrow_mut().last_mut() {
            scope.insert(key, address);
        }
        Ok(address)
    }

    /// Whether all lanes name one element, as every access to a copy of one element does, whatever
    /// its subscripts look like.
    pub fn lanes_share(&self, access: &ResolvedAccess) -> Result<bool> {
        Ok(matches!(self.lane_stride(access)?, LaneStride::Constant(0)))
    }

    /// Whether the lanes' elements are neither one nor neighbours.
    pub fn lanes_are_strided(&self, access: &ResolvedAccess) -> Result<bool> {
        Ok(!matches!(self.lane_stride(access)?, LaneStride::Constant(-1..=1)))
    }

    /// By how many elements an access moves when the variable grows by one, where that is known.
    pub fn step_of(&self, access: &ResolvedAccess, variable: Variable) -> Result<Option<i64>> {
        self.storage(access)?.layout.constant_step(access, variable)
    }

    /// How far apart the elements of neighbouring lanes are.
    pub fn lane_stride(&self, access: &ResolvedAccess) -> Result<LaneStride<'c>> {
        let Some((id, _)) = self.state.group.vector else {
            return Ok(LaneStride::Constant(0));
        };
        let variable = Variable::Loop(id);
        let layout = &self.storage(access)?.layout;
        Ok(match layout.constant_step(access, variable)? {
            Some(step) => LaneStride::Constant(step),
            None => LaneStride::Runtime(self.runtime_step(layout, access, variable)?),
        })
    }
}

pub(super) fn instruction_of(
    value: BasicValueEnum<'_>,
) -> Option<inkwell::values::InstructionValue<'_>> {
    match value {
        BasicValueEnum::IntValue(value) => value.as_instruction(),
        BasicValueEnum::FloatValue(value) => value.as_instruction(),
        BasicValueEnum::VectorValue(value) => value.as_instruction(),
        _ => None,
    }
}
