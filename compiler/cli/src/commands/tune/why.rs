//! Why the search chose what it did, for `tune --explain`.

use crate::report::{ratio, table};
use loopwright_search::{
    LoopStory, Measured, NestStory, Origin, SearchReport, StructureStory, Treatment,
};
use serde_json::{Value, json};
use std::fmt::Write;

/// So many of the changes that lost are listed, the nearest first.
const LOST: usize = 8;

/// The whole answer for a person.
pub fn text(report: &SearchReport) -> String {
    let mut text = String::from("why\n");
    let sections = [structures(report), chosen(report), way(report), lost(report)];
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        text.push('\n');
        text.push_str(&section);
    }
    text.push('\n');
    text
}

/// The structures with what was expected of them and what they gave.
fn structures(report: &SearchReport) -> String {
    let rows = report.structures.iter().map(|structure| {
        let of_it = |one: &&Measured| one.candidate.origin.structure == structure.name;
        let speeds = || report.measured.iter().filter(of_it).filter_map(speedup);
        let shown = |speed: Option<f64>| speed.map_or("–".to_owned(), ratio);
        vec![
            structure.name.clone(),
            ratio(structure.expected),
            shown(speeds().next()),
            shown(speeds().max_by(f64::total_cmp)),
        ]
    });
    let headers = ["order of the whole program", ">expected", ">by the rules", ">best"];
    format!("{}\n", table(&headers, rows.collect()))
}

/// The chosen candidate's structure, nest by nest.
fn chosen(report: &SearchReport) -> String {
    let origin = &report.best.origin;
    let structure = report.structures.iter().find(|one| one.name == origin.structure);
    // Where the source stays, its own order's obstacles are the answer.
    let Some(structure) = structure.or(report.structures.last()) else { return String::new() };
    let mut text = format!("chosen: {}\n", origin.structure);
    for nest in &structure.nests {
        let treatment = origin.nests.iter().find(|one| one.statements == nest.statements);
        text.push_str(&told(nest, treatment));
    }
    if structure.nests.is_empty() {
        text.push_str("  no nest of it has a loop whose iterations are free, nor loops that may be exchanged\n");
    }
    text
}

fn told(nest: &NestStory, treatment: Option<&Treatment>) -> String {
    let what = treatment.map_or("as it is", |one| one.recipe);
    let mut text =
        format!("  {}, {:.0} % of the work: {what}\n", nest.statements, 100.0 * nest.share);
    for number in treatment.map_or(&[][..], |one| one.numbers.as_slice()) {
        let from = match number.value == number.rule {
            true => "by the rule".to_owned(),
            false => format!("as measured; the rule says {}", number.rule),
        };
        let _ = writeln!(text, "    {:<18} {:>6}  {from}", number.name, number.value);
    }
    for (words, legal) in [("also possible", true), ("not legal here", false)] {
        let mut names: Vec<&str> =
            nest.recipes.iter().filter(|one| one.1 == legal).map(|one| one.0).collect();
        names.retain(|name| *name != what);
        names.dedup();
        if !names.is_empty() {
            let _ = writeln!(text, "    {words}: {}", names.join(", "));
        }
    }
    for inner in &nest.loops {
        text.push_str(&obstacles(inner));
    }
    text
}

fn obstacles(inner: &LoopStory) -> String {
    let mut text = String::new();
    for (position, words) in inner.carries.iter().enumerate() {
        let begin = match position {
            0 => format!("loop {} in order:", inner.name),
            _ => String::new(),
        };
        let _ = writeln!(text, "    {begin:<18} {words}");
    }
    if let Some(remedy) = &inner.remedy {
        let _ = writeln!(text, "    {:<18} would help: {remedy}", "");
    }
    text
}

/// The positions of what was measured on the way from a first plan to the chosen one, the last first.
fn lineage(report: &SearchReport) -> Vec<usize> {
    let best = report.measured.iter().position(|one| {
        one.candidate.schedule == report.best.schedule && one.measurement.speedup().is_some()
    });
    let mut way = Vec::new();
    let mut at = best;
    while let Some(position) = at {
        way.push(position);
        // Changes are of what was measured before, so this ends.
        at = report.measured.get(position).and_then(|one| one.changed_from);
    }
    way
}

/// From the first plan to the chosen one, with what each change gave.
fn way(report: &SearchReport) -> String {
    let rows: Vec<Vec<String>> = lineage(report)
        .iter()
        .rev()
        .filter_map(|position| report.measured.get(*position))
        .map(|one| vec![speed_text(one), change(report, one)])
        .collect();
    if rows.is_empty() {
        String::new()
    } else {
        format!("{}\n", table(&[">measured", "~how it came about"], rows))
    }
}

/// What was tried beside it, the nearest first.
fn lost(report: &SearchReport) -> String {
    let lineage = lineage(report);
    let mut others: Vec<&Measured> = (report.measured.iter().enumerate())
        .filter(|(at, one)| one.changed_from.is_some() && !lineage.contains(at))
        .map(|(_, one)| one)
        .collect();
    others.sort_by(|one, other| {
        let of = |measured: &Measured| speedup(measured).unwrap_or(0.0);
        of(other).total_cmp(&of(one))
    });
    let rows: Vec<Vec<String>> =
        (others.iter().take(LOST)).map(|one| vec![speed_text(one), change(report, one)]).collect();
    if rows.is_empty() {
        String::new()
    } else {
        format!("{}\n", table(&[">measured", "~tried and lost"], rows))
    }
}

/// What a candidate changed, or the whole of it where it is a beginning.
fn change(report: &SearchReport, one: &Measured) -> String {
    let from = one.changed_from.and_then(|from| report.measured.get(from));
    let nothing = Origin::default();
    let from = from.map_or(&nothing, |from| &*from.candidate.origin);
    one.candidate.origin.changes_from(from).join("; ")
}

fn speedup(measured: &Measured) -> Option<f64> {
    measured.measurement.speedup()
}

fn speed_text(measured: &Measured) -> String {
    speedup(measured).map_or("failed".to_owned(), ratio)
}

/// The same for a machine.
pub fn json(report: &SearchReport) -> Value {
    let origin = &report.best.origin;
    json!({
        "structure": origin.structure,
        "nests": origin.nests.iter().map(|nest| json!({
            "statements": nest.statements,
            "share": nest.share,
            "recipe": nest.recipe,
            "numbers": nest.numbers.iter().map(|number| json!({
                "name": number.name, "value": number.value, "rule": number.rule,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "considered": report.structures.iter().map(considered).collect::<Vec<_>>(),
    })
}

fn considered(structure: &StructureStory) -> Value {
    let nest = |nest: &NestStory| {
        json!({
            "statements": nest.statements,
            "share": nest.share,
            "loops": nest.loops.iter().map(|inner| json!({
                "name": inner.name,
                "trips": inner.trips,
                "carries": inner.carries,
                "remedy": inner.remedy,
            })).collect::<Vec<_>>(),
            "recipes": nest.recipes.iter().map(|(name, legal)| json!({"name": name, "legal": legal}))
                .collect::<Vec<_>>(),
        })
    };
    json!({
        "structure": structure.name,
        "expected": structure.expected,
        "nests": structure.nests.iter().map(nest).collect::<Vec<_>>(),
    })
}
