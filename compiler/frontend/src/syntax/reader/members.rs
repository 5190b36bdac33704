//! Members of structures.
//!
//! Where a structure is an element of an array, as in `p[i].x`, its members of one type are the elements of a row: see
//! [`record`]. A number, pointer or array in the one structure that a variable holds or points to, as `m->ld`,
//! `m->data`, `s.sum` or `grid.u[i][j]`, is a variable of its own, `m_ld`. The region's text keeps its structure: see
//! `outline`.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use super::Reader;
use super::expression::other;
use super::rows::unconverted;
use crate::libclang::Cursor;
use crate::reject::RejectReason;
use crate::syntax::types::{is_constant, place_in_record, record, shape, unqualified};
use crate::syntax::{
    Declared, Expression, ExpressionKind, Member, Operator, Place, Storage, ValueType, Variable,
    VariableId,
};
use clang_sys::*;
use loopwright_ir::{BinaryOperation, ElementType};

impl<'unit> Reader<'unit> {
    /// A member, by the structure that it is of.
    pub(super) fn member(
        &mut self,
        cursor: Cursor<'unit>,
        base: Cursor<'unit>,
        place: Place,
        depth: usize,
    ) -> Expression {
        let value_type = Self::value_type(cursor);
        if let Some(id) = self.own_variable(cursor, depth) {
            return Expression { kind: ExpressionKind::Variable(id), value_type, place };
        }
        let known = base.type_of().canonical();
        let arrow = known.kind() == CXType_Pointer;
        let structure = if arrow { known.pointee() } else { known };
        // One structure by itself has no elements to be subscripted.
        let single = !arrow && base.kind() == CXCursor_DeclRefExpr;
        if record(structure).is_none() || single {
            return self.unsupported(place, RejectReason::StructureMember);
        }
        let Some(before) = cursor.referenced().and_then(|field| place_in_record(structure, field))
        else {
            let kind = other("a member of another type than most others of its structure");
            return Expression { kind, value_type, place };
        };
        let mut row = self.expression(base, depth + 1);
        let position = |value| Box::new(Expression::integer(value, ElementType::I64, place));
        if arrow {
            let kind = ExpressionKind::Subscript { base: Box::new(row), index: position(0) };
            row = Expression { kind, value_type: ValueType::Address, place };
        }
        let kind = match value_type {
            ValueType::Address => ExpressionKind::Binary {
                operator: Operator::Arithmetic(BinaryOperation::Add),
                left: Box::new(row),
                right: position(before),
            },
            _ => ExpressionKind::Subscript { base: Box::new(row), index: position(before) },
        };
        Expression { kind, value_type, place }
    }

    /// The variable that stands for a number, pointer or array in the structure of a variable.
    fn own_variable(&mut self, cursor: Cursor<'unit>, depth: usize) -> Option<VariableId> {
        let field = cursor.referenced()?;
        // A bit-field has no address, and other values than its type.
        if field.is_bit_field() {
            return None;
        }
        let declared = field.type_of().canonical();
        let is_pointer = declared.kind() == CXType_Pointer;
        let shape = shape(field.type_of()).ok()?;
        // `.grid.n`, to the variable that it begins with.
        let mut path = String::new();
        let mut words = Vec::new();
        let mut current = cursor;
        let (root, structure) = loop {
            let name = current.referenced()?.spelling();
            let [base] = current.children()[..] else { return None };
            let known = base.type_of().canonical();
            // The members of a union are one and the same memory.
            let of =
                if known.kind() == CXType_Pointer { known.pointee().canonical() } else { known };
            if of.declaration().kind() != CXCursor_StructDecl {
                return None;
            }
            path.insert_str(0, &name);
            words.insert(0, name);
            let base = without_conversions(base);
            if known.kind() == CXType_Pointer {
                path.insert_str(0, "->");
                break (base, base.type_of().pointee());
            }
            path.insert(0, '.');
            if base.kind() != CXCursor_MemberRefExpr {
                break (base, base.type_of());
            }
            current = base;
        };
        if root.kind() != CXCursor_DeclRefExpr {
            return None;
        }
        let variable = match unconverted(&self.expression(root, depth + 1)).kind {
            ExpressionKind::Variable(variable) => variable,
            _ => return None,
        };
        let arrow = path.starts_with("->");
        let owner = self.syntax.variables.get(variable)?.clone();
        let declaration = *self.known.get(variable)?;
        if owner.inside || owner.member.is_some() {
            return None;
        }
        let spelling = unqualified(&structure.spelling());
        let nameless = ["(unnamed", "(anonymous"].iter().any(|mark| spelling.contains(mark));
        // Elements that are counted from the pointer may be this one.
        if nameless || arrow && !is_pointer && self.is_array_of_structures(declaration) {
            return None;
        }
        let key = (variable, path);
        if let Some(known) = self.members.get(&key) {
            return Some(*known);
        }
        let name = self.unused_name(&format!("{}_{}", owner.name, words.join("_")));
        let at_file_scope = owner.declared.file_scope && owner.declared.defined;
        let member =
            Member { of: owner.name.clone(), spelling, path: key.1.clone(), at_file_scope };
        let place = owner.place;
        let id = self.fresh(field, &name, Ok(shape), place);
        self.members.insert(key, id);
        let made: &mut Variable = self.syntax.variables.get_mut(id)?;
        made.storage = Storage::Argument;
        made.inside = false;
        made.declared = Declared { constant: is_constant(field.type_of()), ..Declared::default() };
        made.member = Some(member);
        self.stride(id, field);
        Some(id)
    }

    /// Whether the region does anything else with a pointer to structures than to take members from the structure that
    /// it points to, or to pass it on.
    fn is_array_of_structures(&mut self, declaration: Cursor<'unit>) -> bool {
        let (start, end) = self.region;
        let mut pending = vec![(self.function, false)];
        while let Some((cursor, harmless)) = pending.pop() {
            if cursor.kind() == CXCursor_DeclRefExpr {
                let place = (cursor.start().offset, cursor.end().offset);
                let within = cursor.is_in_main_file() && place.0 >= start && place.1 <= end;
                let same = cursor.referenced().map(Cursor::canonical) == Some(declaration);
                if same && within && !harmless {
                    return true;
                }
            }
            let inner = match cursor.kind() {
                CXCursor_MemberRefExpr => match cursor.type_of().canonical().kind() {
                    CXType_Record => harmless,
                    _ => true,
                },
                CXCursor_CallExpr => true,
                CXCursor_UnexposedExpr | CXCursor_ParenExpr => harmless,
                _ => false,
            };
            pending.extend(cursor.children().into_iter().map(|child| (child, inner)));
        }
        false
    }
}

fn without_conversions(cursor: Cursor<'_>) -> Cursor<'_> {
    let mut current = cursor;
    while matches!(current.kind(), CXCursor_UnexposedExpr | CXCursor_ParenExpr) {
        let [inner] = current.children()[..] else { return current };
        current = inner;
    }
    current
}
