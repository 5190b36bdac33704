//! `loopwright dataset info`: what data sets hold, by the programs' shape.

use super::InfoArguments;
use super::plots::{Histogram, svg};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::{duration, geometric_mean, ratio, table};
use crate::terminal::print_json;
use loopwright_costmodel::ProgramRecord;
use loopwright_costmodel::dataset::{read_shard, shards};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Counts of some programs.
#[derive(Default)]
struct Summary {
    programs: usize,
    /// Of the original orders, in milliseconds.
    originals: Vec<f64>,
    /// Of all schedules but the original orders.
    speedups: Vec<f64>,
    /// The best of each program, at least 1.
    best: Vec<f64>,
}

impl Summary {
    fn add(&mut self, record: &ProgramRecord) {
        let original = record.initial_execution_time;
        let speedups: Vec<f64> = record
            .schedules_list
            .iter()
            .skip(1)
            .filter_map(|schedule| schedule.best_time().map(|time| original / time))
            .collect();
        self.programs += 1;
        self.originals.push(original);
        self.best.push(speedups.iter().copied().fold(1.0, f64::max));
        self.speedups.extend(speedups);
    }

    fn sort(&mut self) {
        for values in [&mut self.originals, &mut self.speedups, &mut self.best] {
            values.sort_by(f64::total_cmp);
        }
    }

    fn points(&self) -> usize {
        self.programs + self.speedups.len()
    }

    /// Schedules that are faster than the original, of all.
    fn faster(&self) -> f64 {
        let faster = self.speedups.iter().filter(|speedup| **speedup > 1.0).count();
        faster as f64 / self.speedups.len().max(1) as f64
    }
}

/// The value below which the given share of sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

/// Prints the table.
pub fn run(arguments: &InfoArguments) -> Outcome<()> {
    let mut total = Summary::default();
    let mut shapes: BTreeMap<String, Summary> = BTreeMap::new();
    let (mut origins, mut left_out) = (BTreeMap::<String, Summary>::new(), 0);
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    for record in read(&arguments.data)? {
        if record.left_out.is_some() {
            left_out += 1;
            continue;
        }
        let made = &record.circumstances;
        *versions.entry(format!("{} on {}", made.compiler, made.machine)).or_default() += 1;
        for schedule in record.schedules_list.iter().skip(1) {
            let time = schedule.best_time();
            let speedup = time.map(|time| record.initial_execution_time / time);
            origins.entry(schedule.origin.clone()).or_default().speedups.extend(speedup);
        }
        shapes.entry(record.shape.clone()).or_default().add(&record);
        total.add(&record);
    }
    total.sort();
    shapes.values_mut().for_each(Summary::sort);
    let all = shapes.iter().map(|(name, summary)| (name.as_str(), summary));
    let all: Vec<(&str, &Summary)> = all.chain([("all", &total)]).collect();
    if arguments.json {
        let rows: Vec<_> = all.iter().map(|(name, summary)| document(name, summary)).collect();
        return print_json(&rows);
    }
    let headers = [
        "shape",
        ">programs",
        ">points",
        ">original, median",
        ">slowest",
        ">10 %",
        ">median",
        ">90 %",
        ">fastest",
        ">faster",
        ">best of a program",
    ];
    let rows = all
        .iter()
        .map(|(name, summary)| {
            let speedup = |share| quantile(&summary.speedups, share).map_or("–".into(), ratio);
            let original = quantile(&summary.originals, 0.5);
            vec![
                (*name).to_owned(),
                summary.programs.to_string(),
                summary.points().to_string(),
                original.map_or("–".into(), |time| duration(time * 1e6)),
                speedup(0.0),
                speedup(0.1),
                speedup(0.5),
                speedup(0.9),
                speedup(1.0),
                format!("{:.0} %", 100.0 * summary.faster()),
                geometric_mean(&summary.best).map_or("–".into(), ratio),
            ]
        })
        .collect();
    println!("{}", table(&headers, rows));
    origins.values_mut().for_each(Summary::sort);
    let named = |name: &str| if name.is_empty() { "not known" } else { name }.to_owned();
    let rows = origins
        .iter()
        .map(|(name, summary)| {
            let quantiles = [0.1, 0.5, 0.9, 1.0].map(|share| quantile(&summary.speedups, share));
            let mut row = vec![named(name), summary.speedups.len().to_string()];
            row.extend(quantiles.map(|value| value.map_or("–".into(), ratio)));
            row
        })
        .collect();
    println!("{}", table(&["drawn as", ">points", ">10 %", ">median", ">90 %", ">fastest"], rows));
    for (version, count) in &versions {
        println!("{count} programs by {version}");
    }
    if left_out > 0 {
        println!("{left_out} programs have nothing that can be measured");
    }
    println!("speed-ups over the original order; the last column is a geometric mean\n");
    let times = Histogram::new("original orders by time", &total.originals, &|milliseconds| {
        duration(milliseconds * 1e6)
    });
    let speedups = Histogram::new("other orders by speed-up", &total.speedups, &ratio);
    let histograms: Vec<Histogram> = times.into_iter().chain(speedups).collect();
    for histogram in &histograms {
        println!("{}", histogram.text());
    }
    if let Some(file) = &arguments.svg {
        loopwright_runtime::write_atomically(file, svg(&histograms).as_bytes())
            .or_fail(Kind::Environment)?;
    }
    Ok(())
}

/// All records of the files and folders.
pub fn read(paths: &[PathBuf]) -> Outcome<Vec<ProgramRecord>> {
    let shards = shards(paths).or_fail(Kind::Input)?;
    let mut records = Vec::new();
    for shard in &shards {
        records.extend(read_shard(shard).or_fail(Kind::Input)?);
    }
    if records.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::with_help(
            Kind::Input,
            format!("there are no measured programs in {}", names.join(", ")),
            "data is in files *.jsonl, which `loopwright dataset generate` writes",
        ));
    }
    Ok(records)
}

fn document(name: &str, summary: &Summary) -> serde_json::Value {
    let shares = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
    let quantiles: Vec<_> = shares
        .iter()
        .map(|share| json!({"share": share, "speedup": quantile(&summary.speedups, *share)}))
        .collect();
    json!({
        "shape": name,
        "programs": summary.programs,
        "points": summary.points(),
        "original_milliseconds_median": quantile(&summary.originals, 0.5),
        "speedups": quantiles,
        "faster_share": summary.faster(),
        "best_geometric_mean": geometric_mean(&summary.best),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_sorted_values() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 1.0), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
