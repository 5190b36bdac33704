//! What programs for fuzzing have more of than those for data sets.

use loopwright_ir::ElementType;

/// How much of each; the structure itself comes from the families of programs.
#[derive(Clone, Debug)]
pub struct Variety {
    /// How likely a constant bound becomes a parameter.
    pub parameters: f64,
    /// How likely a loop counts downwards.
    pub descending: f64,
    /// How likely a loop counts by more than one.
    pub strided: f64,
    /// How likely a statement is guarded.
    pub guards: f64,
    /// How likely a part of a value is evaluated under a condition on data only.
    pub choices: f64,
    /// How likely an array has another element type than its program.
    pub mixed: f64,
    /// The extents of loops, all as likely.
    pub sizes: Vec<i64>,
    /// No more statement instances than this, about.
    pub instances: f64,
}

impl Default for Variety {
    /// Small programs, on both sides of the usual tile sizes.
    fn default() -> Self {
        Self {
            parameters: 0.3,
            descending: 0.06,
            strided: 0.06,
            guards: 0.08,
            choices: 0.12,
            mixed: 0.2,
            sizes: vec![0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 7, 7, 8, 8, 9, 9, 11, 13, 16, 17],
            instances: 900.0,
        }
    }
}

/// The types that may stand beside one without conversions that C leaves undefined: a number with a
/// fraction is never converted to an integer.
pub(crate) fn relatives(element: ElementType) -> &'static [ElementType] {
    use ElementType::{F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    if element.is_float() { &[F32, F64] } else { &[I8, I16, I32, I64, U8, U16, U32, U64] }
}
