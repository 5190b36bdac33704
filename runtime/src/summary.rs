//! What a run made of a buffer, in few numbers: enough to tell a comparison from one of nothing.

use crate::serve::compare::is_ordinary;
use loopwright_ir::ElementType;
use serde::{Deserialize, Serialize};

/// What a buffer holds as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aspect {
    /// Every element is zero, of whatever sign.
    pub zero: bool,
    /// All elements have the same bits.
    pub uniform: bool,
    /// How many elements are NaN or infinite.
    pub extraordinary: u64,
}

/// One buffer before and after the reference's run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many elements.
    pub count: u64,
    pub before: Aspect,
    pub after: Aspect,
    /// How many elements have other bits after the run.
    pub changed: u64,
    /// How many of these are then NaN or infinite.
    pub changed_extraordinary: u64,
    /// All elements that changed then have the same bits.
    pub changed_uniform: bool,
    /// All elements that changed are then zero.
    pub changed_zero: bool,
}

impl Summary {
    /// Looks at the contents before and after.
    pub fn of(element: ElementType, before: &[u8], after: &[u8]) -> Self {
        let size = usize::try_from(element.bytes()).unwrap_or(1);
        let mut summary = Self {
            count: (after.len() / size) as u64,
            before: Aspect::of(element, before),
            after: Aspect::of(element, after),
            changed: 0,
            changed_extraordinary: 0,
            changed_uniform: true,
            changed_zero: true,
        };
        let mut first: Option<&[u8]> = None;
        for (before, after) in before.chunks_exact(size).zip(after.chunks_exact(size)) {
            if before == after {
                continue;
            }
            summary.changed += 1;
            summary.changed_extraordinary += u64::from(!is_ordinary(element, after));
            summary.changed_uniform &= *first.get_or_insert(after) == after;
            summary.changed_zero &= is_zero(element, after);
        }
        summary
    }
}

impl Aspect {
    /// Looks at all elements.
    pub fn of(element: ElementType, bytes: &[u8]) -> Self {
        let size = usize::try_from(element.bytes()).unwrap_or(1);
        let mut elements = bytes.chunks_exact(size);
        let first = elements.clone().next().unwrap_or_default();
        Self {
            zero: elements.clone().all(|slot| is_zero(element, slot)),
            uniform: elements.clone().all(|slot| slot == first),
            extraordinary: if element.is_float() {
                elements.by_ref().filter(|slot| !is_ordinary(element, slot)).count() as u64
            } else {
                0
            },
        }
    }
}

/// Whether an element is zero; of either sign where it is a floating-point number.
fn is_zero(element: ElementType, slot: &[u8]) -> bool {
    let sign = if cfg!(target_endian = "little") { slot.len().saturating_sub(1) } else { 0 };
    let mask = if element.is_float() { 0x7f } else { 0xff };
    slot.iter()
        .enumerate()
        .all(|(position, byte)| (if position == sign { byte & mask } else { *byte }) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubles(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_ne_bytes()).collect()
    }

    #[test]
    fn what_is_zero_equal_and_nan() {
        let aspect = |values: &[f64]| Aspect::of(ElementType::F64, &doubles(values));
        assert_eq!(aspect(&[0.0, -0.0]), Aspect { zero: true, uniform: false, extraordinary: 0 });
        assert_eq!(aspect(&[1.0, 1.0]), Aspect { zero: false, uniform: true, extraordinary: 0 });
        assert_eq!(aspect(&[f64::NAN, f64::INFINITY, 1.0]).extraordinary, 2);
        let integers = Aspect::of(ElementType::I32, &i32::MIN.to_ne_bytes());
        assert!(!integers.zero && integers.uniform);
    }

    #[test]
    fn only_elements_that_changed_are_judged() {
        let before = doubles(&[1.0, 2.0, 3.0]);
        let of = |after: &[f64]| Summary::of(ElementType::F64, &before, &doubles(after));
        assert_eq!(of(&[1.0, 2.0, 3.0]).changed, 0);
        let constant = of(&[5.0, 2.0, 5.0]);
        assert!(constant.changed == 2 && constant.changed_uniform && !constant.changed_zero);
        let other = of(&[f64::NAN, 0.0, 0.0]);
        assert!(other.changed_extraordinary == 1 && !other.changed_uniform && !other.changed_zero);
    }
}
