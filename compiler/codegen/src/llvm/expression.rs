//! The bodies of statements.

use super::emitter::{Emitter, Lanes};
use crate::access::{ResolvedAccess, resolve};
use crate::error::{CodegenError, Result};
use inkwell::types::{BasicTypeEnum, IntType, VectorType};
use inkwell::values::BasicValueEnum;
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    Access, Affine, CompareOperation, ElementType, Expression, Statement, UnaryOperation, Variable,
};

/// One copy of a statement instance.
pub(super) struct CopyOf<'a> {
    pub statement: &'a Statement,
    /// The statement's iterators over the loop variables.
    pub iterators: &'a [Affine],
    /// What the copy adds to the loop variables.
    pub offsets: &'a [(u32, i64)],
    /// The reads, by position, that are certain where the expression at hand is computed (see
    /// [`loopwright_ir::certainty`]).
    pub certain: Vec<bool>,
    /// Those that are in the whole body.
    pub always: Vec<bool>,
}

impl<'a> CopyOf<'a> {
    /// The whole body's copy.
    pub fn new(
        statement: &'a Statement,
        iterators: &'a [Affine],
        offsets: &'a [(u32, i64)],
    ) -> Self {
        let always = statement.certain_reads();
        Self { statement, iterators, offsets, certain: always.clone(), always }
    }

    /// The copy inside of an arm of a choice, where that is chosen.
    pub fn inside(&self, arm: &Expression) -> Self {
        let mut certain = self.certain.clone();
        arm.mark_certain(&mut certain);
        Self { certain, always: self.always.clone(), ..*self }
    }

    /// An access of the statement over the loop variables.
    pub fn access(&self, access: &Access) -> ResolvedAccess {
        ResolvedAccess::new(access, self.iterators, self.offsets)
    }

    /// An affine expression of the statement's iterators over the loop variables.
    pub fn affine(&self, affine: &Affine) -> Affine {
        resolve(affine, self.iterators, self.offsets)
    }
}

impl<'c> Emitter<'c, '_> {
    /// The value of an expression, computed once for all lanes where they agree.
    pub fn expression(&self, copy: &CopyOf<'_>, expression: &Expression) -> Result<Lanes<'c>> {
        if let Some(value) = self.value_ahead(copy, expression)? {
            return Ok(value);
        }
        if let Some(access) = self.packed_product(copy, expression)? {
            return self.load(&access, expression.element());
        }
        match expression {
            Expression::Read { position, element } => {
                let access = copy.statement.reads.get(*position).ok_or_else(|| {
                    CodegenError::ill_formed(format!("{} has no read", copy.statement.name))
                })?;
                let always = copy.always.get(*position).copied().unwrap_or_default();
                self.load_under_guard(&copy.access(access), *element, always)
            }
            Expression::Integer { value, element } if !element.is_float() => {
                let integer = self.integer_type(*element);
                Ok(Lanes::uniform(integer.const_int(value.cast_unsigned(), true)))
            }
            Expression::Float { value, element } => match self.scalar_type(*element) {
                BasicTypeEnum::FloatType(float) => Ok(Lanes::uniform(float.const_float(*value))),
                _ => Err(CodegenError::ill_formed("a number of an integer type")),
            },
            Expression::Index { value, element } if !element.is_float() => {
                self.index(&copy.affine(value), *element)
            }
            Expression::Integer { element, .. } | Expression::Index { element, .. } => {
                Err(CodegenError::ill_formed(format!("an integer of the type {element}")))
            }
            Expression::Unary { operation, element, operand } => {
                let operand = self.expression(copy, operand)?;
                let value = self.unary(*operation, operand.value, *element)?;
                Ok(Lanes { value, varying: operand.varying })
            }
            Expression::Binary { operation, element, left, right } => {
                let left = self.expression(copy, left)?;
                let mut right = self.expression(copy, right)?;
                if expression.may_trap() && (left.varying || right.varying) {
                    right = self.divisor_of_lanes(right, *element)?;
                }
                let ([left, right], varying) = self.unify([left, right])?;
                Ok(Lanes { value: self.binary(*operation, *element, left, right)?, varying })
            }
            Expression::MultiplyAdd {
                element,
                negate_product,
                negate_addend,
                left,
                right,
                addend,
            } => {
                let negate_addend = *negate_addend && !planted(Fault::AddedContraction);
                let left = self.negated_if(*negate_product, copy, left, *element)?;
                let right = self.expression(copy, right)?;
                let addend = self.negated_if(negate_addend, copy, addend, *element)?;
                if planted(Fault::NoContraction) {
                    let ([left, right], varying) = self.unify([left, right])?;
                    let product = self.binary(
                        loopwright_ir::BinaryOperation::Multiply,
                        *element,
                        left,
                        right,
                    )?;
                    let product = Lanes { value: product, varying };
                    let ([product, addend], varying) = self.unify([product, addend])?;
                    let value = self.binary(
                        loopwright_ir::BinaryOperation::Add,
                        *element,
                        product,
                        addend,
                    )?;
                    return Ok(Lanes { value, varying });
                }
                self.multiply_add(*element, left, right, addend)
            }
            Expression::Compare { .. } => {
                let bits = self.condition(copy, expression)?;
                let wanted = self.lanes_type(ElementType::I32, bits.varying)?;
                let value = self.zero_extend(bits.value, wanted)?;
                Ok(Lanes { value, varying: bits.varying })
            }
            Expression::Select { condition, then, otherwise, .. } => {
                self.choice(copy, condition, then, otherwise)
            }
            Expression::Cast { element, operand } => {
                let value = self.expression(copy, operand)?;
                self.convert(value, operand.element(), *element)
            }
            Expression::Call { function, element, arguments } => {
                let arguments: Result<Vec<_>> =
                    arguments.iter().map(|argument| self.expression(copy, argument)).collect();
                self.call(*function, *element, &arguments?)
            }
            Expression::Gather { array, element, subscripts } => {
                let subscripts: Result<Vec<_>> =
                    subscripts.iter().map(|subscript| self.expression(copy, subscript)).collect();
                self.gather(*array, *element, &subscripts?)
            }
        }
    }

    fn negated_if(
        &self,
        negate: bool,
        copy: &CopyOf<'_>,
        expression: &Expression,
        element: ElementType,
    ) -> Result<Lanes<'c>> {
        let lanes = self.expression(copy, expression)?;
        if !negate {
            return Ok(lanes);
        }
        let value = self.unary(UnaryOperation::Negate, lanes.value, element)?;
        Ok(Lanes { value, varying: lanes.varying })
    }

    /// Truth bits: a comparison's own, or whether another value is not zero.
    pub fn condition(&self, copy: &CopyOf<'_>, expression: &Expression) -> Result<Lanes<'c>> {
        let (operation, element, left, right) = match expression {
            Expression::Compare { operation, operand_element, left, right } => {
                let left = self.expression(copy, left)?;
                (*operation, *operand_element, left, self.expression(copy, right)?)
            }
            other => {
                let value = self.expression(copy, other)?;
                let zero = value.value.get_type().const_zero();
                let zero = Lanes { value: zero, varying: value.varying };
                (CompareOperation::NotEqual, other.element(), value, zero)
            }
        };
        let ([left, right], varying) = self.unify([left, right])?;
        Ok(Lanes { value: self.compare(operation, element, left, right)?, varying })
    }

    fn zero_extend(
        &self,
        bits: BasicValueEnum<'c>,
        wanted: BasicTypeEnum<'c>,
    ) -> Result<BasicValueEnum<'c>> {
        match (bits, wanted) {
            (BasicValueEnum::IntValue(bit), BasicTypeEnum::IntType(integer)) => {
                Ok(self.builder.build_int_z_extend(bit, integer, "")?.into())
            }
            (BasicValueEnum::VectorValue(bits), BasicTypeEnum::VectorType(vector)) => {
                Ok(self.builder.build_int_z_extend(bits, vector, "")?.into())
            }
            _ => Err(CodegenError::ill_formed("truth values of an unexpected type")),
        }
    }

    /// The value of an affine expression in an integer type; `value + coefficient * lane` in the
    /// lanes of a vector loop.
    fn index(&self, affine: &Affine, element: ElementType) -> Result<Lanes<'c>> {
        let wide = Lanes::uniform(self.affine(affine)?);
        let base = self.convert(wide, ElementType::I64, element)?;
        let Some((id, width)) = self.state.group.vector else {
            return Ok(base);
        };
        let coefficient = affine.coefficient(Variable::Loop(id));
        if coefficient == 0 || planted(Fault::IndexLanes) {
            return Ok(base);
        }
        let integer: IntType<'c> = self.integer_type(element);
        let steps: Vec<_> = (0..i64::from(width))
            .map(|lane| {
                let step = coefficient.wrapping_mul(lane);
                integer.const_int(step.cast_unsigned(), true)
            })
            .collect();
        let steps = Lanes::varying(VectorType::const_vector(&steps));
        let ([base, steps], _) = self.unify([base, steps])?;
        Ok(Lanes::varying(self.binary(
            loopwright_ir::BinaryOperation::Add,
            element,
            base,
            steps,
        )?))
    }
}
