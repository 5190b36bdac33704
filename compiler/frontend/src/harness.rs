//! C text by which a region's original code is compiled by itself and run on a program's buffers.
//!
//! The text includes the user's file, so that its macros, types and functions are there, with `main`
//! renamed; then a function declares variables of the region's own names over the buffers and has the
//! region's text, untouched, in its body. Both functions take `void **buffers` in the order of the
//! program's arrays (a scalar is a buffer of one element) and `const long *parameters` in the order
//! of its parameters.

use crate::host::{FunctionSignature, HostDeclaration, HostDeclarationKind, HostFunction};
use crate::unit::{Region, Unit};
use loopwright_ir::{Array, ArrayKind, Program, Variable};
use std::fmt::Write;

/// The function that runs the region.
const ENTRY: &str = "loopwright_original";

/// The function that fills the buffers.
const INITIALIZER: &str = "loopwright_initialize";

/// The name under which a file's initialising function is looked for by itself.
const USUAL_INITIALIZER: &str = "init_array";

/// The region's own function, called from outside.
pub(crate) const CALLER: &str = "loopwright_call";

/// C text with its entry points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harness {
    pub source: String,
    /// `void SYMBOL(void **buffers, const long *parameters)`, which runs the region once.
    pub entry_symbol: String,
    /// A function of the same type that fills the buffers, if the file has one.
    pub initializer_symbol: Option<String>,
    /// Why there is no initialiser although the file has a function of that name.
    pub note: Option<String>,
}

/// Why there is no harness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HarnessError {
    #[error("the region was rejected, so that its variables are not known")]
    Rejected,
    #[error("the file's path cannot be written in an `#include`: {path}")]
    Path { path: String },
    #[error("the file defines no function `{name}`")]
    UnknownInitializer { name: String },
    #[error(
        "`{function}` cannot be called on the program's arrays: its parameter `{parameter}` has the \
             name of no array, scalar or parameter of the region"
    )]
    UnmatchedParameter { function: String, parameter: String },
    #[error(
        "`{function}` cannot be called on the program's arrays: `{array}` is not among its parameters"
    )]
    UnreachableArray { function: String, array: String },
    #[error("the program is not the region's: `{name}` is not among its arrays and parameters")]
    OtherProgram { name: String },
}

/// Writes the harness of a region. `program` is the region's own, specialised or not. The function
/// `init_function`, by default `init_array`, fills the buffers if each of its parameters has the name
/// of an array, scalar or parameter of the program.
pub fn original_harness(
    unit: &Unit,
    region: &Region,
    program: &Program,
    init_function: Option<&str>,
) -> Result<Harness, HarnessError> {
    let host = region.host.as_ref().ok_or(HarnessError::Rejected)?;
    let path = path_in_include(unit)?;
    let mut source = String::new();
    line(&mut source, "#define main loopwright_user_main");
    line(&mut source, &format!("#include \"{path}\""));
    line(&mut source, "#undef main");
    line(&mut source, "");
    write_entry(&mut source, &path, host, program)?;

    let wanted = init_function.unwrap_or(USUAL_INITIALIZER);
    let mut note = None;
    let mut initializer_symbol = None;
    match host.functions.iter().find(|function| function.name == wanted) {
        Some(function) => match arguments(function, host) {
            Ok(arguments) => {
                write_initializer(&mut source, wanted, &arguments);
                initializer_symbol = Some(INITIALIZER.to_owned());
            }
            Err(parameter) => {
                note = Some(format!(
                    "`{wanted}` is not used to fill the arrays: its parameter `{parameter}` has the \
                     name of no array, scalar or parameter of the region"
                ));
            }
        },
        None if wanted == USUAL_INITIALIZER => {}
        None => return Err(HarnessError::UnknownInitializer { name: wanted.to_owned() }),
    }
    Ok(Harness { source, entry_symbol: ENTRY.to_owned(), initializer_symbol, note })
}

/// The file's absolute path, if it can stand between quotes.
pub(crate) fn path_in_include(unit: &Unit) -> Result<String, HarnessError> {
    let path = std::path::absolute(&unit.file).unwrap_or_else(|_| unit.file.clone());
    let path = path.to_string_lossy().into_owned();
    if path.contains(['"', '\n', '\\']) {
        return Err(HarnessError::Path { path });
    }
    Ok(path)
}

pub(crate) fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

pub(crate) fn signature(name: &str) -> String {
    format!(
        "__attribute__((noinline)) void {name}(void **loopwright_buffers, const long *loopwright_parameters)"
    )
}

fn write_entry(
    text: &mut String,
    path: &str,
    host: &HostFunction,
    program: &Program,
) -> Result<(), HarnessError> {
    line(text, &format!("{};", signature(ENTRY)));
    line(text, &signature(ENTRY));
    line(text, "{");
    line(text, "    (void)loopwright_buffers, (void)loopwright_parameters;");
    // Integers before arrays: extents of variable length mention them.
    let mut declarations: Vec<&HostDeclaration> = host.declarations.iter().collect();
    declarations.sort_by_key(|declaration| match declaration.kind {
        HostDeclarationKind::Parameter | HostDeclarationKind::Constant(_) => 0,
        HostDeclarationKind::Scalar | HostDeclarationKind::Array => 1,
        HostDeclarationKind::Iterator => 2,
    });
    let mut stores = String::new();
    for declaration in declarations {
        let HostDeclaration { name, type_spelling, .. } = declaration;
        let other = || HarnessError::OtherProgram { name: name.clone() };
        match declaration.kind {
            HostDeclarationKind::Parameter => {
                let position = declaration.parameter.ok_or_else(other)?.0;
                line(
                    text,
                    &format!(
                        "    {type_spelling} {name} = ({type_spelling})loopwright_parameters[{position}];"
                    ),
                );
            }
            HostDeclarationKind::Constant(value) => {
                line(text, &format!("    const {type_spelling} {name} = {value};"));
            }
            HostDeclarationKind::Iterator => {
                line(text, &format!("    {type_spelling} {name} = 0;"))
            }
            HostDeclarationKind::Scalar => {
                let position = declaration.array.ok_or_else(other)?.0;
                let element = format!("*({type_spelling} *)loopwright_buffers[{position}]");
                line(text, &format!("    {type_spelling} {name} = {element};"));
                if declaration.written {
                    line(&mut stores, &format!("    {element} = {name};"));
                }
            }
            HostDeclarationKind::Array => {
                let id = declaration.array.ok_or_else(other)?;
                let array = program.arrays.get(id.0).ok_or_else(other)?;
                line(text, &array_declaration(declaration, id.0, array, program));
            }
        }
    }
    let _ = writeln!(text, "#line {} \"{path}\"", host.region.line);
    line(text, &host.region_text);
    line(text, "#line 1 \"loopwright_original\"");
    text.push_str(&stores);
    line(text, "}");
    Ok(())
}

/// `double (*__restrict C)[NJ] = buffers[0];`
fn array_declaration(
    declaration: &HostDeclaration,
    position: usize,
    array: &Array,
    program: &Program,
) -> String {
    let HostDeclaration { name, type_spelling, .. } = declaration;
    let qualifier = match array.kind {
        ArrayKind::Argument => "",
        ArrayKind::Global
        | ArrayKind::RestrictArgument
        | ArrayKind::Local
        | ArrayKind::Expanded { .. } => "__restrict ",
    };
    let names = |variable: Variable| program.parameter_name(variable);
    let inner: String = array
        .extents
        .iter()
        .skip(1)
        .map(|extent| format!("[{}]", extent.display_with(&names)))
        .collect();
    let declarator = if inner.is_empty() {
        format!("*{qualifier}{name}")
    } else {
        format!("(*{qualifier}{name}){inner}")
    };
    format!("    {type_spelling} {declarator} = loopwright_buffers[{position}];")
}

/// The arguments of a call of the initialising function, or the parameter that has no match.
pub(crate) fn arguments(
    function: &FunctionSignature,
    host: &HostFunction,
) -> Result<Vec<String>, String> {
    function
        .parameters
        .iter()
        .map(|parameter| {
            let mut same = host.declarations.iter().filter(|known| known.name == parameter.name);
            let by_value = parameter.indirections == 0;
            let from_region = same.next().and_then(|known| match known.kind {
                HostDeclarationKind::Parameter if by_value => {
                    Some(format!("loopwright_parameters[{}]", known.parameter?.0))
                }
                HostDeclarationKind::Constant(value) if by_value => Some(value.to_string()),
                HostDeclarationKind::Scalar if by_value => {
                    let position = known.array?.0;
                    Some(format!("*({} *)loopwright_buffers[{position}]", known.type_spelling))
                }
                HostDeclarationKind::Scalar if parameter.indirections == 1 => {
                    Some(format!("(void *)loopwright_buffers[{}]", known.array?.0))
                }
                HostDeclarationKind::Array if !by_value => {
                    Some(format!("(void *)loopwright_buffers[{}]", known.array?.0))
                }
                _ => None,
            });
            from_region.ok_or_else(|| parameter.name.clone())
        })
        .collect()
}

fn write_initializer(text: &mut String, function: &str, arguments: &[String]) {
    line(text, "");
    line(text, &format!("{};", signature(INITIALIZER)));
    line(text, &signature(INITIALIZER));
    line(text, "{");
    line(text, "    (void)loopwright_buffers, (void)loopwright_parameters;");
    line(text, &format!("    {function}({});", arguments.join(", ")));
    line(text, "}");
}
