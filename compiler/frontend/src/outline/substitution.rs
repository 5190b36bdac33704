//! The user's file with regions replaced, as the compiler driver hands it to the C compiler: it takes the place
//! of the file in its program, and defines nothing more than the file does.
//!
//! In front of each host function stands a function that tries the versions of the region's loops, in their
//! order, and says whether one ran. In the region's place stands its call; where none ran, the region's own text
//! does, as it stands there.

use super::checks::{Check, is_object};
use super::program::{arguments, closing, opening, with_additions};
use super::text::Text;
use super::{OutlineError, prefix};
use crate::unit::{Region, Unit};
use loopwright_ir::Program;

/// One form of a region's loops.
#[derive(Clone, Debug)]
pub struct Version {
    /// The function with the loops, which takes the arrays in the program's order and then the parameters as
    /// `int64_t`.
    pub symbol: String,
    /// What must hold for it to run, on the arguments' names in the program.
    pub checks: Vec<Check>,
}

/// What runs in a region's place.
#[derive(Clone, Debug)]
pub struct Substitution<'a> {
    pub region: &'a Region,
    /// The region's program: its arrays and parameters are what the versions take.
    pub program: &'a Program,
    /// The first one whose checks hold runs.
    pub versions: Vec<Version>,
}

/// Writes the file. A region without versions stays as it is. What the file includes is looked for beside the
/// text, or where the C compiler is told to look first.
///
/// # Errors
/// A region was rejected, or a program is another one's.
pub fn substituted_unit(
    unit: &Unit,
    substitutions: &[Substitution<'_>],
) -> Result<Vec<u8>, OutlineError> {
    let prefix = prefix(unit);
    let mut additions: Vec<(usize, Text)> = Vec::new();
    for substitution in substitutions.iter().filter(|one| !one.versions.is_empty()) {
        let host = substitution.region.host.as_ref().ok_or(OutlineError::Rejected)?;
        let mut text = Text::new(prefix.clone());
        text.line("");
        chosen(&mut text, substitution);
        text.place(&host.site.lines[0]);
        additions.push((host.site.insertion, text));
        let (start, end) = (host.region.start, host.region.end);
        additions.push((start, opening(&prefix, host, substitution.program)?));
        additions.push((end, closing(&prefix, host)));
    }
    Ok(with_additions(unit, &prefix, additions, None))
}

/// The function that tries the versions.
fn chosen(text: &mut Text, substitution: &Substitution<'_>) {
    let program = substitution.program;
    // Addresses without types are C and C++ alike.
    let arrays = program.external_arrays().iter().map(|array| format!("void *{}", array.name));
    let integers = program.parameters.iter().map(|one| format!("__INT64_TYPE__ {}", one.name));
    let parameters: Vec<String> = arrays.chain(integers).collect();
    let list = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let names = arguments(program).collect::<Vec<_>>().join(", ");
    for Version { symbol, .. } in &substitution.versions {
        text.line("#ifdef __cplusplus");
        text.line("extern \"C\"");
        text.line("#else");
        text.line("extern");
        text.line("#endif");
        text.line(&format!("__attribute__((__visibility__(\"hidden\"))) void {symbol}({list});"));
    }
    text.line(&format!(
        "static __inline__ __attribute__((__unused__)) int @here_{}({list})",
        program.name
    ));
    text.line("{");
    for Version { symbol, checks } in &substitution.versions {
        let conditions: Vec<String> =
            checks.iter().filter(|check| may_fail(check, program)).map(Check::condition).collect();
        if conditions.is_empty() {
            text.line("    {");
        } else {
            text.line(&format!("    if ({}) {{", conditions.join("\n        && ")));
        }
        text.line(&format!("        {symbol}({names});"));
        text.line("        return 1;");
        text.line("    }");
    }
    text.line("    return 0;");
    text.line("}");
}

/// Arrays that are storage of their own in the file overlap nothing.
fn may_fail(check: &Check, program: &Program) -> bool {
    let own = |name: &str| {
        program.arrays.iter().any(|array| array.name == name && is_object(&array.kind))
    };
    match check {
        Check::Apart { first, second, .. } | Check::ApartFor { first, second, .. } => {
            !(own(first) && own(second))
        }
        _ => true,
    }
}
