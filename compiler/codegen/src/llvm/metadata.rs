//! What LLVM is told about memory: distinct arrays do not overlap, some are never written.

use inkwell::context::Context;
use inkwell::values::{BasicMetadataValueEnum, InstructionValue, MetadataValue};
use loopwright_ir::Program;

use crate::error::{CodegenError, Result};
use crate::kernel::written_arrays;

/// The metadata of all accesses to one array; empty where nothing may be assumed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ArrayFacts<'c> {
    own_scope: Option<MetadataValue<'c>>,
    other_scopes: Option<MetadataValue<'c>>,
    invariant: Option<MetadataValue<'c>>,
}

/// One alias scope an array, in a domain of the given name.
pub(super) fn array_facts<'c>(
    context: &'c Context,
    program: &Program,
    domain: &str,
) -> Vec<ArrayFacts<'c>> {
    let name = |text: &str| BasicMetadataValueEnum::from(context.metadata_string(text));
    let domain_node = context.metadata_node(&[name(domain)]);
    let scopes: Vec<_> = (0..program.arrays.len())
        .map(|array| {
            context.metadata_node(&[name(&format!("{domain}.{array}")), domain_node.into()])
        })
        .collect();
    let written = written_arrays(program);
    (0..scopes.len())
        .map(|array| {
            let others: Vec<BasicMetadataValueEnum<'c>> = scopes
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != array)
                .map(|(_, scope)| (*scope).into())
                .collect();
            ArrayFacts {
                own_scope: Some(context.metadata_node(&[scopes[array].into()])),
                other_scopes: (!others.is_empty()).then(|| context.metadata_node(&others)),
                invariant: (!written[array]).then(|| context.metadata_node(&[])),
            }
        })
        .collect()
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
