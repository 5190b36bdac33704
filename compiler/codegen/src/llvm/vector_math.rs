//! Mathematical functions of whole vectors, with relaxed arithmetic: those of glibc's libmvec.
//!
//! Their names follow the vector function ABI of x86-64: `_ZGV`, a letter for the registers, `N` for no mask, the
//! number of lanes, `v` for each argument, and the scalar function's name. They are off by at most four
//! units in the last place, and treat infinities, NaN and zeros as the scalar ones do.

use super::emitter::{Emitter, Lanes};
use super::values::vector_of;
use crate::error::Result;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::types::{BasicMetadataTypeEnum, VectorType};
use inkwell::values::{BasicValueEnum, CallSiteValue, FunctionValue, VectorValue};
use loopwright_ir::{ElementType, MathFunction};

/// One width of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variant {
    name: String,
    lanes: u32,
}

/// Whether glibc 2.35 has the function for vectors.
fn is_in_library(function: MathFunction) -> bool {
    use MathFunction as F;
    matches!(
        function,
        F::Exponential
            | F::Exponential2
            | F::Logarithm
            | F::Logarithm2
            | F::Logarithm10
            | F::Power
            | F::Sine
            | F::Cosine
            | F::Tangent
            | F::ArcSine
            | F::ArcCosine
            | F::ArcTangent
            | F::ArcTangent2
            | F::HyperbolicSine
            | F::HyperbolicCosine
            | F::HyperbolicTangent
            | F::CubeRoot
            | F::Hypotenuse
    )
}

/// The function's name in libm.
pub(super) fn scalar_name(function: MathFunction, element: ElementType) -> String {
    let suffix = if element == ElementType::F32 { "f" } else { "" };
    format!("{}{suffix}", function.c_name())
}

/// The function's widths for registers of at most so many bits, the narrowest first.
fn variants(function: MathFunction, element: ElementType, bits: u32) -> Vec<Variant> {
    if !is_in_library(function) {
        return Vec::new();
    }
    let element_bits = u32::try_from(element.bytes()).unwrap_or(8).saturating_mul(8);
    // Registers of 256 bits are asked for as of AVX2, `d`, not of AVX, `c`.
    let registers = [(128, 'b'), (256, 'd'), (512, 'e')].into_iter();
    registers
        .filter(|(register, _)| *register <= bits)
        .map(|(register, letter)| {
            let lanes = register / element_bits;
            let arguments = "v".repeat(function.arity());
            let scalar = scalar_name(function, element);
            Variant { name: format!("_ZGV{letter}N{lanes}{arguments}_{scalar}"), lanes }
        })
        .collect()
}

impl<'c> Emitter<'c, '_> {
    /// The function in all lanes, by as few calls as the machine's registers allow; `None` where there is no
    /// function for vectors, or arithmetic is strict.
    pub fn vector_call(
        &self,
        function: MathFunction,
        element: ElementType,
        arguments: &[Lanes<'c>],
    ) -> Result<Option<Lanes<'c>>> {
        let variants = self.variants(function, element);
        let Some(widest) = variants.last() else {
            return Ok(None);
        };
        let width = self.width();
        let mut vectors = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let BasicValueEnum::VectorValue(vector) = self.splat(*argument)?.value else {
                return Ok(None);
            };
            vectors.push(vector);
        }
        let poison = vector_of(self.scalar_type(element), width)?.get_poison();
        let mut result = poison;
        let mut start = 0;
        while start < width {
            let left = width - start;
            let variant = variants.iter().find(|variant| variant.lanes >= left).unwrap_or(widest);
            // Lanes beyond the end repeat the last one: no value comes in that was not there.
            let part: Vec<u32> =
                (start..start + variant.lanes).map(|lane| lane.min(width - 1)).collect();
            let mut values = Vec::with_capacity(vectors.len());
            for vector in &vectors {
                values.push(self.lanes_of(*vector, &part)?.into());
            }
            let callee = self.variant(function, element, variant)?;
            let found = self.call_once(callee, &values)?.into_vector_value();
            if variant.lanes == width {
                result = found;
            } else {
                // First as many lanes as the result, then into their places.
                let spread: Vec<u32> = (0..width)
                    .map(|lane| lane.saturating_sub(start).min(variant.lanes - 1))
                    .collect();
                let spread = self.lanes_of(found, &spread)?;
                let here = start..start + variant.lanes;
                let chosen: Vec<u32> = (0..width)
                    .map(|lane| if here.contains(&lane) { width + lane } else { lane })
                    .collect();
                let chosen = self.mask_of(&chosen);
                result = self.builder.build_shuffle_vector(result, spread, chosen, "")?;
            }
            start += variant.lanes;
        }
        Ok(Some(Lanes::varying(result)))
    }

    /// Tells LLVM's vectoriser which functions compute a scalar call for several iterations at once.
    pub fn name_variants(
        &self,
        call: CallSiteValue<'c>,
        function: MathFunction,
        element: ElementType,
    ) -> Result<()> {
        let variants = self.variants(function, element);
        if variants.is_empty() {
            return Ok(());
        }
        for variant in &variants {
            self.variant(function, element, variant)?;
        }
        let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
        let attribute =
            self.context.create_string_attribute("vector-function-abi-variant", &names.join(","));
        call.add_attribute(AttributeLoc::Function, attribute);
        Ok(())
    }

    /// Whether several values at once are to be computed together: only then may LLVM know what the
    /// scalar function is.
    pub fn has_variants(&self, function: MathFunction, element: ElementType) -> bool {
        !self.variants(function, element).is_empty()
    }

    fn variants(&self, function: MathFunction, element: ElementType) -> Vec<Variant> {
        match self.target.libmvec_bits() {
            Some(bits) if self.fast_math => variants(function, element, bits),
            _ => Vec::new(),
        }
    }

    /// The declaration of a function of vectors.
    fn variant(
        &self,
        function: MathFunction,
        element: ElementType,
        variant: &Variant,
    ) -> Result<FunctionValue<'c>> {
        if let Some(known) = self.module.get_function(&variant.name) {
            return Ok(known);
        }
        let vector = vector_of(self.scalar_type(element), variant.lanes)?;
        let parameters: Vec<BasicMetadataTypeEnum<'c>> = vec![vector.into(); function.arity()];
        let declaration =
            self.module.add_function(&variant.name, vector.fn_type(&parameters, false), None);
        for attribute in ["memory", "nounwind", "willreturn"] {
            let kind = Attribute::get_named_enum_kind_id(attribute);
            // The value 0 of `memory` means that none is touched.
            declaration
                .add_attribute(AttributeLoc::Function, self.context.create_enum_attribute(kind, 0));
        }
        Ok(declaration)
    }

    /// Some lanes of a vector, in the order given.
    fn lanes_of(&self, vector: VectorValue<'c>, lanes: &[u32]) -> Result<VectorValue<'c>> {
        if lanes.iter().copied().eq(0..vector.get_type().get_size()) {
            return Ok(vector);
        }
        let poison = vector.get_type().get_poison();
        Ok(self.builder.build_shuffle_vector(vector, poison, self.mask_of(lanes), "")?)
    }

    fn mask_of(&self, lanes: &[u32]) -> VectorValue<'c> {
        let lane = |lane: &u32| self.context.i32_type().const_int(u64::from(*lane), false);
        VectorType::const_vector(&lanes.iter().map(lane).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_vector_function_abi() {
        let names = |function, element, bits| -> Vec<String> {
            variants(function, element, bits).into_iter().map(|variant| variant.name).collect()
        };
        let (double, float) = (ElementType::F64, ElementType::F32);
        assert_eq!(names(MathFunction::Exponential, double, 128), ["_ZGVbN2v_exp"]);
        assert_eq!(names(MathFunction::Power, double, 256), ["_ZGVbN2vv_pow", "_ZGVdN4vv_pow"]);
        let sines = ["_ZGVbN4v_sinf", "_ZGVdN8v_sinf", "_ZGVeN16v_sinf"];
        assert_eq!(names(MathFunction::Sine, float, 512), sines);
        assert!(names(MathFunction::Remainder, double, 512).is_empty());
    }
}
