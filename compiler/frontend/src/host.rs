//! What is needed to compile a region's original text outside its function: the variables that the
//! text mentions and the signatures of the file's functions.

// libclang's constants keep their names from C.
#![allow(non_upper_case_globals)]

use crate::libclang::{Cursor, Type};
use crate::lower::Lowered;
use crate::outline::Site;
use crate::parameters::first_row;
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
    /// The values that its elements may have, where the type has fewer than its bits (`_Bool` and
    /// enumerations), or where they are subscripts.
    pub values: Option<Vec<i64>>,
    pub array: Option<ArrayId>,
    pub parameter: Option<ParameterId>,
    /// Where it is a member of the structure of a variable.
    pub member: Option<HostMember>,
    /// It is a pointer to the pointers to its rows, of which this is the first one that is used.
    pub first_row: Option<i64>,
    /// Where it is how far apart the rows of such a matrix lie.
    pub is_stride: bool,
    /// What it is worth before the region, as the source spells it, where reading the region relies on it.
    pub entry: Option<String>,
}

/// A member of the structure that a variable holds or points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostMember {
    /// The variable's name.
    pub of: String,
    /// The structure's type as the source spells it.
    pub spelling: String,
    /// What follows the variable's name: `->grid.n`.
    pub path: String,
    /// The variable has its storage at this file's scope.
    pub at_file_scope: bool,
}

impl HostMember {
    /// As the source spells it.
    pub fn text(&self) -> String {
        format!("{}{}", self.of, self.path)
    }

    /// The path within the structure: `grid.n`.
    pub fn within(&self) -> &str {
        self.path.trim_start_matches("->").trim_start_matches('.')
    }

    /// Whether the variable is a pointer to the structure.
    pub fn is_behind_pointer(&self) -> bool {
        self.path.starts_with("->")
    }
}

impl HostDeclaration {
    /// The structure that it is an array in, where it is one.
    pub fn array_in_structure(&self) -> Option<&HostMember> {
        let is_array = self.kind == HostDeclarationKind::Array && !self.pointer;
        self.member.as_ref().filter(|_| is_array)
    }

    /// What the source writes for it.
    pub fn text(&self) -> String {
        self.member.as_ref().map_or_else(|| self.name.clone(), HostMember::text)
    }
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
    /// The type without the file's typedefs.
    pub canonical_spelling: String,
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
                let entry = syntax.entries.get(&id).filter(|_| lowered.entered.contains(&id));
                let entry = entry.and_then(|value| text.get(value.place.start..value.place.end));
                Some(HostDeclaration {
                    entry: entry.map(str::to_owned),
                    first_row: variable
                        .shape
                        .as_ref()
                        .ok()
                        .filter(|shape| shape.rows)
                        .and_then(|_| first_row(&lowered.program, array?)),
                    is_stride: variable.stride_of.is_some(),
                    name: variable.name.clone(),
                    kind,
                    type_spelling: spelling(variable)?,
                    written: lowered.written.contains(&id)
                        || array.is_some_and(|array| is_written(lowered, array)),
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
                    member: variable.member.as_ref().map(|member| HostMember {
                        of: member.of.clone(),
                        spelling: member.spelling.clone(),
                        path: member.path.clone(),
                        at_file_scope: member.at_file_scope,
                    }),
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

impl HostFunction {
    /// Keeps what the arrays hold to some values, by array; elsewhere nothing is known of it.
    pub(crate) fn restrict(&mut self, values: &[Option<Vec<i64>>]) {
        for declaration in &mut self.declarations {
            let wanted = declaration.array.and_then(|array| values.get(array.0)?.clone());
            let Some(mut wanted) = wanted else { continue };
            if let Some(known) = &declaration.values {
                wanted.retain(|value| known.contains(value));
            }
            if !wanted.is_empty() {
                declaration.values = Some(wanted);
            }
        }
    }
}

fn is_written(lowered: &Lowered, array: ArrayId) -> bool {
    lowered.program.statements.iter().any(|statement| statement.write.array == array)
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
                    canonical_spelling: parameter.type_of().canonical().spelling(),
                    indirections: indirections(parameter.type_of()),
                })
                .collect(),
            is_static: function.is_static(),
            returns: function.result_type().canonical().spelling(),
        }
    }

    /// The declaration as another file may have it, without the semicolon.
    pub fn prototype(&self) -> String {
        let parameters: Vec<String> = (self.parameters.iter())
            .map(|parameter| declarator(&parameter.canonical_spelling, &parameter.name))
            .collect();
        let list = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
        declarator(&self.returns, &format!("{}({list})", self.name))
    }
}

/// A declaration of a name with a type: `double (*C)[8]` of `double (*)[8]`.
fn declarator(spelling: &str, name: &str) -> String {
    if let Some(start) = spelling.find("(*")
        && let Some(end) = spelling.get(start..).and_then(|rest| rest.find(')'))
    {
        let (head, tail) = spelling.split_at(start + end);
        let blank = if head.ends_with('*') { "" } else { " " };
        return format!("{head}{blank}{name}{tail}");
    }
    match spelling.find('[') {
        Some(at) => {
            let (head, tail) = spelling.split_at(at);
            format!("{} {name}{tail}", head.trim_end())
        }
        None if spelling.ends_with('*') => format!("{spelling}{name}"),
        None => format!("{spelling} {name}"),
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
