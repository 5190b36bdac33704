//! Comparing two buffers by their bits.

use crate::Mismatch;
use loopwright_ir::ElementType;

/// Where two buffers differ.
pub struct Difference<'a> {
    pub index: u64,
    pub count: u64,
    expected: &'a [u8],
    found: &'a [u8],
}

/// Compares elementwise; `None` where all are equal. Floating-point elements that are both NaN are equal.
pub fn buffers<'a>(
    element: ElementType,
    expected: &'a [u8],
    found: &'a [u8],
) -> Option<Difference<'a>> {
    if expected == found {
        return None;
    }
    let size = element.bytes() as usize;
    let mut first = None;
    let mut count = 0;
    for (index, (expected, found)) in
        expected.chunks_exact(size).zip(found.chunks_exact(size)).enumerate()
    {
        if expected != found && !(is_nan(element, expected) && is_nan(element, found)) {
            count += 1;
            first.get_or_insert((index as u64, expected, found));
        }
    }
    let (index, expected, found) = first?;
    Some(Difference { index, count, expected, found })
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
        let quiet = f64::NAN.to_ne_bytes();
        let other = f64::from_bits(f64::NAN.to_bits() ^ (1 << 63) ^ 1).to_ne_bytes();
        assert!(buffers(ElementType::F64, &quiet, &other).is_none());
        assert!(buffers(ElementType::I64, &quiet, &other).is_some());
        let zeros = (0.0_f64.to_ne_bytes(), (-0.0_f64).to_ne_bytes());
        let difference = buffers(ElementType::F64, &zeros.0, &zeros.1).expect("bits differ");
        assert_eq!(difference.count, 1);
        assert!(buffers(ElementType::F64, &quiet, &zeros.0).is_some());
    }
}
