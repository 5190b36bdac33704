//! A schedule in few columns: the names of its steps with their numbers.

use super::table::shortened;
use crate::commands::tune::one_line;
use crate::terminal;
use loopwright_ir::Schedule;

/// Columns that a schedule takes in a table of 80.
pub const COLUMNS: usize = 46;

/// The steps' names with their numbers, as `interchange; tile 256×192×128; vectorize 4×3`, cut after so many
/// columns; whole where `--wide` asks for that.
pub fn schedule(schedule: &Schedule, columns: usize) -> String {
    let text = schedule.to_string();
    if terminal::is_wide() || schedule.is_original() {
        return one_line(&text);
    }
    shortened(&names_and_numbers(&text), columns)
}

fn names_and_numbers(text: &str) -> String {
    let mut steps: Vec<(String, usize)> = Vec::new();
    for step in text.lines().map(short_step) {
        match steps.last_mut() {
            Some((last, times)) if *last == step => *times += 1,
            _ => steps.push((step, 1)),
        }
    }
    let words = steps.iter().map(|(step, times)| match times {
        1 => step.clone(),
        _ => format!("{times} {step}"),
    });
    words.collect::<Vec<_>>().join("; ")
}

/// `tile(S2, i, j, 32, 64)` is `tile 32×64`.
fn short_step(step: &str) -> String {
    let (name, arguments) = step.split_once('(').unwrap_or((step, ""));
    let arguments = arguments.trim_end_matches(')').split(',').map(str::trim);
    let numbers: Vec<&str> = arguments.filter(|text| text.parse::<i64>().is_ok()).collect();
    // What lies in vectors are no sizes.
    let vectors = step.contains(':');
    if numbers.is_empty() || vectors {
        name.to_owned()
    } else {
        format!("{name} {}", numbers.join("×"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_with_their_numbers() {
        let text =
            "distribute(S1, i)\ndistribute(S2, i)\ntile(S2, i, j, 32, 64)\nskew(S1, t, i, -1)";
        assert_eq!(names_and_numbers(text), "2 distribute; tile 32×64; skew -1");
        assert_eq!(names_and_numbers("affine(S1: [t, 0, i]; S2: [t, 1, j])"), "affine");
        let long: Schedule = text.repeat(4).replace(")d", ")\nd").parse().expect("a schedule");
        assert!(schedule(&long, 30).chars().count() <= 30);
        assert_eq!(schedule(&Schedule::original(), 30), "(the original order)");
    }
}
