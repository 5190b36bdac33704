//! The program's arrays: extents, kinds and names of their own.

use super::{Lowering, Scope, affine, element_of};
use crate::reject::{RejectReason, Rejection};
use crate::syntax::{Extent, Shape, Storage, Variable, VariableId};
use loopwright_ir::{Affine, Array, ArrayKind, Constraint, ElementType, Variable as IrVariable};

impl Lowering<'_> {
    /// The array behind a variable, and whether its outermost extent is still to be found.
    pub(super) fn array(
        &mut self,
        id: VariableId,
        variable: &Variable,
        context: &mut Vec<Constraint>,
    ) -> Result<(Array, bool), Rejection> {
        let shape = match &variable.shape {
            Ok(shape) => shape,
            Err(reason) => return Err(Rejection::new(variable.place, reason.clone())),
        };
        let scope = Scope::outermost();
        let mut extents = Vec::new();
        let mut open = false;
        let rows = self.rows_of(id);
        let declared = match &rows {
            Some(rows) => {
                extents.push(Affine::constant(0));
                extents.extend(rows.iter().cloned());
                open = true;
                &[]
            }
            None => shape.extents.as_slice(),
        };
        for (dimension, extent) in declared.iter().enumerate() {
            extents.push(match extent {
                Extent::Constant(value) => Affine::constant(*value),
                Extent::Expression(size) => {
                    let value =
                        self.affine(size, &scope, affine::Purpose::Bound).map_err(|_| {
                            Rejection::new(
                                variable.place,
                                RejectReason::ArrayExtent { name: variable.name.clone() },
                            )
                        })?;
                    if value.variables().any(|part| matches!(part, IrVariable::Iterator(_))) {
                        return Err(Rejection::new(
                            variable.place,
                            RejectReason::ArrayExtent { name: variable.name.clone() },
                        ));
                    }
                    // C requires the sizes that a declaration evaluates to be positive. The outermost
                    // one of a function's parameter is not evaluated.
                    if dimension > 0 || variable.storage != Storage::Argument {
                        let positive = value.clone().with_constant(value.constant_term() - 1);
                        context.push(Constraint::non_negative(positive));
                    }
                    value
                }
                Extent::Unknown if dimension == 0 => {
                    open = true;
                    Affine::constant(0)
                }
                Extent::Unknown => {
                    return Err(Rejection::new(
                        variable.place,
                        RejectReason::ArrayExtent { name: variable.name.clone() },
                    ));
                }
            });
        }
        let array = Array {
            name: self.unique_name(id, variable),
            element: element_of(variable).unwrap_or(ElementType::F64),
            element_spelling: shape.element_spelling.clone(),
            extents,
            kind: kind_of(variable, shape),
            live_outside: self.is_live_outside(id, variable),
        };
        Ok((array, open))
    }

    /// The variable's name, with a number where another array or parameter has it already.
    fn unique_name(&self, id: VariableId, variable: &Variable) -> String {
        let taken = |name: &str| self.syntax.variables.iter().any(|other| other.name == name);
        if self.roles.stored(id).is_some() {
            // Its loops have the variable's own name.
            let plain = format!("{}_value", variable.name);
            let numbered = (2..).map(|number| format!("{plain}_{number}"));
            let mut names = std::iter::once(plain.clone()).chain(numbered);
            return names.find(|name| !taken(name)).unwrap_or(plain);
        }
        let earlier = |other: &&VariableId| {
            self.variable(**other).is_some_and(|other| other.name == variable.name)
        };
        let same =
            self.roles.arrays.iter().take_while(|other| **other != id).filter(earlier).count()
                + self.roles.parameters.iter().filter(earlier).count();
        if same == 0 {
            return variable.name.clone();
        }
        let mut number = same + 1;
        loop {
            let name = format!("{}_{number}", variable.name);
            if !taken(&name) {
                return name;
            }
            number += 1;
        }
    }
}

/// Whether a number or pointer is a member of what a pointer points to.
fn is_behind_pointer(variable: &Variable) -> bool {
    variable.member.as_ref().is_some_and(|member| member.path.starts_with("->"))
}

/// A scalar that is passed by value overlaps nothing, as if it were `restrict`.
fn kind_of(variable: &Variable, shape: &Shape) -> ArrayKind {
    match variable.storage {
        // What is said of the table of its rows is not said of the rows.
        _ if shape.rows => ArrayKind::Argument,
        // A pointer may point anywhere, whoever holds it.
        Storage::Global | Storage::Local if shape.pointer => ArrayKind::Argument,
        Storage::Global => ArrayKind::Global,
        Storage::Local => ArrayKind::Local,
        Storage::Argument if is_behind_pointer(variable) => ArrayKind::Argument,
        Storage::Argument if shape.restrict || shape.extents.is_empty() => {
            ArrayKind::RestrictArgument
        }
        Storage::Argument => ArrayKind::Argument,
    }
}
