//! Which line of the loops' text the code that is being emitted belongs to.

use super::emitter::Emitter;
use crate::annotation::{ELSE, LineTable};
use crate::error::Result;
use inkwell::context::Context;
use inkwell::debug_info::{
    AsDIScope, DICompileUnit, DIFlags, DIFlagsConstants, DIScope, DWARFEmissionKind,
    DWARFSourceLanguage, DebugInfoBuilder, debug_metadata_version,
};
use inkwell::module::{FlagBehavior, Module};
use inkwell::values::FunctionValue;
use loopwright_ir::{LoopTree, LoopTreeNode, Program, Variable};
use std::cell::Cell;

/// Locations for the code of one loop tree.
pub(super) struct Lines<'c, 'p> {
    builder: DebugInfoBuilder<'c>,
    unit: DICompileUnit<'c>,
    /// The function that is being emitted.
    scope: Cell<DIScope<'c>>,
    current: u32,
    pub table: LineTable,
    program: &'p Program,
    names: Box<dyn Fn(Variable) -> String + 'p>,
}

impl<'c, 'p> Lines<'c, 'p> {
    /// Begins with the function of the whole tree.
    pub fn new(
        context: &'c Context,
        module: &Module<'c>,
        program: &'p Program,
        tree: &LoopTree,
        function: FunctionValue<'c>,
    ) -> Self {
        let version = context.i32_type().const_int(u64::from(debug_metadata_version()), false);
        module.add_basic_value_flag("Debug Info Version", FlagBehavior::Warning, version);
        let (builder, unit) = module.create_debug_info_builder(
            true,
            DWARFSourceLanguage::C,
            "loops",
            "",
            "loopwright",
            true,
            "",
            0,
            "",
            DWARFEmissionKind::LineTablesOnly,
            0,
            false,
            false,
            "",
            "",
        );
        let scope = Cell::new(unit.as_debug_info_scope());
        let names = Box::new(tree.names(program));
        let table = LineTable::default();
        let lines = Self { builder, unit, scope, current: 0, table, program, names };
        lines.scope.set(lines.describe(function));
        lines
    }

    /// Gives a function what its instructions' locations need.
    fn describe(&self, function: FunctionValue<'c>) -> DIScope<'c> {
        let file = self.unit.get_file();
        let kind = self.builder.create_subroutine_type(file, None, &[], DIFlags::PUBLIC);
        let name = function.get_name().to_string_lossy().into_owned();
        let subprogram = self.builder.create_function(
            self.unit.as_debug_info_scope(),
            &name,
            None,
            file,
            0,
            kind,
            true,
            true,
            0,
            DIFlags::PUBLIC,
            true,
        );
        function.set_subprogram(subprogram);
        subprogram.as_debug_info_scope()
    }

    /// Completes what LLVM keeps open; no function may be begun afterwards.
    pub fn finish(self) -> LineTable {
        self.builder.finalize();
        self.table
    }
}

impl<'c> Emitter<'c, '_> {
    /// Gives the instructions that are emitted from now on the present line.
    pub fn locate(&self) {
        if let Some(lines) = &self.lines {
            let location = lines.builder.create_debug_location(
                self.context,
                lines.current,
                0,
                lines.scope.get(),
                None,
            );
            self.builder.set_current_debug_location(location);
        }
    }

    /// Emits a node on a line of its own.
    pub fn on_line_of(
        &mut self,
        node: &LoopTreeNode,
        emit: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let text = self.lines.as_ref().map(|lines| node.line(lines.program, &*lines.names));
        self.on_line(text, emit)
    }

    /// Emits what runs where a condition does not hold.
    pub fn otherwise(&mut self, nodes: &[LoopTreeNode]) -> Result<()> {
        let text = self.lines.as_ref().map(|_| ELSE.to_owned());
        self.on_line(text, |inside| inside.nodes(nodes))
    }

    fn on_line(
        &mut self,
        text: Option<String>,
        emit: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let (Some(lines), Some(text)) = (&mut self.lines, text) else { return emit(self) };
        let outer = lines.current;
        lines.current = lines.table.number(outer, text);
        self.locate();
        let result = emit(self);
        if let Some(lines) = &mut self.lines {
            lines.current = outer;
        }
        self.locate();
        result
    }

    /// The instructions from now on belong to another function; gives what [`Self::leave_function`] takes.
    pub fn enter_function(&self, function: FunctionValue<'c>) -> Option<DIScope<'c>> {
        let lines = self.lines.as_ref()?;
        let outer = lines.scope.replace(lines.describe(function));
        self.locate();
        Some(outer)
    }

    /// The instructions from now on belong to the function that was left for another one.
    pub fn leave_function(&self, outer: Option<DIScope<'c>>) {
        if let (Some(lines), Some(outer)) = (&self.lines, outer) {
            lines.scope.set(outer);
            self.locate();
        }
    }
}
