//! How far results are from the original's, where they need not have the same bits.

use crate::serve::compare::{decimal, is_nan};
use loopwright_ir::ElementType;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The largest relative difference of a `double` that regrouped sums and approximated functions are
/// expected to make: it leaves room for the rounding of a few million operations.
const DOUBLE_BOUND: f64 = 1e-9;
/// The same for `float`.
const FLOAT_BOUND: f64 = 1e-4;

/// How one buffer differs from the original's results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deviation {
    /// Position among the buffers of the setup.
    pub buffer: usize,
    pub element: ElementType,
    /// How many elements have other bits; any NaN equals any other.
    pub differing: u64,
    /// The largest `|found - expected| / max(|expected|, |found|)`, at most 2.
    pub relative: f64,
    /// Where that is: the element's linear index, and its two values in decimal.
    pub index: u64,
    pub expected: String,
    pub found: String,
    /// The largest `|found - expected|` over the largest `|expected|` of the buffer: what is small here
    /// and large in `relative` is an element that is the difference of nearly equal numbers.
    pub of_largest: f64,
    /// How many elements have no difference in numbers: an infinity or NaN on one side only, infinities of
    /// different signs.
    pub not_comparable: u64,
}

impl Deviation {
    /// Compares elementwise.
    pub fn of(buffer: usize, element: ElementType, expected: &[u8], found: &[u8]) -> Self {
        let mut deviation = Self {
            buffer,
            element,
            differing: 0,
            relative: 0.0,
            index: 0,
            expected: String::new(),
            found: String::new(),
            of_largest: 0.0,
            not_comparable: 0,
        };
        if expected == found {
            return deviation;
        }
        let size = usize::try_from(element.bytes()).unwrap_or(1);
        let pairs = || expected.chunks_exact(size).zip(found.chunks_exact(size));
        let largest = pairs()
            .map(|(expected, _)| value(element, expected).abs())
            .filter(|magnitude| magnitude.is_finite())
            .fold(0.0, f64::max);
        let mut place = None;
        for (index, (expected, found)) in (0_u64..).zip(pairs()) {
            if expected == found || is_nan(element, expected) && is_nan(element, found) {
                continue;
            }
            deviation.differing += 1;
            let (left, right) = (value(element, expected), value(element, found));
            if !(left.is_finite() && right.is_finite()) {
                if deviation.not_comparable == 0 {
                    place = Some((index, expected, found));
                }
                deviation.not_comparable += 1;
                continue;
            }
            let relative = over(left, right, left.abs().max(right.abs()));
            deviation.of_largest = deviation.of_largest.max(over(left, right, largest));
            if place.is_none() || deviation.not_comparable == 0 && relative > deviation.relative {
                place = Some((index, expected, found));
            }
            deviation.relative = deviation.relative.max(relative);
        }
        if let Some((index, expected, found)) = place {
            deviation.index = index;
            deviation.expected = decimal(element, expected);
            deviation.found = decimal(element, found);
        }
        deviation
    }

    /// What relative difference is expected at most, by the type of the elements; none of integers.
    pub fn bound(&self) -> f64 {
        match self.element {
            ElementType::F64 => DOUBLE_BOUND,
            ElementType::F32 => FLOAT_BOUND,
            _ => 0.0,
        }
    }

    /// Whether nothing differs by more than is expected.
    pub fn is_expected(&self) -> bool {
        self.not_comparable == 0
            && self.relative <= self.bound()
            && (self.element.is_float() || self.differing == 0)
    }

    /// Whether rounding otherwise explains it: beside the array's largest element nothing differs by more than is
    /// expected, however much single elements that nearly cancel do.
    pub fn is_rounding(&self) -> bool {
        self.not_comparable == 0
            && self.of_largest <= self.bound()
            && (self.element.is_float() || self.differing == 0)
    }

    /// How bad it is beside others: the larger, the worse.
    pub fn weight(&self) -> f64 {
        if self.not_comparable > 0 || !self.element.is_float() && self.differing > 0 {
            return f64::INFINITY;
        }
        if self.element.is_float() { self.relative / self.bound() } else { 0.0 }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.differing == 0 {
            return write!(formatter, "no element differs");
        }
        let Self { buffer, differing, relative, index, expected, found, .. } = self;
        write!(
            formatter,
            "{relative:.1e} at element {index} of array {buffer}: {found} in place of {expected}, {differing} differ there; {:.1e} of the array's largest",
            self.of_largest
        )?;
        if self.not_comparable > 0 {
            write!(formatter, "; {} infinite or NaN on one side only", self.not_comparable)?;
        }
        Ok(())
    }
}

/// The difference of two finite numbers over a magnitude, without overflow.
fn over(left: f64, right: f64, magnitude: f64) -> f64 {
    if left == right {
        return 0.0;
    }
    if magnitude == 0.0 {
        return 1.0;
    }
    (left / magnitude - right / magnitude).abs().min(f64::MAX)
}

/// The element as a number.
pub(crate) fn value(element: ElementType, bytes: &[u8]) -> f64 {
    macro_rules! read {
        ($type:ty) => {
            bytes.try_into().map(|bytes| <$type>::from_ne_bytes(bytes) as f64)
        };
    }
    let value: Result<f64, std::array::TryFromSliceError> = match element {
        ElementType::I8 => read!(i8),
        ElementType::I16 => read!(i16),
        ElementType::I32 => read!(i32),
        ElementType::I64 => read!(i64),
        ElementType::U8 => read!(u8),
        ElementType::U16 => read!(u16),
        ElementType::U32 => read!(u32),
        ElementType::U64 => read!(u64),
        ElementType::F32 => read!(f32),
        ElementType::F64 => read!(f64),
    };
    value.unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubles(expected: &[f64], found: &[f64]) -> Deviation {
        let bytes = |values: &[f64]| -> Vec<u8> {
            values.iter().flat_map(|value| value.to_ne_bytes()).collect()
        };
        Deviation::of(3, ElementType::F64, &bytes(expected), &bytes(found))
    }

    #[test]
    fn the_largest_relative_difference_and_its_place() {
        let found = doubles(&[1.0, 8.0, 0.5], &[1.0, 8.0 + 8e-10, 0.5 + 2e-10]);
        assert_eq!((found.differing, found.index, found.buffer), (2, 2, 3));
        assert!((found.relative - 4e-10).abs() < 1e-13, "{found:?}");
        assert!((found.of_largest - 1e-10).abs() < 1e-13, "{found:?}");
        assert!(found.is_expected());
        let far = doubles(&[1.0, 1e300], &[1.001, -1e300]);
        assert!(!far.is_expected());
        assert_eq!((far.relative, far.index), (2.0, 1));
        assert!(doubles(&[0.0], &[1e-300]).relative == 1.0);
    }

    #[test]
    fn zeros_and_nan_are_equal_and_one_sided_infinities_are_not() {
        let same = doubles(&[f64::NAN, 0.0], &[-f64::NAN, -0.0]);
        assert!(same.is_expected() && same.relative == 0.0, "{same:?}");
        let (infinite, none) = (f64::INFINITY, f64::NAN);
        for (expected, found) in [(infinite, 1.0), (1.0, none), (infinite, -infinite)] {
            let found = doubles(&[2.0, expected], &[3.0, found]);
            assert_eq!((found.not_comparable, found.index), (1, 1));
            assert!(!found.is_expected() && found.weight() == infinite);
            assert!(found.to_string().contains("NaN on one side"), "{found}");
        }
    }

    #[test]
    fn integers_may_not_differ() {
        let found = Deviation::of(0, ElementType::I32, &[1, 0, 0, 0], &[2, 0, 0, 0]);
        assert!(!found.is_expected());
        assert!(Deviation::of(0, ElementType::I32, &[1; 4], &[1; 4]).is_expected());
    }
}
