//! Facts on which the lowering relies and that depend on the values of parameters.

use crate::assumptions::Assumption;
use crate::polyhedron::System;
use crate::reject::{RejectReason, Rejection};
use crate::syntax::Place;
use loopwright_ir::{Affine, Constraint, ElementType, Program, Variable};

/// `value >= 0` must hold wherever one of the pieces does; else the region is rejected.
#[derive(Clone, Debug)]
pub(crate) struct Obligation {
    pub pieces: Vec<Vec<Constraint>>,
    pub value: Affine,
    pub place: Place,
    pub reason: RejectReason,
    /// The names of the loops around.
    pub names: Vec<String>,
}

impl Obligation {
    /// Whether the obligation is proved for the program's known parameter values, given that each
    /// parameter has a value of its type.
    pub fn holds(&self, program: &Program) -> bool {
        let known = |variable: Variable| match variable {
            Variable::Parameter(position) => program
                .parameter_value(position)
                .map_or_else(|| Affine::variable(variable), Affine::constant),
            other => Affine::variable(other),
        };
        let value = self.value.substitute(known);
        self.pieces.iter().all(|piece| {
            let mut system = System::new(
                piece
                    .iter()
                    .map(|constraint| constraint.substitute(known))
                    .collect::<Vec<_>>()
                    .iter(),
            );
            for constraint in &program.context {
                system.add(&constraint.substitute(known));
            }
            for (position, parameter) in program.parameters.iter().enumerate() {
                let position = u32::try_from(position).unwrap_or(u32::MAX);
                let variable = Affine::variable(Variable::Parameter(position)).substitute(known);
                let (least, greatest) = limits(parameter.element);
                if let Some(least) = least {
                    system.add(&Constraint::less_or_equal(&Affine::constant(least), &variable));
                }
                if let Some(greatest) = greatest {
                    system.add(&Constraint::less_or_equal(&variable, &Affine::constant(greatest)));
                }
            }
            system.implies_non_negative(&value)
        })
    }

    /// The obligation in words, unless it holds whatever the parameters are.
    pub fn assumption(&self, program: &Program) -> Option<Assumption> {
        if self.holds(program) {
            return None;
        }
        let name = |variable| match variable {
            Variable::Iterator(depth) => self
                .names
                .get(depth as usize)
                .cloned()
                .unwrap_or_else(|| Variable::Iterator(depth).to_string()),
            other => program.parameter_name(other),
        };
        let condition = Constraint::non_negative(self.value.clone()).display_with(&name);
        let consequence = match &self.reason {
            RejectReason::NegativeDivision => {
                "what is divided is not negative and `/` rounds down".to_owned()
            }
            RejectReason::WrapAround { element } => {
                format!("the value is one of `{element}` and does not wrap around")
            }
            RejectReason::LoopCondition { iterator } => {
                format!("`{iterator}` meets the bound that `!=` compares it with")
            }
            RejectReason::IteratorOutsideLoop { name } => {
                format!("its loop leaves `{name}` at its bound")
            }
            RejectReason::RowOverrun { name } => {
                format!("the subscript of `{name}` stays in its row")
            }
            other => format!("this is not so: {other}"),
        };
        Some(Assumption::Arithmetic { condition, consequence, line: self.place.line })
    }

    pub fn rejection(&self) -> Rejection {
        Rejection::new(self.place, self.reason.clone())
    }
}

/// The least and greatest value of an integer type. Those of 64 bits are left out: affine numbers
/// are far smaller (see the limit on constants).
pub(crate) fn limits(element: ElementType) -> (Option<i64>, Option<i64>) {
    match element {
        ElementType::I8 => (Some(i8::MIN.into()), Some(i8::MAX.into())),
        ElementType::I16 => (Some(i16::MIN.into()), Some(i16::MAX.into())),
        ElementType::I32 => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        ElementType::U8 => (Some(0), Some(u8::MAX.into())),
        ElementType::U16 => (Some(0), Some(u16::MAX.into())),
        ElementType::U32 => (Some(0), Some(u32::MAX.into())),
        ElementType::U64 => (Some(0), None),
        ElementType::I64 | ElementType::F32 | ElementType::F64 => (None, None),
    }
}
