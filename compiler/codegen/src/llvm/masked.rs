//! What is left of a vector loop before and after whole vectors: a vector of which only the last or first lanes run.
//!
//! Its loads and stores leave the elements of the other lanes alone, so that no access happens that
//! the program does not have; what these lanes compute is thrown away. That is done where all lanes
//! can run together to the end: loops and conditions inside are the same for all of them, and every
//! access is contiguous or, if it is a read, one element for all. An integer division could trap in a
//! lane that does not run, and a function of libm would be called for it: such bodies run one by one.

use super::counted::Advance;
use super::emitter::Emitter;
use super::math::is_exact;
use crate::access::ResolvedAccess;
use crate::error::{CodegenError, Result};
use crate::lockstep::Group;
use inkwell::IntPredicate;
use inkwell::intrinsics::Intrinsic;
use inkwell::types::{BasicTypeEnum, VectorType};
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, InstructionValue, IntValue, PointerValue, VectorValue,
};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{
    BinaryOperation, ElementType, Expression, For, Instance, LoopTreeNode, Mark, Variable,
};

impl<'c> Emitter<'c, '_> {
    /// Whether the loop's remainder can run as one vector of `width` lanes.
    pub fn can_mask(&self, inner: &For, width: u32) -> Result<bool> {
        if !self.scheduled {
            return Ok(false);
        }
        let group = self.state.group.with_block(inner.id.0, width, 1);
        self.nodes_can_mask(&inner.body, &group, inner.id.variable())
    }

    fn nodes_can_mask(
        &self,
        nodes: &[LoopTreeNode],
        group: &Group,
        lane: Variable,
    ) -> Result<bool> {
        for node in nodes {
            let possible = match node {
                LoopTreeNode::For(inner) => {
                    let alike = !group.bound_varies(&inner.lower)
                        && !group.bound_varies(&inner.upper)
                        && !matches!(
                            inner.mark,
                            Mark::Parallel | Mark::Doacross | Mark::Vector { .. }
                        );
                    // Copies of a block inside part where something varies among them.
                    let inside = match inner.mark {
                        Mark::UnrollJam { factor } => &group.with_block(inner.id.0, 1, factor),
                        _ => group,
                    };
                    alike && self.nodes_can_mask(&inner.body, inside, lane)?
                }
                LoopTreeNode::If { conditions, body, otherwise } => {
                    !conditions.iter().any(|condition| group.varies(&condition.affine))
                        && self.nodes_can_mask(body, group, lane)?
                        && self.nodes_can_mask(otherwise, group, lane)?
                }
                LoopTreeNode::Pack(_) => false,
                LoopTreeNode::Statement(instance) => self.statement_can_mask(instance, lane)?,
            };
            if !possible {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn statement_can_mask(&self, instance: &Instance, lane: Variable) -> Result<bool> {
        let statement = self.statement_of(instance)?;
        let mut simple = true;
        statement.body.walk(&mut |expression| {
            simple &= match expression {
                Expression::Binary { operation, element, .. } => {
                    let divides =
                        matches!(operation, BinaryOperation::Divide | BinaryOperation::Remainder);
                    element.is_float() || !divides
                }
                // Lanes that do not run compute what nobody sees.
                Expression::Call { function, .. } => self.fast_math || is_exact(*function),
                _ => true,
            };
        });
        let accesses = std::iter::once((&statement.write, true))
            .chain(statement.reads.iter().map(|read| (read, false)));
        for (access, written) in accesses {
            let access = ResolvedAccess::new(access, &instance.iterators, &[]);
            let array = self.program.array(access.array);
            let stride = self.storage(&access)?.layout.constant_step(&access, lane)?;
            simple &= match stride {
                Some(0) => !written,
                Some(1) => self.target.masks_lanes(array.element.bytes()),
                _ => false,
            };
        }
        Ok(simple)
    }

    /// The iterations from `start` to `upper`, maybe none, as one vector of `width` lanes of which so many come `before` the first.
    pub fn masked_vector(
        &mut self,
        inner: &For,
        start: IntValue<'c>,
        upper: IntValue<'c>,
        width: u32,
        before: u32,
    ) -> Result<()> {
        let some = self.builder.build_int_compare(IntPredicate::SLE, start, upper, "")?;
        self.when(some, "rest", |rest| {
            let start = rest.plus(start, -i64::from(before))?;
            let left = rest.builder.build_int_nsw_sub(upper, start, "")?;
            let left = rest.plus(left, i64::from(planted(Fault::MaskLanes)))?;
            // Lanes are counted in 32 bits, of which vectors have as many lanes as of elements.
            let short = rest.context.i32_type();
            let left = rest.builder.build_int_truncate(left, short, "")?;
            let lanes: Vec<_> =
                (0..width).map(|lane| short.const_int(u64::from(lane), false)).collect();
            let lanes = VectorType::const_vector(&lanes);
            let group = rest.state.group.with_block(inner.id.0, width, 1);
            rest.in_group(group, |block| {
                let last = block.splat(super::emitter::Lanes::uniform(left))?;
                let last = last.value.into_vector_value();
                let mut mask =
                    block.builder.build_int_compare(IntPredicate::ULE, lanes, last, "mask")?;
                if before > 0 {
                    let first = before - u32::from(planted(Fault::HeadLanes));
                    let first = short.const_int(first.into(), false);
                    let first = block.splat(super::emitter::Lanes::uniform(first))?;
                    let first = first.value.into_vector_value();
                    let begun = block.builder.build_int_compare(
                        IntPredicate::UGE,
                        lanes,
                        first,
                        "begun",
                    )?;
                    mask = block.builder.build_and(mask, begun, "")?;
                }
                let outer = block.state.mask.replace(mask);
                let outcome = block.counted(inner, start, start, Advance::part(width.into()));
                block.state.mask = outer;
                outcome
            })
        })
    }

    /// The elements of the lanes that run. The others are left open: so LLVM sees that a load of what was just stored
    /// under the same mask is what was stored (with zeros in them it would not be); reading it back waits for the store.
    pub fn masked_load(
        &self,
        vector: VectorType<'c>,
        address: PointerValue<'c>,
        element: ElementType,
        lanes: VectorValue<'c>,
    ) -> Result<(BasicValueEnum<'c>, InstructionValue<'c>)> {
        let open = vector.get_poison();
        let arguments = [address.into(), self.alignment(element), lanes.into(), open.into()];
        let types = [vector.into(), self.pointer().into()];
        self.loaded_lanes("llvm.masked.load", &types, &arguments)
    }

    /// The elements at the addresses of the lanes that run; the others are left open.
    pub fn masked_gather(
        &self,
        vector: VectorType<'c>,
        places: VectorValue<'c>,
        element: ElementType,
        lanes: VectorValue<'c>,
    ) -> Result<(BasicValueEnum<'c>, InstructionValue<'c>)> {
        let open = vector.get_poison();
        let arguments = [places.into(), self.alignment(element), lanes.into(), open.into()];
        let types = [vector.into(), places.get_type().into()];
        self.loaded_lanes("llvm.masked.gather", &types, &arguments)
    }

    fn loaded_lanes(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'c>],
        arguments: &[BasicMetadataValueEnum<'c>],
    ) -> Result<(BasicValueEnum<'c>, InstructionValue<'c>)> {
        let call = self.masked_call(name, types, arguments)?;
        let value = call
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| CodegenError::ill_formed("a load without a value"))?;
        let instruction = value
            .into_vector_value()
            .as_instruction()
            .ok_or_else(|| CodegenError::ill_formed("a load that is no instruction"))?;
        Ok((value, instruction))
    }

    /// Stores the lanes that run.
    pub fn masked_store(
        &self,
        value: BasicValueEnum<'c>,
        address: PointerValue<'c>,
        element: ElementType,
        lanes: VectorValue<'c>,
    ) -> Result<InstructionValue<'c>> {
        let arguments = [value.into(), address.into(), self.alignment(element), lanes.into()];
        let types = [value.get_type(), self.pointer().into()];
        let call = self.masked_call("llvm.masked.store", &types, &arguments)?;
        call.try_as_basic_value()
            .instruction()
            .ok_or_else(|| CodegenError::ill_formed("a store that is no instruction"))
    }

    fn masked_call(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'c>],
        arguments: &[BasicMetadataValueEnum<'c>],
    ) -> Result<inkwell::values::CallSiteValue<'c>> {
        let declaration = Intrinsic::find(name)
            .and_then(|intrinsic| intrinsic.get_declaration(self.module, types))
            .ok_or_else(|| CodegenError::ill_formed(format!("no intrinsic {name}")))?;
        Ok(self.builder.build_call(declaration, arguments, "")?)
    }

    fn alignment(&self, element: ElementType) -> BasicMetadataValueEnum<'c> {
        let bytes = element.bytes();
        self.context.i32_type().const_int(bytes, false).into()
    }

    /// Which lanes run, where that is not all of them.
    pub fn mask(&self) -> Result<VectorValue<'c>> {
        self.state.mask.ok_or_else(|| CodegenError::ill_formed("no mask for some lanes"))
    }
}
