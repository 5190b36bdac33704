//! Calls of mathematical functions.
//!
//! What IEEE 754 defines to the bit becomes an LLVM intrinsic. Every other function is called in
//! libm under its own name, `nobuiltin` so that LLVM does not replace it by another formula, and
//! declared to touch no memory: `errno` is not part of the result. With relaxed arithmetic lanes
//! are computed together where there is a function for that ([`vector_math`](super::vector_math)).

use super::emitter::{Emitter, Lanes};
use super::vector_math::scalar_name;
use crate::error::{CodegenError, Result};
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::intrinsics::Intrinsic;
use inkwell::types::{BasicMetadataTypeEnum, BasicType};
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, FunctionValue};
use loopwright_ir::{ElementType, MathFunction};

/// Whether IEEE 754 defines the function's value to the bit.
pub(crate) fn is_exact(function: MathFunction) -> bool {
    intrinsic_name(function).is_some()
}

fn intrinsic_name(function: MathFunction) -> Option<&'static str> {
    match function {
        MathFunction::SquareRoot => Some("llvm.sqrt"),
        MathFunction::Absolute => Some("llvm.fabs"),
        MathFunction::Floor => Some("llvm.floor"),
        MathFunction::Ceiling => Some("llvm.ceil"),
        MathFunction::Truncate => Some("llvm.trunc"),
        MathFunction::RoundToEven => Some("llvm.rint"),
        MathFunction::CopySign => Some("llvm.copysign"),
        MathFunction::FusedMultiplyAdd => Some("llvm.fma"),
        _ => None,
    }
}

impl<'c> Emitter<'c, '_> {
    /// A function applied to arguments of one element type.
    pub fn call(
        &self,
        function: MathFunction,
        element: ElementType,
        arguments: &[Lanes<'c>],
    ) -> Result<Lanes<'c>> {
        if arguments.len() != function.arity() || !element.is_float() {
            return Err(CodegenError::ill_formed(format!("a call of {}", function.c_name())));
        }
        let varying = arguments.iter().any(|argument| argument.varying);
        if let Some(name) = self.intrinsic(function) {
            let wanted = self.lanes_type(element, varying)?;
            let declaration = Intrinsic::find(name)
                .and_then(|intrinsic| intrinsic.get_declaration(self.module, &[wanted]))
                .ok_or_else(|| CodegenError::ill_formed(format!("no intrinsic {name}")))?;
            let mut values = Vec::with_capacity(arguments.len());
            for argument in arguments {
                let argument = if varying { self.splat(*argument)? } else { *argument };
                values.push(argument.value);
            }
            return Ok(Lanes { value: self.call_once(declaration, &values)?, varying });
        }
        let declaration = self.library_function(function, element);
        if !varying {
            let values: Vec<_> = arguments.iter().map(|argument| argument.value).collect();
            let call = self.build_call(declaration, &values)?;
            self.name_variants(call, function, element)?;
            return Ok(Lanes::uniform(value_of(call)?));
        }
        if let Some(lanes) = self.vector_call(function, element, arguments)? {
            return Ok(lanes);
        }
        let mut results = Vec::new();
        for lane in 0..self.width() {
            let mut values = Vec::with_capacity(arguments.len());
            for argument in arguments {
                values.push(match argument.value {
                    BasicValueEnum::VectorValue(vector) => self.lane(vector, lane)?,
                    scalar => scalar,
                });
            }
            results.push(self.call_in_lane(lane, || self.call_once(declaration, &values))?);
        }
        Ok(Lanes::varying(self.gather_lanes(&results)?))
    }

    fn intrinsic(&self, function: MathFunction) -> Option<&'static str> {
        let relaxed = match function {
            // The vectoriser knows sums of this one; the flags have it fused where the machine can.
            MathFunction::FusedMultiplyAdd => Some("llvm.fmuladd"),
            // These leave open which of two zeros of different signs is smaller.
            MathFunction::Minimum => Some("llvm.minnum"),
            MathFunction::Maximum => Some("llvm.maxnum"),
            MathFunction::Round => Some("llvm.round"),
            _ => None,
        };
        relaxed.filter(|_| self.fast_math).or_else(|| intrinsic_name(function))
    }

    /// `left * right + addend`, rounded once.
    pub fn multiply_add(
        &self,
        element: ElementType,
        left: Lanes<'c>,
        right: Lanes<'c>,
        addend: Lanes<'c>,
    ) -> Result<Lanes<'c>> {
        self.call(MathFunction::FusedMultiplyAdd, element, &[left, right, addend])
    }

    pub fn call_once(
        &self,
        function: FunctionValue<'c>,
        arguments: &[BasicValueEnum<'c>],
    ) -> Result<BasicValueEnum<'c>> {
        value_of(self.build_call(function, arguments)?)
    }

    fn build_call(
        &self,
        function: FunctionValue<'c>,
        arguments: &[BasicValueEnum<'c>],
    ) -> Result<CallSiteValue<'c>> {
        let arguments: Vec<BasicMetadataValueEnum<'c>> =
            arguments.iter().map(|argument| (*argument).into()).collect();
        let call = self.builder.build_call(function, &arguments, "")?;
        let nobuiltin = Attribute::get_named_enum_kind_id("nobuiltin");
        if function.get_enum_attribute(AttributeLoc::Function, nobuiltin).is_some() {
            let attribute = self.context.create_enum_attribute(nobuiltin, 0);
            call.add_attribute(AttributeLoc::Function, attribute);
        }
        Ok(call)
    }

    fn library_function(&self, function: MathFunction, element: ElementType) -> FunctionValue<'c> {
        let name = scalar_name(function, element);
        if let Some(known) = self.module.get_function(&name) {
            return known;
        }
        let scalar = self.scalar_type(element);
        let parameters: Vec<BasicMetadataTypeEnum<'c>> = vec![scalar.into(); function.arity()];
        let declaration = self.module.add_function(&name, scalar.fn_type(&parameters, false), None);
        let strict = (!self.has_variants(function, element)).then_some("nobuiltin");
        for attribute in ["memory", "nounwind", "willreturn"].into_iter().chain(strict) {
            let kind = Attribute::get_named_enum_kind_id(attribute);
            // The value 0 of `memory` means that none is touched.
            declaration
                .add_attribute(AttributeLoc::Function, self.context.create_enum_attribute(kind, 0));
        }
        declaration
    }
}

fn value_of(call: CallSiteValue<'_>) -> Result<BasicValueEnum<'_>> {
    call.try_as_basic_value()
        .basic()
        .ok_or_else(|| CodegenError::ill_formed("a function without a value"))
}
