//! `loopwright model eval`: the learned model and the analytical estimate, side by side.

use super::{EvalArguments, data};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::table;
use crate::terminal::print_json;
use loopwright_costmodel::features::layout::GLOBAL_FIELDS;
use loopwright_costmodel::metrics::{ProgramPredictions, Report, report};
use loopwright_costmodel::{CostModel, Features};
use serde_json::json;

/// The schedules of one program with both predictions; the programs of a group are one row.
pub struct Judged {
    pub group: String,
    pub learned: ProgramPredictions,
    pub analytical: ProgramPredictions,
}

impl Judged {
    /// Predicts the speedups of schedules over the original order, whose features come first in the
    /// list. Times are in any unit.
    pub fn new(group: &str, model: &CostModel, measured: &[(Features, f64)]) -> Outcome<Self> {
        let Some((original, original_time)) = measured.first() else {
            return Err(Failure::new(Kind::Other, "there is nothing to judge"));
        };
        let features: Vec<Features> =
            measured.iter().map(|(features, _)| features.clone()).collect();
        let learned = model.log_speedups(original, &features).or_fail(Kind::Environment)?;
        let learned = learned.iter().map(|speedup| f64::from(*speedup).exp()).collect();
        let estimate = cycles(original);
        let analytical = features.iter().map(|tree| estimate / cycles(tree)).collect();
        let speedups: Vec<f64> = measured.iter().map(|(_, time)| original_time / time).collect();
        Ok(Self {
            group: group.to_owned(),
            learned: ProgramPredictions { predicted: learned, measured: speedups.clone() },
            analytical: ProgramPredictions { predicted: analytical, measured: speedups },
        })
    }
}

/// The analytical estimate, which is among the features: cycles of the whole tree.
fn cycles(features: &Features) -> f64 {
    let position = GLOBAL_FIELDS.iter().position(|name| *name == "log_estimate");
    let logarithm = position.and_then(|position| features.globals().get(position));
    // The base-2 logarithm of one plus the cycles.
    (f64::from(logarithm.copied().unwrap_or(0.0)).exp2() - 1.0).max(1.0)
}

/// Judges and prints.
pub fn run(arguments: &EvalArguments) -> Outcome<()> {
    let file = arguments.model.load()?;
    let judged = data::judge(&arguments.data, &file.model)?;
    let rows = rows(&judged);
    if arguments.model.json {
        let rows: Vec<_> = rows.iter().map(Row::document).collect();
        let document = json!({"model": file.name, "groups": rows});
        print_json(&document)?;
    } else {
        print(&file.name, &rows);
    }
    Ok(())
}

/// The figures of one group, or of all.
struct Row {
    name: String,
    learned: Report,
    analytical: Report,
}

impl Row {
    fn new(name: &str, judged: &[&Judged]) -> Option<Self> {
        let learned: Vec<_> = judged.iter().map(|program| program.learned.clone()).collect();
        let analytical: Vec<_> = judged.iter().map(|program| program.analytical.clone()).collect();
        let (learned, analytical) = (report(&learned)?, report(&analytical)?);
        Some(Self { name: name.to_owned(), learned, analytical })
    }

    fn document(&self) -> serde_json::Value {
        let figures = |report: &Report| {
            json!({
                "spearman": report.spearman,
                "top_one_regret": report.top_one_regret,
                "top_five_regret": report.top_five_regret,
                "relative_error": report.relative_error,
                "log_error": report.log_error,
            })
        };
        json!({
            "group": self.name,
            "programs": self.learned.programs,
            "schedules": self.learned.schedules,
            "learned": figures(&self.learned),
            "analytical": figures(&self.analytical),
        })
    }

    /// Pairs of columns: the learned model, then the estimate.
    fn cells(&self) -> Vec<String> {
        let percent = |value: f64| format!("{:.1} %", 100.0 * value);
        let plain = |value: f64| format!("{value:.3}");
        let (learned, analytical) = (&self.learned, &self.analytical);
        vec![
            self.name.clone(),
            learned.programs.to_string(),
            learned.schedules.to_string(),
            plain(learned.spearman),
            plain(analytical.spearman),
            percent(learned.top_one_regret),
            percent(analytical.top_one_regret),
            percent(learned.top_five_regret),
            percent(analytical.top_five_regret),
            percent(learned.relative_error),
            percent(analytical.relative_error),
            plain(learned.log_error),
            plain(analytical.log_error),
        ]
    }
}

/// One row a group in the order of their first program, and one for all. Groups without two
/// schedules of a program are left out.
fn rows(judged: &[Judged]) -> Vec<Row> {
    let mut groups: Vec<(&str, Vec<&Judged>)> = Vec::new();
    for program in judged {
        match groups.iter_mut().find(|(name, _)| *name == program.group) {
            Some((_, members)) => members.push(program),
            None => groups.push((&program.group, vec![program])),
        }
    }
    let all: Vec<&Judged> = judged.iter().collect();
    groups
        .iter()
        .chain([&("all", all)])
        .filter_map(|(name, members)| Row::new(name, members))
        .collect()
}

fn print(model: &str, rows: &[Row]) {
    let headers = [
        "shape",
        ">programs",
        ">schedules",
        ">Spearman",
        ">est.",
        ">regret",
        ">est.",
        ">of five",
        ">est.",
        ">error",
        ">est.",
        ">log error",
        ">est.",
    ];
    println!("{}", table(&headers, rows.iter().map(Row::cells).collect()));
    println!(
        "{model}; `est.` beside each figure is the analytical estimate's; means over programs, errors over schedules"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(group: &str, predicted: [f64; 3], measured: [f64; 3]) -> Judged {
        let predictions =
            ProgramPredictions { predicted: predicted.to_vec(), measured: measured.to_vec() };
        let perfect = ProgramPredictions { predicted: measured.to_vec(), ..predictions.clone() };
        Judged { group: group.to_owned(), learned: predictions, analytical: perfect }
    }

    #[test]
    fn groups_are_rows_and_all_are_one_more() {
        let programs = [
            judged("stencil", [1.0, 2.0, 3.0], [1.0, 2.0, 4.0]),
            judged("chain", [1.0, 3.0, 2.0], [1.0, 2.0, 4.0]),
            judged("stencil", [3.0, 2.0, 1.0], [1.0, 2.0, 4.0]),
        ];
        let rows = rows(&programs);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["stencil", "chain", "all"]);
        assert_eq!(rows[0].learned.programs, 2);
        assert_eq!(rows[0].learned.spearman, 0.0);
        assert_eq!(rows[1].learned.top_one_regret, 0.5);
        assert!(rows.iter().all(|row| row.analytical.top_one_regret == 0.0));
    }
}
