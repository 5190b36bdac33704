//! What variables from outside of the region surely hold where it begins: `int k = 0;` in front of `a[k++] = …`.

use super::Reader;
use crate::syntax::{ValueType, VariableId};
use crate::values::{Point, Values};

impl<'unit> Reader<'unit> {
    /// Finds what the integers that the region changes are before it, where the function says so.
    pub(super) fn enter(&mut self, values: &Values<'unit>) {
        let (start, end) = self.region;
        let point = Point { function: self.function, start, end };
        let mut changed: Vec<VariableId> = self.set_variables().into_iter().collect();
        changed.sort_unstable();
        for id in changed {
            let Some(variable) = self.syntax.variables.get(id) else { continue };
            let is_integer = variable.shape.as_ref().is_ok_and(|shape| {
                shape.extents.is_empty()
                    && matches!(shape.element, ValueType::Number(element) if !element.is_float())
            });
            if !is_integer || variable.inside || variable.member.is_some() {
                continue;
            }
            let Some(declaration) = self.known.get(id).copied() else { continue };
            if let Some(value) = values.expression_at(point, declaration) {
                let value = self.expression(value, 0);
                if value.place.file == 0 {
                    self.syntax.entries.insert(id, value);
                }
            }
        }
    }
}
