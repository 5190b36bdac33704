//! A record's program as C.

use super::annotation::{
    affine, c_name, fault, field, integer, list, object, refused, text, times,
};
use super::schedule::{LooperSchedule, schedules};
use crate::FormatError;
use serde_json::Value;

/// Expressions nest no deeper.
const DEEPEST: usize = 200;

/// A program of LOOPerSet with its schedules.
#[derive(Clone, Debug)]
pub struct LooperProgram {
    pub name: String,
    /// One function with the region; its statements are the computations in their order.
    pub source: String,
    /// The computations' names, in that order.
    pub computations: Vec<String>,
    /// Times of the original order, in milliseconds; none where the record does not say.
    pub initial: Vec<f64>,
    pub schedules: Vec<LooperSchedule>,
}

/// A buffer of the record.
struct Buffer {
    number: i64,
    name: String,
    extents: Vec<i64>,
    kind: &'static str,
}

struct Reader<'r> {
    iterators: &'r serde_json::Map<String, Value>,
    buffers: Vec<Buffer>,
}

/// Reads one line.
///
/// # Errors
/// [`FormatError`] for a text that is no record, or a program that we cannot represent; a schedule that we cannot
/// represent is an error of its own.
pub fn read_record(line: &str) -> Result<LooperProgram, FormatError> {
    let record: Value =
        serde_json::from_str(line).map_err(|error| fault("JSON", error.to_string()))?;
    let annotation = field(&record, "program_annotation", "the program")?;
    let name = ["program_name", "function_name", "filename"]
        .iter()
        .find_map(|key| record.get(key).or_else(|| annotation.get(key))?.as_str())
        .unwrap_or("program");
    let name: String =
        name.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '_' }).collect();
    let name =
        if name.starts_with(|one: char| one.is_ascii_digit()) { format!("_{name}") } else { name };
    let buffers = buffers(field(annotation, "buffers", "the program")?)?;
    let reader = Reader { iterators: object(annotation, "iterators", "the program")?, buffers };
    let mut computations: Vec<(i64, &String, &Value)> = Vec::new();
    for (name, value) in object(annotation, "computations", "the program")? {
        let order = field(value, "absolute_order", name)?;
        let order = integer(order).ok_or_else(|| fault(name, "`absolute_order` is no number"))?;
        computations.push((order, name, value));
    }
    computations.sort_by_key(|one| one.0);
    if computations.is_empty() {
        return Err(fault("the program", "there are no computations"));
    }
    let body = reader.loops(&computations)?;
    let arrays: Vec<String> = reader.buffers.iter().map(Buffer::declaration).collect();
    let source = format!(
        "#include <math.h>\nvoid {name}({})\n{{\n#pragma scop\n{body}#pragma endscop\n}}\n",
        arrays.join(", ")
    );
    let names: Vec<String> = computations.iter().map(|one| one.1.clone()).collect();
    let initial = record.get("initial_execution_time").map(times).unwrap_or_default();
    let schedules = schedules(list(&record, "schedules_list", "the program")?, &computations)?;
    Ok(LooperProgram { name, source, computations: names, initial, schedules })
}

impl Buffer {
    fn declaration(&self) -> String {
        let extents: String = self.extents.iter().map(|extent| format!("[{extent}]")).collect();
        format!("{} {}{extents}", self.kind, self.name)
    }
}

fn buffers(value: &Value) -> Result<Vec<Buffer>, FormatError> {
    let mut buffers = Vec::new();
    for (name, info) in object(value, "buffers_info", "the buffers")? {
        let number = field(info, "buffer_id", name)?;
        let extents = list(info, "buffer_dimensions", name)?.iter().map(|extent| {
            integer(extent)
                .filter(|extent| *extent > 0)
                .ok_or_else(|| refused(name, format!("`{extent}` is no extent in numbers")))
        });
        let extents: Vec<i64> = extents.collect::<Result<_, _>>()?;
        buffers.push(Buffer {
            number: integer(number).ok_or_else(|| fault(name, "`buffer_id` is no number"))?,
            name: c_name(name)?.to_owned(),
            extents: if extents.is_empty() { vec![1] } else { extents },
            kind: c_type(text(info, "dtype", name)?)
                .ok_or_else(|| refused(name, "the type of its elements is none of ours"))?,
        });
    }
    buffers.sort_by_key(|buffer| buffer.number);
    Ok(buffers)
}

fn c_type(name: &str) -> Option<&'static str> {
    Some(match name.trim_start_matches("p_") {
        "int8" => "signed char",
        "int16" => "short",
        "int32" => "int",
        "int64" => "long",
        "uint8" => "unsigned char",
        "uint16" => "unsigned short",
        "uint32" => "unsigned int",
        "uint64" => "unsigned long",
        "float32" => "float",
        "float64" => "double",
        _ => return None,
    })
}

impl Reader<'_> {
    /// All computations in their loops: what two neighbours have in common is one loop.
    fn loops(&self, computations: &[(i64, &String, &Value)]) -> Result<String, FormatError> {
        let mut body = String::new();
        let mut open: Vec<String> = Vec::new();
        let mut left: Vec<String> = Vec::new();
        let indent = |depth: usize| "  ".repeat(depth + 1);
        for (_, name, computation) in computations {
            let path = iterators_of(computation, name)?;
            let common = open.iter().zip(&path).take_while(|(one, other)| one == other).count();
            while open.len() > common {
                left.extend(open.pop());
                body.push_str(&format!("{}}}\n", indent(open.len())));
            }
            for iterator in path.iter().skip(common) {
                if left.contains(iterator) {
                    let reason =
                        format!("the loop `{iterator}` is entered again after it was left");
                    return Err(refused(name, reason));
                }
                let bounds = self.bounds(iterator, &open)?;
                body.push_str(&format!("{}{bounds} {{\n", indent(open.len())));
                open.push(iterator.clone());
            }
            let target = self.target(name, computation, &open)?;
            let expression = field(computation, "expression_representation", name)?;
            let value = self.expression(expression, name, &open, 0)?;
            body.push_str(&format!("{}{target} = {value};\n", indent(open.len())));
        }
        while open.pop().is_some() {
            body.push_str(&format!("{}}}\n", indent(open.len())));
        }
        Ok(body)
    }

    fn bounds(&self, iterator: &str, around: &[String]) -> Result<String, FormatError> {
        let name = c_name(iterator)?;
        let facts = self
            .iterators
            .get(iterator)
            .ok_or_else(|| fault(iterator, "it is no iterator of the program"))?;
        let known = |word: &str| around.iter().any(|one| one == word).then(|| word.to_owned());
        let bound = |key: &str| -> Result<String, FormatError> {
            let value = field(facts, key, iterator)?;
            match integer(value) {
                Some(number) => Ok(number.to_string()),
                None => affine(text(facts, key, iterator)?, iterator, &known),
            }
        };
        let (lower, upper) = (bound("lower_bound")?, bound("upper_bound")?);
        Ok(format!("for (int {name} = {lower}; {name} < {upper}; {name}++)"))
    }

    fn buffer(&self, number: &Value, of: &str) -> Result<&Buffer, FormatError> {
        let number = integer(number).ok_or_else(|| fault(of, "a buffer's number is none"))?;
        let found = self.buffers.iter().find(|buffer| buffer.number == number);
        found.ok_or_else(|| fault(of, format!("there is no buffer {number}")))
    }

    /// What a computation writes: `{ comp[i, j] -> buffer[i, j + 1] }`.
    fn target(
        &self,
        name: &str,
        computation: &Value,
        open: &[String],
    ) -> Result<String, FormatError> {
        let relation = text(computation, "write_access_relation", name)?;
        let tuples: Vec<&str> = relation
            .split('[')
            .skip(1)
            .filter_map(|part| part.split_once(']').map(|(inside, _)| inside))
            .collect();
        let [from, to] = tuples.as_slice() else {
            return Err(fault(name, format!("`{relation}` is not of the form {{ C[i] -> B[i] }}")));
        };
        let from: Vec<&str> =
            from.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
        let rename = |word: &str| {
            let position = from.iter().position(|one| *one == word)?;
            open.get(position).cloned()
        };
        let buffer = self.buffer(field(computation, "write_buffer_id", name)?, name)?;
        let mut subscripts = Vec::new();
        for part in to.split(',').filter(|part| !part.trim().is_empty()) {
            // `i' = i` names what it sets.
            let value = part.rsplit('=').next().unwrap_or(part);
            subscripts.push(affine(value, name, &rename)?);
        }
        element(buffer, &subscripts, name)
    }

    fn expression(
        &self,
        node: &Value,
        name: &str,
        open: &[String],
        depth: usize,
    ) -> Result<String, FormatError> {
        if depth > DEEPEST {
            return Err(refused(name, "its expression nests too deep"));
        }
        let kind = text(node, "expr_type", name)?;
        if kind == "access" {
            let buffer = self.buffer(field(node, "buffer_id", name)?, name)?;
            let rows = list(node, "access_matrix", name)?;
            let subscripts: Vec<String> =
                rows.iter().map(|row| subscript(row, open, name)).collect::<Result<_, _>>()?;
            return element(buffer, &subscripts, name);
        }
        if kind == "value" {
            let number = ["value", "str"].iter().find_map(|key| {
                let value = node.get(key)?;
                value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
            });
            return Ok(match number {
                Some(number) if number < 0.0 => format!("({number})"),
                Some(number) => number.to_string(),
                None => "1".to_owned(),
            });
        }
        let children: Vec<String> = list(node, "children", name)?
            .iter()
            .map(|child| self.expression(child, name, open, depth + 1))
            .collect::<Result<_, _>>()?;
        match (kind, children.as_slice()) {
            ("add", [left, right]) => Ok(format!("({left} + {right})")),
            ("sub", [left, right]) => Ok(format!("({left} - {right})")),
            ("sub", [operand]) => Ok(format!("(-{operand})")),
            ("mul", [left, right]) => Ok(format!("({left} * {right})")),
            ("div", [left, right]) => Ok(format!("({left} / {right})")),
            ("sqrt", [operand]) => Ok(format!("sqrt({operand})")),
            ("min", [left, right]) => Ok(format!("({left} < {right} ? {left} : {right})")),
            ("max", [left, right]) => Ok(format!("({left} > {right} ? {left} : {right})")),
            _ => Err(refused(
                name,
                format!("the expression `{kind}` of {} operands", children.len()),
            )),
        }
    }
}

/// The names of the loops around a computation, outermost first.
pub fn iterators_of(computation: &Value, name: &str) -> Result<Vec<String>, FormatError> {
    list(computation, "iterators", name)?
        .iter()
        .map(|one| one.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| fault(name, "its `iterators` are no names"))
}

fn element(buffer: &Buffer, subscripts: &[String], name: &str) -> Result<String, FormatError> {
    if subscripts.len() != buffer.extents.len() && !(subscripts.is_empty() && buffer.extents == [1])
    {
        let reason = format!(
            "it has {} subscripts for the {} dimensions of {}",
            subscripts.len(),
            buffer.extents.len(),
            buffer.name
        );
        return Err(fault(name, reason));
    }
    let mut text = buffer.name.clone();
    if subscripts.is_empty() {
        text.push_str("[0]");
    }
    for subscript in subscripts {
        text.push_str(&format!("[{subscript}]"));
    }
    Ok(text)
}

/// One row of an access matrix: a coefficient for each iterator, then the constant.
fn subscript(row: &Value, open: &[String], name: &str) -> Result<String, FormatError> {
    let row: Option<Vec<i64>> = row.as_array().and_then(|row| row.iter().map(integer).collect());
    let row = row.filter(|row| row.len() == open.len() + 1).ok_or_else(|| {
        fault(name, format!("an access matrix has no {} numbers a row", open.len() + 1))
    })?;
    let mut terms: Vec<String> = Vec::new();
    for (position, coefficient) in row.iter().enumerate().filter(|one| *one.1 != 0) {
        terms.push(match open.get(position) {
            Some(iterator) if *coefficient == 1 => iterator.clone(),
            Some(iterator) => format!("({coefficient}) * {iterator}"),
            None => format!("({coefficient})"),
        });
    }
    Ok(if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") })
}
