//! How long the compiler's own questions take: dependences, the legality of a step, loops, features.
//!
//! Each kernel's expert schedule (its example where there is none) is followed step by step, as a search would: each
//! step is decided by the search's own door, with the work that this may take; each tree that is reached is scanned into
//! loops, and its features are extracted. What the search would refuse of a schedule that is legal is an
//! error. One thread, the first time that each question is asked: nothing is remembered from an earlier one.

use super::{Arguments, Sources};
use crate::failure::{Failure, Kind, OrFail, Outcome};
use crate::report::{duration, progress, table};
use crate::terminal::print_json;
use loopwright_analysis::{DEFAULT_QUOTA, Dependences, legal};
use loopwright_costmodel::{MachineFeatures, extract};
use loopwright_ir::{Program, Schedule};
use loopwright_polybench::Kernel;
use loopwright_runtime::Machine;
use loopwright_transform::{Applied, Rounding, apply, lower, prepared, try_apply};
use serde_json::json;
use std::time::{Duration, Instant};

/// How fast the compiler promises to be, as (what, median, worst).
const MARKS: [(&str, Duration, Duration); 5] = [
    ("dependences of a kernel", Duration::from_millis(200), Duration::from_millis(200)),
    ("legality of one step", Duration::from_millis(3), Duration::from_millis(150)),
    ("legality of a whole schedule", Duration::from_millis(50), Duration::from_millis(300)),
    ("schedule to loop tree", Duration::from_millis(30), Duration::MAX),
    ("structural form for features", Duration::from_millis(1), Duration::MAX),
];

/// The times of one kernel, or of all.
#[derive(Default)]
struct Times {
    dependences: Vec<Duration>,
    legality: Vec<(Duration, String)>,
    /// One check of the order that all steps lead to.
    whole: Vec<Duration>,
    /// Legal steps for which the search's limits are too low.
    refused: Vec<String>,
    loops: Vec<Duration>,
    features: Vec<Duration>,
}

/// Measures and prints a table.
pub fn run(arguments: &Arguments, kernels: &[&'static Kernel], sources: &Sources) -> Outcome<()> {
    let bar = progress(kernels.len() as u64, arguments.json);
    let machine = crate::tuning::machine_features(&Machine::detect(), 2);
    let mut all = Times::default();
    let mut rows = Vec::new();
    let mut documents = Vec::new();
    for kernel in kernels {
        bar.set_message(kernel.name);
        let program = sources.load(kernel, arguments.size)?.program;
        let times = measure(kernel, &program, &machine, &arguments.search.march)?;
        let steps: Vec<Duration> = times.legality.iter().map(|(time, _)| *time).collect();
        let worst = times.legality.iter().max_by_key(|(time, _)| *time);
        rows.push(vec![
            kernel.name.to_owned(),
            time(times.dependences.first().copied()),
            steps.len().to_string(),
            time(median(&steps)),
            time(steps.iter().max().copied()),
            time(Some(steps.iter().sum())),
            time(times.whole.first().copied()),
            time(median(&times.loops)),
            time(times.loops.iter().max().copied()),
            time(median(&times.features)),
        ]);
        let nanoseconds = |time: Option<Duration>| time.map(|time| time.as_nanos() as u64);
        documents.push(json!({
            "kernel": kernel.name,
            "dependences_nanoseconds": nanoseconds(times.dependences.first().copied()),
            "steps": steps.len(),
            "legality_median_nanoseconds": nanoseconds(median(&steps)),
            "legality_worst_nanoseconds": nanoseconds(steps.iter().max().copied()),
            "legality_worst_step": worst.map(|(_, step)| step),
            "legality_whole_nanoseconds": nanoseconds(times.whole.first().copied()),
            "refused_steps": times.refused,
            "loops_median_nanoseconds": nanoseconds(median(&times.loops)),
            "loops_worst_nanoseconds": nanoseconds(times.loops.iter().max().copied()),
            "features_median_nanoseconds": nanoseconds(median(&times.features)),
        }));
        all.dependences.extend(times.dependences);
        all.legality.extend(times.legality);
        all.whole.extend(times.whole);
        all.refused.extend(times.refused);
        all.loops.extend(times.loops);
        all.features.extend(times.features);
        bar.inc(1);
    }
    bar.finish_and_clear();
    if arguments.json {
        print_json(&documents)?;
        return none_refused(&all);
    }
    let heads = [
        "kernel",
        ">dependences",
        ">steps",
        ">legality",
        ">worst",
        ">all",
        ">at once",
        ">loops",
        ">worst",
        ">features",
    ];
    println!("{}", table(&heads, rows));
    print_summary(&all);
    none_refused(&all)
}

fn none_refused(all: &Times) -> Outcome<()> {
    match all.refused.first() {
        None => Ok(()),
        Some(first) => Err(Failure::new(
            Kind::Schedule,
            format!(
                "a search would refuse {} legal steps for want of work, the first one in {first}",
                all.refused.len()
            ),
        )),
    }
}

fn print_summary(all: &Times) {
    let steps: Vec<Duration> = all.legality.iter().map(|(time, _)| *time).collect();
    // The loops are what features are read from, so the structural form is both.
    let forms: Vec<Duration> =
        all.loops.iter().zip(&all.features).map(|(loops, features)| *loops + *features).collect();
    let lists = [&all.dependences, &steps, &all.whole, &all.loops, &forms];
    let rows = MARKS.iter().zip(lists).map(|((what, median_mark, worst_mark), list)| {
        let within = median(list).is_none_or(|found| found <= *median_mark)
            && list.iter().max().is_none_or(|found| found <= worst_mark);
        let mark = match *worst_mark {
            Duration::MAX => format!("median {}", time(Some(*median_mark))),
            worst => format!("{} / {}", time(Some(*median_mark)), time(Some(worst))),
        };
        vec![
            (*what).to_owned(),
            time(median(list)),
            time(list.iter().max().copied()),
            mark,
            if within { "kept" } else { "MISSED" }.to_owned(),
        ]
    });
    println!("{}", table(&["question", ">median", ">worst", ">mark", ""], rows.collect()));
    if let Some((worst, step)) = all.legality.iter().max_by_key(|(time, _)| *time) {
        println!("the slowest step, {}: {step}", duration(worst.as_nanos() as f64));
    }
}

fn time(value: Option<Duration>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| duration(value.as_nanos() as f64))
}

fn median(values: &[Duration]) -> Option<Duration> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

fn measure(
    kernel: &Kernel,
    program: &Program,
    machine: &MachineFeatures,
    march: &str,
) -> Outcome<Times> {
    let mut times = Times::default();
    let text = loopwright_polybench::expert_schedule(kernel.name, march)
        .or_else(|| loopwright_polybench::example_schedule(kernel.name))
        .unwrap_or_default();
    let schedule: Schedule = text.parse().or_fail(Kind::Schedule)?;
    let program = &prepared(program, &schedule, Rounding::Strict).or_fail(Kind::Schedule)?;
    let start = Instant::now();
    let dependences = Dependences::compute(program, DEFAULT_QUOTA).or_fail(Kind::Other)?;
    times.dependences.push(start.elapsed());
    let mut current = Applied::original(program);
    scan(program, &current, machine, &mut times)?;
    for step in schedule.steps() {
        let name = || format!("{}: {step}", kernel.name);
        let start = Instant::now();
        let result = try_apply(program, &dependences, &current, step);
        times.legality.push((start.elapsed(), name()));
        current = match result {
            Some(next) => next,
            None => {
                let next = apply(program, &dependences, &current, step).or_fail(Kind::Schedule)?;
                times.refused.push(name());
                next
            }
        };
        scan(program, &current, machine, &mut times)?;
    }
    let start = Instant::now();
    let kept = legal(program, &dependences, &current.tree);
    times.whole.push(start.elapsed());
    if !kept {
        times.refused.push(format!("{}: the whole schedule", kernel.name));
    }
    Ok(times)
}

fn scan(
    program: &Program,
    current: &Applied,
    machine: &MachineFeatures,
    times: &mut Times,
) -> Outcome<()> {
    let start = Instant::now();
    let loops = lower(program, &current.tree).or_fail(Kind::Other)?;
    times.loops.push(start.elapsed());
    let start = Instant::now();
    let _ = extract(program, &loops, machine);
    times.features.push(start.elapsed());
    Ok(())
}
