//! Files with regions that somebody wrote, one for each construct of C.
//!
//! Each function of a file has a region. `// sizes: n=13 m=7` gives the values of the parameters, once for each size that
//! all are run for; `// rejected: …` in front of a function is what the frontend says of its region, at
//! whatever sizes; `// refused: …` what it says at those where it is not accepted. All others are compared with the
//! user's own compilation like generated ones: native code in the original order and under random schedules, the printed
//! C, and the file with its regions replaced.

use super::engine::{Batch, Case, TextEngine};
use super::finding::{TextFailure, TextTally};
use super::prepare::{self, Prepared};
use super::region::{Array, Extent, Form, Parameter, Place, Region, Written};
use super::report::Report;
use super::types::{CType, Range};
use crate::engine::EngineError;
use crate::protocol::Event;
use loopwright_frontend::{FrontendError, HostDeclaration, HostFunction, Options, Storage, Unit};
use loopwright_ir::{Affine, ElementType, Program, Variable};
use std::fmt::Write;
use std::path::Path;

/// Numbers of the regions at one size, which are those of the next one less this.
const PER_SIZE: u64 = 1000;

/// What became of one function of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub function: String,
    /// The rejection at the first size.
    pub rejected: Option<String>,
    /// The rejection that the file announces.
    pub announced: Option<String>,
    /// The sizes at which it was accepted, and compared.
    pub accepted: usize,
    pub compared: usize,
}

/// A file that was looked at.
#[derive(Debug, Default)]
pub struct Looked {
    pub outcomes: Vec<Outcome>,
    pub failures: Vec<TextFailure>,
    pub tally: TextTally,
}

/// One size: values of parameters by name.
type Size = Vec<(String, i64)>;

impl TextEngine {
    /// Looks at all regions of a file.
    ///
    /// # Errors
    /// The file cannot be read or is no C, or as for [`TextEngine::batch`].
    pub fn corpus(&mut self, file: &Path) -> Result<Looked, EngineError> {
        self.batches += 1;
        let folder = self.folder.join(format!("corpus{}", self.batches));
        std::fs::create_dir_all(&folder)?;
        let text = std::fs::read_to_string(file)?;
        let copy = folder.join("corpus.c");
        std::fs::write(&copy, format!("{}{text}", super::guard::HEADER))?;
        let mut failures = Vec::new();
        let mut keep = |event: &Event| {
            if let Event::FoundText(failure) = event {
                failures.push(failure.clone());
            }
        };
        let mut report = Report::new(1, &mut keep);
        let sizes = sizes(&text);
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut all: Vec<Prepared> = Vec::new();
        let mut first = None;
        for (row, size) in sizes.iter().enumerate() {
            let unit =
                parsed(&copy, size).map_err(|error| std::io::Error::other(error.to_string()))?;
            for (position, region) in unit.regions.iter().enumerate() {
                if row == 0 {
                    let rejected = region.result.as_ref().err().map(ToString::to_string);
                    let announced = announced(&text, &region.function);
                    let function = region.function.clone();
                    let (accepted, compared) = (0, 0);
                    outcomes.push(Outcome { function, rejected, announced, accepted, compared });
                }
                let (Ok(program), Some(host)) = (&region.result, &region.host) else { continue };
                if let Some(outcome) = outcomes.get_mut(position) {
                    outcome.accepted += 1;
                }
                let number = PER_SIZE * row as u64 + position as u64;
                let made = written(program, host, size, &text, number);
                report.count(&made);
                let case = Case { number, ..Case::default() };
                all.extend(prepare::prepare(&made, &case, program, None, &mut report));
            }
            first.get_or_insert(unit);
        }
        let batch = Batch { seed: 1, ..Batch::default() };
        let support = self.support()?;
        if !all.is_empty() {
            let unit: Option<&Unit> = first.as_ref();
            let libraries = self.compile(&batch, (&all, unit), &support, &folder, &mut report)?;
            for prepared in &all {
                let undefined = report.tally.undefined;
                self.look(prepared, &libraries, &mut report);
                let position = (prepared.region.number % PER_SIZE) as usize;
                if let Some(outcome) = outcomes.get_mut(position) {
                    outcome.compared += usize::from(report.tally.undefined == undefined);
                }
            }
        }
        let tally = report.tally;
        let _ = std::fs::remove_dir_all(&folder);
        Ok(Looked { outcomes, failures, tally })
    }
}

fn sizes(text: &str) -> Vec<Size> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("// sizes:"));
    let mut sizes: Vec<Size> = rows
        .map(|row| {
            let pairs = row.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
        })
        .collect();
    if sizes.is_empty() {
        sizes.push(Vec::new());
    }
    sizes
}

/// What a file says in front of a function.
fn announced(text: &str, function: &str) -> Option<String> {
    let mut last = None;
    for line in text.lines() {
        if let Some(reason) = line.strip_prefix("// rejected: ") {
            last = Some(reason.to_owned());
        } else if line.contains(&format!(" {function}(")) && !line.trim_end().ends_with(';') {
            return last;
        } else if line.starts_with('}') {
            last = None;
        }
    }
    None
}

fn parsed(file: &Path, size: &Size) -> Result<Unit, FrontendError> {
    let mut parameters = size.clone();
    loop {
        let options = Options { parameters: parameters.clone(), ..Options::default() };
        match loopwright_frontend::parse(file, &options) {
            Err(FrontendError::UnknownParameter { name, .. }) if !parameters.is_empty() => {
                parameters.retain(|(known, _)| *known != name);
            }
            other => return other,
        }
    }
}

/// A region of a file as those that are generated.
fn written(program: &Program, host: &HostFunction, size: &Size, text: &str, number: u64) -> Region {
    let mut region = Region { number, function: host.name.clone(), ..Region::default() };
    let place = |declaration: &HostDeclaration| match declaration.storage {
        Storage::File => Place::Global,
        Storage::Argument => Place::Argument,
        Storage::Function => Place::Local,
    };
    for declaration in &host.declarations {
        let name = declaration.name.clone();
        if let Some(parameter) = declaration.parameter.and_then(|id| program.parameters.get(id.0)) {
            let given = size.iter().find(|(known, _)| *known == name).map(|pair| pair.1);
            let value = given.or(parameter.value).unwrap_or(1);
            let ctype = ctype(parameter.element, declaration.type_spelling);
            region.parameters.push(Parameter { name, ctype, place: place(declaration), value });
        }
    }
    for declaration in &host.declarations {
        let array = declaration.array.and_then(|id| program.arrays.get(id.0));
        let Some(array) = array.filter(|_| place(declaration) != Place::Local) else { continue };
        let ctype = ctype(array.element, declaration.type_spelling);
        let extents = array.extents.iter().map(|extent| extent_of(extent, program, &region));
        region.arrays.push(Array {
            name: declaration.name.clone(),
            text: declaration.text(),
            ctype,
            spelling: declaration.type_spelling.to_owned(),
            extents: extents.collect(),
            place: place(declaration),
            // Arrays in structures are copied there, so that they overlap nothing.
            form: if declaration.first_row.is_some() {
                Form::Rows
            } else if array.kind == loopwright_ir::ArrayKind::RestrictArgument
                || declaration.array_in_structure().is_some()
            {
                Form::Restrict
            } else {
                Form::Array
            },
            writable: declaration.written,
            range: match (declaration.values.as_deref(), ctype) {
                (Some([first, .., last]), _) => Range::new((*first).into(), (*last).into()),
                (Some([only]), _) => Range::single((*only).into()),
                (_, CType::Int | CType::Long) => Range::new(-20, 20),
                _ => ctype.values(),
            },
            tame: false,
        });
    }
    let signature = host.functions.iter().find(|function| function.name == host.name);
    let (mut before, mut after) = (String::new(), String::new());
    let mut of_file: Vec<&str> = Vec::new();
    for member in host.declarations.iter().filter_map(|one| one.member.as_ref()) {
        if member.at_file_scope && !of_file.contains(&member.of.as_str()) {
            of_file.push(&member.of);
            filled(host, &region, &member.of, &member.of, (&mut before, &mut after));
        }
    }
    let arguments = signature.map(|signature| {
        signature.parameters.iter().map(|argument| {
            if let Some(at) = region.parameters.iter().position(|it| it.name == argument.name) {
                return format!("values[{at}]");
            }
            let of = &argument.name;
            let members = host.declarations.iter().filter_map(|one| one.member.as_ref());
            if let Some(member) = members.clone().find(|member| member.of == *of) {
                let structure = format!("in_{of}");
                let _ = writeln!(before, "  static {} {structure};", member.spelling);
                filled(host, &region, of, &structure, (&mut before, &mut after));
                let address = if member.is_behind_pointer() { "&" } else { "" };
                return format!("{address}{structure}");
            }
            if let Some(at) = row_table(host, &region, &argument.name, &mut before) {
                return at;
            }
            let Some(at) = region.arrays.iter().position(|it| it.name == argument.name) else {
                let known = size.iter().find(|(known, _)| *known == argument.name);
                return known.map_or("0".to_owned(), |pair| pair.1.to_string());
            };
            let array = region.arrays.get(at).filter(|array| array.is_scalar());
            match array {
                Some(array) => format!("*({} *)buffers[{at}]", array.ctype.spelling()),
                None => format!("(void *)buffers[{at}]"),
            }
        })
    });
    let arguments = arguments.into_iter().flatten().collect();
    let (text, replaced) = (text.to_owned(), number < PER_SIZE);
    region.written = Some(Written { text, arguments, before, after, replaced });
    region
}

/// Statements that put the members that a region uses of a variable into a structure, and what it has written of them
/// back into the buffers.
fn filled(
    host: &HostFunction,
    region: &Region,
    of: &str,
    structure: &str,
    (before, after): (&mut String, &mut String),
) {
    for declaration in &host.declarations {
        let Some(member) = declaration.member.as_ref().filter(|one| one.of == of) else {
            continue;
        };
        let place = format!("{structure}.{}", member.within());
        if let Some(at) = region.parameters.iter().position(|it| it.name == declaration.name) {
            let _ = writeln!(before, "  {place} = values[{at}];");
            continue;
        }
        let Some(at) = region.arrays.iter().position(|it| it.name == declaration.name) else {
            continue;
        };
        if let Some(table) = row_table(host, region, &declaration.name, before) {
            let _ = writeln!(before, "  {place} = {table};");
            continue;
        }
        if declaration.pointer {
            let _ = writeln!(before, "  {place} = (void *)buffers[{at}];");
            continue;
        }
        let (there, here) = (format!("(void *)&{place}"), format!("buffers[{at}]"));
        let copy = |to, from| format!("  __builtin_memcpy({to}, {from}, sizeof {place});\n");
        before.push_str(&copy(&there, &here));
        if declaration.written {
            after.push_str(&copy(&here, &there));
        }
    }
}

/// The table of rows of a matrix that is a pointer to pointers, which `before` fills.
fn row_table(
    host: &HostFunction,
    region: &Region,
    name: &str,
    before: &mut String,
) -> Option<String> {
    let declaration = host.declarations.iter().find(|one| one.name == name)?;
    declaration.first_row?;
    let at = region.arrays.iter().position(|it| it.name == name)?;
    let stride = host
        .declarations
        .iter()
        .find(|one| one.is_stride && one.name.trim_end_matches('_') == format!("{name}_ld"))?;
    let stride = region.parameters.iter().position(|it| it.name == stride.name)?;
    let (ctype, table) = (region.arrays.get(at)?.ctype.spelling(), format!("table_{name}"));
    let _ = writeln!(
        before,
        "  static {ctype} *{table}[64];\n  for (int r = 0; r < 64; r++) {table}[r] = ({ctype} *)buffers[{at}] + r * values[{stride}];"
    );
    Some(table)
}

/// The number of elements, as a function of one parameter where it is one.
fn extent_of(extent: &Affine, program: &Program, region: &Region) -> Extent {
    let value_of = |variable| match variable {
        Variable::Parameter(position) => program.parameter_value(position).unwrap_or(1),
        _ => 0,
    };
    let constant = Extent {
        text: String::new(),
        parameter: None,
        factor: 0,
        constant: extent.evaluate(value_of).unwrap_or(1),
    };
    let [(Variable::Parameter(position), factor)] = extent.terms() else { return constant };
    let name = program.parameters.get(*position as usize).map(|parameter| &parameter.name);
    let parameter = region.parameters.iter().position(|known| Some(&known.name) == name);
    match parameter {
        Some(at) => {
            let (parameter, factor) = (Some(at), *factor);
            Extent { parameter, factor, constant: extent.constant_term(), ..constant }
        }
        None => constant,
    }
}

fn ctype(element: ElementType, spelling: &str) -> CType {
    match element {
        ElementType::F64 => CType::Double,
        ElementType::F32 => CType::Float,
        ElementType::I32 => CType::Int,
        ElementType::I64 => CType::Long,
        ElementType::U32 => CType::Unsigned,
        ElementType::U64 => CType::UnsignedLong,
        ElementType::I16 => CType::Short,
        ElementType::U16 => CType::UnsignedShort,
        ElementType::I8 => CType::Char,
        ElementType::U8 if spelling == "_Bool" => CType::Bool,
        ElementType::U8 => CType::UnsignedChar,
    }
}
