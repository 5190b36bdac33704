//! C's arithmetic types, their ranges, and what C converts operands to.

use loopwright_ir::ElementType;

/// An arithmetic type of C on a machine with 64-bit `long`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CType {
    Double,
    Float,
    Int,
    Long,
    Unsigned,
    UnsignedLong,
    Short,
    UnsignedShort,
    Char,
    UnsignedChar,
    Bool,
}

/// Least and greatest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub least: i128,
    pub greatest: i128,
}

impl Range {
    pub fn new(least: i128, greatest: i128) -> Self {
        Self { least, greatest }
    }

    pub fn single(value: i128) -> Self {
        Self::new(value, value)
    }

    /// Whether all of it is in another one.
    pub fn within(self, other: Self) -> bool {
        self.least >= other.least && self.greatest <= other.greatest
    }

    /// The smallest range around both.
    pub fn joined(self, other: Self) -> Self {
        Self::new(self.least.min(other.least), self.greatest.max(other.greatest))
    }

    /// The range of a function that is monotone in each argument, from the corners.
    pub fn corners(self, other: Self, function: impl Fn(i128, i128) -> i128) -> Self {
        let corners = [
            function(self.least, other.least),
            function(self.least, other.greatest),
            function(self.greatest, other.least),
            function(self.greatest, other.greatest),
        ];
        let least = corners.into_iter().min().unwrap_or(0);
        Self::new(least, corners.into_iter().max().unwrap_or(0))
    }

    pub fn plus(self, other: Self) -> Self {
        self.corners(other, i128::saturating_add)
    }

    pub fn minus(self, other: Self) -> Self {
        self.corners(other, i128::saturating_sub)
    }

    pub fn times(self, other: Self) -> Self {
        self.corners(other, i128::saturating_mul)
    }

    /// The greatest magnitude.
    pub fn magnitude(self) -> i128 {
        self.least.saturating_abs().max(self.greatest.saturating_abs())
    }
}

impl CType {
    pub const INTEGERS: [Self; 9] = [
        Self::Int,
        Self::Long,
        Self::Unsigned,
        Self::UnsignedLong,
        Self::Short,
        Self::UnsignedShort,
        Self::Char,
        Self::UnsignedChar,
        Self::Bool,
    ];

    pub fn spelling(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int => "int",
            Self::Long => "long",
            Self::Unsigned => "unsigned",
            Self::UnsignedLong => "unsigned long",
            Self::Short => "short",
            Self::UnsignedShort => "unsigned short",
            Self::Char => "signed char",
            Self::UnsignedChar => "unsigned char",
            Self::Bool => "_Bool",
        }
    }

    pub fn element(self) -> ElementType {
        match self {
            Self::Double => ElementType::F64,
            Self::Float => ElementType::F32,
            Self::Int => ElementType::I32,
            Self::Long => ElementType::I64,
            Self::Unsigned => ElementType::U32,
            Self::UnsignedLong => ElementType::U64,
            Self::Short => ElementType::I16,
            Self::UnsignedShort => ElementType::U16,
            Self::Char => ElementType::I8,
            Self::UnsignedChar | Self::Bool => ElementType::U8,
        }
    }

    pub fn bytes(self) -> usize {
        self.element().bytes() as usize
    }

    pub fn is_float(self) -> bool {
        matches!(self, Self::Double | Self::Float)
    }

    pub fn is_signed(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Short | Self::Char)
    }

    /// All values of an integer type.
    pub fn values(self) -> Range {
        if self == Self::Bool {
            return Range::new(0, 1);
        }
        let bits = self.bytes() * 8;
        if self.is_signed() {
            Range::new(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        } else {
            Range::new(0, (1 << bits) - 1)
        }
    }

    /// C's integer promotion.
    pub fn promoted(self) -> Self {
        if self.is_float() || self.bytes() >= 4 { self } else { Self::Int }
    }

    /// C's usual arithmetic conversions.
    pub fn common(self, other: Self) -> Self {
        if self == Self::Double || other == Self::Double {
            return Self::Double;
        }
        if self == Self::Float || other == Self::Float {
            return Self::Float;
        }
        let (left, right) = (self.promoted(), other.promoted());
        match left.bytes().cmp(&right.bytes()) {
            std::cmp::Ordering::Less => right,
            std::cmp::Ordering::Greater => left,
            std::cmp::Ordering::Equal if left.is_signed() => right,
            std::cmp::Ordering::Equal => left,
        }
    }

    /// The range of values converted to this integer type, modulo its range.
    pub fn converted(self, range: Range) -> Range {
        if self == Self::Bool {
            return Range::new(0, 1);
        }
        if range.within(self.values()) { range } else { self.values() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_those_of_c() {
        assert_eq!(CType::Char.common(CType::Short), CType::Int);
        assert_eq!(CType::Int.common(CType::Unsigned), CType::Unsigned);
        assert_eq!(CType::Long.common(CType::Unsigned), CType::Long);
        assert_eq!(CType::Long.common(CType::UnsignedLong), CType::UnsignedLong);
        assert_eq!(CType::UnsignedLong.common(CType::Float), CType::Float);
        assert_eq!(CType::UnsignedChar.converted(Range::new(-1, 3)), Range::new(0, 255));
        assert_eq!(CType::Short.values(), Range::new(-32768, 32767));
    }
}
