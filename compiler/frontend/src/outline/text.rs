//! The region's own text as a function in front of its host function.

use super::structures::{Structures, structures};
use crate::host::{HostDeclaration, HostDeclarationKind, HostFunction, Storage};
use crate::libclang::Line;
use crate::outline::OutlineError;
use crate::parameters::row_bounds;
use loopwright_ir::{Array, ArrayKind, Program, Variable};
use std::path::Path;

/// Which memory the text works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Globals {
    /// Variables at file scope are the file's own.
    InPlace,
    /// Variables at file scope are hidden by arguments of the same names.
    Passed,
}

/// C text in the making.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub bytes: Vec<u8>,
    /// What our own names begin with.
    prefix: String,
}

impl Text {
    /// None yet.
    pub fn new(prefix: String) -> Self {
        Self { bytes: Vec::new(), prefix }
    }

    /// A name: `@` at its beginning stands for what our own names begin with.
    pub fn name(&self, name: &str) -> String {
        name.replace('@', &self.prefix)
    }

    /// Adds a line, in which `@` begins names of our own.
    pub fn line(&mut self, content: &str) {
        self.bytes.extend_from_slice(self.name(content).as_bytes());
        self.bytes.push(b'\n');
    }

    /// Begins another text with the same names.
    pub fn another(&self) -> Self {
        Self::new(self.prefix.clone())
    }

    /// Adds bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Says where the next line stands in the user's file.
    pub fn place(&mut self, line: &Line) {
        self.raw(format!("#line {} {}\n", line.number.max(1), c_string(&line.file)).as_bytes());
    }
}

/// A path as a C string.
pub(crate) fn c_string(path: &Path) -> String {
    let mut text = String::from("\"");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'"' | b'\\' => text.push_str(&format!("\\{}", char::from(*byte))),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

/// What is handed to the outlined text for one variable: the C of the parameter and of the argument when all
/// arrays are pointers in `buffers` and all parameters numbers in `parameters`.
pub(crate) struct Binding<'a> {
    pub declaration: &'a HostDeclaration,
    pub parameter: String,
}

/// The variables that are handed over, integers first: extents of arrays mention them.
pub(crate) fn bindings<'a>(
    host: &'a HostFunction,
    program: &Program,
    globals: Globals,
) -> Result<Vec<Binding<'a>>, OutlineError> {
    let mut bindings = Vec::new();
    for integers in [true, false] {
        for declaration in &host.declarations {
            if declaration.storage == Storage::File && globals == Globals::InPlace {
                continue;
            }
            let HostDeclaration { name, type_spelling, .. } = declaration;
            let parameter = match declaration.kind {
                HostDeclarationKind::Parameter if integers => format!("{type_spelling} {name}"),
                HostDeclarationKind::Scalar if !integers => {
                    format!("{type_spelling} *@of_{name}")
                }
                HostDeclarationKind::Array if !integers => {
                    let id = declaration.array.ok_or_else(|| other_program(name))?;
                    let array = program.arrays.get(id.0).ok_or_else(|| other_program(name))?;
                    array_parameter(host, declaration, array, program)
                }
                _ => continue,
            };
            bindings.push(Binding { declaration, parameter });
        }
    }
    Ok(bindings)
}

pub(crate) fn other_program(name: &str) -> OutlineError {
    OutlineError::OtherProgram { name: name.to_owned() }
}

/// Whether the text sees an array of the host function as the array that it is, not as a pointer.
fn keeps_its_type(host: &HostFunction, declaration: &HostDeclaration) -> bool {
    host.site.asks_for_sizes && declaration.storage != Storage::Argument && !declaration.pointer
}

/// `double (*__restrict C)[NJ]`.
fn array_parameter(
    host: &HostFunction,
    declaration: &HostDeclaration,
    array: &Array,
    program: &Program,
) -> String {
    let HostDeclaration { name, .. } = declaration;
    if declaration.first_row.is_some() {
        return format!("{} *@rows_{name}", declaration.type_spelling);
    }
    let type_spelling = declaration.record.as_deref().unwrap_or(declaration.type_spelling);
    // The members of a structure are no dimension to the source.
    let dimensions = array.extents.len() - usize::from(declaration.record.is_some());
    let extents = array.extents.get(..dimensions).unwrap_or_default();
    let names = |variable: Variable| program.parameter_name(variable);
    let extent = |extents: &[loopwright_ir::Affine]| -> String {
        extents.iter().map(|extent| format!("[{}]", extent.display_with(&names))).collect()
    };
    // A matrix in one dimension is what the source sees it as.
    let total = extents.iter().map(|extent| format!("({})", extent.display_with(&names)));
    let flat = declaration.dimensions < array.extents.len();
    let qualifier = if array.kind == ArrayKind::Argument { "" } else { "__restrict " };
    if keeps_its_type(host, declaration) {
        let all = match flat {
            true => format!("[{}]", total.collect::<Vec<_>>().join(" * ")),
            false => extent(extents),
        };
        return format!("{type_spelling} (*{qualifier}@of_{name}){all}");
    }
    if flat {
        return format!("{type_spelling} *{qualifier}{name}");
    }
    let inner = extent(extents.get(1..).unwrap_or_default());
    if inner.is_empty() {
        format!("{type_spelling} *{qualifier}{name}")
    } else {
        format!("{type_spelling} (*{qualifier}{name}){inner}")
    }
}

/// Declares the tables of rows of matrices that the text sees as pointers to pointers; gives what ends them.
fn tables(text: &mut Text, host: &HostFunction, program: &Program) -> Vec<String> {
    let mut behind = Vec::new();
    for declaration in host.declarations.iter().filter(|one| one.first_row.is_some()) {
        let HostDeclaration { name, type_spelling, .. } = declaration;
        let Some(id) = declaration.array else { continue };
        let Some([_, stride, ..]) = program.arrays.get(id.0).map(|array| array.extents.as_slice())
        else {
            continue;
        };
        // In their own types they may wrap around below zero.
        let names = |variable: Variable| format!("(long){}", program.parameter_name(variable));
        text.line(&format!("    long @count_{name} = 1, @bound_{name};"));
        for bounds in row_bounds(program, id) {
            text.line(&format!("    @bound_{name} = (long)(~0UL >> 1) - 1;"));
            for (bound, factor) in bounds {
                let bound = format!("((long)({}) / {factor}L)", bound.display_with(&names));
                text.line(&format!("    if ({bound} < @bound_{name}) @bound_{name} = {bound};"));
            }
            text.line(&format!(
                "    if (@bound_{name} >= @count_{name}) @count_{name} = @bound_{name} + 1;"
            ));
        }
        // The bounds are those of the known values. Other ones come here only where somebody calls the region's own
        // function, who has no table of rows: that is a mistake, and better ends here than in rows that nobody has.
        let others = program.parameters.iter().filter_map(|parameter| {
            Some(format!("{} != {}L", parameter.name, parameter.value.filter(|it| *it > i64::MIN)?))
        });
        let others: Vec<String> = others.collect();
        if !others.is_empty() {
            text.line(&format!("    if ({}) __builtin_trap();", others.join(" || ")));
        }
        let stride = stride.display_with(&names);
        text.line(&format!(
            "    int @large_{name} = @count_{name} > 4096, @huge_{name} = @count_{name} > (1 << 24);"
        ));
        // Of large numbers of rows the table takes less than their first elements.
        text.line(&format!(
            "    {type_spelling} **{name} = @huge_{name} ? 0 : @large_{name} ? __builtin_malloc(@count_{name} * sizeof *{name}) : __builtin_alloca((@large_{name} ? 1 : @count_{name}) * sizeof *{name});"
        ));
        text.line(&format!(
            "    for (long @row = 0; {name} && @row < @count_{name}; @row++) {name}[@row] = @rows_{name} + @row * (long)({stride});"
        ));
        behind.push(format!("    if (@large_{name}) __builtin_free({name});"));
    }
    behind
}

/// The function `name` with the region's text. Its parameters are those of [`bindings`].
pub(crate) fn outlined(
    text: &mut Text,
    name: &str,
    source: &[u8],
    host: &HostFunction,
    program: &Program,
    globals: Globals,
) -> Result<(), OutlineError> {
    let bindings = bindings(host, program, globals)?;
    let parameters: Vec<&str> = bindings.iter().map(|binding| binding.parameter.as_str()).collect();
    let list = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    for name in &host.site.macros {
        text.line(&format!("#pragma push_macro(\"{name}\")"));
    }
    text.line(&format!("static __attribute__((__noinline__, __unused__)) void {name}({list})"));
    text.line("{");
    for (depth, block) in host.site.blocks.iter().enumerate() {
        if depth > 0 {
            text.line("{");
        }
        block.iter().for_each(|piece| text.raw(&piece.text));
    }
    text.line("{");
    if let Some(contracts) = host.site.contraction {
        let how = if contracts { "on" } else { "off" };
        text.line(&format!("#pragma clang fp contract({how})"));
    }
    let tables = tables(text, host, program);
    let Structures { mut stores, mut undone } = structures(text, host);
    stores.extend(tables);
    let mut entered = Vec::new();
    for declaration in &host.declarations {
        let HostDeclaration { name, type_spelling, .. } = declaration;
        let here = declaration.storage != Storage::File;
        match declaration.kind {
            HostDeclarationKind::Constant(value) if here => {
                text.line(&format!("    const {type_spelling} {name} = {value};"));
            }
            // Behind the constants that it may mention.
            HostDeclarationKind::Iterator | HostDeclarationKind::Scalar
                if declaration.entry.is_some() =>
            {
                let entry = declaration.entry.as_deref().unwrap_or_default();
                entered.push(format!("    {type_spelling} {name} = {entry};"));
                if declaration.kind == HostDeclarationKind::Scalar && declaration.written {
                    stores.push(format!("    *@of_{name} = {name};"));
                }
            }
            HostDeclarationKind::Iterator if here => {
                text.line(&format!("    {type_spelling} {name} = 0;"));
            }
            HostDeclarationKind::Scalar if declaration.member.is_some() => {}
            HostDeclarationKind::Scalar if here || globals == Globals::Passed => {
                text.line(&format!("    {type_spelling} {name} = *@of_{name};"));
                if declaration.written {
                    stores.push(format!("    *@of_{name} = {name};"));
                }
            }
            HostDeclarationKind::Array
                if (here || globals == Globals::Passed) && keeps_its_type(host, declaration) =>
            {
                text.line(&format!("#pragma push_macro(\"{name}\")"));
                text.line(&format!("#undef {name}"));
                text.line(&format!("#define {name} (*@of_{name})"));
                undone.push(format!("#pragma pop_macro(\"{name}\")"));
            }
            _ => {}
        }
    }
    entered.iter().for_each(|line| text.raw(format!("{line}\n").as_bytes()));
    text.line("{");
    text.place(&host.site.lines[1]);
    text.raw(source.get(host.region.start..host.region.end).unwrap_or_default());
    text.line("");
    text.line("}");
    undone.iter().chain(&stores).for_each(|line| text.line(line));
    text.line(&"}".repeat(host.site.blocks.len().max(1) + 1));
    // The function itself finds its macros as they were.
    for name in host.site.pushed.iter().chain(host.site.macros.iter().rev()) {
        text.line(&format!("#pragma pop_macro(\"{name}\")"));
    }
    Ok(())
}
