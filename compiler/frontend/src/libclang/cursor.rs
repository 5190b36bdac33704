//! Nodes of the syntax tree.

use super::{Location, Type, copy_string, location};
use clang_sys::*;
use std::ffi::c_void;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// A value that the compiler computed at compile time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Literal {
    Integer(i64),
    Float(f64),
}

/// A declaration, statement or expression.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'unit> {
    raw: CXCursor,
    unit: PhantomData<&'unit ()>,
}

impl PartialEq for Cursor<'_> {
    fn eq(&self, other: &Self) -> bool {
        // SAFETY: both cursors belong to living units, by their lifetimes.
        unsafe { clang_equalCursors(self.raw, other.raw) != 0 }
    }
}

/// libclang's name of a kind of cursor.
pub(crate) fn kind_name(kind: CXCursorKind) -> String {
    // SAFETY: the library is loaded wherever there is a cursor; the string is fresh.
    unsafe { copy_string(clang_getCursorKindSpelling(kind)) }
}

impl Eq for Cursor<'_> {}

impl Hash for Cursor<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_hashCursor(self.raw) }.hash(state);
    }
}

impl<'unit> Cursor<'unit> {
    pub(super) fn new(raw: CXCursor) -> Self {
        Self { raw, unit: PhantomData }
    }

    pub(super) fn raw(self) -> CXCursor {
        self.raw
    }

    fn existing(raw: CXCursor) -> Option<Self> {
        // SAFETY: asks about a plain value.
        (unsafe { clang_Cursor_isNull(raw) } == 0).then(|| Self::new(raw))
    }

    /// One of clang-sys's `CXCursor_…` constants.
    pub fn kind(self) -> CXCursorKind {
        self.raw.kind
    }

    /// Whether this is an expression.
    pub fn is_expression(self) -> bool {
        // SAFETY: asks about a plain value.
        unsafe { clang_isExpression(self.raw.kind) != 0 }
    }

    /// Whether this is a statement that is not an expression.
    pub fn is_statement(self) -> bool {
        // SAFETY: asks about a plain value.
        unsafe { clang_isStatement(self.raw.kind) != 0 }
    }

    /// The direct children, in the order of the source; missing ones are left out.
    pub fn children(self) -> Vec<Cursor<'unit>> {
        extern "C" fn push(
            cursor: CXCursor,
            _parent: CXCursor,
            data: CXClientData,
        ) -> CXChildVisitResult {
            // A panic must not cross the C frames; an allocation failure is the only one possible.
            let pushed = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: `data` is the vector below, borrowed by no one else during the visit.
                unsafe { (*data.cast::<Vec<CXCursor>>()).push(cursor) }
            }));
            if pushed.is_ok() { CXChildVisit_Continue } else { CXChildVisit_Break }
        }
        let mut found: Vec<CXCursor> = Vec::new();
        // SAFETY: the cursor belongs to a living unit; the pointer is valid during the call.
        unsafe {
            clang_visitChildren(self.raw, push, (&raw mut found).cast::<c_void>());
        }
        found.into_iter().map(Self::new).collect()
    }

    /// The declared or mentioned name; empty when there is none.
    pub fn spelling(self) -> String {
        // SAFETY: the cursor belongs to a living unit; the string is fresh.
        unsafe { copy_string(clang_getCursorSpelling(self.raw)) }
    }

    /// The type of the expression or declaration.
    pub fn type_of(self) -> Type<'unit> {
        // SAFETY: the cursor belongs to a living unit.
        Type::new(unsafe { clang_getCursorType(self.raw) })
    }

    /// The result type of a function declaration.
    pub fn result_type(self) -> Type<'unit> {
        // SAFETY: the cursor belongs to a living unit.
        Type::new(unsafe { clang_getCursorResultType(self.raw) })
    }

    /// The declaration that is mentioned.
    pub fn referenced(self) -> Option<Cursor<'unit>> {
        // SAFETY: the cursor belongs to a living unit.
        Self::existing(unsafe { clang_getCursorReferenced(self.raw) })
    }

    /// One cursor for all declarations of the same thing.
    pub fn canonical(self) -> Cursor<'unit> {
        // SAFETY: the cursor belongs to a living unit.
        Self::new(unsafe { clang_getCanonicalCursor(self.raw) })
    }

    /// The definition, where this unit has one.
    pub fn definition(self) -> Option<Cursor<'unit>> {
        // SAFETY: the cursor belongs to a living unit.
        Self::existing(unsafe { clang_getCursorDefinition(self.raw) })
    }

    /// Whether this declaration is a definition.
    pub fn is_definition(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_isCursorDefinition(self.raw) != 0 }
    }

    /// Whether the declaration says `static`.
    pub fn is_static(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_Cursor_getStorageClass(self.raw) == CX_SC_Static }
    }

    /// Whether the declaration says `extern`.
    pub fn is_extern(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_Cursor_getStorageClass(self.raw) == CX_SC_Extern }
    }

    /// Whether a function says `inline`.
    pub fn is_inlined(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_Cursor_isFunctionInlined(self.raw) != 0 }
    }

    /// What the declaration is a member of: the whole file for what stands at file scope.
    pub fn semantic_parent(self) -> Cursor<'unit> {
        // SAFETY: the cursor belongs to a living unit.
        Self::new(unsafe { clang_getCursorSemanticParent(self.raw) })
    }

    /// Whether a variable lives as long as the program.
    pub fn has_global_storage(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_Cursor_hasVarDeclGlobalStorage(self.raw) == 1 }
    }

    /// A variable's initial value.
    pub fn initializer(self) -> Option<Cursor<'unit>> {
        // SAFETY: the cursor belongs to a living unit.
        Self::existing(unsafe { clang_Cursor_getVarDeclInitializer(self.raw) })
    }

    /// Whether a member has a number of bits of its own.
    pub fn is_bit_field(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_Cursor_isBitField(self.raw) != 0 }
    }

    /// Where a member begins in its structure, in bytes.
    pub fn offset(self) -> Option<i64> {
        // SAFETY: the cursor belongs to a living unit.
        let bits = unsafe { clang_Cursor_getOffsetOfField(self.raw) };
        (bits >= 0 && bits % 8 == 0).then_some(bits / 8)
    }

    /// The declared value of an enumeration constant.
    pub fn enumeration_value(self) -> i64 {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_getEnumConstantDeclValue(self.raw) }
    }

    /// The arguments of a call or the parameters of a function.
    pub fn arguments(self) -> Vec<Cursor<'unit>> {
        // SAFETY: the cursor belongs to a living unit, and the positions are below the count.
        unsafe {
            let count = clang_Cursor_getNumArguments(self.raw);
            (0..u32::try_from(count).unwrap_or(0))
                .map(|position| Self::new(clang_Cursor_getArgument(self.raw, position)))
                .collect()
        }
    }

    /// One of clang-sys's `CXBinaryOperator_…` constants.
    pub fn binary_operator(self) -> CXBinaryOperatorKind {
        // SAFETY: the cursor belongs to a living unit; the function is loaded (checked on loading).
        unsafe { clang_getCursorBinaryOperatorKind(self.raw) }
    }

    /// One of clang-sys's `CXUnaryOperator_…` constants.
    pub fn unary_operator(self) -> CXUnaryOperatorKind {
        // SAFETY: the cursor belongs to a living unit; the function is loaded (checked on loading).
        unsafe { clang_getCursorUnaryOperatorKind(self.raw) }
    }

    /// The value where the compiler can compute it.
    pub fn evaluate(self) -> Option<Literal> {
        // SAFETY: the cursor belongs to a living unit; the result is disposed of once.
        unsafe {
            let result = clang_Cursor_Evaluate(self.raw);
            if result.is_null() {
                return None;
            }
            let kind = clang_EvalResult_getKind(result);
            let value = if kind == CXEval_Int {
                if clang_EvalResult_isUnsignedInt(result) != 0 {
                    i64::try_from(clang_EvalResult_getAsUnsigned(result)).ok().map(Literal::Integer)
                } else {
                    Some(Literal::Integer(clang_EvalResult_getAsLongLong(result)))
                }
            } else if kind == CXEval_Float {
                Some(Literal::Float(clang_EvalResult_getAsDouble(result)))
            } else {
                None
            };
            clang_EvalResult_dispose(result);
            value
        }
    }

    /// The value of an unsigned constant, which a signed one may not hold.
    pub fn evaluate_unsigned(self) -> Option<u64> {
        // SAFETY: the cursor belongs to a living unit; the result is disposed of once.
        unsafe {
            let result = clang_Cursor_Evaluate(self.raw);
            if result.is_null() {
                return None;
            }
            let unsigned = clang_EvalResult_getKind(result) == CXEval_Int
                && clang_EvalResult_isUnsignedInt(result) != 0;
            let value = unsigned.then(|| clang_EvalResult_getAsUnsigned(result));
            clang_EvalResult_dispose(result);
            value
        }
    }

    /// Whether it stands in a header of the system.
    pub fn is_in_system_header(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_Location_isInSystemHeader(clang_getCursorLocation(self.raw)) != 0 }
    }

    /// Whether a macro takes arguments.
    pub fn is_function_like_macro(self) -> bool {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_Cursor_isMacroFunctionLike(self.raw) != 0 }
    }

    pub(super) fn extent(self) -> CXSourceRange {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { clang_getCursorExtent(self.raw) }
    }

    /// Where it begins; inside a macro, where the macro is used.
    pub fn start(self) -> Location {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { location(clang_getRangeStart(clang_getCursorExtent(self.raw))) }
    }

    /// Where it ends (the byte after its last).
    pub fn end(self) -> Location {
        // SAFETY: the cursor belongs to a living unit.
        unsafe { location(clang_getRangeEnd(clang_getCursorExtent(self.raw))) }
    }

    /// Whether it stands in the file that is compiled, not in an included one.
    pub fn is_in_main_file(self) -> bool {
        // SAFETY: the cursor belongs to a living unit; the out-pointers are valid for the call.
        unsafe {
            let place = clang_getCursorLocation(self.raw);
            if clang_Location_isFromMainFile(place) != 0 {
                return true;
            }
            // What a macro makes stands where the macro is used.
            let (mut file, mut offset) = (ptr::null_mut(), 0);
            clang_getExpansionLocation(
                place,
                &mut file,
                ptr::null_mut(),
                ptr::null_mut(),
                &mut offset,
            );
            if file.is_null() {
                return false;
            }
            let unit = clang_Cursor_getTranslationUnit(self.raw);
            let used = clang_getLocationForOffset(unit, file, offset);
            clang_Location_isFromMainFile(used) != 0
        }
    }
}
