//! What is needed to compile a region's original text outside its function: the variables that the
//! text mentions and the signatures of the file's functions.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use crate::libclang::{Cursor, Type};
use crate::lower::Lowered;
use crate::outline::Site;
use crate::syntax::{self, Syntax, ValueType, Variable};
use clang_sys::{
    CXType_ConstantArray, CXType_IncompleteArray, CXType_Pointer, CXType_VariableArray,
};
use loopwright_ir::{ArrayId, ParameterId, Span};

/// A region's text with its surroundings.
#[derive(Clone, Debug)]
pub struct HostFunction {
    /// The function that the region is in.
    pub name: String,
    /// The text between the pragmas, as it is.
    pub region_text: String,
    /// Where that text is; its line is the one of the opening pragma.
    pub region: Span,
    /// What holds where the region stands.
    pub site: Site,
    /// The variables that the text uses and does not declare itself.
    pub declarations: Vec<HostDeclaration>,
    /// The functions that the file defines.
    pub functions: Vec<FunctionSignature>,
}

/// A variable that the text uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDeclaration {
    pub name: String,
    pub kind: HostDeclarationKind,
    /// C's own name of the element type, free of the file's typedefs.
    pub type_spelling: &'static str,
    /// Whether the text assigns it.
    pub written: bool,
    pub storage: Storage,
    /// A pointer to the elements, not an array of them.
    pub pointer: bool,
    /// The structure whose members are the innermost dimension, as the source spells it.
    pub record: Option<String>,
    /// How many dimensions the source sees, which may be fewer than the program's array has.
    pub dimensions: usize,
    /// Its elements, or the pointer itself, may not be assigned.
    pub constant: bool,
    /// This file has its storage: it is not merely `extern`.
    pub defined: bool,
    /// `static`: other files do not see it.
    pub internal: bool,
    /// The source gives it its first value.
    pub initialised: bool,
    /// The values that its elements may have, where the type has fewer than its bits: `_Bool` and
    /// enumerations.
    pub values: Option<Vec<i64>>,
    pub array: Option<ArrayId>,
    pub parameter: Option<ParameterId>,
}

/// Where a variable is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// At file scope: every function behind it sees it.
    File,
    /// A parameter of the function.
    Argument,
    /// In the function, `static` or not.
    Function,
}

/// What a variable is to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostDeclarationKind {
    Array,
    Scalar,
    Parameter,
    /// A loop variable declared before the region.
    Iterator,
    /// An integer whose value the compiler knows.
    Constant(i64),
}

/// A function that the file defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSignature {
    pub name: String,
    pub parameters: Vec<FunctionParameter>,
    pub is_static: bool,
    /// The result type as C spells it.
    pub returns: String,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionParameter {
    /// Empty where the definition has none.
    pub name: String,
    pub type_spelling: String,
    /// Dimensions and pointers around the element: 0 for what is passed by value.
    pub indirections: usize,
}

impl HostFunction {
    pub(crate) fn new(
        name: String,
        region: Span,
        text: &str,
        syntax: &Syntax,
        lowered: &Lowered,
        functions: Vec<FunctionSignature>,
        site: Site,
    ) -> Self {
        let declarations = syntax
            .variables
            .iter()
            .enumerate()
            .filter(|(_, variable)| !variable.inside)
            .filter_map(|(id, variable)| {
                let array = lowered.arrays.iter().position(|other| *other == id).map(ArrayId);
                let parameter =
                    lowered.parameters.iter().position(|other| *other == id).map(ParameterId);
                let kind = kind_of(variable, array, parameter)?;
                Some(HostDeclaration {
                    name: variable.name.clone(),
                    kind,
                    type_spelling: spelling(variable)?,
                    written: lowered.written.contains(&id),
                    storage: storage_of(variable),
                    pointer: variable.shape.as_ref().is_ok_and(|shape| shape.pointer),
                    record: variable.shape.as_ref().ok().and_then(|shape| shape.record.clone()),
                    dimensions: variable.shape.as_ref().map_or(0, |shape| shape.extents.len()),
                    constant: variable.declared.constant,
                    defined: variable.declared.defined,
                    internal: variable.declared.internal,
                    initialised: variable.declared.initialised,
                    values: variable.declared.values.clone(),
                    array,
                    parameter,
                })
            })
            .collect();
        Self {
            name,
            region_text: text.get(region.start..region.end).unwrap_or_default().to_owned(),
            region,
            site,
            declarations,
            functions,
        }
    }
}

fn storage_of(variable: &Variable) -> Storage {
    match variable.storage {
        syntax::Storage::Argument => Storage::Argument,
        syntax::Storage::Global if variable.declared.file_scope => Storage::File,
        syntax::Storage::Global | syntax::Storage::Local => Storage::Function,
    }
}

fn kind_of(
    variable: &Variable,
    array: Option<ArrayId>,
    parameter: Option<ParameterId>,
) -> Option<HostDeclarationKind> {
    let shape = variable.shape.as_ref().ok()?;
    match (array, parameter) {
        (Some(_), _) if shape.extents.is_empty() => Some(HostDeclarationKind::Scalar),
        (Some(_), _) => Some(HostDeclarationKind::Array),
        (_, Some(_)) => Some(HostDeclarationKind::Parameter),
        _ if !shape.extents.is_empty() => None,
        _ => Some(match variable.value {
            Some(value) => HostDeclarationKind::Constant(value),
            None => HostDeclarationKind::Iterator,
        }),
    }
}

fn spelling(variable: &Variable) -> Option<&'static str> {
    match &variable.shape.as_ref().ok()?.element {
        ValueType::Number(element) => Some(element.c_name()),
        ValueType::Boolean => Some("_Bool"),
        _ => None,
    }
}

impl FunctionSignature {
    pub(crate) fn of(function: Cursor<'_>) -> Self {
        Self {
            name: function.spelling(),
            parameters: function
                .arguments()
                .into_iter()
                .map(|parameter| FunctionParameter {
                    name: parameter.spelling(),
                    type_spelling: parameter.type_of().spelling(),
                    indirections: indirections(parameter.type_of()),
                })
                .collect(),
            is_static: function.is_static(),
            returns: function.result_type().spelling(),
        }
    }
}

fn indirections(declared: Type<'_>) -> usize {
    let mut current = declared.canonical();
    let mut count = 0;
    loop {
        current = match current.kind() {
            CXType_Pointer => current.pointee().canonical(),
            CXType_ConstantArray | CXType_IncompleteArray | CXType_VariableArray => {
                current.array_element().canonical()
            }
            _ => return count,
        };
        count += 1;
    }
}
