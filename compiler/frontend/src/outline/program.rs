//! The user's file as part of the user's program, with regions replaced by calls of scheduled loops.

use super::checks::{Check, is_object, run_time_checks};
use super::includes::with_absolute_includes;
use super::text::{Globals, Text, bindings, other_program, outlined};
use super::{OutlineError, callable_name, folder, prefix, without_mark};
use crate::host::{HostDeclaration, HostDeclarationKind, HostFunction, Storage};
use crate::libclang::Line;
use crate::unit::{Region, Unit};
use loopwright_ir::planted::{Fault, planted};
use loopwright_ir::{Array, Program, Variable};
use std::path::Path;

/// What runs in a region's place.
#[derive(Clone, Debug)]
pub struct Replacement<'a> {
    pub region: &'a Region,
    /// The region's program for the sizes that the loops were made for.
    pub program: &'a Program,
    /// The function with the scheduled loops, which takes the arrays in the program's order and then the
    /// parameters as `int64_t`; `None` where the source stays.
    pub scheduled: Option<String>,
}

/// Writes the file. In front of each host function stands `loopwright_<program>`, which takes what the
/// scheduled loops take, checks [`run_time_checks`] and otherwise runs the region's own text on the
/// arguments; the region itself becomes a call that falls back to its own text where it stands.
///
/// # Errors
/// A region was rejected, or a program is another one's.
pub fn program_unit(
    unit: &Unit,
    replacements: &[Replacement<'_>],
) -> Result<Vec<u8>, OutlineError> {
    let prefix = prefix(unit);
    // What is written in front of each byte, and how many bytes of the file it stands for: none.
    let mut additions: Vec<(usize, Text)> = Vec::new();
    for replacement in replacements {
        let host = replacement.region.host.as_ref().ok_or(OutlineError::Rejected)?;
        additions.push((host.site.insertion, functions(unit, &prefix, host, replacement)?));
        if replacement.scheduled.is_some() {
            let (start, end) = (host.region.start, host.region.end);
            additions.push((start, opening(&prefix, host, replacement.program)?));
            additions.push((end, closing(&prefix, host)));
        }
    }
    Ok(with_additions(unit, &prefix, additions, Some(&folder(unit))))
}

/// The file's text with what is written in front of each of some bytes; included files that lie in `folder` by
/// their whole path.
pub(super) fn with_additions(
    unit: &Unit,
    prefix: &str,
    mut additions: Vec<(usize, Text)>,
    folder: Option<&Path>,
) -> Vec<u8> {
    let source = unit.bytes.as_slice();
    let own = |text: &[u8]| with_absolute_includes(text, folder);
    // Stable: of two functions at one place the first region's comes first.
    additions.sort_by_key(|(offset, _)| *offset);
    let mut text = Text::new(prefix.to_owned());
    text.place(&Line { file: unit.file.clone(), number: 1 });
    let mut position = source.len() - without_mark(source).len();
    for (offset, addition) in additions {
        let offset = offset.clamp(position, source.len());
        text.raw(&own(&source[position..offset]));
        text.raw(&addition.bytes);
        position = offset;
    }
    text.raw(&own(&source[position..]));
    text.line("");
    text.bytes
}

/// The function `loopwright_<program>` and what it calls.
fn functions(
    unit: &Unit,
    prefix: &str,
    host: &HostFunction,
    replacement: &Replacement<'_>,
) -> Result<Text, OutlineError> {
    let Replacement { program, scheduled, .. } = replacement;
    let name = &program.name;
    let callable = callable_name(unit, name);
    let mut text = Text::new(prefix.to_owned());
    text.line("");
    let own = host.site.calls_use_globals || host.site.asks_for_sizes;
    let globals = if own { Globals::InPlace } else { Globals::Passed };
    let region = format!("@text_{name}");
    // The text runs for other sizes than the loops: its arrays have the extents that the source gives them.
    let general = replacement.region.result.as_ref().map_err(|_| OutlineError::Rejected)?;
    outlined(&mut text, &region, &unit.bytes, host, general, globals)?;
    let parameters = parameters(program);
    let list = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let names: Vec<&str> = arguments(program).collect();
    if let Some(scheduled) = scheduled {
        text.line(&format!(
            "extern __attribute__((__visibility__(\"hidden\"))) void {scheduled}({list});"
        ));
        tried(&mut text, &format!("@try_{name}"), scheduled, program, &list, |_, _| true);
    }
    let exchanged = if own { exchanged(host) } else { Vec::new() };
    if !exchanged.is_empty() {
        text.line(&SWAP.replace("PROGRAM", name));
        exchange(&mut text, program, &exchanged)?;
    }
    text.line(&format!("__attribute__((__noinline__)) void {callable}({list})"));
    text.line("{");
    if scheduled.is_some() {
        text.line(&format!("    if (@try_{name}({})) return;", names.join(", ")));
    }
    let call = text_call(text.another(), host, program, &region, globals, &exchanged)?;
    text.raw(&call.bytes);
    text.line("}");
    if let Some(scheduled) = scheduled {
        // Arrays that are storage of their own in the file overlap nothing.
        let may_overlap =
            |one: &Array, other: &Array| !(is_object(&one.kind) && is_object(&other.kind));
        let name = format!("@here_{name}");
        tried(&mut text, &name, scheduled, program, &list, may_overlap);
    }
    text.place(&host.site.lines[0]);
    Ok(text)
}

/// Exchanges the contents of two pieces of memory, unless they are one.
const SWAP: &str = "\
static __attribute__((__unused__)) void @exchange_PROGRAM(void *one, void *other, unsigned long bytes)
{
    char *left = one, *right = other;
    unsigned long i;
    if (left == right) return;
    for (i = 0; i < bytes; i++) {
        char kept = left[i];
        left[i] = right[i];
        right[i] = kept;
    }
}";

/// The variables at file scope that the text uses and that are not fixed.
fn exchanged(host: &HostFunction) -> Vec<&HostDeclaration> {
    host.declarations
        .iter()
        .filter(|one| one.storage == Storage::File && !one.constant)
        .filter(|one| {
            !matches!(one.kind, HostDeclarationKind::Constant(_) | HostDeclarationKind::Iterator)
        })
        .collect()
}

/// A function that exchanges what its arguments point to with the variables at file scope, which are hidden
/// where the arguments have their names.
fn exchange(
    text: &mut Text,
    program: &Program,
    exchanged: &[&HostDeclaration],
) -> Result<(), OutlineError> {
    let parameters: Vec<String> =
        (0..exchanged.len()).map(|position| format!("void *@at_{position}")).collect();
    let program_name = &program.name;
    text.line(&format!("static void @swap_{program_name}({})", parameters.join(", ")));
    text.line("{");
    for (position, declaration) in exchanged.iter().enumerate() {
        let name = &declaration.name;
        let array = declaration.array.and_then(|id| program.arrays.get(id.0));
        let extents = array.map(|array| array.extents.as_slice()).unwrap_or_default();
        let bytes: Option<i64> = extents
            .iter()
            .try_fold(1_i64, |product, extent| product.checked_mul(extent.as_constant()?.max(0)));
        let size = match (bytes, array) {
            (Some(elements), Some(array)) if !extents.is_empty() && !declaration.pointer => {
                format!("{elements}UL * sizeof({})", array.element.c_name())
            }
            _ => format!("sizeof {name}"),
        };
        text.line(&format!(
            "    @exchange_{program_name}(@at_{position}, (void *)&{name}, {size});"
        ));
    }
    text.line("}");
    Ok(())
}

/// A function that runs the scheduled loops and gives 1 if all that must hold does, else 0.
fn tried(
    text: &mut Text,
    name: &str,
    scheduled: &str,
    program: &Program,
    list: &str,
    overlap: impl Fn(&Array, &Array) -> bool,
) {
    let array = |name: &str| program.arrays.iter().find(|array| array.name == name);
    let conditions: Vec<String> = run_time_checks(program)
        .iter()
        .filter(|check| match check {
            Check::Value { name, .. } => {
                let first = program.parameters.first().is_some_and(|first| first.name == *name);
                !planted(Fault::ValueUnchecked) && (first || !planted(Fault::FirstValueOnly))
            }
            Check::Holds { .. } | Check::ApartFor { .. } => true,
            Check::Apart { .. } if planted(Fault::OverlapUnchecked) => false,
            Check::Apart { first, second, .. } => {
                array(first).zip(array(second)).is_none_or(|(first, second)| overlap(first, second))
            }
        })
        .map(Check::condition)
        .collect();
    text.line(&format!("static __inline__ __attribute__((__unused__)) int {name}({list})"));
    text.line("{");
    if !conditions.is_empty() {
        text.line(&format!("    if (!({})) return 0;", conditions.join("\n          && ")));
    }
    let names: Vec<&str> = arguments(program).collect();
    text.line(&format!("    {scheduled}({});", names.join(", ")));
    text.line("    return 1;");
    text.line("}");
}

pub(super) fn arguments(program: &Program) -> impl Iterator<Item = &str> {
    let arrays = program.external_arrays().iter().map(|array| array.name.as_str());
    arrays.chain(program.parameters.iter().map(|parameter| parameter.name.as_str()))
}

/// The parameters of `loopwright_<program>`, each array as a pointer to its elements.
fn parameters(program: &Program) -> Vec<String> {
    let arrays = program.external_arrays().iter().map(|array| {
        let inner = array.extents.get(1..).unwrap_or_default();
        let inner: Option<String> = inner
            .iter()
            .map(|extent| extent.as_constant().map(|extent| format!("[{extent}]")))
            .collect();
        let (element, name) = (array.element.c_name(), &array.name);
        match inner {
            Some(inner) if !inner.is_empty() => format!("{element} (*{name}){inner}"),
            _ => format!("{element} *{name}"),
        }
    });
    let integers =
        program.parameters.iter().map(|parameter| format!("__INT64_TYPE__ {}", parameter.name));
    arrays.chain(integers).collect()
}

/// The call of the region's text on the arguments of `loopwright_<program>`.
fn text_call(
    mut text: Text,
    host: &HostFunction,
    program: &Program,
    region: &str,
    globals: Globals,
    exchanged: &[&HostDeclaration],
) -> Result<Text, OutlineError> {
    let argument = |declaration: &HostDeclaration| -> Result<String, OutlineError> {
        let name = || other_program(&declaration.name);
        match declaration.kind {
            HostDeclarationKind::Parameter => {
                let id = declaration.parameter.ok_or_else(name)?;
                let parameter = program.parameters.get(id.0).ok_or_else(name)?;
                Ok(format!("({}){}", declaration.type_spelling, parameter.name))
            }
            _ => {
                let id = declaration.array.ok_or_else(name)?;
                let array = program.arrays.get(id.0).ok_or_else(name)?;
                Ok(format!("(void *){}", array.name))
            }
        }
    };
    let swap = format!("@swap_{}", program.name);
    let mut handed = Vec::new();
    for declaration in exchanged {
        if declaration.kind == HostDeclarationKind::Parameter {
            let kept = format!("@kept_{}", declaration.name);
            let typed = argument(declaration)?;
            text.line(&format!("    {} {kept} = {typed};", declaration.type_spelling));
            handed.push(format!("&{kept}"));
        } else if declaration.pointer {
            let kept = format!("@kept_{}", declaration.name);
            text.line(&format!("    void *{kept} = {};", argument(declaration)?));
            handed.push(format!("&{kept}"));
        } else {
            handed.push(argument(declaration)?);
        }
    }
    // Twice: the file's own variables have the arguments' contents for the time of the call.
    let exchange = format!("    {swap}({});", handed.join(", "));
    if !exchanged.is_empty() {
        text.line(&exchange);
    }
    let passed: Result<Vec<String>, OutlineError> = bindings(host, program, globals)?
        .iter()
        .map(|binding| argument(binding.declaration))
        .collect();
    text.line(&format!("    {region}({});", passed?.join(", ")));
    if !exchanged.is_empty() && !planted(Fault::GlobalNotExchanged) {
        text.line(&exchange);
    }
    Ok(text)
}

/// The declaration of an array that only lives in the region. One of no elements is one of one here.
fn temporary(
    array: &Array,
    host: &HostFunction,
    program: &Program,
) -> Result<String, OutlineError> {
    // Parameters have the names that they have in the file.
    let name = |variable: Variable| match variable {
        Variable::Parameter(position) => (host.declarations.iter())
            .find(|one| one.parameter.is_some_and(|id| id.0 == position as usize))
            .map_or_else(|| program.parameter_name(variable), |one| one.name.clone()),
        other => other.to_string(),
    };
    let mut extents = String::new();
    for extent in &array.extents {
        match extent.as_constant() {
            Some(extent) => extents.push_str(&format!("[{}]", extent.max(1))),
            None => {
                let extent = extent.display_with(&name);
                extents.push_str(&format!("[({extent}) > 0 ? ({extent}) : 1]"));
            }
        }
    }
    Ok(format!("{} @of_{}{extents}", array.element.c_name(), array.name))
}

/// Finds out whether the rows of a matrix that is a pointer to pointers lie evenly apart, and how far: declares where its
/// row of number 0 lies or would lie, else a null pointer, and the parameter.
fn rows(
    array: &Array,
    declaration: &HostDeclaration,
    host: &HostFunction,
    program: &Program,
) -> Result<String, OutlineError> {
    let other = || other_program(&declaration.name);
    let [rows, stride] = array.extents.as_slice() else { return Err(other()) };
    let name = |variable: Variable| match variable {
        Variable::Parameter(position) => (host.declarations.iter())
            .find(|one| one.parameter.is_some_and(|id| id.0 == position as usize))
            .map_or_else(
                || program.parameter_name(variable),
                |one| format!("(long)({})", one.text()),
            ),
        other => other.to_string(),
    };
    let rows = rows.display_with(&name);
    let parameter = stride.variables().next().and_then(|variable| match variable {
        Variable::Parameter(position) => program.parameters.get(position as usize),
        _ => None,
    });
    // The extent of a program for known sizes is a number.
    let parameter = match parameter {
        Some(parameter) => parameter.name.as_str(),
        None => {
            let strides = host.declarations.iter().filter(|one| one.is_stride);
            let own = format!("{}_ld", declaration.name);
            let found = strides.map(|one| one.name.as_str()).find(|name| name.starts_with(&own));
            found.ok_or_else(other)?
        }
    };
    let (name, table) = (&declaration.name, declaration.text());
    let first = declaration.first_row.unwrap_or_default();
    let second = first + 1;
    let behind = declaration.member.as_ref().filter(|member| member.is_behind_pointer());
    let exists = behind.map(|member| format!("{} && ", member.of)).unwrap_or_default();
    Ok(format!(
        "\
    __INT64_TYPE__ {parameter} = 0; char *@rows_{name} = 0;
    if ({exists}{table} && {rows} > {second}) {{
        __INT64_TYPE__ @row, @apart = (__INTPTR_TYPE__){table}[{second}] - (__INTPTR_TYPE__){table}[{first}];
        for (@row = {second}; @row < {rows} && (__INTPTR_TYPE__){table}[@row] - (__INTPTR_TYPE__){table}[@row - 1] == @apart; @row++);
        if (@row >= {rows} && @apart > 0 && @apart % (long)sizeof **{table} == 0) {{
            {parameter} = @apart / (long)sizeof **{table};
            @rows_{name} = (char *){table}[{first}] - {first} * @apart;
        }}
    }}"
    ))
}

/// What stands between the region's text and the closing pragma.
pub(super) fn closing(prefix: &str, host: &HostFunction) -> Text {
    let mut closing = Text::new(prefix.to_owned());
    closing.line("");
    closing.line("}}");
    closing.place(&host.site.lines[2]);
    closing
}

/// What stands between the opening pragma and the region's text.
pub(super) fn opening(
    prefix: &str,
    host: &HostFunction,
    program: &Program,
) -> Result<Text, OutlineError> {
    let mut text = Text::new(prefix.to_owned());
    text.line("");
    text.line("{");
    let mut arguments = Vec::new();
    let mut stores = Vec::new();
    for (position, array) in program.external_arrays().iter().enumerate() {
        let declaration =
            host.declarations.iter().find(|one| one.array.is_some_and(|id| id.0 == position));
        let Some(declaration) = declaration else {
            // The text declares it itself, and so does the call.
            text.line(&format!("    {};", temporary(array, host, program)?));
            let address = if array.extents.is_empty() { "&" } else { "(void *)" };
            arguments.push(format!("{address}@of_{}", array.name));
            continue;
        };
        let HostDeclaration { name, type_spelling, .. } = declaration;
        match declaration.kind {
            HostDeclarationKind::Array if declaration.first_row.is_some() => {
                text.line(&rows(array, declaration, host, program)?);
                arguments.push(format!("@rows_{name}"));
            }
            HostDeclarationKind::Array => arguments.push(format!("(void *){}", declaration.text())),
            _ if declaration.member.is_some() => {
                arguments.push(format!("(void *)&{}", declaration.text()));
            }
            _ if declaration.storage == Storage::File => {
                arguments.push(format!("(void *)&{name}"));
            }
            _ => {
                text.line(&format!("    {type_spelling} @of_{name} = {name};"));
                arguments.push(format!("&@of_{name}"));
                if declaration.written && !planted(Fault::ScalarNotStored) {
                    stores.push(format!("{name} = @of_{name};"));
                }
            }
        }
    }
    for (position, parameter) in program.parameters.iter().enumerate() {
        let declaration = host
            .declarations
            .iter()
            .find(|one| one.parameter.is_some_and(|id| id.0 == position))
            .ok_or_else(|| other_program(&parameter.name))?;
        arguments.push(declaration.text());
    }
    // The source itself looks into no structure where its loops do not run.
    let mut there: Vec<String> = host
        .declarations
        .iter()
        .filter(|one| one.first_row.is_some())
        .map(|one| format!("@rows_{} && ", one.name))
        .collect();
    for member in host.declarations.iter().filter_map(|one| one.member.as_ref()) {
        let exists = format!("{} && ", member.of);
        if member.is_behind_pointer() && !there.contains(&exists) {
            there.push(exists);
        }
    }
    text.line(&format!(
        "    if ({}@here_{}({})) {{ {} }} else {{",
        there.concat(),
        program.name,
        arguments.join(", "),
        stores.join(" ")
    ));
    text.place(&host.site.lines[1]);
    Ok(text)
}
