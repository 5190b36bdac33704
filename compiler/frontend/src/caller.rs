//! C text that calls somebody else's version of the region's function on a program's buffers.
//!
//! The version has the function's own name and type and lies in another object: written by hand, or made
//! by another compiler. The text includes the user's file for the types, with its own definition of
//! the function under another name, and declares the other one with the same type.

use crate::harness::{CALLER, Harness, HarnessError, arguments, line, path_in_include, signature};
use crate::host::HostDeclarationKind;
use crate::unit::{Region, Unit};

/// Writes that text. The function's parameters are matched by name with the region's arrays, scalars
/// and parameters.
///
/// # Errors
/// A parameter has no match, or an array of the region is no parameter, so that it cannot be handed over.
pub fn caller_harness(unit: &Unit, region: &Region) -> Result<Harness, HarnessError> {
    let host = region.host.as_ref().ok_or(HarnessError::Rejected)?;
    let path = path_in_include(unit)?;
    let name = &host.name;
    let function = host
        .functions
        .iter()
        .find(|function| function.name == *name)
        .ok_or_else(|| HarnessError::UnknownInitializer { name: name.clone() })?;
    let handed_over = arguments(function, host).map_err(|parameter| {
        HarnessError::UnmatchedParameter { function: name.clone(), parameter }
    })?;
    let taken = |array: &str| function.parameters.iter().any(|one| one.name == array);
    let missing = host.declarations.iter().find(|declaration| {
        matches!(declaration.kind, HostDeclarationKind::Array) && !taken(&declaration.name)
    });
    if let Some(missing) = missing {
        return Err(HarnessError::UnreachableArray {
            function: name.clone(),
            array: missing.name.clone(),
        });
    }
    let mut source = String::new();
    line(&mut source, "#define main loopwright_user_main");
    line(&mut source, &format!("#define {name} loopwright_user_{name}"));
    line(&mut source, &format!("#include \"{path}\""));
    line(&mut source, &format!("#undef {name}"));
    line(&mut source, "#undef main");
    line(&mut source, "");
    line(&mut source, &format!("extern __typeof__(loopwright_user_{name}) {name};"));
    line(&mut source, &format!("{};", signature(CALLER)));
    line(&mut source, &signature(CALLER));
    line(&mut source, "{");
    line(&mut source, "    (void)loopwright_buffers, (void)loopwright_parameters;");
    line(&mut source, &format!("    {name}({});", handed_over.join(", ")));
    line(&mut source, "}");
    Ok(Harness { source, entry_symbol: CALLER.to_owned(), initializer_symbol: None, note: None })
}
