//! The file with a function that calls somebody else's version of the region's function.
//!
//! The version has the function's own name and type and lies in another object: written by hand, or made
//! by another compiler. The file is there for the types and the variables at file scope, with its own
//! definition of the function under another name.

use super::includes::with_absolute_includes;
use super::measuring::{arguments, head};
use super::text::Text;
use super::{MeasuringUnit, OutlineError, folder, prefix, without_mark};
use crate::host::{HostDeclarationKind, Storage};
use crate::libclang::Line;
use crate::unit::{Region, Unit};

/// The region's own function, called from outside.
const CALLER: &str = "@call";
/// The function that tells where variables at file scope are.
const LOCATOR: &str = "@call_locate";

/// Writes that text. The function's parameters are matched by name with the region's arrays, scalars
/// and parameters; variables at file scope that are not `static` are those of both objects.
///
/// # Errors
/// A parameter has no match, or an array of the region is neither a parameter nor visible to other files, so
/// that it cannot be handed over.
pub fn caller_unit(unit: &Unit, region: &Region) -> Result<MeasuringUnit, OutlineError> {
    let host = region.host.as_ref().ok_or(OutlineError::Rejected)?;
    let name = &host.name;
    let function = host
        .functions
        .iter()
        .find(|function| function.name == *name)
        .ok_or_else(|| OutlineError::UnknownInitializer { name: name.clone() })?;
    let handed_over = arguments(function, host).map_err(|parameter| {
        OutlineError::UnmatchedParameter { function: name.clone(), parameter }
    })?;
    let taken = |array: &str| function.parameters.iter().any(|one| one.name == array);
    let is_shared = |storage: Storage, internal: bool| storage == Storage::File && !internal;
    let missing = host.declarations.iter().find(|declaration| {
        matches!(declaration.kind, HostDeclarationKind::Array)
            && !taken(&declaration.name)
            && !is_shared(declaration.storage, declaration.internal)
    });
    if let Some(missing) = missing {
        return Err(OutlineError::UnreachableArray {
            function: name.clone(),
            array: missing.name.clone(),
        });
    }
    let folder = folder(unit);
    let mut text = Text::new(prefix(unit));
    text.line("#define main @user_main");
    text.line(&format!("#define {name} @user_{name}"));
    text.place(&Line { file: unit.file.clone(), number: 1 });
    text.raw(&with_absolute_includes(without_mark(unit.bytes.as_slice()), Some(&folder)));
    text.line("");
    text.line(&format!("#undef {name}"));
    text.line(&format!("extern __typeof__(@user_{name}) {name};"));
    let shared: Vec<_> = host
        .declarations
        .iter()
        .filter(|one| {
            matches!(one.kind, HostDeclarationKind::Array | HostDeclarationKind::Scalar)
                && is_shared(one.storage, one.internal)
                && !one.constant
                && !taken(&one.name)
        })
        .collect();
    if !shared.is_empty() {
        head(&mut text, LOCATOR);
        for declaration in &shared {
            let Some(position) = declaration.array else { continue };
            let (name, position) = (&declaration.name, position.0);
            let address = if declaration.pointer { "" } else { "&" };
            let condition =
                if declaration.pointer { format!("if ({name}) ") } else { String::new() };
            text.line(&format!("    {condition}@buffers[{position}] = (void *){address}{name};"));
        }
        text.line("}");
    }
    head(&mut text, CALLER);
    text.line(&format!("    {name}({});", handed_over.join(", ")));
    text.line("}");
    Ok(MeasuringUnit {
        folder,
        entry_symbol: text.name(CALLER),
        locator_symbol: (!shared.is_empty()).then(|| text.name(LOCATOR)),
        initializer_symbol: None,
        note: None,
        source: text.bytes,
    })
}
