//! The user's file with regions replaced, where they stand, by C that somebody else printed.

use super::checks::{Check, is_object, run_time_checks};
use super::includes::with_absolute_includes;
use super::{folder, without_mark};
use crate::host::{HostDeclaration, HostDeclarationKind, HostFunction, Storage};
use crate::unit::{Region, Unit};
use loopwright_ir::{Array, Program};
use std::ops::Range;
use std::path::Path;

/// How the function that a region is in writes what the region uses.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// For each array of the program: what the function writes, `None` where the region declares it itself,
    /// and whether it is a matrix in one dimension.
    pub arrays: Vec<(Option<String>, bool)>,
    /// What must hold for other loops to run, in C; `apart(a, bytes, b, bytes)` is a function to be written.
    pub conditions: Vec<String>,
    /// What the region's lines begin with.
    pub indentation: String,
    /// What a further level of blocks begins with.
    pub step: String,
}

/// What stands in a region's place.
#[derive(Clone, Debug)]
pub struct PlacedRegion<'a> {
    pub region: &'a Region,
    /// Lines without the region's indentation.
    pub loops: String,
    /// Joined by `&&` already; empty where the loops always run.
    pub conditions: String,
    pub placement: Placement,
}

/// Looks how a region's variables are written where it stands. `apart` is the name of the function for that.
///
/// # Errors
/// Why nothing but the region's own text can stand there.
pub fn placement(
    unit: &Unit,
    region: &Region,
    program: &Program,
    apart: &str,
) -> Result<Placement, &'static str> {
    let host = region.host.as_ref().ok_or("it was refused")?;
    let asks = ["__LINE__", "__FILE__", "__COUNTER__", "#line"];
    if asks.iter().any(|word| unit.source.contains(word)) {
        return Err("the file asks for the numbers of its lines");
    }
    if host.site.contraction.is_some() {
        return Err("a pragma says how its sums are rounded");
    }
    // What these rely on is found out by code of its own.
    if host.declarations.iter().any(|one| one.first_row.is_some() || one.is_stride) {
        return Err("its matrices are pointers to pointers");
    }
    if host.declarations.iter().any(|one| one.entry.is_some()) {
        return Err("it relies on what variables are worth before it");
    }
    let mut arrays = Vec::new();
    for (position, array) in program.external_arrays().iter().enumerate() {
        let Some(declaration) = of_array(host, position) else {
            arrays.push((None, false));
            continue;
        };
        if declaration.record.is_some() {
            return Err("its arrays are of structures");
        }
        let flat = declaration.dimensions == 1 && array.extents.len() > 1;
        let constant = array.extents.iter().skip(1).all(|extent| extent.as_constant().is_some());
        if !(flat && constant || declaration.dimensions == array.extents.len()) {
            return Err("its arrays have other dimensions in the source");
        }
        arrays.push((Some(declaration.text()), flat));
    }
    let lines: Vec<&str> =
        host.region_text.lines().filter(|line| !line.trim().is_empty()).collect();
    let blank = |line: &&str| line.len() - line.trim_start().len();
    let first = lines.iter().find(|line| !line.trim_start().starts_with('#'));
    let indentation = first.map_or("", |line| &line[..blank(line)]).to_owned();
    // The first line that stands deeper says by how much.
    let deeper = lines
        .iter()
        .find(|line| blank(line) > indentation.len() && line.starts_with(indentation.as_str()));
    let step = deeper.map_or("    ", |line| &line[indentation.len()..blank(line)]);
    let step = if step.len() > 8 { "    " } else { step }.to_owned();
    let conditions = conditions(host, program, apart)?;
    Ok(Placement { arrays, conditions, indentation, step })
}

fn of_array(host: &HostFunction, position: usize) -> Option<&HostDeclaration> {
    host.declarations.iter().find(|one| one.array.is_some_and(|id| id.0 == position))
}

fn conditions(
    host: &HostFunction,
    program: &Program,
    apart: &str,
) -> Result<Vec<String>, &'static str> {
    let mut conditions: Vec<String> = Vec::new();
    for member in host.declarations.iter().filter_map(|one| one.member.as_ref()) {
        if member.is_behind_pointer() && !conditions.contains(&member.of) {
            conditions.push(member.of.clone());
        }
    }
    let array = |name: &str| {
        let position = program.external_arrays().iter().position(|array| array.name == name)?;
        Some((&program.external_arrays()[position], of_array(host, position)?))
    };
    // A scalar of the function's own has no address that others know, and what lies in the region no other.
    let is_own = |declaration: &HostDeclaration| {
        declaration.kind == HostDeclarationKind::Scalar
            && declaration.member.is_none()
            && declaration.storage != Storage::File
    };
    let address = |array: &Array, declaration: &HostDeclaration| {
        let sign = if array.extents.is_empty() { "&" } else { "" };
        format!("{sign}{}", declaration.text())
    };
    for check in run_time_checks(program) {
        match check {
            Check::Value { name, value } => {
                let declared = host.declarations.iter().find(|one| {
                    let known = one.parameter.and_then(|id| program.parameters.get(id.0));
                    known.is_some_and(|parameter| parameter.name == name)
                });
                let declared = declared.ok_or("a size of it has no name")?;
                let value = match i32::try_from(value) {
                    Ok(value) => value.to_string(),
                    Err(_) if value == i64::MIN => format!("-{}L - 1", i64::MAX),
                    Err(_) => format!("{value}L"),
                };
                // An unsigned size is equal to no negative value.
                let signed = if value.starts_with('-') { "(long)" } else { "" };
                conditions.push(format!("{signed}{} == {value}", declared.text()));
            }
            Check::Apart { first, first_bytes, second, second_bytes } => {
                let (Some((one, first)), Some((other, second))) = (array(&first), array(&second))
                else {
                    continue;
                };
                let objects = is_object(&one.kind) && is_object(&other.kind);
                if objects || is_own(first) || is_own(second) {
                    continue;
                }
                conditions.push(format!(
                    "{apart}({}, {first_bytes}, {}, {second_bytes})",
                    address(one, first),
                    address(other, second)
                ));
            }
            Check::ApartFor { .. } | Check::Holds { .. } => {
                return Err("its loops are for sizes that are not known");
            }
        }
    }
    Ok(conditions)
}

/// Writes the file. `head` is what stands at its beginning, `front` is what stands in front of the first function with such a region, `beside` whether the
/// file will lie where the user's does.
pub fn in_place_unit(
    unit: &Unit,
    regions: &[PlacedRegion<'_>],
    head: &str,
    front: &str,
    beside: bool,
) -> Vec<u8> {
    let mut changes: Vec<(Range<usize>, Vec<u8>)> = vec![(0..0, head.as_bytes().to_vec())];
    let hosts = || regions.iter().filter_map(|placed| Some((placed, placed.region.host.as_ref()?)));
    let first = hosts().map(|(_, host)| host.site.insertion).min();
    if let (Some(first), false) = (first, front.is_empty()) {
        let (before, behind) = unit.bytes.split_at(first.min(unit.bytes.len()));
        let above = if before.is_empty() || before.ends_with(b"\n\n") { "" } else { "\n" };
        let below = if behind.starts_with(b"\n") { "" } else { "\n" };
        changes.push((first..first, format!("{above}{front}{below}").into_bytes()));
    }
    for (placed, host) in hosts() {
        let region = host.region.start..host.region.end;
        let source = unit.bytes.get(region.clone()).unwrap_or_default();
        let text = replacement(placed, source);
        changes.push(match with_pragmas(&unit.bytes, region.clone()) {
            Some(whole) if placed.region.marked => (whole, text),
            // The pragmas stay, in whatever form they have.
            _ => (region, [b"\n", text.as_slice(), b"\n"].concat()),
        });
    }
    let folder = (!beside).then(|| folder(unit));
    with_replacements(unit, changes, folder.as_deref())
}

/// The bytes between two pragmas with the pragmas' lines, where they are lines of the file.
fn with_pragmas(bytes: &[u8], region: Range<usize>) -> Option<Range<usize>> {
    let says = |line: &[u8], word: &str| {
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_whitespace();
        let hash = words.next();
        let pragma = match hash {
            Some("#") => words.next(),
            other => other.and_then(|word| word.strip_prefix('#')),
        };
        pragma == Some("pragma") && words.next() == Some(word) && words.next().is_none()
    };
    let start =
        bytes[..region.start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    // The region ends where the closing pragma begins, or its line.
    let line = bytes[..region.end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = bytes[region.end..].iter().position(|byte| *byte == b'\n');
    let end = end.map_or(bytes.len(), |at| region.end + at);
    let opened = says(&bytes[start..region.start], "scop");
    let closed = line >= region.start && says(&bytes[line..end], "endscop");
    (opened && closed).then_some(start..end)
}

fn replacement(placed: &PlacedRegion<'_>, source: &[u8]) -> Vec<u8> {
    let Placement { indentation, step, .. } = &placed.placement;
    let mut text: Vec<u8> = Vec::new();
    let mut line = |depth: usize, content: &str| {
        if !content.is_empty() {
            text.extend(indentation.bytes());
            text.extend(step.repeat(depth).bytes());
            text.extend(content.bytes());
        }
        text.push(b'\n');
    };
    let marked = placed.region.marked;
    if !marked {
        // In the middle of a line, perhaps behind a condition.
        line(0, "{");
    }
    if placed.conditions.is_empty() {
        // What the loops declare is theirs.
        let bare = !placed.loops.starts_with(|first: char| first.is_alphabetic())
            || placed.loops.starts_with("for ")
            || placed.loops.starts_with("if ");
        if !bare {
            line(0, "{");
        }
        placed.loops.lines().for_each(|one| line(usize::from(!bare), one));
        if !bare {
            line(0, "}");
        }
    } else {
        line(0, &format!("if ({}) {{", placed.conditions));
        placed.loops.lines().for_each(|one| line(1, one));
        line(0, "} else {");
        text.extend(deeper(source, step));
        text.extend(indentation.bytes());
        text.extend(b"}\n");
    }
    if marked {
        text.pop();
    } else {
        text.extend(indentation.bytes());
        text.extend(b"}\n");
    }
    text
}

/// The user's lines one level deeper; as they are where a line goes on behind its end.
fn deeper(source: &[u8], step: &str) -> Vec<u8> {
    let lines = source.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let continues = source.windows(2).any(|pair| pair == b"\\\n");
    let mut text = Vec::new();
    // Blank lines at both ends were there for the pragmas.
    let mut kept: Vec<&[u8]> = lines.skip_while(|line| line.is_empty()).collect();
    while kept.last().is_some_and(|line| line.is_empty()) {
        kept.pop();
    }
    for line in kept {
        let directive = line.trim_ascii_start().starts_with(b"#");
        if !continues && !directive && !line.is_empty() {
            text.extend(step.bytes());
        }
        text.extend(line);
        text.push(b'\n');
    }
    text
}

/// The file's text with ranges of bytes replaced, with no word of where its lines come from.
fn with_replacements(
    unit: &Unit,
    mut replacements: Vec<(Range<usize>, Vec<u8>)>,
    folder: Option<&Path>,
) -> Vec<u8> {
    let source = unit.bytes.as_slice();
    let own = |text: &[u8]| with_absolute_includes(text, folder);
    replacements.sort_by_key(|(range, _)| range.start);
    let mut text = Vec::new();
    let mut position = source.len() - without_mark(source).len();
    for (range, replacement) in replacements {
        let start = range.start.clamp(position, source.len());
        text.extend(own(&source[position..start]));
        text.extend(replacement);
        position = range.end.clamp(start, source.len());
    }
    text.extend(own(&source[position..]));
    text
}
