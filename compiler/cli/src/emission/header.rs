//! The header for what takes a file's place in its program.

use super::Emission;
use loopwright_frontend::{FunctionSignature, callable_name};
use std::collections::BTreeSet;

/// Declarations of the functions whose regions were replaced, as other files see them, and of the functions that run
/// the regions alone.
pub fn header(emission: &Emission<'_>) -> Vec<u8> {
    let stem = emission.unit.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let guard =
        format!("LOOPWRIGHT_{}_H", stem.to_uppercase()).chars().map(letter).collect::<String>();
    let mut structures = BTreeSet::new();
    let mut declared: Vec<String> = Vec::new();
    for part in emission.parts {
        let Some(host) = &part.region.host else { continue };
        let own = host.functions.iter().find(|function| function.name == host.name);
        if let Some(function) = own.filter(|function| !function.is_static) {
            structures.extend(mentioned_structures(function));
            let text = format!("{};", function.prototype());
            if !declared.contains(&text) {
                declared.push(text);
            }
        }
        let callable = callable_name(emission.unit, &part.source.name);
        declared.push(format!("void {callable}({});", arguments(part.source)));
    }
    let mut text = format!("#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n\n");
    for structure in structures {
        text.push_str(&format!("{structure};\n"));
    }
    text.push_str("#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for line in declared {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    text.into_bytes()
}

/// The arrays, as pointers to their elements, and the parameters.
fn arguments(program: &loopwright_ir::Program) -> String {
    let arrays = program.external_arrays().iter().map(|array| {
        let inner = array.extents.get(1..).unwrap_or_default();
        let inner: Option<String> = inner
            .iter()
            .map(|extent| extent.as_constant().map(|extent| format!("[{extent}]")))
            .collect();
        match inner {
            Some(inner) if !inner.is_empty() => {
                format!("{} (*{}){inner}", array.element.c_name(), array.name)
            }
            _ => format!("{} *{}", array.element.c_name(), array.name),
        }
    });
    let integers = program.parameters.iter().map(|parameter| format!("int64_t {}", parameter.name));
    let all: Vec<String> = arrays.chain(integers).collect();
    if all.is_empty() { "void".to_owned() } else { all.join(", ") }
}

/// `struct matrix`, which may stay incomplete where only pointers to it are passed.
fn mentioned_structures(function: &FunctionSignature) -> Vec<String> {
    let mut found = Vec::new();
    for parameter in &function.parameters {
        let mut words = parameter.canonical_spelling.split_whitespace();
        while let Some(word) = words.next() {
            if word == "struct"
                && let Some(name) = words.next()
            {
                found.push(format!("struct {}", name.trim_end_matches(['*', ')'])));
            }
        }
    }
    found
}
