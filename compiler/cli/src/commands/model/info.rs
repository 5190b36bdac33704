//! `loopwright model info`: what a model file says of itself, and its speed.

use super::InfoArguments;
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::{duration, table};
use crate::terminal::print_json;
use crate::tuning::machine_features;
use loopwright_costmodel::{CostModel, Features, extract, schema_hash};
use loopwright_ir::ScheduleTree;
use loopwright_runtime::Machine;
use loopwright_synth::{Shape, SynthOptions, generate};
use serde_json::json;
use std::time::Instant;

/// Trees in one call.
const BATCHES: [usize; 3] = [1, 64, 512];
/// Calls of which the fastest counts, after one that makes the plan.
const REPETITIONS: usize = 7;

/// Prints the table.
pub fn run(arguments: &InfoArguments) -> Outcome<()> {
    let started = Instant::now();
    let file = arguments.model.load()?;
    let loading = started.elapsed();
    let tree = example()?;
    let latencies = BATCHES
        .iter()
        .map(|batch| Ok((*batch, latency(&file.model, &tree, *batch)?)))
        .collect::<Outcome<Vec<(usize, f64)>>>()?;
    if arguments.model.json {
        let batches: Vec<_> = latencies
            .iter()
            .map(|(batch, nanoseconds)| json!({"batch": batch, "nanoseconds": nanoseconds}))
            .collect();
        let document = json!({
            "file": file.name,
            "bytes": file.size,
            "schema": schema_hash(),
            "metadata": file.metadata,
            "loading_seconds": loading.as_secs_f64(),
            "latencies": batches,
        });
        return print_json(&document);
    }
    let row = |key: &str, value: String| vec![key.to_owned(), value];
    let mut rows = vec![
        row("file", file.name),
        row("size", format!("{} bytes", file.size)),
        row("features of this version", schema_hash()),
    ];
    rows.extend(file.metadata.iter().map(|(key, value)| row(key, value.clone())));
    rows.push(row("loading", duration(loading.as_nanos() as f64)));
    for (batch, nanoseconds) in latencies {
        let each = duration(nanoseconds / batch as f64);
        let text = format!("{}, {each} each", duration(nanoseconds));
        rows.push(row(&format!("prediction, {batch} at once"), text));
    }
    println!("{}", table(&["property", "value"], rows));
    Ok(())
}

/// The features of a program with several statements, as predictions are asked for.
fn example() -> Outcome<Features> {
    let options = SynthOptions { shape: Some(Shape::Chain), ..SynthOptions::tiny() };
    let program = generate(0, &options).program;
    let tree = ScheduleTree::original(&program);
    let tree = loopwright_transform::lower(&program, &tree).or_fail(Kind::Other)?;
    let machine = Machine::detect();
    let threads = u32::try_from(machine.threads).unwrap_or(1);
    Ok(extract(&program, &tree, &machine_features(&machine, threads)))
}

/// Nanoseconds of the fastest of several calls.
fn latency(model: &CostModel, tree: &Features, batch: usize) -> Outcome<f64> {
    let trees = vec![tree.clone(); batch];
    let call = || -> Outcome<f64> {
        let start = Instant::now();
        model
            .predict(&trees)
            .map_err(|error| Failure::new(Kind::Environment, error.to_string()))?;
        Ok(start.elapsed().as_nanos() as f64)
    };
    call()?;
    (0..REPETITIONS).try_fold(f64::INFINITY, |best, _| Ok(best.min(call()?)))
}
