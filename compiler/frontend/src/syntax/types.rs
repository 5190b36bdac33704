//! C types as value types and shapes.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use super::{Extent, Shape, ValueType};
use crate::libclang::Type;
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
        _ => ValueType::Other(declared.spelling()),
    }
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
    let element = value_type(current);
    if volatile {
        return Err(RejectReason::Volatile);
    }
    match element {
        ValueType::Number(_) | ValueType::Boolean => {}
        _ => return Err(RejectReason::UnsupportedType { spelling: current.spelling() }),
    }
    let element_spelling = current
        .spelling()
        .split_whitespace()
        .filter(|word| !matches!(*word, "const" | "restrict" | "volatile" | "static" | "extern"))
        .collect::<Vec<_>>()
        .join(" ");
    Ok(Shape { element, element_spelling, extents, volatile, constant, restrict, pointer })
}

/// The element type with its typedef's name where libclang still knows it.
fn element_of(array: Type<'_>) -> Type<'_> {
    let element = array.array_element();
    if element.kind() == CXType_Invalid { array.canonical().array_element() } else { element }
}
