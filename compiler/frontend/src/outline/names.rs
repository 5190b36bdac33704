//! The names of what is written beside the user's own text.

use crate::unit::Unit;

/// What our own names begin with: `loopwright_`, unless the file has such names itself, as our own output
/// does.
pub(crate) fn prefix(unit: &Unit) -> String {
    let is_used =
        |prefix: &str| unit.bytes.windows(prefix.len()).any(|window| window == prefix.as_bytes());
    let mut prefix = "loopwright_".to_owned();
    let mut number = 1;
    while is_used(&prefix) {
        prefix = format!("loopwright{number}_");
        number += 1;
    }
    prefix
}

/// The name of something that only we use, which the file does not have.
pub fn own_name(unit: &Unit, what: &str) -> String {
    format!("{}{what}", prefix(unit))
}

/// The name of the function that runs a region's scheduled loops on the arguments of its caller.
pub fn callable_name(unit: &Unit, program: &str) -> String {
    let name = format!("loopwright_{program}");
    let functions = unit.regions.iter().filter_map(|region| region.host.as_ref());
    let is_defined = unit.definitions.contains(&name)
        || functions.flat_map(|host| &host.functions).any(|function| function.name == name);
    if is_defined { own_name(unit, program) } else { name }
}
