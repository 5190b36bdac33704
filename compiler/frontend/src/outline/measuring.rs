//! The file with functions that run the region on a program's buffers.

use super::includes::with_absolute_includes;
use super::text::{Globals, Text, bindings, other_program, outlined};
use super::{MeasuringUnit, OutlineError, folder, prefix, without_mark};
use crate::host::{
    FunctionSignature, HostDeclaration, HostDeclarationKind, HostFunction, HostMember, Storage,
};
use crate::libclang::Line;
use crate::unit::{Region, Unit};
use loopwright_ir::{Program, Variable};

/// The function that runs the region.
const ENTRY: &str = "@original";
/// The function that tells where variables at file scope are.
const LOCATOR: &str = "@locate";
/// The function that gives the buffers their first values.
const INITIALIZER: &str = "@initialize";
/// The region's text.
const TEXT: &str = "@region";

/// The name under which a file's initialising function is looked for by itself.
const USUAL_INITIALIZER: &str = "init_array";

/// Writes the unit of a region. `program` is the region's own, specialised or not. The function
/// `init_function`, by default `init_array`, fills the buffers: variables at file scope as it likes, others
/// through the parameters that have their names.
///
/// # Errors
/// The region was rejected, the program is another one's, or a function that was asked for by name is missing.
pub fn measuring_unit(
    unit: &Unit,
    region: &Region,
    program: &Program,
    init_function: Option<&str>,
) -> Result<MeasuringUnit, OutlineError> {
    let host = region.host.as_ref().ok_or(OutlineError::Rejected)?;
    let source = unit.bytes.as_slice();
    let (before, behind) = source.split_at(host.site.insertion.min(source.len()));
    let folder = folder(unit);
    let mut text = Text::new(prefix(unit));
    text.line("#define main @user_main");
    text.place(&Line { file: unit.file.clone(), number: 1 });
    text.raw(&with_absolute_includes(without_mark(before), Some(&folder)));
    text.line("");
    outlined(&mut text, TEXT, source, host, program, Globals::InPlace)?;
    entry(&mut text, host, program)?;
    let has_locator = host
        .declarations
        .iter()
        .any(|one| one.storage == Storage::File || one.array_in_structure().is_some());
    if has_locator {
        locator(&mut text, host)?;
    }
    text.place(&host.site.lines[0]);
    text.raw(&with_absolute_includes(behind, Some(&folder)));
    text.line("");
    stand_ins(&mut text, host, program);

    let wanted = init_function.unwrap_or(USUAL_INITIALIZER);
    let mut note = None;
    let mut call = None;
    match host.functions.iter().find(|function| function.name == wanted) {
        Some(function) => match arguments(function, host) {
            Ok(arguments) => call = Some(format!("    {wanted}({});", arguments.join(", "))),
            Err(parameter) => {
                note = Some(format!(
                    "`{wanted}` is not used to fill the arrays: its parameter `{parameter}` has the \
                     name of no array, scalar or parameter of the region"
                ));
            }
        },
        None if wanted == USUAL_INITIALIZER => {}
        None => return Err(OutlineError::UnknownInitializer { name: wanted.to_owned() }),
    }
    let initializes = call.is_some() || host.declarations.iter().any(is_file_pointer);
    if initializes {
        initializer(&mut text, host, program, call.as_deref())?;
    }
    Ok(MeasuringUnit {
        folder,
        entry_symbol: text.name(ENTRY),
        locator_symbol: has_locator.then(|| text.name(LOCATOR)),
        initializer_symbol: initializes.then(|| text.name(INITIALIZER)),
        note,
        source: text.bytes,
    })
}

/// The head of a function that a measurement calls.
pub(crate) fn head(text: &mut Text, name: &str) {
    text.line(&format!(
        "__attribute__((__noinline__, __visibility__(\"default\"))) void {name}(void **@buffers, const long *@parameters)"
    ));
    text.line("{");
    text.line("    (void)@buffers, (void)@parameters;");
}

fn position(declaration: &HostDeclaration) -> Result<usize, OutlineError> {
    let array = declaration.array.map(|array| array.0);
    array
        .or(declaration.parameter.map(|parameter| parameter.0))
        .ok_or_else(|| other_program(&declaration.name))
}

/// The value of a parameter, converted to its type.
fn value(declaration: &HostDeclaration) -> Result<String, OutlineError> {
    let position = position(declaration)?;
    Ok(format!("({})@parameters[{position}]", declaration.type_spelling))
}

/// A pointer at file scope that can be made to point to a buffer.
fn is_file_pointer(declaration: &HostDeclaration) -> bool {
    declaration.storage == Storage::File
        && declaration.pointer
        && !declaration.constant
        && declaration.kind == HostDeclarationKind::Array
}

fn entry(text: &mut Text, host: &HostFunction, program: &Program) -> Result<(), OutlineError> {
    head(text, ENTRY);
    for declaration in host.declarations.iter().filter(|one| one.storage == Storage::File) {
        let name = &declaration.name;
        if declaration.constant {
            continue;
        }
        match declaration.kind {
            HostDeclarationKind::Parameter => {
                text.line(&format!("    {name} = {};", value(declaration)?));
            }
            HostDeclarationKind::Array if is_file_pointer(declaration) => {
                let position = position(declaration)?;
                text.line(&format!("    {name} = @buffers[{position}];"));
            }
            _ => {}
        }
    }
    let arguments: Result<Vec<String>, OutlineError> = bindings(host, program, Globals::InPlace)?
        .iter()
        .map(|binding| match binding.declaration.kind {
            HostDeclarationKind::Parameter => value(binding.declaration),
            _ => Ok(format!("@buffers[{}]", position(binding.declaration)?)),
        })
        .collect();
    text.line(&format!("    {TEXT}({});", arguments?.join(", ")));
    text.line("}");
    Ok(())
}

fn locator(text: &mut Text, host: &HostFunction) -> Result<(), OutlineError> {
    head(text, LOCATOR);
    for declaration in host.declarations.iter().filter(|one| one.storage == Storage::File) {
        let HostDeclaration { name, kind, .. } = declaration;
        if !matches!(kind, HostDeclarationKind::Array | HostDeclarationKind::Scalar)
            || is_file_pointer(declaration)
        {
            continue;
        }
        let position = position(declaration)?;
        let address = if declaration.pointer { "" } else { "&" };
        text.line(&format!("    @buffers[{position}] = (void *){address}{name};"));
    }
    located_structures(text, host)?;
    text.line("}");
    Ok(())
}

/// Arrays in structures lie in one, as they do in the program.
fn located_structures(text: &mut Text, host: &HostFunction) -> Result<(), OutlineError> {
    let mut known: Vec<&str> = Vec::new();
    let all = host.declarations.iter().filter_map(|one| Some((one, one.array_in_structure()?)));
    for (_, first) in all.clone() {
        let HostMember { of, spelling, .. } = first;
        if known.contains(&of.as_str()) {
            continue;
        }
        known.push(of);
        let own = first.at_file_scope && !first.is_behind_pointer();
        if !own {
            // The type may be one of the function's own.
            text.line("{");
            host.site.blocks.iter().flatten().for_each(|piece| text.raw(&piece.text));
            text.line(&format!("    static {spelling} @in_{of};"));
        }
        let structure = if own { of.clone() } else { format!("@in_{of}") };
        for (declaration, member) in all.clone().filter(|(_, member)| member.of == *of) {
            let (position, within) = (position(declaration)?, member.within());
            text.line(&format!("    @buffers[{position}] = (void *)&{structure}.{within};"));
        }
        if !own {
            text.line("}");
        }
    }
    Ok(())
}

/// Storage for arrays and scalars of the region that other files define.
fn stand_ins(text: &mut Text, host: &HostFunction, program: &Program) {
    let strangers =
        host.declarations.iter().filter(|one| one.storage == Storage::File && !one.defined);
    for declaration in strangers {
        let name = &declaration.name;
        let array = declaration.array.and_then(|id| program.arrays.get(id.0));
        let extents: Option<Vec<i64>> = match array {
            Some(array) if !declaration.pointer => array
                .extents
                .iter()
                .map(|extent| {
                    extent
                        .substitute(|variable| match variable {
                            Variable::Parameter(position) => {
                                program.parameter_value(position).map_or_else(
                                    || loopwright_ir::Affine::variable(variable),
                                    loopwright_ir::Affine::constant,
                                )
                            }
                            other => loopwright_ir::Affine::variable(other),
                        })
                        .as_constant()
                })
                .collect(),
            _ => Some(Vec::new()),
        };
        let Some(mut extents) = extents else { continue };
        if declaration.record.is_some() {
            extents.pop();
        }
        if declaration.dimensions < extents.len() {
            extents = vec![extents.iter().product()];
        }
        let first = "[0]".repeat(extents.len());
        let sizes: String = extents.iter().map(|extent| format!("[{extent}]")).collect();
        text.line(&format!("__typeof__({name}{first}) {name}{sizes};"));
    }
}

/// Calls the file's own function. Pointers at file scope point to the buffers, unless the file makes them
/// point elsewhere: what is there is then copied.
fn initializer(
    text: &mut Text,
    host: &HostFunction,
    program: &Program,
    call: Option<&str>,
) -> Result<(), OutlineError> {
    head(text, INITIALIZER);
    let mut behind = Vec::new();
    for declaration in host.declarations.iter().filter(|one| one.storage == Storage::File) {
        let name = &declaration.name;
        if is_file_pointer(declaration) {
            let position = position(declaration)?;
            text.line(&format!("    if (!{name}) {name} = @buffers[{position}];"));
            let elements = declaration.array.and_then(|id| program.elements(id));
            if let Some(elements) = elements {
                behind.push(format!(
                    "    if ({name} != @buffers[{position}]) __builtin_memcpy(@buffers[{position}], {name}, {elements} * sizeof *({} *){name});",
                    declaration.type_spelling
                ));
            }
        } else if !declaration.constant && declaration.kind == HostDeclarationKind::Parameter {
            text.line(&format!("    {name} = {};", value(declaration)?));
        }
    }
    if let Some(call) = call {
        text.line(call);
    }
    behind.iter().for_each(|line| text.line(line));
    text.line("}");
    Ok(())
}

/// The arguments of a call of one of the file's functions, or the parameter that has no match.
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
                    Some(format!("@parameters[{}]", known.parameter?.0))
                }
                HostDeclarationKind::Constant(value) if by_value => Some(value.to_string()),
                HostDeclarationKind::Scalar if by_value => {
                    let position = known.array?.0;
                    Some(format!("*({} *)@buffers[{position}]", known.type_spelling))
                }
                HostDeclarationKind::Scalar if parameter.indirections == 1 => {
                    Some(format!("(void *)@buffers[{}]", known.array?.0))
                }
                HostDeclarationKind::Array if !by_value && known.first_row.is_none() => {
                    Some(format!("(void *)@buffers[{}]", known.array?.0))
                }
                _ => None,
            });
            from_region.ok_or_else(|| parameter.name.clone())
        })
        .collect()
}
