//! The user's file with each region's loops where the region was, as a person would have rewritten it.

use super::{Emission, Part};
use loopwright_codegen::{Place, PlacedArray, helper_function, helper_name, print_in_place};
use loopwright_frontend::{PlacedRegion, Unit, in_place_unit, placement};
use std::collections::BTreeSet;
use std::path::Path;

/// Lines of conditions and comments are broken here.
const WIDTH: usize = 90;

/// The file, to be written to a path.
///
/// # Errors
/// Why a region's loops cannot stand in its place.
pub fn in_place(emission: &Emission<'_>, path: &Path) -> Result<Vec<u8>, String> {
    let unit = emission.unit;
    let known = known(unit);
    let mut regions = Vec::new();
    let mut helpers: Vec<String> = Vec::new();
    let mut declarations: Vec<String> = Vec::new();
    let add = |text: String, to: &mut Vec<String>| {
        if !to.contains(&text) {
            to.push(text);
        }
    };
    let mut head = String::new();
    let contracts = emission.settings.contraction == "-ffp-contract=on";
    for part in emission.parts {
        let Some((program, tree)) = part.scheduled else { continue };
        let because = |reason: &str| format!("of {}, {reason}", part.source.name);
        let apart = helper_name(&known, "apart");
        let found = placement(unit, part.region, part.source, &apart).map_err(because)?;
        let arrays = found.arrays.iter().cloned();
        let place = Place {
            arrays: arrays.map(|(text, flat)| PlacedArray { text, flat }).collect(),
            known: known.clone(),
            macros: unit.macros.clone(),
            step: found.step.clone(),
            contracts,
        };
        let loops = print_in_place(program, tree, &place).map_err(|reason| because(&reason))?;
        for (name, text) in loops.declarations {
            if unit.macros.contains(&name) {
                return Err(because(&format!("`{name}` is a macro of the file")));
            }
            if !unit.declared.contains(&name) {
                add(text, &mut declarations);
            }
        }
        loops.helpers.into_iter().for_each(|text| add(text, &mut helpers));
        if found.conditions.iter().any(|one| one.starts_with(&format!("{apart}("))) {
            add(helper_function(&known, "apart"), &mut helpers);
        }
        head.push_str(&comment(part, &found.conditions));
        regions.push(PlacedRegion {
            region: part.region,
            loops: loops.loops,
            conditions: joined(&found.conditions, &found.indentation),
            placement: found,
        });
    }
    if !head.is_empty() {
        let off = if contracts { "" } else { " -ffp-contract=off" };
        head = format!(
            "/* Rewritten by loopwright. Compile with -O3 -march=native -fopenmp{off}.\n *\n{head} */\n"
        );
    }
    let mut front = declarations.join("\n");
    if !front.is_empty() {
        front.push_str("\n\n");
    }
    front.push_str(&helpers.join("\n"));
    Ok(in_place_unit(unit, &regions, &head, &front, beside(unit, path)))
}

/// Whether a path is in the folder of the user's file, so that what is included by `"…"` is found from there.
fn beside(unit: &Unit, path: &Path) -> bool {
    let folder = |path: &Path| {
        let path = std::path::absolute(path).ok()?;
        path.parent()?.canonicalize().ok()
    };
    path.as_os_str() != "-" && folder(path).is_some() && folder(path) == folder(&unit.file)
}

/// The names that a file has: its words, its macros, and what its headers declare.
fn known(unit: &Unit) -> BTreeSet<String> {
    let words = unit
        .source
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty());
    let mut known: BTreeSet<String> = words.map(str::to_owned).collect();
    known.extend(unit.macros.iter().cloned());
    known.extend(unit.declared.iter().cloned());
    known
}

/// Conditions joined by `&&`, on lines of some width behind `if (`.
fn joined(conditions: &[String], indentation: &str) -> String {
    let mut text = String::new();
    let mut width = indentation.len() + 4;
    for (position, condition) in conditions.iter().enumerate() {
        if position > 0 {
            text.push_str(" &&");
            if width + condition.len() + 4 > WIDTH {
                text.push_str(&format!("\n{indentation}    "));
                width = indentation.len() + 4;
            } else {
                text.push(' ');
            }
        }
        text.push_str(condition);
        width += condition.len() + 4;
    }
    text
}

/// What a region became, as lines of a comment.
fn comment(part: &Part<'_>, conditions: &[String]) -> String {
    let sizes: Vec<String> = (part.source.parameters.iter())
        .filter_map(|one| Some(format!("{} = {}", one.name, one.value?)))
        .collect();
    let mut text = format!(" * {}", part.source.name);
    if !sizes.is_empty() {
        text.push_str(&format!(", for {}", sizes.join(", ")));
    }
    if !conditions.is_empty() {
        text.push_str("; where the condition in front of it does not hold, the original runs");
    }
    text.push_str(":\n");
    let steps = part.schedule.map(ToString::to_string).unwrap_or_default();
    let mut line = String::from(" *    ");
    for step in steps.lines() {
        if line.len() + step.len() > WIDTH && line.len() > 6 {
            text.push_str(&format!("{line}\n"));
            line = String::from(" *    ");
        }
        line.push_str(&format!(" {step};"));
    }
    if steps.is_empty() {
        let original = part.schedule.is_some();
        line.push_str(if original { " the original order" } else { " an order given as a tree" });
    }
    text.push_str(&format!("{line}\n"));
    text
}
