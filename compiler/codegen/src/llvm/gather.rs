//! Elements at subscripts that are data, of arrays that nothing writes.
//!
//! The element comes from the array itself, never from a copy of a part of it: no box is known that holds it. Lanes
//! that do not run gather nothing.

use super::address::instruction_of;
use super::emitter::{Emitter, Lanes};
use super::values::vector_of;
use crate::error::{CodegenError, Result};
use inkwell::llvm_sys::core::LLVMBuildGEP2;
use inkwell::types::{AsTypeRef, BasicTypeEnum, VectorType};
use inkwell::values::{AsValueRef, BasicValueEnum, PointerValue, VectorValue};
use loopwright_ir::{ArrayId, BinaryOperation, ElementType};

impl<'c> Emitter<'c, '_> {
    /// The element of an array at subscripts of the type `I64`, or one a lane.
    pub fn gather(
        &self,
        array: ArrayId,
        element: ElementType,
        subscripts: &[Lanes<'c>],
    ) -> Result<Lanes<'c>> {
        let position = self.gathered_position(array, subscripts)?;
        let storage = self
            .state
            .storages
            .get(array.0)
            .ok_or_else(|| CodegenError::ill_formed("an array that does not exist"))?;
        let scalar = self.scalar_type(element);
        match position.value {
            BasicValueEnum::VectorValue(positions) => {
                let vector = vector_of(scalar, self.width())?;
                let places = self.places(scalar, storage.base, positions);
                let truth = self.context.bool_type().const_all_ones();
                let lanes = match self.lanes_that_run() {
                    Some(lanes) => lanes,
                    None => VectorType::const_vector(&vec![truth; self.width() as usize]),
                };
                let (value, instruction) = self.masked_gather(vector, places, element, lanes)?;
                storage.facts.attach(self.context, instruction, true)?;
                Ok(Lanes::varying(value))
            }
            position => {
                let place = self.step(scalar, storage.base, position.into_int_value())?;
                let value = self.builder.build_load(scalar, place, "")?;
                if let Some(instruction) = instruction_of(value) {
                    storage.facts.attach(self.context, instruction, true)?;
                }
                Ok(Lanes::uniform(value))
            }
        }
    }

    /// Which element it is, counted from the array's first, as C stores it.
    fn gathered_position(&self, array: ArrayId, subscripts: &[Lanes<'c>]) -> Result<Lanes<'c>> {
        let mut position = Lanes::uniform(self.constant(0));
        let extents = &self.program.array(array).extents;
        for (dimension, subscript) in subscripts.iter().enumerate() {
            if dimension == 0 {
                position = *subscript;
                continue;
            }
            let extent = extents.get(dimension).cloned().unwrap_or_default();
            let extent = Lanes::uniform(self.affine(&extent)?);
            position = self.of_integers(BinaryOperation::Multiply, position, extent)?;
            position = self.of_integers(BinaryOperation::Add, position, *subscript)?;
        }
        Ok(position)
    }

    fn of_integers(
        &self,
        operation: BinaryOperation,
        left: Lanes<'c>,
        right: Lanes<'c>,
    ) -> Result<Lanes<'c>> {
        let ([left, right], varying) = self.unify([left, right])?;
        let value = self.binary(operation, ElementType::I64, left, right)?;
        Ok(Lanes { value, varying })
    }

    /// The addresses of elements by their positions.
    fn places(
        &self,
        scalar: BasicTypeEnum<'c>,
        base: PointerValue<'c>,
        positions: VectorValue<'c>,
    ) -> VectorValue<'c> {
        let mut indices = [positions.as_value_ref()];
        // SAFETY: all values are of this module and at hand where the builder stands; one scalar address with a vector
        // of indices gives a vector of addresses. Nothing is accessed, and the computation is not in-bounds, so that
        // of lanes that do not run nothing needs to exist.
        unsafe {
            VectorValue::new(LLVMBuildGEP2(
                self.builder.as_mut_ptr(),
                scalar.as_type_ref(),
                base.as_value_ref(),
                indices.as_mut_ptr(),
                1,
                c"".as_ptr(),
            ))
        }
    }
}
