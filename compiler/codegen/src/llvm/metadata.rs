//! What LLVM is told about memory: distinct arrays do not overlap, some are never written.

use inkwell::context::Context;
use inkwell::values::{BasicMetadataValueEnum, InstructionValue, MetadataValue};
use loopwright_ir::{ArrayId, Program};

use crate::error::{CodegenError, Result};
use crate::kernel::written_arrays;

/// The metadata of all accesses to one array, or to its buffers; empty where nothing may be assumed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ArrayFacts<'c> {
    own_scope: Option<MetadataValue<'c>>,
    other_scopes: Option<MetadataValue<'c>>,
    invariant: Option<MetadataValue<'c>>,
}

/// The facts of a program, both by array.
pub(super) struct Facts<'c> {
    pub arrays: Vec<ArrayFacts<'c>>,
    /// Those of the buffers that hold parts of the arrays.
    pub buffers: Vec<ArrayFacts<'c>>,
}

/// One alias scope an array, and another one for the buffers of each packed array, in a domain of
/// the given name.
pub(super) fn array_facts<'c>(
    context: &'c Context,
    program: &Program,
    packed: &[ArrayId],
    domain: &str,
) -> Facts<'c> {
    let name = |text: &str| BasicMetadataValueEnum::from(context.metadata_string(text));
    let domain_node = context.metadata_node(&[name(domain)]);
    let scope = |text: String| context.metadata_node(&[name(&text), domain_node.into()]);
    let mut scopes: Vec<_> =
        (0..program.arrays.len()).map(|array| scope(format!("{domain}.{array}"))).collect();
    scopes.extend(packed.iter().map(|array| scope(format!("{domain}.{}.buffer", array.0))));
    let facts_of = |own: usize, invariant: bool| {
        let others: Vec<BasicMetadataValueEnum<'c>> = scopes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != own)
            .map(|(_, scope)| (*scope).into())
            .collect();
        ArrayFacts {
            own_scope: Some(context.metadata_node(&[scopes[own].into()])),
            other_scopes: (!others.is_empty()).then(|| context.metadata_node(&others)),
            invariant: invariant.then(|| context.metadata_node(&[])),
        }
    };
    let written = written_arrays(program);
    let arrays = (0..program.arrays.len()).map(|array| facts_of(array, !written[array])).collect();
    let mut buffers = vec![ArrayFacts::default(); program.arrays.len()];
    for (position, array) in packed.iter().enumerate() {
        if let Some(facts) = buffers.get_mut(array.0) {
            *facts = facts_of(program.arrays.len() + position, false);
        }
    }
    Facts { arrays, buffers }
}

impl<'c> ArrayFacts<'c> {
    /// Puts the facts on a load or store of the array.
    pub fn attach(
        &self,
        context: &'c Context,
        instruction: InstructionValue<'c>,
        load: bool,
    ) -> Result<()> {
        let facts = [
            ("alias.scope", self.own_scope),
            ("noalias", self.other_scopes),
            ("invariant.load", self.invariant.filter(|_| load)),
        ];
        for (kind, node) in facts {
            if let Some(node) = node {
                instruction.set_metadata(node, context.get_kind_id(kind)).map_err(|error| {
                    CodegenError::ill_formed(format!("metadata {kind}: {error}"))
                })?;
            }
        }
        Ok(())
    }
}
