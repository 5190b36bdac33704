//! Operations on scalars and vectors alike.

use super::emitter::{Emitter, Lanes};
use crate::error::{CodegenError, Result};
use inkwell::builder::BuilderError;
use inkwell::types::{BasicTypeEnum, VectorType};
use inkwell::values::{BasicValueEnum, InstructionOpcode, VectorValue};
use inkwell::{FloatPredicate, IntPredicate};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{BinaryOperation, CompareOperation, ElementType, UnaryOperation};

/// Applies a builder method to two integers, or to two vectors of them.
macro_rules! integers {
    ($left:expr, $right:expr, |$a:ident, $b:ident| $build:expr) => {
        match ($left, $right) {
            (BasicValueEnum::IntValue($a), BasicValueEnum::IntValue($b)) => {
                $build.map(BasicValueEnum::from).map_err(CodegenError::from)
            }
            (BasicValueEnum::VectorValue($a), BasicValueEnum::VectorValue($b)) => {
                $build.map(BasicValueEnum::from).map_err(CodegenError::from)
            }
            _ => Err(mismatch()),
        }
    };
}

/// Applies a builder method to two floating-point numbers, or to two vectors of them.
macro_rules! floats {
    ($left:expr, $right:expr, |$a:ident, $b:ident| $build:expr) => {
        match ($left, $right) {
            (BasicValueEnum::FloatValue($a), BasicValueEnum::FloatValue($b)) => {
                $build.map(BasicValueEnum::from).map_err(CodegenError::from)
            }
            (BasicValueEnum::VectorValue($a), BasicValueEnum::VectorValue($b)) => {
                $build.map(BasicValueEnum::from).map_err(CodegenError::from)
            }
            _ => Err(mismatch()),
        }
    };
}

fn mismatch() -> CodegenError {
    CodegenError::ill_formed("an operation on values of different kinds")
}

/// A vector type with elements of the given scalar type.
pub(super) fn vector_of(scalar: BasicTypeEnum<'_>, width: u32) -> Result<VectorType<'_>> {
    match scalar {
        BasicTypeEnum::FloatType(float) => Ok(float.vec_type(width)),
        BasicTypeEnum::IntType(integer) => Ok(integer.vec_type(width)),
        BasicTypeEnum::PointerType(pointer) => Ok(pointer.vec_type(width)),
        _ => Err(CodegenError::ill_formed("a vector of neither integers, numbers nor addresses")),
    }
}

impl<'c> Emitter<'c, '_> {
    /// The type of an element, or of a vector of them in all lanes.
    pub fn lanes_type(&self, element: ElementType, varying: bool) -> Result<BasicTypeEnum<'c>> {
        let scalar = self.scalar_type(element);
        Ok(if varying { vector_of(scalar, self.width())?.into() } else { scalar })
    }

    /// The vector with the value in all lanes.
    pub fn splat(&self, lanes: Lanes<'c>) -> Result<Lanes<'c>> {
        if lanes.varying {
            return Ok(lanes);
        }
        let width = self.width();
        let poison = vector_of(lanes.value.get_type(), width)?.get_poison();
        let zero = self.context.i32_type().const_zero();
        let first = self.builder.build_insert_element(poison, lanes.value, zero, "")?;
        let mask = self.context.i32_type().vec_type(width).const_zero();
        Ok(Lanes::varying(self.builder.build_shuffle_vector(first, poison, mask, "")?))
    }

    /// All values as vectors if one of them is.
    pub fn unify<const COUNT: usize>(
        &self,
        mut values: [Lanes<'c>; COUNT],
    ) -> Result<([BasicValueEnum<'c>; COUNT], bool)> {
        let varying = values.iter().any(|value| value.varying);
        if varying {
            for value in &mut values {
                *value = self.splat(*value)?;
            }
        }
        Ok((values.map(|value| value.value), varying))
    }

    /// One lane of a vector.
    pub fn lane(&self, vector: VectorValue<'c>, lane: u32) -> Result<BasicValueEnum<'c>> {
        let index = self.context.i32_type().const_int(u64::from(lane), false);
        Ok(self.builder.build_extract_element(vector, index, "")?)
    }

    /// A vector of one scalar a lane.
    pub fn gather_lanes(&self, scalars: &[BasicValueEnum<'c>]) -> Result<BasicValueEnum<'c>> {
        let first = scalars.first().ok_or_else(|| CodegenError::ill_formed("no lanes"))?;
        let width = u32::try_from(scalars.len()).unwrap_or(u32::MAX);
        let mut vector = vector_of(first.get_type(), width)?.get_poison();
        for (lane, scalar) in (0_u64..).zip(scalars) {
            let index = self.context.i32_type().const_int(lane, false);
            vector = self.builder.build_insert_element(vector, *scalar, index, "")?;
        }
        Ok(vector.into())
    }

    /// Two operands of one element type.
    pub fn binary(
        &self,
        operation: BinaryOperation,
        element: ElementType,
        left: BasicValueEnum<'c>,
        right: BasicValueEnum<'c>,
    ) -> Result<BasicValueEnum<'c>> {
        use BinaryOperation as Op;
        let builder = &self.builder;
        if element.is_float() {
            return match operation {
                Op::Add => floats!(left, right, |a, b| builder.build_float_add(a, b, "")),
                Op::Subtract => floats!(left, right, |a, b| builder.build_float_sub(a, b, "")),
                Op::Multiply => floats!(left, right, |a, b| builder.build_float_mul(a, b, "")),
                Op::Divide => floats!(left, right, |a, b| builder.build_float_div(a, b, "")),
                other => Err(CodegenError::ill_formed(format!("{other:?} of {element}"))),
            };
        }
        let signed = element.is_signed_integer();
        match operation {
            Op::Add => integers!(left, right, |a, b| builder.build_int_add(a, b, "")),
            Op::Subtract => integers!(left, right, |a, b| builder.build_int_sub(a, b, "")),
            Op::Multiply => integers!(left, right, |a, b| builder.build_int_mul(a, b, "")),
            Op::Divide if signed => {
                integers!(left, right, |a, b| builder.build_int_signed_div(a, b, ""))
            }
            Op::Divide => integers!(left, right, |a, b| builder.build_int_unsigned_div(a, b, "")),
            Op::Remainder if signed => {
                integers!(left, right, |a, b| builder.build_int_signed_rem(a, b, ""))
            }
            Op::Remainder => {
                integers!(left, right, |a, b| builder.build_int_unsigned_rem(a, b, ""))
            }
            Op::BitwiseAnd => integers!(left, right, |a, b| builder.build_and(a, b, "")),
            Op::BitwiseOr => integers!(left, right, |a, b| builder.build_or(a, b, "")),
            Op::BitwiseXor => integers!(left, right, |a, b| builder.build_xor(a, b, "")),
            Op::ShiftLeft => integers!(left, right, |a, b| builder.build_left_shift(a, b, "")),
            Op::ShiftRight => {
                integers!(left, right, |a, b| builder.build_right_shift(a, b, signed, ""))
            }
        }
    }

    /// One operand.
    pub fn unary(
        &self,
        operation: UnaryOperation,
        value: BasicValueEnum<'c>,
        element: ElementType,
    ) -> Result<BasicValueEnum<'c>> {
        let builder = &self.builder;
        match (operation, value) {
            (UnaryOperation::Negate, BasicValueEnum::FloatValue(value)) => {
                Ok(builder.build_float_neg(value, "")?.into())
            }
            (UnaryOperation::Negate, BasicValueEnum::VectorValue(value)) if element.is_float() => {
                Ok(builder.build_float_neg(value, "")?.into())
            }
            (UnaryOperation::Negate, value) => {
                integers!(value, value, |a, _b| builder.build_int_neg(a, ""))
            }
            (UnaryOperation::BitwiseNot, value) => {
                integers!(value, value, |a, _b| builder.build_not(a, ""))
            }
        }
    }

    /// One truth bit, or one a lane.
    pub fn compare(
        &self,
        operation: CompareOperation,
        element: ElementType,
        left: BasicValueEnum<'c>,
        right: BasicValueEnum<'c>,
    ) -> Result<BasicValueEnum<'c>> {
        use CompareOperation as Op;
        let builder = &self.builder;
        if element.is_float() {
            let predicate = match operation {
                Op::Less => FloatPredicate::OLT,
                Op::LessOrEqual => FloatPredicate::OLE,
                Op::Greater => FloatPredicate::OGT,
                Op::GreaterOrEqual => FloatPredicate::OGE,
                Op::Equal => FloatPredicate::OEQ,
                Op::NotEqual => FloatPredicate::UNE,
            };
            return floats!(left, right, |a, b| builder.build_float_compare(predicate, a, b, ""));
        }
        let predicate = match (operation, element.is_signed_integer()) {
            (Op::Equal, _) => IntPredicate::EQ,
            (Op::NotEqual, _) => IntPredicate::NE,
            (Op::Less, true) => IntPredicate::SLT,
            (Op::Less, false) => IntPredicate::ULT,
            (Op::LessOrEqual, true) => IntPredicate::SLE,
            (Op::LessOrEqual, false) => IntPredicate::ULE,
            (Op::Greater, true) => IntPredicate::SGT,
            (Op::Greater, false) => IntPredicate::UGT,
            (Op::GreaterOrEqual, true) => IntPredicate::SGE,
            (Op::GreaterOrEqual, false) => IntPredicate::UGE,
        };
        integers!(left, right, |a, b| builder.build_int_compare(predicate, a, b, ""))
    }

    /// C's conversion between element types.
    pub fn convert(
        &self,
        lanes: Lanes<'c>,
        from: ElementType,
        to: ElementType,
    ) -> Result<Lanes<'c>> {
        let opcode = match (from.is_float(), to.is_float()) {
            (true, true) if from.bytes() < to.bytes() => InstructionOpcode::FPExt,
            (true, true) if from.bytes() > to.bytes() => InstructionOpcode::FPTrunc,
            (true, false) if to.is_signed_integer() => InstructionOpcode::FPToSI,
            (true, false) => InstructionOpcode::FPToUI,
            (false, true) if from.is_signed_integer() && !planted(Fault::UnsignedConversion) => {
                InstructionOpcode::SIToFP
            }
            (false, true) => InstructionOpcode::UIToFP,
            (false, false) if from.bytes() > to.bytes() => InstructionOpcode::Trunc,
            (false, false) if from.bytes() < to.bytes() => {
                if from.is_signed_integer() {
                    InstructionOpcode::SExt
                } else {
                    InstructionOpcode::ZExt
                }
            }
            _ => return Ok(lanes),
        };
        let wanted = self.lanes_type(to, lanes.varying)?;
        let value = self.builder.build_cast(opcode, lanes.value, wanted, "")?;
        Ok(Lanes { value, varying: lanes.varying })
    }

    /// `condition ? then : otherwise`, for one truth bit or one a lane.
    pub fn select(
        &self,
        condition: Lanes<'c>,
        then: Lanes<'c>,
        otherwise: Lanes<'c>,
    ) -> Result<Lanes<'c>> {
        let choose = |then: BasicValueEnum<'c>, otherwise: BasicValueEnum<'c>| {
            let built: std::result::Result<_, BuilderError> = match condition.value {
                BasicValueEnum::IntValue(bit) => {
                    self.builder.build_select(bit, then, otherwise, "")
                }
                BasicValueEnum::VectorValue(bits) => {
                    self.builder.build_select(bits, then, otherwise, "")
                }
                _ => return Err(mismatch()),
            };
            built.map_err(CodegenError::from)
        };
        let ([mut then, mut otherwise], mut varying) = self.unify([then, otherwise])?;
        if condition.varying && !varying {
            then = self.splat(Lanes::uniform(then))?.value;
            otherwise = self.splat(Lanes::uniform(otherwise))?.value;
            varying = true;
        }
        Ok(Lanes { value: choose(then, otherwise)?, varying })
    }
}
