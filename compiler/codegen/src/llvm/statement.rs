//! Statement instances: the body's value, converted, into a register or into memory.

use super::emitter::Emitter;
use super::expression::CopyOf;
use crate::error::{CodegenError, Result};
use inkwell::values::BasicValueEnum;
use loopwright_ir::{ElementType, Instance, Statement};

impl<'p> Emitter<'_, 'p> {
    /// The statement of an instance.
    pub fn statement_of(&self, instance: &Instance) -> Result<&'p Statement> {
        self.program.statements.get(instance.statement.0).ok_or_else(|| {
            CodegenError::ill_formed(format!("{} does not exist", instance.statement))
        })
    }

    /// All copies of an instance, one after another.
    pub fn statement(&mut self, instance: &Instance) -> Result<()> {
        let program = self.program;
        let statement = self.statement_of(instance)?;
        let array = program
            .arrays
            .get(statement.write.array.0)
            .ok_or_else(|| CodegenError::ill_formed("an array that does not exist"))?;
        for offsets in self.state.group.copies.clone() {
            let copy = CopyOf::new(statement, &instance.iterators, &offsets);
            if self.guarded(&copy, array.element)? {
                continue;
            }
            let value = self.expression(&copy, &statement.body)?;
            let value = self.convert(value, statement.body.element(), array.element)?;
            let access = copy.access(&statement.write);
            let register =
                self.state.registers.iter().rposition(|register| register.access == access);
            match register {
                Some(position) => {
                    let varying = self.state.registers[position].value.varying;
                    let value = if varying { self.splat(value)? } else { value };
                    self.state.registers[position].value = value;
                }
                None if instance.streamed => self.stream_memory(&access, array.element, value)?,
                None => self.store_memory(&access, array.element, value)?,
            }
        }
        Ok(())
    }

    /// A statement that stores nothing where its guard does not hold; `false` where its element is there anyway, in memory
    /// of the program's own or in a register, so that it may be stored always.
    fn guarded(&mut self, copy: &CopyOf<'_>, element: ElementType) -> Result<bool> {
        let Some((condition, then)) = copy.statement.guard() else { return Ok(false) };
        let access = copy.access(&copy.statement.write);
        if self.exists(&access)?
            || self.state.registers.iter().any(|register| register.access == access)
        {
            return Ok(false);
        }
        let bits = self.condition(copy, condition)?;
        match bits.value {
            BasicValueEnum::VectorValue(lanes) => {
                let (value, lanes) = self.for_lanes(copy, then, lanes)?;
                let value = self.convert(value, then.element(), element)?;
                self.store_lanes(&access, element, value, lanes)?;
            }
            bit => {
                let inside = copy.inside(then);
                self.when(bit.into_int_value(), "guarded", |emitter| {
                    let value = emitter.expression(&inside, then)?;
                    let value = emitter.convert(value, then.element(), element)?;
                    emitter.store_memory(&access, element, value)
                })?;
            }
        }
        Ok(true)
    }
}
