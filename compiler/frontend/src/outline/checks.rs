//! What must hold at run time for the scheduled loops to compute what the source does.

use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{ArrayId, ArrayKind, Program, Variable};
use std::fmt;

/// One condition, on the arguments of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// A parameter has the value that the loops were made for.
    Value { name: String, value: i64 },
    /// Two arrays, of so many bytes each, have no byte in common.
    Apart { first: String, first_bytes: u64, second: String, second_bytes: u64 },
    /// Two arrays, of so many bytes each as C says it with the parameters' names, have no byte in common.
    ApartFor { first: String, first_bytes: String, second: String, second_bytes: String },
    /// Any other condition, as C writes it, and in words.
    Holds { condition: String, meaning: String },
}

impl Check {
    /// The condition in C.
    pub(crate) fn condition(&self) -> String {
        match self {
            Self::Value { name, value } if *value == i64::MIN => {
                format!("{name} == -{}L - 1", i64::MAX)
            }
            Self::Value { name, value } => format!("{name} == {value}L"),
            Self::Holds { condition, .. } => condition.clone(),
            Self::ApartFor { first, first_bytes, second, second_bytes } => {
                let before = |one: &str, bytes: &str, other: &str| {
                    format!("(__UINTPTR_TYPE__){one} + {bytes} <= (__UINTPTR_TYPE__){other}")
                };
                format!(
                    "({} || {})",
                    before(first, first_bytes, second),
                    before(second, second_bytes, first)
                )
            }
            Self::Apart { first, first_bytes, second, second_bytes } => {
                let before = |one: &str, bytes: &u64, other: &str| {
                    format!("(__UINTPTR_TYPE__){one} + {bytes}UL <= (__UINTPTR_TYPE__){other}")
                };
                format!(
                    "({} || {})",
                    before(first, first_bytes, second),
                    before(second, second_bytes, first)
                )
            }
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { name, value } => write!(formatter, "{name} is {value}"),
            Self::Apart { first, second, .. } | Self::ApartFor { first, second, .. } => {
                write!(formatter, "{first} and {second} do not overlap")
            }
            Self::Holds { meaning, .. } => formatter.write_str(meaning),
        }
    }
}

/// Every condition under which loops made for a program are those of its source: each parameter has the
/// value that it has here, because everything that reading the source relied on was decided for these values,
/// and no two arrays overlap of which one is written.
pub fn run_time_checks(program: &Program) -> Vec<Check> {
    let mut checks: Vec<Check> = program
        .parameters
        .iter()
        .filter_map(|parameter| {
            Some(Check::Value { name: parameter.name.clone(), value: parameter.value? })
        })
        .collect();
    let arrays = program.external_arrays();
    let written =
        |id: usize| program.statements.iter().any(|statement| statement.write.array == ArrayId(id));
    let bytes = |id: usize| {
        let array = arrays.get(id)?;
        if planted(Fault::OverlapShort) {
            return Some(array.element.bytes());
        }
        array.extents.iter().try_fold(array.element.bytes(), |bytes, extent| {
            let extent = extent.substitute(|variable| match variable {
                Variable::Parameter(position) => program.parameter_value(position).map_or_else(
                    || loopwright_ir::Affine::variable(variable),
                    loopwright_ir::Affine::constant,
                ),
                other => loopwright_ir::Affine::variable(other),
            });
            let extent = u64::try_from(extent.as_constant()?.max(0)).ok()?;
            bytes.checked_mul(extent)
        })
    };
    for first in 0..arrays.len() {
        for second in first + 1..arrays.len() {
            let (Some(one), Some(other)) = (arrays.get(first), arrays.get(second)) else {
                continue;
            };
            // Without a size no overlap can be excluded; a range over everything never is apart.
            let apart = Check::Apart {
                first: one.name.clone(),
                first_bytes: bytes(first).unwrap_or(u64::MAX >> 1),
                second: other.name.clone(),
                second_bytes: bytes(second).unwrap_or(u64::MAX >> 1),
            };
            if written(first) || written(second) {
                checks.push(apart);
            }
        }
    }
    checks
}

/// Whether an array is storage of its own wherever the source runs, so that it overlaps nothing there.
pub(crate) fn is_object(kind: &ArrayKind) -> bool {
    matches!(kind, ArrayKind::Global | ArrayKind::Local)
}
