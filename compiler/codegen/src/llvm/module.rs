//! The functions of the calling convention: the scheduled loops, the original ones, and the two
//! doors to them (see the crate's text).

use super::buffers::Buffers;
use super::emitter::{Emitter, FunctionState};
use super::lines::Lines;
use super::metadata::{ArrayFacts, array_facts};
use super::storage::{Layout, Storage};
use super::stream::any_streamed;
use crate::annotation::LineTable;
use crate::check::check;
use crate::error::{CodegenError, Result};
use crate::kernel::{Kernel, Options, conflicting_pairs, packed_arrays, specialized_parameters};
use crate::lockstep::Group;
use crate::reads::with_own_arrays;
use inkwell::IntPredicate;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::types::{BasicMetadataTypeEnum, FunctionType};
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, FunctionValue, IntValue, PointerValue,
};
use loopwright_ir::{Array, ArrayId, LoopTree, Program};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Emits all functions that the options ask for. `with_lines` keeps for the scheduled loops which node their
/// code comes from; the table is empty otherwise.
pub(super) fn emit_module<'c>(
    context: &'c Context,
    module: &Module<'c>,
    kernel: &Kernel<'_>,
    options: &Options,
    with_lines: bool,
) -> Result<LineTable> {
    let wanted = Wanted { scheduled: true, lines: with_lines };
    let (scheduled, table) =
        loops_function(context, module, kernel.program, kernel.tree, options, wanted)?;
    if let Some(name) = &options.names.entry {
        entry_function(context, module, kernel.program, options, name, scheduled)?;
    }
    if let Some(name) = &options.names.typed {
        typed_function(context, module, kernel, options, name, scheduled)?;
    }
    Ok(table)
}

/// How a loop tree's function is to be.
#[derive(Clone, Copy)]
struct Wanted {
    /// Whether marks are obeyed.
    scheduled: bool,
    /// Whether code remembers its node.
    lines: bool,
}

/// A function with the typed signature that runs a loop tree.
fn loops_function<'c>(
    context: &'c Context,
    module: &Module<'c>,
    program: &Program,
    tree: &LoopTree,
    options: &Options,
    wanted: Wanted,
) -> Result<(FunctionValue<'c>, LineTable)> {
    check(program, tree)?;
    let separate = wanted.scheduled.then(|| with_own_arrays(program, tree)).flatten();
    let (program, tree) =
        separate.as_ref().map_or((program, tree), |(program, tree)| (program, tree));
    // No name of a program is like these.
    let name = if wanted.scheduled { "loopwright.scheduled" } else { "loopwright.original" };
    let mut emitter = begin(context, module, program, options, name, Linkage::Internal)?;
    if wanted.scheduled {
        emitter.scheduled = true;
        emitter.streams = any_streamed(&tree.roots);
        let facts = array_facts(context, program, &packed_arrays(tree), &program.name);
        emitter.buffer_facts = facts.buffers;
        for (storage, facts) in emitter.state.storages.iter_mut().zip(facts.arrays) {
            storage.facts = facts;
        }
        // Until it is packed, what stands for some reads of an array is the array.
        for position in program.external_arrays().len()..program.arrays.len() {
            let of = program.arrays.get(position).and_then(Array::storage_of);
            let array = of.and_then(|of| emitter.state.storages.get(of.0)).cloned();
            if let (Some(array), Some(storage)) = (array, emitter.state.storages.get_mut(position))
            {
                let array_id = storage.array;
                *storage = Storage { array: array_id, ..array };
            }
        }
        let noalias = Attribute::get_named_enum_kind_id("noalias");
        for position in (0_u32..).take(program.external_arrays().len()) {
            let attribute = context.create_enum_attribute(noalias, 0);
            emitter.state.function.add_attribute(AttributeLoc::Param(position), attribute);
        }
    }
    if wanted.lines {
        let function = emitter.state.function;
        emitter.lines = Some(Lines::new(context, module, program, tree, function));
        emitter.locate();
    }
    emitter.nodes(&tree.roots)?;
    emitter.return_from_loops()?;
    let table = emitter.lines.take().map(Lines::finish).unwrap_or_default();
    Ok((emitter.state.function, table))
}

/// `void entry(void **buffers, const int64_t *parameters)`.
fn entry_function<'c>(
    context: &'c Context,
    module: &Module<'c>,
    program: &Program,
    options: &Options,
    name: &str,
    scheduled: FunctionValue<'c>,
) -> Result<()> {
    // Objects of several programs all have it: whoever links them calls the typed functions.
    let emitter = begin(context, module, program, options, name, Linkage::WeakAny)?;
    let builder = &emitter.builder;
    let parameter = |position| {
        emitter
            .state
            .function
            .get_nth_param(position)
            .map(|value| value.into_pointer_value())
            .ok_or_else(|| CodegenError::ill_formed("an entry without parameters"))
    };
    let (buffers, parameters) = (parameter(0)?, parameter(1)?);
    let mut arguments: Vec<BasicMetadataValueEnum<'c>> = Vec::new();
    for position in (0_i64..).take(program.external_arrays().len()) {
        let index = [emitter.constant(position)];
        // SAFETY: the caller passes one pointer for each array.
        let slot = unsafe { builder.build_in_bounds_gep(emitter.pointer(), buffers, &index, "")? };
        arguments.push(builder.build_load(emitter.pointer(), slot, "")?.into());
    }
    for position in (0_i64..).take(program.parameters.len()) {
        let index = [emitter.constant(position)];
        // SAFETY: the caller passes one value for each parameter.
        let slot = unsafe { builder.build_in_bounds_gep(emitter.i64(), parameters, &index, "")? };
        arguments.push(builder.build_load(emitter.i64(), slot, "")?.into());
    }
    builder.build_call(scheduled, &arguments, "")?;
    builder.build_return(None)?;
    Ok(())
}

/// `void typed(T *array…, int64_t parameter…)`, with the checks.
fn typed_function<'c>(
    context: &'c Context,
    module: &Module<'c>,
    kernel: &Kernel<'_>,
    options: &Options,
    name: &str,
    scheduled: FunctionValue<'c>,
) -> Result<()> {
    let fallback = match kernel.fallback {
        Some((program, tree)) => {
            let same = program.external_arrays().len() == kernel.program.external_arrays().len()
                && program.parameters.len() == kernel.program.parameters.len();
            if !same {
                return Err(CodegenError::ill_formed("the fallback is another program's"));
            }
            let wanted = Wanted { scheduled: false, lines: false };
            let (function, _) = loops_function(context, module, program, tree, options, wanted)?;
            Some((program, function))
        }
        None => None,
    };
    let program = kernel.program;
    let emitter = begin(context, module, program, options, name, Linkage::External)?;
    let builder = &emitter.builder;
    let arguments: Vec<BasicMetadataValueEnum<'c>> =
        emitter.state.function.get_param_iter().map(BasicMetadataValueEnum::from).collect();
    if let Some((general, original)) = fallback {
        let mut holds = context.bool_type().const_int(1, false);
        for (position, value) in specialized_parameters(kernel) {
            let expected = emitter.constant(value);
            if let Some(given) = emitter.state.parameters.get(position) {
                let equal = builder.build_int_compare(IntPredicate::EQ, *given, expected, "")?;
                holds = builder.build_and(holds, equal, "")?;
            }
        }
        let sizes: Result<Vec<_>> =
            (0..general.arrays.len()).map(|array| emitter.bytes(general, ArrayId(array))).collect();
        let sizes = sizes?;
        for (left, right) in conflicting_pairs(general) {
            let apart = emitter.apart(
                (emitter.state.storages[left.0].base, sizes[left.0]),
                (emitter.state.storages[right.0].base, sizes[right.0]),
            )?;
            holds = builder.build_and(holds, apart, "")?;
        }
        let (fast, slow) = (emitter.block("scheduled"), emitter.block("original"));
        builder.build_conditional_branch(holds, fast, slow)?;
        builder.position_at_end(slow);
        builder.build_call(original, &arguments, "")?;
        builder.build_return(None)?;
        builder.position_at_end(fast);
    }
    builder.build_call(scheduled, &arguments, "")?;
    builder.build_return(None)?;
    Ok(())
}

impl<'c> Emitter<'c, '_> {
    /// The size of an array in bytes, at least 0, from the parameters' values.
    fn bytes(&self, program: &Program, array: ArrayId) -> Result<IntValue<'c>> {
        let array = program.array(array);
        self.product(array.element.bytes().cast_signed(), &array.extents, 0)
    }

    /// Whether two ranges of memory have no byte in common.
    fn apart(
        &self,
        (left, left_size): (PointerValue<'c>, IntValue<'c>),
        (right, right_size): (PointerValue<'c>, IntValue<'c>),
    ) -> Result<IntValue<'c>> {
        let builder = &self.builder;
        let left = builder.build_ptr_to_int(left, self.i64(), "")?;
        let right = builder.build_ptr_to_int(right, self.i64(), "")?;
        let left_end = builder.build_int_add(left, left_size, "")?;
        let right_end = builder.build_int_add(right, right_size, "")?;
        let below = builder.build_int_compare(IntPredicate::ULE, left_end, right, "")?;
        let above = builder.build_int_compare(IntPredicate::ULE, right_end, left, "")?;
        Ok(builder.build_or(below, above, "")?)
    }
}

/// Starts a function: weak linkage for the door with the untyped convention, external for the typed one, internal otherwise.
fn begin<'c, 'p>(
    context: &'c Context,
    module: &'p Module<'c>,
    program: &'p Program,
    options: &Options,
    name: &str,
    linkage: Linkage,
) -> Result<Emitter<'c, 'p>> {
    let pointer = context.ptr_type(inkwell::AddressSpace::default());
    let integer = context.i64_type();
    let untyped = linkage == Linkage::WeakAny;
    let function_type: FunctionType<'c> = if untyped {
        context.void_type().fn_type(&[pointer.into(), pointer.into()], false)
    } else {
        let mut types: Vec<BasicMetadataTypeEnum<'c>> =
            vec![pointer.into(); program.external_arrays().len()];
        types.extend(vec![BasicMetadataTypeEnum::from(integer); program.parameters.len()]);
        context.void_type().fn_type(&types, false)
    };
    let attributes = function_attributes(context, options);
    let function = module.add_function(&name.replace('\0', ""), function_type, Some(linkage));
    for attribute in &attributes {
        function.add_attribute(AttributeLoc::Function, *attribute);
    }
    let builder = context.create_builder();
    builder.position_at_end(context.append_basic_block(function, "entry"));
    let (mut storages, mut parameters) = (Vec::new(), Vec::new());
    if !untyped {
        let mut values = function.get_param_iter();
        for (position, array) in program.arrays.iter().enumerate() {
            // Where nothing is passed, a pack around all accesses has the storage.
            let external = position < program.external_arrays().len();
            let value = if external { values.next() } else { None };
            storages.push(Storage {
                array: ArrayId(position),
                base: value.map_or(pointer.const_null(), BasicValueEnum::into_pointer_value),
                own: false,
                facts: ArrayFacts::default(),
                layout: Layout::of_array(array),
                products: Vec::new(),
            });
        }
        parameters.extend(values.map(BasicValueEnum::into_int_value));
    }
    Ok(Emitter {
        context,
        module,
        builder,
        program,
        buffer_facts: Vec::new(),
        scheduled: false,
        target: options.target.clone(),
        streams: false,
        fast_math: options.fast_math,
        any_neighbours: options.any_neighbours,
        attributes,
        state: FunctionState {
            function,
            storages,
            parameters,
            variables: Vec::new(),
            offsets: Vec::new(),
            ranges: Vec::new(),
            group: Group::single(),
            mask: None,
            guard: Cell::new(None),
            registers: Vec::new(),
            squares: Vec::new(),
            rows: Vec::new(),
            ahead: Vec::new(),
            addresses: RefCell::new(vec![HashMap::new()]),
            buffers: Buffers::default(),
            aligned: false,
            in_parallel: false,
            region: None,
        },
        next_function: 0,
        lines: None,
    })
}

fn function_attributes(context: &Context, options: &Options) -> Vec<Attribute> {
    let target = &options.target;
    let mut attributes = vec![
        context.create_string_attribute("target-cpu", &target.cpu),
        context.create_string_attribute("target-features", &target.features),
        context.create_enum_attribute(Attribute::get_named_enum_kind_id("nounwind"), 0),
    ];
    if let Some(bits) = target.vector_bits {
        let bits = bits.to_string();
        attributes.push(context.create_string_attribute("prefer-vector-width", &bits));
    }
    attributes
}
