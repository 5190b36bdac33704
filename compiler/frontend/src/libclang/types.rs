//! C types.

use super::{Cursor, copy_string};
use clang_sys::*;
use std::marker::PhantomData;

/// A C type with its qualifiers.
#[derive(Clone, Copy)]
pub(crate) struct Type<'unit> {
    raw: CXType,
    unit: PhantomData<&'unit ()>,
}

impl<'unit> Type<'unit> {
    pub(super) fn new(raw: CXType) -> Self {
        Self { raw, unit: PhantomData }
    }

    /// One of clang-sys's `CXType_…` constants.
    pub fn kind(self) -> CXTypeKind {
        self.raw.kind
    }

    /// The type without typedefs.
    pub fn canonical(self) -> Self {
        // SAFETY: the type belongs to a living unit, by its lifetime; so in all methods below.
        Self::new(unsafe { clang_getCanonicalType(self.raw) })
    }

    /// The type as C spells it.
    pub fn spelling(self) -> String {
        // SAFETY: as above; the string is fresh.
        unsafe { copy_string(clang_getTypeSpelling(self.raw)) }
    }

    /// Whether the type itself says `const`.
    pub fn is_const(self) -> bool {
        // SAFETY: as above.
        unsafe { clang_isConstQualifiedType(self.raw) != 0 }
    }

    /// Whether the type itself says `volatile`.
    pub fn is_volatile(self) -> bool {
        // SAFETY: as above.
        unsafe { clang_isVolatileQualifiedType(self.raw) != 0 }
    }

    /// Whether the type itself says `restrict`.
    pub fn is_restrict(self) -> bool {
        // SAFETY: as above.
        unsafe { clang_isRestrictQualifiedType(self.raw) != 0 }
    }

    /// What a pointer points to.
    pub fn pointee(self) -> Self {
        // SAFETY: as above.
        Self::new(unsafe { clang_getPointeeType(self.raw) })
    }

    /// The element type of an array of any kind.
    pub fn array_element(self) -> Self {
        // SAFETY: as above.
        Self::new(unsafe { clang_getArrayElementType(self.raw) })
    }

    /// The number of elements of an array whose extent is constant.
    pub fn array_size(self) -> Option<i64> {
        // SAFETY: as above.
        let size = unsafe { clang_getArraySize(self.raw) };
        (size >= 0).then_some(size)
    }

    /// Size in bytes, where the type has one that is constant.
    pub fn size(self) -> Option<i64> {
        // SAFETY: as above.
        let size = unsafe { clang_Type_getSizeOf(self.raw) };
        (size >= 0).then_some(size)
    }

    /// The declaration that gives the type its name, for enumerations and structures.
    pub fn declaration(self) -> Cursor<'unit> {
        // SAFETY: as above.
        Cursor::new(unsafe { clang_getTypeDeclaration(self.raw) })
    }

    /// The declaration of a name made by `typedef`, and the type that it stands for, one step on.
    pub fn named_by_typedef(self) -> Option<(Cursor<'unit>, Self)> {
        let declaration = self.declaration();
        // SAFETY: as above.
        let underlying = unsafe { clang_getTypedefDeclUnderlyingType(declaration.raw()) };
        (underlying.kind != CXType_Invalid).then(|| (declaration, Self::new(underlying)))
    }

    /// The integer type that represents an enumeration.
    pub fn enumeration_integer(self) -> Self {
        // SAFETY: as above.
        Self::new(unsafe { clang_getEnumDeclIntegerType(clang_getTypeDeclaration(self.raw)) })
    }
}
