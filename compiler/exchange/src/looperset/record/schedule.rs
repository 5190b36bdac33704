//! A record's schedules as strings.

use super::annotation::{fault, integer, times};
use super::program::iterators_of;
use crate::FormatError;
use serde_json::Value;
use std::collections::HashMap;

/// One schedule of a record.
#[derive(Clone, Debug)]
pub struct LooperSchedule {
    /// The string, with our names of the statements, or why there is none.
    pub text: Result<String, FormatError>,
    /// Our own schedule, where the record is one of ours.
    pub own: Option<String>,
    /// In milliseconds; none where it was not run.
    pub times: Vec<f64>,
}

/// All schedules, the original order first.
pub fn schedules(
    values: &[Value],
    computations: &[(i64, &String, &Value)],
) -> Result<Vec<LooperSchedule>, FormatError> {
    let names: HashMap<&str, String> = computations
        .iter()
        .enumerate()
        .map(|(position, one)| (one.1.as_str(), format!("S{}", position + 1)))
        .collect();
    let read = |value: &Value| -> Result<LooperSchedule, FormatError> {
        if !value.is_object() {
            return Err(fault("a schedule", "it is no object"));
        }
        let legal = value.get("legality_check").is_none_or(|legal| *legal != Value::Bool(false));
        let own = value.get("loopwright_schedule").and_then(Value::as_str).map(str::to_owned);
        let measured = value.get("execution_times").map(times).unwrap_or_default();
        let text = string_of(value, computations).map(|text| renamed(&text, &names));
        Ok(LooperSchedule { text, own, times: if legal { measured } else { Vec::new() } })
    };
    values.iter().map(read).collect()
}

/// A string with other names of the computations.
fn renamed(text: &str, names: &HashMap<&str, String>) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for one in text.chars().chain(['\n']) {
        if one.is_ascii_alphanumeric() || one == '_' {
            word.push(one);
            continue;
        }
        let name = names.get(word.as_str()).filter(|_| one != '(').unwrap_or(&word);
        result.push_str(name);
        word.clear();
        result.push(one);
    }
    result.trim_end().to_owned()
}

fn string_of(
    value: &Value,
    computations: &[(i64, &String, &Value)],
) -> Result<String, FormatError> {
    if let Some(text) = value.get("sched_str").and_then(Value::as_str) {
        return Ok(text.to_owned());
    }
    if let Some(list) = value.get("transformations_list").and_then(Value::as_array) {
        let commands: Result<Vec<String>, FormatError> = list.iter().map(command).collect();
        return Ok(commands?.join("|"));
    }
    let mut commands = Vec::new();
    for fusion in list_of(value.get("fusions")) {
        let parts = fusion.as_array().map(Vec::as_slice).unwrap_or_default();
        let [first, second, level] = parts else {
            return Err(fault("a schedule", "a fusion is two computations and a level"));
        };
        let names = [first, second].map(|one| one.as_str().unwrap_or_default());
        let level = integer(level).ok_or_else(|| fault("a schedule", "a level is no number"))?;
        commands.push(format!("F(L{level},comps=['{}', '{}'])", names[0], names[1]));
    }
    let mut late = Vec::new();
    for (_, name, computation) in computations {
        let Some(own) = value.get(name.as_str()) else { continue };
        let iterators = iterators_of(computation, name)?;
        of_computation(name, own, &iterators, &mut commands, &mut late)?;
    }
    commands.extend(late);
    Ok(commands.join("|"))
}

/// A list, or nothing for `null`.
fn list_of(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// v1's fields of one computation.
fn of_computation(
    name: &str,
    own: &Value,
    iterators: &[String],
    commands: &mut Vec<String>,
    late: &mut Vec<String>,
) -> Result<(), FormatError> {
    let level = |iterator: Option<&Value>| -> Result<usize, FormatError> {
        let iterator = iterator.and_then(Value::as_str).unwrap_or_default();
        let found = iterators.iter().position(|one| one == iterator);
        found.ok_or_else(|| fault(name, format!("`{iterator}` is no loop around it")))
    };
    if !list_of(own.get("transformations_list")).is_empty() {
        let what = format!("the schedule of `{name}`");
        let reason =
            "matrices without `sched_str`, which says on which loops the other fields are then";
        return Err(FormatError::not_expressible(what, reason));
    }
    for shifting in list_of(own.get("shiftings")) {
        let amount = shifting.get(1).and_then(integer);
        let amount = amount.ok_or_else(|| fault(name, "a shift is no number"))?;
        commands.push(format!("Sh(L{},{amount},comps=['{name}'])", level(shifting.get(0))?));
    }
    let tiling = own.get("tiling").filter(|tiling| tiling.get("tiling_dims").is_some());
    let mut tiled = 0;
    if let Some(tiling) = tiling {
        let dims = list_of(tiling.get("tiling_dims"));
        let levels: Vec<usize> =
            dims.iter().map(|one| level(Some(one))).collect::<Result<_, _>>()?;
        let factors: Option<Vec<i64>> =
            list_of(tiling.get("tiling_factors")).iter().map(integer).collect();
        let factors = factors
            .filter(|factors| factors.len() == levels.len())
            .ok_or_else(|| fault(name, "a tiling has other numbers of loops and factors"))?;
        tiled = levels.len();
        let levels: Vec<String> = levels.iter().map(|level| format!("L{level}")).collect();
        let factors: Vec<String> = factors.iter().map(i64::to_string).collect();
        let (levels, factors) = (levels.join(","), factors.join(","));
        late.push(format!("T{tiled}({levels},{factors},comps=['{name}'])"));
    }
    if let Some(iterator) = own.get("parallelized_dim").filter(|one| one.is_string()) {
        // Before the tiles: the loop over them is the parallel one then.
        let parallel = format!("P(L{},comps=['{name}'])", level(Some(iterator))?);
        late.insert(late.len() - usize::from(tiled > 0), parallel);
    }
    if let Some(factor) = own.get("unrolling_factor").and_then(integer) {
        late.push(format!("U(L-1,{factor},comps=['{name}'])"));
    }
    Ok(())
}

/// v2's named transformation.
fn command(value: &Value) -> Result<String, FormatError> {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let numbers = |keys: [&str; 2]| -> Result<Vec<i64>, FormatError> {
        let found = keys.iter().find_map(|key| value.get(key));
        let numbers: Option<Vec<i64>> = list_of(found).iter().map(integer).collect();
        numbers.ok_or_else(|| fault("a transformation", format!("`{}` are no numbers", keys[0])))
    };
    let (levels, factors) =
        (numbers(["loop_levels", "levels"])?, numbers(["parameters", "factors"])?);
    let names: Vec<&str> = ["computations", "comps"]
        .iter()
        .flat_map(|key| list_of(value.get(key)))
        .filter_map(Value::as_str)
        .collect();
    let name = match kind.to_ascii_lowercase().as_str() {
        "interchange" => "I".to_owned(),
        "reversal" => "R".to_owned(),
        "skewing" | "skew" => "S".to_owned(),
        "shifting" | "shift" => "Sh".to_owned(),
        "parallelization" | "parallelize" => "P".to_owned(),
        "tiling" | "tile" => format!("T{}", levels.len()),
        "unrolling" | "unroll" => "U".to_owned(),
        "fusion" => "F".to_owned(),
        _ => {
            let reason = "there is no such transformation among ours";
            return Err(FormatError::not_expressible(format!("`{kind}`"), reason));
        }
    };
    let mut words: Vec<String> = levels.iter().map(|level| format!("L{level}")).collect();
    words.extend(factors.iter().map(i64::to_string));
    if !names.is_empty() {
        words.push(format!("comps=['{}']", names.join("', '")));
    }
    Ok(format!("{name}({})", words.join(",")))
}
