//! C types as value types and shapes.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use super::{Extent, Shape, ValueType};
use crate::libclang::{Cursor, Type};
use crate::reject::RejectReason;
use clang_sys::*;
use loopwright_ir::ElementType;

/// The type of the values that an expression of a C type has.
pub(crate) fn value_type(declared: Type<'_>) -> ValueType {
    let canonical = declared.canonical();
    match canonical.kind() {
        CXType_Void => ValueType::Void,
        CXType_Bool => ValueType::Boolean,
        CXType_Float => ValueType::Number(ElementType::F32),
        CXType_Double => ValueType::Number(ElementType::F64),
        CXType_Char_S | CXType_SChar | CXType_Short | CXType_Int | CXType_Long
        | CXType_LongLong => integer(canonical, true),
        CXType_Char_U | CXType_UChar | CXType_UShort | CXType_UInt | CXType_ULong
        | CXType_ULongLong => integer(canonical, false),
        CXType_Enum => value_type(canonical.enumeration_integer()),
        CXType_Pointer
        | CXType_ConstantArray
        | CXType_IncompleteArray
        | CXType_VariableArray
        | CXType_FunctionProto
        | CXType_FunctionNoProto => ValueType::Address,
        // Its members are the elements of a row.
        CXType_Record if record(canonical).is_some() => ValueType::Address,
        _ => ValueType::Other(declared.spelling()),
    }
}

/// The type of all members of a structure and how many there are, where they are all of one type, members of structures
/// and elements of arrays in it included.
pub(crate) fn record(declared: Type<'_>) -> Option<(Type<'_>, i64)> {
    let canonical = declared.canonical();
    match canonical.kind() {
        CXType_Record => {
            let declaration = canonical.declaration();
            if declaration.kind() != CXCursor_StructDecl {
                return None;
            }
            let mut one: Option<Type<'_>> = None;
            let mut count = 0_i64;
            for field in declaration.children() {
                if field.kind() != CXCursor_FieldDecl {
                    continue;
                }
                let (member, members) = record(field.type_of())?;
                if one.is_some_and(|one| value_type(one) != value_type(member)) {
                    return None;
                }
                one.get_or_insert(member);
                count = count.checked_add(members)?;
            }
            let one = one?;
            (one.size()?.checked_mul(count)? == canonical.size()?).then_some((one, count))
        }
        CXType_ConstantArray => {
            let (member, members) = record(canonical.array_element())?;
            Some((member, members.checked_mul(canonical.array_size()?)?))
        }
        _ if canonical.is_volatile() || canonical.kind() == CXType_Atomic => None,
        _ => match value_type(canonical) {
            ValueType::Number(_) => Some((declared, 1)),
            _ => None,
        },
    }
}

/// How many members come before one in its structure.
pub(crate) fn members_before(field: Cursor<'_>) -> Option<i64> {
    let mut count = 0_i64;
    for other in field.semantic_parent().children() {
        if other == field {
            return Some(count);
        }
        if other.kind() == CXCursor_FieldDecl {
            count = count.checked_add(record(other.type_of())?.1)?;
        }
    }
    None
}

fn integer(canonical: Type<'_>, signed: bool) -> ValueType {
    let element = match (canonical.size(), signed) {
        (Some(1), true) => ElementType::I8,
        (Some(2), true) => ElementType::I16,
        (Some(4), true) => ElementType::I32,
        (Some(8), true) => ElementType::I64,
        (Some(1), false) => ElementType::U8,
        (Some(2), false) => ElementType::U16,
        (Some(4), false) => ElementType::U32,
        (Some(8), false) => ElementType::U64,
        _ => return ValueType::Other(canonical.spelling()),
    };
    ValueType::Number(element)
}

/// The values that the elements of a declared variable may have, where its type has fewer than its bits:
/// those of `_Bool` and of enumerations.
pub(crate) fn values_of(declared: Type<'_>) -> Option<Vec<i64>> {
    let mut current = declared.canonical();
    loop {
        match current.kind() {
            CXType_ConstantArray | CXType_IncompleteArray | CXType_VariableArray => {
                current = current.array_element().canonical();
            }
            CXType_Pointer => current = current.pointee().canonical(),
            CXType_Bool => return Some(vec![0, 1]),
            CXType_Enum => break,
            _ => return None,
        }
    }
    let constants = current.declaration().children().into_iter();
    let values = constants
        .filter(|constant| constant.kind() == CXCursor_EnumConstantDecl)
        .map(|constant| constant.enumeration_value())
        .collect::<Vec<_>>();
    (!values.is_empty()).then_some(values)
}

/// Whether a declared variable may not be assigned: the pointer where it is one, else its elements.
pub(crate) fn is_constant(declared: Type<'_>) -> bool {
    let mut current = declared.canonical();
    loop {
        match current.kind() {
            _ if current.is_const() => return true,
            CXType_ConstantArray | CXType_IncompleteArray | CXType_VariableArray => {
                current = current.array_element().canonical();
            }
            _ => return false,
        }
    }
}

/// The dimensions and elements of a declared variable. Sizes of variable-length arrays are left
/// [`Extent::Unknown`] here: libclang's types do not have them, its declarations do.
pub(crate) fn shape(declared: Type<'_>) -> Result<Shape, RejectReason> {
    let mut current = declared;
    let mut extents = Vec::new();
    let mut volatile = false;
    let mut constant = false;
    let mut restrict = false;
    let mut pointer = false;
    loop {
        let canonical = current.canonical();
        volatile |= canonical.is_volatile() || canonical.kind() == CXType_Atomic;
        constant |= canonical.is_const();
        restrict |= canonical.is_restrict();
        match canonical.kind() {
            CXType_ConstantArray => {
                let size = canonical
                    .array_size()
                    .ok_or(RejectReason::UnsupportedType { spelling: declared.spelling() })?;
                extents.push(Extent::Constant(size));
                current = element_of(current);
            }
            CXType_IncompleteArray | CXType_VariableArray => {
                extents.push(Extent::Unknown);
                current = element_of(current);
            }
            CXType_Pointer if extents.is_empty() => {
                pointer = true;
                extents.push(Extent::Unknown);
                let pointee = current.pointee();
                current =
                    if pointee.kind() == CXType_Invalid { canonical.pointee() } else { pointee };
            }
            CXType_Pointer => {
                return Err(RejectReason::PointerToPointer { spelling: declared.spelling() });
            }
            _ => break,
        }
    }
    let mut record_spelling = None;
    // The members of a structure are one more dimension. One by itself is not passed by a pointer.
    if current.canonical().kind() == CXType_Record
        && !extents.is_empty()
        && let Some((member, members)) = record(current)
    {
        record_spelling = Some(unqualified(&current.spelling()));
        extents.push(Extent::Constant(members));
        current = member;
    }
    let element = value_type(current);
    if volatile {
        return Err(RejectReason::Volatile);
    }
    match element {
        ValueType::Number(_) | ValueType::Boolean => {}
        _ => return Err(RejectReason::UnsupportedType { spelling: current.spelling() }),
    }
    let element_spelling = unqualified(&current.spelling());
    Ok(Shape {
        element,
        element_spelling,
        record: record_spelling,
        extents,
        volatile,
        constant,
        restrict,
        pointer,
    })
}

/// A type's name without qualifiers.
fn unqualified(spelling: &str) -> String {
    spelling
        .split_whitespace()
        .filter(|word| !matches!(*word, "const" | "restrict" | "volatile" | "static" | "extern"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The element type with its typedef's name where libclang still knows it.
fn element_of(array: Type<'_>) -> Type<'_> {
    let element = array.array_element();
    if element.kind() == CXType_Invalid { array.canonical().array_element() } else { element }
}
