//! Comparing two buffers by their bits.
//!
//! # Not-a-numbers
//!
//! Two elements that are both NaN count as equal, whatever their signs and payloads ([`Nan::Any`]). C leaves
//! open which of two NaNs a sum or product gives on, and x86 takes that of the first operand: the same
//! source under the same compiler gives another one as soon as operands are exchanged, so that bits cannot
//! be promised there. They are counted ([`Found::other_nans`]), so that a report can say so.
//!
//! What has become of a NaN's bits is compared like anything else: an integer that was made of them, or
//! `copysign(1, x)`, is an ordinary value, and another one is a wrong result. Where the program itself takes
//! signs of an array's elements in that way, a NaN with another sign in that array is one, too
//! ([`Nan::Signed`]): the next reader would make another ordinary value of it. Its payload still is not.

use crate::Mismatch;
use loopwright_ir::ElementType;

/// When two NaNs are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nan {
    /// Always.
    Any,
    /// If they have the same sign.
    Signed,
}

/// Where two buffers differ.
pub struct Difference<'a> {
    pub index: u64,
    pub count: u64,
    expected: &'a [u8],
    found: &'a [u8],
}

/// What came of a comparison.
#[derive(Default)]
pub struct Found<'a> {
    /// `None` where all elements are equal.
    pub difference: Option<Difference<'a>>,
    /// How many elements are NaN on both sides and equal, with other bits.
    pub other_nans: u64,
}

/// Compares elementwise.
pub fn buffers<'a>(
    element: ElementType,
    nan: Nan,
    expected: &'a [u8],
    found: &'a [u8],
) -> Found<'a> {
    if expected == found {
        return Found::default();
    }
    let size = element.bytes() as usize;
    let mut first = None;
    let (mut count, mut other_nans) = (0, 0);
    for (index, (expected, found)) in
        expected.chunks_exact(size).zip(found.chunks_exact(size)).enumerate()
    {
        if expected == found {
            continue;
        }
        if is_nan(element, expected)
            && is_nan(element, found)
            && (nan == Nan::Any || is_negative(expected) == is_negative(found))
        {
            other_nans += 1;
            continue;
        }
        count += 1;
        first.get_or_insert((index as u64, expected, found));
    }
    let difference =
        first.map(|(index, expected, found)| Difference { index, count, expected, found });
    Found { difference, other_nans }
}

impl Difference<'_> {
    pub fn mismatch(&self, buffer: usize, element: ElementType) -> Mismatch {
        Mismatch::Value {
            buffer,
            index: self.index,
            expected_bits: hexadecimal(self.expected),
            found_bits: hexadecimal(self.found),
            expected: decimal(element, self.expected),
            found: decimal(element, self.found),
            differing: self.count,
        }
    }
}

pub fn is_nan(element: ElementType, bytes: &[u8]) -> bool {
    match element {
        ElementType::F32 => bytes.try_into().is_ok_and(|bytes| f32::from_ne_bytes(bytes).is_nan()),
        ElementType::F64 => bytes.try_into().is_ok_and(|bytes| f64::from_ne_bytes(bytes).is_nan()),
        _ => false,
    }
}

/// Whether an element is neither NaN nor infinite.
pub fn is_ordinary(element: ElementType, bytes: &[u8]) -> bool {
    match element {
        ElementType::F32 => {
            bytes.try_into().is_ok_and(|bytes| f32::from_ne_bytes(bytes).is_finite())
        }
        ElementType::F64 => {
            bytes.try_into().is_ok_and(|bytes| f64::from_ne_bytes(bytes).is_finite())
        }
        _ => true,
    }
}

/// Whether the sign of a number is set.
fn is_negative(bytes: &[u8]) -> bool {
    let top = if cfg!(target_endian = "little") { bytes.last() } else { bytes.first() };
    top.is_some_and(|byte| byte & 0x80 != 0)
}

/// Most significant byte first.
fn hexadecimal(bytes: &[u8]) -> String {
    let mut ordered = bytes.to_vec();
    if cfg!(target_endian = "little") {
        ordered.reverse();
    }
    ordered.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of one element in the fewest decimal digits that give it back.
pub fn decimal(element: ElementType, bytes: &[u8]) -> String {
    macro_rules! read {
        ($type:ty) => {
            bytes.try_into().map(|bytes| <$type>::from_ne_bytes(bytes).to_string())
        };
    }
    let text: Result<String, std::array::TryFromSliceError> = match element {
        ElementType::I8 => read!(i8),
        ElementType::I16 => read!(i16),
        ElementType::I32 => read!(i32),
        ElementType::I64 => read!(i64),
        ElementType::U8 => read!(u8),
        ElementType::U16 => read!(u16),
        ElementType::U32 => read!(u32),
        ElementType::U64 => read!(u64),
        ElementType::F32 => {
            bytes.try_into().map(|bytes| format!("{:?}", f32::from_ne_bytes(bytes)))
        }
        ElementType::F64 => {
            bytes.try_into().map(|bytes| format!("{:?}", f64::from_ne_bytes(bytes)))
        }
    };
    text.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_equals_nan_but_zero_does_not_equal_negative_zero() {
        let compare = |element, expected: f64, found: f64| {
            let (expected, found) = (expected.to_ne_bytes(), found.to_ne_bytes());
            let result = buffers(element, Nan::Any, &expected, &found);
            (result.difference.map_or(0, |difference| difference.count), result.other_nans)
        };
        let other = f64::from_bits(f64::NAN.to_bits() ^ (1 << 63) ^ 1);
        assert_eq!(compare(ElementType::F64, f64::NAN, other), (0, 1));
        assert_eq!(compare(ElementType::F64, f64::NAN, f64::NAN), (0, 0));
        assert_eq!(compare(ElementType::I64, f64::NAN, other), (1, 0));
        assert_eq!(compare(ElementType::F64, 0.0, -0.0), (1, 0));
        assert_eq!(compare(ElementType::F64, f64::NAN, 0.0), (1, 0));
    }

    #[test]
    fn where_signs_become_values_a_nan_of_another_sign_differs() {
        let compare = |expected: f32, found: f32| {
            let (expected, found) = (expected.to_ne_bytes(), found.to_ne_bytes());
            buffers(ElementType::F32, Nan::Signed, &expected, &found).difference.is_some()
        };
        assert!(compare(f32::NAN, -f32::NAN));
        assert!(!compare(f32::NAN, f32::from_bits(f32::NAN.to_bits() ^ 1)));
    }
}
