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

/// The type that most numbers in a structure have, those in structures and arrays in it included, of floating-point
/// numbers where it has some; and how many of that type fit into the structure, which is a row of them. Members of other types are
/// in that row, but are none of its elements.
pub(crate) fn record(declared: Type<'_>) -> Option<(Type<'_>, i64)> {
    let canonical = declared.canonical();
    if canonical.kind() != CXType_Record && canonical.kind() != CXType_ConstantArray {
        return None;
    }
    let mut numbers: Vec<(Type<'_>, i64)> = Vec::new();
    count_numbers(canonical, 1, &mut numbers, 0)?;
    let rank = |one: &&(Type<'_>, i64)| {
        let float = matches!(value_type(one.0), ValueType::Number(element) if element.is_float());
        (float, one.1)
    };
    // Of equally many the first.
    let (one, _) = numbers.iter().rev().max_by_key(rank).copied()?;
    let (whole, part) = (canonical.size()?, one.size()?);
    (part > 0 && whole % part == 0).then(|| (one, whole / part))
}

/// How deep structures in structures are looked into.
const MOST_DEPTH: usize = 16;

/// Adds up how many numbers of each type there are; `None` where something is volatile or no structure of C.
fn count_numbers<'unit>(
    declared: Type<'unit>,
    times: i64,
    numbers: &mut Vec<(Type<'unit>, i64)>,
    depth: usize,
) -> Option<()> {
    let canonical = declared.canonical();
    if depth > MOST_DEPTH || canonical.is_volatile() || canonical.kind() == CXType_Atomic {
        return None;
    }
    match canonical.kind() {
        CXType_Record => {
            let declaration = canonical.declaration();
            if declaration.kind() != CXCursor_StructDecl {
                return None;
            }
            let fields = declaration.children().into_iter();
            let mut fields = fields.filter(|field| field.kind() == CXCursor_FieldDecl);
            fields.try_for_each(|field| match field.is_bit_field() {
                true => Some(()),
                false => count_numbers(field.type_of(), times, numbers, depth + 1),
            })
        }
        CXType_ConstantArray => {
            let times = times.checked_mul(canonical.array_size()?)?;
            count_numbers(canonical.array_element(), times, numbers, depth + 1)
        }
        _ => {
            if let ValueType::Number(_) = value_type(canonical) {
                let same = |one: &&mut (Type<'_>, i64)| value_type(one.0) == value_type(canonical);
                match numbers.iter_mut().find(same) {
                    Some(known) => known.1 = known.1.checked_add(times)?,
                    None => numbers.push((declared, times)),
                }
            }
            Some(())
        }
    }
}

/// Which element of its structure's row a member is, or the first in it; `None` where it is of another type.
pub(crate) fn place_in_record(structure: Type<'_>, field: Cursor<'_>) -> Option<i64> {
    let (one, _) = record(structure)?;
    let declared = field.type_of();
    let own = record(declared).map_or(declared, |(own, _)| own);
    let bytes = one.size()?;
    let offset = field.offset().filter(|_| !field.is_bit_field())?;
    (value_type(own) == value_type(one) && offset % bytes == 0).then(|| offset / bytes)
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
    let mut rows = false;
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
            // Pointers to rows: how far apart those lie is found out when the region is run.
            CXType_Pointer if pointer && extents.len() == 1 => {
                rows = true;
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
    if rows && record_spelling.is_some() {
        return Err(RejectReason::PointerToPointer { spelling: declared.spelling() });
    }
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
        rows,
    })
}

/// A type's name without qualifiers.
pub(crate) fn unqualified(spelling: &str) -> String {
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
